#include "host/text/jinja/expression_parser.h"

#include <algorithm>
#include <charconv>

#include "host/text/jinja/builtins.h"
#include "quant/error.h"

namespace clinfer::text::jinja {
namespace {

using Kind = Expr::Kind;
using TokenKind = Token::Kind;
constexpr int kMaxDepth = 200;

}  // namespace

ExpressionParser::Depth::Depth(ExpressionParser& parser) : parser_(parser) {
  if (++parser_.depth_ > kMaxDepth) parser_.fail("nested too deeply");
}

const Token& ExpressionParser::peek(size_t offset) const {
  return tokens_[std::min(at_ + offset, tokens_.size() - 1)];
}

Token ExpressionParser::take() {
  const Token& token = peek();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool ExpressionParser::take_if(std::string_view symbol) {
  const bool there = peek().is(symbol);
  if (there) take();
  return there;
}

bool ExpressionParser::take_name_if(std::string_view name) {
  const bool there = peek().is_name(name);
  if (there) take();
  return there;
}

void ExpressionParser::expect(std::string_view symbol) {
  if (!take_if(symbol)) fail("expected '" + std::string(symbol) + "', got '" + peek().text + "'");
}

std::string ExpressionParser::expect_name() {
  if (peek().kind != TokenKind::name) fail("expected a name, got '" + peek().text + "'");
  return take().text;
}

void ExpressionParser::fail(const std::string& what) const {
  throw Error(Fault::model, name_ + ": line " + std::to_string(peek().line) + ": " + what);
}

ExprPtr ExpressionParser::make(Kind kind, std::string text) const {
  auto expr = std::make_unique<Expr>();
  expr->kind = kind;
  expr->line = peek().line;
  expr->text = std::move(text);
  return expr;
}

ExprPtr ExpressionParser::binary(std::string op, ExprPtr left, ExprPtr right) const {
  ExprPtr expr = make(Kind::binary, std::move(op));
  expr->args.push_back(std::move(left));
  expr->args.push_back(std::move(right));
  return expr;
}

ExprPtr ExpressionParser::expression() {
  const Depth depth(*this);
  ExprPtr value = without_condition();
  while (take_name_if("if")) {
    ExprPtr whole = make(Kind::conditional);
    whole->args.push_back(std::move(value));
    whole->args.push_back(without_condition());
    whole->args.push_back(take_name_if("else") ? expression() : nullptr);
    value = std::move(whole);
  }
  return value;
}

ExprPtr ExpressionParser::tuple(bool conditions) {
  auto one = [&] { return conditions ? expression() : without_condition(); };
  ExprPtr first = one();
  if (!peek().is(",")) return first;
  ExprPtr all = make(Kind::tuple);
  all->args.push_back(std::move(first));
  while (take_if(",")) {
    const TokenKind next = peek().kind;
    if (next == TokenKind::block_end || next == TokenKind::variable_end || peek().is(")") || peek().is("=") ||
        peek().is_name("in")) {
      break;
    }
    all->args.push_back(one());
  }
  return all;
}

ExprPtr ExpressionParser::without_condition() {
  const Depth depth(*this);
  ExprPtr left = conjunction();
  while (take_name_if("or")) left = binary("or", std::move(left), conjunction());
  return left;
}

ExprPtr ExpressionParser::conjunction() {
  ExprPtr left = negation();
  while (take_name_if("and")) left = binary("and", std::move(left), negation());
  return left;
}

ExprPtr ExpressionParser::negation() {
  if (!take_name_if("not")) return comparison();
  const Depth depth(*this);
  ExprPtr expr = make(Kind::unary, "not");
  expr->args.push_back(negation());
  return expr;
}

std::string ExpressionParser::comparison_operator() {
  for (const char* op : {"==", "!=", ">=", "<=", ">", "<"}) {
    if (take_if(op)) return op;
  }
  if (take_name_if("in")) return "in";
  if (peek().is_name("not") && peek(1).is_name("in")) {
    take();
    take();
    return "not in";
  }
  return "";
}

ExprPtr ExpressionParser::comparison() {
  ExprPtr first = sum();
  ExprPtr chain;
  for (std::string op = comparison_operator(); !op.empty(); op = comparison_operator()) {
    if (!chain) {
      chain = make(Kind::compare);
      chain->args.push_back(std::move(first));
    }
    chain->operators.push_back(std::move(op));
    chain->args.push_back(sum());
  }
  return chain ? std::move(chain) : std::move(first);
}

ExprPtr ExpressionParser::sum() {
  ExprPtr left = concatenation();
  while (peek().is("+") || peek().is("-")) {
    std::string op = take().text;
    left = binary(std::move(op), std::move(left), concatenation());
  }
  return left;
}

ExprPtr ExpressionParser::concatenation() {
  ExprPtr left = product();
  while (take_if("~")) left = binary("~", std::move(left), product());
  return left;
}

ExprPtr ExpressionParser::product() {
  ExprPtr left = power();
  while (peek().is("*") || peek().is("/") || peek().is("//") || peek().is("%")) {
    std::string op = take().text;
    left = binary(std::move(op), std::move(left), power());
  }
  return left;
}

ExprPtr ExpressionParser::power() {
  ExprPtr left = unary(true);
  while (take_if("**")) left = binary("**", std::move(left), unary(true));
  return left;
}

ExprPtr ExpressionParser::unary(bool with_filters) {
  const Depth depth(*this);
  ExprPtr value;
  if (peek().is("-") || peek().is("+")) {
    std::string op = take().text;
    value = make(Kind::unary, std::move(op));
    value->args.push_back(unary(false));
  } else {
    value = primary();
  }
  value = postfix(std::move(value));
  return with_filters ? filters(std::move(value)) : std::move(value);
}

ExprPtr ExpressionParser::primary() {
  const Token& token = peek();
  switch (token.kind) {
    case TokenKind::string: {
      ExprPtr expr = make(Kind::literal);
      std::string text;
      while (peek().kind == TokenKind::string) text += take().text;
      expr->value = std::move(text);
      return expr;
    }
    case TokenKind::integer:
    case TokenKind::real:
      return number();
    case TokenKind::name: {
      ExprPtr expr = make(Kind::literal);
      const std::string text = take().text;
      if (text == "true" || text == "True") {
        expr->value = true;
      } else if (text == "false" || text == "False") {
        expr->value = false;
      } else if (text != "none" && text != "None") {
        expr->kind = Kind::name;
        expr->text = text;
      }
      return expr;
    }
    default:
      break;
  }
  if (token.is("(")) return parenthesis();
  if (token.is("[")) return list();
  if (token.is("{")) return dict();
  fail("unexpected '" + token.text + "'");
}

ExprPtr ExpressionParser::number() {
  ExprPtr expr = make(Kind::literal);
  const Token token = take();
  const char* end = token.text.data() + token.text.size();
  if (token.kind == TokenKind::integer) {
    int64_t value = 0;
    if (std::from_chars(token.text.data(), end, value).ec != std::errc()) fail("an integer beyond 64 bits");
    expr->value = value;
  } else {
    double value = 0;
    if (std::from_chars(token.text.data(), end, value).ec != std::errc()) fail("a number out of range");
    expr->value = value;
  }
  return expr;
}

ExprPtr ExpressionParser::parenthesis() {
  expect("(");
  ExprPtr inner = peek().is(")") ? make(Kind::tuple) : tuple(true);
  expect(")");
  return inner;
}

ExprPtr ExpressionParser::list() {
  ExprPtr expr = make(Kind::list);
  expect("[");
  while (!take_if("]")) {
    if (!expr->args.empty()) {
      expect(",");
      if (take_if("]")) break;
    }
    expr->args.push_back(expression());
  }
  return expr;
}

ExprPtr ExpressionParser::dict() {
  ExprPtr expr = make(Kind::dict);
  expect("{");
  while (!take_if("}")) {
    if (!expr->args.empty()) {
      expect(",");
      if (take_if("}")) break;
    }
    expr->args.push_back(expression());
    expect(":");
    expr->args.push_back(expression());
  }
  return expr;
}

ExprPtr ExpressionParser::postfix(ExprPtr value) {
  for (;;) {
    if (peek().is(".")) {
      take();
      const bool index = peek().kind == TokenKind::integer;
      ExprPtr expr = make(index ? Kind::subscript : Kind::attribute);
      expr->args.push_back(std::move(value));
      if (index) {
        expr->args.push_back(number());
      } else {
        expr->text = expect_name();
      }
      value = std::move(expr);
    } else if (peek().is("[")) {
      value = subscript(std::move(value));
    } else if (peek().is("(")) {
      value = call(std::move(value));
    } else {
      return value;
    }
  }
}

ExprPtr ExpressionParser::subscript(ExprPtr value) {
  ExprPtr expr = make(Kind::subscript);
  expr->args.push_back(std::move(value));
  expect("[");
  expr->args.push_back(subscript_index());
  expect("]");
  return expr;
}

ExprPtr ExpressionParser::subscript_index() {
  ExprPtr start = peek().is(":") ? nullptr : expression();
  if (!peek().is(":")) return start;
  ExprPtr slice = make(Kind::slice);
  slice->args.push_back(std::move(start));
  take();
  slice->args.push_back(peek().is(":") || peek().is("]") ? nullptr : expression());
  slice->args.push_back(take_if(":") && !peek().is("]") ? expression() : nullptr);
  return slice;
}

ExprPtr ExpressionParser::call(ExprPtr callee) {
  ExprPtr expr = make(Kind::call);
  expr->args.push_back(std::move(callee));
  arguments(*expr);
  return expr;
}

void ExpressionParser::arguments(Expr& call) {
  expect("(");
  for (bool first = true; !take_if(")"); first = false) {
    if (!first) {
      expect(",");
      if (take_if(")")) break;
    }
    if (peek().kind == TokenKind::name && peek(1).is("=")) {
      std::string name = take().text;
      take();
      call.named.emplace_back(std::move(name), expression());
    } else {
      if (!call.named.empty()) fail("a positional argument after a named one");
      call.args.push_back(expression());
    }
  }
}

ExprPtr ExpressionParser::filters(ExprPtr value) {
  for (;;) {
    if (take_if("|")) {
      value = filter(std::move(value));
    } else if (take_name_if("is")) {
      value = test(std::move(value));
    } else if (peek().is("(")) {
      value = call(std::move(value));
    } else {
      return value;
    }
  }
}

ExprPtr ExpressionParser::filter(ExprPtr input) {
  ExprPtr expr = make(Kind::filter, expect_name());
  if (!is_filter(expr->text)) fail("unknown filter '" + expr->text + "'");
  expr->args.push_back(std::move(input));
  if (peek().is("(")) arguments(*expr);
  return expr;
}

ExprPtr ExpressionParser::filter_chain(ExprPtr input) {
  do {
    input = filter(std::move(input));
  } while (take_if("|"));
  return input;
}

ExprPtr ExpressionParser::test(ExprPtr value) {
  const bool negated = take_name_if("not");
  ExprPtr expr = make(Kind::test, expect_name());
  if (!is_test(expr->text)) fail("unknown test '" + expr->text + "'");
  expr->args.push_back(std::move(value));
  const Token& next = peek();
  const bool keyword = next.is_name("else") || next.is_name("or") || next.is_name("and") ||
                       next.is_name("is") || next.is_name("if") || next.is_name("not") || next.is_name("in");
  const bool starts_value = next.kind == TokenKind::name || next.kind == TokenKind::string ||
                            next.kind == TokenKind::integer || next.kind == TokenKind::real || next.is("[") ||
                            next.is("{");
  if (next.is("(")) {
    arguments(*expr);
  } else if (starts_value && !keyword) {
    expr->args.push_back(postfix(primary()));
  }
  if (!negated) return expr;
  ExprPtr whole = make(Kind::unary, "not");
  whole->args.push_back(std::move(expr));
  return whole;
}

}  // namespace clinfer::text::jinja
