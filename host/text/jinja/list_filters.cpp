#include "host/text/jinja/list_filters.h"

#include <algorithm>
#include <cmath>

#include "host/text/jinja/strings.h"
#include "host/text/jinja/value_text.h"

namespace clinfer::text::jinja {
namespace {

// "a.b.0": attributes and indexes one after the other; null: the value itself.
Value follow(Value value, const Value& path) {
  if (path.is_none()) return value;
  if (path.is_int()) return item(value, path);
  const std::string dot = ".";
  for (const std::string& part : split(path.string(), &dot, -1)) {
    const bool index =
        !part.empty() && part.size() < 10 && part.find_first_not_of("0123456789") == std::string::npos;
    value = index ? item(value, Value(int64_t{std::stol(part)})) : item(value, Value(part));
  }
  return value;
}

Value fold_case(Value value, bool case_sensitive) {
  return case_sensitive || !value.is_string() ? value : Value(lower(value.string()));
}

struct Keyed {
  Value key;
  Value value;
};

std::vector<Keyed> keyed(const Value& input, const Value& path, bool case_sensitive) {
  std::vector<Keyed> out;
  for (Value& value : input.iterate())
    out.push_back({fold_case(follow(value, path), case_sensitive), std::move(value)});
  return out;
}

void sort_keyed(std::vector<Keyed>& items, bool reverse, const Services& services) {
  const double count = static_cast<double>(items.size()) + 1;
  services.spend(static_cast<size_t>(count * std::log2(count)));
  for (size_t i = 1; i < items.size(); ++i) compare(items[0].key, items[i].key);  // types that have no order
  std::stable_sort(items.begin(), items.end(), [reverse](const Keyed& a, const Keyed& b) {
    return reverse ? compare(b.key, a.key) < 0 : compare(a.key, b.key) < 0;
  });
}

Value values_of(std::vector<Keyed> items) {
  List list;
  for (Keyed& entry : items) list.items.push_back(std::move(entry.value));
  return list;
}

Value extreme(const Value& input, const Arguments& arguments, int sign) {
  const auto items =
      keyed(input, arguments.get(1, "attribute", nullptr), arguments.get(0, "case_sensitive", false).truth());
  if (items.empty()) return Value::undefined("the extreme of an empty sequence");
  const Keyed* best = &items[0];
  for (const Keyed& entry : items) {
    if (compare(entry.key, best->key) * sign > 0) best = &entry;
  }
  return best->value;
}

Arguments rest(const Arguments& arguments, size_t from) {
  Arguments out;
  for (size_t i = from; i < arguments.positional.size(); ++i)
    out.positional.push_back(arguments.positional[i]);
  out.named = arguments.named;
  return out;
}

// Keeps the items whose test result is `wanted`; without a test their truth counts.
Value choose(const Value& input, const Arguments& arguments, bool by_attribute, bool wanted,
             const Services& services) {
  const size_t at = by_attribute ? 1 : 0;
  const Value path = by_attribute ? arguments.require(0, "attribute") : Value(nullptr);
  Test test = nullptr;
  if (at < arguments.positional.size()) {
    test = find_test(arguments.positional[at].string());
    if (test == nullptr) throw RenderError("unknown test '" + arguments.positional[at].string() + "'");
  }
  const Arguments test_arguments = rest(arguments, at + 1);
  List list;
  for (const Value& value : input.iterate()) {
    services.spend(1);
    const Value subject = follow(value, path);
    if ((test != nullptr ? test(subject, test_arguments) : subject.truth()) == wanted)
      list.items.push_back(value);
  }
  return list;
}

}  // namespace

Value filter_join(const Value& input, const Arguments& arguments, const Services& services) {
  const std::string separator = to_text(arguments.get(0, "d", ""));
  const Value path = arguments.get(1, "attribute", nullptr);
  std::string out;
  bool first = true;
  for (const Value& value : input.iterate()) {
    if (!first) out += separator;
    first = false;
    out += to_text(follow(value, path));
    services.spend(1);
    if (out.size() > kMaxText) throw RenderError("a text grows beyond 64 MiB");
  }
  return out;
}

Value filter_sort(const Value& input, const Arguments& arguments, const Services& services) {
  auto items =
      keyed(input, arguments.get(2, "attribute", nullptr), arguments.get(1, "case_sensitive", false).truth());
  sort_keyed(items, arguments.get(0, "reverse", false).truth(), services);
  return values_of(std::move(items));
}

Value filter_dictsort(const Value& input, const Arguments& arguments, const Services& services) {
  const bool case_sensitive = arguments.get(0, "case_sensitive", false).truth();
  const bool by_value = arguments.get(1, "by", "key").string() == "value";
  std::vector<Keyed> items;
  for (const auto& [key, value] : input.dict().items) {
    items.push_back({fold_case(by_value ? value : key, case_sensitive), Value(List{{key, value}, true})});
  }
  sort_keyed(items, arguments.get(2, "reverse", false).truth(), services);
  return values_of(std::move(items));
}

Value filter_unique(const Value& input, const Arguments& arguments, const Services& services) {
  std::vector<Keyed> seen;
  for (Keyed& entry : keyed(input, arguments.get(1, "attribute", nullptr),
                            arguments.get(0, "case_sensitive", false).truth())) {
    services.spend(seen.size() + 1);
    const bool known =
        std::any_of(seen.begin(), seen.end(), [&](const Keyed& s) { return equal(s.key, entry.key); });
    if (!known) seen.push_back(std::move(entry));
  }
  return values_of(std::move(seen));
}

Value filter_reverse(const Value& input, const Arguments&, const Services&) {
  std::vector<Value> items = input.iterate();
  std::reverse(items.begin(), items.end());
  if (!input.is_string()) return List{std::move(items)};
  std::string out;
  for (const Value& character : items) out += character.string();
  return out;
}

Value filter_sum(const Value& input, const Arguments& arguments, const Services&) {
  const Value path = arguments.get(0, "attribute", nullptr);
  Value sum = arguments.get(1, "start", int64_t{0});
  for (const Value& value : input.iterate()) sum = operate("+", sum, follow(value, path));
  return sum;
}

Value filter_min(const Value& input, const Arguments& arguments, const Services&) {
  return extreme(input, arguments, -1);
}
Value filter_max(const Value& input, const Arguments& arguments, const Services&) {
  return extreme(input, arguments, 1);
}

Value filter_map(const Value& input, const Arguments& arguments, const Services& services) {
  List list;
  const Value* path = arguments.positional.empty() ? arguments.find(0, "attribute") : nullptr;
  const Value fallback = path == nullptr ? Value() : arguments.get(1, "default", Value::undefined(""));
  const std::string name = path == nullptr ? arguments.require(0, "filter").string() : "";
  const Filter filter = path == nullptr ? find_filter(name) : nullptr;
  if (path == nullptr && filter == nullptr) throw RenderError("unknown filter '" + name + "'");
  const Arguments filter_arguments = rest(arguments, 1);
  for (const Value& value : input.iterate()) {
    services.spend(1);
    if (filter != nullptr) {
      list.items.push_back(filter(value, filter_arguments, services));
      continue;
    }
    Value found = follow(value, *path);
    list.items.push_back(found.is_undefined() && arguments.find(1, "default") != nullptr ? fallback
                                                                                         : std::move(found));
  }
  return list;
}

Value filter_select(const Value& input, const Arguments& arguments, const Services& services) {
  return choose(input, arguments, false, true, services);
}
Value filter_reject(const Value& input, const Arguments& arguments, const Services& services) {
  return choose(input, arguments, false, false, services);
}
Value filter_selectattr(const Value& input, const Arguments& arguments, const Services& services) {
  return choose(input, arguments, true, true, services);
}
Value filter_rejectattr(const Value& input, const Arguments& arguments, const Services& services) {
  return choose(input, arguments, true, false, services);
}

}  // namespace clinfer::text::jinja
