#pragma once

#include <cstdint>

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// y [m, n] = x [m, k] . W [n, k] on Hopper's FP8 tensor cores: x quantised 1 x 128 on the device, W in E4M3
/// with 128 x 128 scales, sums of 128 products promoted to floats (DeepSeek-V3's arithmetic). Not a variant
/// of Linear: it rounds activations, which a run must ask for.
struct Fp8Shape {
  int64_t m;
  int64_t n;  ///< a multiple of 8
  int64_t k;  ///< a multiple of 128
};

/// Yes when the device has wgmma and the shape fits.
Support supports_fp8_matmul(const graph::DeviceInfo& device, const Fp8Shape& shape);

/// Bytes of packed operands and of their scale tables, rows padded to 128.
int64_t fp8_activation_bytes(const Fp8Shape& shape);
int64_t fp8_activation_scale_bytes(const Fp8Shape& shape);
int64_t fp8_weight_bytes(const Fp8Shape& shape);

/// How a multiplication is dealt out: tiles of rows x 128 rows and cols x 128 columns. A group works on
/// `whole` of them alone; those left, which would not fill a round of groups, are cut along k into `parts`.
struct Fp8Plan {
  int64_t rows;    ///< 1 or 2
  int64_t cols;    ///< 1 or 2, and 1 where rows is 2
  int64_t tiles;   ///< in all
  int64_t whole;   ///< a multiple of the compute units, or `tiles`
  int64_t parts;   ///< 1 to k / 128
  int64_t groups;  ///< of the launch
  double rounds;   ///< estimated time in tiles of 128 x 128: what plans are compared by
};
Fp8Plan fp8_plan(const graph::DeviceInfo& device, const Fp8Shape& shape);
/// The same where large tiles are 256 x 128 in place of 128 x 256.
Fp8Plan tall_plan(const graph::DeviceInfo& device, const Fp8Shape& shape);
Fp8Plan fp8_wide_plan(const graph::DeviceInfo& device, const Fp8Shape& shape);  ///< with cols 2

/// Bytes of the multiplication's workspace: counters, and the sums of cut tiles' parts. Must be zeros before
/// its first use; every launch leaves the counters zero, so launches of one queue can share the largest.
int64_t fp8_workspace_bytes(const graph::DeviceInfo& device, const Fp8Shape& shape);

/// The launches, their buffers in `Launch::buffers` order being: quantise: x f32 [m, k], codes, scales; pack:
/// E4M3 [n, k], packed; multiply: codes, scales, packed, scales f32 [n / 128 up][k / 128], y (bf16 or f32 [m,
/// n]), workspace.
struct Fp8Launches {
  Launch quantize;
  Launch pack_weight;
  Launch multiply;
};
Fp8Launches fp8_launches(const graph::DeviceInfo& device, const Fp8Shape& shape, bool bf16_out);

/// Where an element lies in the packed operands, in bytes: the same arithmetic as the kernels', for tests.
int64_t fp8_activation_offset(const Fp8Shape& shape, int64_t row, int64_t col);
int64_t fp8_weight_offset(const Fp8Shape& shape, int64_t row, int64_t col);

/// The descriptor that wgmma reads B by, for a tile of 64-byte rows at a 1024-aligned local address.
uint64_t fp8_weight_descriptor(uint32_t address);

}  // namespace clinfer::kernels
