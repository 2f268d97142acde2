// Attention of few tokens over a long context: GB/s of the cache that it reads beside what the same device
// reads from memory in the same run, and TFLOP/s. Every call takes the next of several copies of the caches,
// so that no cache of the device holds them. bench/h200 runs it.
//   bench_decode_attention [VARIANT] [context ...]     JSON lines to the file CLINFER_BENCH_JSON
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>

#include "graph/graph.h"
#include "graph/passes/set_cache_format.h"
#include "host/cl/device_speed.h"
#include "host/cl/platforms.h"
#include "host/kernels/trial.h"
#include "host/kernels/weight_layout.h"
#include "quant/error.h"

using namespace clinfer;

namespace {

constexpr int64_t kFootprint = int64_t{512} << 20;  ///< of all copies of the caches
constexpr int kRounds = 5;

struct Shape {
  const char* name;
  int64_t heads;
  int64_t kv_heads;
  int64_t key_dim;
  int64_t value_dim;
  int64_t latent_tail;  ///< columns of a key that are no value's, in one cache; 0: two caches
};
/// Llama-3.1-8B and Qwen3-8B; Llama-3.1-70B; DeepSeek-V3 in its absorbed form.
constexpr Shape kShapes[] = {{"GQA 32/8", 32, 8, 128, 128, 0},
                             {"GQA 64/8", 64, 8, 128, 128, 0},
                             {"MLA 576/512", 128, 1, 576, 512, 64}};
constexpr const char* kFormats[] = {"f16", "fp8_e4m3", "f32"};

graph::Graph attention_graph(const Shape& shape, const char* format) {
  graph::Attention op;
  op.heads = shape.heads;
  op.kv_heads = shape.kv_heads;
  op.key_dim = op.keys.head_stride = shape.key_dim;
  op.value_dim = op.values.head_stride = shape.value_dim;
  op.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(shape.key_dim)));
  graph::Builder b("bench");
  const auto q = b.input("q", {graph::DType::f32, graph::kTokens, shape.heads * shape.key_dim});
  graph::ValueId keys = 0;
  graph::ValueId values = 0;
  if (shape.latent_tail > 0) {
    keys = values = b.cache("keys", shape.key_dim, shape.value_dim, shape.latent_tail);
  } else {
    keys = b.cache("keys", shape.kv_heads * shape.key_dim, shape.key_dim);
    values = b.cache("values", shape.kv_heads * shape.value_dim, shape.value_dim);
  }
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  b.output(b.add(op, "y", {q, keys, values, positions}), "y");
  graph::Graph graph = b.finish(0);
  graph::set_cache_format(graph, format);
  return graph;
}

/// Random bytes whose words, taken as codes, halves or floats, are small finite numbers.
cl::Buffer tame_buffer(const cl::Device& device, int64_t bytes) {
  std::mt19937 random(1);
  std::vector<std::byte> data(static_cast<size_t>(bytes));
  for (std::byte& b : data) b = std::byte{static_cast<uint8_t>(random() & 0x3B)};
  cl::Buffer buffer = device.allocate(bytes);
  device.write(buffer, data);
  return buffer;
}

std::vector<cl::Buffer> copies_of(const cl::Device& device, cl::Buffer first, int64_t count) {
  std::vector<cl::Buffer> result = {std::move(first)};
  while (static_cast<int64_t>(result.size()) < count) {
    result.push_back(device.allocate(result[0].bytes()));
    device.copy(result[0], 0, result.back(), 0, result[0].bytes());
  }
  return result;
}

/// Median seconds of one call, `calls` of them queued at a time.
double seconds_of(const cl::Device& device, int64_t calls, const std::function<void(size_t)>& call) {
  std::vector<double> seconds;
  for (int round = 0; round <= kRounds; ++round) {
    device.finish();
    const auto start = std::chrono::steady_clock::now();
    for (int64_t i = 0; i < calls; ++i) call(static_cast<size_t>(i));
    device.finish();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (round > 0) seconds.push_back(took.count() / static_cast<double>(calls));
  }
  std::nth_element(seconds.begin(), seconds.begin() + kRounds / 2, seconds.end());
  return seconds[kRounds / 2];
}

/// What one device is asked, and where its answers go.
struct Bench {
  const cl::Device& device;
  cl::ProgramCache& programs;
  std::string_view variant;  ///< empty: the one a run would take
  double read_bytes_per_second;
  std::ofstream& json;
};

const kernels::Variant* variant_for(const kernels::OpContext& context, std::string_view name) {
  for (const kernels::Variant& variant : kernels::variants_of(context.node.op))
    if ((name.empty() || variant.name == name) && variant.supports(context).ok) return &variant;
  return nullptr;
}

double run(const Bench& bench, const kernels::OpContext& context, const kernels::Variant& variant,
           const Shape& shape, int64_t cache_bytes) {
  const cl::Device& device = bench.device;
  const graph::Sizes& sizes = context.most;
  const kernels::Prepared prepared = variant.prepare(context);
  const int64_t copies = std::clamp<int64_t>(kFootprint / cache_bytes, 2, 32);
  const cl::Buffer q = tame_buffer(device, sizes.tokens * shape.heads * shape.key_dim * 4);
  const auto keys =
      copies_of(device, tame_buffer(device, kernels::device_bytes(context.input(1), sizes)), copies);
  const auto values = shape.latent_tail > 0 ? keys : copies_of(device, keys[0], copies);
  std::vector<int32_t> at(static_cast<size_t>(sizes.tokens));
  for (size_t i = 0; i < at.size(); ++i)
    at[i] = static_cast<int32_t>(sizes.context - sizes.tokens) + static_cast<int32_t>(i);
  const cl::Buffer positions = device.allocate(sizes.tokens * 4);
  device.write(positions, std::as_bytes(std::span(at)));
  const std::vector<cl::Buffer> out = {device.allocate(sizes.tokens * shape.heads * shape.value_dim * 4)};
  const cl::Buffer scratch = device.allocate(std::max<int64_t>(4, prepared.scratch_bytes));
  std::vector<cl::Kernel> kernels;
  for (const kernels::Launch& launch : prepared.launches)
    kernels.emplace_back(bench.programs.build(device, launch.program), launch.kernel);
  return seconds_of(device, std::max<int64_t>(16, copies), [&](size_t i) {
    const std::vector<cl::Buffer> in = {q, keys[i % keys.size()], values[i % values.size()], positions};
    for (size_t k = 0; k < kernels.size(); ++k)
      enqueue(device, kernels[k], prepared.launches[k], in, out, scratch, sizes);
  });
}

void run(const Bench& bench, const Shape& shape, const char* format, int64_t tokens, int64_t length) {
  const graph::Graph graph = attention_graph(shape, format);
  const kernels::OpContext context{graph, graph.nodes.front(), bench.device.info(), {tokens, tokens, length}};
  const kernels::Variant* variant = variant_for(context, bench.variant);
  if (variant == nullptr) return;
  int64_t bytes = kernels::device_bytes(context.input(1), context.most);
  if (shape.latent_tail == 0) bytes += kernels::device_bytes(context.input(2), context.most);
  const double seconds = run(bench, context, *variant, shape, bytes);
  const double speed = static_cast<double>(bytes) / seconds;
  const double flops = 2.0 * static_cast<double>(tokens * length) *
                       static_cast<double>(shape.heads * (shape.key_dim + shape.value_dim)) / seconds;
  std::printf("%-22s %-12s %-9s %lld tokens %7lld behind %9.1f us %7.0f GB/s  %.2f of read %8.2f TFLOP/s\n",
              std::string(variant->name).c_str(), shape.name, format, static_cast<long long>(tokens),
              static_cast<long long>(length), seconds * 1e6, speed * 1e-9,
              speed / bench.read_bytes_per_second, flops * 1e-12);
  std::fflush(stdout);
  bench.json << "{\"variant\": \"" << variant->name << "\", \"shape\": \"" << shape.name
             << "\", \"format\": \"" << format << "\", \"tokens\": " << tokens << ", \"context\": " << length
             << ", \"us\": " << seconds * 1e6 << ", \"gb_s\": " << speed * 1e-9
             << ", \"read_gb_s\": " << bench.read_bytes_per_second * 1e-9
             << ", \"tflop_s\": " << flops * 1e-12 << "}\n";
}

}  // namespace

int main(int argc, char** argv) try {
  std::vector<int64_t> lengths;
  std::string_view variant;
  for (int i = 1; i < argc; ++i) {
    if (std::atoll(argv[i]) == 0)
      variant = argv[i];
    else
      lengths.push_back(std::clamp(std::atoll(argv[i]), 16LL, 1LL << 17));
  }
  if (lengths.empty()) lengths = {4096, 16384, 65536};
  const char* path = std::getenv("CLINFER_BENCH_JSON");
  std::ofstream json(path == nullptr ? "/dev/null" : path);
  cl::ProgramCache programs({.folder = ""});
  for (const graph::DeviceInfo& info : cl::list_devices().devices) {
    if (!info.usable || !info.is_gpu) continue;
    const cl::Device device(info);
    const Bench bench{device, programs, variant, cl::measure_speed(device).bytes_per_second, json};
    std::printf("%s reads %.0f GB/s\n", info.name.c_str(), bench.read_bytes_per_second * 1e-9);
    for (const Shape& shape : kShapes)
      for (const char* format : kFormats)
        for (const int64_t length : lengths)
          for (const int64_t tokens : {1, 4}) run(bench, shape, format, tokens, length);
  }
  return 0;
} catch (const Error& error) {
  std::fprintf(stderr, "bench_decode_attention: %s\n", error.what());
  return static_cast<int>(error.fault());
}
