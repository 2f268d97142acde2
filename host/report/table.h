#pragma once

#include <string>
#include <vector>

#include "host/plan/escape_html.h"

namespace clinfer::report {

/// A table of the report, the same in Markdown and in HTML. The first column is text, the others are figures
/// or short words.
struct Table {
  std::string title;
  std::string note;  ///< a sentence below the title; may be empty
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

/// Columns line up; `|` and line ends in cells are made harmless.
std::string to_markdown(const Table& table);

/// <table>, without title and note; cells are escaped.
std::string to_html(const Table& table);

using plan::escape_html;

/// Text as it may stand in a cell or a line of Markdown.
std::string escape_markdown(std::string_view text);

}  // namespace clinfer::report
