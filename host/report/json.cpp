#include "host/report/json.h"

#include <nlohmann/json.hpp>

#include "host/report/section_json.h"

namespace clinfer::report {
namespace {

using nlohmann::json;

template <class T>
json optional(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json perplexity_json(const Perplexity& p) {
  return {{"value", p.value}, {"standard_error", p.standard_error}, {"n", p.count}};
}

json candidate_json(const Candidate& c) {
  return {{"name", c.name}, {"weights", c.weights}, {"kv_cache", c.kv_cache}, {"settings", c.settings}};
}

json scales_json(const ScaleHistogram& h, bool block_maxima) {
  json powers = json::object();
  for (const auto& [power, count] : h.powers) powers[std::to_string(power)] = count;
  return {{"of", block_maxima ? "block maxima" : "scales"},
          {"log2", powers},
          {"zeros", h.zeros},
          {"nonfinite", h.nonfinite}};
}

json block_json(const WorstBlock& b) {
  return {{"tensor", b.tensor}, {"row", b.row},      {"column", b.col},
          {"rows", b.rows},     {"columns", b.cols}, {"sqnr_db", finite_json(sqnr_db(b.signal, b.noise))},
          {"noise", b.noise}};
}

json tensor_json(const TensorError& t) {
  json blocks = json::array();
  for (const WorstBlock& b : t.worst_blocks) blocks.push_back(block_json(b));
  return {{"name", t.name},
          {"role", t.role},
          {"layer", t.layer},
          {"elements", t.elements},
          {"stored", t.stored},
          {"held", t.held},
          {"held_bytes", t.held_bytes},
          {"sqnr_db", finite_json(t.sqnr_db())},
          {"cosine", t.cosine},
          {"max_abs_error", t.max_abs_error},
          {"max_rel_error", finite_json(t.max_rel_error)},
          {"clipped_share", optional(t.clipped_share)},
          {"flushed_share", t.flushed_share},
          {"nonfinite", t.nonfinite},
          {"scales", scales_json(t.scales, t.block_maxima)},
          {"worst_blocks", blocks},
          {"output_sqnr_db",
           t.output_tokens > 0 ? finite_json(sqnr_db(t.output_signal, t.output_noise)) : json(nullptr)},
          {"output_tokens", t.output_tokens}};
}

json percentiles_json(const Percentiles& p) {
  return {{"50", p.median}, {"90", p.p90}, {"95", p.p95}, {"99", p.p99}, {"99.9", p.p999}, {"100", p.max}};
}

json comparison_json(const Comparison& c) {
  json flips = json::array();
  for (const MarginBucket& b : c.flips)
    flips.push_back({{"from", b.from}, {"to", finite_json(b.to)}, {"tokens", b.rows}, {"flips", b.flips}});
  json depth = json::array();
  for (const DepthBucket& b : c.kl_by_depth)
    depth.push_back({{"from", b.from}, {"to", b.to}, {"kl", estimate_json(b.kl)}});
  json classes = json::array();
  for (const ClassBucket& b : c.by_class)
    classes.push_back({{"kind", name_of(b.kind)},
                       {"kl", estimate_json(b.kl)},
                       {"log_perplexity_difference", estimate_json(b.nll_difference)}});
  return {{"kl", estimate_json(c.kl)},
          {"kl_percentiles", percentiles_json(c.kl_percentiles)},
          {"reverse_kl", estimate_json(c.reverse_kl)},
          {"reverse_kl_percentiles", percentiles_json(c.reverse_percentiles)},
          {"jensen_shannon", estimate_json(c.jensen_shannon)},
          {"top1", estimate_json(c.top1)},
          {"top5", estimate_json(c.top5)},
          {"top10", estimate_json(c.top10)},
          {"entropy_change", estimate_json(c.entropy_change)},
          {"calibration_error", c.calibration_error},
          {"base_calibration_error", c.base_calibration_error},
          {"right_token_change", estimate_json(c.next_change)},
          {"right_token_change_rms", c.next_change_rms},
          {"perplexity", perplexity_json(c.perplexity)},
          {"word_perplexity", c.word_perplexity()},
          {"bits_per_byte", c.bits_per_byte()},
          {"scored_words", c.units.words},
          {"scored_bytes", c.units.bytes},
          {"log_perplexity_difference", estimate_json(c.nll_difference)},
          {"log_perplexity_difference_window_error", c.window_error},
          {"perplexity_ratio", c.perplexity_ratio},
          {"perplexity_ratio_standard_error", c.ratio_error},
          {"flips_by_margin", flips},
          {"kl_by_depth", depth},
          {"by_kind_of_token", classes}};
}

json result_json(const CandidateResult& r) {
  json tensors = json::array();
  for (const TensorError& t : r.tensors) tensors.push_back(tensor_json(t));
  json sizes = json::object();
  for (const auto& [role, size] : r.sizes) sizes[role] = {{"elements", size.elements}, {"bytes", size.bytes}};
  json out = {{"candidate", candidate_json(r.candidate)},
              {"weight_bytes", r.weight_bytes()},
              {"bits_per_weight", r.bits_per_weight()},
              {"device_bytes", r.device_bytes},
              {"cache_bytes_per_token", r.cache_bytes_per_token},
              {"sizes", sizes},
              {"converted", r.converted},
              {"converted_sqnr_db", finite_json(r.converted_sqnr_db)},
              {"verdict", r.verdict},
              {"comparison", comparison_json(r.comparison)},
              {"gate_failures", r.gate_failures},
              {"tensors", tensors}};
  if (r.theory)
    out["theory"] = {{"gaussian_db", finite_json(r.theory->gaussian_db)},
                     {"heavy_tailed_db", finite_json(r.theory->heavy_tailed_db)}};
  if (r.speed)
    out["speed"] = {{"prompt_tokens", r.speed->prompt_tokens},
                    {"prompt_rates", r.speed->prompt_rates},
                    {"generated_tokens", r.speed->generated_tokens},
                    {"generation_rates", r.speed->generation_rates}};
  add_sections(r, out);
  return out;
}

json identity_json(const Identity& id) {
  return {{"version", id.version},
          {"model", id.model},
          {"family", id.family},
          {"parameters", id.parameters},
          {"file_bytes", id.file_bytes},
          {"text", id.text},
          {"text_sha256", id.text_sha256},
          {"text_bytes", id.text_bytes},
          {"context", id.context},
          {"windows", id.windows},
          {"scored_tokens", id.scored_tokens},
          {"bos", id.bos},
          {"devices", id.devices},
          {"reproduce", id.reproduce}};
}

}  // namespace

std::string to_json(const Report& report) {
  json candidates = json::array();
  for (const CandidateResult& r : report.candidates) candidates.push_back(result_json(r));
  json whole = {{"identity", identity_json(report.identity)},
                {"kernels", report.kernels},
                {"gate",
                 {{"max_mean_kl", report.gate.max_mean_kl},
                  {"max_ppl_ratio", report.gate.max_ppl_ratio},
                  {"min_top1", report.gate.min_top1}}},
                {"base",
                 {{"candidate", candidate_json(report.base)},
                  {"perplexity", perplexity_json(report.base_perplexity)},
                  {"kept_logits", kKeptLogits},
                  {"mean_tail_mass", report.base_tail_mass}}},
                {"knee", optional(report.knee)},
                {"winner", optional(report.winner)},
                {"candidates", candidates}};
  add_sections(report, whole);
  return whole.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace clinfer::report
