#include "host/tune/descent.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>

#include <spdlog/spdlog.h>

#include "host/tune/choose.h"

namespace clinfer::tune {
namespace {

constexpr int kLeastRounds = 9;
constexpr int kMostRounds = 21;

class Descent {
 public:
  Descent(const cl::Device& device, cl::ProgramCache& programs, const std::vector<WorkloadKind>& kinds,
          double budget_seconds)
      : device_(device), programs_(programs), kinds_(kinds), budget_(budget_seconds) {}

  double left() const {
    return budget_ - std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

  /// Chooses a value within about `seconds`.
  void settle(Finding& finding, double seconds) {
    const double end = left() - seconds;
    const auto candidates = finding.constant->choices(device_.info()).candidates;
    const auto usual = static_cast<size_t>(std::ranges::find(candidates, finding.usual) - candidates.begin());
    std::vector<Constants> sets;
    for (const int64_t value : candidates) {
      sets.push_back(chosen_);
      sets.back()[std::string(finding.constant->name)] = value;
    }
    const std::vector<Workload*> workloads = changed_by(sets, finding);
    finding.outcome = workloads.empty() ? Outcome::without_effect : Outcome::measured;
    if (workloads.empty()) return;
    for (Workload* workload : workloads) workload->prepare(sets);
    std::vector<Rounds> rounds(workloads.size());
    for (int round = 0; round < kMostRounds && (round < kLeastRounds || left() > end); ++round) {
      for (size_t w = 0; w < workloads.size(); ++w)
        rounds[w].push_back(one_round(*workloads[w], sets.size()));
    }
    for (Workload* workload : workloads) workload->prepare({});
    const Verdict verdict = choose(rounds, usual);
    finding.chosen = candidates[verdict.chosen];
    finding.gain = verdict.gain;
    for (size_t i = 0; i < candidates.size(); ++i)
      spdlog::debug("  {}: {:.3f} of the usual speed, {} rounds", candidates[i], verdict.gains[i],
                    rounds.front().size());
    if (finding.chosen != finding.usual) chosen_[std::string(finding.constant->name)] = finding.chosen;
  }

 private:
  static std::vector<double> one_round(Workload& workload, size_t candidates) {
    std::vector<double> seconds;
    for (size_t i = 0; i < candidates; ++i) seconds.push_back(workload.seconds(i));
    return seconds;
  }

  /// The workloads in which the sets launch different things.
  std::vector<Workload*> changed_by(const std::vector<Constants>& sets, Finding& finding) {
    std::vector<Workload*> changed;
    for (size_t i = 0; i < kinds_.size(); ++i) {
      auto& workload = workloads_[i];
      if (workload == nullptr) workload = std::make_unique<Workload>(kinds_[i], device_, programs_);
      const std::string first = workload->launches(sets.front());
      const auto differs = [&](const Constants& set) { return workload->launches(set) != first; };
      if (std::ranges::none_of(sets, differs)) continue;
      changed.push_back(workload.get());
      finding.workloads.push_back(kinds_[i].name);
    }
    return changed;
  }

  const cl::Device& device_;
  cl::ProgramCache& programs_;
  const std::vector<WorkloadKind>& kinds_;
  std::map<size_t, std::unique_ptr<Workload>> workloads_;
  Constants chosen_;
  double budget_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

std::vector<Finding> descend(const cl::Device& device, cl::ProgramCache& programs,
                             const std::vector<WorkloadKind>& kinds, double budget_seconds,
                             const std::function<void(int64_t done, int64_t total)>& progress) {
  std::vector<Finding> findings;
  for (const kernels::TunedConstant* constant : kernels::tuned_constants()) {
    const kernels::Choices choices = constant->choices(device.info());
    if (choices.candidates.empty()) continue;
    findings.push_back({.constant = constant, .usual = choices.usual, .chosen = choices.usual});
  }
  Descent descent(device, programs, kinds, budget_seconds);
  const auto total = std::ssize(findings);
  for (int64_t i = 0; i < total && descent.left() > 0; ++i) {
    progress(i, total);
    spdlog::debug("measuring {}", findings[static_cast<size_t>(i)].constant->name);
    descent.settle(findings[static_cast<size_t>(i)], descent.left() / static_cast<double>(total - i));
  }
  return findings;
}

Constants chosen_constants(const std::vector<Finding>& findings) {
  Constants constants;
  for (const Finding& finding : findings) {
    if (finding.chosen != finding.usual) constants[std::string(finding.constant->name)] = finding.chosen;
  }
  return constants;
}

}  // namespace clinfer::tune
