#include "host/kernels/fp8_matmul.h"

#include <algorithm>
#include <limits>

#include "cl_kernels/args/matmul_tiles.h"
#include "host/kernels/nvidia_launch.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kTile = 128;  ///< rows, columns and scale block
constexpr int64_t kMostParts = 32;
constexpr int64_t kLeastBlocks = 2;   ///< of 128 columns in a part
constexpr int64_t kFewTiles = 2;      ///< of rows, for which tiles stay narrow: more groups read W
constexpr double kWideTile = 1.7;     ///< time of a tile of twice the size in tiles of 128 x 128
constexpr double kPartBlocks = 14.0;  ///< blocks of 128 columns in whose time parts are added up
constexpr int64_t kBandBytes = int64_t{32} << 20;  ///< of x that stay in L2 while W passes

int64_t tiles(int64_t rows) {
  return (rows + kTile - 1) / kTile;
}

Launch launch_of(const std::string& stem, std::vector<std::string> defines, const Fp8Shape& shape,
                 size_t local_size, int64_t groups, size_t buffers, int64_t whole = 0, int64_t parts = 1) {
  Launch launch = make_nvidia_launch(stem, std::move(defines), {}, local_size);
  for (size_t i = 0; i < buffers; ++i) launch.buffers.push_back(input_ref(i));
  const MatmulTiles args{static_cast<i32>(shape.m), static_cast<i32>(shape.n), static_cast<i32>(shape.k),
                         static_cast<i32>(whole), static_cast<i32>(parts)};
  launch.work = [args, groups](const graph::Sizes&) { return Work{groups, bytes_of(args)}; };
  return launch;
}

Fp8Plan plan_of(const graph::DeviceInfo& device, const Fp8Shape& shape, int64_t rows, int64_t cols) {
  const int64_t units = std::max<int64_t>(1, device.compute_units);
  Fp8Plan plan{};
  plan.rows = rows;
  plan.cols = cols;
  plan.tiles = (tiles(shape.m) + rows - 1) / rows * ((tiles(shape.n) + cols - 1) / cols);
  plan.whole = plan.tiles / units * units;
  plan.parts = 1;
  const int64_t left = plan.tiles - plan.whole;
  if (left > 0 && left * 2 <= TILE_COUNTERS) {
    plan.parts = std::clamp<int64_t>(units / left, 1, std::max<int64_t>(1, shape.k / kTile / kLeastBlocks));
    plan.parts = std::min(plan.parts, kMostParts);
  }
  const auto blocks = static_cast<double>(shape.k / kTile);
  const auto rounds = static_cast<double>(plan.whole / units);
  const double cut = 1.0 / static_cast<double>(plan.parts) + kPartBlocks / blocks;
  if (cut >= 1.0) plan.parts = 1;
  if (plan.parts == 1) plan.whole = plan.tiles;
  plan.groups = std::min(units, plan.whole + (plan.tiles - plan.whole) * plan.parts);
  plan.rounds = (rounds + (left == 0 ? 0.0 : std::min(cut, 1.0))) * (rows * cols == 2 ? kWideTile : 1.0);
  return plan;
}

/// Tiles of 128 x 128, or large ones where that is faster.
Fp8Plan faster_plan(const graph::DeviceInfo& device, const Fp8Shape& shape, int64_t rows, int64_t cols) {
  const Fp8Plan small = plan_of(device, shape, 1, 1);
  if (tiles(shape.m) <= kFewTiles) return small;
  const Fp8Plan large = plan_of(device, shape, rows, cols);
  return large.rounds < small.rounds ? large : small;
}

}  // namespace

Support supports_fp8_matmul(const graph::DeviceInfo& device, const Fp8Shape& shape) {
  if (!device.probes.wgmma) return Support::no("the device has no wgmma");
  if (shape.k % kTile != 0) return Support::no("its columns are no multiple of 128");
  if (shape.n % 8 != 0) return Support::no("its rows are no multiple of 8");
  constexpr int64_t kMost = int64_t{1} << 24;
  if (shape.m < 1 || shape.n < 1 || shape.k < 1 || shape.m > kMost || shape.n > kMost || shape.k > kMost)
    return Support::no("a size is not in 1 to 2^24");
  if (tiles(shape.n) * (shape.k / kTile) > std::numeric_limits<i32>::max())
    return Support::no("more than 2^31 - 1 scales");
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

Fp8Plan fp8_plan(const graph::DeviceInfo& device, const Fp8Shape& shape) {
  return faster_plan(device, shape, 1, 2);
}

Fp8Plan tall_plan(const graph::DeviceInfo& device, const Fp8Shape& shape) {
  return faster_plan(device, shape, 2, 1);
}

Fp8Plan fp8_wide_plan(const graph::DeviceInfo& device, const Fp8Shape& shape) {
  return plan_of(device, shape, 1, 2);
}

int64_t fp8_workspace_bytes(const graph::DeviceInfo& device, const Fp8Shape& shape) {
  const Fp8Plan plan = fp8_plan(device, shape);
  return TILE_COUNTERS * 4 + (plan.tiles - plan.whole) * plan.parts * plan.cols * kTile * kTile * 4;
}

Fp8Launches fp8_launches(const graph::DeviceInfo& device, const Fp8Shape& shape, bool bf16_out) {
  const int64_t rows = tiles(shape.m) * kTile;
  Fp8Launches result;
  result.quantize = launch_of("fp8_quantize", {}, shape, 128, rows / 4 * (shape.k / kTile), 3);
  result.pack_weight = launch_of("fp8_pack_weight", {}, shape, 128, fp8_weight_bytes(shape) / 16 / 128, 2);
  const Fp8Plan plan = fp8_plan(device, shape);
  const int64_t band = std::clamp<int64_t>(kBandBytes / (kTile * shape.k), 8, 32);
  result.multiply =
      launch_of("fp8_matmul",
                {constant("OUT_BF16", bf16_out ? 1 : 0), constant("COLS", plan.cols), constant("BAND", band)},
                shape, 384, plan.groups, 6, plan.whole, plan.parts);
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
