#include "host/report/conclude.h"

#include <fmt/format.h>

#include "host/report/pareto.h"

namespace clinfer::report {
namespace {

/// The smallest candidate that passes.
std::optional<size_t> smallest_passing(const Report& report) {
  std::optional<size_t> best;
  for (size_t i = 0; i < report.candidates.size(); ++i) {
    const CandidateResult& c = report.candidates[i];
    if (!c.gate_failures.empty()) continue;
    if (!best || c.weight_bytes() < report.candidates[*best].weight_bytes()) best = i;
  }
  return best;
}

}  // namespace

std::vector<std::string> gate_failures(const Gate& gate, const Comparison& c) {
  std::vector<std::string> failures;
  if (gate.max_mean_kl > 0 && !(c.kl.mean <= gate.max_mean_kl))
    failures.push_back(fmt::format("mean KL {:.6g} is above {:.6g}", c.kl.mean, gate.max_mean_kl));
  if (gate.max_ppl_ratio > 0 && !(c.perplexity_ratio <= gate.max_ppl_ratio))
    failures.push_back(
        fmt::format("perplexity ratio {:.6g} is above {:.6g}", c.perplexity_ratio, gate.max_ppl_ratio));
  if (gate.min_top1 > 0 && !(c.top1.mean >= gate.min_top1))
    failures.push_back(fmt::format("top-1 agreement {:.6g} is below {:.6g}", c.top1.mean, gate.min_top1));
  return failures;
}

void conclude(Report& report) {
  std::vector<Trade> trades;
  for (CandidateResult& c : report.candidates) {
    c.gate_failures = gate_failures(report.gate, c.comparison);
    trades.push_back({static_cast<double>(c.weight_bytes()), c.comparison.kl.mean});
  }
  report.knee = knee(trades);
  report.winner = report.gate.any() ? smallest_passing(report) : report.knee;
}

bool fails_gate(const Report& report) {
  for (const CandidateResult& c : report.candidates) {
    if (!c.gate_failures.empty()) return true;
  }
  return false;
}

}  // namespace clinfer::report
