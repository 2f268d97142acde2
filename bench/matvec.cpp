// Few-token linear at real shapes: GB/s of weights beside what the same device reads from memory in the same
// run. Every call takes the next of several copies of the weight, so that no cache holds it. More than 8
// tokens: FP8 on both sides, and bf16 as a prompt's matmul.
//   bench_matvec [tokens ...]       prints a table, and JSON lines to the file CLINFER_BENCH_JSON
#include <algorithm>
#include <cstdio>
#include <functional>
#include <string_view>

#include "bench/data.h"
#include "bench/nodes.h"
#include "bench/program.h"
#include "bench/step.h"
#include "bench/timing.h"
#include "host/kernels/row_tiles.h"
#include "host/kernels/weight_layout.h"

using namespace clinfer;

namespace {

constexpr int64_t kFootprint = int64_t{768} << 20;  ///< of all copies of a weight, far above any cache
constexpr int kRounds = 7;

struct Shape {
  const char* name;
  int64_t rows;
  int64_t cols;
};

/// DeepSeek-V3, Qwen3-8B and Llama-3.1-8B.
constexpr Shape kShapes[] = {
    {"v3 q_b", 24576, 1536},           {"v3 o", 7168, 16384},          {"v3 gate_up", 36864, 7168},
    {"v3 expert gate_up", 4096, 7168}, {"v3 expert down", 7168, 2048}, {"qwen3 o / llama o", 4096, 4096},
    {"qwen3 gate_up", 24576, 4096},    {"llama gate_up", 28672, 4096}, {"llama down", 4096, 14336},
    {"llama head", 128256, 4096},
};
struct Formats {
  const char* weights;
  const char* activations;  ///< "": f32
};
constexpr Formats kFormats[] = {{"fp8_e4m3_128x128", "fp8_e4m3_1x128"},
                                {"bf16", ""},
                                {"f16", ""},
                                {"f32", ""},
                                {"fp8_e4m3_128x128", ""},
                                {"mxint8", ""},
                                {"q8_0", ""},
                                {"mxfp4", ""},
                                {"q4_0", ""},
                                {"q4_1", ""}};

/// GB/s at which a kernel that only adds up what it reads goes through buffers of `bytes`.
double read_speed(const cl::Device& device, int64_t bytes, int64_t copies) {
  const std::string text =
      "kernel __attribute__((reqd_work_group_size(256, 1, 1))) void read_all(global const uint4* in, global "
      "uint* out, uint count) {\n"
      "  uint4 sum = 0;\n"
      "  uint i = get_group_id(0) * 2048 + get_local_id(0);\n"
      "#pragma unroll\n"
      "  for (int k = 0; k < 8; ++k) if (i + k * 256 < count) sum ^= in[i + k * 256];\n"
      "  if ((sum.x ^ sum.y ^ sum.z ^ sum.w) == 0x12345679) out[0] = 1;\n"
      "}\n";
  const cl::Program program = cl::build_from_source(device, "read_all", text, "-cl-std=CL1.2", "");
  cl::Kernel kernel(program, "read_all");
  const auto in = bench::copies_of(device, bench::tame_buffer(device, bytes), copies);
  const cl::Buffer out = device.allocate(4);
  const auto count = static_cast<uint32_t>(bytes / 16);
  const auto call = [&](size_t i) {
    kernel.set_all(in[i % in.size()], out, count);
    kernel.enqueue(device, cl::NdRange({(count + 2047) / 2048 * size_t{256}}, {256}));
  };
  const double seconds = bench::time_calls(device, kRounds, std::max<int64_t>(8, copies), call).median;
  return static_cast<double>(bytes) / seconds * 1e-9;
}

struct Speeds {
  double large;
  double small;  ///< 32 MiB a launch
};

void measure(const bench::Bench& bench, const Formats& formats, const Shape& shape, int64_t tokens,
             const Speeds& read) {
  const cl::Device& device = bench.device;
  graph::Graph graph = bench::linear_graph(formats.weights, shape.rows, shape.cols, formats.activations);
  const graph::Node& node = graph.nodes.front();
  auto& held = std::get<graph::Weight>(graph.value(node.inputs[1]).source);
  if (kernels::suits_row_tiles(device.info(), held, graph.value(node.inputs[0]).type))
    held.row_group = kernels::kTileRows;
  const std::string format = *formats.activations == 0 ? formats.weights : "fp8 x fp8";
  const graph::Sizes sizes{tokens, tokens, tokens};
  const kernels::OpContext context{graph, node, device.info(), sizes};
  const kernels::Variant* variant = bench::variant_for(context);
  if (variant == nullptr) return;
  bench::Step step(device, bench.programs, variant->prepare(context), sizes);
  const int64_t bytes = kernels::device_bytes(context.input(1), sizes);
  const int64_t copies = std::clamp<int64_t>(kFootprint / bytes, 2, 64);
  const auto weights = bench::copies_of(device, bench::tame_buffer(device, bytes), copies);
  const cl::Buffer x = bench::tame_buffer(device, tokens * shape.cols * 4);
  const std::vector<cl::Buffer> out = {device.allocate(tokens * shape.rows * 4)};
  const int64_t calls = tokens > 64 ? 1 : std::max<int64_t>(16, copies);
  const auto call = [&](size_t i) { step.enqueue(std::vector{x, weights[i % weights.size()]}, out); };
  const double seconds = bench::time_calls(device, kRounds, calls, call).median;
  const double speed = static_cast<double>(bytes) / seconds * 1e-9;
  std::printf(
      "%-15s %-18s %-18s %6lld x %5lld  M %lld %8.1f MB %8.1f us %7.0f GB/s  %.2f of read, %.2f of 32 MiB "
      "reads\n",
      std::string(variant->name).c_str(), format.c_str(), shape.name, static_cast<long long>(shape.rows),
      static_cast<long long>(shape.cols), static_cast<long long>(tokens), static_cast<double>(bytes) * 1e-6,
      seconds * 1e6, speed, speed / read.large, speed / read.small);
  std::fflush(stdout);
  bench.json << "{\"variant\": \"" << variant->name << "\", \"format\": \"" << format << "\", \"shape\": \""
             << shape.name << "\", \"rows\": " << shape.rows << ", \"cols\": " << shape.cols
             << ", \"tokens\": " << tokens << ", \"bytes\": " << bytes << ", \"us\": " << seconds * 1e6
             << ", \"gb_s\": " << speed << ", \"read_gb_s\": " << read.large << "}\n";
}

}  // namespace

int main(int argc, char** argv) {
  const auto counts = bench::numbers(argc, argv, 1, 4096, {1, 2, 4, 8});
  return bench::run("bench_matvec", bench::Kind::gpus, [&](const bench::Bench& bench) {
    const graph::DeviceInfo& info = bench.device.info();
    const Speeds read = {read_speed(bench.device, int64_t{1} << 30, 2),
                         read_speed(bench.device, 32 << 20, 24)};
    std::printf("%s, driver %s: reads %.0f GB/s, %.0f GB/s by 32 MiB a launch\n", info.name.c_str(),
                info.driver_version.c_str(), read.large, read.small);
    for (const int64_t tokens : counts) {
      for (const Formats& formats : kFormats) {
        for (const Shape& shape : kShapes) {
          const bool both = *formats.activations != 0;
          if (tokens > 8 && !both && std::string_view(formats.weights) != "bf16") continue;
          if (tokens > 1 && shape.rows * shape.cols > 28672 * 4096) continue;
          measure(bench, formats, shape, tokens, read);
        }
      }
    }
  });
}
