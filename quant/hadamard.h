#pragma once

#include <cstdint>

namespace clinfer::quant {

/// A rotation of vectors that are made of parts of `stride` elements: elements [offset, offset + size) of
/// each part are rotated by Q, the others stay. Q is orthogonal and the same for all parts: blocks of n, the
/// largest power of two that divides `size`, each D H / sqrt(n) with the n x n Hadamard matrix H and a
/// diagonal D of signs, fixed for ever by the position. (QuaRot, arXiv 2404.00456, section 3: without signs a
/// mean would gather in the first element.)
struct Rotation {
  int64_t stride = 1;
  int64_t offset = 0;
  int64_t size = 1;
  bool operator==(const Rotation&) const = default;
};

/// x := x Q for a row vector x[count]; count is a multiple of the stride.
void rotate_row(const Rotation& rotation, float* x, int64_t count);

/// W := Q^T W for W [rows, cols]: what W gives is rotated as rotate_row does. rows is a multiple of the
/// stride.
void rotate_rows(const Rotation& rotation, float* matrix, int64_t rows, int64_t cols);

}  // namespace clinfer::quant
