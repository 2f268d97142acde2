#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "host/report/data.h"
#include "quant/format.h"

namespace clinfer::report {

/// A matrix as a device holds it.
struct HeldMatrix {
  const quant::Format& format;
  int64_t rows;
  int64_t cols;
  std::span<const uint8_t> codes;
  std::span<const uint8_t> scales;  ///< empty where the format has none
};

/// Keeps the blocks of the matrix whose noise is largest, as error.worst_blocks. `values` [rows, cols] are
/// the stored ones; the matrix' first row is row `first_row` of `tensor`.
void add_blocks(const HeldMatrix& matrix, std::span<const float> values, const std::string& tensor,
                int64_t first_row, TensorError& error);

/// Adds what the matrix' outputs on `inputs` [tokens, cols] lose: error.output_*.
void add_outputs(const HeldMatrix& matrix, std::span<const float> values, std::span<const float> inputs,
                 TensorError& error);

}  // namespace clinfer::report
