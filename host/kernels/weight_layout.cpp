#include "host/kernels/weight_layout.h"

#include <algorithm>
#include <cctype>
#include <limits>

#include "graph/cache_row.h"
#include "host/kernels/activation_layout.h"
#include "quant/error.h"
#include "quant/format.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kScaleAlign = 64;

[[noreturn]] void fail(const graph::Weight& weight, const std::string& what) {
  const std::string name = weight.tensors.empty() ? "weight" : weight.tensors.front();
  throw Error(Fault::model, name + ": " + what);
}

const quant::Format& format_of(const graph::Weight& weight) {
  const quant::Format* format = quant::find_format(weight.vector ? "f32" : weight.format);
  if (format == nullptr) fail(weight, "format '" + weight.format + "' is not known");
  if (!format->on_device) fail(weight, "no kernel decodes format '" + weight.format + "' yet");
  if (weight.cols % format->group_elems != 0) {
    fail(weight, std::to_string(weight.cols) + " columns are not a multiple of " +
                     std::to_string(format->group_elems) + ", which " + weight.format + " needs");
  }
  return *format;
}

int64_t times(const graph::Weight& weight, int64_t a, int64_t b) {
  int64_t product = 0;
  if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product)) fail(weight, "size does not fit 64 bits");
  return product;
}

}  // namespace

WeightLayout layout_of(const graph::Weight& weight) {
  const quant::Format& format = format_of(weight);
  times(weight, times(weight, weight.rows, weight.cols), times(weight, weight.experts, 8));
  WeightLayout layout;
  layout.expert_code_bytes = quant::code_bytes(format, weight.rows, weight.cols);
  layout.expert_scale_bytes = quant::scale_bytes(format, weight.rows, weight.cols);
  const int64_t codes = times(weight, layout.expert_code_bytes, weight.experts);
  layout.scales_offset = (codes + kScaleAlign - 1) / kScaleAlign * kScaleAlign;
  layout.bytes = layout.expert_scale_bytes == 0
                     ? codes
                     : layout.scales_offset + times(weight, layout.expert_scale_bytes, weight.experts);
  return layout;
}

WeightArgs weight_args(const graph::Weight& weight) {
  const quant::Format& format = format_of(weight);
  constexpr int64_t kMost = std::numeric_limits<i32>::max();
  if (weight.rows > kMost || weight.cols > kMost) fail(weight, "more than 2^31 - 1 rows or columns");
  const WeightLayout layout = layout_of(weight);
  WeightArgs args{};
  args.row_bytes = quant::row_bytes(format, weight.cols);
  args.scales_offset = layout.scales_offset;
  args.scale_row_bytes = quant::scale_bytes(format, 1, weight.cols);
  args.expert_scale_bytes = layout.expert_scale_bytes;
  args.rows = static_cast<i32>(weight.rows);
  args.cols = static_cast<i32>(weight.cols);
  return args;
}

std::string format_definition(const graph::Weight& weight) {
  return format_definition(format_of(weight).name);
}

std::string format_definition(std::string_view format) {
  std::string name = "FORMAT_" + std::string(format);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return name;
}

int64_t device_bytes(const graph::Value& value, const graph::Sizes& sizes) {
  if (const graph::Weight* weight = value.weight()) return layout_of(*weight).bytes;
  const graph::Type& type = value.type;
  if (!type.format.empty()) return sizes.of(type.rows) * activation_layout(type.format, type.cols).row_bytes;
  const graph::Cache* cache = value.cache();
  const int64_t rows = sizes.of(type.rows);
  if (cache == nullptr) return rows * type.cols * 4;
  return graph::row_of(*cache).bytes * (cache->is_state() ? rows : graph::rows_held(*cache, rows));
}

}  // namespace clinfer::kernels
