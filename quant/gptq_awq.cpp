#include "quant/gptq_awq.h"

#include <stdexcept>
#include <string>

#include "quant/bytes.h"

namespace clinfer::quant {
namespace {

constexpr int kAwqColumn[8] = {0, 2, 4, 6, 1, 3, 5, 7};

void require(const char* what, size_t got, int64_t want) {
  if (static_cast<int64_t>(got) == want) return;
  throw std::invalid_argument(std::string("packed int4: ") + what + " should have " + std::to_string(want) +
                              " elements, not " + std::to_string(got));
}

void require_sizes(const PackedInt4Tensors& tensors, int64_t n, int64_t k, int64_t group) {
  if (n <= 0 || k <= 0 || group <= 0 || n % 8 != 0 || k % 8 != 0 || k % group != 0) {
    throw std::invalid_argument("packed int4: " + std::to_string(n) + " x " + std::to_string(k) +
                                " in groups of " + std::to_string(group) + " does not fill whole words");
  }
  require("qweight", tensors.qweight.size(), n * (k / 8));
  require("qzeros", tensors.qzeros.size(), k / group * (n / 8));
  require("scales", tensors.scales.size(), k / group * n);
}

uint8_t nibble(uint32_t word, int i) {
  return static_cast<uint8_t>(word >> (4 * i) & 15u);
}

/// The matrix [rows, 8 words] whose words lie along the columns, transposed: [8 words, rows].
std::vector<uint8_t> along_columns(std::span<const uint32_t> packed, int64_t rows, int64_t words, bool awq) {
  std::vector<uint8_t> out(static_cast<size_t>(rows * words * 8));
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t word = 0; word < words; ++word) {
      for (int i = 0; i < 8; ++i) {
        const int64_t col = 8 * word + (awq ? kAwqColumn[i] : i);
        out[static_cast<size_t>(col * rows + row)] =
            nibble(packed[static_cast<size_t>(row * words + word)], i);
      }
    }
  }
  return out;
}

/// GPTQ's codes, [k / 8, n] words along the rows, transposed: [n, k].
std::vector<uint8_t> along_rows(std::span<const uint32_t> packed, int64_t n, int64_t k) {
  std::vector<uint8_t> out(static_cast<size_t>(n * k));
  for (int64_t col = 0; col < n; ++col) {
    for (int64_t row = 0; row < k; ++row) {
      const uint32_t word = packed[static_cast<size_t>(row / 8 * n + col)];
      out[static_cast<size_t>(col * k + row)] = nibble(word, static_cast<int>(row % 8));
    }
  }
  return out;
}

}  // namespace

Int4Parts unpack_int4(PackedInt4 layout, const PackedInt4Tensors& tensors, int64_t n, int64_t k,
                      int64_t group) {
  require_sizes(tensors, n, k, group);
  const bool awq = layout == PackedInt4::awq;
  const int64_t groups = k / group;
  Int4Parts parts;
  parts.codes = awq ? along_columns(tensors.qweight, k, n / 8, true) : along_rows(tensors.qweight, n, k);
  parts.scales.rows = n;
  parts.scales.blocks = groups;
  parts.scales.zeros = along_columns(tensors.qzeros, groups, n / 8, awq);
  if (layout == PackedInt4::gptq) {
    for (uint8_t& zero : parts.scales.zeros) zero = static_cast<uint8_t>((zero + 1) & 15);
  }
  parts.scales.scales.resize(static_cast<size_t>(n * groups * 4));
  for (int64_t col = 0; col < n; ++col) {
    for (int64_t g = 0; g < groups; ++g)
      store(parts.scales.scales.data() + (col * groups + g) * 4,
            tensors.scales[static_cast<size_t>(g * n + col)]);
  }
  return parts;
}

}  // namespace clinfer::quant
