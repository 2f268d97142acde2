#include "host/run/observer.h"

#include <algorithm>
#include <cstring>

#include "host/kernels/value_bytes.h"
#include "quant/error.h"

namespace clinfer::run {
namespace {

template <typename T>
std::vector<T> elements(const std::vector<std::byte>& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

}  // namespace

void StepView::check(graph::ValueId id, graph::DType dtype) const {
  const auto has = [&](const std::vector<graph::ValueId>& ids) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  };
  if (!has(node().inputs) && !has(node().outputs))
    throw Error(Fault::run, node().name + " has no value " + std::to_string(id));
  if (value(id).type.dtype != dtype)
    throw Error(Fault::run, value(id).name + " does not hold " + graph::to_string(dtype));
}

std::vector<float> StepView::floats(graph::ValueId id) const {
  check(id, graph::DType::f32);
  const std::vector<std::byte> bytes = read_(id);
  const auto count = static_cast<size_t>(rows(id) * value(id).type.cols);
  if (bytes.size() == count * sizeof(float)) return elements<float>(bytes);
  const graph::Array decoded = kernels::decode(value(id), bytes, sizes_);
  return {decoded.data.begin(), decoded.data.end()};
}

std::vector<int32_t> StepView::integers(graph::ValueId id) const {
  check(id, graph::DType::i32);
  return elements<int32_t>(read_(id));
}

}  // namespace clinfer::run
