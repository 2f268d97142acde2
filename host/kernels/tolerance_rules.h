#pragma once

#include "graph/ops.h"

namespace clinfer::kernels {

inline constexpr double kEps32 = 0x1p-23;

/// Bound on a dot product of k float terms whose products' magnitudes sum to `magnitude`.
inline double dot_limit(int64_t k, double magnitude) {
  return 4.0 * kEps32 * static_cast<double>(k + 8) * magnitude;
}

/// One rule per op whose results are not covered by relative_limits().
graph::Array limits(const graph::Linear& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::HeadLinear& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::ExpertLinear& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::Embedding& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::Attention& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::RmsNorm& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::Rope& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::Glu& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::Add& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::LayerNorm& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::Pointwise& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::Router& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::ExpertCombine& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::Slice& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::Concat& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::SelectRows& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::CausalConv& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::DecayGate& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::LinearAttention& op, graph::Inputs in, graph::Inputs expected,
                    size_t output);
graph::Array limits(const graph::CacheAppend& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::LightningIndexer& op, graph::Inputs in, graph::Inputs expected,
                    size_t output);
graph::Array limits(const graph::BlockSelect& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::BlockCompress& op, graph::Inputs in, graph::Inputs expected, size_t output);
graph::Array limits(const graph::GatedSum& op, graph::Inputs in, graph::Inputs expected, size_t output);

/// Adds what a result rounded to a format of activations may differ by when what was rounded is off by much
/// less than a step: one step of its code.
void add_rounding(std::string_view format, const graph::Array& expected, graph::Array& limits);

/// units * eps * |expected|.
graph::Array relative_limits(const graph::Array& expected, double units);

/// Ops without a rule of their own: a few roundings of the result.
template <typename Op>
graph::Array limits(const Op&, graph::Inputs, graph::Inputs expected, size_t output) {
  return relative_limits(*expected[output], 8.0);
}

}  // namespace clinfer::kernels
