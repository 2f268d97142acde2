#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quant/format.h"

namespace clinfer::quant {

/// A line of the list of formats, as text for people; read from the Format itself.
struct CatalogueEntry {
  std::string_view name;
  double bits_per_weight;
  std::string block;       ///< elements that share a scale: "1x32", "128x128", "row", "matrix", "-"
  std::string scale;       ///< "e8m0", "f32", "e4m3 + f32 per matrix", "f16 d, f16 m", "-"
  std::string_view range;  ///< of codes at scale 1
  std::string_view source;
  std::string_view default_options;       ///< words of the default rule; "" where there are no choices
  std::vector<std::string_view> options;  ///< all words encode_with() takes
};

/// One entry for each of formats(), in its order.
std::vector<CatalogueEntry> catalogue();

/// The catalogue as a table of aligned columns with a heading, one line each; default options are marked with
/// *.
std::string catalogue_table();

}  // namespace clinfer::quant
