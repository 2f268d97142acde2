#include "graph/ops/rope.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {
const double kCos = std::cos(1.0);
const double kSin = std::sin(1.0);
}  // namespace

TEST_CASE("rope half") {
  // Pairs (0, 2) and (1, 3); angles 1 and 0 at position 2, and a scale of 2.
  const Rope op{.head_dim = 4, .rope_dim = 4, .pairing = RopePairing::half, .scale = 2};
  const auto y = evaluate(op, {matrix(1, 4, {1, 5, 3, 7}), matrix(1, 1, {2}), matrix(1, 2, {0.5, 0})}, 1, 4);
  CHECK(y[0] == doctest::Approx(2 * (1 * kCos - 3 * kSin)));
  CHECK(y[1] == 10);
  CHECK(y[2] == doctest::Approx(2 * (3 * kCos + 1 * kSin)));
  CHECK(y[3] == 14);
}

TEST_CASE("rope interleaved, behind an offset, in every head") {
  const Rope op{.head_dim = 3, .offset = 1, .rope_dim = 2, .pairing = RopePairing::interleaved};
  const auto y = evaluate(op, {matrix(1, 6, {9, 1, 0, 8, 0, 1}), matrix(1, 1, {1}), matrix(1, 1, {1})}, 1, 6);
  CHECK(y[0] == 9);
  CHECK(y[1] == doctest::Approx(kCos));
  CHECK(y[2] == doctest::Approx(kSin));
  CHECK(y[3] == 8);
  CHECK(y[4] == doctest::Approx(-kSin));
  CHECK(y[5] == doctest::Approx(kCos));
}

TEST_CASE("rope rounds its angle to single precision") {
  const Rope op{};
  const float inv_freq = 0.1f;
  const auto y = evaluate(
      op, {matrix(1, 2, {1, 0}), matrix(1, 1, {100003}), matrix(1, 1, {static_cast<double>(inv_freq)})}, 1,
      2);
  CHECK(y[0] == std::cos(static_cast<double>(100003.0f * inv_freq)));
  CHECK(y[0] != std::cos(100003.0 * static_cast<double>(inv_freq)));
}

TEST_CASE("rope rotates for a position that is wrapped, shifted and limited") {
  const Rope op{.period = 4, .shift = 2, .limit = 4};
  CHECK(op.rotated_position(1) == 3);
  CHECK(op.rotated_position(3) == 4);
  CHECK(op.rotated_position(8) == 2);
  const Array x = matrix(1, 2, {1, 0});
  const auto y = evaluate(op, {x, matrix(1, 1, {9}), matrix(1, 1, {0.5})}, 1, 2);
  CHECK(y[0] == doctest::Approx(std::cos(1.5)));
}

TEST_CASE("rope C1") {
  CHECK(violates("rope C1", Rope{.head_dim = 4}, OperandList().result(kTokens, 6).ids(kTokens).vector(1)));
  CHECK(violates("rope C1", Rope{}, OperandList().ids(kTokens, 2).ids(kTokens).vector(1)));
}

TEST_CASE("rope C2") {
  const auto in = OperandList().result(kTokens, 8).ids(kTokens).vector(1);
  CHECK(violates("rope C2", Rope{.head_dim = 4, .offset = 3}, in));
  CHECK(violates("rope C2", Rope{.head_dim = 4, .rope_dim = 3}, in));
}

TEST_CASE("rope C3") {
  CHECK(violates("rope C3", Rope{}, OperandList().result(kTokens, 2).ids(kTokens).vector(2)));
}

TEST_CASE("rope C4") {
  CHECK(violates("rope C4", Rope{}, OperandList().result(kTokens, 2).ids(kOutputs).vector(1)));
  CHECK(violates("rope C4", Rope{}, OperandList().result(kTokens, 2).result(kTokens, 1).vector(1)));
}

TEST_CASE("rope C5") {
  CHECK(violates("rope C5", Rope{.shift = -1}, OperandList().result(kTokens, 2).ids(kTokens).vector(1)));
}
