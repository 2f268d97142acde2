#include "host/config/scalar.h"

#include <algorithm>
#include <filesystem>
#include <limits>

#include "host/config/json.h"

namespace clinfer::config {
namespace {

Value number_value(double value) {
  return Value::literal(number_text(value));
}

std::string bytes_allowed(size_t least, size_t most) {
  if (least == 0) return " of at most " + std::to_string(most) + " bytes";
  return " of " + std::to_string(least) + " to " + std::to_string(most) + " bytes";
}

}  // namespace

Value schema_of(const std::string& type) {
  Value schema = Value::map();
  schema.add("type", Value::string(type));
  return schema;
}

std::string one_of(const std::vector<std::string>& words) {
  std::string out;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

TypePtr<double> number(double low, double high, bool low_open) {
  Value schema = schema_of("number");
  schema.add(low_open ? "exclusiveMinimum" : "minimum", number_value(low));
  schema.add("maximum", number_value(high));
  const auto parse = [=](const Value& value) -> std::optional<double> {
    if (value.kind != Value::Kind::literal) return std::nullopt;
    const auto parsed = parse_number(value.text);
    const bool inside = parsed && (low_open ? *parsed > low : *parsed >= low) && *parsed <= high;
    return inside ? parsed : std::nullopt;
  };
  const std::string range = (low_open ? "(" : "[") + number_text(low) + ", " + number_text(high) + "]";
  return std::make_shared<Scalar<double>>("a number in " + range, schema, parse, number_value);
}

TypePtr<int64_t> integer(int64_t low, int64_t high) {
  Value schema = schema_of("integer");
  schema.add("minimum", Value::literal(std::to_string(low)));
  schema.add("maximum", Value::literal(std::to_string(high)));
  const auto parse = [=](const Value& value) -> std::optional<int64_t> {
    if (value.kind != Value::Kind::literal) return std::nullopt;
    const auto parsed = parse_integer<int64_t>(value.text);
    return parsed && *parsed >= low && *parsed <= high ? parsed : std::nullopt;
  };
  const auto print = [](const int64_t& value) { return Value::literal(std::to_string(value)); };
  const std::string range = "an integer in [" + std::to_string(low) + ", " + std::to_string(high) + "]";
  return std::make_shared<Scalar<int64_t>>(low == high ? std::to_string(low) : range, schema, parse, print);
}

TypePtr<uint64_t> unsigned_integer() {
  Value schema = schema_of("integer");
  schema.add("minimum", Value::literal("0"));
  schema.add("maximum", Value::literal(std::to_string(std::numeric_limits<uint64_t>::max())));
  const auto parse = [](const Value& value) {
    return value.kind == Value::Kind::literal ? parse_integer<uint64_t>(value.text) : std::nullopt;
  };
  const auto print = [](const uint64_t& value) { return Value::literal(std::to_string(value)); };
  return std::make_shared<Scalar<uint64_t>>("an integer in [0, 2^64 - 1]", schema, parse, print);
}

TypePtr<int64_t> size() {
  Value schema = Value::map();
  schema.add("type", Value::list({Value::string("integer"), Value::string("string")}));
  schema.add("minimum", Value::literal("0"));
  schema.add("pattern", Value::string("^[0-9.eE+-]+ *([KMGT]i?)?B$"));
  const auto parse = [](const Value& value) { return parse_size(value.text); };
  const auto print = [](const int64_t& value) {
    const std::string written = size_text(value);
    return written.ends_with('B') ? Value::string(written) : Value::literal(written);
  };
  return std::make_shared<Scalar<int64_t>>("a size below 8388608TiB such as 512MiB or 8GiB", schema, parse,
                                           print);
}

TypePtr<bool> boolean() {
  const auto parse = [](const Value& value) -> std::optional<bool> {
    const bool known = value.text == "true" || value.text == "false";
    return known && value.kind == Value::Kind::literal ? std::optional(value.text == "true") : std::nullopt;
  };
  const auto print = [](const bool& value) { return Value::literal(value ? "true" : "false"); };
  return std::make_shared<Scalar<bool>>("true or false", schema_of("boolean"), parse, print);
}

TypePtr<std::string> text(std::string what, size_t least, size_t most) {
  const auto parse = [=](const Value& value) -> std::optional<std::string> {
    std::string expanded = expand_environment(value.text);
    if (expanded.size() < least || expanded.size() > most) return std::nullopt;
    return expanded;
  };
  const auto print = [](const std::string& value) { return Value::string(escape_environment(value)); };
  Value schema = schema_of("string");
  if (least > 0) schema.add("minLength", Value::literal("1"));
  return std::make_shared<Scalar<std::string>>(what + bytes_allowed(least, most), schema, parse, print);
}

TypePtr<std::string> path(std::string what, bool optional, std::vector<std::string> words) {
  const auto is_word = [=](const std::string& text) {
    return std::find(words.begin(), words.end(), text) != words.end() || (optional && text.empty());
  };
  const auto parse = [=](const Value& value) -> std::optional<std::string> {
    const std::string expanded = expand_environment(value.text);
    if (is_word(expanded)) return expanded;
    if (expanded.empty() || expanded.find('\0') != std::string::npos) return std::nullopt;
    const bool in_file = value.place.line > 0;
    const auto folder =
        in_file ? std::filesystem::path(value.place.file).parent_path() : std::filesystem::path();
    return (folder / expanded).lexically_normal().string();
  };
  const auto print = [=](const std::string& value) {
    if (is_word(value)) return Value::string(value);
    std::error_code error;  // a current folder that is gone leaves the path relative
    const auto whole = std::filesystem::absolute(value, error);
    return Value::string(escape_environment(error ? value : whole.lexically_normal().string()));
  };
  return std::make_shared<Scalar<std::string>>(what, schema_of("string"), parse, print);
}

TypePtr<std::string> name(std::string what, bool slashes) {
  std::string characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  if (slashes) characters += '/';
  const auto parse = [=](const Value& value) -> std::optional<std::string> {
    const bool valid = !value.text.empty() && value.text.find_first_not_of(characters) == std::string::npos;
    return valid ? std::optional(value.text) : std::nullopt;
  };
  Value schema = schema_of("string");
  schema.add("pattern", Value::string(slashes ? "^[A-Za-z0-9_./-]+$" : "^[A-Za-z0-9_.-]+$"));
  return std::make_shared<Scalar<std::string>>(what, schema, parse, Value::string);
}

namespace {

class Setting : public Type<std::string> {
 public:
  std::string expected() const override { return "a value"; }
  Value json_schema() const override { return Value::map(); }
  Value write(const std::string& value) const override { return Value::string(value); }
  void read(const Value& value, const std::string&, std::string& out) const override {
    out = value.is_scalar() ? value.text : json_line(value);
  }
};

}  // namespace

TypePtr<std::string> setting() {
  return std::make_shared<Setting>();
}

TypePtr<std::string> word(std::vector<std::string> words) {
  std::vector<std::pair<std::string, std::string>> choices;
  for (const std::string& each : words) choices.emplace_back(each, each);
  return choice<std::string>(choices);
}

}  // namespace clinfer::config
