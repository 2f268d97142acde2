#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/value.h"

namespace clinfer::graph {

/// What each op gives (graph/ops/<op>.h), checked by no base class but by the variant that holds them all:
///   static constexpr std::string_view kName;
///   std::vector<Type> infer(Operands in) const;      result types; throws Error naming the constraint
///   ("linear C2") void reference(Inputs in, Outputs out) const;    the truth, in double precision Cost
///   cost(Operands in, const Sizes&) const; Attributes attributes() const;                   for the printers
///   bool operator==
/// C0 of every op is its number of operands.
using Operands = std::span<const Value* const>;
using Attributes = std::vector<std::pair<std::string_view, std::string>>;

/// A matrix in the interpreter; integers are held exactly.
struct Array {
  int64_t rows = 0;
  int64_t cols = 0;
  std::vector<double> data;

  Array() = default;
  Array(int64_t r, int64_t c) : rows(r), cols(c), data(static_cast<size_t>(r * c)) {}
  double& at(int64_t r, int64_t c) { return data[static_cast<size_t>(r * cols + c)]; }
  double at(int64_t r, int64_t c) const { return data[static_cast<size_t>(r * cols + c)]; }
  double* row(int64_t r) { return data.data() + r * cols; }
  const double* row(int64_t r) const { return data.data() + r * cols; }
};
using Inputs = std::span<const Array* const>;
/// Sized by infer(). A written cache comes in as the old contents.
using Outputs = std::span<Array* const>;

/// Work of one call, for rooflines and placement.
struct Cost {
  double flops = 0;  ///< multiply and add count as two
  double bytes = 0;  ///< least traffic with memory: each operand once
};

/// Throws Error(Fault::model) "OP CONSTRAINT: MESSAGE" unless ok.
void require(bool ok, std::string_view constraint, std::string_view message);
/// The same for a constraint on operands and attributes; the message shows what was found beside `expected`.
void require(bool ok, std::string_view constraint, std::string_view expected, Operands in,
             const Attributes& attributes = {});
/// C0 of every op: the number of operands lies in [low, high].
void require_count(Operands in, size_t low, size_t high, std::string_view op);
/// Throws Error(Fault::run) unless 0 <= index < size: a token id, position, row or expert that data named.
int64_t checked_index(double index, int64_t size, std::string_view what);

/// Bytes of codes and scales of `count` matrices [rows, cols] held in the quant format `format`. Throws
/// Error(Fault::model) naming `what` when there is no such format.
double stored_bytes(const std::string& what, std::string_view format, int64_t count, int64_t rows,
                    int64_t cols);
/// Bytes of a value in memory for these sizes (weights in their format, caches up to `context`).
double bytes_of(const Value& value, const Sizes& sizes);
/// Sum of bytes_of over the operands, and over results of these types.
double traffic(Operands in, std::span<const Type> results, const Sizes& sizes);

/// sum of a[i] b[i], in four partial sums so that the additions need not wait for each other.
double dot(const double* a, const double* b, int64_t size);

/// Shortest text that reads back as the same number (as the same float where the number is one).
std::string format_number(double value);

inline constexpr Dim kOneRow{1, Symbol::one};
/// True for plain f32 values of any shape, for f32 values plain or quantised, and for i32[rows, 1].
inline bool is_f32(const Value& value) {
  return value.type.dtype == DType::f32 && value.type.format.empty();
}
inline bool is_f32_or_quantised(const Value& value) {
  return value.type.dtype == DType::f32;
}
inline bool is_index_column(const Value& value) {
  return value.type.dtype == DType::i32 && value.type.cols == 1;
}
/// f32[1, cols]: a norm weight, bias or constant.
inline bool is_f32_row(const Value& value, int64_t cols) {
  return value.type == Type{DType::f32, kOneRow, cols};
}

}  // namespace clinfer::graph
