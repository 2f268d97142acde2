#pragma once

#include "graph/op.h"

namespace clinfer::graph {

enum class RouterScore { softmax, sigmoid, near_softmax };
enum class GroupScore { max, top2_sum };

/// Chooses top_k experts a token: (logits f32[r, experts], optional bias [1, experts]) -> (ids i32[r, top_k],
/// weights f32[r, top_k]). s = softmax or sigmoid of the logits; choice = s + bias. With groups > 1 the
/// experts are split evenly and only the keep_groups groups of highest group score (max, or sum of the two
/// highest choices) stay; the others count as -infinity. The top_k highest choices win (equal ones: lower
/// index first), in falling order; weight = s, without bias, divided by (their sum + 1e-20) when renormalise,
/// then times scale (DeepSeek-V3 section 2.1.2; V2 section 2.2). With near_softmax (SparseMixer, Liu et al.
/// 2023, without its noise) s is the logit itself, and the weight of each choice in turn is its share in a
/// softmax over the logits not yet chosen that are near it: (best - s) / max(|s|, best) <= near; nothing is
/// renormalised. With capacity > 0 an expert serves places(r) of a call's tokens at most (GShard, Lepikhin et
/// al. 2021; Switch, Fedus et al. 2022): all first choices in the order of rows, then all second ones, and so
/// on; a choice beyond keeps its id and gets the weight 0. C1 logits is f32 with `experts` columns; C2 1 <=
/// top_k <= experts that can stay; C3 experts % groups == 0 and 1 <= keep_groups <= groups, at least two
/// experts a group for top2_sum; C4 a bias has `experts` columns; C5 near_softmax without renormalise and
/// bias; C6 capacity >= 0 and finite.
struct Router {
  static constexpr std::string_view kName = "router";
  int64_t experts = 1;
  int64_t top_k = 1;
  int64_t groups = 1;
  int64_t keep_groups = 1;
  RouterScore score = RouterScore::softmax;
  GroupScore group_score = GroupScore::top2_sum;
  bool renormalise = true;
  float scale = 1.0f;
  float near = 0.0f;      ///< of near_softmax
  float capacity = 0.0f;  ///< times the tokens an expert would have were all served alike; 0: unlimited
  bool operator==(const Router&) const = default;

  /// Tokens that an expert serves in a call of so many: ceil(capacity * rows * top_k / experts), at least
  /// one.
  int64_t places(int64_t rows) const;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph
