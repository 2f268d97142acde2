#include <doctest/doctest.h>

#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

Case router_case(const graph::Router& op, int64_t tokens, bool bias, uint64_t seed) {
  std::mt19937_64 random(seed);
  graph::Builder b("router");
  std::vector<graph::ValueId> inputs{b.input("logits", {graph::DType::f32, graph::kTokens, op.experts})};
  if (bias) inputs.push_back(b.vector("bias", op.experts));
  Case c;
  c.graph = finish(b, b.add(op, "ids", inputs));
  c.sizes = {tokens, tokens, tokens};
  c.inputs.push_back(normal(tokens, op.experts, random));
  if (bias) c.inputs.push_back(normal(1, op.experts, random));
  c.name = "experts=" + std::to_string(op.experts) + " top_k=" + std::to_string(op.top_k) +
           " groups=" + std::to_string(op.keep_groups) + "/" + std::to_string(op.groups);
  c.seed = seed;
  return c;
}

using Score = graph::RouterScore;
using GroupScore = graph::GroupScore;
const graph::Router kNear = {16, 2, 1, 1, Score::near_softmax, GroupScore::max, false, 1.0f, 0.5f};
const graph::Router kRouters[] = {{1, 1, 1, 1, Score::softmax, GroupScore::max, true, 1.0f},
                                  {7, 7, 1, 1, Score::sigmoid, GroupScore::max, true, 2.5f},
                                  {32, 4, 4, 2, Score::sigmoid, GroupScore::top2_sum, true, 2.5f},
                                  {64, 6, 1, 1, Score::softmax, GroupScore::max, false, 1.0f},
                                  {65, 6, 5, 5, Score::softmax, GroupScore::max, false, 1.0f},
                                  {128, 8, 1, 1, Score::softmax, GroupScore::max, true, 1.0f},
                                  {160, 6, 8, 3, Score::softmax, GroupScore::max, false, 16.0f},
                                  {256, 8, 8, 4, Score::sigmoid, GroupScore::top2_sum, true, 2.5f}};

}  // namespace

TEST_CASE("router: scores, groups and bias as published models combine them") {
  uint64_t seed = 1700;
  for (const graph::Router& op : kRouters) {
    for (const bool bias : {false, true}) {
      ++seed;
      check(router_case(op, 1 + static_cast<int64_t>(seed % 7), bias, seed));
    }
  }
  summarise(graph::Router{});
}

TEST_CASE("router: equal choices go to the lower index, in groups too") {
  uint64_t seed = 1800;
  for (const graph::Router& op : kRouters) {
    Case c = router_case(op, 6, false, ++seed);
    std::mt19937_64 random(seed);
    c.inputs[0] = integers(6, op.experts, 0, 1, random);
    for (int64_t e = 0; e < op.experts; ++e) c.inputs[0].at(0, e) = 0.5;
    check(c);
  }
}

TEST_CASE("router: weights among the logits near the chosen") {
  uint64_t seed = 1900;
  for (int i = 0; i < 4; ++i) check(router_case(kNear, 7, false, ++seed));
}

TEST_CASE("router: an expert serves no more tokens than it has places") {
  uint64_t seed = 1950;
  for (const float capacity : {0.3f, 1.0f, 2.0f}) {
    for (const graph::Router& op : kRouters) {
      ++seed;
      Case c = router_case(op, 1 + static_cast<int64_t>(seed % 37), false, seed);
      std::get<graph::Router>(c.graph.nodes[0].op).capacity = capacity;
      check(c);
    }
  }
}

TEST_CASE("router: a bias moves the choice, not the weights") {
  Case c = router_case({8, 2, 1, 1, Score::sigmoid, GroupScore::max, false, 1.0f}, 1, true, 3);
  for (int64_t e = 0; e < 8; ++e)
    c.inputs[1].at(0, e) = e == 5 || e == 2 ? 100.0 + static_cast<double>(e) : 0.0;
  check(c);
}
