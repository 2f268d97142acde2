// Many-token linear at real shapes: TFLOP/s of a prompt's matrix products, by the variant that plans take,
// and by linear/wgmma with x rounded to bf16 where the device has it. Checked against sums in double.
//   bench_prompt [tokens]       JSON lines to the file CLINFER_BENCH_JSON
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <random>

#include "host/cl/platforms.h"
#include "host/kernels/linear_wgmma.h"
#include "host/kernels/trial.h"
#include "host/kernels/value_bytes.h"
#include "host/kernels/weight_layout.h"
#include "quant/error.h"

using namespace clinfer;

namespace {

constexpr int kRounds = 5;
constexpr double kEnqueued = 5e12;  ///< operations enqueued before a finish

struct Shape {
  const char* name;
  int64_t tokens;  ///< 0: as asked for
  int64_t rows;
  int64_t cols;
};

/// Llama-3.1-8B, Qwen3-8B and DeepSeek-V3.
constexpr Shape kShapes[] = {
    {"square", 8192, 8192, 8192},      {"qkv", 0, 6144, 4096},         {"o", 0, 4096, 4096},
    {"qwen3 gate_up", 0, 24576, 4096}, {"qwen3 down", 0, 4096, 12288}, {"llama gate_up", 0, 28672, 4096},
    {"llama down", 0, 4096, 14336},    {"v3 o", 0, 7168, 16384},       {"v3 q_b", 0, 24576, 1536}};
constexpr const char* kFormats[] = {"bf16", "q8_0", "q4_0", "mxint8", "fp8_e4m3_128x128"};

graph::Graph linear_graph(const std::string& format, const Shape& shape) {
  graph::Builder builder("bench");
  const auto x = builder.input("x", {graph::DType::f32, graph::kTokens, shape.cols});
  const auto w = builder.weight("w", shape.rows, shape.cols);
  builder.output(builder.add(graph::Linear{}, "y", {x, w}), "y");
  graph::Graph graph = builder.finish(0);
  std::get<graph::Weight>(graph.value(w).source).format = format;
  return graph;
}

constexpr int64_t kDistinct = 251;  ///< rows that matrices repeat: no multiple of a tile

/// `bytes` from `at` on, repeating those in `from`.
void write_repeated(const cl::Device& device, const cl::Buffer& to, int64_t at, int64_t bytes,
                    std::span<const std::byte> from) {
  for (int64_t done = 0; done < bytes;) {
    const auto part = std::min(bytes - done, static_cast<int64_t>(from.size()));
    device.write(to, from.first(static_cast<size_t>(part)), at + done);
    done += part;
  }
}

/// Normally distributed rows that a matrix repeats, and the matrix on the device.
struct Matrix {
  graph::Array rows;
  cl::Buffer buffer;
};

Matrix random_matrix(const cl::Device& device, const graph::Graph& few, size_t input,
                     const kernels::OpContext& context) {
  std::mt19937_64 random(input);
  std::normal_distribution<float> normal;
  const graph::Value& value = few.value(few.nodes.front().inputs[input]);
  Matrix result;
  result.rows = graph::Array(kDistinct, value.type.cols);
  for (double& v : result.rows.data) v = normal(random);
  const kernels::Bytes bytes = kernels::encode(value, result.rows);
  const graph::Sizes sizes{kDistinct, kDistinct, kDistinct};
  result.rows = kernels::decode(value, bytes, sizes);
  const int64_t total = kernels::device_bytes(context.input(input), context.most);
  result.buffer = device.allocate(total);
  if (const graph::Weight* weight = context.input(input).weight()) {
    const kernels::WeightLayout layout = kernels::layout_of(*weight);
    const kernels::WeightLayout from = kernels::layout_of(*value.weight());
    const auto codes = static_cast<size_t>(from.expert_code_bytes);
    write_repeated(device, result.buffer, 0, layout.expert_code_bytes, std::span(bytes).first(codes));
    if (layout.expert_scale_bytes > 0) {
      write_repeated(device, result.buffer, layout.scales_offset, layout.expert_scale_bytes,
                     std::span(bytes).subspan(static_cast<size_t>(from.scales_offset)));
    }
  } else {
    write_repeated(device, result.buffer, 0, total, bytes);
  }
  return result;
}

/// Largest error over some elements in units of the sum of their products' magnitudes.
double error_of(const cl::Device& device, const cl::Buffer& y, const Matrix& x, const Matrix& w,
                int64_t tokens, int64_t rows) {
  std::vector<float> got(static_cast<size_t>(tokens * rows));
  device.read(y, std::as_writable_bytes(std::span(got)));
  double worst = 0;
  for (int64_t t = 0; t < tokens; t += 89) {
    for (int64_t r = t % 7; r < rows; r += 173) {
      double sum = 0;
      double magnitude = 0;
      for (int64_t i = 0; i < x.rows.cols; ++i) {
        const double product = x.rows.at(t % kDistinct, i) * w.rows.at(r % kDistinct, i);
        sum += product;
        magnitude += std::abs(product);
      }
      const double off = std::abs(got[static_cast<size_t>(t * rows + r)] - sum) / magnitude;
      worst = off <= worst ? worst : off;
    }
  }
  return worst;
}

/// Median seconds of one call.
double seconds_of(const cl::Device& device, int calls, const std::function<void()>& call) {
  std::vector<double> seconds;
  for (int round = 0; round <= kRounds; ++round) {
    device.finish();
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < calls; ++i) call();
    device.finish();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (round > 0) seconds.push_back(took.count() / calls);
  }
  std::nth_element(seconds.begin(), seconds.begin() + kRounds / 2, seconds.end());
  return seconds[kRounds / 2];
}

struct Bench {
  const cl::Device& device;
  cl::ProgramCache& programs;
  std::ofstream json;

  void run(const std::string& name, const kernels::Prepared& prepared, const kernels::OpContext& context,
           const Matrix& x, const Matrix& w, const Shape& shape, int x_parts);
};

void Bench::run(const std::string& name, const kernels::Prepared& prepared, const kernels::OpContext& context,
                const Matrix& x, const Matrix& w, const Shape& shape, int x_parts) {
  const std::vector<cl::Buffer> in = {x.buffer, w.buffer};
  const std::vector<cl::Buffer> out = {device.allocate(shape.tokens * shape.rows * 4)};
  device.fill(out[0], 0xFF, 0, out[0].bytes());
  const cl::Buffer scratch = device.allocate(std::max<int64_t>(4, prepared.scratch_bytes));
  std::vector<cl::Kernel> kernels;
  for (const kernels::Launch& launch : prepared.launches)
    kernels.emplace_back(programs.build(device, launch.program), launch.kernel);
  const auto launches = [&](size_t first) {
    for (size_t k = first; k < kernels.size(); ++k)
      enqueue(device, kernels[k], prepared.launches[k], in, out, scratch, context.most);
  };
  launches(0);
  device.finish();
  const std::string& format = context.input(1).weight()->format;
  const bool checked = kernels::layout_of(*context.input(1).weight()).expert_scale_bytes == 0;
  const double off = checked ? error_of(device, out[0], x, w, shape.tokens, shape.rows) : 0.0;
  const double flops = 2.0 * static_cast<double>(shape.tokens) * static_cast<double>(shape.rows * shape.cols);
  const int calls = name == "linear/tile" ? 1 : static_cast<int>(std::clamp(kEnqueued / flops, 4.0, 200.0));
  const double seconds = seconds_of(device, calls, [&] { launches(0); });
  // Without packing: of several launches the first two pack.
  const double alone = kernels.size() < 3 ? seconds : seconds_of(device, calls, [&] { launches(2); });
  std::printf("%-13s x %d %-17s %-14s %5lld x %6lld x %5lld %9.1f us %6.1f TFLOP/s, product alone %6.1f",
              name.c_str(), x_parts, format.c_str(), shape.name, static_cast<long long>(shape.tokens),
              static_cast<long long>(shape.rows), static_cast<long long>(shape.cols), seconds * 1e6,
              flops / seconds * 1e-12, flops / alone * 1e-12);
  std::printf(checked ? ", error %.1e\n" : "\n", off);
  std::fflush(stdout);
  json << "{\"variant\": \"" << name << "\", \"x_parts\": " << x_parts << ", \"format\": \"" << format
       << "\", \"shape\": \"" << shape.name << "\", \"rows\": " << shape.rows << ", \"cols\": " << shape.cols
       << ", \"tokens\": " << shape.tokens << ", \"us\": " << seconds * 1e6
       << ", \"product_us\": " << alone * 1e6 << ", \"error\": " << off << "}\n";
}

void bench(Bench& bench, const std::string& format, const Shape& shape) {
  const graph::Graph graph = linear_graph(format, shape);
  const graph::Graph few = linear_graph(format, {shape.name, kDistinct, kDistinct, shape.cols});
  const graph::Sizes sizes{shape.tokens, shape.tokens, shape.tokens};
  const kernels::OpContext context{graph, graph.nodes.front(), bench.device.info(), sizes};
  const Matrix x = random_matrix(bench.device, few, 0, context);
  const Matrix w = random_matrix(bench.device, few, 1, context);
  for (const kernels::Variant& v : kernels::variants_of(graph::Linear{})) {
    const bool portable = v.name == "linear/tile";
    if (!v.supports(context).ok || v.name == "linear/rows") continue;
    if (portable && (format != "bf16" || shape.rows * shape.cols > 4096 * 4096)) continue;
    bench.run(std::string(v.name), v.prepare(context), context, x, w, shape,
              v.name == "linear/wgmma" ? 2 : 1);
    if (v.name == "linear/wgmma" && format == "bf16")
      bench.run(std::string(v.name), kernels::prepare_wgmma(context, 1), context, x, w, shape, 1);
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const int64_t tokens = argc > 1 ? std::clamp(std::atoll(argv[1]), 9LL, 16384LL) : 4096;
  const char* path = std::getenv("CLINFER_BENCH_JSON");
  cl::ProgramCache programs({.folder = ""});
  for (const graph::DeviceInfo& info : cl::list_devices().devices) {
    if (!info.usable || !info.is_gpu) continue;
    const cl::Device device(info);
    Bench all{device, programs, std::ofstream(path == nullptr ? "/dev/null" : path, std::ios::app)};
    for (const char* format : kFormats) {
      for (Shape shape : kShapes) {
        const bool main_format = std::string_view(format) == "bf16";
        if (shape.tokens != 0 && (tokens < 4096 || !main_format)) continue;
        if (shape.tokens == 0) shape.tokens = tokens;
        if (!main_format && std::string_view(shape.name) != "o" &&
            std::string_view(shape.name) != "llama down")
          continue;
        bench(all, format, shape);
      }
    }
  }
  return 0;
} catch (const Error& error) {
  std::fprintf(stderr, "bench_prompt: %s\n", error.what());
  return static_cast<int>(error.fault());
}
