#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "host/text/jinja/ast.h"
#include "host/text/jinja/builtins.h"

namespace clinfer::text::jinja {

/// Variables of one block; names that are not here are looked up outwards.
struct Scope {
  std::unordered_map<std::string, Value> variables;
  std::shared_ptr<Scope> outer;
};
using ScopePtr = std::shared_ptr<Scope>;

/// Runs a parsed template once.
class Interpreter {
 public:
  explicit Interpreter(ScopePtr globals);
  std::string run(const Body& body);
  int line() const { return line_; }  ///< of the statement or expression that ran last

 private:
  enum class Flow { next, break_loop, continue_loop };

  Flow execute(const Body& body);
  Flow execute(const Node& node);
  Flow branch(const Node& node);
  Flow loop(const Node& node);
  Flow loop_body(const Node& node, const std::vector<Value>& items, size_t i,
                 const std::shared_ptr<Value>& changed);
  Value loop_variable(const std::vector<Value>& items, size_t i, const std::shared_ptr<Value>& changed) const;
  void assign(const Expr& target, Value value);
  void assign_attribute(const Expr& target, Value value);
  Value make_macro(const Node& node);
  std::string run_macro(const Node& node, const ScopePtr& outer, const Arguments& arguments);
  void bind_parameters(const Node& node, const Arguments& arguments);
  Flow with(const Node& node);
  std::string capture(const Body& body);  ///< what a body prints, in a scope of its own
  void print(const std::string& text);

  Value evaluate(const Expr& expr);
  Value evaluate_name(const Expr& expr);
  Value evaluate_items(const Expr& expr, bool tuple);
  Value evaluate_dict(const Expr& expr);
  Value evaluate_subscript(const Expr& expr);
  Value evaluate_call(const Expr& expr, const Value* caller = nullptr);
  Value evaluate_filter(const Expr& expr, const Value* input);
  Value evaluate_binary(const Expr& expr);
  Value evaluate_compare(const Expr& expr);
  bool evaluate_test(const Expr& expr);
  Arguments evaluate_arguments(const Expr& expr);

  void spend(size_t steps);
  class Enter;

  ScopePtr scope_;
  std::string* out_ = nullptr;
  size_t steps_ = 0;
  size_t printed_ = 0;
  int depth_ = 0;
  int line_ = 1;
  Services services_;
};

}  // namespace clinfer::text::jinja
