#include <cstring>

#include "host/stored/layout.h"
#include "quant/format.h"

namespace clinfer::stored {
namespace {

constexpr std::string_view kWhole = ".kv_b_proj.weight";

/// The two parts of kv_b as newer GGUF converters store them: of each head the keys' part, transposed, and
/// the values' part.
struct Parts {
  const io::Tensor* keys;    ///< [heads, rank, nope]
  const io::Tensor* values;  ///< [heads, v, rank]
  int64_t heads() const { return keys->shape[0]; }
  int64_t rank() const { return keys->shape[1]; }
  int64_t nope() const { return keys->shape[2]; }
  int64_t v() const { return values->shape[1]; }
};

/// f16 and bf16 stay what they are, the rest becomes f32.
const char* format_of(const Parts& p) {
  const bool same = p.keys->format == p.values->format;
  if (same && (p.keys->format == "f16" || p.keys->format == "bf16")) return p.keys->format.c_str();
  return "f32";
}

std::vector<float> decoded(const io::Tensor& tensor) {
  const StoredMatrix m = matrix_like(tensor, tensor.format.c_str());
  std::vector<float> values(static_cast<size_t>(m.rows * m.cols));
  decode_rows(m, 0, m.rows, values.data());
  return values;
}

/// Rows h * (nope + v) + d: the keys' part of head h, then its values' part.
void join(StoredMatrix& m, const Parts& p) {
  const std::vector<float> keys = decoded(*p.keys);
  const std::vector<float> values = decoded(*p.values);
  std::vector<float> all;
  all.reserve(keys.size() + values.size());
  for (int64_t h = 0; h < p.heads(); ++h) {
    for (int64_t d = 0; d < p.nope(); ++d) {
      for (int64_t r = 0; r < p.rank(); ++r)
        all.push_back(keys[static_cast<size_t>((h * p.rank() + r) * p.nope() + d)]);
    }
    const auto first = values.begin() + h * p.v() * p.rank();
    all.insert(all.end(), first, first + p.v() * p.rank());
  }
  std::vector<uint8_t> codes(static_cast<size_t>(quant::code_bytes(*m.format, m.rows, m.cols)));
  m.format->encode(all.data(), m.rows, m.cols, codes.data(), nullptr);
  own_codes(m, std::move(codes));
}

}  // namespace

/// X.k_b_proj.weight and X.v_b_proj.weight in place of X.kv_b_proj.weight.
std::optional<Located> split_latent_layout(const TensorGroup& group) {
  if (!group.name().ends_with(kWhole)) return std::nullopt;
  const std::string module = group.name().substr(0, group.name().size() - kWhole.size());
  const Parts p{group.checkpoint().find(module + ".k_b_proj.weight"),
                group.checkpoint().find(module + ".v_b_proj.weight")};
  if (p.keys == nullptr || p.values == nullptr) return std::nullopt;
  for (const io::Tensor* part : {p.keys, p.values}) {
    const quant::Format* format = quant::find_format(part->format);
    if (format == nullptr || format->scale_type != quant::ScaleType::none || part->shape.size() != 3)
      group.fail(*part, "must be three-dimensional floats or GGUF blocks, is " + part->format + " " +
                            shape_text(part->shape));
    require_elements(group, *part);
  }
  if (p.values->shape[0] != p.heads() || p.values->shape[2] != p.rank())
    group.fail(*p.values, "is " + shape_text(p.values->shape) + ", which does not go with " + p.keys->name +
                              " " + shape_text(p.keys->shape));
  StoredMatrix m;
  m.format = quant::find_format(format_of(p));
  m.tensor = p.keys;
  m.parts = {p.keys, p.values};
  m.cols = p.rank();
  m.rows = p.heads() * (p.nope() + p.v());
  return Located{std::move(m), [p](StoredMatrix& matrix) { join(matrix, p); }};
}

}  // namespace clinfer::stored
