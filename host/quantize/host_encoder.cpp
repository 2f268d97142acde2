#include "host/quantize/host_encoder.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "quant/magnitude.h"

namespace clinfer::quantize {
namespace {

constexpr int64_t kSliceElements = int64_t{1} << 16;

/// Calls `work` with every index below `count`, from several threads; throws what a call throws.
void for_each_index(int64_t count, int threads, const std::function<void(int64_t)>& work) {
  std::atomic<int64_t> next{0};
  const auto run = [&] {
    for (int64_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::future<void>> others;
  for (int64_t t = 1; t < std::min<int64_t>(threads, count); ++t)
    others.push_back(std::async(std::launch::async, run));
  run();
  for (std::future<void>& other : others) other.get();
}

/// A matrix cut into slices of rows, each of whole blocks of rows that share scales.
struct Slices {
  int64_t rows, height, count;

  Slices(const quant::Format& format, int64_t matrix_rows, int64_t cols) : rows(matrix_rows) {
    const int64_t block = format.block_rows == quant::kWhole ? 1 : format.block_rows;
    height = std::max<int64_t>(1, kSliceElements / std::max<int64_t>(1, cols) / block) * block;
    count = (rows + height - 1) / height;
  }
  int64_t first(int64_t slice) const { return slice * height; }
  int64_t rows_of(int64_t slice) const { return std::min(height, rows - first(slice)); }
};

float matrix_amax(const Slices& slices, const float* values, int64_t cols, int threads) {
  std::vector<float> largest(static_cast<size_t>(slices.count));
  for_each_index(slices.count, threads, [&](int64_t i) {
    largest[static_cast<size_t>(i)] =
        quant::finite_amax(values + slices.first(i) * cols, slices.rows_of(i), cols, cols);
  });
  return largest.empty() ? 0.0f : *std::max_element(largest.begin(), largest.end());
}

void encode(const quant::Format& format, quant::EncodeOptions options, const float* values, int64_t rows,
            int64_t cols, uint8_t* codes, uint8_t* scales, int threads) {
  const Slices slices(format, rows, cols);
  if (format.whole_matrix && !options.matrix_amax)
    options.matrix_amax = matrix_amax(slices, values, cols, threads);
  for_each_index(slices.count, threads, [&](int64_t i) {
    const int64_t first = slices.first(i);
    uint8_t* codes_at = codes + quant::code_bytes(format, first, cols);
    std::vector<uint8_t> again;  // the one scale row of the matrix, which the first slice writes
    uint8_t* scales_at = scales;
    if (format.block_rows != quant::kWhole) {
      scales_at += quant::scale_bytes(format, first, cols);
    } else if (i > 0) {
      again.resize(static_cast<size_t>(quant::scale_bytes(format, 1, cols)));
      scales_at = again.data();
    }
    quant::encode_with(format, options, values + first * cols, slices.rows_of(i), cols, codes_at, scales_at);
  });
}

}  // namespace

RowEncoder host_encoder(const quant::Format& format, int threads) {
  const int count =
      threads > 0 ? threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return [&format, count](const quant::EncodeOptions& options, const float* values, int64_t rows,
                          int64_t cols, uint8_t* codes, uint8_t* scales) {
    quant::encode_with(format, options, values, 0, cols, codes,
                       scales);  // refuses options, whatever the rows
    encode(format, options, values, rows, cols, codes, scales, count);
  };
}

}  // namespace clinfer::quantize
