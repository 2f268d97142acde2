#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "host/text/jinja/value.h"

namespace clinfer::text::jinja {

/// What filters with a filter or test as argument (map, select) need from the interpreter.
struct Services {
  std::function<void(size_t)> spend;  ///< counts steps; throws when the limit is reached
};

/// A filter's or test's input and arguments.
using Filter = Value (*)(const Value& input, const Arguments& arguments, const Services& services);
using Test = bool (*)(const Value& input, const Arguments& arguments);

bool is_filter(std::string_view name);
bool is_test(std::string_view name);
Filter find_filter(std::string_view name);  ///< nullptr when there is none
Test find_test(std::string_view name);

/// value.name: methods of str, list and dict, items of dicts; undefined when there is none.
Value attribute(const Value& value, const std::string& name);

/// value[index]: items of dicts, lists (negative from the end) and strings; undefined when there is none.
Value item(const Value& value, const Value& index);

/// value[start:stop:step] of lists and strings; null bounds are left out.
Value slice(const Value& value, const Value& start, const Value& stop, const Value& step);

/// Binary operators other than "and" and "or"; RenderError for types that do not go together.
Value operate(const std::string& op, const Value& left, const Value& right);
Value negate(const Value& value);

/// Adds range, namespace, dict, raise_exception, strftime_now to a template's globals.
void add_functions(Dict& globals);

/// raise_exception(message): the template refuses its input.
class RaisedError : public RenderError {
 public:
  using RenderError::RenderError;
};

}  // namespace clinfer::text::jinja
