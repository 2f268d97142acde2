#include "graph/type.h"

namespace clinfer::graph {

int64_t Sizes::of(Dim dim) const {
  switch (dim.symbol) {
    case Symbol::tokens:
      return dim.factor * tokens;
    case Symbol::outputs:
      return dim.factor * outputs;
    case Symbol::context:
      return dim.factor * context;
    case Symbol::one:
      break;
  }
  return dim.factor;
}

std::string to_string(DType dtype) {
  return dtype == DType::i32 ? "i32" : "f32";
}

std::string to_string(Dim dim) {
  if (dim.symbol == Symbol::one) return std::to_string(dim.factor);
  const std::string symbol = dim.symbol == Symbol::tokens    ? "tokens"
                             : dim.symbol == Symbol::outputs ? "outputs"
                                                             : "context";
  return dim.factor == 1 ? symbol : std::to_string(dim.factor) + "*" + symbol;
}

std::string to_string(const Type& type) {
  const std::string held = type.format.empty() ? to_string(type.dtype) : type.format;
  return held + "[" + to_string(type.rows) + ", " + std::to_string(type.cols) + "]";
}

}  // namespace clinfer::graph
