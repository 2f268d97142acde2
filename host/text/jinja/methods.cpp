#include <algorithm>
#include <array>

#include "host/text/jinja/builtins.h"
#include "host/text/jinja/strings.h"
#include "host/text/utf8.h"

namespace clinfer::text::jinja {
namespace {

using Method = Value (*)(const Value& self, const Arguments& arguments);
struct NamedMethod {
  std::string_view name;
  Method method;
};

Value to_list(const std::vector<std::string>& parts) {
  List list;
  for (const std::string& part : parts) list.items.emplace_back(part);
  return list;
}

Value strip_sides(const Value& self, const Arguments& arguments, bool left, bool right) {
  const Value characters = arguments.get(0, "chars", nullptr);
  if (characters.is_none()) return strip(self.string(), nullptr, left, right);
  return strip(self.string(), &characters.string(), left, right);
}

Value split_text(const Value& self, const Arguments& arguments) {
  const Value separator = arguments.get(0, "sep", nullptr);
  const int64_t limit = arguments.get(1, "maxsplit", int64_t{-1}).integer();
  if (separator.is_none()) return to_list(split(self.string(), nullptr, limit));
  if (separator.string().empty()) throw RenderError("empty separator");
  return to_list(split(self.string(), &separator.string(), limit));
}

Value rsplit_text(const Value& self, const Arguments& arguments) {
  const Value separator = arguments.require(0, "sep");
  if (separator.string().empty()) throw RenderError("empty separator");
  return to_list(
      rsplit(self.string(), separator.string(), arguments.get(1, "maxsplit", int64_t{-1}).integer()));
}

// A prefix or suffix, or a tuple of them.
template <typename Matches>
Value any_affix(const Arguments& arguments, Matches matches) {
  const Value affix = arguments.require(0, "prefix");
  if (affix.is_string()) return matches(affix.string());
  for (const Value& one : affix.list().items) {
    if (matches(one.string())) return true;
  }
  return false;
}

Value starts_with(const Value& self, const Arguments& arguments) {
  return any_affix(arguments, [&](const std::string& prefix) { return self.string().starts_with(prefix); });
}

Value ends_with(const Value& self, const Arguments& arguments) {
  return any_affix(arguments, [&](const std::string& suffix) { return self.string().ends_with(suffix); });
}

Value character_index(const std::string& text, size_t at) {
  if (at == std::string::npos) return int64_t{-1};
  return Value(text.substr(0, at)).length();
}

Value count_text(const Value& self, const Arguments& arguments) {
  const std::string part = arguments.require(0, "sub").string();
  if (part.empty()) return self.length() + 1;
  int64_t count = 0;
  for (size_t at = self.string().find(part); at != std::string::npos;
       at = self.string().find(part, at + part.size())) {
    ++count;
  }
  return count;
}

Value join_text(const Value& self, const Arguments& arguments) {
  std::string out;
  bool first = true;
  for (const Value& part : arguments.require(0, "iterable").iterate()) {
    if (!first) out += self.string();
    first = false;
    out += part.string();
    if (out.size() > kMaxText) throw RenderError("a text grows beyond 64 MiB");
  }
  return out;
}

Value is_digits(const Value& self, const Arguments&) {
  const std::string& text = self.string();
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

constexpr std::array kStringMethods{
    NamedMethod{"strip", [](const Value& s, const Arguments& a) { return strip_sides(s, a, true, true); }},
    NamedMethod{"lstrip", [](const Value& s, const Arguments& a) { return strip_sides(s, a, true, false); }},
    NamedMethod{"rstrip", [](const Value& s, const Arguments& a) { return strip_sides(s, a, false, true); }},
    NamedMethod{"split", split_text},
    NamedMethod{"rsplit", rsplit_text},
    NamedMethod{"splitlines",
                [](const Value& s, const Arguments&) { return to_list(split_lines(s.string())); }},
    NamedMethod{"startswith", starts_with},
    NamedMethod{"endswith", ends_with},
    NamedMethod{"upper", [](const Value& s, const Arguments&) { return Value(upper(s.string())); }},
    NamedMethod{"lower", [](const Value& s, const Arguments&) { return Value(lower(s.string())); }},
    NamedMethod{"title", [](const Value& s, const Arguments&) { return Value(title(s.string())); }},
    NamedMethod{"capitalize", [](const Value& s, const Arguments&) { return Value(capitalize(s.string())); }},
    NamedMethod{"replace",
                [](const Value& s, const Arguments& a) {
                  return Value(replace(s.string(), a.require(0, "old").string(), a.require(1, "new").string(),
                                       a.get(2, "count", int64_t{-1}).integer()));
                }},
    NamedMethod{"removeprefix",
                [](const Value& s, const Arguments& a) {
                  const std::string part = a.require(0, "prefix").string();
                  return s.string().starts_with(part) ? Value(s.string().substr(part.size())) : s;
                }},
    NamedMethod{"removesuffix",
                [](const Value& s, const Arguments& a) {
                  const std::string part = a.require(0, "suffix").string();
                  return s.string().ends_with(part)
                             ? Value(s.string().substr(0, s.string().size() - part.size()))
                             : s;
                }},
    NamedMethod{"find",
                [](const Value& s, const Arguments& a) {
                  return character_index(s.string(), s.string().find(a.require(0, "sub").string()));
                }},
    NamedMethod{"rfind",
                [](const Value& s, const Arguments& a) {
                  return character_index(s.string(), s.string().rfind(a.require(0, "sub").string()));
                }},
    NamedMethod{"count", count_text},
    NamedMethod{"join", join_text},
    NamedMethod{"isdigit", is_digits},
    NamedMethod{"isnumeric", is_digits},
};

Value items_of(const Value& self, const Arguments&) {
  List list;
  for (const auto& [key, value] : self.dict().items) list.items.emplace_back(List{{key, value}, true});
  return list;
}

Value values_of(const Value& self, const Arguments&) {
  List list;
  for (const auto& item : self.dict().items) list.items.push_back(item.second);
  return list;
}

Value get_key(const Value& self, const Arguments& arguments) {
  const Value* found = Value(self).dict().find(arguments.require(0, "key"));
  return found == nullptr ? arguments.get(1, "default", nullptr) : *found;
}

constexpr std::array kDictMethods{
    NamedMethod{"items", items_of},
    NamedMethod{"keys", [](const Value& s, const Arguments&) { return Value(List{s.iterate()}); }},
    NamedMethod{"values", values_of},
    NamedMethod{"get", get_key},
    NamedMethod{"copy", [](const Value& s, const Arguments&) { return Value(Dict(s.dict())); }},
};

Value index_of(const Value& self, const Arguments& arguments) {
  const Value wanted = arguments.require(0, "value");
  const auto& items = self.list().items;
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const Value& v) { return equal(v, wanted); });
  if (found == items.end()) throw RenderError("the value is not in the list");
  return static_cast<int64_t>(found - items.begin());
}

Value count_items(const Value& self, const Arguments& arguments) {
  const Value wanted = arguments.require(0, "value");
  const auto& items = self.list().items;
  return static_cast<int64_t>(
      std::count_if(items.begin(), items.end(), [&](const Value& v) { return equal(v, wanted); }));
}

constexpr std::array kListMethods{
    NamedMethod{"index", index_of},
    NamedMethod{"count", count_items},
    NamedMethod{"copy", [](const Value& s, const Arguments&) { return Value(List(s.list())); }},
};

// What Jinja's immutable sandbox, which Hugging Face uses, refuses.
constexpr std::array<std::string_view, 10> kMutators{"append", "extend", "insert", "remove",     "reverse",
                                                     "sort",   "clear",  "update", "setdefault", "pop"};

template <size_t N>
Value bind(const std::array<NamedMethod, N>& methods, const Value& self, const std::string& name) {
  for (const NamedMethod& entry : methods) {
    if (entry.name != name) continue;
    return Callable{name, [self, method = entry.method](const Arguments& a) { return method(self, a); }};
  }
  const bool mutates =
      !self.is_string() && std::find(kMutators.begin(), kMutators.end(), name) != kMutators.end();
  if (mutates) throw RenderError(name + ": lists and dicts cannot be changed in a template");
  return Value::undefined(name);
}

}  // namespace

Value attribute(const Value& value, const std::string& name) {
  if (value.is_undefined()) throw RenderError("'" + value.undefined_name() + "' is undefined");
  if (value.is_string()) return bind(kStringMethods, value, name);
  if (value.is_list()) return bind(kListMethods, value, name);
  if (!value.is_dict()) return Value::undefined(name);
  const Value* found = Value(value).dict().find(name);
  if (value.dict().name_space) return found == nullptr ? Value::undefined(name) : *found;
  // Methods come first, as Python's attributes do before a dict's items.
  const bool method = std::any_of(kDictMethods.begin(), kDictMethods.end(),
                                  [&name](const NamedMethod& entry) { return entry.name == name; });
  return found != nullptr && !method ? *found : bind(kDictMethods, value, name);
}

}  // namespace clinfer::text::jinja
