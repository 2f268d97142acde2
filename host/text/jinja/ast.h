#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/text/jinja/value.h"

namespace clinfer::text::jinja {

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

/// An expression. Which fields are used depends on the kind; null entries in `args` are parts left out.
struct Expr {
  enum class Kind {
    literal,      // value
    name,         // text
    list,         // args
    tuple,        // args
    dict,         // args: key, value, key, value...
    attribute,    // args[0] . text
    subscript,    // args[0] [ args[1] ]
    slice,        // args: start, stop, step; only inside subscript
    call,         // args[0] ( args[1..], named )
    filter,       // args[0] | text ( args[1..], named ); args[0] null: the body of a filter block
    test,         // args[0] is text ( args[1..] ); text "not x" never occurs, see negate
    unary,        // text: "-", "+", "not"; args[0]
    binary,       // text: + - * / // % ** ~ and or; args[0], args[1]
    compare,      // args[0] operators[0] args[1] operators[1] args[2]...
    conditional,  // args: value, condition, otherwise or null
  };
  Kind kind;
  int line;
  std::string text;
  Value value;
  std::vector<ExprPtr> args;
  std::vector<std::pair<std::string, ExprPtr>> named;
  std::vector<std::string> operators;
};

struct Node;
using Body = std::vector<std::unique_ptr<Node>>;

/// A statement or a piece of text.
struct Node {
  enum class Kind {
    data,    // text
    print,   // expr
    branch,  // if: expr, body, otherwise
    loop,    // for: target in expr if condition: body else otherwise
    assign,  // set target = expr, or target = body through expr's filters when expr is null or a filter chain
    assign_block,
    macro,         // text: name; parameters; body
    call_block,    // expr: the call; parameters of caller(); body
    filter_block,  // expr: filter chain on a null input; body
    with,          // parameters: names and values; body
    scope,         // generation: body
    break_loop,
    continue_loop,
  };
  Kind kind;
  int line;
  std::string text;
  ExprPtr expr;
  ExprPtr target;
  ExprPtr condition;
  std::vector<std::pair<std::string, ExprPtr>> parameters;  // name, default or null
  Body body;
  Body otherwise;
};

}  // namespace clinfer::text::jinja
