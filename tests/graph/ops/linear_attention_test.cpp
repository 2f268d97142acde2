#include "graph/ops/linear_attention.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {

struct Outcome {
  std::vector<double> y;
  std::vector<double> state;
};

Outcome attend(const LinearAttention& op, const std::vector<Array>& operands) {
  std::vector<const Array*> in;
  for (const Array& array : operands) in.push_back(&array);
  Array y(operands[0].rows, op.heads * op.value_dim);
  Array state = operands[4];
  Array* const out[] = {&y, &state};
  op.reference(in, out);
  return {y.data, state.data};
}

/// Two heads on one key head, keys of 2 and values of 3 columns.
LinearAttention two_heads() {
  LinearAttention op;
  op.heads = 2;
  op.key_dim = 2;
  op.value_dim = 3;
  op.values.head_stride = 3;
  return op;
}

OperandList operands(int64_t decay_cols = 2) {
  return OperandList()
      .result(kTokens, 2)
      .result(kTokens, 2)
      .result(kTokens, 6)
      .result(kTokens, decay_cols)
      .state(4, 3)
      .ids(kTokens);
}

}  // namespace

TEST_CASE("linear_attention sums what it has seen, decayed by head") {
  LinearAttention op;
  op.scale = 10;
  const Array q = matrix(2, 1, {1, 2}), k = matrix(2, 1, {3, 4}), v = matrix(2, 1, {5, 6});
  const Array decay = matrix(1, 1, {0.5}), old = matrix(1, 1, {8});
  // S: 8, 4 + 15 = 19, 9.5 + 24 = 33.5
  const Outcome later = attend(op, {q, k, v, decay, old, matrix(2, 1, {3, 4})});
  CHECK(later.y == std::vector<double>{190, 670});
  CHECK(later.state == std::vector<double>{33.5});
  // S: 0, 15, 31.5
  CHECK(attend(op, {q, k, v, decay, old, matrix(2, 1, {0, 1})}).y == std::vector<double>{150, 630});
}

TEST_CASE("linear_attention by the delta rule replaces what the key read") {
  LinearAttention op;
  op.delta = true;
  const Array q = matrix(1, 1, {1}), k = matrix(1, 1, {2}), v = matrix(1, 1, {5});
  // S = 4, S^T k = 8; u = 0.5 (5 - 8), S = 4 - 3
  const Outcome r =
      attend(op, {q, k, v, matrix(1, 1, {0.5}), matrix(1, 1, {8}), matrix(1, 1, {7}), matrix(1, 1, {0.5})});
  CHECK(r.y == std::vector<double>{1});
  CHECK(r.state == std::vector<double>{1});
}

TEST_CASE("linear_attention decays by channel and shares a key head") {
  const LinearAttention op = two_heads();
  const Array q = matrix(1, 2, {1, 10}), k = matrix(1, 2, {1, 2});
  const Array v = matrix(1, 6, {1, 2, 3, 4, 5, 6});
  const Array old = matrix(4, 3, {1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2});
  const Outcome r = attend(op, {q, k, v, matrix(1, 4, {1, 0.5, 0, 1}), old, matrix(1, 1, {1})});
  CHECK(r.state == std::vector<double>{2, 3, 4, 2.5, 4.5, 6.5, 4, 5, 6, 10, 12, 14});
  CHECK(r.y == std::vector<double>{27, 48, 69, 104, 125, 146});
}

TEST_CASE("linear_attention divides q and k by their norm") {
  LinearAttention op;
  op.key_dim = 2;
  op.normalise = true;
  op.eps = 0;
  const Outcome r = attend(op, {matrix(1, 2, {0, 7}), matrix(1, 2, {3, 4}), matrix(1, 1, {10}),
                                matrix(1, 1, {1}), Array(2, 1), matrix(1, 1, {0})});
  CHECK(r.state == std::vector<double>{6, 8});
  CHECK(r.y == std::vector<double>{8});
}

TEST_CASE("linear_attention reads heads where the layouts say") {
  LinearAttention op;
  op.heads = op.key_heads = 2;
  op.queries = {0, 3};
  op.keys = {1, 3};
  op.values = {2, 3};
  const Array qkv = matrix(1, 6, {1, 2, 3, 4, 5, 6});
  const Outcome r = attend(op, {qkv, qkv, qkv, matrix(1, 2, {1, 1}), Array(2, 1), matrix(1, 1, {0})});
  CHECK(r.y == std::vector<double>{6, 120});
}

TEST_CASE("linear_attention, in one call or in two") {
  const LinearAttention op = two_heads();
  const auto random = [](int64_t rows, int64_t cols, int seed) {
    Array array(rows, cols);
    for (size_t i = 0; i < array.data.size(); ++i)
      array.data[i] = std::sin(static_cast<double>(seed) + static_cast<double>(i * i));
    return array;
  };
  const auto part = [](const Array& a, int64_t first, int64_t count) {
    Array piece(count, a.cols);
    std::copy_n(a.row(first), count * a.cols, piece.data.begin());
    return piece;
  };
  const Array q = random(5, 2, 1), k = random(5, 2, 2), v = random(5, 6, 3), decay = random(5, 2, 4);
  const Array positions = matrix(5, 1, {0, 1, 2, 3, 4});
  const Outcome whole = attend(op, {q, k, v, decay, Array(4, 3), positions});
  const Outcome head = attend(op, {part(q, 0, 2), part(k, 0, 2), part(v, 0, 2), part(decay, 0, 2),
                                   Array(4, 3), part(positions, 0, 2)});
  const Outcome tail = attend(op, {part(q, 2, 3), part(k, 2, 3), part(v, 2, 3), part(decay, 2, 3),
                                   matrix(4, 3, head.state), part(positions, 2, 3)});
  CHECK(tail.state == whole.state);
  CHECK(tail.y == std::vector<double>(whole.y.begin() + 12, whole.y.end()));
}

TEST_CASE("linear_attention has these types") {
  CHECK(two_heads().infer(operands()) ==
        std::vector<Type>{{DType::f32, kTokens, 6}, {DType::f32, Dim{4}, 3}});
  CHECK_NOTHROW(two_heads().infer(operands(4)));
}

TEST_CASE("linear_attention C1") {
  LinearAttention op = two_heads();
  op.values.offset = 1;
  CHECK(violates("linear_attention C1", op, operands()));
  op = two_heads();
  op.key_dim = 3;
  CHECK(violates("linear_attention C1", op, operands()));
}

TEST_CASE("linear_attention C2") {
  LinearAttention op = two_heads();
  op.key_heads = 3;
  CHECK(violates("linear_attention C2", op, operands()));
}

TEST_CASE("linear_attention C3") {
  CHECK(violates("linear_attention C3", two_heads(), operands(3)));
}

TEST_CASE("linear_attention C4") {
  CHECK(violates("linear_attention C4", two_heads(),
                 OperandList()
                     .result(kTokens, 2)
                     .result(kTokens, 2)
                     .result(kTokens, 6)
                     .result(kTokens, 2)
                     .state(2, 3)
                     .ids(kTokens)));
}

TEST_CASE("linear_attention C5") {
  CHECK(violates("linear_attention C5", two_heads(),
                 OperandList()
                     .result(kTokens, 2)
                     .result(kTokens, 2)
                     .result(kTokens, 6)
                     .result(kTokens, 2)
                     .state(4, 3)
                     .ids(kOutputs)));
}

TEST_CASE("linear_attention C6") {
  LinearAttention op = two_heads();
  op.delta = true;
  CHECK(violates("linear_attention C6", op, operands()));
  CHECK(violates("linear_attention C6", two_heads(), operands().result(kTokens, 2)));
  CHECK(violates("linear_attention C6", op, operands().result(kTokens, 3)));
}

TEST_CASE("linear_attention C7") {
  LinearAttention op = two_heads();
  op.eps = -1;
  CHECK(violates("linear_attention C7", op, operands()));
}
