#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <set>

#include "cl_kernels/args/matmul_tiles.h"
#include "host/kernels/fp8_matmul.h"
#include "quant/e4m3.h"
#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;
using kernels::Fp8Shape;

namespace {

template <typename T>
cl::Buffer upload(const cl::Device& device, const std::vector<T>& data) {
  cl::Buffer buffer = device.allocate(static_cast<int64_t>(data.size() * sizeof(T)));
  device.write(buffer, std::as_bytes(std::span(data)));
  return buffer;
}

template <typename T>
std::vector<T> download(const cl::Device& device, const cl::Buffer& buffer) {
  std::vector<T> data(static_cast<size_t>(buffer.bytes()) / sizeof(T));
  device.read(buffer, std::as_writable_bytes(std::span(data)));
  return data;
}

void launch(const Target& target, const kernels::Launch& launch, const std::vector<cl::Buffer>& buffers) {
  cl::Kernel kernel(programs().build(target.device, launch.program), launch.kernel);
  enqueue(target.device, kernel, launch, buffers, {}, buffers[0], {});
  target.device.finish();
}

/// Both operands quantised and packed on the device.
struct Operands {
  std::vector<float> x;
  std::vector<uint8_t> weight;
  std::vector<float> weight_scales;
  cl::Buffer codes;
  cl::Buffer scales;
  cl::Buffer packed;
};

Operands make_operands(const Target& target, const Fp8Shape& s, const kernels::Fp8Launches& launches) {
  std::mt19937_64 random(static_cast<uint64_t>(s.m + s.n + s.k));
  std::normal_distribution<float> normal;
  Operands o;
  o.x.resize(static_cast<size_t>(s.m * s.k));
  for (float& v : o.x) v = normal(random) * std::exp2(static_cast<float>(random() % 12) - 8.0f);
  for (int64_t i = 0; i < s.k; ++i) o.x[static_cast<size_t>(i)] = 0.0f;  // row 0
  o.weight.resize(static_cast<size_t>(s.n * s.k));
  for (uint8_t& code : o.weight) code = static_cast<uint8_t>(random() % 0x7F | (random() % 2) << 7);
  o.weight_scales.resize(static_cast<size_t>((s.n + 127) / 128 * (s.k / 128)));
  for (float& v : o.weight_scales) v = 0.01f + std::abs(normal(random));
  o.codes = target.device.allocate(kernels::fp8_activation_bytes(s));
  o.scales = target.device.allocate(kernels::fp8_activation_scale_bytes(s));
  o.packed = target.device.allocate(kernels::fp8_weight_bytes(s));
  launch(target, launches.quantize, {upload(target.device, o.x), o.codes, o.scales});
  launch(target, launches.pack_weight, {upload(target.device, o.weight), o.packed});
  return o;
}

}  // namespace

TEST_CASE("fp8_matmul: packing gives every element a place of its own") {
  const Fp8Shape shape{128, 256, 384};
  std::set<int64_t> activations;
  std::set<int64_t> weights;
  for (int64_t col = 0; col < shape.k; ++col) {
    for (int64_t row = 0; row < shape.m; ++row) activations.insert(fp8_activation_offset(shape, row, col));
    for (int64_t row = 0; row < shape.n; ++row) weights.insert(fp8_weight_offset(shape, row, col));
  }
  CHECK(static_cast<int64_t>(activations.size()) == fp8_activation_bytes(shape));
  CHECK(*activations.rbegin() == fp8_activation_bytes(shape) - 1);
  CHECK(static_cast<int64_t>(weights.size()) == fp8_weight_bytes(shape));
  CHECK(*weights.rbegin() == fp8_weight_bytes(shape) - 1);
}

TEST_CASE("fp8_matmul: A's fragments are wgmma's, B's tiles its 64-byte swizzle") {
  const Fp8Shape shape{128, 128, 256};
  // PTX ISA, wgmma m64nNk32, layout of A in registers: thread t holds rows 16 (t / 32) + t % 32 / 4 (+ 8),
  // columns 4 (t % 4) .. + 3 (+ 16).
  for (int64_t t = 0; t < 128; ++t) {
    for (int64_t byte = 0; byte < 16; ++byte) {
      const int64_t word = byte / 4;
      const int64_t row = t / 32 * 16 + t % 32 / 4 + (word % 2) * 8;
      const int64_t col = t % 4 * 4 + (word / 2) * 16 + byte % 4;
      // Rows 64 up, the second 128 columns, the fourth step of 32.
      CHECK(fp8_activation_offset(shape, 64 + row, 128 + 96 + col) ==
            ((2 + 1) * 4 + 3) * 2048 + t * 16 + byte);
    }
  }
  // Swizzle<2, 4, 3> of the byte address: bits 4 and 5 are those xor bits 7 and 8.
  for (int64_t row = 0; row < 128; ++row) {
    for (int64_t col = 0; col < 64; ++col) {
      const int64_t plain = row * 64 + col;
      CHECK(fp8_weight_offset(shape, row, 64 + col) == 8192 + (plain ^ (plain >> 3 & 0x30)));
    }
  }
}

TEST_CASE("fp8_matmul: the descriptor's fields") {
  const uint64_t d = kernels::fp8_weight_descriptor(0x2400);
  CHECK((d & 0x3FFF) == 0x240);           // address / 16
  CHECK((d >> 16 & 0x3FFF) == 1);         // leading offset, unused by swizzled layouts
  CHECK((d >> 32 & 0x3FFF) == 512 / 16);  // eight rows of 64 bytes
  CHECK((d >> 62) == 2);                  // 64-byte swizzle
}

TEST_CASE("fp8_matmul: plans cover all tiles once and leave few units idle") {
  graph::DeviceInfo device;
  for (const int64_t units : {1, 7, 132}) {
    device.compute_units = units;
    for (const Fp8Shape s :
         {Fp8Shape{1, 8, 128}, Fp8Shape{64, 2112, 7168}, Fp8Shape{128, 7168, 16384},
          Fp8Shape{4096, 2112, 7168}, Fp8Shape{4096, 24576, 1536}, Fp8Shape{333, 200, 256}}) {
      const kernels::Fp8Plan p = kernels::fp8_plan(device, s);
      CAPTURE(units);
      CAPTURE(s.n);
      CHECK(p.tiles == (s.m + 127) / 128 * ((s.n + 128 * p.cols - 1) / (128 * p.cols)));
      CHECK(p.whole <= p.tiles);
      CHECK((p.whole == p.tiles || p.whole % units == 0));
      CHECK(p.parts >= 1);
      CHECK(p.parts <= s.k / 128);
      const int64_t cut = p.tiles - p.whole;
      CHECK(cut * p.parts <= units);  // one round
      CHECK(cut * 2 <= TILE_COUNTERS);
      CHECK(p.groups <= units);
      CHECK(fp8_workspace_bytes(device, s) == 4 * (TILE_COUNTERS + cut * p.parts * p.cols * 128 * 128));
      // Of the rounds, at most a half more than the tiles need.
      const double needed = static_cast<double>(s.m * s.n) / 16384.0 / static_cast<double>(units);
      if (s.m >= 4096 && units == 132) CHECK(p.rounds <= 1.25 * needed);
    }
  }
  device.compute_units = 132;
  CHECK(kernels::fp8_plan(device, {128, 2112, 7168}).parts == 7);  // 17 tiles
  CHECK(kernels::fp8_plan(device, {4096, 7168, 16384}).cols == 2);
}

TEST_CASE("fp8_matmul: operands as the host would quantise and pack them") {
  for (const Fp8Shape shape : {Fp8Shape{3, 8, 128}, Fp8Shape{130, 200, 384}}) {
    for (const Target& target : targets()) {
      CAPTURE(target.name);
      const Operands o = make_operands(target, shape, fp8_launches(target.info, shape, false));
      const auto codes = download<uint8_t>(target.device, o.codes);
      const auto scales = download<float>(target.device, o.scales);
      const auto packed = download<uint8_t>(target.device, o.packed);
      const int64_t padded = (shape.m + 127) / 128 * 128;
      int64_t unlike = 0;
      for (int64_t row = 0; row < padded; ++row) {
        for (int64_t block = 0; block < shape.k / 128; ++block) {
          float most = 1e-4f;
          const size_t start = static_cast<size_t>(row * shape.k + block * 128);
          for (size_t i = 0; row < shape.m && i < 128; ++i) most = std::max(most, std::abs(o.x[start + i]));
          const float scale = row < shape.m ? most / 448.0f : 0.0f;
          CHECK(scales[static_cast<size_t>(block * padded + row)] == doctest::Approx(scale).epsilon(1e-6));
          for (int64_t i = 0; i < 128; ++i) {
            const float v = row < shape.m ? o.x[start + static_cast<size_t>(i)] / scale : 0.0f;
            const auto at = static_cast<size_t>(fp8_activation_offset(shape, row, block * 128 + i));
            if (codes[at] != quant::f32_to_e4m3(v)) ++unlike;
          }
        }
      }
      // A division that is not rounded correctly may tip a tie.
      CHECK(unlike * 500 <= padded * shape.k);
      for (int64_t row = 0; row < (shape.n + 127) / 128 * 128; ++row) {
        for (int64_t col = 0; col < shape.k; ++col) {
          const uint8_t expected = row < shape.n ? o.weight[static_cast<size_t>(row * shape.k + col)] : 0;
          REQUIRE(packed[static_cast<size_t>(fp8_weight_offset(shape, row, col))] == expected);
        }
      }
    }
  }
}

TEST_CASE("fp8_matmul: sums of decoded values, ragged rows and columns") {
  for (const Fp8Shape s :
       {Fp8Shape{1, 8, 128}, Fp8Shape{64, 128, 256}, Fp8Shape{200, 328, 1152}, Fp8Shape{333, 2112, 896},
        Fp8Shape{100, 264, 4096}, Fp8Shape{2177, 1160, 384}, Fp8Shape{2177, 2184, 640}}) {
    for (const Target& target : targets()) {
      if (!supports_fp8_matmul(target.info, s).ok) continue;
      CAPTURE(target.name);
      CAPTURE(s.m);
      for (const bool bf16 : {false, true}) {
        const kernels::Fp8Launches launches = fp8_launches(target.info, s, bf16);
        const Operands o = make_operands(target, s, launches);
        const auto codes = download<uint8_t>(target.device, o.codes);
        const auto scales = download<float>(target.device, o.scales);
        const int64_t bytes = s.m * s.n * (bf16 ? 2 : 4);
        const cl::Buffer y = target.device.allocate(bytes + 256);
        target.device.fill(y, 0xFF, 0, bytes + 256);
        const cl::Buffer workspace = target.device.allocate(fp8_workspace_bytes(target.info, s));
        target.device.fill(workspace, 0, 0, workspace.bytes());
        launch(target, launches.multiply,
               {o.codes, o.scales, o.packed, upload(target.device, o.weight_scales), y, workspace});
        const auto counters = download<uint32_t>(target.device, workspace);
        CHECK(std::all_of(counters.begin(), counters.begin() + TILE_COUNTERS,
                          [](uint32_t c) { return c == 0; }));
        const auto got = download<uint8_t>(target.device, y);
        CHECK(std::all_of(got.begin() + bytes, got.end(), [](uint8_t b) { return b == 0xFF; }));
        const int64_t padded = (s.m + 127) / 128 * 128;
        int64_t wrong = 0;
        double both = 0;
        double squares = 0;
        for (int64_t row = 0; row<s.m; row += s.m> 300 ? 7 : 1) {
          for (int64_t col = 0; col<s.n; col += s.m> 300 ? 11 : 1) {
            double expected = 0;
            double limit = 0;
            for (int64_t block = 0; block < s.k / 128; ++block) {
              const double scale = static_cast<double>(scales[static_cast<size_t>(block * padded + row)]) *
                                   o.weight_scales[static_cast<size_t>(col / 128 * (s.k / 128) + block)];
              double part = 0;
              // A step adds 32 products to the sum so far, all cut to 13 bits below the largest of them.
              for (int64_t step = 0; step < 4; ++step) {
                double largest = std::abs(part);
                for (int64_t i = block * 128 + step * 32; i < block * 128 + step * 32 + 32; ++i) {
                  const double a =
                      quant::kE4m3Values[codes[static_cast<size_t>(fp8_activation_offset(s, row, i))]];
                  const double product = a * quant::kE4m3Values[o.weight[static_cast<size_t>(col * s.k + i)]];
                  part += product;
                  largest = std::max({largest, std::abs(product), std::abs(part)});
                }
                limit += 33 * 0x1p-13 * largest * scale;
              }
              expected += part * scale;
            }
            const auto at = static_cast<size_t>(row * s.n + col);
            uint32_t bits = 0;
            std::memcpy(&bits, got.data() + at * (bf16 ? 2 : 4), bf16 ? 2 : 4);
            if (bf16) bits <<= 16;
            float value = 0;
            std::memcpy(&value, &bits, 4);
            if (bf16) limit += std::abs(expected) * 0x1p-8;
            both += 2 * expected * value;
            squares += expected * expected + static_cast<double>(value) * value;
            if (!(std::abs(value - expected) <= limit)) ++wrong;
          }
        }
        CHECK(wrong == 0);
        CHECK(squares - both <= 1e-3 * squares);  // DeepGEMM's measure
      }
    }
  }
}
