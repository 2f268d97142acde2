#include "graph/ops/decay_gate.h"

#include <algorithm>
#include <cmath>

namespace clinfer::graph {
namespace {

double softplus(double z) {
  return std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z)));
}

}  // namespace

std::vector<Type> DecayGate::infer(Operands in) const {
  require_count(in, 3, 3, kName);
  const Type& x = in[0]->type;
  const Type& rate = in[1]->type;
  require(is_f32(*in[0]), "decay_gate C1", "x is f32", in);
  require(is_f32(*in[1]) && rate.rows.symbol == Symbol::one && rate.rows.factor > 0 && rate.cols > 0 &&
              x.cols % (rate.rows.factor * rate.cols) == 0,
          "decay_gate C2", "log_rate is f32 of known size, and x's columns are a multiple of its elements",
          in);
  require(is_f32_row(*in[2], x.cols), "decay_gate C3", "the bias is f32[1, n]", in);
  return {x};
}

void DecayGate::reference(Inputs in, Outputs out) const {
  const auto heads = static_cast<int64_t>(in[1]->data.size());
  const int64_t group = in[0]->cols / heads;
  for (int64_t r = 0; r < in[0]->rows; ++r) {
    for (int64_t c = 0; c < in[0]->cols; ++c) {
      const double rate = std::exp(in[1]->data[static_cast<size_t>(c / group)]);
      out[0]->at(r, c) = std::exp(-rate * softplus(in[0]->at(r, c) + in[2]->at(0, c)));
    }
  }
}

// Three exponentials and a logarithm, two sums and a product, the larger of two.
Cost DecayGate::cost(Operands in, const Sizes& sizes) const {
  const Type& y = in[0]->type;
  const double elements = static_cast<double>(sizes.of(y.rows)) * static_cast<double>(y.cols);
  return {8 * elements, traffic(in, infer(in), sizes)};
}

}  // namespace clinfer::graph
