#pragma once

#include <span>
#include <string>
#include <string_view>

namespace clinfer::config {

/// Single-character insertions, removals, replacements and swaps of neighbours that turn a into b (optimal
/// string alignment). Letters compare without case and '-' equals '_'.
int edit_distance(std::string_view a, std::string_view b);

/// The name a user probably meant by `word`: the first of those with the least edit distance, where that is
/// at most a third of the word's length (at least 1); otherwise "".
std::string nearest(std::string_view word, std::span<const std::string> names);

/// "; did you mean NAME?" for the nearest name, or "".
std::string did_you_mean(std::string_view word, std::span<const std::string> names);

}  // namespace clinfer::config
