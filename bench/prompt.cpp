// Many-token linear at real shapes: TFLOP/s of a prompt's matrix products by the variant that plans take,
// with activations as floats and rounded. Checked against sums in double.
//   bench_prompt [tokens]       JSON lines to the file CLINFER_BENCH_JSON
#include <algorithm>
#include <cmath>
#include <cstdio>
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
struct Operands {
  const char* weights;
  const char* activations;  ///< "": floats
  bool everywhere;          ///< at all shapes, else at two
};
constexpr Operands kOperands[] = {{"bf16", "bf16", true},
                                  {"bf16", "", true},
                                  {"mxint8", "mxint8", true},
                                  {"int8_g32", "int8_g32", false},
                                  {"q8_0", "bf16", false},
                                  {"q8_0", "", false},
                                  {"q4_0", "", false},
                                  {"mxint8", "", false},
                                  {"fp8_e4m3_128x128", "", false}};

/// The weight of `context`, of random rows that it repeats; `few` is the same matrix with kDistinct rows, one
/// after the other.
bench::Rows random_weight(const cl::Device& device, const graph::Value& few,
                          const kernels::OpContext& context) {
  const bench::Rows distinct = bench::normal_rows(device, few, bench::kDistinct, 2);
  kernels::Bytes bytes(static_cast<size_t>(distinct.buffer.bytes()));
  device.read(distinct.buffer, bytes);
  const graph::Weight& weight = *context.input(1).weight();
  const kernels::WeightLayout layout = kernels::layout_of(weight);
  const kernels::WeightLayout from = kernels::layout_of(*few.weight());
  const auto codes = std::span(bytes).first(static_cast<size_t>(from.expert_code_bytes));
  bench::Rows result{distinct.distinct, device.allocate(layout.bytes)};
  if (weight.row_group > 1) {
    kernels::Bytes whole(static_cast<size_t>(layout.expert_code_bytes));
    for (size_t i = 0; i < whole.size(); ++i) whole[i] = codes[i % codes.size()];
    kernels::group(weight, whole);
    device.write(result.buffer, whole);
  } else {
    bench::write_repeated(device, result.buffer, 0, layout.expert_code_bytes, codes);
  }
  if (layout.expert_scale_bytes > 0)
    bench::write_repeated(device, result.buffer, layout.scales_offset, layout.expert_scale_bytes,
                          std::span(bytes).subspan(static_cast<size_t>(from.scales_offset)));
  return result;
}

/// Largest error over some elements in units of the sum of their products' magnitudes.
double error_of(const cl::Device& device, const cl::Buffer& y, const bench::Rows& x, const bench::Rows& w,
                int64_t tokens, int64_t rows) {
  std::vector<float> got(static_cast<size_t>(tokens * rows));
  device.read(y, std::as_writable_bytes(std::span(got)));
  double worst = 0;
  for (int64_t t = 0; t < tokens; t += 89) {
    for (int64_t r = t % 7; r < rows; r += 173) {
      double sum = 0;
      double magnitude = 0;
      for (int64_t i = 0; i < x.distinct.cols; ++i) {
        const double product = x.distinct.at(t % x.distinct.rows, i) * w.distinct.at(r % bench::kDistinct, i);
        sum += product;
        magnitude += std::abs(product);
      }
      const double off = std::abs(got[static_cast<size_t>(t * rows + r)] - sum) / magnitude;
      worst = off <= worst ? worst : off;
    }
  }
  return worst;
}

void measure(const bench::Bench& bench, const Operands& operands, const Shape& shape) {
  const cl::Device& device = bench.device;
  graph::Graph graph = bench::linear_graph(operands.weights, shape.rows, shape.cols, operands.activations);
  const graph::Graph few = bench::linear_graph(operands.weights, bench::kDistinct, shape.cols);
  const graph::Node& node = graph.nodes.front();
  auto& weight = std::get<graph::Weight>(graph.value(node.inputs[1]).source);
  if (kernels::suits_row_tiles(device.info(), weight, graph.value(node.inputs[0]).type))
    weight.row_group = kernels::kTileRows;
  const graph::Sizes sizes{shape.tokens, shape.tokens, shape.tokens};
  const kernels::OpContext context{graph, node, device.info(), sizes};
  const kernels::Variant* variant = bench::variant_for(context);
  const bench::Rows x = bench::normal_rows(device, context.input(0), shape.tokens);
  const bench::Rows w = random_weight(device, few.value(few.nodes.front().inputs[1]), context);
  const std::vector<cl::Buffer> in = {x.buffer, w.buffer};
  const std::vector<cl::Buffer> out = {device.allocate(shape.tokens * shape.rows * 4)};
  device.fill(out[0], 0xFF, 0, out[0].bytes());
  bench::Step step(device, bench.programs, variant->prepare(context), sizes);
  step.enqueue(in, out);
  device.finish();
  const bool checked = kernels::layout_of(weight).expert_scale_bytes == 0 || weight.format == "mxint8";
  const double off = checked ? error_of(device, out[0], x, w, shape.tokens, shape.rows) : 0.0;
  const double flops = 2.0 * static_cast<double>(shape.tokens) * static_cast<double>(shape.rows * shape.cols);
  const int calls = static_cast<int>(std::clamp(kEnqueued / flops, 4.0, 200.0));
  const double seconds =
      bench::time_calls(device, kRounds, calls, [&](size_t) { step.enqueue(in, out); }).median;
  // Without packing: of several launches the last two multiply, and one of them is skipped.
  const size_t multiply = step.launches() < 3 ? 0 : step.launches() - 2;
  const double alone =
      bench::time_calls(device, kRounds, calls, [&](size_t) { step.enqueue(in, out, multiply); }).median;
  const std::string name(variant->name);
  std::printf("%-13s %-17s x %-9s %-14s %5lld x %6lld x %5lld %9.1f us %6.1f TFLOP/s, product alone %6.1f",
              name.c_str(), operands.weights, *operands.activations == 0 ? "f32" : operands.activations,
              shape.name, static_cast<long long>(shape.tokens), static_cast<long long>(shape.rows),
              static_cast<long long>(shape.cols), seconds * 1e6, flops / seconds * 1e-12,
              flops / alone * 1e-12);
  std::printf(checked ? ", error %.1e\n" : "\n", off);
  std::fflush(stdout);
  bench.json << "{\"variant\": \"" << name << "\", \"weights\": \"" << operands.weights
             << "\", \"activations\": \"" << operands.activations << "\", \"shape\": \"" << shape.name
             << "\", \"rows\": " << shape.rows << ", \"cols\": " << shape.cols
             << ", \"tokens\": " << shape.tokens << ", \"us\": " << seconds * 1e6
             << ", \"product_us\": " << alone * 1e6 << ", \"error\": " << off << "}" << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t tokens = std::max<int64_t>(9, bench::numbers(argc, argv, 1, 16384, {4096})[0]);
  return bench::run("bench_prompt", bench::Kind::gpus, [&](const bench::Bench& bench) {
    for (const Operands& operands : kOperands) {
      for (Shape shape : kShapes) {
        const std::string_view name = shape.name;
        if (shape.tokens != 0 && (tokens < 4096 || !operands.everywhere)) continue;
        if (shape.tokens == 0) shape.tokens = tokens;
        if (operands.everywhere || name == "o" || name == "llama down") measure(bench, operands, shape);
      }
    }
  });
}
