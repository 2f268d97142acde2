#include "host/report/section_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "host/report/attribution.h"
#include "host/report/cells.h"

namespace clinfer::report {
namespace {

constexpr size_t kMostColumns = 8;

/// At most kMostColumns of `count` items, evenly, the first and last among them.
std::vector<size_t> spread(size_t count) {
  std::vector<size_t> picked;
  const size_t n = std::min(count, kMostColumns);
  for (size_t i = 0; i < n; ++i) picked.push_back(n == 1 ? 0 : i * (count - 1) / (n - 1));
  return picked;
}

std::string layer_name(int layer) {
  return layer < 0 ? "embedding" : fmt::format("layer {}", layer);
}

std::string worst_units(double worst) {
  return std::isinf(worst) ? "wrong" : fmt::format("{:.3g}", worst);
}

Row draft_cells(const DraftAgreement& draft) {
  return {share_with_interval(draft.same), std::to_string(draft.same.count)};
}

Row needle_cells(const Needle& needle) {
  Row row = {with_interval(needle.absent)};
  for (const NeedleDepth& d : needle.depths)
    row.push_back(fmt::format("{} ({:.0f} %)", with_interval(d.nll), 100 * d.found.mean));
  return row;
}

}  // namespace

Table propagation_table(const Report& report) {
  Table table{
      "Residual stream by layer",
      "SQNR in dB of what flows from layer to layer, beside the base's run of the same tokens: errors "
      "of all layers before add up in it.",
      {"candidate"},
      {}};
  const auto first = std::find_if(report.candidates.begin(), report.candidates.end(),
                                  [](const CandidateResult& r) { return r.propagation.has_value(); });
  if (first == report.candidates.end()) return table;
  const std::vector<size_t> picked = spread(first->propagation->layers.size());
  for (const size_t i : picked) table.columns.push_back(layer_name(first->propagation->layers[i].layer));
  table.columns.insert(table.columns.end(), {"dB a layer", "tokens"});
  return for_candidates(report, table, [&](const CandidateResult& r) {
    Row row;
    if (!r.propagation) return row;
    for (const size_t i : picked) row.push_back(decibel(r.propagation->layers.at(i).db()));
    row.push_back(r.propagation->slope_db ? fmt::format("{:+.3f}", *r.propagation->slope_db) : "-");
    row.push_back(std::to_string(r.propagation->tokens));
    return row;
  });
}

Table own_error_table(const Report& report) {
  std::set<std::string> roles;
  std::map<std::string, std::map<std::string, std::pair<double, double>>> sums;
  for (const CandidateResult& r : report.candidates) {
    for (const TensorError& t : r.tensors) {
      if (t.output_tokens == 0) continue;
      auto& [signal, noise] = sums[r.candidate.name][t.role];
      signal += t.output_signal;
      noise += t.output_noise;
      roles.insert(t.role);
    }
  }
  Table table{
      "Own error of matrices",
      "SQNR in dB of the outputs of converted matrices on the base's inputs, by what they are for: "
      "nothing of earlier layers' errors is in it. Experts have no inputs that are the same in all runs.",
      {"candidate"},
      {}};
  table.columns.insert(table.columns.end(), roles.begin(), roles.end());
  return for_candidates(report, table, [&](const CandidateResult& r) {
    Row row;
    const auto own = sums.find(r.candidate.name);
    if (own == sums.end()) return row;
    for (const std::string& role : roles) {
      const auto sum = own->second.find(role);
      row.push_back(sum == own->second.end() ? "-" : decibel(sqnr_db(sum->second.first, sum->second.second)));
    }
    return row;
  });
}

Table routing_table(const Report& report) {
  Table table{
      "Routing",
      "Tokens whose set of experts is not the base's, by layer, with the 95 % interval; then, over all "
      "layers, the share of experts that stay and the error of the gate's weights.",
      {"candidate"},
      {}};
  for (const CandidateResult& r : report.candidates) {
    if (r.routing.empty() || table.columns.size() > 1) continue;
    for (const size_t i : spread(r.routing.size())) table.columns.push_back(layer_name(r.routing[i].layer));
    table.columns.insert(table.columns.end(), {"experts kept", "gate error", "tokens"});
  }
  return for_candidates(report, table, [](const CandidateResult& r) {
    Row row;
    double kept = 0, error = 0;
    for (const RoutingLayer& layer : r.routing) {
      kept += layer.kept.mean / static_cast<double>(r.routing.size());
      error += layer.gate_error.mean / static_cast<double>(r.routing.size());
    }
    if (r.routing.empty()) return row;
    for (const size_t i : spread(r.routing.size())) row.push_back(share_with_interval(r.routing[i].changed));
    row.push_back(percent(kept));
    row.push_back(percent(error));
    row.push_back(std::to_string(r.routing.front().changed.count));
    return row;
  });
}

Table draft_table(const Report& report) {
  Table table{
      "Draft module",
      "Share of tokens where the module proposes what the model then holds most likely: what a greedy "
      "run accepts, along the text.",
      {"candidate", "agreement", "tokens"},
      {}};
  if (!report.base_draft) return table;
  table = for_candidates(report, table,
                         [](const CandidateResult& r) { return r.draft ? draft_cells(*r.draft) : Row{}; });
  Row base = draft_cells(*report.base_draft);
  base.insert(base.begin(), report.base.name);
  table.rows.insert(table.rows.begin(), base);
  return table;
}

Table needle_table(const Report& report) {
  Table table{
      "Needle",
      "A string of tokens in an arbitrary order, planted at a depth of the context and begun again at its "
      "end: -log p of the tokens that must follow (nats, 95 % interval) and the share of them that are "
      "the most likely ones. Absent: the same tokens where nothing was planted.",
      {"candidate", "absent"},
      {}};
  if (!report.base_needle) return table;
  for (const NeedleDepth& d : report.base_needle->depths)
    table.columns.push_back(fmt::format("depth {:.0f} %", 100 * d.depth));
  table = for_candidates(report, table,
                         [](const CandidateResult& r) { return r.needle ? needle_cells(*r.needle) : Row{}; });
  Row base = needle_cells(*report.base_needle);
  base.insert(base.begin(), report.base.name);
  table.rows.insert(table.rows.begin(), base);
  return table;
}

Table generation_table(const Report& report) {
  return for_candidates(report,
                        {"Generation",
                         "Greedy texts from the same prompts: where they leave the base's, and the base's "
                         "margin there (nats; near "
                         "0 it was a tie).",
                         {"candidate", "median tokens to it", "identical", "margin", "texts"},
                         {}},
                        [](const CandidateResult& r) {
                          if (!r.generation) return Row{};
                          const Generation& g = *r.generation;
                          return Row{fmt::format("{:g} of {}", g.median, g.length), percent(g.identical.mean),
                                     g.margin.count > 0 ? with_interval(g.margin) : "-",
                                     std::to_string(g.first_differences.size())};
                        });
}

Table activation_table(const Report& report) {
  Table table{
      "Activations",
      "What formats would lose on the inputs of matrix products, SQNR in dB over the base's run: by role. "
      "Outlier: the largest column's RMS over the median one, in the worst matrix.",
      {"role"},
      {}};
  std::vector<std::string> formats;
  for (const ActivationError& e : report.activations) {
    if (std::find(formats.begin(), formats.end(), e.format) == formats.end()) formats.push_back(e.format);
  }
  table.columns.insert(table.columns.end(), formats.begin(), formats.end());
  table.columns.insert(table.columns.end(), {"outlier", "kurtosis", "values"});
  for (const ActivationShape& shape : report.activation_shapes) {
    Row row = {shape.role};
    for (const std::string& format : formats) {
      const auto found =
          std::find_if(report.activations.begin(), report.activations.end(),
                       [&](const ActivationError& e) { return e.role == shape.role && e.format == format; });
      row.push_back(found == report.activations.end() ? "-" : decibel(sqnr_db(found->signal, found->noise)));
    }
    row.insert(row.end(), {fmt::format("{:.1f}", shape.outlier_channel),
                           fmt::format("{:.1f}", shape.kurtosis), std::to_string(shape.elements)});
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table agreement_table(const Report& report) {
  Table table{"Determinism",
              "The base's logits of the same rows, twice. Different kernels and devices add in other orders.",
              {"runs", "rows", "same bits", "max |difference|", "mean KL", "top-1"},
              {}};
  for (const RunAgreement& a : report.agreements)
    table.rows.push_back({a.what, std::to_string(a.rows), std::to_string(a.identical_rows),
                          fmt::format("{:.3g}", a.max_abs), fmt::format("{:.3g}", a.kl.mean),
                          percent(a.top1.mean)});
  return table;
}

Table kernel_table(const Report& report) {
  Table table{"Kernels",
              "Error of each kernel beside double precision on the same operands, in units of what its "
              "arithmetic allows: 1 is the bound.",
              {"kernel", "phase", "reads", "device", "worst", "RMS", "values"},
              {}};
  for (const run::KernelError& e : report.kernel_errors)
    table.rows.push_back({e.variant, e.phase, e.formats.empty() ? "-" : e.formats, e.device,
                          worst_units(e.worst), worst_units(e.rms), std::to_string(e.elements)});
  return table;
}

Table conformance_table(const Report& report) {
  Table table{"Conformance",
              "Each format decoded on the device beside the host's codec, bit by bit.",
              {"format", "device", "values", "differ", ""},
              {}};
  for (const Conformance& c : report.conformance)
    table.rows.push_back(
        {c.format, c.device, std::to_string(c.values), std::to_string(c.mismatches), c.fault});
  return table;
}

Table attribution_table(const Report& report) {
  Table table{"Attribution", "", {"part", "KL alone", "share", "KL without", "saves", "KL a MiB saved"}, {}};
  if (!report.attribution) return table;
  const Attribution& a = *report.attribution;
  table.title += " of " + a.candidate;
  table.note = "KL when only one part of the model is changed, and when all but it is. " + advice_of(a);
  for (const AttributedPart& p : a.parts)
    table.rows.push_back({p.name, with_interval(p.alone), a.sum() > 0 ? percent(p.alone.mean / a.sum()) : "-",
                          fmt::format("{:.3g}", p.rest),
                          p.bytes_saved > 0 ? readable_bytes(static_cast<double>(p.bytes_saved)) : "-",
                          p.bytes_saved > 0 ? fmt::format("{:.3g}", p.loss_per_mebibyte()) : "-"});
  return table;
}

Table blocks_table(const Report& report) {
  Table table{"Worst blocks",
              "The blocks of each candidate that lose most, in whichever tensor: first row and column, size.",
              {"candidate", "tensor", "row", "column", "size", "share of noise", "SQNR dB"},
              {}};
  for (const CandidateResult& r : report.candidates) {
    std::vector<const WorstBlock*> blocks;
    double noise = 0;
    for (const TensorError& t : r.tensors) {
      noise += t.noise;
      for (const WorstBlock& b : t.worst_blocks) blocks.push_back(&b);
    }
    std::stable_sort(blocks.begin(), blocks.end(),
                     [](const WorstBlock* a, const WorstBlock* b) { return a->noise > b->noise; });
    blocks.resize(std::min(blocks.size(), kWorstBlocks));
    for (const WorstBlock* b : blocks)
      table.rows.push_back({r.candidate.name, b->tensor, std::to_string(b->row), std::to_string(b->col),
                            fmt::format("{} x {}", b->rows, b->cols),
                            fmt::format("{:.2g} %", 100 * b->noise / noise),
                            decibel(sqnr_db(b->signal, b->noise))});
  }
  return table;
}

Table history_table(const Report& report) {
  Table table{
      "History", "Beside " + report.previous + ".", {"candidate", "figure", "then", "now", "change"}, {}};
  for (const HistoryRow& h : report.history) {
    const double change = h.before != 0 ? (h.now - h.before) / std::fabs(h.before) : 0;
    table.rows.push_back({h.name, h.figure, fmt::format("{:.6g}", h.before), fmt::format("{:.6g}", h.now),
                          fmt::format("{:+.3f} %", 100 * change)});
  }
  return table;
}

std::vector<Table> section_tables(const Report& report) {
  std::vector<Table> all = {propagation_table(report), own_error_table(report),   routing_table(report),
                            draft_table(report),       needle_table(report),      generation_table(report),
                            activation_table(report),  attribution_table(report), blocks_table(report),
                            agreement_table(report),   kernel_table(report),      conformance_table(report),
                            history_table(report)};
  std::erase_if(all, [](const Table& table) { return table.rows.empty(); });
  return all;
}

}  // namespace clinfer::report
