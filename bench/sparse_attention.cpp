// One token of multi-head latent attention in its absorbed form over a long context: all rows, and those that
// a lightning indexer chooses, with what the choice costs. The shape is a part of DeepSeek-V3.2's.
//   bench_sparse_attention [context ...]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "graph/graph.h"
#include "host/cl/platforms.h"
#include "host/kernels/trial.h"
#include "quant/error.h"

using namespace clinfer;

namespace {

constexpr int kRounds = 5;
constexpr int64_t kHeads = 32, kKeyDim = 576, kValueDim = 512, kCount = 2048;
constexpr int64_t kIndexHeads = 16, kIndexDim = 128;

graph::Graph indexer_graph() {
  graph::Builder b("indexer");
  const auto q = b.input("q", {graph::DType::f32, graph::kTokens, kIndexHeads * kIndexDim});
  const auto keys = b.input("keys", {graph::DType::f32, graph::kContext, kIndexDim});
  const auto weights = b.input("weights", {graph::DType::f32, graph::kTokens, kIndexHeads});
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  const graph::LightningIndexer op{kIndexHeads, kIndexDim, kCount};
  b.output(b.add(op, "rows", {q, keys, weights, positions}), "rows");
  return b.finish(0);
}

graph::Graph attention_graph(int64_t count) {
  graph::Attention op;
  op.heads = kHeads;
  op.key_dim = kKeyDim;
  op.value_dim = kValueDim;
  op.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(kKeyDim)));
  op.selection.count = count;
  graph::Builder b("attention");
  const auto q = b.input("q", {graph::DType::f32, graph::kTokens, kHeads * kKeyDim});
  const auto latents = b.input("latents", {graph::DType::f32, graph::kContext, kKeyDim});
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  std::vector<graph::ValueId> inputs = {q, latents, latents, positions};
  if (count > 0) inputs.push_back(b.input("rows", {graph::DType::i32, graph::kTokens, count}));
  b.output(b.add(op, "y", inputs), "y");
  return b.finish(0);
}

/// Normal floats; positions the last; rows evenly over the context.
cl::Buffer input_buffer(const cl::Device& device, const graph::Value& value, const graph::Sizes& sizes) {
  const int64_t elements = sizes.of(value.type.rows) * value.type.cols;
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> floats;
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < elements; ++i) {
    if (value.type.dtype == graph::DType::f32)
      floats.push_back(normal(random));
    else
      ids.push_back(static_cast<int32_t>(elements == 1 ? sizes.context - 1 : i * sizes.context / elements));
  }
  cl::Buffer buffer = device.allocate(elements * 4);
  device.write(buffer, ids.empty() ? std::as_bytes(std::span(floats)) : std::as_bytes(std::span(ids)));
  return buffer;
}

/// Median microseconds of the variant that a run would take; prints it.
double bench(const cl::Device& device, cl::ProgramCache& programs, const graph::Graph& graph,
             int64_t context_rows) {
  const graph::Sizes sizes{1, 1, context_rows};
  const kernels::OpContext context{graph, graph.nodes.front(), device.info(), sizes};
  const auto variants = kernels::variants_of(context.node.op);
  const auto variant =
      std::find_if(variants.begin(), variants.end(), [&](const auto& v) { return v.supports(context).ok; });
  if (variant == variants.end()) throw Error(Fault::run, "no variant for " + graph.name);
  const kernels::Prepared prepared = variant->prepare(context);
  std::vector<cl::Buffer> in;
  for (const graph::ValueId id : context.node.inputs)
    in.push_back(input_buffer(device, graph.value(id), sizes));
  const std::vector<cl::Buffer> out = {device.allocate(context.output(0).type.cols * 4)};
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
  const double median = seconds[kRounds / 2] * 1e6;
  std::printf("  %-26s %10.1f us\n", std::string(variant->name).c_str(), median);
  return median;
}

}  // namespace

int main(int argc, char** argv) try {
  std::vector<int64_t> contexts;
  for (int i = 1; i < argc; ++i) contexts.push_back(std::clamp(std::atoll(argv[i]), 1LL, 1LL << 20));
  if (contexts.empty()) contexts = {4096, 32768};
  cl::ProgramCache programs({.folder = ""});
  for (const graph::DeviceInfo& info : cl::list_devices().devices) {
    if (!info.usable) continue;
    const cl::Device device(info);
    for (const int64_t context : contexts) {
      std::printf("%s, context %lld, %lld rows chosen\n", info.name.c_str(), static_cast<long long>(context),
                  static_cast<long long>(std::min(context, kCount)));
      const double all = bench(device, programs, attention_graph(0), context);
      const double choice = bench(device, programs, indexer_graph(), context);
      const double chosen = bench(device, programs, attention_graph(std::min(context, kCount)), context);
      std::printf("  all rows / (choice + chosen rows): %.2f\n", all / (choice + chosen));
    }
  }
  return 0;
} catch (const Error& error) {
  std::fprintf(stderr, "bench_sparse_attention: %s\n", error.what());
  return static_cast<int>(error.fault());
}
