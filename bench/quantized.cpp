// Products of quantised activations with quantised weights for many tokens, by the variant that plans take,
// at DeepSeek-V3's shapes: one matrix and 256 experts of which a token has 8. Random weights (host/run).
//   bench_quantized [tokens ...]      JSON lines to the file CLINFER_BENCH_JSON
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <random>
#include <set>
#include <string_view>

#include "bench/data.h"
#include "bench/program.h"
#include "bench/step.h"
#include "bench/timing.h"
#include "host/kernels/row_tiles.h"
#include "host/kernels/weight_layout.h"
#include "host/run/dummy_weights.h"
#include "quant/format.h"

using namespace clinfer;

namespace {

constexpr int kRounds = 5;
constexpr int64_t kExperts = 256;
constexpr int64_t kTopK = 8;

struct Product {
  const char* weights;
  const char* activations;
  int64_t rows;
  int64_t cols;
  int64_t experts;  ///< 1: one matrix
};
constexpr const char* kE4m3 = "fp8_e4m3_128x128";
constexpr const char* kE4m3X = "fp8_e4m3_1x128";
constexpr Product kProducts[] = {
    {kE4m3, kE4m3X, 2112, 7168, 1},        {kE4m3, kE4m3X, 24576, 1536, 1},
    {kE4m3, kE4m3X, 7168, 16384, 1},       {kE4m3, kE4m3X, 4096, 7168, 1},
    {kE4m3, kE4m3X, 7168, 2048, 1},        {kE4m3, kE4m3X, 28672, 4096, 1},
    {kE4m3, kE4m3X, 2048, 7168, kExperts}, {kE4m3, kE4m3X, 7168, 2048, kExperts},
    {"mxint8", "mxint8", 7168, 2048, 1},   {"int8_g32", "int8_g32", 7168, 2048, 1},
};

/// The graph of one product, and which of its values are x, ids (or -1) and the weight.
struct Node {
  graph::Graph graph;
  graph::ValueId x, ids, weight;
};

Node node_of(const Product& p) {
  graph::Builder b("bench");
  Node node{};
  node.x = b.input("x", {graph::DType::f32, graph::kTokens, p.cols, p.activations});
  node.ids = p.experts == 1 ? -1 : b.input("ids", {graph::DType::i32, graph::kTokens, kTopK});
  node.weight =
      p.experts == 1 ? b.weight("w", p.rows, p.cols) : b.expert_weight("w", {"w"}, p.experts, p.rows, p.cols);
  b.output(p.experts == 1 ? b.add(graph::Linear{}, "y", {node.x, node.weight})
                          : b.add(graph::ExpertLinear{}, "y", {node.x, node.ids, node.weight}),
           "y");
  node.graph = b.finish(0);
  std::get<graph::Weight>(node.graph.value(node.weight).source).format = p.weights;
  return node;
}

/// Experts of each token, all different.
std::vector<int32_t> make_ids(int64_t tokens) {
  std::mt19937_64 random(2);
  std::vector<int32_t> order(kExperts);
  std::iota(order.begin(), order.end(), 0);
  std::vector<int32_t> ids;
  for (int64_t t = 0; t < tokens; ++t) {
    for (int64_t i = 0; i < kTopK; ++i)
      std::swap(order[static_cast<size_t>(i)],
                order[static_cast<size_t>(i) + random() % static_cast<uint64_t>(kExperts - i)]);
    ids.insert(ids.end(), order.begin(), order.begin() + kTopK);
  }
  return ids;
}

/// Largest error over some elements of y [tokens, slots * rows] in units of the sum of their products'
/// magnitudes.
double error_of(const cl::Device& device, const cl::Buffer& y, const bench::Rows& x,
                const graph::Weight& weight, const cl::Buffer& w, std::span<const int32_t> ids,
                int64_t tokens) {
  const quant::Format& format = *quant::find_format(weight.format);
  const kernels::WeightLayout layout = kernels::layout_of(weight);
  const int64_t slots = ids.empty() ? 1 : kTopK;
  std::vector<uint8_t> codes(static_cast<size_t>(layout.expert_code_bytes));
  std::vector<uint8_t> scales(static_cast<size_t>(layout.expert_scale_bytes));
  std::vector<float> row(static_cast<size_t>(weight.cols));
  double worst = 0;
  for (int64_t i = 0; i < 8; ++i) {
    const int64_t token = i * 1237 % tokens;
    const int64_t slot = i % slots;
    const int64_t expert = ids.empty() ? 0 : ids[static_cast<size_t>(token * slots + slot)];
    if (i == 0 || !ids.empty()) {
      device.read(w, std::as_writable_bytes(std::span(codes)), expert * layout.expert_code_bytes);
      graph::Weight one = weight;
      one.experts = 1;
      kernels::ungroup(one, std::as_writable_bytes(std::span(codes)));
      if (!scales.empty())
        device.read(w, std::as_writable_bytes(std::span(scales)),
                    layout.scales_offset + expert * layout.expert_scale_bytes);
    }
    std::vector<float> got(static_cast<size_t>(weight.rows));
    device.read(y, std::as_writable_bytes(std::span(got)), (token * slots + slot) * weight.rows * 4);
    for (int64_t r = i * 7; r < weight.rows; r += 61) {
      format.decode_row(codes.data(), scales.data(), r, weight.cols, row.data());
      double sum = 0;
      double magnitude = 0;
      for (int64_t c = 0; c < weight.cols; ++c) {
        const double product = x.distinct.at(token % x.distinct.rows, c) * row[static_cast<size_t>(c)];
        sum += product;
        magnitude += std::abs(product);
      }
      const double off = std::abs(got[static_cast<size_t>(r)] - sum) / magnitude;
      if (!(off <= worst) && !std::isnan(worst)) worst = off;
    }
  }
  return worst;
}

void measure(const bench::Bench& bench, const Product& p, int64_t tokens) {
  const cl::Device& device = bench.device;
  Node node = node_of(p);
  auto& held = std::get<graph::Weight>(node.graph.value(node.weight).source);
  if (kernels::suits_row_tiles(device.info(), held, node.graph.value(node.x).type))
    held.row_group = kernels::kTileRows;
  const graph::Sizes sizes{tokens, tokens, tokens};
  const kernels::OpContext context{node.graph, node.graph.nodes.front(), device.info(), sizes};
  const kernels::Variant* variant = bench::variant_for(context);
  bench::Step step(device, bench.programs, variant->prepare(context), sizes);
  const graph::Weight& weight = *node.graph.value(node.weight).weight();
  const kernels::WeightLayout layout = kernels::layout_of(weight);
  const cl::Buffer w = device.allocate(layout.bytes);
  run::DummyWeights(device).fill(weight, w);
  const std::vector<int32_t> ids = make_ids(p.experts == 1 ? 0 : tokens);
  const bench::Rows x = bench::normal_rows(device, node.graph.value(node.x), tokens);
  std::vector<cl::Buffer> in = {x.buffer};
  if (p.experts > 1) in.push_back(bench::upload(device, std::as_bytes(std::span(ids))));
  in.push_back(w);
  const int64_t slots = p.experts == 1 ? 1 : kTopK;
  const std::vector<cl::Buffer> out = {device.allocate(tokens * slots * p.rows * 4)};
  step.enqueue(in, out);
  device.finish();
  const double error = error_of(device, out[0], x, weight, w, ids, tokens);
  const double flops =
      2.0 * static_cast<double>(tokens * slots) * static_cast<double>(p.rows) * static_cast<double>(p.cols);
  const double hit = p.experts == 1 ? 1.0 : static_cast<double>(std::set(ids.begin(), ids.end()).size());
  const double bytes = hit * static_cast<double>(layout.expert_code_bytes + layout.expert_scale_bytes);
  const int calls = static_cast<int>(std::clamp(2e12 / flops, 4.0, 100.0));
  const double seconds =
      bench::time_calls(device, kRounds, calls, [&](size_t) { step.enqueue(in, out); }).median;
  // Of several launches the last multiplies, of one matrix the last two, one of which is skipped.
  const size_t multiply = step.launches() < 3 ? 0 : step.launches() - (p.experts > 1 ? 1 : 2);
  const double alone =
      bench::time_calls(device, kRounds, calls, [&](size_t) { step.enqueue(in, out, multiply); }).median;
  std::printf(
      "%-22s %-16s %5lld x %5lld x %5lld, %3lld experts %9.1f us %7.1f T/s, product alone %9.1f us "
      "%7.1f T/s %6.0f GB/s, error %.1e\n",
      std::string(variant->name).c_str(), p.weights, static_cast<long long>(tokens),
      static_cast<long long>(p.rows), static_cast<long long>(p.cols), static_cast<long long>(p.experts),
      seconds * 1e6, flops / seconds * 1e-12, alone * 1e6, flops / alone * 1e-12, bytes / alone * 1e-9,
      error);
  std::fflush(stdout);
  bench.json << "{\"variant\": \"" << variant->name << "\", \"weights\": \"" << p.weights
             << "\", \"m\": " << tokens << ", \"n\": " << p.rows << ", \"k\": " << p.cols
             << ", \"experts\": " << p.experts << ", \"us\": " << seconds * 1e6
             << ", \"product_us\": " << alone * 1e6 << ", \"tflop_s\": " << flops / seconds * 1e-12
             << ", \"product_tflop_s\": " << flops / alone * 1e-12 << ", \"error\": " << error
             << ", \"weight_gb_s\": " << bytes / seconds * 1e-9 << "}" << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  const auto counts = bench::numbers(argc, argv, 1, 16384, {4096, 128, 64, 32});
  return bench::run("bench_quantized", bench::Kind::gpus, [&](const bench::Bench& bench) {
    for (const int64_t tokens : counts) {
      for (const Product& p : kProducts) {
        const bool integers = std::string_view(p.activations) != kE4m3X;
        if (!integers || tokens >= 4096) measure(bench, p, tokens);
      }
    }
  });
}
