// Causal attention over a whole prompt, floats in and out, f32 or f16 caches: TFLOP/s of the variant that a
// run would take. bench/h200 runs it beside PyTorch.
//   bench_attention [cpu] [tokens ...]      GPUs, or CPUs; JSON lines to the file CLINFER_BENCH_JSON
#include <algorithm>
#include <cstdio>
#include <string_view>

#include "bench/data.h"
#include "bench/nodes.h"
#include "bench/program.h"
#include "bench/step.h"
#include "bench/timing.h"

using namespace clinfer;

namespace {

constexpr int kRounds = 3;

/// Qwen3-8B and Llama-3.1-8B, then as if with Mistral's window, gpt-oss's sinks and Gemma 2's soft cap;
/// DeepSeek-V3 with its latents unfolded.
const bench::Heads kShapes[] = {
    {"GQA 32/8", 32, 8, 128, 128},
    {"window 1024", 32, 8, 128, 128, 0, {.window = 1024}},
    {"cap, sinks", 32, 8, 128, 128, 0, {}, 50.0f, true},
    {"MLA 128", 128, 128, 192, 128},
};

/// Of caches; whether operands may be rounded, as with activations in FP8.
struct Precision {
  const char* format;
  bool rounded = false;
};
constexpr Precision kPrecisions[] = {{"f32"}, {"f16"}, {"f32", true}, {"bf16", true}};

void measure(const bench::Bench& bench, bench::Heads shape, const Precision& precision, int64_t tokens) {
  const cl::Device& device = bench.device;
  shape.rounded = precision.rounded;
  const graph::Graph graph = bench::attention_graph(shape, precision.format);
  const graph::Sizes sizes{tokens, tokens, tokens};
  const kernels::OpContext context{graph, graph.nodes.front(), device.info(), sizes};
  const kernels::Variant* variant = bench::variant_for(context);
  if (variant == nullptr) return;
  bench::Step step(device, bench.programs, variant->prepare(context), sizes);
  std::vector<cl::Buffer> in;
  for (size_t i = 0; i < 3; ++i) in.push_back(bench::normal_rows(device, context.input(i), tokens).buffer);
  in.push_back(bench::last_positions(device, sizes));
  if (shape.sinks) in.push_back(bench::normal_rows(device, context.input(4), 1).buffer);
  const std::vector<cl::Buffer> out = {device.allocate(tokens * shape.heads * shape.value_dim * 4)};
  const double seconds = bench::time_calls(device, kRounds, 1, [&](size_t) { step.enqueue(in, out); }).median;
  // Pairs that the mask lets through.
  double pairs = 0;
  for (int64_t p = 0; p < tokens; ++p)
    pairs += static_cast<double>(shape.mask.window > 0 ? std::min(p + 1, shape.mask.window) : p + 1);
  const double speed = pairs * shape.flops_of_pair() / seconds * 1e-12;
  const std::string cache = std::string(precision.format) + (precision.rounded ? ", rounded" : "");
  std::printf("%-20s %-12s %-13s %6lld tokens  %9.1f us  %7.2f TFLOP/s\n", std::string(variant->name).c_str(),
              shape.name, cache.c_str(), static_cast<long long>(tokens), seconds * 1e6, speed);
  std::fflush(stdout);
  bench.json << "{\"variant\": \"" << variant->name << "\", \"shape\": \"" << shape.name
             << "\", \"format\": \"" << cache << "\", \"tokens\": " << tokens << ", \"us\": " << seconds * 1e6
             << ", \"tflop_s\": " << speed << "}\n";
}

}  // namespace

int main(int argc, char** argv) {
  const bool cpus = argc > 1 && std::string_view(argv[1]) == "cpu";
  const auto counts = bench::numbers(argc, argv, cpus ? 2 : 1, 65536, {4096});
  return bench::run("bench_attention", cpus ? bench::Kind::cpus : bench::Kind::gpus,
                    [&](const bench::Bench& bench) {
                      for (const int64_t tokens : counts)
                        for (const bench::Heads& shape : kShapes)
                          for (const Precision& precision : kPrecisions)
                            measure(bench, shape, precision, tokens);
                    });
}
