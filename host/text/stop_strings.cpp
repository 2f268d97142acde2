#include "host/text/stop_strings.h"

#include <algorithm>

namespace clinfer::text {

StopStrings::StopStrings(std::vector<std::string> stops) : stops_(std::move(stops)) {
  std::erase(stops_, "");
}

StopStrings::Result StopStrings::push(std::string_view text) {
  if (stopped_) return {"", true};
  held_ += text;
  size_t first = std::string::npos;
  for (const std::string& stop : stops_) first = std::min(first, held_.find(stop));
  // Another stop string that began earlier may still be incomplete: it counts once it is whole.
  const size_t possible = held_from();
  if (first != std::string::npos && first <= possible) {
    stopped_ = true;
    std::string out = held_.substr(0, first);
    held_.clear();
    return {std::move(out), true};
  }
  std::string out = held_.substr(0, possible);
  held_.erase(0, possible);
  return {std::move(out), false};
}

// Where the longest end of held_ begins that is the beginning of a stop string.
size_t StopStrings::held_from() const {
  size_t from = held_.size();
  for (const std::string& stop : stops_) {
    const size_t longest = std::min(held_.size(), stop.size() - 1);
    for (size_t n = longest; n > 0; --n) {
      if (std::string_view(held_).substr(held_.size() - n) != std::string_view(stop).substr(0, n)) continue;
      from = std::min(from, held_.size() - n);
      break;
    }
  }
  return from;
}

std::string StopStrings::finish() {
  std::string out;
  // A whole stop string may have waited behind a longer one that did not come.
  size_t first = std::string::npos;
  for (const std::string& stop : stops_) first = std::min(first, held_.find(stop));
  out = held_.substr(0, first);
  held_.clear();
  return out;
}

}  // namespace clinfer::text
