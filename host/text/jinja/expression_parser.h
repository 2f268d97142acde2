#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/text/jinja/ast.h"
#include "host/text/jinja/lexer.h"

namespace clinfer::text::jinja {

/// Reads tokens one by one and parses expressions; the statement parser builds on it.
class ExpressionParser {
 public:
  ExpressionParser(std::vector<Token> tokens, const std::string& name)
      : tokens_(std::move(tokens)), name_(name) {}

 protected:
  const Token& peek(size_t offset = 0) const;
  Token take();
  bool take_if(std::string_view symbol);
  bool take_name_if(std::string_view name);
  void expect(std::string_view symbol);
  std::string expect_name();
  [[noreturn]] void fail(const std::string& what) const;

  ExprPtr expression();            ///< with "a if b else c"
  ExprPtr without_condition();     ///< up to "or"
  ExprPtr tuple(bool conditions);  ///< a, b, c or one expression
  ExprPtr primary();
  ExprPtr postfix(ExprPtr value);
  ExprPtr filters(ExprPtr value);       ///< what follows: | filter, is test, calls
  ExprPtr filter_chain(ExprPtr input);  ///< name | name...: the chain of a filter or set block
  ExprPtr make(Expr::Kind kind, std::string text = "") const;

  /// Guards the recursion of nested expressions and statements.
  class Depth {
   public:
    explicit Depth(ExpressionParser& parser);
    ~Depth() { --parser_.depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

   private:
    ExpressionParser& parser_;
  };

 private:
  ExprPtr binary(std::string op, ExprPtr left, ExprPtr right) const;
  ExprPtr conjunction();
  ExprPtr negation();
  ExprPtr comparison();
  std::string comparison_operator();
  ExprPtr sum();
  ExprPtr concatenation();
  ExprPtr product();
  ExprPtr power();
  ExprPtr unary(bool with_filters);
  ExprPtr number();
  ExprPtr parenthesis();
  ExprPtr list();
  ExprPtr dict();
  ExprPtr subscript(ExprPtr value);
  ExprPtr subscript_index();
  ExprPtr call(ExprPtr callee);
  ExprPtr filter(ExprPtr input);
  ExprPtr test(ExprPtr value);
  void arguments(Expr& call);

  std::vector<Token> tokens_;
  const std::string& name_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace clinfer::text::jinja
