#pragma once

#include <string_view>
#include <vector>

#include "host/text/pattern.h"

namespace clinfer::text {

/// What becomes of the parts of a text that a splitting pattern matched.
enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

SplitBehavior parse_split_behavior(const JsonAt& json);

/// Appends the pieces of `text` to `out`, empty ones left out. `spans` covers the text.
void split_spans(std::string_view text, const std::vector<Span>& spans, SplitBehavior behavior,
                 std::vector<std::string_view>& out);

}  // namespace clinfer::text
