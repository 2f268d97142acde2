// One token of multi-head latent attention in its absorbed form over a long context: all rows, and those that
// a lightning indexer chooses, with what the choice costs. The shape is a part of DeepSeek-V3.2's.
//   bench_sparse_attention [context ...]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

#include "bench/data.h"
#include "bench/program.h"
#include "bench/step.h"
#include "bench/timing.h"
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
  return bench::upload(device,
                       ids.empty() ? std::as_bytes(std::span(floats)) : std::as_bytes(std::span(ids)));
}

/// Median microseconds of the variant that a run would take; prints it.
double measure(const bench::Bench& bench, const graph::Graph& graph, int64_t context_rows) {
  const cl::Device& device = bench.device;
  const graph::Sizes sizes{1, 1, context_rows};
  const kernels::OpContext context{graph, graph.nodes.front(), device.info(), sizes};
  const kernels::Variant* variant = bench::variant_for(context);
  if (variant == nullptr) throw Error(Fault::run, "no variant for " + graph.name);
  bench::Step step(device, bench.programs, variant->prepare(context), sizes);
  std::vector<cl::Buffer> in;
  for (const graph::ValueId id : context.node.inputs)
    in.push_back(input_buffer(device, graph.value(id), sizes));
  const std::vector<cl::Buffer> out = {device.allocate(context.output(0).type.cols * 4)};
  const double median =
      bench::time_calls(device, kRounds, 1, [&](size_t) { step.enqueue(in, out); }).median * 1e6;
  std::printf("  %-26s %10.1f us\n", std::string(variant->name).c_str(), median);
  return median;
}

}  // namespace

int main(int argc, char** argv) {
  const auto contexts = bench::numbers(argc, argv, 1, 1LL << 20, {4096, 32768});
  return bench::run("bench_sparse_attention", bench::Kind::all, [&](const bench::Bench& bench) {
    for (const int64_t context : contexts) {
      std::printf("%s, context %lld, %lld rows chosen\n", bench.device.info().name.c_str(),
                  static_cast<long long>(context), static_cast<long long>(std::min(context, kCount)));
      const double all = measure(bench, attention_graph(0), context);
      const double choice = measure(bench, indexer_graph(), context);
      const double chosen = measure(bench, attention_graph(std::min(context, kCount)), context);
      std::printf("  all rows / (choice + chosen rows): %.2f\n", all / (choice + chosen));
    }
  });
}
