#include <ctime>

#include "host/text/jinja/builtins.h"
#include "host/text/jinja/value_text.h"

namespace clinfer::text::jinja {
namespace {

constexpr int64_t kMaxRange = 100'000;  // the limit of Jinja's sandbox

Value range(const Arguments& arguments) {
  const auto& given = arguments.positional;
  if (given.empty() || given.size() > 3 || !arguments.named.empty())
    throw RenderError("range takes 1 to 3 numbers");
  const int64_t start = given.size() > 1 ? given[0].integer() : 0;
  const int64_t stop = given.size() > 1 ? given[1].integer() : given[0].integer();
  const int64_t step = given.size() > 2 ? given[2].integer() : 1;
  if (step == 0) throw RenderError("range step cannot be zero");
  List list;
  for (int64_t i = start; step > 0 ? i < stop : i > stop;) {
    list.items.emplace_back(i);
    if (static_cast<int64_t>(list.items.size()) > kMaxRange) {
      throw RenderError("range of more than " + std::to_string(kMaxRange) + " items");
    }
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  return list;
}

Dict dict_of(const Arguments& arguments) {
  Dict out;
  if (arguments.positional.size() > 1) throw RenderError("expected at most one positional argument");
  if (!arguments.positional.empty()) {
    const Value& source = arguments.positional[0];
    if (source.is_dict()) {
      out.items = source.dict().items;
    } else {
      for (const Value& pair : source.iterate()) out.set(item(pair, int64_t{0}), item(pair, int64_t{1}));
    }
  }
  for (const auto& [name, value] : arguments.named) out.set(name, value);
  return out;
}

Value name_space(const Arguments& arguments) {
  Dict out = dict_of(arguments);
  out.name_space = true;
  return out;
}

[[noreturn]] void raise(const Arguments& arguments) {
  throw RaisedError(to_text(arguments.require(0, "message")));
}

Value strftime_now(const Arguments& arguments) {
  const std::string format = arguments.require(0, "format").string();
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char buffer[256];
  return std::string(buffer, std::strftime(buffer, sizeof buffer, format.c_str(), &local));
}

}  // namespace

void add_functions(Dict& globals) {
  auto add = [&globals](const char* name, std::function<Value(const Arguments&)> call) {
    globals.set(name, Callable{name, std::move(call)});
  };
  add("range", range);
  add("dict", [](const Arguments& arguments) { return Value(dict_of(arguments)); });
  add("namespace", name_space);
  add("raise_exception", [](const Arguments& arguments) -> Value { raise(arguments); });
  add("strftime_now", strftime_now);
}

}  // namespace clinfer::text::jinja
