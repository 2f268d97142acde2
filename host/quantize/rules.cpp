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

bool is_pattern(const std::string& target) {
  return target.find_first_of("*?") != std::string::npos;
}

[[noreturn]] void fail_target(const std::string& place, const std::string& target) {
  throw Error(Fault::usage, place + ": \"" + target + "\" is no role, no pattern and no tensor of the model" +
                                config::did_you_mean(target, kRoleWords));
}

/// A tensor's name has a dot.
void check_words(const std::string& place, const std::vector<std::string>& targets) {
  for (const std::string& target : targets) {
    if (!is_pattern(target) && !is_role(target) && target.find('.') == std::string::npos)
      fail_target(place, target);
  }
}

bool aims_at(const std::vector<std::string>& targets, const std::string& tensor, const std::string& role) {
  return std::any_of(targets.begin(), targets.end(), [&](const std::string& target) {
    if (!is_role(target)) return fits(target, tensor);
    return role == target || (target == "linear" && is_linear(role));
  });
}

bool holds(const config::LayerSpan& layers, const std::string& tensor, const std::string& role) {
  switch (layers.part) {
    case config::LayerPart::embedding:
      return role == "embedding";
    case config::LayerPart::head:
      return role == "head";
    case config::LayerPart::range: {
      const std::optional<int64_t> layer = layer_of(tensor);
      return layer && *layer >= layers.first && *layer <= layers.last;
    }
    default:
      return true;
  }
}

std::string rule_place(const std::string& section, size_t index) {
  return "key " + section + ".rules[" + std::to_string(index) + "]";
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

Rules::Rules(const std::string& section, std::vector<std::string> ignore,
             std::vector<config::QuantizeRule> rules)
    : section_(section), ignore_(std::move(ignore)) {
  check_words("key " + section_ + ".ignore", ignore_);
  for (size_t i = 0; i < rules.size(); ++i) {
    const std::string place = rule_place(section_, i);
    check_words(place + ".targets", rules[i].targets);
    const bool keep = rules[i].format == "keep";
    Encoding encoding;
    if (!keep) encoding = parse_encoding(place + ".format", rules[i].format, rules[i].scale);
    rules_.push_back({std::move(rules[i]), encoding});
  }
}

void Rules::check_names(const Roles& roles) const {
  const auto check = [&](const std::string& place, const std::vector<std::string>& targets) {
    for (const std::string& target : targets) {
      if (!is_pattern(target) && !is_role(target) && !roles.contains(target)) fail_target(place, target);
    }
  };
  check("key " + section_ + ".ignore", ignore_);
  for (size_t i = 0; i < rules_.size(); ++i)
    check(rule_place(section_, i) + ".targets", rules_[i].config.targets);
}

Encoding Rules::weighted(Encoding encoding, const std::string& tensor) const {
  if (encoding.format == nullptr || !statistics_ || statistics_->matrices(tensor) != 1) return encoding;
  encoding.importance = std::make_shared<const std::vector<float>>(statistics_->find(tensor));
  encoding.options.importance = *encoding.importance;
  return encoding;
}

std::optional<Encoding> Rules::choose(const std::string& tensor, const std::string& role) const {
  if (aims_at(ignore_, tensor, role)) return Encoding{};
  for (const Rule& rule : rules_) {
    if (aims_at(rule.config.targets, tensor, role) && holds(rule.config.layers, tensor, role))
      return weighted(rule.encoding, tensor);
  }
  return std::nullopt;
}

}  // namespace clinfer::quantize
