#include "host/report/section_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace clinfer::report {
namespace {

using nlohmann::json;

template <class T, class Make>
json list_of(const std::vector<T>& items, Make make) {
  json list = json::array();
  for (const T& item : items) list.push_back(make(item));
  return list;
}

json needle_json(const Needle& n) {
  return {{"context", n.context},
          {"absent_nll", estimate_json(n.absent)},
          {"depths", list_of(n.depths, [](const NeedleDepth& d) {
             return json{{"depth", d.depth},
                         {"nll", estimate_json(d.nll)},
                         {"nll_difference", estimate_json(d.difference)},
                         {"kl", estimate_json(d.kl)},
                         {"found", estimate_json(d.found)}};
           })}};
}

json routing_json(const RoutingLayer& l) {
  return {{"layer", l.layer},
          {"changed", estimate_json(l.changed)},
          {"kept", estimate_json(l.kept)},
          {"gate_error", estimate_json(l.gate_error)}};
}

json propagation_json(const Propagation& p) {
  return {{"tokens", p.tokens},
          {"slope_db", p.slope_db ? json(*p.slope_db) : json(nullptr)},
          {"layers", list_of(p.layers, [](const LayerError& l) {
             return json{{"layer", l.layer}, {"sqnr_db", finite_json(l.db())}};
           })}};
}

json attribution_json(const Attribution& a) {
  return {{"candidate", a.candidate},
          {"kl", a.whole},
          {"sum", a.sum()},
          {"parts", list_of(a.parts, [](const AttributedPart& p) {
             return json{{"name", p.name},
                         {"alone", estimate_json(p.alone)},
                         {"without", p.rest},
                         {"bytes_saved", p.bytes_saved},
                         {"kl_per_mebibyte", p.loss_per_mebibyte()}};
           })}};
}

json agreement_json(const RunAgreement& a) {
  return {{"what", a.what},
          {"rows", a.rows},
          {"identical_rows", a.identical_rows},
          {"max_abs", a.max_abs},
          {"kl", estimate_json(a.kl)},
          {"top1", estimate_json(a.top1)}};
}

json kernel_json(const run::KernelError& e) {
  return {{"device", e.device},       {"kernel", e.variant},  {"phase", e.phase},
          {"reads", e.formats},       {"values", e.elements}, {"worst", finite_json(e.worst)},
          {"rms", finite_json(e.rms)}};
}

json activation_json(const Report& report) {
  return {{"errors", list_of(report.activations,
                             [](const ActivationError& e) {
                               return json{{"role", e.role},
                                           {"format", e.format},
                                           {"values", e.elements},
                                           {"sqnr_db", finite_json(sqnr_db(e.signal, e.noise))}};
                             })},
          {"shapes", list_of(report.activation_shapes, [](const ActivationShape& s) {
             return json{{"role", s.role},
                         {"values", s.elements},
                         {"outlier_channel", s.outlier_channel},
                         {"kurtosis", s.kurtosis}};
           })}};
}

}  // namespace

json finite_json(double value) {
  return std::isfinite(value) ? json(value) : json(nullptr);
}

json estimate_json(const Estimate& e) {
  return {{"mean", e.mean}, {"standard_error", e.standard_error}, {"n", e.count}};
}

void add_sections(const CandidateResult& r, json& out) {
  if (r.propagation) out["propagation"] = propagation_json(*r.propagation);
  if (!r.routing.empty()) out["routing"] = list_of(r.routing, routing_json);
  if (r.draft) out["draft_agreement"] = estimate_json(r.draft->same);
  if (r.needle) out["needle"] = needle_json(*r.needle);
  if (r.generation)
    out["generation"] = {{"length", r.generation->length},
                         {"first_differences", r.generation->first_differences},
                         {"median", r.generation->median},
                         {"identical", estimate_json(r.generation->identical)},
                         {"margin", estimate_json(r.generation->margin)}};
}

void add_sections(const Report& report, json& out) {
  out["absent"] = report.absent;
  if (report.base_draft) out["base"]["draft_agreement"] = estimate_json(report.base_draft->same);
  if (report.base_needle) out["base"]["needle"] = needle_json(*report.base_needle);
  if (!report.activations.empty()) out["activations"] = activation_json(report);
  if (report.attribution) out["attribution"] = attribution_json(*report.attribution);
  out["determinism"] = list_of(report.agreements, agreement_json);
  out["kernel_errors"] = list_of(report.kernel_errors, kernel_json);
  out["conformance"] = list_of(report.conformance, [](const Conformance& c) {
    return json{{"device", c.device},
                {"format", c.format},
                {"values", c.values},
                {"mismatches", c.mismatches},
                {"fault", c.fault}};
  });
  out["history"] = list_of(report.history, [](const HistoryRow& h) {
    return json{{"candidate", h.name},
                {"figure", h.figure},
                {"before", finite_json(h.before)},
                {"now", finite_json(h.now)}};
  });
}

}  // namespace clinfer::report
