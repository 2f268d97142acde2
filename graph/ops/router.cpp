#include "graph/ops/router.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace clinfer::graph {
namespace {

std::vector<double> scores_of(const double* logits, int64_t experts, RouterScore score) {
  std::vector<double> scores(logits, logits + experts);
  if (score == RouterScore::near_softmax) return scores;
  const double highest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (double& s : scores) {
    s = score == RouterScore::sigmoid ? 1 / (1 + std::exp(-s)) : std::exp(s - highest);
    sum += s;
  }
  if (score == RouterScore::softmax) {
    for (double& s : scores) s /= sum;
  }
  return scores;
}

/// Indices of the `count` highest values in falling order; of equal ones the lower index first.
std::vector<int64_t> highest_indices(const std::vector<double>& values, int64_t count) {
  std::vector<int64_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return values[static_cast<size_t>(a)] > values[static_cast<size_t>(b)];
  });
  order.resize(static_cast<size_t>(count));
  return order;
}

/// The weights of near_softmax for experts chosen in this order.
std::vector<double> near_weights(const std::vector<double>& logits, const std::vector<int64_t>& chosen,
                                 double near) {
  std::vector<bool> taken(logits.size(), false);
  std::vector<double> weights;
  for (const int64_t e : chosen) {
    const double best = logits[static_cast<size_t>(e)];
    double sum = 0;
    for (size_t i = 0; i < logits.size(); ++i) {
      if (!taken[i] && best - logits[i] <= near * std::max(std::abs(logits[i]), best))
        sum += std::exp(logits[i] - best);
    }
    weights.push_back(1 / sum);
    taken[static_cast<size_t>(e)] = true;
  }
  return weights;
}

/// Sets the choices outside the keep_groups best groups to -infinity.
void keep_best_groups(const Router& router, std::vector<double>& choice) {
  const auto size = static_cast<std::ptrdiff_t>(router.experts / router.groups);
  std::vector<double> group_scores;
  for (std::ptrdiff_t g = 0; g < router.groups; ++g) {
    std::vector<double> group(choice.begin() + g * size, choice.begin() + (g + 1) * size);
    std::sort(group.begin(), group.end(), std::greater<>());
    group_scores.push_back(router.group_score == GroupScore::max ? group[0] : group[0] + group[1]);
  }
  const auto kept = highest_indices(group_scores, router.keep_groups);
  for (std::ptrdiff_t g = 0; g < router.groups; ++g) {
    if (std::find(kept.begin(), kept.end(), g) != kept.end()) continue;
    std::fill(choice.begin() + g * size, choice.begin() + (g + 1) * size,
              -std::numeric_limits<double>::infinity());
  }
}

/// Gives the weight 0 to choices for which their expert has no place left.
void drop_beyond_capacity(const Router& router, const Array& ids, Array& weights) {
  std::vector<int64_t> served(static_cast<size_t>(router.experts), 0);
  const int64_t places = router.places(ids.rows);
  for (int64_t j = 0; j < router.top_k; ++j) {
    for (int64_t r = 0; r < ids.rows; ++r) {
      if (++served[static_cast<size_t>(ids.at(r, j))] > places) weights.at(r, j) = 0;
    }
  }
}

}  // namespace

int64_t Router::places(int64_t rows) const {
  const double even = static_cast<double>(rows) * static_cast<double>(top_k) / static_cast<double>(experts);
  const double most = std::ceil(static_cast<double>(capacity) * even);
  return static_cast<int64_t>(std::clamp(most, 1.0, static_cast<double>(rows) * static_cast<double>(top_k)));
}

std::vector<Type> Router::infer(Operands in) const {
  require_count(in, 1, 2, kName);
  const Dim rows = in[0]->type.rows;
  require(experts > 0 && in[0]->type == Type{DType::f32, rows, experts}, "router C1",
          "logits is f32 with `experts` columns", in, attributes());
  require(groups > 0 && experts % groups == 0 && keep_groups >= 1 && keep_groups <= groups &&
              (groups == 1 || group_score == GroupScore::max || experts / groups >= 2),
          "router C3", "groups of equal size (two experts at least for top2_sum), 1 <= keep_groups <= groups",
          in, attributes());
  require(top_k >= 1 && top_k <= keep_groups * (experts / groups), "router C2",
          "1 <= top_k <= experts of the groups that stay", in, attributes());
  require(in.size() == 1 || is_f32_row(*in[1], experts), "router C4", "the bias is one f32 row of `experts`",
          in, attributes());
  require(score != RouterScore::near_softmax || (!renormalise && in.size() == 1), "router C5",
          "near_softmax without renormalise and bias", in, attributes());
  require(capacity >= 0 && std::isfinite(capacity), "router C6", "capacity >= 0 and finite", in,
          attributes());
  return {{DType::i32, rows, top_k}, {DType::f32, rows, top_k}};
}

void Router::reference(Inputs in, Outputs out) const {
  for (int64_t r = 0; r < in[0]->rows; ++r) {
    const std::vector<double> scores = scores_of(in[0]->row(r), experts, score);
    std::vector<double> choice = scores;
    for (int64_t e = 0; in.size() == 2 && e < experts; ++e) choice[static_cast<size_t>(e)] += in[1]->at(0, e);
    if (groups > 1) keep_best_groups(*this, choice);

    const std::vector<int64_t> chosen = highest_indices(choice, top_k);
    std::vector<double> near_by;
    if (score == RouterScore::near_softmax) near_by = near_weights(scores, chosen, static_cast<double>(near));
    double sum = 0;
    for (const int64_t e : chosen) sum += scores[static_cast<size_t>(e)];
    const double divisor = renormalise ? sum + 1e-20 : 1;
    for (int64_t j = 0; j < top_k; ++j) {
      const int64_t e = chosen[static_cast<size_t>(j)];
      out[0]->at(r, j) = static_cast<double>(e);
      const double weight =
          near_by.empty() ? scores[static_cast<size_t>(e)] / divisor : near_by[static_cast<size_t>(j)];
      out[1]->at(r, j) = weight * static_cast<double>(scale);
    }
  }
  if (capacity > 0) drop_beyond_capacity(*this, *out[0], *out[1]);
}

// Score, bias and group score a logit, and one comparison a logit and slot.
Cost Router::cost(Operands in, const Sizes& sizes) const {
  const double logits = static_cast<double>(sizes.of(in[0]->type.rows)) * static_cast<double>(experts);
  return {logits * static_cast<double>(4 + top_k), traffic(in, infer(in), sizes)};
}

Attributes Router::attributes() const {
  constexpr std::string_view kScores[] = {"softmax", "sigmoid", "near_softmax"};
  Attributes list = {{"experts", std::to_string(experts)},
                     {"top_k", std::to_string(top_k)},
                     {"groups", std::to_string(groups)},
                     {"keep_groups", std::to_string(keep_groups)},
                     {"score", std::string(kScores[static_cast<size_t>(score)])},
                     {"group_score", group_score == GroupScore::max ? "max" : "top2_sum"},
                     {"renormalise", renormalise ? "true" : "false"},
                     {"scale", format_number(scale)}};
  if (score == RouterScore::near_softmax) list.emplace_back("near", format_number(near));
  if (capacity > 0) list.emplace_back("capacity", format_number(capacity));
  return list;
}

}  // namespace clinfer::graph
