#include "graph/ops/causal_conv.h"

#include "graph/ops/glu.h"

namespace clinfer::graph {
namespace {

/// x of the call behind the rows that came before it: [k - 1 + tokens, n].
Array with_past(Inputs in) {
  const int64_t past = in[2]->rows;
  Array rows(past + in[0]->rows, in[0]->cols);
  if (in[3]->at(0, 0) > 0) std::copy(in[2]->data.begin(), in[2]->data.end(), rows.data.begin());
  std::copy(in[0]->data.begin(), in[0]->data.end(), rows.row(past));
  return rows;
}

}  // namespace

std::vector<Type> CausalConv::infer(Operands in) const {
  require_count(in, 4, 5, kName);
  const int64_t n = in[0]->type.cols;
  const int64_t taps = in[1]->type.cols;
  require(is_f32(*in[0]) && in[0]->type.rows == kTokens, "causal_conv C1", "x is f32[tokens, n]", in);
  require(in[1]->type == Type{DType::f32, Dim{n}, taps} && taps >= 2, "causal_conv C2",
          "the weight is f32[n, k], k >= 2", in);
  const Cache* state = in[2]->cache();
  require(state != nullptr && state->state_rows == taps - 1 && state->width == n, "causal_conv C3",
          "the state is one of [k - 1, n]", in);
  require(in[3]->type == Type{DType::i32, kTokens, 1}, "causal_conv C4", "positions is i32[tokens, 1]", in);
  require(in.size() < 5 || is_f32_row(*in[4], n), "causal_conv C5", "a bias is f32[1, n]", in);
  return {in[0]->type, in[2]->type};
}

void CausalConv::reference(Inputs in, Outputs out) const {
  const Array rows = with_past(in);
  const int64_t taps = in[1]->cols;
  for (int64_t t = 0; t < in[0]->rows; ++t) {
    for (int64_t c = 0; c < in[0]->cols; ++c) {
      double sum = in.size() == 5 ? in[4]->at(0, c) : 0;
      for (int64_t j = 0; j < taps; ++j) sum += in[1]->at(c, j) * rows.at(t + j, c);
      out[0]->at(t, c) = silu ? activate(Activation::silu, sum) : sum;
    }
  }
  std::copy(rows.row(in[0]->rows), rows.data.data() + rows.data.size(), out[1]->data.begin());
}

Cost CausalConv::cost(Operands in, const Sizes& sizes) const {
  const double elements = static_cast<double>(sizes.tokens) * static_cast<double>(in[0]->type.cols);
  const double flops = 2.0 * static_cast<double>(in[1]->type.cols) + (silu ? 4 : 0);
  return {flops * elements, traffic(in, infer(in), sizes)};
}

Attributes CausalConv::attributes() const {
  return {{"activation", silu ? "silu" : "none"}};
}

}  // namespace clinfer::graph
