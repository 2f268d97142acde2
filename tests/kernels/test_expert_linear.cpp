#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "host/kernels/value_bytes.h"

#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

struct Shape {
  int64_t tokens;
  int64_t top_k;
  int64_t experts;
  int64_t rows;
  int64_t cols;
};

Case expert_case(const std::string& format, Shape s, bool per_slot, uint64_t seed, bool bias = false) {
  std::mt19937_64 random(seed);
  graph::Builder builder("expert_linear");
  const int64_t x_cols = per_slot ? s.cols * s.top_k : s.cols;
  const auto x = builder.input("x", {graph::DType::f32, graph::kTokens, x_cols});
  const auto ids = builder.input("ids", {graph::DType::i32, graph::kTokens, s.top_k});
  std::vector<std::string> tensors;
  for (int64_t e = 0; e < s.experts; ++e) tensors.push_back("w" + std::to_string(e));
  const auto w = builder.expert_weight("w", tensors, s.experts, s.rows, s.cols);
  graph::ExpertLinear op;
  op.per_slot = per_slot;
  std::vector<graph::ValueId> operands = {x, ids, w};
  if (bias) operands.push_back(builder.vector("bias", s.rows, s.experts));
  const auto y = builder.add(op, "y", operands);
  Case c;
  c.graph = finish(builder, y, format);
  c.sizes = {s.tokens, s.tokens, s.tokens};
  c.inputs = {normal(s.tokens, x_cols, random), integers(s.tokens, s.top_k, 0, s.experts - 1, random),
              normal(s.experts * s.rows, s.cols, random)};
  if (bias) c.inputs.push_back(normal(s.experts, s.rows, random));
  c.name = format + " tokens=" + std::to_string(s.tokens) + " top_k=" + std::to_string(s.top_k) +
           " experts=" + std::to_string(s.experts) + " rows=" + std::to_string(s.rows) +
           " cols=" + std::to_string(s.cols) + (per_slot ? " per_slot" : "");
  c.seed = seed;
  return c;
}

}  // namespace

TEST_CASE("expert_linear: shared and per-slot rows, formats with and without scale tables") {
  const Shape shapes[] = {{1, 1, 1, 1, 32},    {1, 4, 32, 48, 64},  {3, 2, 5, 33, 96},
                          {8, 8, 16, 64, 160}, {40, 4, 8, 130, 64}, {70, 2, 3, 65, 288}};
  uint64_t seed = 100;
  for (const std::string format : {"f32", "fp8_e4m3_128x128", "mxint8"}) {
    for (const Shape& shape : shapes) {
      ++seed;
      check(expert_case(format, shape, seed % 2 == 0, seed));
    }
  }
  summarise(graph::ExpertLinear{},
            {"for int8 activations", "for weights in fp8_e4m3_128x128 and activations in fp8_e4m3_1x128"});
}

TEST_CASE("expert_linear: a bias of each expert") {
  uint64_t seed = 150;
  for (const Shape& shape : {Shape{1, 4, 6, 48, 64}, Shape{3, 2, 5, 33, 96}, Shape{40, 4, 8, 130, 64}}) {
    ++seed;
    check(expert_case("mxfp4", shape, seed % 2 == 0, seed, true));
  }
}

TEST_CASE("expert_linear: all tokens to one expert") {
  for (const int64_t tokens : {int64_t{5}, int64_t{67}}) {
    Case c = expert_case("q8_0", {tokens, 2, 9, 70, 64}, false, 7);
    for (double& id : c.inputs[1].data) id = 8;
    check(c);
  }
}

TEST_CASE("expert_linear: an id outside gives NaN, in its own slot only") {
  for (const int64_t tokens : {int64_t{2}, int64_t{20}}) {
    Case good = expert_case("f32", {tokens, 2, 4, 5, 32}, false, 8);
    Case bad = good;
    bad.inputs[1].at(1, 0) = 4;
    bad.inputs[1].at(0, 1) = -1;
    for (const Target& target : targets()) {
      for (const kernels::Variant& variant : kernels::variants_of(graph::ExpertLinear{})) {
        if (!variant.supports(context_of(bad, target.info)).ok) continue;
        const auto expected = run(good, target, variant.name).outputs[0];
        // The reference cannot take such ids, so the bytes are made here.
        const kernels::Variant& v = variant;
        std::vector<kernels::Bytes> inputs;
        for (size_t i = 0; i < 3; ++i) {
          inputs.push_back(kernels::encode(bad.graph.value(bad.graph.nodes[0].inputs[i]), bad.inputs[i]));
        }
        const auto actual =
            run_trial(target.device, programs(), v, context_of(bad, target.info), inputs, bad.sizes);
        CHECK(actual.overrun.empty());
        for (int64_t i = 0; i < tokens * 2 * 5; ++i) {
          float want = 0;
          float got = 0;
          std::memcpy(&want, expected.data() + 4 * i, 4);
          std::memcpy(&got, actual.outputs[0].data() + 4 * i, 4);
          const int64_t slot = i / 5;
          if (slot == 1 || slot == 2) {
            CHECK_MESSAGE(std::isnan(got), variant.name << " on " << target.name);
          } else {
            CHECK_MESSAGE(got == want, variant.name << " on " << target.name);
          }
        }
      }
    }
  }
}
