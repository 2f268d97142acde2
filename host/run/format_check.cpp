#include "host/run/format_check.h"

#include <cmath>
#include <cstring>
#include <random>

#include "host/kernels/trial.h"
#include "host/kernels/value_bytes.h"
#include "quant/error.h"

namespace clinfer::run {
namespace {

constexpr int64_t kRows = 128;
constexpr int64_t kCols = 512;

/// An embedding that copies each row of the table once: the plainest use of a decoder.
graph::Graph lookup(const std::string& format) {
  graph::Builder builder("format_check");
  const graph::ValueId ids = builder.input("ids", {graph::DType::i32, graph::kTokens, 1});
  const graph::ValueId table = builder.weight("table", kRows, kCols);
  builder.output(builder.add(graph::Embedding{}, "table", {ids, table}), "rows");
  graph::Graph graph = builder.finish(0);
  std::get<graph::Weight>(graph.value(table).source).format = format;
  return graph;
}

/// Each row has its own magnitude, from 2^-40 to 2^23; every seventh value is a multiple of 1/16 of it, so
/// that many lie on codes and between two; some are zero.
graph::Array table_values() {
  graph::Array table(kRows, kCols);
  std::mt19937_64 random(1);
  for (int64_t r = 0; r < kRows; ++r) {
    const double scale = std::ldexp(1.0, static_cast<int>(r / 2) - 40);
    for (int64_t c = 0; c < kCols; ++c) {
      const double uniform = static_cast<double>(random() >> 11) * 0x1p-52 - 1;
      const bool round = (r + c) % 7 == 0;
      table.at(r, c) = c % 61 == 0 ? 0 : scale * (round ? std::round(uniform * 16) / 16 : uniform);
    }
  }
  return table;
}

bool same(double host, double device) {
  return host == device || (std::isnan(host) && std::isnan(device));
}

}  // namespace

FormatCheck check_format(const cl::Device& device, cl::ProgramCache& programs, const std::string& format) {
  const graph::Graph graph = lookup(format);
  const graph::Node& node = graph.nodes.front();
  const graph::Sizes sizes{kRows, 1, 1};
  const kernels::OpContext context{graph, node, device.info(), sizes};
  FormatCheck check;
  for (const kernels::Variant& variant : kernels::variants_of(node.op)) {
    const kernels::Support support = variant.supports(context);
    check.fault = support.ok ? "" : support.reason;
    if (!support.ok) continue;
    graph::Array ids(kRows, 1);
    for (int64_t r = 0; r < kRows; ++r) ids.at(r, 0) = static_cast<double>(r);
    const graph::Value& table = graph.value(node.inputs[1]);
    const kernels::Bytes held = kernels::encode(table, table_values());
    const kernels::Bytes inputs[] = {kernels::encode(graph.value(node.inputs[0]), ids), held};
    const kernels::TrialResult result = kernels::run_trial(device, programs, variant, context, inputs, sizes);
    const graph::Array expected = kernels::decode(table, held, sizes);
    const graph::Array got = kernels::decode(graph.value(node.outputs[0]), result.outputs[0], sizes);
    for (size_t i = 0; i < expected.data.size(); ++i)
      check.mismatches += !same(expected.data[i], got.data[i]);
    check.values = static_cast<int64_t>(expected.data.size());
    return check;
  }
  return check;
}

}  // namespace clinfer::run
