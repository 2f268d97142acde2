#include <algorithm>
#include <cstring>

#include "host/stored/integer_weight.h"
#include "host/stored/layout.h"
#include "host/stored/quantization_config.h"
#include "quant/gptq_awq.h"

namespace clinfer::stored {
namespace {

/// The tensors of a GPTQ or AWQ weight, [n, k] when unpacked.
struct Words {
  const io::Tensor *codes, *zeros, *scales;
  const io::Tensor* order;  ///< g_idx where it says more than k / group
  quant::PackedInt4 layout;
  int64_t n, k, group;
};

std::vector<int32_t> order_of(const Words& w) {
  return w.order == nullptr ? std::vector<int32_t>{} : elements_of<int32_t>(*w.order);
}

/// Drops a g_idx that says what goes without saying.
void check_order(const TensorGroup& group, Words& w) {
  if (w.order == nullptr) return;
  group.expect(*w.order, {"i32"}, {w.k});
  bool plain = true;
  const std::vector<int32_t> order = order_of(w);
  for (int64_t k = 0; k < w.k; ++k) {
    const int64_t index = order[static_cast<size_t>(k)];
    if (index < 0 || index >= w.k / w.group) group.fail(*w.order, "names a group that is not there");
    plain = plain && index == k / w.group;
  }
  if (plain) w.order = nullptr;
}

Words words_of(const TensorGroup& group, const io::Tensor& codes) {
  const io::Tensor& zeros = group.need(group.in_place("qzeros"), codes, "qzeros");
  const io::Tensor& scales = group.need(group.in_place("scales"), codes, "scales");
  Words w{&codes, &zeros, &scales, group.in_place("g_idx"), packed_int4(group.checkpoint()), 0, 0, 0};
  const bool sane = codes.format == "i32" && codes.shape.size() == 2 && scales.shape.size() == 2 &&
                    scales.shape[0] > 0 && scales.shape[1] > 0;
  if (!sane)
    group.fail(codes, "must be i32 of two dimensions with scales of two, is " + codes.format + " " +
                          shape_text(codes.shape) + " with " + shape_text(scales.shape));
  w.n = scales.shape[1];
  const bool awq = w.layout == quant::PackedInt4::awq;
  w.k = awq ? codes.shape[0] : codes.shape[0] * 8;
  const int64_t groups = scales.shape[0];
  if (w.k == 0 || w.k % 8 != 0 || w.k % groups != 0 || w.n % 8 != 0)
    group.fail(codes, "is " + shape_text(codes.shape) + ", which groups of 4-bit codes with scales " +
                          shape_text(scales.shape) + " do not fill");
  w.group = w.k / groups;
  group.expect(codes, {"i32"}, awq ? std::vector<int64_t>{w.k, w.n / 8} : std::vector<int64_t>{w.k / 8, w.n});
  group.expect(zeros, {"i32"}, {groups, w.n / 8});
  group.expect(scales, {"f16", "bf16", "f32"}, {groups, w.n});
  check_order(group, w);
  return w;
}

void fill_words(StoredMatrix& m, const Words& w) {
  const std::vector<uint32_t> codes = elements_of<uint32_t>(*w.codes);
  const std::vector<uint32_t> zeros = elements_of<uint32_t>(*w.zeros);
  const std::vector<float> scales = floats_of(*w.scales);
  const quant::Int4Parts parts = quant::unpack_int4(w.layout, {codes, zeros, scales}, w.n, w.k, w.group);
  IntegerWeight weight;
  weight.codes.assign(parts.codes.begin(), parts.codes.end());
  weight.zeros = parts.scales.zeros;
  weight.scales.resize(parts.scales.scales.size() / sizeof(float));
  std::memcpy(weight.scales.data(), parts.scales.scales.data(), parts.scales.scales.size());
  weight.group_of = order_of(w);
  fill(m, weight, w.group);
}

}  // namespace

/// GPTQ and AWQ: X.qweight, X.qzeros, X.scales, X.g_idx (quant/gptq_awq.h).
std::optional<Located> gptq_awq_layout(const TensorGroup& group) {
  const io::Tensor* codes = group.in_place("qweight");
  if (codes == nullptr) return std::nullopt;
  const Words w = words_of(group, *codes);
  Located located{matrix_like(*codes, "f32")};
  StoredMatrix& m = located.matrix;
  m.rows = w.n;
  m.cols = w.k;
  m.matrices = 1;
  m.format = &format_of({4, w.group, true, w.order != nullptr});
  m.parts.insert(m.parts.end(), {w.zeros, w.scales});
  if (w.order != nullptr) m.parts.push_back(w.order);
  located.fill = [w](StoredMatrix& to) { fill_words(to, w); };
  return located;
}

}  // namespace clinfer::stored
