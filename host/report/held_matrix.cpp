#include "host/report/held_matrix.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace clinfer::report {
namespace {

/// Where scales lie inside the codes, or one covers a whole row.
constexpr int64_t kBlock = 32;
constexpr int64_t kMostBlock = 128;

struct BlockShape {
  int64_t rows;
  int64_t cols;
};

BlockShape block_of(const quant::Format& format) {
  if (format.scale_type == quant::ScaleType::none) return {1, std::max(format.group_elems, kBlock)};
  return {std::min(format.block_rows, kMostBlock), std::min(format.block_cols, kMostBlock)};
}

/// Noise and signal of the blocks of a band of rows.
void add_row(std::span<const float> values, std::span<const float> decoded, int64_t width,
             std::vector<WorstBlock>& blocks) {
  for (size_t c = 0; c < values.size(); ++c) {
    const double x = values[c];
    const double d = static_cast<double>(decoded[c]) - x;
    if (!std::isfinite(x) || !std::isfinite(d)) continue;  // counted apart: TensorError::nonfinite
    WorstBlock& block = blocks[c / static_cast<size_t>(width)];
    block.signal += x * x;
    block.noise += d * d;
  }
}

void keep_worst(std::vector<WorstBlock>& kept, const std::vector<WorstBlock>& blocks) {
  const auto worse = [](const WorstBlock& a, const WorstBlock& b) { return a.noise > b.noise; };
  for (const WorstBlock& block : blocks) {
    if (block.noise <= 0 || (kept.size() == kWorstBlocks && !worse(block, kept.back()))) continue;
    kept.insert(std::upper_bound(kept.begin(), kept.end(), block, worse), block);
    if (kept.size() > kWorstBlocks) kept.pop_back();
  }
}

/// Sum of a[i] b[i] in lanes that a compiler can keep in vector registers.
double dot(const float* a, const float* b, size_t size) {
  constexpr size_t kLanes = 16;
  std::array<float, kLanes> lanes{};
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    for (size_t l = 0; l < kLanes; ++l) lanes[l] += a[i + l] * b[i + l];
  }
  double sum = 0;
  for (; i < size; ++i) sum += static_cast<double>(a[i]) * b[i];
  for (const float lane : lanes) sum += lane;
  return sum;
}

}  // namespace

void add_blocks(const HeldMatrix& m, std::span<const float> values, const std::string& tensor,
                int64_t first_row, TensorError& error) {
  const BlockShape shape = block_of(m.format);
  const auto cols = static_cast<size_t>(m.cols);
  std::vector<float> decoded(cols);
  for (int64_t top = 0; top < m.rows; top += shape.rows) {
    std::vector<WorstBlock> blocks(static_cast<size_t>((m.cols + shape.cols - 1) / shape.cols));
    const int64_t end = std::min(m.rows, top + shape.rows);
    for (int64_t row = top; row < end; ++row) {
      m.format.decode_row(m.codes.data(), m.scales.data(), row, m.cols, decoded.data());
      add_row(values.subspan(static_cast<size_t>(row) * cols, cols), decoded, shape.cols, blocks);
    }
    for (size_t i = 0; i < blocks.size(); ++i) {
      const int64_t col = static_cast<int64_t>(i) * shape.cols;
      blocks[i].tensor = tensor;
      blocks[i].row = first_row + top;
      blocks[i].col = col;
      blocks[i].rows = end - top;
      blocks[i].cols = std::min(shape.cols, m.cols - col);
    }
    keep_worst(error.worst_blocks, blocks);
  }
}

void add_outputs(const HeldMatrix& m, std::span<const float> values, std::span<const float> inputs,
                 TensorError& error) {
  const auto cols = static_cast<size_t>(m.cols);
  const size_t tokens = inputs.size() / cols;
  std::vector<float> change(cols);
  for (int64_t row = 0; row < m.rows; ++row) {
    const float* stored = values.data() + static_cast<size_t>(row) * cols;
    m.format.decode_row(m.codes.data(), m.scales.data(), row, m.cols, change.data());
    for (size_t c = 0; c < cols; ++c) change[c] -= stored[c];
    for (size_t t = 0; t < tokens; ++t) {
      const double y = dot(stored, inputs.data() + t * cols, cols);
      const double d = dot(change.data(), inputs.data() + t * cols, cols);
      error.output_signal += y * y;
      error.output_noise += d * d;
    }
  }
  error.output_tokens = static_cast<int64_t>(tokens);
}

}  // namespace clinfer::report
