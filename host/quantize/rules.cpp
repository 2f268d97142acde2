#include "host/quantize/rules.h"

#include <algorithm>
#include <charconv>

#include "host/config/nearest.h"
#include "quant/error.h"

namespace clinfer::quantize {
namespace {

/// "linear" is all of the first four.
const std::vector<std::string> kRoleWords = {"attention", "mlp",    "experts",   "shared_experts",
                                             "linear",    "router", "embedding", "head"};

bool is_role(const std::string& target) {
  return std::find(kRoleWords.begin(), kRoleWords.end(), target) != kRoleWords.end();
}

bool is_linear(const std::string& role) {
  return std::find(kRoleWords.begin(), kRoleWords.begin() + 4, role) != kRoleWords.begin() + 4;
}

}  // namespace

bool fits(const std::string& pattern, const std::string& name) {
  size_t p = 0;
  size_t n = 0;
  size_t star = std::string::npos;
  size_t retry = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string::npos) {  // the last star takes one character more
      p = star + 1;
      n = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string::npos;
}

std::optional<int64_t> layer_of(const std::string& name) {
  constexpr std::string_view kWord = "layers.";
  const size_t at = name.find(kWord);
  if (at == std::string::npos) return std::nullopt;
  const char* end = name.data() + name.size();
  int64_t layer = 0;
  const auto [next, error] = std::from_chars(name.data() + at + kWord.size(), end, layer);
  if (error != std::errc{} || next == end || *next != '.') return std::nullopt;
  return layer;
}

Rules::Rules(const config::QuantizeConfig& config, Roles roles)
    : ignore_(config.ignore), roles_(std::move(roles)) {
  if (config.rules.empty()) throw Error(Fault::usage, "key quantize.rules: expected at least one rule");
  check_targets("key quantize.ignore", ignore_);
  for (size_t i = 0; i < config.rules.size(); ++i) {
    const config::QuantizeRule& rule = config.rules[i];
    const std::string place = "key quantize.rules[" + std::to_string(i) + "]";
    check_targets(place + ".targets", rule.targets);
    const bool keep = rule.format == "keep";
    rules_.push_back({rule, keep ? Encoding{} : parse_encoding(place + ".format", rule.format, rule.scale)});
  }
}

void Rules::check_targets(const std::string& place, const std::vector<std::string>& targets) const {
  for (const std::string& target : targets) {
    const bool pattern = target.find_first_of("*?") != std::string::npos;
    if (pattern || is_role(target) || roles_.contains(target)) continue;
    throw Error(Fault::usage, place + ": \"" + target +
                                  "\" is no role, no pattern and no tensor of the model" +
                                  config::did_you_mean(target, kRoleWords));
  }
}

const std::string& Rules::role(const std::string& tensor) const {
  static const std::string kNone;
  const auto found = roles_.find(tensor);
  return found == roles_.end() ? kNone : found->second;
}

bool Rules::aims_at(const std::vector<std::string>& targets, const std::string& tensor) const {
  return std::any_of(targets.begin(), targets.end(), [&](const std::string& target) {
    if (!is_role(target)) return fits(target, tensor);
    return role(tensor) == target || (target == "linear" && is_linear(role(tensor)));
  });
}

bool Rules::holds(const config::LayerSpan& layers, const std::string& tensor) const {
  switch (layers.part) {
    case config::LayerPart::embedding:
      return role(tensor) == "embedding";
    case config::LayerPart::head:
      return role(tensor) == "head";
    case config::LayerPart::range: {
      const std::optional<int64_t> layer = layer_of(tensor);
      return layer && *layer >= layers.first && *layer <= layers.last;
    }
    default:
      return true;
  }
}

Encoding Rules::choose(const std::string& tensor) const {
  if (aims_at(ignore_, tensor)) return {};
  for (const Rule& rule : rules_) {
    if (aims_at(rule.config.targets, tensor) && holds(rule.config.layers, tensor)) return rule.encoding;
  }
  return {};
}

}  // namespace clinfer::quantize
