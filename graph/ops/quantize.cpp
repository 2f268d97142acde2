#include "graph/ops/quantize.h"

#include <algorithm>

#include "quant/format.h"

namespace clinfer::graph {

bool fills_blocks(std::string_view format, int64_t cols) {
  const quant::Format* found = quant::find_format(format);
  return found != nullptr && cols % found->block_cols == 0;
}

std::vector<Type> Quantize::infer(Operands in) const {
  require_count(in, 1, 1, kName);
  require(is_f32(*in[0]), "quantize C1", "x is plain f32", in, attributes());
  require(std::ranges::find(kActivationFormats, format) != std::end(kActivationFormats), "quantize C2",
          "a format of activations", in, attributes());
  Type type = in[0]->type;
  type.format = format;
  return {type};
}

void Quantize::reference(Inputs in, Outputs out) const {
  const quant::Format& codec = *quant::find_format(format);
  const int64_t cols = in[0]->cols;
  std::vector<uint8_t> codes(static_cast<size_t>(quant::code_bytes(codec, 1, cols)));
  std::vector<uint8_t> scales(static_cast<size_t>(quant::scale_bytes(codec, 1, cols)));
  std::vector<float> line(static_cast<size_t>(cols));
  for (int64_t r = 0; r < in[0]->rows; ++r) {
    std::transform(in[0]->row(r), in[0]->row(r) + cols, line.begin(),
                   [](double value) { return static_cast<float>(value); });
    codec.encode(line.data(), 1, cols, codes.data(), scales.data());
    codec.decode_row(codes.data(), scales.data(), 0, cols, line.data());
    std::copy(line.begin(), line.end(), out[0]->row(r));
  }
}

// Magnitude, comparison, division and rounding of each element.
Cost Quantize::cost(Operands in, const Sizes& sizes) const {
  const auto rows = static_cast<double>(sizes.of(in[0]->type.rows));
  return {4 * rows * static_cast<double>(in[0]->type.cols), traffic(in, infer(in), sizes)};
}

}  // namespace clinfer::graph
