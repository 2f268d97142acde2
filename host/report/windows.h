#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace clinfer::report {

/// A text as tokens, cut into windows of `context` tokens without overlap; a rest at the end is left out. The
/// convention of llama-perplexity, so that figures compare: the second half of each window is scored, from
/// the token at context / 2 + 1 to the last one.
struct Windows {
  std::vector<int32_t> ids;    ///< windows() * context of them
  std::optional<int32_t> bos;  ///< stands in for the first token of every window
  int64_t context = 512;

  int64_t count() const { return static_cast<int64_t>(ids.size()) / context; }
  int64_t first_scored() const { return context / 2; }             ///< first row whose logits count
  int64_t scored() const { return context - 1 - first_scored(); }  ///< rows of a window that count
  int64_t rows() const { return count() * scored(); }              ///< of all windows

  std::vector<int32_t> window(int64_t index) const;  ///< what the model is given, [context]
};

/// Cuts a text; at most `chunks` windows, all of them for 0. Throws Error(Fault::usage) when the text does
/// not fill one window.
Windows cut_windows(std::span<const int32_t> ids, int64_t context, int64_t chunks,
                    std::optional<int32_t> bos);

}  // namespace clinfer::report
