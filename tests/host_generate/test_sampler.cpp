#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "host/generate/sampler.h"
#include "quant/error.h"

using namespace clinfer;
using generate::Candidate;
using generate::Distribution;
using generate::Sampler;

namespace {

std::vector<float> random_logits(size_t size, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<float> logits(size);
  for (float& x : logits) x = static_cast<float>(static_cast<double>(random() >> 11) * 0x1p-53 * 12 - 6);
  return logits;
}

/// Plain and slow: what each filter says, on a full table of probabilities.
std::map<int32_t, double> plain_distribution(std::vector<float> logits, const std::vector<int32_t>& history,
                                             const config::GenerateConfig& c) {
  std::vector<int32_t> seen = history;
  if (c.repetition_window > 0 && static_cast<int64_t>(seen.size()) > c.repetition_window)
    seen.erase(seen.begin(), seen.end() - c.repetition_window);
  for (size_t id = 0; id < logits.size(); ++id) {
    if (std::find(seen.begin(), seen.end(), static_cast<int32_t>(id)) == seen.end()) continue;
    const auto penalty = static_cast<float>(c.repetition_penalty);
    logits[id] = logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty;
  }
  std::vector<std::pair<double, int32_t>> order;
  for (size_t id = 0; id < logits.size(); ++id)
    order.push_back({-static_cast<double>(logits[id]), static_cast<int32_t>(id)});
  std::sort(order.begin(), order.end());
  if (c.top_k > 0 && order.size() > static_cast<size_t>(c.top_k)) order.resize(static_cast<size_t>(c.top_k));
  const auto sum = [&] {
    double total = 0;
    for (const auto& [negative, id] : order) total += std::exp((-negative + order[0].first) / c.temperature);
    return total;
  };
  const auto probability = [&](size_t i) {
    return std::exp((-order[i].first + order[0].first) / c.temperature);
  };
  if (c.top_p < 1) {
    const double total = sum();
    double mass = 0;
    size_t keep = 0;
    while (keep < order.size() && mass < c.top_p) mass += probability(keep++) / total;
    order.resize(keep);
  }
  while (c.min_p > 0 && probability(order.size() - 1) < c.min_p) order.pop_back();
  std::map<int32_t, double> result;
  const double total = sum();
  for (size_t i = 0; i < order.size(); ++i) result[order[i].second] = probability(i) / total;
  return result;
}

void check_same(const Distribution& ours, const std::map<int32_t, double>& plain) {
  REQUIRE(ours.size() == plain.size());
  double sum = 0;
  for (const Candidate& c : ours) {
    REQUIRE(plain.contains(c.id));
    CHECK(c.probability == doctest::Approx(plain.at(c.id)).epsilon(1e-9));
    sum += c.probability;
  }
  CHECK(sum == doctest::Approx(1.0));
}

/// Chi-square of counts against probabilities; its mean is the number of cells minus one.
double chi_square(const std::vector<int64_t>& counts, const std::vector<double>& probabilities) {
  const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  double sum = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double expected = total * probabilities[i];
    sum +=
        (static_cast<double>(counts[i]) - expected) * (static_cast<double>(counts[i]) - expected) / expected;
  }
  return sum;
}

}  // namespace

TEST_CASE("filters give the distribution of a plain reference") {
  const std::vector<int32_t> history = {3, 9, 3, 27, 44, 5, 17, 60, 2, 31};
  int seed = 0;
  for (double temperature : {0.3, 1.0, 2.5}) {
    for (int64_t top_k : {0, 1000, 20}) {
      for (double top_p : {1.0, 0.9, 0.5}) {
        for (double min_p : {0.0, 0.05}) {
          for (double penalty : {1.0, 1.3}) {
            config::GenerateConfig config;
            config.temperature = temperature;
            config.top_k = top_k;
            config.top_p = top_p;
            config.min_p = min_p;
            config.repetition_penalty = penalty;
            config.repetition_window = 4 * (seed % 3);
            const std::vector<float> logits = random_logits(64, static_cast<uint64_t>(++seed));
            check_same(Sampler(config).distribution(logits, history),
                       plain_distribution(logits, history, config));
          }
        }
      }
    }
  }
}

TEST_CASE("greedy takes the likeliest, the first of equal ones") {
  config::GenerateConfig config;
  CHECK(Sampler(config).distribution(std::vector<float>{1, 3, 3, 2}, {}).front().id == 1);
  config.temperature = 1;
  config.top_k = 1;
  CHECK(Sampler(config).distribution(std::vector<float>{1, 3, 3, 2}, {}).front().id == 1);
  config.top_k = 0;
  config.min_p = 1;
  CHECK(Sampler(config).distribution(std::vector<float>{1, 3, 2, 2}, {}).size() == 1);
}

TEST_CASE("logits that are no numbers are a fault, banned tokens are not drawn") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const Sampler sampler{config::GenerateConfig{}};
  CHECK_THROWS_AS(sampler.distribution(std::vector<float>{1, NAN}, {}), Error);
  CHECK_THROWS_AS(sampler.distribution(std::vector<float>{-kInfinity, -kInfinity}, {}), Error);
  CHECK_THROWS_AS(sampler.distribution(std::vector<float>{}, {}), Error);
  config::GenerateConfig warm;
  warm.temperature = 1;
  const Distribution d = Sampler(warm).distribution(std::vector<float>{-kInfinity, 1, -kInfinity, 0}, {});
  CHECK(d.size() == 2);
  CHECK(generate::probability_of(d, 0) == 0);
  warm.temperature = 1e-300;
  CHECK(Sampler(warm).distribution(std::vector<float>{1, 2}, {}).front().probability == 1);
  warm.temperature = 100;
  CHECK(Sampler(warm).distribution(std::vector<float>{1, 2}, {}).size() == 2);
}

TEST_CASE("draws follow the distribution, and the seed") {
  const std::vector<double> p = {0.4, 0.3, 0.15, 0.1, 0.05};
  Distribution d;
  for (size_t i = 0; i < p.size(); ++i) d.push_back({static_cast<int32_t>(i), p[i]});
  config::GenerateConfig config;
  config.seed = 11;
  Sampler sampler(config);
  Sampler twin(config);
  config.seed = 12;
  Sampler other(config);
  std::vector<int64_t> counts(p.size());
  bool differs = false;
  for (int i = 0; i < 20000; ++i) {
    const int32_t id = sampler.draw(d);
    ++counts[static_cast<size_t>(id)];
    CHECK(id == twin.draw(d));
    differs = differs || id != other.draw(d);
  }
  CHECK(differs);
  CHECK(chi_square(counts, p) < 23.5);  // 4 degrees of freedom: 1 in 10,000
}

TEST_CASE("speculative sampling gives the target's distribution whatever the draft") {
  const std::vector<double> p = {0.45, 0.25, 0.2, 0.06, 0.04};
  const std::vector<std::vector<double>> drafts = {
      {0.1, 0.2, 0.3, 0.2, 0.2}, {0.45, 0.25, 0.2, 0.06, 0.04}, {0.0, 0.0, 0.5, 0.5, 0.0}, {0, 0, 0, 0, 1}};
  for (const std::vector<double>& q : drafts) {
    Distribution target;
    Distribution draft;
    for (size_t i = 0; i < p.size(); ++i) {
      target.push_back({static_cast<int32_t>(i), p[i]});
      if (q[i] > 0) draft.push_back({static_cast<int32_t>(i), q[i]});
    }
    Sampler sampler{config::GenerateConfig{}};
    std::vector<int64_t> counts(p.size());
    double accepted = 0;
    constexpr int kDraws = 40000;
    for (int i = 0; i < kDraws; ++i) {
      const int32_t drafted = sampler.draw(draft);
      const bool keep = sampler.accept(drafted, target, draft);
      accepted += keep;
      ++counts[static_cast<size_t>(keep ? drafted : sampler.draw_residual(target, draft))];
    }
    CHECK(chi_square(counts, p) < 23.5);
    double expected = 0;  // the overlap of both distributions
    for (size_t i = 0; i < p.size(); ++i) expected += std::min(p[i], q[i]);
    CHECK(accepted / kDraws == doctest::Approx(expected).epsilon(0.03));
  }
}
