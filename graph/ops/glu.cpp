#include "graph/ops/glu.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "graph/ops/glu_products.h"
#include "graph/ops/quantize.h"

namespace clinfer::graph {

double activate(Activation activation, double x) {
  if (activation == Activation::silu) return x / (1 + std::exp(-x));
  if (activation == Activation::sigmoid) return 1 / (1 + std::exp(-x));
  const double u = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
  return x / (1 + std::exp(-2 * u));
}

Glu::Pair Glu::columns_of(int64_t c) const {
  if (width == 0) return {c, c};
  const int64_t slot = c / width * 2 * width;
  const int64_t i = c % width;
  return interleaved ? Pair{slot + 2 * i, slot + 2 * i + 1} : Pair{slot + i, slot + width + i};
}

namespace {

bool is_matrix(const Value& value) {
  return value.weight() != nullptr && value.weight()->experts == 1 && !value.weight()->vector;
}

}  // namespace

std::vector<Type> Glu::infer(Operands in) const {
  require_count(in, 1, 3, kName);
  if (in.size() == 3) {
    require(width == 0 && !interleaved && !clamped() && is_activation_format(format) &&
                is_f32_or_quantised(*in[0]) && is_matrix(*in[1]) && in[1]->type == in[2]->type &&
                is_matrix(*in[2]) && in[0]->type.cols == in[1]->type.cols,
            "glu C5", "x and two matrices of one shape with as many columns, a format, no width and no clamp",
            in, attributes());
    return {{DType::f32, in[0]->type.rows, in[1]->weight()->rows, format}};
  }
  const Type& x = in[0]->type;
  require((width > 0) == (in.size() == 1) && (width > 0 || !interleaved), "glu C2",
          "one operand exactly with width > 0", in, attributes());
  require(limit >= 0 && (alpha == 1.0f || activation == Activation::silu), "glu C3",
          "limit >= 0, and an alpha only for silu", in, attributes());
  require(format.empty() || is_activation_format(format), "glu C4", "a format of activations, or none", in,
          attributes());
  if (width > 0) {
    require(is_f32(*in[0]) && x.cols % (2 * width) == 0, "glu C2", "f32 with a multiple of 2 * width columns",
            in, attributes());
    return {{DType::f32, x.rows, x.cols / 2, format}};
  }
  require(is_f32(*in[0]) && x == in[1]->type, "glu C1", "two f32 operands of one type", in);
  return {{DType::f32, x.rows, x.cols, format}};
}

void Glu::reference(Inputs in, Outputs out) const {
  if (in.size() == 3) {
    const auto [gate, up] = glu_products(in);
    const Array* const both[] = {&gate, &up};
    return reference(both, out);
  }
  const auto most = static_cast<double>(limit > 0 ? limit : std::numeric_limits<float>::infinity());
  for (int64_t r = 0; r < out[0]->rows; ++r) {
    for (int64_t c = 0; c < out[0]->cols; ++c) {
      const Pair at = columns_of(c);
      const double gate = std::min(in[0]->at(r, at.gate), most);
      const double up = std::clamp(in[width > 0 ? 0 : 1]->at(r, at.up), -most, most);
      const double open = alpha == 1.0f ? activate(activation, gate)
                                        : gate / (1 + std::exp(-static_cast<double>(alpha) * gate));
      out[0]->at(r, c) = open * (up + static_cast<double>(up_offset));
    }
  }
  if (!format.empty()) round_rows(format, *out[0]);
}

// Exponential, sum, division and product count as one each; five more for the argument of gelu_tanh and for
// the clamped form; rounding as Quantize counts it, products as Linear.
Cost Glu::cost(Operands in, const Sizes& sizes) const {
  const std::vector<Type> y = infer(in);
  const double elements = static_cast<double>(sizes.of(y[0].rows)) * static_cast<double>(y[0].cols);
  const double gated = activation != Activation::gelu_tanh && !clamped() ? 4 : 9;
  const double products = in.size() == 3 ? 4 * static_cast<double>(in[0]->type.cols) : 0;
  return {(products + gated + (format.empty() ? 0 : kRoundingFlops)) * elements, traffic(in, y, sizes)};
}

Attributes Glu::attributes() const {
  static constexpr const char* kNames[] = {"silu", "gelu_tanh", "sigmoid"};
  Attributes list = {{"activation", kNames[static_cast<size_t>(activation)]}};
  if (width > 0) list.emplace_back("width", std::to_string(width));
  if (interleaved) list.emplace_back("interleaved", "true");
  if (limit > 0) list.emplace_back("limit", format_number(limit));
  if (alpha != 1.0f) list.emplace_back("alpha", format_number(alpha));
  if (up_offset != 0.0f) list.emplace_back("up_offset", format_number(up_offset));
  if (!format.empty()) list.emplace_back("format", format);
  return list;
}

}  // namespace clinfer::graph
