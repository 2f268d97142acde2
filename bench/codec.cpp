// Speed of encoding: each format on the host (all threads) and on every usable device, beside a copy of the
// same floats. Elements per second, and bytes read and written per second.
//   bench_codec [rows] [cols] [name part]    formats whose name contains it
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <thread>

#include "host/cl/platforms.h"
#include "host/encode/encoder.h"
#include "host/quantize/host_encoder.h"
#include "quant/error.h"

using namespace clinfer;

namespace {

constexpr int kRuns = 5;

struct Matrix {
  int64_t rows, cols;
  std::vector<float> values;
  std::vector<uint8_t> codes, scales;
};

double median_seconds(const std::function<void()>& call) {
  std::vector<double> seconds;
  for (int run = 0; run <= kRuns; ++run) {
    const auto start = std::chrono::steady_clock::now();
    call();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (run > 0) seconds.push_back(took.count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + kRuns / 2, seconds.end());
  return seconds[kRuns / 2];
}

/// `bytes` are read and written.
void print(const std::string& where, const std::string& what, int64_t elements, int64_t bytes,
           double seconds) {
  std::printf("| %-8s | %-16s | %8.1f | %7.2f |\n", where.c_str(), what.c_str(),
              static_cast<double>(elements) / seconds * 1e-6, static_cast<double>(bytes) / seconds * 1e-9);
  std::fflush(stdout);
}

int64_t bytes_moved(const Matrix& m) {
  return static_cast<int64_t>(m.values.size() * sizeof(float) + m.codes.size() + m.scales.size());
}

/// A copy shared out as encoding is.
void copy(const float* from, float* to, size_t count) {
  const size_t threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::jthread> others;
  for (size_t t = 0; t < threads; ++t) {
    const size_t first = count * t / threads;
    const size_t last = count * (t + 1) / threads;
    others.emplace_back([=] { std::memcpy(to + first, from + first, (last - first) * sizeof(float)); });
  }
}

void bench_host(const quant::Format& format, Matrix& m) {
  const quantize::RowEncoder encode = quantize::host_encoder(format);
  const double seconds =
      median_seconds([&] { encode({}, m.values.data(), m.rows, m.cols, m.codes.data(), m.scales.data()); });
  print("host", std::string(format.name), m.rows * m.cols, bytes_moved(m), seconds);
}

void bench_device(const cl::Device& device, cl::ProgramCache& programs, const quant::Format& format,
                  Matrix& m) {
  encode::Encoder encoder(device, programs, format);
  encoder.encode({}, m.values.data(), m.rows, m.cols, m.codes.data(), m.scales.data());
  const double seconds = median_seconds([&] { encoder.encode_again(); });
  print(device.info().id, std::string(format.name), m.rows * m.cols, bytes_moved(m), seconds);
}

void bench_copy(const cl::Device& device, const Matrix& m) {
  const auto bytes = static_cast<int64_t>(m.values.size() * sizeof(float));
  const cl::Buffer from = device.allocate_touched(bytes);
  const cl::Buffer to = device.allocate_touched(bytes);
  const double seconds = median_seconds([&] {
    device.copy(from, 0, to, 0, bytes);
    device.finish();
  });
  print(device.info().id, "copy", m.rows * m.cols, 2 * bytes, seconds);
}

}  // namespace

int main(int argc, char** argv) try {
  const int64_t rows = argc > 1 ? std::atoll(argv[1]) : 4096;
  const int64_t cols = argc > 2 ? std::atoll(argv[2]) : 4096;
  const std::string part = argc > 3 ? argv[3] : "";
  Matrix m{rows, cols, std::vector<float>(static_cast<size_t>(rows * cols)), {}, {}};
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 0.02f);
  for (size_t i = 0; i < m.values.size(); ++i) m.values[i] = i < 65536 ? normal(random) : m.values[i - 65536];
  std::vector<float> target(m.values.size());
  std::printf("| on       | format           | M elem/s |    GB/s |\n|---|---|---:|---:|\n");
  const double seconds = median_seconds([&] { copy(m.values.data(), target.data(), m.values.size()); });
  print("host", "copy", rows * cols, 8 * rows * cols, seconds);
  cl::ProgramCache programs;
  std::vector<cl::Device> devices;
  for (const graph::DeviceInfo& info : cl::list_devices().devices) {
    if (!info.usable) continue;
    devices.emplace_back(info);
    bench_copy(devices.back(), m);
  }
  for (const quant::Format& format : quant::formats()) {
    if (format.name.find(part) == std::string_view::npos) continue;
    m.codes.assign(static_cast<size_t>(quant::code_bytes(format, rows, cols)), 0);
    m.scales.assign(static_cast<size_t>(quant::scale_bytes(format, rows, cols)), 0);
    bench_host(format, m);
    for (const cl::Device& device : devices) {
      if (!encode::encoder_programs(device.info(), format).empty()) bench_device(device, programs, format, m);
    }
  }
  return 0;
} catch (const Error& error) {
  std::fprintf(stderr, "bench_codec: %s\n", error.what());
  return static_cast<int>(error.fault());
}
