#include "host/text/added_tokens.h"

#include <algorithm>

#include "host/text/pattern.h"

namespace clinfer::text {

void AddedTokenMatcher::add(const AddedToken& token, const std::string& pattern) {
  size_t node = 0;
  for (char c : pattern) {
    const auto byte = static_cast<unsigned char>(c);
    const auto found = nodes_[node].children.find(byte);
    if (found != nodes_[node].children.end()) {
      node = static_cast<size_t>(found->second);
      continue;
    }
    nodes_[node].children[byte] = static_cast<int32_t>(nodes_.size());
    node = nodes_.size();
    nodes_.emplace_back();
  }
  if (node == 0 || nodes_[node].token >= 0)
    return;  // normalisation can make two contents equal: the first one wins
  nodes_[node].token = static_cast<int32_t>(tokens_.size());
  tokens_.push_back(token);
}

int32_t AddedTokenMatcher::longest_match(std::string_view text, size_t at, size_t& end) const {
  int32_t best = -1;
  size_t node = 0;
  for (size_t i = at; i < text.size(); ++i) {
    const auto found = nodes_[node].children.find(static_cast<unsigned char>(text[i]));
    if (found == nodes_[node].children.end()) break;
    node = static_cast<size_t>(found->second);
    if (nodes_[node].token >= 0) {
      best = nodes_[node].token;
      end = i + 1;
    }
  }
  return best;
}

std::vector<AddedSplit> AddedTokenMatcher::split(std::string_view text, bool parse_special) const {
  std::vector<AddedSplit> parts;
  size_t done = 0;  // everything before is in `parts`
  for (size_t at = 0; at < text.size();) {
    size_t end = 0;
    const int32_t index = longest_match(text, at, end);
    if (index < 0) {
      ++at;
      continue;
    }
    const AddedToken& token = tokens_[static_cast<size_t>(index)];
    size_t begin = at;
    at = end;
    if ((token.special || token.on_request) && !parse_special) continue;
    if (token.single_word && (ends_with_word(text.substr(0, begin)) || starts_with_word(text.substr(end))))
      continue;
    if (token.lstrip) begin = std::max(without_trailing_spaces(text.substr(0, begin)), done);
    if (token.rstrip) end += leading_spaces(text.substr(end));
    if (done < begin) parts.push_back({text.substr(done, begin - done), std::nullopt});
    parts.push_back({text.substr(begin, end - begin), token.id});
    done = end;
  }
  if (done < text.size()) parts.push_back({text.substr(done), std::nullopt});
  return parts;
}

}  // namespace clinfer::text
