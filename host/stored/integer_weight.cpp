#include "host/stored/integer_weight.h"

#include <cstring>

#include "host/stored/layout.h"
#include "quant/scale_layout.h"

namespace clinfer::stored {
namespace {

/// The group in the file that a column belongs to.
int64_t group_at(const IntegerWeight& w, int64_t col, int64_t group) {
  return w.group_of.empty() ? col / group : w.group_of[static_cast<size_t>(col)];
}

void fill_f32(StoredMatrix& m, const IntegerWeight& w, int64_t group) {
  const int64_t groups = static_cast<int64_t>(w.scales.size()) / m.rows;
  std::vector<uint8_t> bytes(static_cast<size_t>(m.rows * m.cols) * sizeof(float));
  for (int64_t row = 0; row < m.rows; ++row) {
    for (int64_t col = 0; col < m.cols; ++col) {
      const auto at = static_cast<size_t>(row * m.cols + col);
      const auto of = static_cast<size_t>(row * groups + group_at(w, col, group));
      const int zero = w.zeros.empty() ? 0 : w.zeros[of];
      const float value = static_cast<float>(w.codes[at] - zero) * w.scales[of];
      std::memcpy(bytes.data() + at * sizeof value, &value, sizeof value);
    }
  }
  own_codes(m, std::move(bytes));
}

/// The scale blob, each group's scale (and zero) in all of the format's groups that it covers.
std::vector<uint8_t> scales_of(const StoredMatrix& m, const IntegerWeight& w, int64_t group) {
  const int64_t groups = static_cast<int64_t>(w.scales.size()) / m.rows;
  quant::SplitScales parts;
  parts.rows = m.rows;
  parts.blocks = quant::ceil_div(m.cols, m.format->block_cols);
  for (int64_t row = 0; row < m.rows; ++row) {
    for (int64_t block = 0; block < parts.blocks; ++block) {
      const int64_t col = parts.blocks == 1 ? 0 : block * m.format->block_cols;
      const auto from = static_cast<size_t>(row * groups + col / group);
      const auto* bytes = reinterpret_cast<const uint8_t*>(&w.scales[from]);
      parts.scales.insert(parts.scales.end(), bytes, bytes + sizeof(float));
      if (m.format->zeros) parts.zeros.push_back(w.zeros[from]);
    }
  }
  return quant::join_scales(*m.format, m.rows, m.cols, parts);
}

}  // namespace

const quant::Format& format_of(const Grouping& g) {
  const char* name = "f32";
  if (g.reordered) return *quant::find_format(name);
  const bool whole = g.group % 128 == 0;
  if (g.bits == 4 && whole) {
    name = g.zeros ? "int4_g128_asym" : "int4_g128";
  } else if (g.bits == 8 && whole && !g.zeros) {
    name = "int8_g128";
  } else if (g.group % 32 == 0 && (g.bits == 4 || !g.zeros)) {
    name = "int8_g32";
  }
  return *quant::find_format(name);
}

void fill(StoredMatrix& m, const IntegerWeight& w, int64_t group) {
  if (m.format->scale_type == quant::ScaleType::none) return fill_f32(m, w, group);
  std::vector<uint8_t> codes(w.codes.begin(), w.codes.end());
  if (!w.zeros.empty() && !m.format->zeros) {
    const int64_t groups = static_cast<int64_t>(w.zeros.size()) / m.rows;
    for (size_t i = 0; i < codes.size(); ++i) {
      const int64_t row = static_cast<int64_t>(i) / m.cols;
      const int64_t col = static_cast<int64_t>(i) % m.cols;
      codes[i] = static_cast<uint8_t>(codes[i] - w.zeros[static_cast<size_t>(row * groups + col / group)]);
    }
  }
  own_codes(m, quant::pack_codes(*m.format, m.rows, m.cols, codes));
  own_scales(m, scales_of(m, w, group));
}

}  // namespace clinfer::stored
