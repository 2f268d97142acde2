#include "graph/ops/rope.h"

#include <algorithm>
#include <cmath>

namespace clinfer::graph {

int64_t Rope::rotated_position(int64_t position) const {
  const int64_t p = (period > 0 ? position % period : position) + shift;
  return limit > 0 ? std::min(p, limit) : p;
}

std::vector<Type> Rope::infer(Operands in) const {
  require_count(in, 3, 3, kName);
  const Type& x = in[0]->type;
  require(is_f32(*in[0]) && head_dim > 0 && x.cols % head_dim == 0, "rope C1",
          "x is f32 and its columns are a multiple of head_dim", in, attributes());
  require(offset >= 0 && rope_dim > 0 && rope_dim % 2 == 0 && offset + rope_dim <= head_dim, "rope C2",
          "an even rope_dim with offset + rope_dim <= head_dim", in, attributes());
  require(is_f32_row(*in[2], rope_dim / 2), "rope C3", "inv_freq is one f32 row of rope_dim / 2", in,
          attributes());
  require(is_index_column(*in[1]) && in[1]->type.rows == x.rows, "rope C4",
          "positions is i32 with one column and x's rows", in);
  require(period >= 0 && shift >= 0 && limit >= 0, "rope C5", "period, shift and limit are not negative", in,
          attributes());
  return {x};
}

void Rope::reference(Inputs in, Outputs out) const {
  out[0]->data = in[0]->data;
  const int64_t half = rope_dim / 2;
  for (int64_t r = 0; r < out[0]->rows; ++r) {
    const auto position = static_cast<float>(rotated_position(static_cast<int64_t>(in[1]->at(r, 0))));
    for (int64_t head = offset; head < out[0]->cols; head += head_dim) {
      for (int64_t i = 0; i < half; ++i) {
        const float angle = position * static_cast<float>(in[2]->at(0, i));
        const double cosine = std::cos(static_cast<double>(angle)) * static_cast<double>(scale);
        const double sine = std::sin(static_cast<double>(angle)) * static_cast<double>(scale);
        const int64_t first = head + (pairing == RopePairing::half ? i : 2 * i);
        const int64_t second = pairing == RopePairing::half ? first + half : first + 1;
        out[0]->at(r, first) = in[0]->at(r, first) * cosine - in[0]->at(r, second) * sine;
        out[0]->at(r, second) = in[0]->at(r, second) * cosine + in[0]->at(r, first) * sine;
      }
    }
  }
}

// Per rotated pair: the angle, sine and cosine (one each), two scalings, four products and two sums.
Cost Rope::cost(Operands in, const Sizes& sizes) const {
  const Type& x = in[0]->type;
  const double pairs = static_cast<double>(sizes.of(x.rows)) * static_cast<double>(x.cols / head_dim) *
                       static_cast<double>(rope_dim / 2);
  return {11 * pairs, traffic(in, infer(in), sizes)};
}

Attributes Rope::attributes() const {
  Attributes shown = {{"head_dim", std::to_string(head_dim)},
                      {"offset", std::to_string(offset)},
                      {"rope_dim", std::to_string(rope_dim)},
                      {"pairing", pairing == RopePairing::half ? "half" : "interleaved"},
                      {"scale", format_number(scale)}};
  if (period > 0) shown.emplace_back("period", std::to_string(period));
  if (shift > 0) shown.emplace_back("shift", std::to_string(shift));
  if (limit > 0) shown.emplace_back("limit", std::to_string(limit));
  return shown;
}

}  // namespace clinfer::graph
