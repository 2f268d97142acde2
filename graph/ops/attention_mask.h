#pragma once

#include <cstdint>
#include <utility>

namespace clinfer::graph {

/// Which rows of the context a query at position p sees. Row s stands for the tokens s * stride ..
/// s * stride + length - 1 (one token unless keys are compressed) and is seen once the last of them is not
/// behind p.
struct AttentionMask {
  int64_t window =
      0;  ///< of rows seen, only those with s > p - window (the query's own is one of them); 0: all
  int64_t first = 0;   ///< rows s < first are seen whatever the window (StreamingLLM, Xiao et al. 2023)
  int64_t chunk = 0;   ///< only the chunk of p: s >= p - p % chunk (Llama 4); 0: all
  int64_t stride = 1;  ///< tokens from row to row
  int64_t length = 1;  ///< tokens a row stands for
  bool operator==(const AttentionMask&) const = default;

  /// All >= 0, stride and length > 0, and only one of window, chunk and a stride of tokens is used.
  bool consistent() const;
  /// Rows seen are s < first_end and begin <= s < end, where first_end is 0 or first < begin; end may be no
  /// more than begin: then only the first rows are seen.
  struct Range {
    int64_t first_end = 0;
    int64_t begin = 0;
    int64_t end = 0;
  };
  Range range(int64_t position) const;
};

}  // namespace clinfer::graph
