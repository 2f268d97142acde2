#include "host/config/key_check.h"

#include <algorithm>

#include "host/config/nearest.h"
#include "quant/error.h"

namespace clinfer::config {
namespace {

/// Full names of all keys called `name` below `type`.
void find_elsewhere(const TypeInfo& type, const std::string& key, const std::string& name,
                    std::vector<std::string>& found) {
  for (const TypeInfo::Member& member : type.members()) {
    const std::string full = child_key(key, member.name);
    if (member.name == name) found.push_back(full);
    find_elsewhere(*member.type, full, name, found);
  }
}

[[noreturn]] void fail_unknown(const Entry& entry, const TypeInfo& type, const std::string& key,
                               const TypeInfo& root) {
  std::vector<std::string> names;
  for (const TypeInfo::Member& member : type.members()) names.push_back(member.name);
  std::string hint = did_you_mean(entry.key, names);
  if (hint.empty()) {
    std::vector<std::string> elsewhere;
    find_elsewhere(root, "", entry.key, elsewhere);
    if (!elsewhere.empty()) hint = "; did you mean " + elsewhere.front() + "?";
  }
  if (hint.empty()) {
    hint = "; expected one of ";
    for (const std::string& name : names) hint += (name == names.front() ? "" : ", ") + name;
  }
  const std::string subject = key.empty() ? ": unknown key " : ": key " + key + ": unknown key ";
  throw Error(Fault::usage, entry.place.with_column() + subject + shown(entry.key) + hint);
}

void check(const Value& value, const TypeInfo& type, const std::string& key, const TypeInfo& root) {
  if (type.item() != nullptr) {
    for (size_t i = 0; i < value.items.size(); ++i) {
      check(value.items[i], *type.item(), key + "[" + std::to_string(i) + "]", root);
    }
  }
  const std::vector<TypeInfo::Member> members = type.members();
  if (members.empty()) return;
  for (const Entry& entry : value.entries) {
    const auto known = std::find_if(members.begin(), members.end(),
                                    [&](const TypeInfo::Member& member) { return member.name == entry.key; });
    if (known == members.end()) fail_unknown(entry, type, key, root);
    check(entry.value, *known->type, child_key(key, entry.key), root);
  }
}

}  // namespace

void check_keys(const Value& document, const TypeInfo& root) {
  check(document, root, "", root);
}

}  // namespace clinfer::config
