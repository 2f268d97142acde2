#include "quant/catalogue.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace clinfer::quant {
namespace {

std::string block_text(const Format& format) {
  if (format.block_rows == kWhole) return "matrix";
  if (format.block_cols == kWhole) return "row";
  if (format.block_rows == 1 && format.block_cols == 1) return "-";
  return std::to_string(format.block_rows) + "x" + std::to_string(format.block_cols);
}

std::string scale_text(const Format& format) {
  std::string text;
  switch (format.scale_type) {
    case ScaleType::none:
      return format.inline_scale.empty() ? "-" : std::string(format.inline_scale);
    case ScaleType::f32:
      text = "f32";
      break;
    case ScaleType::e8m0:
      text = "e8m0";
      break;
    case ScaleType::e4m3:
      text = "e4m3";
      break;
  }
  if (format.zeros) text += " + u8 zero";
  if (format.tensor_scale) text += " + f32 per matrix";
  return text;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

/// The words of the options, the default ones marked: "floor rceil* even ceil".
std::string option_text(const CatalogueEntry& entry) {
  const unsigned kinds = option_kinds(parse_encode_options(entry.default_options));
  std::string text;
  for (const std::string_view word : words_of(kinds)) {
    const bool chosen =
        ("," + std::string(entry.default_options) + ",").find("," + std::string(word) + ",") !=
        std::string::npos;
    text += (text.empty() ? "" : " ") + std::string(word) + (chosen ? "*" : "");
  }
  return text.empty() ? "-" : text;
}

using Line = std::array<std::string, 7>;

std::vector<Line> table_lines() {
  std::vector<Line> lines = {{"name", "bits", "block", "scale", "range", "options", "source"}};
  for (const CatalogueEntry& entry : catalogue()) {
    const std::string options = option_text(entry);
    lines.push_back({std::string(entry.name), number(entry.bits_per_weight), entry.block, entry.scale,
                     std::string(entry.range), options, std::string(entry.source)});
  }
  return lines;
}

}  // namespace

std::vector<CatalogueEntry> catalogue() {
  std::vector<CatalogueEntry> entries;
  for (const Format& format : formats()) {
    entries.push_back({format.name, bits_per_weight(format), block_text(format), scale_text(format),
                       format.range, format.source, format.default_options, words_of(format.options)});
  }
  return entries;
}

std::string catalogue_table() {
  const std::vector<Line> lines = table_lines();
  std::array<size_t, 7> widths{};
  for (const Line& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string text;
  for (const Line& line : lines) {
    for (size_t i = 0; i + 1 < line.size(); ++i)
      text += line[i] + std::string(widths[i] + 2 - line[i].size(), ' ');
    text += line.back() + "\n";
  }
  return text;
}

}  // namespace clinfer::quant
