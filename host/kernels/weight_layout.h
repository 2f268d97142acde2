#pragma once

#include "cl_kernels/args/weight_args.h"
#include "graph/value.h"

namespace clinfer::kernels {

/// How a weight lies in its one device buffer: the rows of codes of all experts as quant::Format stores them,
/// then, at scales_offset (64-aligned), one scale table per expert. Formats without scales end with their
/// codes.
struct WeightLayout {
  int64_t expert_code_bytes = 0;
  int64_t scales_offset = 0;
  int64_t expert_scale_bytes = 0;
  int64_t bytes = 0;  ///< of the buffer
};

/// Throws Error(Fault::model) when the weight has no known format, its columns do not fill the format's
/// groups, or a size does not fit 64 bits.
WeightLayout layout_of(const graph::Weight& weight);

/// The same as kernels get it. Throws Error(Fault::model) when rows or columns do not fit 32 bits.
WeightArgs weight_args(const graph::Weight& weight);

/// The definition that selects the weight's decoder in include/weight.clh: "FORMAT_Q8_0".
std::string format_definition(const graph::Weight& weight);
std::string format_definition(std::string_view format);

/// Bytes of any value in device memory for these sizes: weights by their layout, caches by the
/// rows of their format, the rest rows x columns.
int64_t device_bytes(const graph::Value& value, const graph::Sizes& sizes);

}  // namespace clinfer::kernels
