#include "host/run/dummy_weights.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "host/kernels/weight_layout.h"
#include "quant/format.h"

namespace clinfer::run {
namespace {

constexpr int64_t kBlockElements = int64_t{1} << 22;
constexpr int64_t kLeastStarts = 4;  ///< rows of a block that a matrix may begin with

/// Rows that share a scale and so stay together.
int64_t rows_together(const quant::Format& format) {
  return format.block_rows == quant::kWhole ? 1 : format.block_rows;
}

/// Nearly normal, of deviation 1: a sum of four uniform numbers, the same with every standard library.
float nearly_normal(std::mt19937_64& random) {
  const uint64_t bits = random();
  double sum = 0;
  for (int i = 0; i < 4; ++i) sum += static_cast<double>(bits >> (16 * i) & 0xFFFF);
  return static_cast<float>((sum / 65535.0 - 2.0) * std::sqrt(3.0));
}

std::vector<float> block_values(int64_t rows, int64_t cols) {
  std::mt19937_64 random(static_cast<uint64_t>(cols));
  std::vector<float> values(static_cast<size_t>(rows * cols));
  const float deviation = 1.0f / std::sqrt(static_cast<float>(cols));
  for (float& value : values) value = deviation * nearly_normal(random);
  return values;
}

cl::Buffer upload(const cl::Device& device, const std::vector<uint8_t>& bytes) {
  if (bytes.empty()) return {};
  cl::Buffer buffer = device.allocate(std::ssize(bytes));
  device.write(buffer, std::as_bytes(std::span(bytes)));
  return buffer;
}

/// FNV-1a.
uint64_t hash_of(const std::string& name, int64_t expert) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : name + "|" + std::to_string(expert))
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash;
}

}  // namespace

const DummyWeights::Block& DummyWeights::block_of(const graph::Weight& weight) {
  const auto [at, fresh] =
      blocks_.try_emplace(weight.format + "|" + weight.scale + "|" + std::to_string(weight.cols));
  Block& block = at->second;
  if (!fresh) return block;
  const quant::Format& format = *quant::find_format(weight.format);
  const int64_t together = rows_together(format);
  block.rows = std::max<int64_t>(kLeastStarts, kBlockElements / weight.cols / together) * together;
  std::vector<uint8_t> codes(static_cast<size_t>(quant::code_bytes(format, block.rows, weight.cols)));
  std::vector<uint8_t> scales(static_cast<size_t>(quant::scale_bytes(format, block.rows, weight.cols)));
  quant::encode_with(format, quant::parse_encode_options(weight.scale),
                     block_values(block.rows, weight.cols).data(), block.rows, weight.cols, codes.data(),
                     scales.data());
  block.codes = upload(device_, codes);
  block.scales = upload(device_, scales);
  return block;
}

void DummyWeights::fill_matrix(const graph::Weight& weight, int64_t expert, const cl::Buffer& buffer) {
  const quant::Format& format = *quant::find_format(weight.format);
  const kernels::WeightLayout layout = kernels::layout_of(weight);
  const Block& block = block_of(weight);
  const int64_t together = rows_together(format);
  const auto starts = static_cast<uint64_t>(block.rows / together);
  int64_t from = static_cast<int64_t>(hash_of(weight.tensors.front(), expert) % starts) * together;
  for (int64_t row = 0; row < weight.rows;) {
    const int64_t rows = std::min(weight.rows - row, block.rows - from);
    const auto codes = [&](int64_t n) { return quant::code_bytes(format, n, weight.cols); };
    const auto scales = [&](int64_t n) { return quant::scale_bytes(format, n, weight.cols); };
    device_.copy(block.codes, codes(from), buffer, expert * layout.expert_code_bytes + codes(row),
                 codes(rows));
    const bool one_scale = format.block_rows == quant::kWhole;
    if (scales(rows) > 0 && (!one_scale || row == 0)) {
      device_.copy(block.scales, one_scale ? 0 : scales(from), buffer,
                   layout.scales_offset + expert * layout.expert_scale_bytes + (one_scale ? 0 : scales(row)),
                   scales(rows));
    }
    row += rows;
    from = 0;
  }
}

void DummyWeights::fill(const graph::Weight& weight, const cl::Buffer& buffer) {
  if (weight.vector) {
    const std::vector<float> ones(static_cast<size_t>(weight.experts * weight.rows * weight.cols), 1.0f);
    device_.write(buffer, std::as_bytes(std::span(ones)));
    return;
  }
  for (int64_t expert = 0; expert < weight.experts; ++expert) fill_matrix(weight, expert, buffer);
  device_.finish();
}

}  // namespace clinfer::run
