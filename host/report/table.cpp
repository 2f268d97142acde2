#include "host/report/table.h"

#include <algorithm>

namespace clinfer::report {
namespace {

std::string padded(const std::string& text, size_t width, bool right) {
  const std::string space(width - std::min(width, text.size()), ' ');
  return right ? space + text : text + space;
}

std::vector<std::string> escaped(const std::vector<std::string>& cells) {
  std::vector<std::string> out;
  for (const std::string& cell : cells) out.push_back(escape_markdown(cell));
  return out;
}

std::string row_html(const std::vector<std::string>& cells, const char* tag) {
  std::string html = "<tr>";
  for (size_t i = 0; i < cells.size(); ++i) {
    html +=
        std::string("<") + tag + (i == 0 ? ">" : " class=\"n\">") + escape_html(cells[i]) + "</" + tag + ">";
  }
  return html + "</tr>\n";
}

}  // namespace

std::string escape_markdown(std::string_view text) {
  constexpr std::string_view kMarks = "|<>`*[]\\";
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      out += ' ';
    } else {
      if (kMarks.find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string to_markdown(const Table& table) {
  std::vector<std::vector<std::string>> rows = {escaped(table.columns)};
  for (const auto& row : table.rows) rows.push_back(escaped(row));
  std::vector<size_t> widths(table.columns.size(), 3);
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t i = 0; i < rows[r].size(); ++i) out += "| " + padded(rows[r][i], widths[i], i > 0) + " ";
    out += "|\n";
    if (r > 0) continue;
    for (size_t i = 0; i < widths.size(); ++i)
      out += i == 0 ? "|-" + std::string(widths[i], '-') + "-" : "|-" + std::string(widths[i], '-') + ":";
    out += "|\n";
  }
  return out;
}

std::string to_html(const Table& table) {
  std::string html = "<div class=\"wide\"><table>\n" + row_html(table.columns, "th");
  for (const auto& row : table.rows) html += row_html(row, "td");
  return html + "</table></div>\n";
}

}  // namespace clinfer::report
