#include <doctest/doctest.h>

#include <limits>

#include "tests/kernels/attention_case.h"
#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

/// Each way to lay out codes and offsets.
constexpr const char* kIntegers[] = {"q8_0", "q4_0",   "q4_1",     "q5_1",
                                     "q4_k", "iq4_nl", "int8_row", "int4_g128_asym"};

struct Shape {
  int64_t tokens;
  int64_t rows;
  int64_t cols;
};

Case linear_case(const std::string& weights, const std::string& activations, Shape shape) {
  std::mt19937_64 random(static_cast<uint64_t>(shape.cols + shape.rows));
  graph::Builder builder("linear");
  const auto x = builder.input("x", {graph::DType::f32, graph::kTokens, shape.cols, activations});
  const auto w = builder.weight("w", shape.rows, shape.cols);
  const auto y = builder.add(graph::Linear{}, "y", {x, w, builder.vector("b", shape.rows)});
  Case c;
  c.graph = finish(builder, y, weights);
  c.inputs = {normal(shape.tokens, shape.cols, random), normal(shape.rows, shape.cols, random),
              normal(1, shape.rows, random)};
  c.sizes = {shape.tokens, shape.tokens, shape.tokens};
  c.name = weights + " x " + activations + " cols=" + std::to_string(shape.cols);
  return c;
}

Case expert_case(const std::string& weights, bool per_slot) {
  constexpr int64_t kTokens = 40, kTopK = 2, kExperts = 3, kRows = 70, kCols = 256;
  std::mt19937_64 random(7);
  graph::Builder builder("expert_linear");
  const int64_t x_cols = per_slot ? kCols * kTopK : kCols;
  const auto x = builder.input("x", {graph::DType::f32, graph::kTokens, x_cols, "int8_g32"});
  const auto ids = builder.input("ids", {graph::DType::i32, graph::kTokens, kTopK});
  const auto w = builder.expert_weight("w", {"0", "1", "2"}, kExperts, kRows, kCols);
  const auto y = builder.add(graph::ExpertLinear{.per_slot = per_slot}, "y", {x, ids, w});
  Case c;
  c.graph = finish(builder, y, weights);
  c.inputs = {normal(kTokens, x_cols, random), integers(kTokens, kTopK, 0, kExperts - 1, random),
              normal(kExperts * kRows, kCols, random)};
  c.sizes = {kTokens, kTokens, kTokens};
  c.name = weights + (per_slot ? " per slot" : "");
  return c;
}

/// Whether a device has AMX; says so where none has.
bool has_amx() {
  for (const Target& target : targets())
    if (target.info.probes.x86_amx_int8) return true;
  MESSAGE("not run: no device has AMX");
  return false;
}

/// Compares the bits of two variants on every device with AMX.
void check_same_bits(const Case& c, std::string_view one, std::string_view other) {
  for (const Target& target : targets()) {
    if (!target.info.probes.x86_amx_int8) continue;
    CHECK_MESSAGE(run(c, target, one).outputs[0] == run(c, target, other).outputs[0],
                  c.name << " on " << target.name);
  }
}

}  // namespace

TEST_CASE("linear/amx_int8: the bits of linear/dot_tile") {
  if (!has_amx()) return;
  for (const std::string weights : kIntegers) {
    for (const Shape shape : {Shape{16, 32, 256}, Shape{37, 70, 1792}, Shape{9, 5, 512}}) {
      check_same_bits(linear_case(weights, "int8_g32", shape), "linear/amx_int8", "linear/dot_tile");
    }
  }
  check_same_bits(linear_case("mxint8", "mxint8", {33, 33, 96}), "linear/amx_int8", "linear/dot_tile");
}

TEST_CASE("expert_linear/amx_int8: the bits of expert_linear/dot_grouped") {
  if (!has_amx()) return;
  for (const std::string weights : {"q8_0", "q4_1"}) {
    for (const bool per_slot : {false, true})
      check_same_bits(expert_case(weights, per_slot), "expert_linear/amx_int8", "expert_linear/dot_grouped");
  }
}

TEST_CASE("linear/amx_bf16: activations without parts, and blocks behind others") {
  for (const std::string weights : {"f32", "f16", "bf16", "mxint8"}) {
    Case c = linear_case(weights, "", {37, 70, 1184});
    c.inputs[0].at(3, 700) = std::numeric_limits<double>::infinity();
    c.inputs[0].at(5, 2) = std::numeric_limits<double>::quiet_NaN();
    check(c);
  }
  Case c = linear_case("f32", "", {9, 40, 64});
  c.inputs[0].at(8, 9) = double{std::numeric_limits<float>::max()};  // as bf16 an infinity
  for (int64_t row = 0; row < 40; ++row) c.inputs[1].at(row, 9) *= 0.01;
  check(c);
}

TEST_CASE("attention/tile_amx: keys in one part and in two, ragged heads, several tiles of keys") {
  if (!has_amx()) return;
  uint64_t seed = 4000;
  for (const std::string format : {"f16", "bf16", "f32", "fp8_e4m3"}) {
    check(attention_case({33, 150, 6, 3, 48, 40}, AttentionMemory::caches, format, ++seed));
    check(attention_case({45, 201, 9, 3, 64, 64, 0, 70}, AttentionMemory::caches, format, ++seed));
  }
  check(attention_case({12, 70, 3, 3, 32, 48, 16}, AttentionMemory::matrix, "f16", ++seed));
}
