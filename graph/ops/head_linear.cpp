#include "graph/ops/head_linear.h"

namespace clinfer::graph {

std::vector<Type> HeadLinear::infer(Operands in) const {
  require_count(in, 2, 2, kName);
  const Type& x = in[0]->type;
  require(is_f32(*in[0]) && heads > 0 && in_dim > 0 && tail_dim >= 0 && x.cols == heads * (in_dim + tail_dim),
          "head_linear C1", "x is f32 with heads * (in_dim + tail_dim) columns", in, attributes());
  const Weight* weight = in[1]->weight();
  require(weight != nullptr && weight->experts == 1 && !weight->vector && weight->rows == heads * row_stride,
          "head_linear C2", "the weight is one matrix of heads * row_stride rows", in, attributes());
  const int64_t rows = transposed ? in_dim : out_dim;
  require(out_dim > 0 && row_offset >= 0 && row_offset + rows <= row_stride, "head_linear C3",
          "the slice lies inside row_stride", in, attributes());
  require((transposed ? out_dim : in_dim) == weight->cols, "head_linear C4",
          "in_dim (out_dim when transposed) is the weight's columns", in, attributes());
  return {{DType::f32, x.rows, heads * (out_dim + tail_dim)}};
}

void HeadLinear::reference(Inputs in, Outputs out) const {
  for (int64_t h = 0; h < heads; ++h) {
    const int64_t first = h * row_stride + row_offset;
    for (int64_t r = 0; r < out[0]->rows; ++r) {
      const double* x = in[0]->row(r) + h * (in_dim + tail_dim);
      double* y = out[0]->row(r) + h * (out_dim + tail_dim);
      for (int64_t o = 0; o < out_dim; ++o) y[o] = 0;
      // Both loops run along a row of the weight.
      for (int64_t i = 0; transposed && i < in_dim; ++i) {
        const double* weight = in[1]->row(first + i);
        for (int64_t o = 0; o < out_dim; ++o) y[o] += x[i] * weight[o];
      }
      for (int64_t o = 0; !transposed && o < out_dim; ++o) {
        y[o] = dot(x, in[1]->row(first + o), in_dim);
      }
      for (int64_t i = 0; i < tail_dim; ++i) y[out_dim + i] = x[in_dim + i];
    }
  }
}

// Of the weight only each head's slice is read.
Cost HeadLinear::cost(Operands in, const Sizes& sizes) const {
  const double share = static_cast<double>(transposed ? in_dim : out_dim) / static_cast<double>(row_stride);
  const double products =
      static_cast<double>(heads) * static_cast<double>(in_dim) * static_cast<double>(out_dim);
  return {2 * static_cast<double>(sizes.of(in[0]->type.rows)) * products,
          traffic(in.first(1), infer(in), sizes) + share * bytes_of(*in[1], sizes)};
}

Attributes HeadLinear::attributes() const {
  return {{"heads", std::to_string(heads)},
          {"in_dim", std::to_string(in_dim)},
          {"out_dim", std::to_string(out_dim)},
          {"tail_dim", std::to_string(tail_dim)},
          {"row_stride", std::to_string(row_stride)},
          {"row_offset", std::to_string(row_offset)},
          {"transposed", transposed ? "true" : "false"}};
}

}  // namespace clinfer::graph
