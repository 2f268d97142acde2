#include "host/text/jinja/interpreter.h"

#include <algorithm>

#include "host/text/jinja/value_text.h"

namespace clinfer::text::jinja {
namespace {

constexpr size_t kMaxSteps = 5'000'000;
constexpr int kMaxDepth = 200;

}  // namespace

// Enters a scope for a while; bounds the depth of everything that nests.
class Interpreter::Enter {
 public:
  Enter(Interpreter& interpreter, ScopePtr outer) : interpreter_(interpreter), before_(interpreter.scope_) {
    if (interpreter_.depth_ >= kMaxDepth)
      throw RenderError("nested deeper than " + std::to_string(kMaxDepth));
    ++interpreter_.depth_;
    interpreter_.scope_ = std::make_shared<Scope>();
    interpreter_.scope_->outer = std::move(outer);
  }
  ~Enter() {
    --interpreter_.depth_;
    interpreter_.scope_ = std::move(before_);
  }
  Enter(const Enter&) = delete;
  Enter& operator=(const Enter&) = delete;

 private:
  Interpreter& interpreter_;
  ScopePtr before_;
};

Interpreter::Interpreter(ScopePtr globals) : scope_(std::move(globals)) {
  services_.spend = [this](size_t steps) { spend(steps); };
}

std::string Interpreter::run(const Body& body) {
  std::string out;
  out_ = &out;
  execute(body);
  return out;
}

void Interpreter::spend(size_t steps) {
  steps_ += steps;
  if (steps_ > kMaxSteps) throw RenderError("more than " + std::to_string(kMaxSteps) + " steps");
}

void Interpreter::print(const std::string& text) {
  printed_ += text.size();
  if (printed_ > kMaxText) throw RenderError("output beyond 64 MiB");
  *out_ += text;
}

Interpreter::Flow Interpreter::execute(const Body& body) {
  for (const auto& node : body) {
    const Flow flow = execute(*node);
    if (flow != Flow::next) return flow;
  }
  return Flow::next;
}

Interpreter::Flow Interpreter::execute(const Node& node) {
  spend(1);
  line_ = node.line;
  switch (node.kind) {
    case Node::Kind::data:
      print(node.text);
      break;
    case Node::Kind::print:
      print(to_text(evaluate(*node.expr)));
      break;
    case Node::Kind::branch:
      return branch(node);
    case Node::Kind::loop:
      return loop(node);
    case Node::Kind::assign:
      assign(*node.target, evaluate(*node.expr));
      break;
    case Node::Kind::assign_block: {
      Value text = capture(node.body);
      assign(*node.target, node.expr ? evaluate_filter(*node.expr, &text) : text);
      break;
    }
    case Node::Kind::macro:
      scope_->variables[node.text] = make_macro(node);
      break;
    case Node::Kind::call_block: {
      const Value caller = make_macro(node);
      print(to_text(evaluate_call(*node.expr, &caller)));
      break;
    }
    case Node::Kind::filter_block: {
      const Value text = capture(node.body);
      print(to_text(evaluate_filter(*node.expr, &text)));
      break;
    }
    case Node::Kind::with:
      return with(node);
    case Node::Kind::scope: {
      const Enter enter(*this, scope_);
      return execute(node.body);
    }
    case Node::Kind::break_loop:
      return Flow::break_loop;
    case Node::Kind::continue_loop:
      return Flow::continue_loop;
  }
  return Flow::next;
}

Interpreter::Flow Interpreter::branch(const Node& node) {
  return execute(evaluate(*node.expr).truth() ? node.body : node.otherwise);
}

Interpreter::Flow Interpreter::with(const Node& node) {
  std::vector<Value> values;  // all are evaluated outside
  for (const auto& parameter : node.parameters) values.push_back(evaluate(*parameter.second));
  const Enter enter(*this, scope_);
  for (size_t i = 0; i < values.size(); ++i)
    scope_->variables[node.parameters[i].first] = std::move(values[i]);
  return execute(node.body);
}

std::string Interpreter::capture(const Body& body) {
  std::string text;
  std::string* const outside = std::exchange(out_, &text);
  const size_t printed = printed_;
  struct Restore {
    Interpreter& self;
    std::string* out;
    ~Restore() { self.out_ = out; }
  } restore{*this, outside};
  const Enter enter(*this, scope_);
  execute(body);
  printed_ = printed;
  return text;
}

Interpreter::Flow Interpreter::loop(const Node& node) {
  std::vector<Value> items = evaluate(*node.expr).iterate();
  if (node.condition) {
    std::vector<Value> kept;
    for (Value& value : items) {
      spend(1);
      const Enter enter(*this, scope_);
      assign(*node.target, value);
      if (evaluate(*node.condition).truth()) kept.push_back(std::move(value));
    }
    items = std::move(kept);
  }
  if (items.empty()) {
    const Enter enter(*this, scope_);
    return execute(node.otherwise);
  }
  const auto changed = std::make_shared<Value>(Value::undefined("changed"));
  for (size_t i = 0; i < items.size(); ++i) {
    if (loop_body(node, items, i, changed) == Flow::break_loop) break;
  }
  return Flow::next;
}

Interpreter::Flow Interpreter::loop_body(const Node& node, const std::vector<Value>& items, size_t i,
                                         const std::shared_ptr<Value>& changed) {
  spend(1);
  const Enter enter(*this, scope_);
  scope_->variables["loop"] = loop_variable(items, i, changed);
  assign(*node.target, items[i]);
  return execute(node.body);
}

Value Interpreter::loop_variable(const std::vector<Value>& items, size_t i,
                                 const std::shared_ptr<Value>& changed) const {
  const auto index = static_cast<int64_t>(i);
  const auto count = static_cast<int64_t>(items.size());
  Dict loop;
  loop.name_space = true;
  auto put = [&loop](const char* name, Value value) { loop.items.emplace_back(name, std::move(value)); };
  put("index", index + 1);
  put("index0", index);
  put("revindex", count - index);
  put("revindex0", count - index - 1);
  put("first", index == 0);
  put("last", index + 1 == count);
  put("length", count);
  put("depth", int64_t{1});
  put("depth0", int64_t{0});
  put("previtem", i > 0 ? items[i - 1] : Value::undefined("previtem"));
  put("nextitem", i + 1 < items.size() ? items[i + 1] : Value::undefined("nextitem"));
  put("cycle", Callable{"cycle", [i](const Arguments& arguments) {
                          if (arguments.positional.empty()) throw RenderError("no items to cycle over");
                          return arguments.positional[i % arguments.positional.size()];
                        }});
  put("changed", Callable{"changed", [changed](const Arguments& arguments) {
                            Value now(List{arguments.positional, true});
                            const bool differs = !equal(now, *changed);
                            *changed = std::move(now);
                            return Value(differs);
                          }});
  return loop;
}

void Interpreter::assign(const Expr& target, Value value) {
  if (target.kind == Expr::Kind::attribute) return assign_attribute(target, std::move(value));
  if (target.kind == Expr::Kind::name) {
    scope_->variables[target.text] = std::move(value);
    return;
  }
  const std::vector<Value> parts = value.iterate();
  if (parts.size() != target.args.size()) {
    throw RenderError("expected " + std::to_string(target.args.size()) + " values to unpack, got " +
                      std::to_string(parts.size()));
  }
  for (size_t i = 0; i < parts.size(); ++i) assign(*target.args[i], parts[i]);
}

void Interpreter::assign_attribute(const Expr& target, Value value) {
  Value object = evaluate(*target.args[0]);
  if (!object.is_dict() || !object.dict().name_space) {
    throw RenderError("cannot assign attribute " + target.text + " on an object that is no namespace");
  }
  if (value.nesting().holds_name_space || value.nesting().depth >= kMaxNesting) {
    throw RenderError("a namespace cannot hold a namespace, nor deeply nested values");
  }
  Nesting& nesting = object.dict().nesting;
  nesting.depth = std::max(nesting.depth, value.nesting().depth + 1);
  object.dict().set(target.text, std::move(value));
}

Value Interpreter::make_macro(const Node& node) {
  // Weak: the macro lies in the scope it would otherwise keep alive.
  const std::weak_ptr<Scope> defined_in = scope_;
  const Node* const macro = &node;
  return Callable{node.text, [this, macro, defined_in](const Arguments& arguments) {
                    const ScopePtr outer = defined_in.lock();
                    if (!outer) throw RenderError("macro " + macro->text + " called after its block ended");
                    return Value(run_macro(*macro, outer, arguments));
                  }};
}

std::string Interpreter::run_macro(const Node& node, const ScopePtr& outer, const Arguments& arguments) {
  const Enter enter(*this, outer);
  bind_parameters(node, arguments);
  return capture(node.body);
}

void Interpreter::bind_parameters(const Node& node, const Arguments& arguments) {
  if (arguments.positional.size() > node.parameters.size()) {
    throw RenderError("macro " + node.text + " takes not more than " +
                      std::to_string(node.parameters.size()) + " arguments");
  }
  for (const auto& [name, value] : arguments.named) {
    if (name == "caller") scope_->variables[name] = value;
  }
  for (size_t i = 0; i < node.parameters.size(); ++i) {
    const auto& [name, fallback] = node.parameters[i];
    if (const Value* given = arguments.find(i, name)) {
      scope_->variables[name] = *given;
    } else {
      scope_->variables[name] = fallback ? evaluate(*fallback) : Value::undefined(name);
    }
  }
}

}  // namespace clinfer::text::jinja
