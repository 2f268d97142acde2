#include "graph/ops/router.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {
struct Routed {
  std::vector<double> ids;
  std::vector<double> weights;
};

Routed route(const Router& op, const std::vector<Array>& operands) {
  std::vector<const Array*> in;
  for (const Array& array : operands) in.push_back(&array);
  Array ids(operands[0].rows, op.top_k);
  Array weights(operands[0].rows, op.top_k);
  Array* const out[] = {&ids, &weights};
  op.reference(in, out);
  return {ids.data, weights.data};
}

/// The logit whose sigmoid, and whose share in a softmax of such logits, is in proportion.
double logit(double p) {
  return std::log(p / (1 - p));
}

const Router kGrouped{.experts = 8, .top_k = 2, .groups = 4, .keep_groups = 2, .score = RouterScore::sigmoid};
}  // namespace

TEST_CASE("router softmax") {
  const Router op{.experts = 3, .top_k = 2, .renormalise = false};
  const auto [ids, weights] = route(op, {matrix(1, 3, {std::log(2.0), std::log(1.0), std::log(5.0)})});
  CHECK(ids == std::vector<double>{2, 0});
  CHECK(weights[0] == doctest::Approx(5.0 / 8));
  CHECK(weights[1] == doctest::Approx(2.0 / 8));
}

TEST_CASE("router renormalises, then scales") {
  const Router op{.experts = 3, .top_k = 2, .renormalise = true, .scale = 2.5f};
  const auto routed = route(op, {matrix(1, 3, {std::log(2.0), std::log(1.0), std::log(6.0)})});
  CHECK(routed.weights[0] == doctest::Approx(2.5 * 6 / 8));
  CHECK(routed.weights[1] == doctest::Approx(2.5 * 2 / 8));
}

TEST_CASE("router bias chooses but does not weigh") {
  const Router op{.experts = 3, .top_k = 1, .score = RouterScore::sigmoid, .renormalise = false};
  const Array logits = matrix(1, 3, {logit(0.5), logit(0.25), logit(0.75)});
  const auto routed = route(op, {logits, matrix(1, 3, {0, 0.6, 0})});
  CHECK(routed.ids == std::vector<double>{1});
  CHECK(routed.weights[0] == doctest::Approx(0.25));
}

TEST_CASE("router takes the lower index of equal choices") {
  const Router op{.experts = 4, .top_k = 2};
  CHECK(route(op, {matrix(2, 4, {0, 1, 1, 1, 7, 7, 7, 7})}).ids == std::vector<double>{1, 2, 0, 1});
}

TEST_CASE("router keeps the groups with the highest sum of two") {
  // Sums of the groups' two best: 0.9, 1.0, 0.6, 0.8; the highest single choice (0.85) is in a kept group.
  const Array logits = matrix(
      1, 8,
      {logit(0.85), logit(0.05), logit(0.5), logit(0.5), logit(0.3), logit(0.3), logit(0.6), logit(0.2)});
  CHECK(route(kGrouped, {logits}).ids == std::vector<double>{0, 2});
}

TEST_CASE("router keeps the groups with the highest choice") {
  Router op = kGrouped;
  op.group_score = GroupScore::max;
  const Array logits = matrix(
      1, 8,
      {logit(0.85), logit(0.05), logit(0.5), logit(0.5), logit(0.3), logit(0.3), logit(0.6), logit(0.2)});
  CHECK(route(op, {logits}).ids == std::vector<double>{0, 6});
}

TEST_CASE("router groups count choices outside as minus infinity") {
  // All biased choices are negative; an expert of a dropped group must still lose.
  const Router op{.experts = 4, .top_k = 2, .groups = 2, .keep_groups = 1, .score = RouterScore::sigmoid};
  CHECK(route(op, {matrix(1, 4, {0, 0, 0, 0}), matrix(1, 4, {-3, -4, -1, -9})}).ids ==
        std::vector<double>{0, 1});
}

TEST_CASE("router C1") {
  CHECK(kGrouped.infer(OperandList().result(kTokens, 8).vector(8)) ==
        std::vector<Type>{{DType::i32, kTokens, 2}, {DType::f32, kTokens, 2}});
  CHECK(violates("router C1", kGrouped, OperandList().result(kTokens, 7)));
  CHECK(violates("router C1", kGrouped, OperandList().ids(kTokens, 8)));
}

TEST_CASE("router C2") {
  Router op = kGrouped;
  op.top_k = 5;
  CHECK(violates("router C2", op, OperandList().result(kTokens, 8)));
  op.top_k = 0;
  CHECK(violates("router C2", op, OperandList().result(kTokens, 8)));
}

TEST_CASE("router C3") {
  Router op = kGrouped;
  op.groups = 3;
  CHECK(violates("router C3", op, OperandList().result(kTokens, 8)));
  op.groups = 8;
  CHECK(violates("router C3", op, OperandList().result(kTokens, 8)));
  op = kGrouped;
  op.keep_groups = 5;
  CHECK(violates("router C3", op, OperandList().result(kTokens, 8)));
}

TEST_CASE("router C4") {
  CHECK(violates("router C4", kGrouped, OperandList().result(kTokens, 8).vector(7)));
}

TEST_CASE("router near_softmax weighs among the logits near each choice") {
  const Router op{
      .experts = 4, .top_k = 2, .score = RouterScore::near_softmax, .renormalise = false, .near = 0.25f};
  // 4 is alone with 3.5 near it ((4 - 3.5) / 4 <= 0.25 < (4 - 2) / 4); without 4, 3.5 has none near.
  const auto [ids, weights] = route(op, {matrix(1, 4, {2, 4, -1, 3.5})});
  CHECK(ids == std::vector<double>{1, 3});
  CHECK(weights[0] == doctest::Approx(1 / (1 + std::exp(-0.5))));
  CHECK(weights[1] == 1);
}

TEST_CASE("router drops choices beyond an expert's capacity, first choices first") {
  // Three tokens want expert 0 first and 1 second; the fourth 1, then 0. Two places each.
  const Router op{
      .experts = 4, .top_k = 2, .score = RouterScore::sigmoid, .renormalise = false, .capacity = 1};
  CHECK(op.places(4) == 2);
  CHECK(op.places(1) == 1);
  CHECK(Router{.experts = 8, .top_k = 2, .capacity = 1.5f}.places(5) == 2);
  const double high = logit(0.8), low = logit(0.4), none = logit(0.1);
  const Array logits = matrix(4, 4,
                              {high, low, none, none, high, low, none, none,  //
                               high, low, none, none, low, high, none, none});
  const auto [ids, weights] = route(op, {logits});
  CHECK(ids == std::vector<double>{0, 1, 0, 1, 0, 1, 1, 0});
  const std::vector<double> kept = {0.8, 0.4, 0.8, 0, 0, 0, 0.8, 0};
  for (size_t i = 0; i < kept.size(); ++i) CHECK(weights[i] == doctest::Approx(kept[i]));
}

TEST_CASE("router C6") {
  Router op = kGrouped;
  op.capacity = -1;
  CHECK(violates("router C6", op, OperandList().result(kTokens, 8)));
}

TEST_CASE("router C5") {
  const Router op{.experts = 4, .top_k = 2, .score = RouterScore::near_softmax, .renormalise = false};
  CHECK(violates("router C5", op, OperandList().result(kTokens, 4).vector(4)));
  CHECK(violates("router C5", Router{.experts = 4, .top_k = 2, .score = RouterScore::near_softmax},
                 OperandList().result(kTokens, 4)));
}
