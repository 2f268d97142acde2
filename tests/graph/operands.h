#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "quant/error.h"

namespace clinfer::graph {

/// Operand values for infer() and cost(), one of each kind, in call order.
class OperandList {
 public:
  OperandList& result(Dim rows, int64_t cols) { return add({DType::f32, rows, cols}, Result{0}); }
  OperandList& quantised(Dim rows, int64_t cols, const std::string& format) {
    return add({DType::f32, rows, cols, format}, Result{0});
  }
  OperandList& ids(Dim rows, int64_t cols = 1) { return add({DType::i32, rows, cols}, Input{}); }
  OperandList& weight(int64_t rows, int64_t cols, int64_t experts = 1) {
    Weight weight;
    weight.experts = experts;
    weight.rows = rows;
    weight.cols = cols;
    return add({DType::f32, Dim{experts * rows}, cols}, weight);
  }
  OperandList& vector(int64_t cols) {
    Weight weight;
    weight.cols = cols;
    weight.vector = true;
    return add({DType::f32, kOneRow, cols}, weight);
  }
  OperandList& cache(int64_t width) { return cache(Cache{width}); }
  OperandList& cache(const Cache& cache) { return add({DType::f32, kContext, cache.width}, cache); }
  OperandList& state(int64_t rows, int64_t width) {
    return add({DType::f32, Dim{rows}, width}, Cache{.width = width, .state_rows = rows});
  }

  operator Operands() const { return pointers_; }  // NOLINT(google-explicit-constructor)

 private:
  template <typename Source>
  OperandList& add(Type type, Source source) {
    const auto value = std::make_shared<Value>();
    value->name = std::string("v").append(std::to_string(values_.size()));
    value->type = type;
    value->source = std::move(source);
    values_.push_back(value);
    pointers_.push_back(value.get());
    return *this;
  }

  std::vector<std::shared_ptr<Value>> values_;  ///< shared, so that a copy of the list points to live values
  std::vector<const Value*> pointers_;
};

inline Array matrix(int64_t rows, int64_t cols, std::vector<double> data) {
  Array array(rows, cols);
  array.data = std::move(data);
  return array;
}

/// The data of an op's result [rows, cols] for these operands.
template <typename AnyOp>
std::vector<double> evaluate(const AnyOp& op, const std::vector<Array>& operands, int64_t rows,
                             int64_t cols) {
  std::vector<const Array*> in;
  for (const Array& array : operands) in.push_back(&array);
  Array result(rows, cols);
  Array* const out[] = {&result};
  op.reference(in, out);
  return result.data;
}

/// The message of the Error that `action` throws, "" when it throws none.
template <typename Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// True when infer() fails with this constraint, "linear C2".
template <typename AnyOp>
bool violates(const std::string& constraint, const AnyOp& op, Operands in) {
  return error_of([&] { op.infer(in); }).rfind(constraint + ": ", 0) == 0;
}

}  // namespace clinfer::graph
