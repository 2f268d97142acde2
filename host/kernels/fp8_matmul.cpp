#include "host/kernels/fp8_matmul.h"

#include "cl_kernels/args/fp8_matmul_args.h"
#include "host/kernels/program.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kTile = 128;  ///< rows, columns and scale block

int64_t tiles(int64_t rows) {
  return (rows + kTile - 1) / kTile;
}

Launch launch_of(const std::string& stem, std::vector<std::string> defines, const Fp8Shape& shape,
                 size_t local_size, int64_t groups, size_t buffers) {
  Launch launch;
  launch.program.stem = stem;
  launch.program.entry = "nvidia/" + stem + ".cl";
  launch.program.defines = std::move(defines);
  launch.kernel = stem;
  launch.local_size = local_size;
  for (size_t i = 0; i < buffers; ++i) launch.buffers.push_back(input_ref(i));
  const Fp8MatmulArgs args{static_cast<i32>(shape.m), static_cast<i32>(shape.n), static_cast<i32>(shape.k)};
  launch.work = [args, groups](const graph::Sizes&) { return Work{groups, bytes_of(args)}; };
  return launch;
}

}  // namespace

Support supports_fp8_matmul(const graph::DeviceInfo& device, const Fp8Shape& shape) {
  if (!device.probes.wgmma) return Support::no("the device has no wgmma");
  if (shape.k % kTile != 0) return Support::no("its columns are no multiple of 128");
  if (shape.n % 8 != 0) return Support::no("its rows are no multiple of 8");
  constexpr int64_t kMost = int64_t{1} << 24;
  if (shape.m < 1 || shape.n < 1 || shape.k < 1 || shape.m > kMost || shape.n > kMost || shape.k > kMost)
    return Support::no("a size is not in 1 to 2^24");
  return Support::yes();
}

int64_t fp8_activation_bytes(const Fp8Shape& shape) {
  return tiles(shape.m) * kTile * shape.k;
}
int64_t fp8_activation_scale_bytes(const Fp8Shape& shape) {
  return tiles(shape.m) * kTile * (shape.k / kTile) * 4;
}
int64_t fp8_weight_bytes(const Fp8Shape& shape) {
  return tiles(shape.n) * kTile * shape.k;
}

Fp8Launches fp8_launches(const graph::DeviceInfo& device, const Fp8Shape& shape, bool bf16_out) {
  const int64_t rows = tiles(shape.m) * kTile;
  Fp8Launches result;
  result.quantize = launch_of("fp8_quantize", {}, shape, 128, rows / 4 * (shape.k / kTile), 3);
  result.pack_weight = launch_of("fp8_pack_weight", {}, shape, 128, fp8_weight_bytes(shape) / 16 / 128, 2);
  result.multiply = launch_of("fp8_matmul", {constant("OUT_BF16", bf16_out ? 1 : 0)}, shape, 384,
                              std::min(device.compute_units, tiles(shape.m) * tiles(shape.n)), 5);
  result.multiply.program.sm_90a = true;
  return result;
}

int64_t fp8_activation_offset(const Fp8Shape& shape, int64_t row, int64_t col) {
  const int64_t piece = row / 64 * (shape.k / 128) + col / 128;  // 64 rows x 128 columns
  const int64_t step = col % 128 / 32;
  const int64_t thread = row % 64 / 16 * 32 + row % 8 * 4 + col % 16 / 4;
  const int64_t word = row % 16 / 8 + col % 32 / 16 * 2;
  return (piece * 4 + step) * 2048 + thread * 16 + word * 4 + col % 4;
}

int64_t fp8_weight_offset(const Fp8Shape& shape, int64_t row, int64_t col) {
  const int64_t tile = row / 128 * (shape.k / 64) + col / 64;
  const int64_t chunk = col % 64 / 16 ^ (row / 2 % 4);
  return tile * 8192 + row % 128 * 64 + chunk * 16 + col % 16;
}

uint64_t fp8_weight_descriptor(uint32_t address) {
  return (address >> 4 & 0x3FFFu) | uint64_t{1} << 16 | uint64_t{32} << 32 | uint64_t{2} << 62;
}

}  // namespace clinfer::kernels
