#pragma once

#include <string>
#include <vector>

namespace clinfer::report {

/// One axis of a plot: where values lie and how its ticks read.
struct Axis {
  std::string label;
  bool log10 = false;  ///< values are powers of ten already; ticks read 1e-3
};

struct PlotPoint {
  double x = 0;
  double y = 0;
  std::string label;  ///< beside the point; may be empty
  std::string tip;    ///< shown when the pointer rests on it
  size_t colour = 0;  ///< index into the palette
  bool ring = false;  ///< stands out
};

struct PlotLine {
  std::vector<PlotPoint> points;
  std::string name;  ///< in the legend; may be empty
  size_t colour = 0;
  bool dashed = false;
};

/// Inline SVG, 900 wide: points over lines. All texts are escaped. Values that are not finite are left out.
std::string scatter(const Axis& x, const Axis& y, const std::vector<PlotPoint>& points,
                    const std::vector<PlotLine>& lines);

/// A row of dots on one axis.
struct StripRow {
  std::string label;
  std::vector<PlotPoint> points;  ///< y is not used
};
std::string strip(const Axis& x, const std::vector<StripRow>& rows);

/// Upright bars with a name below each.
struct Bar {
  std::string label;
  double value = 0;
};
std::string bars(const std::vector<Bar>& list, size_t colour);

/// Colours that stay apart for colour-blind readers (Okabe and Ito 2008), over again when they run out.
inline constexpr size_t kColourCount = 8;
const char* colour(size_t index);

/// Names beside squares of their colours.
std::string legend(const std::vector<std::string>& names);

}  // namespace clinfer::report
