#include <doctest/doctest.h>

#include <algorithm>

#include "host/kernels/activation_layout.h"
#include "host/kernels/value_bytes.h"
#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

constexpr const char* kNoE4m3 = "the device does not convert E4M3";
constexpr const char* kLanes = "for devices where a work-item is a worker";  // where only a GPU is
constexpr int64_t kCols[] = {1, 17, 32, 96, 129, 576, 1024, 1031};

graph::Type tokens_of(int64_t cols) {
  return {graph::DType::f32, graph::kTokens, cols};
}

/// A node whose first operand is x[tokens, cols]; `add` adds the others and the node.
template <typename Add>
Case case_of(const std::string& name, int64_t tokens, int64_t cols, uint64_t seed, const Add& add) {
  std::mt19937_64 random(seed);
  graph::Builder b("rounded");
  Case c;
  std::vector<graph::ValueId> operands = {b.input("x", tokens_of(cols))};
  c.inputs = {normal(tokens, cols, random)};
  c.graph = finish(b, add(b, operands, c.inputs, random));
  c.sizes = {tokens, tokens, tokens};
  c.name = name + " tokens=" + std::to_string(tokens) + " cols=" + std::to_string(cols);
  c.seed = seed;
  return c;
}

Case glu_case(const graph::Glu& op, int64_t tokens, int64_t cols, uint64_t seed) {
  return case_of("glu " + op.format, tokens, cols, seed, [&](auto& b, auto& in, auto& arrays, auto& random) {
    if (op.width == 0) {
      in.push_back(b.input("up", tokens_of(cols)));
      arrays.push_back(normal(tokens, cols, random));
    }
    return b.add(op, "y", in);
  });
}

Case norm_case(const graph::RmsNorm& op, int64_t tokens, int64_t cols, bool delta, uint64_t seed) {
  const std::string name =
      "rms_norm " + op.format + (delta ? ", a sum" : "") + (op.also_plain ? ", plain too" : "");
  return case_of(name, tokens, cols, seed, [&](auto& b, auto& in, auto& arrays, auto& random) {
    in.push_back(b.vector("weight", cols));
    arrays.push_back(normal(1, cols, random));
    if (delta) {
      in.push_back(b.input("delta", tokens_of(cols)));
      arrays.push_back(normal(tokens, cols, random));
    }
    return b.add(op, "y", in);
  });
}

/// Values in f32 as rows in the format of `value`.
kernels::Bytes records_of(const graph::Value& value, const kernels::Bytes& floats, int64_t rows) {
  graph::Array array(rows, value.type.cols);
  const auto* from = reinterpret_cast<const float*>(floats.data());
  std::copy_n(from, array.data.size(), array.data.begin());
  return kernels::encode(value, array);
}

/// Every variant gives the codes, scales and sums that the host makes of what the op gives in floats, and its
/// other results. `plain` is the case without a format.
void check_bits(const Case& rounded, const Case& plain) {
  const graph::Node& node = rounded.graph.nodes.front();
  const graph::Value& y = rounded.graph.value(node.outputs[0]);
  const auto layout = kernels::activation_layout(y.type.format, y.type.cols);
  const int64_t used = (layout.integers ? layout.sums_offset : layout.scales_offset) + 4 * layout.blocks;
  const int64_t rows = rounded.sizes.tokens;
  for (const Target& target : targets()) {
    const auto variants = kernels::variants_of(node.op);
    const auto floats = run(plain, target, variants.back().name).outputs;
    const kernels::Bytes expected = records_of(y, floats[0], rows);
    for (const kernels::Variant& variant : variants) {
      if (!variant.supports(context_of(rounded, target.info)).ok) continue;
      CAPTURE(target.name);
      CAPTURE(variant.name);
      CAPTURE(rounded.name);
      const auto got = run(rounded, target, variant.name).outputs;
      REQUIRE(got[0].size() == expected.size());
      for (int64_t row = 0; row < rows; ++row) {
        const auto from = expected.begin() + row * layout.row_bytes;
        const auto differ = std::mismatch(from, from + used, got[0].begin() + row * layout.row_bytes);
        CHECK_MESSAGE(differ.first == from + used, "row " << row << ", byte " << differ.first - from);
      }
      if (floats.size() > 1) CHECK(got[1] == floats[1]);
      if (got.size() > floats.size()) CHECK(got.back() == floats[0]);
    }
  }
}

void check_glu(graph::Glu op, int64_t tokens, int64_t cols, uint64_t seed) {
  const Case rounded = glu_case(op, tokens, cols, seed);
  check(rounded);
  op.format.clear();
  check_bits(rounded, glu_case(op, tokens, cols, seed));
}

void check_norm(graph::RmsNorm op, int64_t tokens, int64_t cols, bool delta, uint64_t seed) {
  const Case rounded = norm_case(op, tokens, cols, delta, seed);
  check(rounded);
  op.format.clear();
  op.also_plain = false;
  check_bits(rounded, norm_case(op, tokens, cols, delta, seed));
}

}  // namespace

TEST_CASE("glu that rounds: the bits of two steps") {
  uint64_t seed = 2100;
  for (const std::string_view name : graph::kActivationFormats) {
    const std::string format(name);
    for (const int64_t cols : kCols) check_glu({.format = format}, 1 + cols % 5, cols, ++seed);
    for (const int64_t width : {64, 128, 640}) {
      check_glu({.width = width, .format = format}, 3, 2 * width, ++seed);
      check_glu({.width = width, .format = format}, 3, 6 * width, ++seed);
    }
    check_glu(
        {.width = 128, .interleaved = true, .limit = 2, .alpha = 1.7f, .up_offset = 1, .format = format}, 5,
        256, ++seed);
    check_glu({.activation = graph::Activation::gelu_tanh, .format = format}, 40, 256, ++seed);
  }
  summarise(graph::Glu{}, {kNoE4m3, kLanes, "gate and up are no matrices"});
}

TEST_CASE("rms_norm that rounds: the bits of two steps") {
  uint64_t seed = 2200;
  for (const std::string_view name : graph::kActivationFormats) {
    const std::string format(name);
    for (const int64_t cols : kCols) {
      ++seed;
      check_norm({.format = format, .also_plain = seed % 2 == 0}, 1 + cols % 5, cols, seed % 3 == 0, seed);
    }
    check_norm({.unit_offset = true, .format = format}, 3, 7168, true, ++seed);
    check_norm({.format = format, .also_plain = true}, 40, 4352, true, ++seed);
  }
  summarise(graph::RmsNorm{}, {kNoE4m3, kLanes});
}

TEST_CASE("rms_norm that rounds norms of heads") {
  std::mt19937_64 random(7);
  graph::Builder b("heads");
  Case c;
  const auto x = b.input("x", tokens_of(144));
  c.graph = finish(b, b.add(graph::RmsNorm{.format = "int8_g32"}, "y", {x, b.vector("weight", 48)}));
  c.sizes = {3, 3, 3};
  c.inputs = {normal(3, 144, random), normal(1, 48, random)};
  c.name = "three heads of 48";
  check(c);
}
