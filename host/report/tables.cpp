#include "host/report/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "host/report/section_tables.h"

namespace clinfer::report {
namespace {

std::string mean_rate(const std::vector<double>& rates) {
  if (rates.empty()) return "-";
  const Estimate e = estimate(rates);
  const double deviation = e.standard_error * std::sqrt(static_cast<double>(e.count));
  return fmt::format("{:.1f} +/- {:.1f}", e.mean, deviation);
}

std::string mark(const Report& report, size_t i) {
  std::string text;
  if (report.winner == i) text += "chosen";
  if (report.knee == i) text += text.empty() ? "knee" : ", knee";
  if (!report.candidates[i].gate_failures.empty()) text += text.empty() ? "fails" : ", fails";
  return text.empty() && report.gate.any() ? "passes" : text;
}

std::set<std::string> roles_in(const Report& report) {
  std::set<std::string> roles;
  for (const CandidateResult& c : report.candidates) {
    for (const auto& [role, size] : c.sizes) roles.insert(role);
  }
  return roles;
}

}  // namespace

Table summary_table(const Report& report) {
  Table table{
      "Summary",
      "KL is the divergence of a candidate's next-token distribution from the base's, in nats, mean over "
      "the scored tokens with its 95 % interval (tokens taken as independent). Speed is tokens a second.",
      {"candidate", "bytes", "bits/weight", "weights SQNR dB", "mean KL", "top-1", "top-5", "perplexity",
       "ratio to base", "pp t/s", "tg t/s", ""},
      {}};
  for (size_t i = 0; i < report.candidates.size(); ++i) {
    const CandidateResult& r = report.candidates[i];
    const Comparison& c = r.comparison;
    table.rows.push_back({r.candidate.name, readable_bytes(static_cast<double>(r.weight_bytes())),
                          fmt::format("{:.3f}", r.bits_per_weight()), decibel(r.converted_sqnr_db),
                          with_interval(c.kl), percent(c.top1.mean), percent(c.top5.mean),
                          fmt::format("{:.4f}", c.perplexity.value),
                          fmt::format("{:.5f} +/- {:.5f}", c.perplexity_ratio, k95 * c.ratio_error),
                          r.speed ? mean_rate(r.speed->prompt_rates) : "-",
                          r.speed ? mean_rate(r.speed->generation_rates) : "-", mark(report, i)});
  }
  return table;
}

Table divergence_table(const Report& report) {
  return for_candidates(
      report,
      {"KL divergence",
       "In nats; percentiles over the scored tokens. Reverse: of the base from the candidate. "
       "JS: Jensen-Shannon, at most 0.693.",
       {"candidate", "mean", "median", "90 %", "95 %", "99 %", "99.9 %", "max", "reverse mean",
        "reverse 99 %", "JS"},
       {}},
      [](const CandidateResult& r) {
        const Percentiles& p = r.comparison.kl_percentiles;
        Row row = {with_interval(r.comparison.kl)};
        for (const double value : {p.median, p.p90, p.p95, p.p99, p.p999, p.max})
          row.push_back(fmt::format("{:.3g}", value));
        row.push_back(with_interval(r.comparison.reverse_kl));
        row.push_back(fmt::format("{:.3g}", r.comparison.reverse_percentiles.p99));
        row.push_back(fmt::format("{:.3g}", r.comparison.jensen_shannon.mean));
        return row;
      });
}

Table target_table(const Report& report) {
  return for_candidates(
      report,
      {"Right token and agreement",
       "Change in probability of the token that came, agreement of the most likely tokens, change of the "
       "distribution's entropy (nats), and expected calibration error of the most likely token (base's "
       "first).",
       {"candidate", "mean change", "RMS change", "top-1", "top-5", "top-10", "entropy", "calibration"},
       {}},
      [](const CandidateResult& r) {
        const Comparison& c = r.comparison;
        return Row{
            fmt::format("{:+.4f} +/- {:.4f} %", 100 * c.next_change.mean,
                        100 * k95 * c.next_change.standard_error),
            fmt::format("{:.3f} %", 100 * c.next_change_rms),
            share_with_interval(c.top1),
            share_with_interval(c.top5),
            share_with_interval(c.top10),
            fmt::format("{:+.5f} +/- {:.5f}", c.entropy_change.mean, k95 * c.entropy_change.standard_error),
            fmt::format("{:.4f}, {:.4f}", c.base_calibration_error, c.calibration_error)};
      });
}

Table perplexity_table(const Report& report) {
  return for_candidates(
      report,
      {"Perplexity",
       "By token with the spread of the text as its error, by word and in bits a byte. What tells candidates "
       "apart is the paired difference of log perplexity: 95 % intervals with tokens, and with whole "
       "windows, "
       "as independent.",
       {"candidate", "token", "word", "bits/byte", "d ln(PPL)", "by windows", "ratio"},
       {}},
      [](const CandidateResult& r) {
        const Comparison& c = r.comparison;
        const double words = c.word_perplexity();
        return Row{
            fmt::format("{:.4f} +/- {:.4f}", c.perplexity.value, k95 * c.perplexity.standard_error),
            words > 0 ? fmt::format("{:.4g}", words) : "-",
            words > 0 ? fmt::format("{:.5f}", c.bits_per_byte()) : "-",
            fmt::format("{:+.6f} +/- {:.6f}", c.nll_difference.mean, k95 * c.nll_difference.standard_error),
            c.window_error > 0 ? fmt::format("+/- {:.6f}", k95 * c.window_error) : "-",
            fmt::format("{:.5f} +/- {:.5f}", c.perplexity_ratio, k95 * c.ratio_error)};
      });
}

Table class_table(const Report& report) {
  Table table{"KL by kind of token",
              "Mean KL where the token that came is a word, a number, punctuation, white space or of another "
              "script.",
              {"candidate"},
              {}};
  if (report.candidates.empty()) return table;
  for (const ClassBucket& b : report.candidates.front().comparison.by_class)
    table.columns.push_back(fmt::format("{} ({})", name_of(b.kind), b.kl.count));
  if (table.columns.size() < 2) return table;
  return for_candidates(report, table, [](const CandidateResult& r) {
    Row row;
    for (const ClassBucket& b : r.comparison.by_class) row.push_back(with_interval(b.kl));
    return row;
  });
}

Table flips_table(const Report& report) {
  Table table{
      "Flips by base margin",
      "Changed first tokens of tokens, by how far the base's first token was ahead of its second (nats). "
      "Below 0.05 a flip is noise, above 1 it is damage.",
      {"candidate"},
      {}};
  if (report.candidates.empty()) return table;
  for (const MarginBucket& b : report.candidates.front().comparison.flips)
    table.columns.push_back(std::isinf(b.to) ? fmt::format(">= {:g}", b.from)
                                             : fmt::format("{:g} to {:g}", b.from, b.to));
  return for_candidates(report, table, [](const CandidateResult& r) {
    Row row;
    for (const MarginBucket& b : r.comparison.flips) row.push_back(fmt::format("{} of {}", b.flips, b.rows));
    return row;
  });
}

Table depth_table(const Report& report) {
  Table table{
      "KL by depth",
      "Mean KL by position in the window, over equal parts of its scored half: what a cache format loses "
      "grows with the context it reads.",
      {"candidate"},
      {}};
  if (report.candidates.empty()) return table;
  for (const DepthBucket& b : report.candidates.front().comparison.kl_by_depth)
    table.columns.push_back(fmt::format("{}-{}", b.from, b.to - 1));
  return for_candidates(report, table, [](const CandidateResult& r) {
    Row row;
    for (const DepthBucket& b : r.comparison.kl_by_depth) row.push_back(with_interval(b.kl));
    return row;
  });
}

Table theory_table(const Report& report) {
  return for_candidates(
      report,
      {"Theory and measurement",
       "SQNR in dB of the converted weights beside what the format gives on simulated data. KL over noise is "
       "KL "
       "divided by their noise power: about the same for all formats that work as they should and convert "
       "the "
       "same matrices; where experts are routed, tokens that change their experts add to it.",
       {"candidate", "measured", "Gaussian", "heavy-tailed", "KL over noise", "verdict"},
       {}},
      [](const CandidateResult& r) {
        const double noise = std::pow(10, -r.converted_sqnr_db / 10);
        return Row{decibel(r.converted_sqnr_db), r.theory ? decibel(r.theory->gaussian_db) : "-",
                   r.theory ? decibel(r.theory->heavy_tailed_db) : "-",
                   noise > 0 ? fmt::format("{:.3g}", r.comparison.kl.mean / noise) : "-", r.verdict};
      });
}

Table size_table(const Report& report) {
  const std::set<std::string> roles = roles_in(report);
  Table table{"Size",
              "Bits per weight by what the weights are for, scales and padding included.",
              {"candidate", "converted", "on devices", "cache/token", "all"},
              {}};
  table.columns.insert(table.columns.end(), roles.begin(), roles.end());
  return for_candidates(report, table, [&](const CandidateResult& r) {
    Row row = {fmt::format("{} of {}", r.converted, r.tensors.size()),
               readable_bytes(static_cast<double>(r.device_bytes)), readable_bytes(r.cache_bytes_per_token),
               fmt::format("{:.3f}", r.bits_per_weight())};
    for (const std::string& role : roles) {
      const auto found = r.sizes.find(role);
      const bool has = found != r.sizes.end() && found->second.elements > 0;
      row.push_back(has ? fmt::format("{:.3f}", 8 * static_cast<double>(found->second.bytes) /
                                                    static_cast<double>(found->second.elements))
                        : "-");
    }
    return row;
  });
}

Table tensor_table(const CandidateResult& result, size_t most) {
  Table table{"Tensors of " + result.candidate.name,
              "",
              {"tensor", "role", "stored", "held", "SQNR dB", "cosine", "max error", "max rel. error",
               "clipped", "flushed to 0", "Inf/NaN", "scales, log2"},
              {}};
  std::vector<const TensorError*> order;
  for (const TensorError& tensor : result.tensors) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(),
                   [](const TensorError* a, const TensorError* b) { return a->sqnr_db() < b->sqnr_db(); });
  order.resize(std::min(order.size(), most));
  for (const TensorError* t : order) {
    const std::map<int, int64_t>& powers = t->scales.powers;
    table.rows.push_back(
        {t->name, t->role, t->stored, t->held, decibel(t->sqnr_db()), fmt::format("{:.6f}", t->cosine),
         fmt::format("{:.3g}", t->max_abs_error), fmt::format("{:.3g}", t->max_rel_error),
         t->clipped_share ? percent(*t->clipped_share) : "-", percent(t->flushed_share),
         std::to_string(t->nonfinite),
         powers.empty() ? "-" : fmt::format("{} to {}", powers.begin()->first, powers.rbegin()->first)});
  }
  return table;
}

Table identity_table(const Report& report) {
  const Identity& id = report.identity;
  Table table{"What was measured", "", {"", ""}, {}};
  const auto add = [&](const char* name, std::string value) {
    table.rows.push_back({name, std::move(value)});
  };
  add("model", fmt::format("{} ({}, {} parameters, {})", id.model, id.family, id.parameters,
                           readable_bytes(static_cast<double>(id.file_bytes))));
  add("text", fmt::format("{} ({} bytes, sha256 {})", id.text, id.text_bytes, id.text_sha256));
  add("windows", fmt::format("{} of {} tokens, {}, second half scored: {} tokens", id.windows, id.context,
                             id.bos ? "each begun with BOS" : "no BOS", id.scored_tokens));
  add("base",
      fmt::format("weights {}, kv cache {}; perplexity {:.4f} +/- {:.4f}", report.base.weights,
                  report.base.kv_cache, report.base_perplexity.value, report.base_perplexity.standard_error));
  add("base logits", fmt::format("float32, top {} a token; mean probability outside {:.2g}", kKeptLogits,
                                 report.base_tail_mass));
  for (const std::string& device : id.devices) add("device", device);
  std::string kernels;
  for (const std::string& kernel : report.kernels) kernels += (kernels.empty() ? "" : ", ") + kernel;
  add("kernels", kernels);
  add("program", "clinfer " + id.version);
  add("again", id.reproduce);
  return table;
}

std::vector<Table> tables(const Report& report) {
  std::vector<Table> all = {summary_table(report),    divergence_table(report), target_table(report),
                            perplexity_table(report), flips_table(report),      depth_table(report),
                            class_table(report),      theory_table(report),     size_table(report)};
  for (Table& table : section_tables(report)) all.push_back(std::move(table));
  std::erase_if(all, [](const Table& table) { return table.rows.empty(); });
  return all;
}

}  // namespace clinfer::report
