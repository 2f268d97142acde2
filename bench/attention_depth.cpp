// Attention behind a long context: least microseconds, GB/s of caches and GFLOP/s of the variant that a run
// would take, for shapes with as many caches as a model has layers, so that no cache stays in the
// processor's.
//   bench_attention_depth [cpu|gpu] [tokens] [rows] [formats ...]
#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>

#include "bench/data.h"
#include "bench/nodes.h"
#include "bench/program.h"
#include "bench/step.h"
#include "bench/timing.h"
#include "host/kernels/cache_storage.h"

using namespace clinfer;

namespace {

constexpr int kRounds = 15;

struct Shape {
  bench::Heads heads;
  int64_t layers;
};
const Shape kShapes[] = {{{"SmolLM2-135M", 9, 3, 64, 64}, 30},
                         {{"Llama-3.1-8B", 32, 8, 128, 128}, 8},
                         {{"DeepSeek-V3", 128, 1, 576, 512, 64}, 4}};

/// The buffers of a node's inputs.
std::vector<cl::Buffer> layer_of(const cl::Device& device, const kernels::OpContext& context) {
  const graph::Sizes& sizes = context.most;
  const bool latent = context.node.inputs[1] == context.node.inputs[2];
  const cl::Buffer keys = bench::normal_rows(device, context.input(1), sizes.context).buffer;
  return {bench::normal_rows(device, context.input(0), sizes.tokens).buffer, keys,
          latent ? keys : bench::normal_rows(device, context.input(2), sizes.context, 2).buffer,
          bench::last_positions(device, sizes)};
}

void measure(const bench::Bench& bench, const Shape& shape, const std::string& format,
             const graph::Sizes& sizes) {
  const cl::Device& device = bench.device;
  const bench::Heads& heads = shape.heads;
  const graph::Graph graph = bench::attention_graph(heads, format);
  const kernels::OpContext context{graph, graph.nodes.front(), device.info(), sizes};
  const kernels::Variant* variant = bench::variant_for(context);
  if (variant == nullptr) return;
  bench::Step step(device, bench.programs, variant->prepare(context), sizes);
  std::vector<std::vector<cl::Buffer>> layers;
  for (int64_t i = 0; i < shape.layers; ++i) layers.push_back(layer_of(device, context));
  const std::vector<cl::Buffer> out = {device.allocate(sizes.tokens * heads.heads * heads.value_dim * 4)};
  const double least =
      bench::time_calls(device, kRounds, shape.layers, [&](size_t i) { step.enqueue(layers[i], out); }).least;
  const int64_t row_bytes = kernels::row_bytes(context.input(1)) +
                            (heads.latent_tail > 0 ? 0 : kernels::row_bytes(context.input(2)));
  double pairs = 0;
  for (int64_t t = 0; t < sizes.tokens; ++t)
    pairs += static_cast<double>(sizes.context - sizes.tokens + t + 1);
  std::printf("%-24s %-14s %-9s %4lld tokens %6lld rows %10.1f us %7.2f GB/s %8.1f GFLOP/s\n",
              std::string(variant->name).c_str(), heads.name, format.c_str(),
              static_cast<long long>(sizes.tokens), static_cast<long long>(sizes.context), least * 1e6,
              static_cast<double>(sizes.context * row_bytes) / least * 1e-9,
              pairs * heads.flops_of_pair() / least * 1e-9);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const bool cpus = argc < 2 || std::string_view(argv[1]) != "gpu";
  const auto counts = bench::numbers(std::min(argc, 4), argv, 2, 65536, {1, 1024});
  graph::Sizes sizes;
  sizes.tokens = sizes.outputs = std::min<int64_t>(counts[0], 4096);
  sizes.context = sizes.tokens + (counts.size() > 1 ? counts[1] : 1024);
  std::vector<std::string> formats(argv + std::min(argc, 4), argv + argc);
  if (formats.empty()) formats = {"f16"};
  return bench::run("bench_attention_depth", cpus ? bench::Kind::cpus : bench::Kind::gpus,
                    [&](const bench::Bench& bench) {
                      for (const std::string& format : formats)
                        for (const Shape& shape : kShapes) measure(bench, shape, format, sizes);
                    });
}
