#pragma once

#include "tests/kernels/check.h"

namespace clinfer::tests {

struct LinearShape {
  int64_t tokens;
  int64_t rows;
  int64_t cols;
};

/// y = x W^T (+ b) with random operands: W in a format, rows in groups of `row_group`; x rounded to
/// `activations` unless that is empty.
Case linear_case(const std::string& weights, const std::string& activations, LinearShape shape, bool bias,
                 uint64_t seed, int64_t row_group = 1);

}  // namespace clinfer::tests
