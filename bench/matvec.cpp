// Few-token linear at real shapes: GB/s of weights beside what the same device reads from memory in the same
// run. Every call takes the next of several copies of the weight, so that no cache holds it. More than 8
// tokens: bf16 alone, as a prompt's matmul.
//   bench_matvec [tokens ...]       prints a table, and JSON lines to the file CLINFER_BENCH_JSON
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>

#include "graph/graph.h"
#include "host/cl/platforms.h"
#include "host/kernels/trial.h"
#include "host/kernels/weight_layout.h"
#include "quant/error.h"

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
constexpr const char* kFormats[] = {"bf16",  "f16",  "f32", "fp8_e4m3_128x128", "mxint8", "q8_0",
                                    "mxfp4", "q4_0", "q4_1"};

graph::Graph linear_graph(const std::string& format, const Shape& shape) {
  graph::Builder builder("bench");
  const auto x = builder.input("x", {graph::DType::f32, graph::kTokens, shape.cols});
  const auto w = builder.weight("w", shape.rows, shape.cols);
  builder.output(builder.add(graph::Linear{}, "y", {x, w}), "y");
  graph::Graph graph = builder.finish(0);
  std::get<graph::Weight>(graph.value(w).source).format = format;
  return graph;
}

/// Random bytes whose 16-bit words, taken as halves or floats, are small finite numbers.
kernels::Bytes tame_bytes(int64_t bytes) {
  std::mt19937 random(1);
  kernels::Bytes result(static_cast<size_t>(bytes));
  for (std::byte& b : result) b = std::byte{static_cast<uint8_t>(random() & 0x3B)};
  return result;
}

/// `copies` buffers of the same tame bytes; made on the host once, copied on the device.
std::vector<cl::Buffer> filled(const cl::Device& device, int64_t bytes, int64_t copies) {
  std::vector<cl::Buffer> result = {device.allocate(bytes)};
  const kernels::Bytes seed = tame_bytes(std::min<int64_t>(bytes, 1 << 20));
  for (int64_t at = 0; at < bytes; at += static_cast<int64_t>(seed.size())) {
    const auto part = static_cast<size_t>(std::min(bytes - at, static_cast<int64_t>(seed.size())));
    device.write(result[0], std::span(seed).first(part), at);
  }
  while (static_cast<int64_t>(result.size()) < copies) {
    result.push_back(device.allocate(bytes));
    device.copy(result[0], 0, result.back(), 0, bytes);
  }
  return result;
}

/// Median seconds of one call, `calls` of them queued at a time.
double seconds_of(const cl::Device& device, int calls, const std::function<void(int)>& call) {
  std::vector<double> seconds;
  for (int round = 0; round <= kRounds; ++round) {
    device.finish();
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < calls; ++i) call(i);
    device.finish();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (round > 0) seconds.push_back(took.count() / calls);
  }
  std::nth_element(seconds.begin(), seconds.begin() + kRounds / 2, seconds.end());
  return seconds[kRounds / 2];
}

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
  const std::vector<cl::Buffer> in = filled(device, bytes, copies);
  const cl::Buffer out = device.allocate(4);
  const auto count = static_cast<uint32_t>(bytes / 16);
  const double seconds = seconds_of(device, static_cast<int>(std::max<int64_t>(8, copies)), [&](int i) {
    kernel.set_all(in[static_cast<size_t>(i) % in.size()], out, count);
    kernel.enqueue(device, cl::NdRange({(count + 2047) / 2048 * size_t{256}}, {256}));
  });
  return static_cast<double>(bytes) / seconds * 1e-9;
}

struct Speeds {
  double large;
  double small;  ///< 32 MiB a launch
};

void bench(const cl::Device& device, cl::ProgramCache& programs, const std::string& format,
           const Shape& shape, int64_t tokens, const Speeds& read, std::ofstream& json) {
  const graph::Graph graph = linear_graph(format, shape);
  const graph::Sizes sizes{tokens, tokens, tokens};
  const kernels::OpContext context{graph, graph.nodes.front(), device.info(), sizes};
  const kernels::Variant* variant = nullptr;
  for (const kernels::Variant& v : kernels::variants_of(graph::Linear{})) {
    if (variant == nullptr && v.supports(context).ok) variant = &v;
  }
  if (variant == nullptr) return;
  const kernels::Prepared prepared = variant->prepare(context);
  const int64_t bytes = kernels::device_bytes(context.input(1), sizes);
  const int64_t copies = std::clamp<int64_t>(kFootprint / bytes, 2, 64);
  const std::vector<cl::Buffer> weights = filled(device, bytes, copies);
  const cl::Buffer x = filled(device, tokens * shape.cols * 4, 1)[0];
  const std::vector<cl::Buffer> out = {device.allocate(tokens * shape.rows * 4)};
  const cl::Buffer scratch = device.allocate(std::max<int64_t>(4, prepared.scratch_bytes));
  std::vector<cl::Kernel> launches;
  for (const kernels::Launch& launch : prepared.launches) {
    launches.emplace_back(programs.build(device, launch.program), launch.kernel);
  }
  const int64_t calls = tokens > 8 ? 1 : std::max<int64_t>(16, copies);
  const double seconds = seconds_of(device, static_cast<int>(calls), [&](int i) {
    const std::vector<cl::Buffer> in = {x, weights[static_cast<size_t>(i) % weights.size()]};
    for (size_t k = 0; k < launches.size(); ++k) {
      enqueue(device, launches[k], prepared.launches[k], in, out, scratch, sizes);
    }
  });
  const double speed = static_cast<double>(bytes) / seconds * 1e-9;
  std::printf(
      "%-15s %-18s %-18s %6lld x %5lld  M %lld %8.1f MB %8.1f us %7.0f GB/s  %.2f of read, %.2f of 32 MiB "
      "reads\n",
      std::string(variant->name).c_str(), format.c_str(), shape.name, static_cast<long long>(shape.rows),
      static_cast<long long>(shape.cols), static_cast<long long>(tokens), static_cast<double>(bytes) * 1e-6,
      seconds * 1e6, speed, speed / read.large, speed / read.small);
  std::fflush(stdout);
  json << "{\"variant\": \"" << variant->name << "\", \"format\": \"" << format << "\", \"shape\": \""
       << shape.name << "\", \"rows\": " << shape.rows << ", \"cols\": " << shape.cols
       << ", \"tokens\": " << tokens << ", \"bytes\": " << bytes << ", \"us\": " << seconds * 1e6
       << ", \"gb_s\": " << speed << ", \"read_gb_s\": " << read.large << "}\n";
}

}  // namespace

int main(int argc, char** argv) try {
  std::vector<int64_t> tokens;
  for (int i = 1; i < argc; ++i) tokens.push_back(std::clamp(std::atoll(argv[i]), 1LL, 4096LL));
  if (tokens.empty()) tokens = {1, 2, 4, 8};
  const char* path = std::getenv("CLINFER_BENCH_JSON");
  std::ofstream json(path == nullptr ? "/dev/null" : path);
  cl::ProgramCache programs({.folder = ""});
  for (const graph::DeviceInfo& info : cl::list_devices().devices) {
    if (!info.usable || !info.is_gpu) continue;
    const cl::Device device(info);
    const Speeds read = {read_speed(device, int64_t{1} << 30, 2), read_speed(device, 32 << 20, 24)};
    std::printf("%s, driver %s: reads %.0f GB/s, %.0f GB/s by 32 MiB a launch\n", info.name.c_str(),
                info.driver_version.c_str(), read.large, read.small);
    for (const int64_t count : tokens) {
      for (const char* format : kFormats) {
        for (const Shape& shape : kShapes) {
          if (count > 8 && std::string_view(format) != "bf16") continue;
          if (count > 1 && shape.rows * shape.cols > 28672 * 4096) continue;
          bench(device, programs, format, shape, count, read, json);
        }
      }
    }
  }
  return 0;
} catch (const Error& error) {
  std::fprintf(stderr, "bench_matvec: %s\n", error.what());
  return static_cast<int>(error.fault());
}
