#include "host/text/jinja/value.h"

#include <algorithm>
#include <limits>

#include "host/text/utf8.h"

namespace clinfer::text::jinja {
namespace {

[[noreturn]] void wrong_type(const Value& value, const char* expected) {
  if (value.is_undefined()) throw RenderError("'" + value.undefined_name() + "' is undefined");
  throw RenderError(std::string("expected ") + expected + ", got " + value.type_name());
}

bool equal_at(const Value& a, const Value& b, int depth) {
  if (depth > 2 * kMaxNesting) throw RenderError("values nested too deeply");
  if (a.is_number() && b.is_number()) {
    return a.is_double() || b.is_double() ? a.number() == b.number() : a.integer() == b.integer();
  }
  if (a.is_string() && b.is_string()) return a.string() == b.string();
  if (a.is_list() && b.is_list()) {
    const auto& x = a.list().items;
    const auto& y = b.list().items;
    return a.list().tuple == b.list().tuple &&
           std::equal(x.begin(), x.end(), y.begin(), y.end(),
                      [depth](const Value& p, const Value& q) { return equal_at(p, q, depth + 1); });
  }
  if (a.is_dict() && b.is_dict()) {
    if (&a.dict() == &b.dict()) return true;
    if (a.dict().items.size() != b.dict().items.size()) return false;
    for (const auto& [key, value] : a.dict().items) {
      const Value* other = Value(b).dict().find(key);
      if (other == nullptr || !equal_at(value, *other, depth + 1)) return false;
    }
    return true;
  }
  if (a.is_callable() && b.is_callable()) return &a.callable() == &b.callable();
  return (a.is_none() && b.is_none()) || (a.is_undefined() && b.is_undefined());
}

template <typename T>
int order(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

int compare_at(const Value& a, const Value& b, int depth) {
  if (depth > 2 * kMaxNesting) throw RenderError("values nested too deeply");
  if (a.is_number() && b.is_number()) {
    return a.is_double() || b.is_double() ? order(a.number(), b.number()) : order(a.integer(), b.integer());
  }
  if (a.is_string() && b.is_string())
    return a.string().compare(b.string());  // UTF-8 keeps code points' order
  if (a.is_list() && b.is_list()) {
    const auto& x = a.list().items;
    const auto& y = b.list().items;
    for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      if (!equal_at(x[i], y[i], depth + 1)) return compare_at(x[i], y[i], depth + 1);
    }
    return order(x.size(), y.size());
  }
  throw RenderError(std::string("cannot compare ") + a.type_name() + " with " + b.type_name());
}

void nest(Nesting& outer, const Value& inner) {
  const Nesting nesting = inner.nesting();
  outer.depth = std::max(outer.depth, nesting.depth + 1);
  outer.holds_name_space = outer.holds_name_space || nesting.holds_name_space;
  if (outer.depth > kMaxNesting) throw RenderError("values nested too deeply");
}

}  // namespace

Value::Value(List value) {
  value.nesting = {};
  for (const Value& item : value.items) nest(value.nesting, item);
  data_ = std::make_shared<List>(std::move(value));
}

Value::Value(Dict value) {
  value.nesting = {1, value.name_space};
  for (const auto& [key, item] : value.items) {
    nest(value.nesting, key);
    nest(value.nesting, item);
  }
  data_ = std::make_shared<Dict>(std::move(value));
}

Nesting Value::nesting() const {
  if (is_list()) return list().nesting;
  if (is_dict()) return dict().nesting;
  return {0, false};
}

Value* Dict::find(const Value& key) {
  for (auto& item : items) {
    if (equal(item.first, key)) return &item.second;
  }
  return nullptr;
}

void Dict::set(Value key, Value value) {
  if (key.is_list() && !key.list().tuple) throw RenderError("a list cannot be a key");
  if (key.is_dict()) throw RenderError("a dict cannot be a key");
  if (Value* found = find(key)) {
    *found = std::move(value);
  } else {
    items.emplace_back(std::move(key), std::move(value));
  }
}

Value Value::from_json(const OrderedJson& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_unsigned() && json.get<uint64_t>() > uint64_t{std::numeric_limits<int64_t>::max()}) {
    return json.get<double>();
  }
  if (json.is_number_integer()) return json.get<int64_t>();
  if (json.is_number_float()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_array()) {
    List list;
    for (const OrderedJson& item : json) list.items.push_back(from_json(item));
    return list;
  }
  if (json.is_object()) {
    Dict dict;
    for (const auto& [key, item] : json.items()) dict.items.emplace_back(key, from_json(item));
    return dict;
  }
  return nullptr;
}

const std::string& Value::string() const {
  if (!is_string()) wrong_type(*this, "a string");
  return std::get<std::string>(data_);
}
const List& Value::list() const {
  if (!is_list()) wrong_type(*this, "a list");
  return *std::get<std::shared_ptr<List>>(data_);
}
List& Value::list() {
  return const_cast<List&>(std::as_const(*this).list());
}
const Dict& Value::dict() const {
  if (!is_dict()) wrong_type(*this, "a dict");
  return *std::get<std::shared_ptr<Dict>>(data_);
}
Dict& Value::dict() {
  return const_cast<Dict&>(std::as_const(*this).dict());
}
const Callable& Value::callable() const {
  if (!is_callable()) wrong_type(*this, "something that can be called");
  return *std::get<std::shared_ptr<const Callable>>(data_);
}
int64_t Value::integer() const {
  if (is_bool()) return std::get<bool>(data_) ? 1 : 0;
  if (!is_int()) wrong_type(*this, "an integer");
  return std::get<int64_t>(data_);
}
double Value::number() const {
  if (is_double()) return std::get<double>(data_);
  if (!is_number()) wrong_type(*this, "a number");
  return static_cast<double>(integer());
}

bool Value::truth() const {
  if (is_undefined() || is_none()) return false;
  if (is_double()) return number() != 0;
  if (is_number()) return integer() != 0;
  if (is_string()) return !string().empty();
  if (is_list()) return !list().items.empty();
  if (is_dict()) return dict().name_space || !dict().items.empty();
  return true;
}

int64_t Value::length() const {
  if (is_undefined()) return 0;
  if (is_list()) return static_cast<int64_t>(list().items.size());
  if (is_dict()) return static_cast<int64_t>(dict().items.size());
  if (!is_string()) wrong_type(*this, "something with a length");
  return std::count_if(string().begin(), string().end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::vector<Value> Value::iterate() const {
  if (is_undefined()) return {};
  if (is_list()) return list().items;
  std::vector<Value> out;
  if (is_dict()) {
    for (const auto& item : dict().items) out.push_back(item.first);
  } else if (is_string()) {
    const std::string& text = string();
    for (size_t at = 0; at < text.size();) {
      const size_t bytes = read_utf8(text, at).bytes;
      out.emplace_back(text.substr(at, bytes));
      at += bytes;
    }
  } else {
    wrong_type(*this, "something to iterate over");
  }
  return out;
}

const char* Value::type_name() const {
  if (is_undefined()) return "undefined";
  if (is_none()) return "None";
  if (is_bool()) return "bool";
  if (is_int()) return "int";
  if (is_double()) return "float";
  if (is_string()) return "str";
  if (is_list()) return list().tuple ? "tuple" : "list";
  if (is_dict()) return dict().name_space ? "namespace" : "dict";
  return "function";
}

const Value* Arguments::find(size_t position, std::string_view name) const {
  if (position < positional.size()) return &positional[position];
  for (const auto& [key, value] : named) {
    if (key == name) return &value;
  }
  return nullptr;
}

Value Arguments::get(size_t position, std::string_view name, Value fallback) const {
  const Value* found = find(position, name);
  return found == nullptr ? std::move(fallback) : *found;
}

Value Arguments::require(size_t position, std::string_view name) const {
  const Value* found = find(position, name);
  if (found == nullptr) throw RenderError("missing argument " + std::string(name));
  return *found;
}

bool equal(const Value& a, const Value& b) {
  return equal_at(a, b, 0);
}

int compare(const Value& a, const Value& b) {
  return compare_at(a, b, 0);
}

bool contains(const Value& container, const Value& item) {
  if (container.is_undefined()) return false;
  if (container.is_string()) return container.string().find(item.string()) != std::string::npos;
  if (container.is_dict()) return Value(container).dict().find(item) != nullptr;
  const auto& items = container.list().items;
  return std::any_of(items.begin(), items.end(), [&item](const Value& other) { return equal(other, item); });
}

}  // namespace clinfer::text::jinja
