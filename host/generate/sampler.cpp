#include "host/generate/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "quant/error.h"

namespace clinfer::generate {
namespace {

bool likelier(const Candidate& a, const Candidate& b) {
  return a.probability > b.probability || (a.probability == b.probability && a.id < b.id);
}

/// Divides positive logits of seen tokens by the penalty and multiplies negative ones, once each.
void penalise(std::vector<float>& logits, std::span<const int32_t> history,
              const config::GenerateConfig& config) {
  if (config.repetition_penalty == 1) return;
  const auto window = static_cast<size_t>(config.repetition_window);
  if (window > 0 && history.size() > window) history = history.last(window);
  std::vector<int32_t> seen(history.begin(), history.end());
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  const auto penalty = static_cast<float>(config.repetition_penalty);
  for (int32_t id : seen) {
    float& logit = logits.at(static_cast<size_t>(id));
    logit = logit > 0 ? logit / penalty : logit * penalty;
  }
}

size_t likeliest(std::span<const float> logits) {
  size_t best = logits.size();
  for (size_t i = 0; i < logits.size(); ++i) {
    if (std::isnan(logits[i])) throw Error(Fault::run, "the logit of token " + std::to_string(i) + " is NaN");
    if (best == logits.size() || logits[i] > logits[best]) best = i;
  }
  if (best == logits.size() || !std::isfinite(logits[best]))
    throw Error(Fault::run, "no token has a finite logit");
  return best;
}

void normalise(Distribution& d) {
  double sum = 0;
  for (const Candidate& c : d) sum += c.probability;
  for (Candidate& c : d) c.probability /= sum;
}

/// The candidates by softmax(logits / temperature), all of them or the top_k best, sorted.
Distribution softmax_top_k(std::span<const float> logits, size_t best, const config::GenerateConfig& config) {
  Distribution d(logits.size());
  for (size_t i = 0; i < d.size(); ++i) {
    d[i] = {static_cast<int32_t>(i),
            std::exp((static_cast<double>(logits[i]) - logits[best]) / config.temperature)};
  }
  const size_t keep = config.top_k > 0 ? std::min(d.size(), static_cast<size_t>(config.top_k)) : d.size();
  if (keep < d.size()) {
    std::nth_element(d.begin(), d.begin() + static_cast<std::ptrdiff_t>(keep - 1), d.end(), likelier);
    d.resize(keep);
  }
  std::sort(d.begin(), d.end(), likelier);
  // What rounds to nothing must not be drawn either.
  while (d.back().probability == 0) d.pop_back();
  normalise(d);
  return d;
}

/// Keeps the shortest head whose mass reaches top_p.
void keep_top_p(Distribution& d, double top_p) {
  if (top_p >= 1) return;
  double mass = 0;
  size_t keep = 0;
  while (keep < d.size() && mass < top_p) mass += d[keep++].probability;
  d.resize(std::max<size_t>(keep, 1));
  normalise(d);
}

void keep_min_p(Distribution& d, double min_p) {
  if (min_p <= 0) return;
  const double least = min_p * d.front().probability;
  std::erase_if(d, [&](const Candidate& c) { return c.probability < least; });
  normalise(d);
}

}  // namespace

double probability_of(const Distribution& distribution, int32_t id) {
  for (const Candidate& c : distribution) {
    if (c.id == id) return c.probability;
  }
  return 0;
}

Distribution Sampler::distribution(std::span<const float> logits, std::span<const int32_t> history) const {
  std::vector<float> adjusted(logits.begin(), logits.end());
  penalise(adjusted, history, config_);
  const size_t best = likeliest(adjusted);
  if (config_.temperature == 0 || config_.top_k == 1) return {{static_cast<int32_t>(best), 1.0}};
  Distribution d = softmax_top_k(adjusted, best, config_);
  keep_top_p(d, config_.top_p);
  keep_min_p(d, config_.min_p);
  return d;
}

double Sampler::uniform() {
  return static_cast<double>(random_() >> 11) * 0x1p-53;
}

int32_t Sampler::draw(const Distribution& distribution) {
  if (distribution.size() == 1) return distribution.front().id;
  double left = uniform();
  for (const Candidate& c : distribution) {
    left -= c.probability;
    if (left < 0) return c.id;
  }
  return distribution.back().id;
}

bool Sampler::accept(int32_t drafted, const Distribution& target, const Distribution& draft) {
  const double p = probability_of(target, drafted);
  const double q = probability_of(draft, drafted);
  if (p >= q) return true;
  return p > 0 && uniform() < p / q;
}

int32_t Sampler::draw_residual(const Distribution& target, const Distribution& draft) {
  Distribution residual;
  double mass = 0;
  for (const Candidate& c : target) {
    const double left = c.probability - probability_of(draft, c.id);
    if (left <= 0) continue;
    residual.push_back({c.id, left});
    mass += left;
  }
  if (mass <= 0) return draw(target);
  normalise(residual);
  return draw(residual);
}

}  // namespace clinfer::generate
