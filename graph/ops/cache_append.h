#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// Writes columns [offset, offset + n) of the cache rows that the positions name:
/// (cache, x f32[tokens, n], positions i32[tokens, 1]) -> the written cache, the same memory.
/// A token whose position is below 0 is not written.
/// Values are rounded to the cache's format, groups of a quantised one with a scale made of these columns;
/// the reference leaves those of an f32 cache in double precision.
/// C1 the first operand is a cache of rows by position; C2 0 <= offset, offset + n <= width; C3 positions is
/// i32[tokens, 1]; C4 x is f32[tokens, n]; C5 `stored` is that cache, unless its format is f32; C6 the
/// columns are whole groups of the format, or of the tail.
struct CacheAppend {
  static constexpr std::string_view kName = "cache_append";
  int64_t offset = 0;
  Cache stored{};  ///< what values are rounded as
  bool operator==(const CacheAppend&) const = default;
  static constexpr int written_operand(size_t) { return 0; }

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph
