#include "graph/ops/expert_linear.h"

#include <algorithm>

#include "graph/ops/quantize.h"

namespace clinfer::graph {

std::vector<Type> ExpertLinear::infer(Operands in) const {
  require_count(in, 3, 4, kName);
  const Type& x = in[0]->type;
  const Type& ids = in[1]->type;
  const Weight* weight = in[2]->weight();
  require(ids.dtype == DType::i32 && ids.rows == x.rows, "expert_linear C1", "ids is i32 with x's rows", in);
  require(weight != nullptr && !weight->vector && weight->experts >= ids.cols, "expert_linear C2",
          "the weight stacks at least as many experts as ids has columns", in);
  require(is_f32_or_quantised(*in[0]) && x.cols == weight->cols * (per_slot ? ids.cols : 1),
          "expert_linear C3", "x is f32 with the weight's columns (times ids' columns when per_slot)", in,
          attributes());
  require(!per_slot || x.format.empty() || fills_blocks(x.format, weight->cols), "expert_linear C4",
          "a quantised x has whole blocks in each slot", in, attributes());
  require(in.size() == 3 || in[3]->type == Type{DType::f32, Dim{weight->experts}, weight->rows},
          "expert_linear C5", "the bias is f32 with a row an expert, as wide as the weight has rows", in);
  return {{DType::f32, x.rows, ids.cols * weight->rows}};
}

void ExpertLinear::reference(Inputs in, Outputs out) const {
  const int64_t slots = in[1]->cols;
  const int64_t n = out[0]->cols / slots;
  const int64_t depth = in[2]->cols;
  for (int64_t r = 0; r < out[0]->rows; ++r) {
    for (int64_t j = 0; j < slots; ++j) {
      const int64_t expert = checked_index(in[1]->at(r, j), in[2]->rows / n, "expert_linear: expert");
      const double* x = in[0]->row(r) + (per_slot ? j * depth : 0);
      for (int64_t c = 0; c < n; ++c) {
        const double bias = in.size() == 4 ? in[3]->at(expert, c) : 0;
        out[0]->at(r, j * n + c) = dot(x, in[2]->row(expert * n + c), depth) + bias;
      }
    }
  }
}

// Traffic: at most one matrix a slot, and no more than all experts.
Cost ExpertLinear::cost(Operands in, const Sizes& sizes) const {
  const Weight& weight = *in[2]->weight();
  const double slots =
      static_cast<double>(sizes.of(in[1]->type.rows)) * static_cast<double>(in[1]->type.cols);
  const double share = std::min(1.0, slots / static_cast<double>(weight.experts));
  const double bias = in.size() == 4 ? slots * static_cast<double>(weight.rows) : 0;
  const double flops = bias + 2 * slots * static_cast<double>(weight.rows) * static_cast<double>(weight.cols);
  const double moved = share * (bytes_of(*in[2], sizes) + (in.size() == 4 ? bytes_of(*in[3], sizes) : 0));
  return {flops, traffic(in.first(2), infer(in), sizes) + moved};
}

}  // namespace clinfer::graph
