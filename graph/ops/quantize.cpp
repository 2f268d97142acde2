#include "graph/ops/quantize.h"

#include <algorithm>

#include "quant/format.h"

namespace clinfer::graph {

bool fills_blocks(std::string_view format, int64_t cols) {
  const quant::Format* found = quant::find_format(format);
  return found != nullptr && cols % found->block_cols == 0;
}

bool is_activation_format(std::string_view format) {
  return std::ranges::find(kActivationFormats, format) != std::end(kActivationFormats);
}

void round_rows(std::string_view format, Array& values) {
  const quant::Format& codec = *quant::find_format(format);
  std::vector<uint8_t> codes(static_cast<size_t>(quant::code_bytes(codec, 1, values.cols)));
  std::vector<uint8_t> scales(static_cast<size_t>(quant::scale_bytes(codec, 1, values.cols)));
  std::vector<float> line(static_cast<size_t>(values.cols));
  for (int64_t r = 0; r < values.rows; ++r) {
    std::transform(values.row(r), values.row(r) + values.cols, line.begin(),
                   [](double value) { return static_cast<float>(value); });
    codec.encode(line.data(), 1, values.cols, codes.data(), scales.data());
    codec.decode_row(codes.data(), scales.data(), 0, values.cols, line.data());
    std::copy(line.begin(), line.end(), values.row(r));
  }
}

std::vector<Type> Quantize::infer(Operands in) const {
  require_count(in, 1, 1, kName);
  require(is_f32(*in[0]), "quantize C1", "x is plain f32", in, attributes());
  require(is_activation_format(format), "quantize C2", "a format of activations", in, attributes());
  Type type = in[0]->type;
  type.format = format;
  return {type};
}

void Quantize::reference(Inputs in, Outputs out) const {
  out[0]->data = in[0]->data;
  round_rows(format, *out[0]);
}

Cost Quantize::cost(Operands in, const Sizes& sizes) const {
  const auto rows = static_cast<double>(sizes.of(in[0]->type.rows));
  return {kRoundingFlops * rows * static_cast<double>(in[0]->type.cols), traffic(in, infer(in), sizes)};
}

}  // namespace clinfer::graph
