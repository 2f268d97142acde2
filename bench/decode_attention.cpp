// Attention of few tokens over a long context: GB/s of the cache that it reads beside what the same device
// reads from memory in the same run, and TFLOP/s. Every call takes the next of several copies of the caches,
// so that no cache of the device holds them. bench/h200 runs it.
//   bench_decode_attention [VARIANT] [context ...]     JSON lines to the file CLINFER_BENCH_JSON
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "bench/data.h"
#include "bench/nodes.h"
#include "bench/program.h"
#include "bench/step.h"
#include "bench/timing.h"
#include "host/cl/device_speed.h"
#include "host/kernels/weight_layout.h"

using namespace clinfer;

namespace {

constexpr int64_t kFootprint = int64_t{512} << 20;  ///< of all copies of the caches
constexpr int kRounds = 5;

/// Llama-3.1-8B and Qwen3-8B; Llama-3.1-70B; DeepSeek-V3 in its absorbed form.
const bench::Heads kShapes[] = {
    {"GQA 32/8", 32, 8, 128, 128}, {"GQA 64/8", 64, 8, 128, 128}, {"MLA 576/512", 128, 1, 576, 512, 64}};
constexpr const char* kFormats[] = {"f16", "fp8_e4m3", "f32"};

/// What one device is asked.
struct Question {
  const bench::Bench& bench;
  std::string_view variant;  ///< empty: the one a run would take
  double read_bytes_per_second;
};

/// Seconds of a call that takes the next of several copies of `cache_bytes`.
double seconds_of(const bench::Bench& bench, const kernels::OpContext& context,
                  const kernels::Variant& variant, const bench::Heads& shape, int64_t cache_bytes) {
  const cl::Device& device = bench.device;
  const graph::Sizes& sizes = context.most;
  const int64_t copies = std::clamp<int64_t>(kFootprint / cache_bytes, 2, 32);
  const cl::Buffer q = bench::tame_buffer(device, sizes.tokens * shape.heads * shape.key_dim * 4);
  const auto keys = bench::copies_of(
      device, bench::tame_buffer(device, kernels::device_bytes(context.input(1), sizes)), copies);
  const auto values = shape.latent_tail > 0 ? keys : bench::copies_of(device, keys[0], copies);
  const cl::Buffer positions = bench::last_positions(device, sizes);
  const std::vector<cl::Buffer> out = {device.allocate(sizes.tokens * shape.heads * shape.value_dim * 4)};
  bench::Step step(device, bench.programs, variant.prepare(context), sizes);
  const auto call = [&](size_t i) {
    step.enqueue(std::vector{q, keys[i % keys.size()], values[i % values.size()], positions}, out);
  };
  return bench::time_calls(device, kRounds, std::max<int64_t>(16, copies), call).median;
}

void measure(const Question& question, const bench::Heads& shape, const char* format, int64_t tokens,
             int64_t length) {
  const graph::Graph graph = bench::attention_graph(shape, format);
  const kernels::OpContext context{
      graph, graph.nodes.front(), question.bench.device.info(), {tokens, tokens, length}};
  const kernels::Variant* variant = bench::variant_for(context, question.variant);
  if (variant == nullptr) return;
  int64_t bytes = kernels::device_bytes(context.input(1), context.most);
  if (shape.latent_tail == 0) bytes += kernels::device_bytes(context.input(2), context.most);
  const double seconds = seconds_of(question.bench, context, *variant, shape, bytes);
  const double speed = static_cast<double>(bytes) / seconds;
  const double flops = static_cast<double>(tokens * length) * shape.flops_of_pair() / seconds;
  std::printf("%-22s %-12s %-9s %lld tokens %7lld behind %9.1f us %7.0f GB/s  %.2f of read %8.2f TFLOP/s\n",
              std::string(variant->name).c_str(), shape.name, format, static_cast<long long>(tokens),
              static_cast<long long>(length), seconds * 1e6, speed * 1e-9,
              speed / question.read_bytes_per_second, flops * 1e-12);
  std::fflush(stdout);
  question.bench.json << "{\"variant\": \"" << variant->name << "\", \"shape\": \"" << shape.name
                      << "\", \"format\": \"" << format << "\", \"tokens\": " << tokens
                      << ", \"context\": " << length << ", \"us\": " << seconds * 1e6
                      << ", \"gb_s\": " << speed * 1e-9
                      << ", \"read_gb_s\": " << question.read_bytes_per_second * 1e-9
                      << ", \"tflop_s\": " << flops * 1e-12 << "}\n";
}

}  // namespace

int main(int argc, char** argv) {
  const bool named = argc > 1 && std::atoll(argv[1]) == 0;
  const std::string_view variant = named ? argv[1] : "";
  const auto lengths = bench::numbers(argc, argv, named ? 2 : 1, 1LL << 17, {4096, 16384, 65536});
  return bench::run("bench_decode_attention", bench::Kind::gpus, [&](const bench::Bench& bench) {
    const Question question{bench, variant, cl::measure_speed(bench.device).bytes_per_second};
    std::printf("%s reads %.0f GB/s\n", bench.device.info().name.c_str(),
                question.read_bytes_per_second * 1e-9);
    for (const bench::Heads& shape : kShapes)
      for (const char* format : kFormats)
        for (const int64_t length : lengths)
          for (const int64_t tokens : {1, 4}) measure(question, shape, format, tokens, length);
  });
}
