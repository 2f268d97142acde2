#include <doctest/doctest.h>

#include <cstring>

#include "tests/kernels/attention_case.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

/// The same case with token t alone; the context stays.
Case alone(const Case& c, int64_t t) {
  Case one = c;
  one.sizes.tokens = one.sizes.outputs = 1;
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    if (c.graph.value(c.graph.nodes.front().inputs[i]).type.rows != graph::kTokens) continue;
    one.inputs[i] = graph::Array(1, c.inputs[i].cols);
    std::copy_n(c.inputs[i].row(t), c.inputs[i].cols, one.inputs[i].row(0));
  }
  return one;
}

/// Every variant for few tokens gives the same bits twice, and each token the bits it has alone.
void check_bits(const Case& c) {
  for (const Target& target : targets()) {
    for (const kernels::Variant& variant : kernels::variants_of(c.graph.nodes.front().op)) {
      if (!variant.supports(context_of(c, target.info)).ok) continue;
      CAPTURE(target.name);
      CAPTURE(variant.name);
      const auto all = run(c, target, variant.name).outputs;
      CHECK(all == run(c, target, variant.name).outputs);
      for (const int64_t t : {int64_t{0}, int64_t{3}, c.sizes.tokens - 1}) {
        CAPTURE(t);
        const auto one = run(alone(c, t), target, variant.name).outputs;
        for (size_t i = 0; i < one.size(); ++i) {
          const size_t bytes = one[i].size();
          CHECK(std::memcmp(one[i].data(), all[i].data() + static_cast<size_t>(t) * bytes, bytes) == 0);
        }
      }
    }
  }
}

/// A node of one op whose operands are f32[tokens, cols], then whatever `others` adds.
template <typename Op>
Case case_of(const Op& op, std::initializer_list<int64_t> cols, int64_t vector_cols, uint64_t seed) {
  std::mt19937_64 random(seed);
  graph::Builder b("bits");
  Case c;
  std::vector<graph::ValueId> inputs;
  for (const int64_t n : cols) {
    inputs.push_back(b.input("x" + std::to_string(inputs.size()), {graph::DType::f32, graph::kTokens, n}));
    c.inputs.push_back(normal(kernels::kSmallBatch, n, random));
  }
  if (vector_cols > 0) {
    inputs.push_back(b.vector("weight", vector_cols));
    c.inputs.push_back(normal(1, vector_cols, random));
  }
  c.graph = finish(b, b.add(op, "y", inputs));
  c.sizes = {kernels::kSmallBatch, kernels::kSmallBatch, kernels::kSmallBatch};
  return c;
}

}  // namespace

TEST_CASE("batch invariance: attention") {
  // Shapes of test_attention.cpp, whose programs are there already.
  check_bits(attention_case({8, 600, 9, 3, 64, 64}, AttentionMemory::caches, "f16", 1));
  check_bits(attention_case({8, 263, 4, 1, 80, 80, 0, 100}, AttentionMemory::caches, "f16", 2));
  check_bits(attention_case({8, 70, 4, 4, 48, 48, 16}, AttentionMemory::matrix, "f16", 3));
  check_bits(attention_case({8, 260, 5, 1, 80, 64}, AttentionMemory::one_cache, "f32", 4));
  check_bits(attention_case({8, 700, 8, 2, 64, 64, 0, 300}, AttentionMemory::caches, "fp8_e4m3", 5));
  check_bits(attention_case({8, 150, 5, 1, 576, 512}, AttentionMemory::one_cache, "f16", 16));
  check_bits(attention_case({8, 600, 32, 2, 80, 80}, AttentionMemory::caches, "int8", 17));
  graph::Attention op;
  op.mask = {.window = 70, .first = 5};
  op.views = graph::QueryViews::first_rows;
  op.softcap = 2.0f;
  op.sinks = op.alibi = true;
  check_bits(attention_case({8, 300, 4, 4, 48, 48, 16}, AttentionMemory::matrix, "f32", 14, op));
  op = {};
  op.selection = {.count = 300};
  check_bits(attention_case({8, 400, 4, 1, 64, 64}, AttentionMemory::caches, "f16", 15, op));
}

TEST_CASE("batch invariance: norms, gates and routing") {
  check_bits(case_of(graph::RmsNorm{}, {1031}, 1031, 5));
  check_bits(case_of(graph::RmsNorm{}, {9 * 24}, 24, 6));
  check_bits(case_of(graph::LayerNorm{}, {1031}, 1031, 10));
  check_bits(case_of(graph::Glu{}, {1031, 1031}, 0, 7));
  check_bits(case_of(graph::Glu{graph::Activation::gelu_tanh, 517}, {2 * 2 * 517}, 0, 11));
  check_bits(case_of(graph::Pointwise{graph::Function::softcap, 3}, {1031}, 0, 12));
  check_bits(case_of(graph::Add{0.22f}, {1031}, 1031, 13));
  check_bits(case_of(graph::ExpertCombine{}, {4 * 577, 4}, 0, 8));
  check_bits(case_of(graph::Router{.experts = 32, .top_k = 4, .groups = 4, .keep_groups = 2}, {32}, 32, 9));
}
