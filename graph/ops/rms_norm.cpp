#include "graph/ops/rms_norm.h"

#include <cmath>

#include "graph/ops/add.h"
#include "graph/ops/quantize.h"

namespace clinfer::graph {

std::vector<Type> RmsNorm::infer(Operands in) const {
  require_count(in, 2, 3, kName);
  const Type& x = in[0]->type;
  const int64_t group = in[1]->type.cols;
  require(is_f32(*in[0]), "rms_norm C1", "x is f32", in);
  require(group > 0 && is_f32_row(*in[1], group) && x.cols % group == 0, "rms_norm C2",
          "the weight is one f32 row, and x's columns are a multiple of its", in);
  require(eps >= 0, "rms_norm C3", "eps >= 0", in, attributes());
  require(in.size() < 3 || in[2]->type == x, "rms_norm C4", "delta is of x's type", in);
  require(format.empty() ? !also_plain : is_activation_format(format), "rms_norm C5",
          "a format of activations, or none and no plain result beside it", in, attributes());
  std::vector<Type> types(in.size() - 1 + (also_plain ? 1 : 0), x);
  types[0].format = format;
  return types;
}

void RmsNorm::reference(Inputs in, Outputs out) const {
  const int64_t group = in[1]->cols;
  const double offset = unit_offset ? 1 : 0;
  const Array* z = in[0];
  if (in.size() > 2) {
    const Array* const operands[] = {in[0], in[2]};
    Array* const sum[] = {out[1]};
    Add{}.reference(operands, sum);
    z = out[1];
  }
  for (int64_t r = 0; r < out[0]->rows; ++r) {
    for (int64_t start = 0; start < out[0]->cols; start += group) {
      double squares = 0;
      for (int64_t c = 0; c < group; ++c) squares += z->at(r, start + c) * z->at(r, start + c);
      const double root = std::sqrt(squares / static_cast<double>(group) + static_cast<double>(eps));
      for (int64_t c = 0; c < group; ++c) {
        out[0]->at(r, start + c) = z->at(r, start + c) / root * (in[1]->at(0, c) + offset);
      }
    }
  }
  if (also_plain) out[out.size() - 1]->data = out[0]->data;
  if (!format.empty()) round_rows(format, *out[0]);
}

// Square, sum, and two products an element, the sum with delta, and rounding.
Cost RmsNorm::cost(Operands in, const Sizes& sizes) const {
  const Type& y = in[0]->type;
  const double elements = static_cast<double>(sizes.of(y.rows)) * static_cast<double>(y.cols);
  const double rounding = format.empty() ? 0 : kRoundingFlops;
  return {((in.size() > 2 ? 5 : 4) + rounding) * elements, traffic(in, infer(in), sizes)};
}

Attributes RmsNorm::attributes() const {
  Attributes list = {{"eps", format_number(eps)}};
  if (unit_offset) list.emplace_back("unit_offset", "true");
  if (!format.empty()) list.emplace_back("format", format);
  if (also_plain) list.emplace_back("also_plain", "true");
  return list;
}

}  // namespace clinfer::graph
