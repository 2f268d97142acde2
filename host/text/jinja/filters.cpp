#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "host/text/jinja/builtins.h"
#include "host/text/jinja/list_filters.h"
#include "host/text/jinja/strings.h"
#include "host/text/jinja/value_text.h"

namespace clinfer::text::jinja {
namespace {

constexpr int64_t kMaxIndent = 100;

struct NamedFilter {
  std::string_view name;
  Filter filter;
};

Value filter_default(const Value& input, const Arguments& arguments, const Services&) {
  const bool falsy_too = arguments.get(1, "boolean", false).truth();
  return input.is_undefined() || (falsy_too && !input.truth()) ? arguments.get(0, "default_value", "")
                                                               : input;
}

Value filter_first(const Value& input, const Arguments&, const Services&) {
  const std::vector<Value> items = input.iterate();
  return items.empty() ? Value::undefined("the first item of an empty sequence") : items.front();
}

Value filter_last(const Value& input, const Arguments&, const Services&) {
  const std::vector<Value> items = input.iterate();
  return items.empty() ? Value::undefined("the last item of an empty sequence") : items.back();
}

std::string trimmed(const Value& input) {
  return strip(to_text(input), nullptr, true, true);
}

Value filter_float(const Value& input, const Arguments& arguments, const Services&) {
  const Value fallback = arguments.get(0, "default", 0.0);
  if (input.is_number()) return input.number();
  if (!input.is_string()) return fallback;
  const std::string text = trimmed(input);
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? Value(value) : fallback;
}

Value filter_int(const Value& input, const Arguments& arguments, const Services& services) {
  const Value fallback = arguments.get(0, "default", int64_t{0});
  if (input.is_int() || input.is_bool()) return input.integer();
  if (input.is_string()) {
    const std::string text = trimmed(input);
    int64_t value = 0;
    const size_t sign = text.starts_with('+') ? 1 : 0;
    const auto read = std::from_chars(text.data() + sign, text.data() + text.size(), value);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return value;
  }
  const Value real = filter_float(input, Arguments{{Value(std::nan(""))}, {}}, services);
  const double value = std::trunc(real.number());
  return std::fabs(value) < 9.2e18 ? Value(static_cast<int64_t>(value)) : fallback;
}

Value filter_round(const Value& input, const Arguments& arguments, const Services&) {
  const int64_t digits = arguments.get(0, "precision", int64_t{0}).integer();
  const std::string method = arguments.get(1, "method", "common").string();
  if (digits < -300 || digits > 300) throw RenderError("round: precision out of range");
  if (method == "common" && digits >= 0 && (input.is_int() || input.is_bool())) return input.integer();
  const double value = input.number();
  const double scale = std::pow(10.0, static_cast<double>(digits));
  if (method == "ceil") return std::ceil(value * scale) / scale;
  if (method == "floor") return std::floor(value * scale) / scale;
  if (method != "common") throw RenderError("round: unknown method " + method);
  if (digits < 0) {
    const double rounded = std::nearbyint(value * scale) / scale;
    return input.is_double() ? Value(rounded) : Value(static_cast<int64_t>(rounded));
  }
  std::array<char, 700> buffer;  // correctly rounded decimal digits, as Python's round
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::fixed, static_cast<int>(digits));
  double rounded = value;
  std::from_chars(buffer.data(), end.ptr, rounded);
  return rounded;
}

Value filter_abs(const Value& input, const Arguments&, const Services&) {
  if (input.is_double()) return std::fabs(input.number());
  return input.integer() < 0 ? negate(input) : Value(input.integer());
}

Value filter_tojson(const Value& input, const Arguments& arguments, const Services&) {
  JsonStyle style;
  // Hugging Face's filter: tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False)
  const Value indent = arguments.get(1, "indent", nullptr);
  const Value separators = arguments.get(2, "separators", nullptr);
  if (!indent.is_none()) {
    style.indent = std::max<int64_t>(indent.integer(), 0);
    style.item_separator = ",";
    if (style.indent > kMaxIndent) throw RenderError("tojson: indent beyond " + std::to_string(kMaxIndent));
  }
  if (!separators.is_none()) {
    style.item_separator = item(separators, int64_t{0}).string();
    style.key_separator = item(separators, int64_t{1}).string();
  }
  style.sort_keys = arguments.get(3, "sort_keys", false).truth();
  return to_json(input, style);
}

Value filter_indent(const Value& input, const Arguments& arguments, const Services&) {
  const Value width = arguments.get(0, "width", int64_t{4});
  const bool first = arguments.get(1, "first", false).truth();
  const bool blank = arguments.get(2, "blank", false).truth();
  if (!width.is_string() && width.integer() > kMaxIndent) throw RenderError("indent: width beyond 100");
  const std::string margin =
      width.is_string() ? width.string()
                        : std::string(static_cast<size_t>(std::max<int64_t>(width.integer(), 0)), ' ');
  std::string out;
  bool at_first = true;
  for (const std::string& line :
       split_lines(to_text(input) + "\n")) {  // the added newline keeps the last line
    if (!at_first) out += '\n';
    if (at_first ? first : blank || !line.empty()) out += margin;
    out += line;
    at_first = false;
    if (out.size() > kMaxText) throw RenderError("a text grows beyond 64 MiB");
  }
  return out;
}

Value filter_replace(const Value& input, const Arguments& arguments, const Services&) {
  const Value count = arguments.get(2, "count", nullptr);
  return replace(to_text(input), to_text(arguments.require(0, "old")), to_text(arguments.require(1, "new")),
                 count.is_none() ? -1 : count.integer());
}

Value filter_trim(const Value& input, const Arguments& arguments, const Services&) {
  const Value characters = arguments.get(0, "chars", nullptr);
  return strip(to_text(input), characters.is_none() ? nullptr : &characters.string(), true, true);
}

Value filter_items(const Value& input, const Arguments& arguments, const Services&) {
  if (input.is_undefined()) return List{};
  if (!input.is_dict()) throw RenderError("items: expected a dict");
  return attribute(input, "items").callable().call(arguments);
}

Value filter_attr(const Value& input, const Arguments& arguments, const Services&) {
  const Value name = arguments.require(0, "name");
  return input.is_dict() && !input.dict().name_space ? Value::undefined(name.string())
                                                     : attribute(input, name.string());
}

template <std::string (*kMap)(std::string_view)>
Value filter_text(const Value& input, const Arguments&, const Services&) {
  return kMap(to_text(input));
}

// Jinja's title: words end at white space and -([{< only.
Value filter_title(const Value& input, const Arguments&, const Services&) {
  std::string out;
  std::string word;
  for (const std::string& character : characters_of(to_text(input))) {
    word += character;
    if (character.size() == 1 &&
        std::string_view(" \t\n\r\v\f-([{<").find(character[0]) != std::string_view::npos) {
      out += capitalize(word);
      word.clear();
    }
  }
  return out + capitalize(word);
}

Value filter_length(const Value& input, const Arguments&, const Services&) {
  return input.length();
}
Value filter_list(const Value& input, const Arguments&, const Services&) {
  return List{input.iterate()};
}
Value filter_string(const Value& input, const Arguments&, const Services&) {
  return to_text(input);
}

constexpr std::array kFilters{
    NamedFilter{"abs", filter_abs},
    NamedFilter{"attr", filter_attr},
    NamedFilter{"capitalize", filter_text<capitalize>},
    NamedFilter{"count", filter_length},
    NamedFilter{"d", filter_default},
    NamedFilter{"default", filter_default},
    NamedFilter{"dictsort", filter_dictsort},
    NamedFilter{"e", filter_text<escape_html>},
    NamedFilter{"escape", filter_text<escape_html>},
    NamedFilter{"first", filter_first},
    NamedFilter{"float", filter_float},
    NamedFilter{"indent", filter_indent},
    NamedFilter{"int", filter_int},
    NamedFilter{"items", filter_items},
    NamedFilter{"join", filter_join},
    NamedFilter{"last", filter_last},
    NamedFilter{"length", filter_length},
    NamedFilter{"list", filter_list},
    NamedFilter{"lower", filter_text<lower>},
    NamedFilter{"map", filter_map},
    NamedFilter{"max", filter_max},
    NamedFilter{"min", filter_min},
    NamedFilter{"reject", filter_reject},
    NamedFilter{"rejectattr", filter_rejectattr},
    NamedFilter{"replace", filter_replace},
    NamedFilter{"reverse", filter_reverse},
    NamedFilter{"round", filter_round},
    NamedFilter{"safe", filter_string},
    NamedFilter{"select", filter_select},
    NamedFilter{"selectattr", filter_selectattr},
    NamedFilter{"sort", filter_sort},
    NamedFilter{"string", filter_string},
    NamedFilter{"sum", filter_sum},
    NamedFilter{"title", filter_title},
    NamedFilter{"tojson", filter_tojson},
    NamedFilter{"trim", filter_trim},
    NamedFilter{"unique", filter_unique},
    NamedFilter{"upper", filter_text<upper>},
};

}  // namespace

bool is_filter(std::string_view name) {
  return find_filter(name) != nullptr;
}

Filter find_filter(std::string_view name) {
  const auto found = std::find_if(kFilters.begin(), kFilters.end(),
                                  [&name](const NamedFilter& entry) { return entry.name == name; });
  return found == kFilters.end() ? nullptr : found->filter;
}

}  // namespace clinfer::text::jinja
