#include "host/text/jinja/parser.h"

#include <initializer_list>

#include "host/text/jinja/expression_parser.h"

namespace clinfer::text::jinja {
namespace {

using Kind = Node::Kind;
using NodePtr = std::unique_ptr<Node>;

class Parser : public ExpressionParser {
 public:
  using ExpressionParser::ExpressionParser;

  Body run() {
    Body all = body({});
    if (peek().kind != Token::Kind::end) fail("unexpected '" + peek().text + "'");
    return all;
  }

 private:
  NodePtr node(Kind kind) const {
    auto made = std::make_unique<Node>();
    made->kind = kind;
    made->line = peek().line;
    return made;
  }

  // Statements up to one of the block names in `ends`, whose name is left to be read.
  Body body(std::initializer_list<std::string_view> ends) {
    const Depth depth(*this);
    Body nodes;
    for (;;) {
      switch (peek().kind) {
        case Token::Kind::data: {
          nodes.push_back(node(Kind::data));
          nodes.back()->text = take().text;
          break;
        }
        case Token::Kind::variable_begin:
          nodes.push_back(print());
          break;
        case Token::Kind::block_begin: {
          take();
          for (std::string_view end : ends) {
            if (peek().is_name(end)) return nodes;
          }
          nodes.push_back(statement());
          break;
        }
        default:
          if (ends.size() > 0) fail("expected " + std::string(*(ends.end() - 1)) + " before the end");
          return nodes;
      }
    }
  }

  NodePtr print() {
    take();
    NodePtr made = node(Kind::print);
    made->expr = tuple(true);
    if (peek().kind != Token::Kind::variable_end) fail("unexpected '" + peek().text + "', expected '}}'");
    take();
    return made;
  }

  void block_end() {
    if (peek().kind != Token::Kind::block_end) fail("unexpected '" + peek().text + "', expected '%}'");
    take();
  }

  // A body and the tag that ends it: {% word %}.
  Body body_until(std::string_view word) {
    block_end();
    Body nodes = body({word});
    take();
    block_end();
    return nodes;
  }

  NodePtr statement() {
    const std::string word = expect_name();
    if (word == "if") return branch();
    if (word == "for") return loop();
    if (word == "set") return assign();
    if (word == "macro") return macro();
    if (word == "call") return call_block();
    if (word == "filter") return filter_block();
    if (word == "with") return with();
    if (word == "generation") {
      NodePtr made = node(Kind::scope);
      made->body = body_until("endgeneration");
      return made;
    }
    if (word == "break" || word == "continue") {
      if (loops_ == 0) fail("'" + word + "' outside a loop");
      NodePtr made = node(word == "break" ? Kind::break_loop : Kind::continue_loop);
      block_end();
      return made;
    }
    fail("unknown statement '" + word + "'");
  }

  NodePtr branch() {
    NodePtr made = node(Kind::branch);
    made->expr = tuple(false);
    block_end();
    made->body = body({"elif", "else", "endif"});
    if (take_name_if("elif")) {
      made->otherwise.push_back(branch());
      return made;
    }
    if (take_name_if("else")) {
      block_end();
      made->otherwise = body({"endif"});
    }
    take();
    block_end();
    return made;
  }

  ExprPtr target() {
    ExprPtr first = primary();
    if (!peek().is(",")) return first;
    ExprPtr all = make(Expr::Kind::tuple);
    all->args.push_back(std::move(first));
    while (take_if(",")) {
      if (peek().is_name("in") || peek().is("=")) break;
      all->args.push_back(primary());
    }
    return all;
  }

  void check_target(const Expr& expr) const {
    if (expr.kind == Expr::Kind::tuple) {
      for (const ExprPtr& part : expr.args) check_target(*part);
    } else if (expr.kind != Expr::Kind::name) {
      fail("expected a name to assign to");
    }
  }

  NodePtr loop() {
    NodePtr made = node(Kind::loop);
    made->target = target();
    check_target(*made->target);
    if (!take_name_if("in")) fail("expected 'in'");
    made->expr = tuple(false);
    if (take_name_if("if")) made->condition = expression();
    if (peek().is_name("recursive")) fail("recursive loops are not supported");
    block_end();
    ++loops_;
    made->body = body({"else", "endfor"});
    --loops_;
    if (take_name_if("else")) {
      block_end();
      made->otherwise = body({"endfor"});
    }
    take();
    block_end();
    return made;
  }

  NodePtr assign() {
    NodePtr made = node(Kind::assign);
    made->target = target();
    if (peek().is(".")) {
      if (made->target->kind != Expr::Kind::name) fail("expected a name before '.'");
      take();
      ExprPtr attribute = make(Expr::Kind::attribute, expect_name());
      attribute->args.push_back(std::move(made->target));
      made->target = std::move(attribute);
    } else {
      check_target(*made->target);
    }
    if (take_if("=")) {
      made->expr = tuple(true);
      block_end();
      return made;
    }
    made->kind = Kind::assign_block;
    if (take_if("|")) made->expr = filter_chain(nullptr);
    made->body = body_until("endset");
    return made;
  }

  void parameters(Node& made) {
    if (!take_if("(")) return;
    for (bool first = true; !take_if(")"); first = false) {
      if (!first) expect(",");
      std::string name = expect_name();
      ExprPtr fallback = take_if("=") ? expression() : nullptr;
      if (!fallback && !made.parameters.empty() && made.parameters.back().second) {
        fail("a parameter without a default after one with a default");
      }
      made.parameters.emplace_back(std::move(name), std::move(fallback));
    }
  }

  NodePtr macro() {
    NodePtr made = node(Kind::macro);
    made->text = expect_name();
    if (!peek().is("(")) fail("expected '('");
    parameters(*made);
    const int loops = std::exchange(loops_, 0);
    made->body = body_until("endmacro");
    loops_ = loops;
    return made;
  }

  NodePtr call_block() {
    NodePtr made = node(Kind::call_block);
    parameters(*made);
    made->expr = expression();
    if (made->expr->kind != Expr::Kind::call) fail("expected a call");
    made->body = body_until("endcall");
    return made;
  }

  NodePtr filter_block() {
    NodePtr made = node(Kind::filter_block);
    made->expr = filter_chain(nullptr);
    made->body = body_until("endfilter");
    return made;
  }

  NodePtr with() {
    NodePtr made = node(Kind::with);
    while (peek().kind != Token::Kind::block_end) {
      if (!made->parameters.empty()) expect(",");
      std::string name = expect_name();
      expect("=");
      made->parameters.emplace_back(std::move(name), expression());
    }
    made->body = body_until("endwith");
    return made;
  }

  int loops_ = 0;  // loops around the place being read
};

}  // namespace

Body parse(std::string_view source, const std::string& name) {
  return Parser(tokenize(source, name), name).run();
}

}  // namespace clinfer::text::jinja
