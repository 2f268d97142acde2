#pragma once

#include <cstdint>
#include <string>

namespace clinfer::graph {

/// Element types of values that flow between nodes. Weights and caches have storage formats of their own.
enum class DType { f32, i32 };

/// Sizes that differ from call to call.
enum class Symbol {
  one,      ///< a constant size
  tokens,   ///< tokens of this call, T >= 1
  outputs,  ///< rows of which logits are wanted, 1 <= outputs <= T
  context,  ///< tokens in the cache after this call, past + T
};

/// A row count: factor, times a symbol.
struct Dim {
  int64_t factor = 1;
  Symbol symbol = Symbol::one;
  bool operator==(const Dim&) const = default;
};

/// What the symbols stand for in one call, or at most (for planning).
struct Sizes {
  int64_t tokens = 1;
  int64_t outputs = 1;
  int64_t context = 1;
  bool operator==(const Sizes&) const = default;

  int64_t of(Dim dim) const;
};

/// Every value is a matrix, row-major: rows may be symbolic, columns are known when the graph is built.
struct Type {
  DType dtype = DType::f32;
  Dim rows;
  int64_t cols = 1;
  std::string
      format{};  ///< an f32 value's rows are held in this quant::Format (ops/quantize.h); empty: plain
  bool operator==(const Type&) const = default;
};

inline constexpr Dim kTokens{1, Symbol::tokens};
inline constexpr Dim kOutputs{1, Symbol::outputs};
inline constexpr Dim kContext{1, Symbol::context};

std::string to_string(DType dtype);
std::string to_string(Dim dim);           ///< "tokens", "32", "context"
std::string to_string(const Type& type);  ///< "f32[tokens, 256]", "int8_g32[tokens, 256]"

}  // namespace clinfer::graph
