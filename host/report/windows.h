#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clinfer::report {

/// What a token is by its bytes: the first kind that one of them is, in this order.
enum class TokenClass : uint8_t { other_script, number, word, punctuation, space };
const char* name_of(TokenClass kind);
TokenClass classify(std::string_view bytes);

/// How much text the scored tokens are.
struct TextUnits {
  int64_t bytes = 0;
  int64_t words = 0;  ///< runs without white space that begin there
};

/// A text as tokens, cut into windows of `context` tokens without overlap; a rest at the end is left out. The
/// convention of llama-perplexity, so that figures compare: the second half of each window is scored, from
/// the token at context / 2 + 1 to the last one.
struct Windows {
  std::vector<int32_t> ids;    ///< windows() * context of them
  std::optional<int32_t> bos;  ///< stands in for the first token of every window
  int64_t context = 512;
  TextUnits units{};                  ///< of all scored tokens; zeros: not known
  std::vector<TokenClass> classes{};  ///< of the tokens that came, [rows()]; empty: not known

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

/// Fills units and classes; `bytes_of` gives the bytes that a token adds to a text.
void describe_text(Windows& windows, const std::function<std::string(int32_t)>& bytes_of);

}  // namespace clinfer::report
