#include "host/text/jinja/interpreter.h"
#include "host/text/jinja/value_text.h"

namespace clinfer::text::jinja {
namespace {

using Kind = Expr::Kind;
constexpr size_t kBytesPerStep = 256;  // long strings count as more than one step

bool holds(const std::string& op, const Value& left, const Value& right) {
  if (op == "==") return equal(left, right);
  if (op == "!=") return !equal(left, right);
  if (op == "in") return contains(right, left);
  if (op == "not in") return !contains(right, left);
  const int order = compare(left, right);
  if (op == "<") return order < 0;
  if (op == "<=") return order <= 0;
  return op == ">" ? order > 0 : order >= 0;
}

}  // namespace

Value Interpreter::evaluate(const Expr& expr) {
  spend(1);
  line_ = expr.line;
  switch (expr.kind) {
    case Kind::literal:
      return expr.value;
    case Kind::name:
      return evaluate_name(expr);
    case Kind::list:
    case Kind::tuple:
      return evaluate_items(expr, expr.kind == Kind::tuple);
    case Kind::dict:
      return evaluate_dict(expr);
    case Kind::attribute:
      return attribute(evaluate(*expr.args[0]), expr.text);
    case Kind::subscript:
      return evaluate_subscript(expr);
    case Kind::call:
      return evaluate_call(expr);
    case Kind::filter:
      return evaluate_filter(expr, nullptr);
    case Kind::test:
      return evaluate_test(expr);
    case Kind::binary:
      return evaluate_binary(expr);
    case Kind::compare:
      return evaluate_compare(expr);
    case Kind::unary: {
      const Value value = evaluate(*expr.args[0]);
      if (expr.text == "not") return !value.truth();
      return expr.text == "-" ? negate(value) : (value.number(), value);
    }
    case Kind::conditional: {
      if (evaluate(*expr.args[1]).truth()) return evaluate(*expr.args[0]);
      return expr.args[2] ? evaluate(*expr.args[2]) : Value::undefined("the other side of an inline if");
    }
    case Kind::slice:
      break;  // only as an index, see evaluate_subscript
  }
  throw RenderError("an expression of unknown kind");
}

Value Interpreter::evaluate_name(const Expr& expr) {
  for (const Scope* scope = scope_.get(); scope != nullptr; scope = scope->outer.get()) {
    const auto found = scope->variables.find(expr.text);
    if (found == scope->variables.end()) continue;
    if (found->second.is_string()) spend(found->second.string().size() / kBytesPerStep);
    return found->second;
  }
  return Value::undefined(expr.text);
}

Value Interpreter::evaluate_items(const Expr& expr, bool tuple) {
  List list{{}, tuple};
  for (const ExprPtr& part : expr.args) list.items.push_back(evaluate(*part));
  return list;
}

Value Interpreter::evaluate_dict(const Expr& expr) {
  Dict dict;
  for (size_t i = 0; i + 1 < expr.args.size(); i += 2) {
    Value key = evaluate(*expr.args[i]);
    dict.set(std::move(key), evaluate(*expr.args[i + 1]));
  }
  return dict;
}

Value Interpreter::evaluate_subscript(const Expr& expr) {
  const Value value = evaluate(*expr.args[0]);
  const Expr& index = *expr.args[1];
  if (value.is_string()) spend(value.string().size() / kBytesPerStep);
  if (index.kind != Kind::slice) return item(value, evaluate(index));
  auto bound = [this](const ExprPtr& part) { return part ? evaluate(*part) : Value(); };
  const Value start = bound(index.args[0]);
  const Value stop = bound(index.args[1]);
  if (value.is_list()) spend(value.list().items.size());
  return slice(value, start, stop, bound(index.args[2]));
}

Arguments Interpreter::evaluate_arguments(const Expr& expr) {
  Arguments arguments;
  for (size_t i = 1; i < expr.args.size(); ++i) arguments.positional.push_back(evaluate(*expr.args[i]));
  for (const auto& [name, value] : expr.named) arguments.named.emplace_back(name, evaluate(*value));
  return arguments;
}

Value Interpreter::evaluate_call(const Expr& expr, const Value* caller) {
  const Value callee = evaluate(*expr.args[0]);
  Arguments arguments = evaluate_arguments(expr);
  if (caller != nullptr) arguments.named.emplace_back("caller", *caller);
  line_ = expr.line;
  Value result = callee.callable().call(arguments);
  if (result.is_string()) spend(result.string().size() / kBytesPerStep);
  if (result.is_list()) spend(result.list().items.size());
  return result;
}

Value Interpreter::evaluate_filter(const Expr& expr, const Value* input) {
  // Of a filter block's chain the innermost filter has no input of its own.
  const Expr* const inner = expr.args[0].get();
  Value value;
  if (inner == nullptr) {
    value = *input;
  } else {
    value =
        input != nullptr && inner->kind == Kind::filter ? evaluate_filter(*inner, input) : evaluate(*inner);
  }
  const Arguments arguments = evaluate_arguments(expr);
  line_ = expr.line;
  Value result = find_filter(expr.text)(value, arguments, services_);
  if (result.is_string()) spend(result.string().size() / kBytesPerStep);
  if (result.is_list()) spend(result.list().items.size());
  return result;
}

bool Interpreter::evaluate_test(const Expr& expr) {
  const Value value = evaluate(*expr.args[0]);
  return find_test(expr.text)(value, evaluate_arguments(expr));
}

Value Interpreter::evaluate_binary(const Expr& expr) {
  Value left = evaluate(*expr.args[0]);
  if (expr.text == "and") return left.truth() ? evaluate(*expr.args[1]) : left;
  if (expr.text == "or") return left.truth() ? left : evaluate(*expr.args[1]);
  const Value right = evaluate(*expr.args[1]);
  line_ = expr.line;
  Value result = operate(expr.text, left, right);
  if (result.is_string()) spend(result.string().size() / kBytesPerStep);
  if (result.is_list()) spend(result.list().items.size());
  return result;
}

Value Interpreter::evaluate_compare(const Expr& expr) {
  Value left = evaluate(*expr.args[0]);
  for (size_t i = 0; i < expr.operators.size(); ++i) {
    Value right = evaluate(*expr.args[i + 1]);
    line_ = expr.line;
    if (right.is_list() || right.is_dict()) spend(static_cast<size_t>(right.length()));
    if (!holds(expr.operators[i], left, right)) return false;
    left = std::move(right);
  }
  return true;
}

}  // namespace clinfer::text::jinja
