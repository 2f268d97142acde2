// The FP8 matmul at DeepSeek-V3's shapes on a device with wgmma: TFLOP/s, and the result checked against sums
// in double over the quantised operands. bench/h200 runs it beside PyTorch.
//   bench_h200 [m ...]      JSON lines to the file CLINFER_BENCH_JSON
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <random>

#include "bench/data.h"
#include "bench/program.h"
#include "bench/timing.h"
#include "host/kernels/fp8_matmul.h"
#include "host/kernels/trial.h"
#include "quant/e4m3.h"

using namespace clinfer;
using kernels::Bytes;
using kernels::Fp8Shape;

namespace {

constexpr int64_t kShapes[][2] = {{2112, 7168},  {24576, 1536}, {32768, 512},
                                  {7168, 16384}, {4096, 7168},  {7168, 2048}};  // n, k
constexpr int kRounds = 5;

template <typename T>
std::span<const std::byte> as_bytes(const std::vector<T>& data) {
  return std::as_bytes(std::span(data));
}

/// A problem with its operands on host and device.
struct Problem {
  Fp8Shape shape;
  std::vector<uint8_t> weight;  ///< [n, k]
  std::vector<float> weight_scales;
  std::vector<cl::Buffer> quantize;  ///< of the launches, in order
  std::vector<cl::Buffer> pack;
  std::vector<cl::Buffer> multiply;
};

Problem make_problem(const cl::Device& device, const Fp8Shape& shape) {
  std::mt19937 random(static_cast<uint32_t>(shape.n + shape.k));
  std::normal_distribution<float> normal;
  const auto elements = [](int64_t a, int64_t b) { return static_cast<size_t>(a * b); };
  Problem p;
  p.shape = shape;
  std::vector<float> x(elements(shape.m, shape.k));
  for (float& v : x) v = normal(random);
  p.weight.resize(elements(shape.n, shape.k));
  std::array<uint8_t, 1 << 16> codes;  // normal as the peer's: what the values are shows in the clock
  for (uint8_t& code : codes) code = quant::f32_to_e4m3(normal(random));
  for (uint8_t& code : p.weight) code = codes[random() % codes.size()];
  p.weight_scales.resize(elements((shape.n + 127) / 128, shape.k / 128));
  for (float& s : p.weight_scales) s = 0.001f + static_cast<float>(random() % 1000) * 1e-6f;
  p.quantize = {bench::upload(device, as_bytes(x)), device.allocate(kernels::fp8_activation_bytes(shape)),
                device.allocate(kernels::fp8_activation_scale_bytes(shape))};
  p.pack = {bench::upload(device, as_bytes(p.weight)), device.allocate(kernels::fp8_weight_bytes(shape))};
  p.multiply = {p.quantize[1],
                p.quantize[2],
                p.pack[1],
                bench::upload(device, as_bytes(p.weight_scales)),
                device.allocate(shape.m * shape.n * 2),
                device.allocate(kernels::fp8_workspace_bytes(device.info(), shape))};
  device.fill(p.multiply[5], 0, 0, p.multiply[5].bytes());
  device.fill(p.multiply[4], 0xFF, 0, p.multiply[4].bytes());  // NaN
  return p;
}

template <typename T>
std::vector<T> download(const cl::Device& device, const cl::Buffer& buffer) {
  std::vector<T> data(static_cast<size_t>(buffer.bytes()) / sizeof(T));
  device.read(buffer, std::as_writable_bytes(std::span(data)));
  return data;
}

/// 1 - 2 <a, b> / (|a|^2 + |b|^2) over some rows and columns.
double difference(const cl::Device& device, const Problem& p) {
  const auto codes = download<uint8_t>(device, p.quantize[1]);
  const auto scales = download<float>(device, p.quantize[2]);
  const auto y = download<uint16_t>(device, p.multiply[4]);
  const int64_t padded = (p.shape.m + 127) / 128 * 128;
  double both = 0;
  double squares = 0;
  for (int64_t row = 0; row < p.shape.m; row += std::max<int64_t>(1, p.shape.m / 37)) {
    for (int64_t col = row % 5; col < p.shape.n; col += std::max<int64_t>(1, p.shape.n / 61)) {
      double expected = 0;
      for (int64_t block = 0; block < p.shape.k / 128; ++block) {
        double part = 0;
        for (int64_t i = block * 128; i < block * 128 + 128; ++i) {
          const auto at = static_cast<size_t>(kernels::fp8_activation_offset(p.shape, row, i));
          part += static_cast<double>(quant::kE4m3Values[codes[at]]) *
                  quant::kE4m3Values[p.weight[static_cast<size_t>(col * p.shape.k + i)]];
        }
        expected += part * scales[static_cast<size_t>(block * padded + row)] *
                    p.weight_scales[static_cast<size_t>(col / 128 * (p.shape.k / 128) + block)];
      }
      const uint32_t bits = uint32_t{y[static_cast<size_t>(row * p.shape.n + col)]} << 16;
      float got = 0;
      std::memcpy(&got, &bits, 4);
      both += 2 * expected * got;
      squares += expected * expected + static_cast<double>(got) * got;
    }
  }
  return 1 - both / squares;
}

/// Median seconds of one launch, `count` of them queued at a time.
double seconds_of(const cl::Device& device, cl::Kernel& kernel, const kernels::Launch& launch,
                  std::span<const cl::Buffer> buffers, int count) {
  const auto call = [&](size_t) { enqueue(device, kernel, launch, buffers, {}, buffers[0], {}); };
  return bench::time_calls(device, kRounds, count, call).median;
}

void measure(const bench::Bench& bench, const Fp8Shape& shape) {
  const cl::Device& device = bench.device;
  cl::ProgramCache& programs = bench.programs;
  const Problem p = make_problem(device, shape);
  const kernels::Fp8Launches launches = kernels::fp8_launches(device.info(), shape, true);
  cl::Kernel quantize(programs.build(device, launches.quantize.program), launches.quantize.kernel);
  cl::Kernel pack(programs.build(device, launches.pack_weight.program), launches.pack_weight.kernel);
  cl::Kernel multiply(programs.build(device, launches.multiply.program), launches.multiply.kernel);
  enqueue(device, quantize, launches.quantize, p.quantize, {}, p.quantize[0], {});
  enqueue(device, pack, launches.pack_weight, p.pack, {}, p.pack[0], {});
  enqueue(device, multiply, launches.multiply, p.multiply, {}, p.multiply[0], {});
  device.finish();
  const double off = difference(device, p);
  const double flops = 2.0 * static_cast<double>(shape.m) * static_cast<double>(shape.n * shape.k);
  const int count = static_cast<int>(std::clamp(2e13 / flops, 10.0, 200.0));
  const double quantizing = seconds_of(device, quantize, launches.quantize, p.quantize, 20);
  const double seconds = seconds_of(device, multiply, launches.multiply, p.multiply, count);
  std::printf("fp8 %5lld x %5lld x %5lld  %8.1f us  %7.1f TFLOP/s  quantising x %6.1f us  diff %.2e %s\n",
              static_cast<long long>(shape.m), static_cast<long long>(shape.n),
              static_cast<long long>(shape.k), seconds * 1e6, flops / seconds * 1e-12, quantizing * 1e6, off,
              off < 1e-3 ? "right" : "WRONG");
  std::fflush(stdout);
  bench.json << "{\"m\": " << shape.m << ", \"n\": " << shape.n << ", \"k\": " << shape.k
             << ", \"us\": " << seconds * 1e6 << ", \"tflop_s\": " << flops / seconds * 1e-12
             << ", \"quantize_us\": " << quantizing * 1e6 << ", \"calc_diff\": " << off << "}\n";
}

}  // namespace

int main(int argc, char** argv) {
  const auto counts = bench::numbers(argc, argv, 1, 65536, {4096, 128, 64});
  return bench::run("bench_h200", bench::Kind::gpus, [&](const bench::Bench& bench) {
    const graph::DeviceInfo& info = bench.device.info();
    for (const int64_t m : counts) {
      for (const auto& [n, k] : kShapes) {
        const kernels::Support support = kernels::supports_fp8_matmul(info, {m, n, k});
        if (support.ok) measure(bench, {m, n, k});
        if (!support.ok) std::printf("%s: %s\n", info.name.c_str(), support.reason.c_str());
      }
    }
  });
}
