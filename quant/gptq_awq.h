#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "quant/scale_layout.h"

namespace clinfer::quant {

/// The 4-bit layouts of GPTQ and AWQ checkpoints: 32-bit words of eight codes, which lie along the rows (K)
/// in GPTQ and along the columns (N) in AWQ; the weight is the transpose, [N, K]. With G = K / group groups:
///   GPTQ: qweight [K / 8, N], nibble i of a word is row 8 r + i; qzeros [G, N / 8], nibble i is column 8 c +
///   i
///         and holds zero - 1 (checkpoint_format "gptq") or zero ("gptq_v2")
///   AWQ:  qweight [K, N / 8] and qzeros [G, N / 8]; nibble i of a word is column 8 c + {0 2 4 6 1 3 5 7}[i]
///   both: scales [G, N]
enum class PackedInt4 { gptq, gptq_v2, awq };

/// A checkpoint's tensors, row-major as above; scales as floats.
struct PackedInt4Tensors {
  std::span<const uint32_t> qweight, qzeros;
  std::span<const float> scales;
};

/// The parts that int4_g128_asym is made of: pack_codes() and join_scales() store them.
struct Int4Parts {
  std::vector<uint8_t> codes;  ///< [n, k]
  SplitScales scales;          ///< [n, k / group]
};

/// n a multiple of 8, k of 8 and of group. GPTQ's zero points wrap: a stored 15 is 0. Throws
/// std::invalid_argument when a tensor does not have the size of the shape.
Int4Parts unpack_int4(PackedInt4 layout, const PackedInt4Tensors& tensors, int64_t n, int64_t k,
                      int64_t group);

}  // namespace clinfer::quant
