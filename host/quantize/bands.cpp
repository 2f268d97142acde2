#include "host/quantize/bands.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "host/io/mapped_file.h"

namespace clinfer::quantize {
namespace {

constexpr int64_t kBandElements = int64_t{1} << 22;

/// Rows of a band: whole blocks of rows that share scales, at least one.
int64_t band_rows(const quant::Format& format, int64_t cols) {
  const int64_t block = format.block_rows == quant::kWhole ? 1 : format.block_rows;
  return std::max<int64_t>(1, kBandElements / std::max<int64_t>(1, cols) / block) * block;
}

/// Calls `see` for the rows of the matrix, a band at a time.
void for_bands(int64_t rows, int64_t cols, int64_t most, const RowSource& source,
               const std::function<void(int64_t first, int64_t count, std::span<const float>)>& see) {
  std::vector<float> values;
  for (int64_t first = 0; first < rows; first += most) {
    const int64_t count = std::min(most, rows - first);
    values.resize(static_cast<size_t>(count * cols));
    source(first, count, values.data());
    see(first, count, values);
  }
}

float largest_finite(std::span<const float> values, float so_far) {
  for (const float value : values) {
    if (std::isfinite(value)) so_far = std::max(so_far, std::abs(value));
  }
  return so_far;
}

}  // namespace

void encode_in_bands(const Encoding& encoding, int64_t rows, int64_t cols, const RowSource& source,
                     const std::function<void(const Band&)>& sink, const RowEncoder& encoder) {
  const quant::Format& format = *encoding.format;
  const RowEncoder encode = encoder ? encoder : host_encoder(format);
  quant::EncodeOptions options = encoding.options;
  quant::code_bytes(format, rows, cols);  // checks the sizes
  quant::scale_bytes(format, rows, cols);
  const int64_t most = band_rows(format, cols);
  if (format.whole_matrix && most < rows) {
    float amax = 0;
    for_bands(rows, cols, most, source,
              [&](int64_t, int64_t, std::span<const float> values) { amax = largest_finite(values, amax); });
    options.matrix_amax = amax;
  }
  std::vector<uint8_t> codes;
  std::vector<uint8_t> scales;
  for_bands(rows, cols, most, source, [&](int64_t first, int64_t count, std::span<const float> values) {
    codes.assign(static_cast<size_t>(quant::code_bytes(format, count, cols)), 0);
    scales.assign(static_cast<size_t>(quant::scale_bytes(format, count, cols)), 0);
    encode(options, values.data(), count, cols, codes.data(), scales.data());
    sink({first, count, values, codes, scales});
  });
}

RowSource rows_of(const io::Tensor& tensor, int64_t cols) {
  const quant::Format* stored = quant::find_format(tensor.format);
  const auto row_bytes = static_cast<size_t>(quant::row_bytes(*stored, cols));
  return [=, bytes = tensor.bytes](int64_t first, int64_t rows, float* out) {
    std::vector<uint8_t> raw(static_cast<size_t>(rows) * row_bytes);
    io::copy_guarded(std::as_writable_bytes(std::span(raw)),
                     bytes.subspan(static_cast<size_t>(first) * row_bytes, raw.size()));
    for (int64_t r = 0; r < rows; ++r) stored->decode_row(raw.data(), nullptr, r, cols, out + r * cols);
  };
}

}  // namespace clinfer::quantize
