#include <algorithm>
#include <cmath>

#include "host/text/jinja/builtins.h"
#include "host/text/jinja/strings.h"
#include "host/text/jinja/value_text.h"

namespace clinfer::text::jinja {
namespace {

[[noreturn]] void overflow() {
  throw RenderError("an integer beyond 64 bits");
}

[[noreturn]] void mismatch(const std::string& op, const Value& left, const Value& right) {
  for (const Value* side : {&left, &right}) {
    if (side->is_undefined()) throw RenderError("'" + side->undefined_name() + "' is undefined");
  }
  throw RenderError("unsupported operands of " + op + ": " + left.type_name() + " and " + right.type_name());
}

double floor_modulo(double a, double b) {
  const double rest = std::fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

Value power(int64_t base, int64_t exponent) {
  if (exponent < 0) return std::pow(static_cast<double>(base), static_cast<double>(exponent));
  int64_t result = 1;
  while (exponent > 0) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) overflow();
    exponent >>= 1;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) overflow();
  }
  return result;
}

Value integers(const std::string& op, int64_t a, int64_t b) {
  int64_t result = 0;
  if (op == "+") return __builtin_add_overflow(a, b, &result) ? overflow(), result : result;
  if (op == "-") return __builtin_sub_overflow(a, b, &result) ? overflow(), result : result;
  if (op == "*") return __builtin_mul_overflow(a, b, &result) ? overflow(), result : result;
  if (op == "**") return power(a, b);
  if (b == 0) throw RenderError("division by zero");
  if (op == "/") return static_cast<double>(a) / static_cast<double>(b);
  if (b == -1) return op == "%" ? Value(int64_t{0}) : integers("-", 0, a);
  const int64_t rest = a % b;
  const bool adjust = rest != 0 && (rest < 0) != (b < 0);  // Python rounds towards minus infinity
  return op == "%" ? (adjust ? rest + b : rest) : a / b - (adjust ? 1 : 0);
}

Value doubles(const std::string& op, double a, double b) {
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "*") return a * b;
  if (op == "**") return std::pow(a, b);
  if (b == 0) throw RenderError("division by zero");
  if (op == "/") return a / b;
  return op == "%" ? floor_modulo(a, b) : std::floor(a / b);
}

std::string joined(std::string left, const std::string& right) {
  if (left.size() + right.size() > kMaxText) throw RenderError("a text grows beyond 64 MiB");
  return left += right;
}

Value repeat(const Value& value, int64_t times) {
  const auto count = static_cast<uint64_t>(times < 0 ? 0 : times);
  if (value.is_string()) {
    const std::string& text = value.string();
    if (!text.empty() && count > kMaxText / text.size()) throw RenderError("a text grows beyond 64 MiB");
    std::string out;
    for (uint64_t i = 0; i < count && !text.empty(); ++i) out += text;
    return out;
  }
  const List& list = value.list();
  if (!list.items.empty() && count > kMaxItems / list.items.size())
    throw RenderError("a list grows too long");
  List out{{}, list.tuple};
  for (uint64_t i = 0; i < count && !list.items.empty(); ++i) {
    out.items.insert(out.items.end(), list.items.begin(), list.items.end());
  }
  return out;
}

}  // namespace

Value operate(const std::string& op, const Value& left, const Value& right) {
  if (op == "~") return joined(to_text(left), to_text(right));
  if (left.is_number() && right.is_number()) {
    return left.is_double() || right.is_double() ? doubles(op, left.number(), right.number())
                                                 : integers(op, left.integer(), right.integer());
  }
  if (op == "+" && left.is_string() && right.is_string()) return joined(left.string(), right.string());
  if (op == "+" && left.is_list() && right.is_list() && left.list().tuple == right.list().tuple) {
    List out = left.list();
    if (out.items.size() + right.list().items.size() > kMaxItems) throw RenderError("a list grows too long");
    out.items.insert(out.items.end(), right.list().items.begin(), right.list().items.end());
    return out;
  }
  const bool left_repeats = (left.is_string() || left.is_list()) && (right.is_int() || right.is_bool());
  const bool right_repeats = (right.is_string() || right.is_list()) && (left.is_int() || left.is_bool());
  if (op == "*" && left_repeats) return repeat(left, right.integer());
  if (op == "*" && right_repeats) return repeat(right, left.integer());
  mismatch(op, left, right);
}

Value negate(const Value& value) {
  if (value.is_double()) return -value.number();
  return integers("-", 0, value.integer());
}

Value item(const Value& value, const Value& index) {
  if (value.is_dict()) {
    const Value* found = Value(value).dict().find(index);
    return found == nullptr ? Value::undefined(to_text(index)) : *found;
  }
  if (value.is_undefined()) throw RenderError("'" + value.undefined_name() + "' is undefined");
  if (index.is_string()) return attribute(value, index.string());
  if (!(value.is_list() || value.is_string()) || !index.is_int()) return Value::undefined(to_text(index));
  const int64_t size = value.length();
  const int64_t at = index.integer() < 0 ? index.integer() + size : index.integer();
  if (at < 0 || at >= size) return Value::undefined(to_text(index));
  if (value.is_list()) return value.list().items[static_cast<size_t>(at)];
  return characters_of(value.string())[static_cast<size_t>(at)];
}

Value slice(const Value& value, const Value& start, const Value& stop, const Value& step) {
  if (!value.is_list() && !value.is_string()) {
    return value.is_undefined() ? throw RenderError("'" + value.undefined_name() + "' is undefined")
                                : Value::undefined("slice");
  }
  const int64_t stride = step.is_none() ? 1 : step.integer();
  if (stride == 0) throw RenderError("slice step cannot be zero");
  const std::vector<Value> items = value.iterate();
  const auto size = static_cast<int64_t>(items.size());
  const int64_t low = stride < 0 ? -1 : 0;
  const int64_t high = stride < 0 ? size - 1 : size;
  auto bound = [&](const Value& given, int64_t fallback) {
    if (given.is_none()) return fallback;
    const int64_t at = given.integer();
    return std::min(std::max(at < 0 ? at + size : at, low), high);
  };
  const int64_t end = bound(stop, stride < 0 ? -1 : size);
  const int64_t step_size = std::min(std::max(stride, -size - 1), size + 1);  // no overflow
  List out;
  std::string text;
  for (int64_t i = bound(start, stride < 0 ? size - 1 : 0); stride < 0 ? i > end : i < end; i += step_size) {
    if (value.is_string()) {
      text += items[static_cast<size_t>(i)].string();
    } else {
      out.items.push_back(items[static_cast<size_t>(i)]);
    }
  }
  if (value.is_string()) return text;
  out.tuple = value.list().tuple;
  return out;
}

}  // namespace clinfer::text::jinja
