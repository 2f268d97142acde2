// Causal attention over a whole prompt, floats in and out, keys and values as f32 rows or in f16 caches:
// TFLOP/s of the variant that a run would take. bench/h200 runs it beside PyTorch.
//   bench_attention [cpu] [tokens ...]      GPUs, or CPUs; JSON lines to the file CLINFER_BENCH_JSON
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string_view>

#include "graph/graph.h"
#include "graph/passes/set_cache_format.h"
#include "host/cl/platforms.h"
#include "host/kernels/trial.h"
#include "quant/error.h"
#include "quant/half.h"

using namespace clinfer;

namespace {

constexpr int kRounds = 3;

struct Shape {
  const char* name;
  int64_t heads;
  int64_t kv_heads;
  int64_t key_dim;
  int64_t value_dim;
  graph::AttentionMask mask{};
  float softcap = 0.0f;
  bool sinks = false;
};
/// Qwen3-8B and Llama-3.1-8B, then as if with Mistral's window, gpt-oss's sinks and Gemma 2's soft cap;
/// DeepSeek-V3 with its latents unfolded.
constexpr Shape kShapes[] = {
    {"GQA 32/8", 32, 8, 128, 128},
    {"window 1024", 32, 8, 128, 128, {.window = 1024}},
    {"cap, sinks", 32, 8, 128, 128, {}, 50.0f, true},
    {"MLA 128", 128, 128, 192, 128},
};

constexpr const char* kFormats[] = {"f32", "f16"};

graph::Graph attention_graph(const Shape& shape, const std::string& format) {
  graph::Attention op;
  op.heads = shape.heads;
  op.kv_heads = shape.kv_heads;
  op.key_dim = op.keys.head_stride = shape.key_dim;
  op.value_dim = op.values.head_stride = shape.value_dim;
  op.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(shape.key_dim)));
  op.mask = shape.mask;
  op.softcap = shape.softcap;
  op.sinks = shape.sinks;
  graph::Builder b("bench");
  const auto q = b.input("q", {graph::DType::f32, graph::kTokens, shape.heads * shape.key_dim});
  const auto rows = [&](const char* name, int64_t dim) {
    const int64_t cols = shape.kv_heads * dim;
    return format == "f32" ? b.input(name, {graph::DType::f32, graph::kContext, cols})
                           : b.cache(name, cols, dim);
  };
  const auto keys = rows("keys", shape.key_dim);
  const auto values = rows("values", shape.value_dim);
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  std::vector<graph::ValueId> inputs{q, keys, values, positions};
  if (shape.sinks) inputs.push_back(b.vector("sinks", shape.heads));
  b.output(b.add(op, "y", inputs), "y");
  graph::Graph graph = b.finish(0);
  graph::set_cache_format(graph, format);
  return graph;
}

/// Normally distributed; what comes after the first million repeats them.
std::vector<float> normal_floats(int64_t elements) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> data(static_cast<size_t>(elements));
  for (size_t i = 0; i < data.size(); ++i) data[i] = i < 1000003 ? normal(random) : data[i - 1000003];
  return data;
}

cl::Buffer normal_buffer(const cl::Device& device, int64_t elements) {
  const std::vector<float> data = normal_floats(elements);
  cl::Buffer buffer = device.allocate(elements * 4);
  device.write(buffer, std::as_bytes(std::span(data)));
  return buffer;
}

cl::Buffer normal_halves(const cl::Device& device, int64_t elements) {
  const std::vector<float> floats = normal_floats(elements);
  std::vector<uint16_t> data(floats.size());
  std::transform(floats.begin(), floats.end(), data.begin(), quant::f32_to_f16);
  cl::Buffer buffer = device.allocate(elements * 2);
  device.write(buffer, std::as_bytes(std::span(data)));
  return buffer;
}

cl::Buffer positions_buffer(const cl::Device& device, int64_t tokens) {
  std::vector<int32_t> data(static_cast<size_t>(tokens));
  for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<int32_t>(i);
  cl::Buffer buffer = device.allocate(tokens * 4);
  device.write(buffer, std::as_bytes(std::span(data)));
  return buffer;
}

void bench(const cl::Device& device, cl::ProgramCache& programs, const Shape& shape,
           const std::string& format, int64_t tokens, std::ofstream& json) {
  const graph::Graph graph = attention_graph(shape, format);
  const graph::Sizes sizes{tokens, tokens, tokens};
  const kernels::OpContext context{graph, graph.nodes.front(), device.info(), sizes};
  const auto variants = kernels::variants_of(context.node.op);
  const auto variant =
      std::find_if(variants.begin(), variants.end(), [&](const auto& v) { return v.supports(context).ok; });
  if (variant == variants.end()) return;
  const kernels::Prepared prepared = variant->prepare(context);
  const auto cached = format == "f32" ? normal_buffer : normal_halves;
  const std::vector<cl::Buffer> in = {normal_buffer(device, tokens * shape.heads * shape.key_dim),
                                      cached(device, tokens * shape.kv_heads * shape.key_dim),
                                      cached(device, tokens * shape.kv_heads * shape.value_dim),
                                      positions_buffer(device, tokens), normal_buffer(device, shape.heads)};
  const std::vector<cl::Buffer> out = {device.allocate(tokens * shape.heads * shape.value_dim * 4)};
  const cl::Buffer scratch = device.allocate(std::max<int64_t>(4, prepared.scratch_bytes));
  std::vector<double> seconds;
  for (int round = 0; round <= kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (const kernels::Launch& launch : prepared.launches) {
      cl::Kernel kernel(programs.build(device, launch.program), launch.kernel);
      enqueue(device, kernel, launch, in, out, scratch, sizes);
    }
    device.finish();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (round > 0) seconds.push_back(took.count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + kRounds / 2, seconds.end());
  const double best = seconds[kRounds / 2];
  // Pairs that the mask lets through, two products of a multiplication and an addition each.
  double pairs = 0;
  for (int64_t p = 0; p < tokens; ++p)
    pairs += static_cast<double>(shape.mask.window > 0 ? std::min(p + 1, shape.mask.window) : p + 1);
  const double flops = 2 * pairs * static_cast<double>(shape.heads * (shape.key_dim + shape.value_dim));
  std::printf("%-20s %-12s %-4s %6lld tokens  %9.1f us  %7.2f TFLOP/s\n", std::string(variant->name).c_str(),
              shape.name, format.c_str(), static_cast<long long>(tokens), best * 1e6, flops / best * 1e-12);
  std::fflush(stdout);
  json << "{\"variant\": \"" << variant->name << "\", \"shape\": \"" << shape.name << "\", \"format\": \""
       << format << "\", \"tokens\": " << tokens << ", \"us\": " << best * 1e6
       << ", \"tflop_s\": " << flops / best * 1e-12 << "}\n";
}

}  // namespace

int main(int argc, char** argv) try {
  std::vector<int64_t> tokens;
  const bool cpus = argc > 1 && std::string_view(argv[1]) == "cpu";
  for (int i = cpus ? 2 : 1; i < argc; ++i) tokens.push_back(std::clamp(std::atoll(argv[i]), 1LL, 65536LL));
  if (tokens.empty()) tokens = {4096};
  const char* path = std::getenv("CLINFER_BENCH_JSON");
  std::ofstream json(path == nullptr ? "/dev/null" : path);
  cl::ProgramCache programs({.folder = ""});
  for (const graph::DeviceInfo& info : cl::list_devices().devices) {
    if (!info.usable || info.is_cpu != cpus) continue;
    const cl::Device device(info);
    for (const int64_t count : tokens) {
      for (const Shape& shape : kShapes)
        for (const char* format : kFormats) bench(device, programs, shape, format, count, json);
    }
  }
  return 0;
} catch (const Error& error) {
  std::fprintf(stderr, "bench_attention: %s\n", error.what());
  return static_cast<int>(error.fault());
}
