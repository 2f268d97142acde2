// Speed of the linear variants on every usable device: GB/s of weights for one token, GFLOP/s for many, and
// beside them what the device reads from memory.
//   bench_kernels [rows] [cols] [tokens]
#include <cstdio>

#include "bench/data.h"
#include "bench/nodes.h"
#include "bench/program.h"
#include "bench/step.h"
#include "bench/timing.h"
#include "host/kernels/weight_layout.h"
#include "quant/format.h"

using namespace clinfer;

namespace {

constexpr int kRuns = 9;

struct Problem {
  int64_t tokens;
  int64_t rows;
  int64_t cols;
};

void measure(const bench::Bench& bench, const kernels::Variant& variant, const std::string& format,
             const Problem& p) {
  const cl::Device& device = bench.device;
  const graph::Graph graph = bench::linear_graph(format, p.rows, p.cols);
  const graph::Sizes sizes{p.tokens, p.tokens, p.tokens};
  const kernels::OpContext context{graph, graph.nodes.front(), device.info(), sizes};
  if (!variant.supports(context).ok) return;
  const kernels::Prepared prepared = variant.prepare(context);
  const int64_t weight_bytes = kernels::device_bytes(context.input(1), sizes);
  const std::vector<cl::Buffer> in = {bench::tame_buffer(device, p.tokens * p.cols * 4),
                                      bench::tame_buffer(device, weight_bytes)};
  const std::vector<cl::Buffer> out = {device.allocate(p.tokens * p.rows * 4)};
  bench::Step step(device, bench.programs, prepared, sizes);
  const auto call = [&](size_t) {
    if (prepared.library_call) prepared.library_call(device, std::vector{in[0], in[1], out[0]}, sizes);
    step.enqueue(in, out);
  };
  const double seconds = bench::time_calls(device, kRuns, 1, call).median;
  const double flops = 2.0 * static_cast<double>(p.tokens) * static_cast<double>(p.rows * p.cols);
  std::printf("%-8s %-16s %-18s %5lld x %lld x %lld  %9.1f us  %7.2f GB/s  %8.1f GFLOP/s\n",
              device.info().id.c_str(), std::string(variant.name).c_str(), format.c_str(),
              static_cast<long long>(p.tokens), static_cast<long long>(p.rows),
              static_cast<long long>(p.cols), seconds * 1e6,
              static_cast<double>(weight_bytes) / seconds * 1e-9, flops / seconds * 1e-9);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const auto given = bench::numbers(argc, argv, 1, int64_t{1} << 20, {});
  const auto number = [&](size_t i, int64_t fallback) { return given.size() > i ? given[i] : fallback; };
  const int64_t rows = number(0, 4096);
  const int64_t cols = number(1, 4096);
  const int64_t tokens = number(2, 128);
  return bench::run("bench_kernels", bench::Kind::all, [&](const bench::Bench& bench) {
    for (const quant::Format& format : quant::device_formats()) {
      for (const kernels::Variant& variant : kernels::variants_of(graph::Linear{})) {
        const std::string name(format.name);
        if (variant.name == "linear/rows") {
          for (const int64_t few : {1, 4}) measure(bench, variant, name, {few, rows, cols});
        } else {
          measure(bench, variant, name, {tokens, rows, cols});
        }
      }
    }
  });
}
