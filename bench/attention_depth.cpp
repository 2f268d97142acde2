// Attention behind a long context: least microseconds, GB/s of caches and GFLOP/s of the variant that a run
// would take, for shapes with as many caches as a model has layers, so that no cache stays in the
// processor's.
//   bench_attention_depth [cpu|gpu] [tokens] [rows] [formats ...]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "graph/graph.h"
#include "graph/passes/set_cache_format.h"
#include "host/cl/platforms.h"
#include "host/kernels/cache_storage.h"
#include "host/kernels/trial.h"
#include "host/kernels/value_bytes.h"
#include "quant/error.h"

using namespace clinfer;

namespace {

constexpr int kRounds = 15;

struct Shape {
  const char* name;
  int64_t heads;
  int64_t kv_heads;
  int64_t key_dim;
  int64_t value_dim;
  int64_t layers;
  bool latent;  ///< values are the first columns of keys
};
constexpr Shape kShapes[] = {{"SmolLM2-135M", 9, 3, 64, 64, 30, false},
                             {"Llama-3.1-8B", 32, 8, 128, 128, 8, false},
                             {"DeepSeek-V3", 128, 1, 576, 512, 4, true}};

graph::Graph attention_graph(const Shape& shape, const std::string& format) {
  graph::Attention op;
  op.heads = shape.heads;
  op.kv_heads = shape.kv_heads;
  op.key_dim = op.keys.head_stride = shape.key_dim;
  op.value_dim = op.values.head_stride = shape.value_dim;
  op.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(shape.key_dim)));
  graph::Builder b("bench");
  const auto q = b.input("q", {graph::DType::f32, graph::kTokens, shape.heads * shape.key_dim});
  const auto keys = shape.latent
                        ? b.cache("keys", shape.key_dim, shape.value_dim, shape.key_dim - shape.value_dim)
                        : b.cache("keys", shape.kv_heads * shape.key_dim, shape.key_dim);
  const auto values =
      shape.latent ? keys : b.cache("values", shape.kv_heads * shape.value_dim, shape.value_dim);
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  b.output(b.add(op, "y", {q, keys, values, positions}), "y");
  graph::Graph graph = b.finish(0);
  graph::set_cache_format(graph, format);
  return graph;
}

cl::Buffer filled(const cl::Device& device, const kernels::Bytes& bytes) {
  cl::Buffer buffer = device.allocate(static_cast<int64_t>(bytes.size()));
  device.write(buffer, bytes);
  return buffer;
}

/// The buffers of a node's inputs, the last positions of `sizes.context`.
std::vector<cl::Buffer> inputs(const cl::Device& device, const kernels::OpContext& context,
                               const graph::Sizes& sizes) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  std::vector<cl::Buffer> result;
  for (size_t i = 0; i < context.node.inputs.size(); ++i) {
    const graph::Value& value = context.input(i);
    graph::Array array(sizes.of(value.type.rows), value.type.cols);
    for (double& v : array.data) v = normal(random);
    if (value.type.dtype == graph::DType::i32)
      for (int64_t t = 0; t < sizes.tokens; ++t)
        array.at(t, 0) = static_cast<double>(sizes.context - sizes.tokens + t);
    const bool again = i > 0 && context.node.inputs[i] == context.node.inputs[i - 1];
    result.push_back(again ? result.back() : filled(device, kernels::encode(value, array)));
  }
  return result;
}

void bench(const cl::Device& device, cl::ProgramCache& programs, const Shape& shape,
           const std::string& format, const graph::Sizes& sizes) {
  const graph::Graph graph = attention_graph(shape, format);
  const kernels::OpContext context{graph, graph.nodes.front(), device.info(), sizes};
  const auto variants = kernels::variants_of(context.node.op);
  const auto variant =
      std::find_if(variants.begin(), variants.end(), [&](const auto& v) { return v.supports(context).ok; });
  if (variant == variants.end()) return;
  const kernels::Prepared prepared = variant->prepare(context);
  std::vector<std::vector<cl::Buffer>> layers;
  for (int64_t i = 0; i < shape.layers; ++i) layers.push_back(inputs(device, context, sizes));
  const std::vector<cl::Buffer> out = {
      device.allocate(sizes.tokens * shape.heads * shape.value_dim * static_cast<int64_t>(sizeof(float)))};
  const cl::Buffer scratch = device.allocate(std::max<int64_t>(4, prepared.scratch_bytes));
  std::vector<cl::Kernel> kernels;
  for (const kernels::Launch& launch : prepared.launches)
    kernels.emplace_back(programs.build(device, launch.program), launch.kernel);
  std::vector<double> seconds;
  for (int round = 0; round <= kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (const std::vector<cl::Buffer>& in : layers)
      for (size_t i = 0; i < kernels.size(); ++i)
        enqueue(device, kernels[i], prepared.launches[i], in, out, scratch, sizes);
    device.finish();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (round > 0) seconds.push_back(took.count() / static_cast<double>(shape.layers));
  }
  const double least = *std::min_element(seconds.begin(), seconds.end());
  const int64_t row_bytes =
      kernels::row_bytes(context.input(1)) + (shape.latent ? 0 : kernels::row_bytes(context.input(2)));
  double pairs = 0;
  for (int64_t t = 0; t < sizes.tokens; ++t)
    pairs += static_cast<double>(sizes.context - sizes.tokens + t + 1);
  const double flops = 2 * pairs * static_cast<double>(shape.heads * (shape.key_dim + shape.value_dim));
  std::printf("%-24s %-14s %-9s %4lld tokens %6lld rows %10.1f us %7.2f GB/s %8.1f GFLOP/s\n",
              std::string(variant->name).c_str(), shape.name, format.c_str(),
              static_cast<long long>(sizes.tokens), static_cast<long long>(sizes.context), least * 1e6,
              static_cast<double>(sizes.context * row_bytes) / least * 1e-9, flops / least * 1e-9);
  std::fflush(stdout);
}

int64_t number(const char* text, int64_t most) {
  return std::clamp<int64_t>(std::atoll(text), 1, most);
}

}  // namespace

int main(int argc, char** argv) try {
  const bool cpus = argc < 2 || std::string_view(argv[1]) != "gpu";
  graph::Sizes sizes;
  sizes.tokens = sizes.outputs = argc > 2 ? number(argv[2], 4096) : 1;
  sizes.context = sizes.tokens + (argc > 3 ? number(argv[3], 65536) : 1024);
  std::vector<std::string> formats(argv + std::min(argc, 4), argv + argc);
  if (formats.empty()) formats = {"f16"};
  cl::ProgramCache programs({.folder = ""});
  for (const graph::DeviceInfo& info : cl::list_devices().devices) {
    if (!info.usable || info.is_cpu != cpus) continue;
    const cl::Device device(info);
    for (const std::string& format : formats)
      for (const Shape& shape : kShapes) bench(device, programs, shape, format, sizes);
  }
  return 0;
} catch (const Error& error) {
  std::fprintf(stderr, "bench_attention_depth: %s\n", error.what());
  return static_cast<int>(error.fault());
}
