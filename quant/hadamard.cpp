#include "quant/hadamard.h"

#include <cmath>

namespace clinfer::quant {
namespace {

/// The sign of a position within a rotated part: a bit of splitmix64's sequence.
bool is_negative(int64_t position) {
  uint64_t z = (static_cast<uint64_t>(position) + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return ((z ^ (z >> 31)) & 1) != 0;
}

int64_t block_of(int64_t size) {
  return size & -size;
}

/// Rotates n rows of `cols` elements among each other, n a power of two, the first at `position` of its part.
void rotate_block(float* rows, int64_t n, int64_t cols, int64_t position) {
  const float norm = 1.0f / std::sqrt(static_cast<float>(n));
  for (int64_t r = 0; r < n; ++r) {
    const float factor = is_negative(position + r) ? -norm : norm;
    for (int64_t c = 0; c < cols; ++c) rows[r * cols + c] *= factor;
  }
  for (int64_t half = 1; half < n; half *= 2) {
    for (int64_t r = 0; r < n; ++r) {
      if ((r & half) != 0) continue;
      float* a = rows + r * cols;
      float* b = rows + (r + half) * cols;
      for (int64_t c = 0; c < cols; ++c) {
        const float sum = a[c] + b[c];
        b[c] = a[c] - b[c];
        a[c] = sum;
      }
    }
  }
}

}  // namespace

void rotate_rows(const Rotation& rotation, float* matrix, int64_t rows, int64_t cols) {
  const int64_t n = block_of(rotation.size);
  for (int64_t part = 0; part < rows; part += rotation.stride) {
    for (int64_t at = 0; at < rotation.size; at += n)
      rotate_block(matrix + (part + rotation.offset + at) * cols, n, cols, at);
  }
}

void rotate_row(const Rotation& rotation, float* x, int64_t count) {
  rotate_rows(rotation, x, count, 1);
}

}  // namespace clinfer::quant
