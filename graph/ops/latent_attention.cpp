#include "graph/ops/latent_attention.h"

#include <algorithm>

#include "graph/ops/linear.h"
#include "graph/ops/slice.h"

namespace clinfer::graph {

std::vector<Type> LatentAttention::infer(Operands in) const {
  require_count(in, 4, 5, kName);
  const bool dims = heads > 0 && nope_dim > 0 && rope_dim > 0 && value_dim > 0 && rank > 0;
  require(dims && in[0]->type == Type{DType::f32, kTokens, heads * (nope_dim + rope_dim)},
          "latent_attention C1", "q is f32[tokens, heads * (nope_dim + rope_dim)], dims > 0", in,
          attributes());
  require(in[1]->cache() != nullptr && in[1]->type.cols == rank + rope_dim, "latent_attention C2",
          "a cache of width rank + rope_dim", in, attributes());
  const Weight* kv_b = in[2]->weight();
  require(kv_b != nullptr && kv_b->experts == 1 && kv_b->rows == heads * (nope_dim + value_dim) &&
              kv_b->cols == rank,
          "latent_attention C3", "kv_b is [heads * (nope_dim + value_dim), rank]", in, attributes());
  require(in[3]->type == Type{DType::i32, kTokens, 1}, "latent_attention C4", "positions is i32[tokens, 1]",
          in);
  const bool chosen =
      selected == 0 ? in.size() == 4
                    : selected > 0 && in.size() == 5 && in[4]->type == Type{DType::i32, kTokens, selected};
  require(chosen, "latent_attention C5", "selected is i32[tokens, selected] where rows are chosen", in,
          attributes());
  return {{DType::f32, kTokens, heads * value_dim}};
}

/// The naive form: every head's keys and values are made from the latent, then attended to as usual.
void LatentAttention::reference(Inputs in, Outputs out) const {
  const Array& cache = *in[1];
  Array latent(cache.rows, rank);
  const Array* const cached[] = {&cache};
  Array* const sliced[] = {&latent};
  Slice{.offset = 0, .width = rank}.reference(cached, sliced);

  Array keys_values(cache.rows, in[2]->rows);
  const Array* const latent_and_weight[] = {&latent, in[2]};
  Array* const made[] = {&keys_values};
  Linear{}.reference(latent_and_weight, made);

  std::vector<const Array*> operands = {in[0], &keys_values, &keys_values, in[3], &cache};
  if (selected > 0) operands.push_back(in[4]);
  naive().reference(operands, out);
}

Attention LatentAttention::naive() const {
  const int64_t stride = nope_dim + value_dim;
  return {.heads = heads,
          .kv_heads = heads,
          .key_dim = nope_dim,
          .value_dim = value_dim,
          .shared_dim = rope_dim,
          .keys = {0, stride},
          .values = {nope_dim, stride},
          .shared_offset = rank,
          .scale = scale,
          .selection = {.count = selected}};
}

Attention LatentAttention::absorbed() const {
  return {.heads = heads,
          .kv_heads = 1,
          .key_dim = rank + rope_dim,
          .value_dim = rank,
          .scale = scale,
          .selection = {.count = selected}};
}

// The cheaper of the two forms in FLOP. Naive: keys and values of every row made anew, then attention on
// them. Absorbed: the query goes to the latent's space and the output comes back from it (DeepSeek-V2,
// section 2.1.2).
Cost LatentAttention::cost(Operands in, const Sizes& sizes) const {
  const auto tokens = static_cast<double>(sizes.tokens);
  const auto context = static_cast<double>(sizes.context);
  double attended = context - (tokens - 1) / 2;
  if (selected > 0) attended = std::min(attended, static_cast<double>(selected));
  const double pairs = tokens * attended * static_cast<double>(heads);
  const double matrix = 2 * static_cast<double>(heads * (nope_dim + value_dim)) * static_cast<double>(rank);
  const double naive =
      context * matrix + pairs * static_cast<double>(2 * (nope_dim + rope_dim + value_dim) + 5);
  const double absorbed = tokens * matrix + pairs * static_cast<double>(2 * (rank + rope_dim + rank) + 5);
  return {std::min(naive, absorbed), traffic(in, infer(in), sizes)};
}

Attributes LatentAttention::attributes() const {
  Attributes shown = {{"heads", std::to_string(heads)},       {"nope_dim", std::to_string(nope_dim)},
                      {"rope_dim", std::to_string(rope_dim)}, {"value_dim", std::to_string(value_dim)},
                      {"rank", std::to_string(rank)},         {"scale", format_number(scale)}};
  if (selected > 0) shown.emplace_back("selected", std::to_string(selected));
  return shown;
}

}  // namespace clinfer::graph
