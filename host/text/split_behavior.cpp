#include "host/text/split_behavior.h"

#include <algorithm>

namespace clinfer::text {
namespace {

// Neighbours that belong together become one span; `joins(previous_matched, matched)` says when. The state is
// kept span by span: in "a match, a match" the second one is not merged backwards.
template <typename Joins>
std::vector<Span> merge(const std::vector<Span>& spans, Joins joins) {
  std::vector<Span> merged;
  bool previous = false;
  for (const Span& span : spans) {
    if (joins(previous, span.matched) && !merged.empty()) {
      merged.back().end = span.end;
    } else {
      merged.push_back(span);
    }
    previous = span.matched;
  }
  return merged;
}

std::vector<Span> merge_with_next(const std::vector<Span>& spans) {
  std::vector<Span> merged;
  bool previous = false;
  for (auto span = spans.rbegin(); span != spans.rend(); ++span) {
    if (span->matched && !previous && !merged.empty()) {
      merged.back().begin = span->begin;
    } else {
      merged.push_back(*span);
    }
    previous = span->matched;
  }
  std::reverse(merged.begin(), merged.end());
  return merged;
}

std::vector<Span> arrange(const std::vector<Span>& spans, SplitBehavior behavior) {
  switch (behavior) {
    case SplitBehavior::contiguous:
      return merge(spans, [](bool before, bool now) { return before == now; });
    case SplitBehavior::merged_with_previous:
      return merge(spans, [](bool before, bool now) { return now && !before; });
    case SplitBehavior::merged_with_next:
      return merge_with_next(spans);
    default:
      return spans;
  }
}

}  // namespace

SplitBehavior parse_split_behavior(const JsonAt& json) {
  const std::string name = json.string();
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  json.fail("unsupported behavior " + name);
}

void split_spans(std::string_view text, const std::vector<Span>& spans, SplitBehavior behavior,
                 std::vector<std::string_view>& out) {
  for (const Span& span : arrange(spans, behavior)) {
    if (behavior == SplitBehavior::removed && span.matched) continue;
    if (span.begin < span.end) out.push_back(text.substr(span.begin, span.end - span.begin));
  }
}

}  // namespace clinfer::text
