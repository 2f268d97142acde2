// Speed of the linear variants on every usable device: GB/s of weights for one token, GFLOP/s for many, and
// beside them what the device reads from memory.
//   bench_kernels [rows] [cols] [tokens]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "graph/graph.h"
#include "host/cl/platforms.h"
#include "host/kernels/trial.h"
#include "host/kernels/weight_layout.h"
#include "quant/error.h"
#include "quant/format.h"

using namespace clinfer;

namespace {

constexpr int kRuns = 9;

/// Median seconds of `call` followed by finish, after one warm-up.
double median_seconds(const cl::Device& device, const std::function<void()>& call) {
  std::vector<double> seconds;
  for (int i = 0; i <= kRuns; ++i) {
    const auto start = std::chrono::steady_clock::now();
    call();
    device.finish();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (i > 0) seconds.push_back(took.count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + kRuns / 2, seconds.end());
  return seconds[kRuns / 2];
}

struct Problem {
  int64_t tokens;
  int64_t rows;
  int64_t cols;
};

graph::Graph linear_graph(const std::string& format, const Problem& p) {
  graph::Builder builder("bench");
  const auto x = builder.input("x", {graph::DType::f32, graph::kTokens, p.cols});
  const auto w = builder.weight("w", p.rows, p.cols);
  builder.output(builder.add(graph::Linear{}, "y", {x, w}), "y");
  graph::Graph graph = builder.finish(0);
  std::get<graph::Weight>(graph.value(w).source).format = format;
  return graph;
}

/// Random bytes whose 16-bit words, taken as halves or floats, are small finite numbers.
kernels::Bytes tame_bytes(int64_t bytes) {
  std::mt19937 random(1);
  kernels::Bytes result(static_cast<size_t>(bytes));
  for (std::byte& b : result) b = std::byte{static_cast<uint8_t>(random() & 0x3B)};
  return result;
}

void bench(const cl::Device& device, cl::ProgramCache& programs, const kernels::Variant& variant,
           const std::string& format, const Problem& p) {
  const graph::Graph graph = linear_graph(format, p);
  const graph::Sizes sizes{p.tokens, p.tokens, p.tokens};
  const kernels::OpContext context{graph, graph.nodes.front(), device.info(), sizes};
  const kernels::Support support = variant.supports(context);
  if (!support.ok) return;
  const kernels::Prepared prepared = variant.prepare(context);
  const int64_t weight_bytes = kernels::device_bytes(context.input(1), sizes);
  std::vector<cl::Buffer> in = {device.allocate(p.tokens * p.cols * 4), device.allocate(weight_bytes)};
  std::vector<cl::Buffer> out = {device.allocate(p.tokens * p.rows * 4)};
  device.write(in[0], tame_bytes(in[0].bytes()));
  device.write(in[1], tame_bytes(weight_bytes));
  const double seconds = median_seconds(device, [&] {
    if (prepared.library_call) prepared.library_call(device, std::vector{in[0], in[1], out[0]}, sizes);
    for (const kernels::Launch& launch : prepared.launches) {
      cl::Kernel kernel(programs.build(device, launch.program), launch.kernel);
      enqueue(device, kernel, launch, in, out, out[0], sizes);
    }
  });
  const double flops = 2.0 * static_cast<double>(p.tokens) * static_cast<double>(p.rows * p.cols);
  std::printf("%-8s %-16s %-18s %5lld x %lld x %lld  %9.1f us  %7.2f GB/s  %8.1f GFLOP/s\n",
              device.info().id.c_str(), std::string(variant.name).c_str(), format.c_str(),
              static_cast<long long>(p.tokens), static_cast<long long>(p.rows),
              static_cast<long long>(p.cols), seconds * 1e6,
              static_cast<double>(weight_bytes) / seconds * 1e-9, flops / seconds * 1e-9);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) try {
  const auto number = [&](int i, int64_t fallback) { return argc > i ? std::atoll(argv[i]) : fallback; };
  const int64_t rows = number(1, 4096);
  const int64_t cols = number(2, 4096);
  const int64_t tokens = number(3, 128);
  cl::ProgramCache programs({.folder = ""});
  for (const graph::DeviceInfo& info : cl::list_devices().devices) {
    if (!info.usable) continue;
    const cl::Device device(info);
    for (const quant::Format& format : quant::device_formats()) {
      for (const kernels::Variant& variant : kernels::variants_of(graph::Linear{})) {
        const std::string name(format.name);
        if (variant.name == "linear/rows") {
          for (const int64_t few : {1, 4}) bench(device, programs, variant, name, {few, rows, cols});
        } else {
          bench(device, programs, variant, name, {tokens, rows, cols});
        }
      }
    }
  }
  return 0;
} catch (const Error& error) {
  std::fprintf(stderr, "bench_kernels: %s\n", error.what());
  return static_cast<int>(error.fault());
}
