#include <algorithm>

#include "host/stored/integer_weight.h"
#include "host/stored/layout.h"
#include "quant/packing.h"
#include "quant/scale_layout.h"

namespace clinfer::stored {
namespace {

const std::vector<std::string> kFloats = {"f32", "f16", "bf16"};

/// Columns of a group for scales [rows, groups]. One scale for the whole matrix counts as one group.
int64_t group_of(const TensorGroup& group, const StoredMatrix& m, const io::Tensor& scales) {
  const int64_t count = product_of_outer(scales.shape, 0);
  const bool is_float = std::find(kFloats.begin(), kFloats.end(), scales.format) != kFloats.end();
  const bool by_row = count > 0 && count % m.rows == 0 && !scales.shape.empty() && scales.shape[0] == m.rows;
  const int64_t groups = count == 1 ? 1 : by_row ? count / m.rows : 0;
  if (is_float && groups > 0 && m.cols % groups == 0) return m.cols / groups;
  group.fail(scales, "must be f32, f16 or bf16 with scales of each row's groups for " + group.name() + " " +
                         shape_text({m.rows, m.cols}) + ", is " + scales.format + " " +
                         shape_text(scales.shape));
}

std::vector<float> scales_by_row(const io::Tensor& scales, int64_t rows) {
  std::vector<float> floats = floats_of(scales);
  if (floats.size() == 1) floats.assign(static_cast<size_t>(rows), floats.front());
  return floats;
}

void require_no_zeros(const TensorGroup& group) {
  const io::Tensor* zeros = group.in_place("weight_zero_point");
  if (zeros == nullptr) return;
  const auto* bytes = data_of(*zeros);
  if (std::all_of(bytes, bytes + zeros->bytes.size(), [](uint8_t byte) { return byte == 0; })) return;
  group.fail(*zeros, "has zero points, expected symmetric int8");
}

/// A compressed-tensors weight of packed words.
struct Packed {
  const io::Tensor* words;
  const io::Tensor* scales;
  const io::Tensor* zeros;  ///< nullptr when symmetric
  const io::Tensor* order;  ///< nullptr when groups are contiguous
  int bits;
  int64_t group;
};

int64_t columns_of(const TensorGroup& group, const io::Tensor& words) {
  const io::Tensor& shape = group.need(group.in_place("weight_shape"), words, "weight_shape");
  if ((shape.format != "i64" && shape.format != "i32") || shape.shape != std::vector<int64_t>{2})
    group.fail(shape, "must be i64 [2], is " + shape.format + " " + shape_text(shape.shape));
  int64_t rows = 0;
  int64_t cols = 0;
  if (shape.format == "i64") {
    const std::vector<int64_t> sizes = elements_of<int64_t>(shape);
    rows = sizes[0];
    cols = sizes[1];
  } else {
    const std::vector<int32_t> sizes = elements_of<int32_t>(shape);
    rows = sizes[0];
    cols = sizes[1];
  }
  if (words.shape.size() == 2 && rows == words.shape[0] && cols > 0 && cols <= words.shape[1] * 8)
    return cols;
  group.fail(shape, "says [" + std::to_string(rows) + ", " + std::to_string(cols) + "], which does not fit " +
                        words.name + " " + shape_text(words.shape));
}

/// Codes are unsigned, least significant bits first; a row is whole words. The same for zero points, whose
/// words lie along the rows: [rows / 8, groups].
IntegerWeight unpack(const StoredMatrix& m, const Packed& p) {
  IntegerWeight w;
  w.scales = scales_by_row(*p.scales, m.rows);
  const int offset = p.zeros != nullptr ? 0 : 1 << (p.bits - 1);
  const int64_t stride = p.words->shape[1] * 4;
  w.codes.resize(static_cast<size_t>(m.rows * m.cols));
  std::vector<uint8_t> row(static_cast<size_t>(m.cols) + 8);
  for (int64_t r = 0; r < m.rows; ++r) {
    const uint8_t* from = data_of(*p.words) + r * stride;
    (p.bits == 4 ? quant::Packing<4>::unpack_row : quant::Packing<8>::unpack_row)(from, m.cols, row.data());
    for (int64_t c = 0; c < m.cols; ++c)
      w.codes[static_cast<size_t>(r * m.cols + c)] =
          static_cast<int8_t>(row[static_cast<size_t>(c)] - offset);
  }
  if (p.zeros != nullptr) {
    const std::vector<uint32_t> words = elements_of<uint32_t>(*p.zeros);
    const int64_t groups = m.cols / p.group;
    for (int64_t i = 0; i < m.rows * groups; ++i) {
      const uint32_t word = words[static_cast<size_t>(i / groups / 8 * groups + i % groups)];
      w.zeros.push_back(static_cast<uint8_t>(word >> (4 * (i / groups % 8)) & 15u));
    }
  }
  if (p.order != nullptr) w.group_of = elements_of<int32_t>(*p.order);
  return w;
}

void check_order(const TensorGroup& group, const Packed& p, int64_t cols) {
  if (p.order == nullptr) return;
  group.expect(*p.order, {"i32"}, {cols});
  for (const int32_t index : elements_of<int32_t>(*p.order)) {
    if (index < 0 || index >= cols / p.group) group.fail(*p.order, "names a group that is not there");
  }
}

}  // namespace

/// X.weight I8 [rows, cols] with X.weight_scale: one, one a row, or [rows, groups].
std::optional<Located> int8_layout(const TensorGroup& group) {
  const io::Tensor* self = group.self();
  if (self == nullptr || self->format != "i8" || self->shape.size() != 2) return std::nullopt;
  require_elements(group, *self);
  const io::Tensor& scales = group.need(group.behind("_scale"), *self, self->name + "_scale");
  require_no_zeros(group);
  Located located{matrix_like(*self, "int8_row")};
  StoredMatrix& m = located.matrix;
  const int64_t columns = group_of(group, m, scales);
  if (columns != m.cols) m.format = &format_of({8, columns, false, false});
  m.parts.push_back(&scales);
  located.fill = [&scales, columns](StoredMatrix& to) {
    IntegerWeight w;
    const auto* codes = reinterpret_cast<const int8_t*>(to.codes);
    w.codes.assign(codes, codes + to.rows * to.cols);
    w.scales = scales_by_row(scales, to.rows);
    fill(to, w, columns);
  };
  return located;
}

/// compressed-tensors: X.weight_packed I32 of 4- or 8-bit codes, X.weight_scale [rows, groups],
/// X.weight_shape, and where they are used X.weight_zero_point and X.weight_g_idx.
std::optional<Located> packed_integer_layout(const TensorGroup& group) {
  const io::Tensor* words = group.in_place("weight_packed");
  if (words == nullptr || words->format != "i32") return std::nullopt;
  require_elements(group, *words);
  Packed p{words,
           &group.need(group.in_place("weight_scale"), *words, "weight_scale"),
           group.in_place("weight_zero_point"),
           group.in_place("weight_g_idx"),
           0,
           0};
  Located located{matrix_like(*words, "f32")};
  StoredMatrix& m = located.matrix;
  m.cols = columns_of(group, *words);
  for (const int bits : {4, 8}) {
    if (words->shape[1] == quant::ceil_div(m.cols * bits, 32)) p.bits = bits;
  }
  if (p.bits == 0)
    group.fail(*words, "has words of neither 4 nor 8 bits for " + std::to_string(m.cols) + " columns");
  p.group = group_of(group, m, *p.scales);
  if (p.zeros != nullptr) {
    if (p.bits != 4) group.fail(*p.zeros, "has zero points, expected symmetric int8");
    group.expect(*p.zeros, {"i32"}, {quant::ceil_div(m.rows, 8), m.cols / p.group});
  }
  check_order(group, p, m.cols);
  const bool whole_row = p.bits == 8 && p.group == m.cols && p.order == nullptr;
  m.format = whole_row ? quant::find_format("int8_row")
                       : &format_of({p.bits, p.group, p.zeros != nullptr, p.order != nullptr});
  m.parts.insert(m.parts.end(), {p.scales});
  for (const io::Tensor* part : {p.zeros, p.order}) {
    if (part != nullptr) m.parts.push_back(part);
  }
  located.fill = [p](StoredMatrix& to) { fill(to, unpack(to, p), p.group); };
  return located;
}

}  // namespace clinfer::stored
