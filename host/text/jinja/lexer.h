#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clinfer::text::jinja {

struct Token {
  enum class Kind {
    data,
    variable_begin,
    variable_end,
    block_begin,
    block_end,
    name,
    string,
    integer,
    real,
    symbol,
    end
  };
  Kind kind;
  std::string text;  ///< data, names, numbers and symbols as written; strings without quotes and escapes
  int line;          ///< from 1

  bool is(std::string_view symbol) const { return kind == Kind::symbol && text == symbol; }
  bool is_name(std::string_view name) const { return kind == Kind::name && text == name; }
};

/// Cuts a template into tokens, with trim_blocks and lstrip_blocks on and the last newline dropped, as
/// Hugging Face sets Jinja up. `name` (the file) starts every Error(Fault::model), which also names the line.
std::vector<Token> tokenize(std::string_view source, const std::string& name);

}  // namespace clinfer::text::jinja
