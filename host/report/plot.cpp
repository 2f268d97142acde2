#include "host/report/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/report/table.h"

namespace clinfer::report {
namespace {

constexpr const char* kColours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                    "#e69f00", "#56b4e9", "#7f7f7f", "#8c6d31"};
constexpr double kWidth = 900;
constexpr double kLeft = 78;
constexpr double kRight = 24;
constexpr double kLabelWidth = 6.6;  // of a character at 12 px, about

/// From values to pixels.
class Scale {
 public:
  Scale(std::vector<double> values, double from, double to) : from_(from), to_(to) {
    std::erase_if(values, [](double v) { return !std::isfinite(v); });
    if (values.empty()) values = {0, 1};
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const double span = *high - *low;
    const double room = span > 0 ? span * 0.07 : std::max(std::fabs(*high) * 0.1, 0.5);
    low_ = *low - room;
    high_ = *high + room;
  }

  double pixel(double value) const { return from_ + (value - low_) / (high_ - low_) * (to_ - from_); }

  /// Round values inside, about five; `whole`: integers only.
  std::vector<double> ticks(bool whole) const {
    const double raw = (high_ - low_) / 5;
    const double power = std::pow(10, std::floor(std::log10(raw)));
    double step = power * (raw / power < 1.5 ? 1 : raw / power < 3.5 ? 2 : raw / power < 7.5 ? 5 : 10);
    if (whole) step = std::max(1.0, std::round(step));
    std::vector<double> out;
    for (double tick = std::ceil(low_ / step); tick * step <= high_; ++tick) out.push_back(tick * step);
    return out;
  }

 private:
  double from_, to_, low_ = 0, high_ = 1;
};

std::string tick_text(double value, const Axis& axis) {
  if (axis.log10) return fmt::format("1e{:.0f}", value);
  return fmt::format("{:.6g}", std::fabs(value) < 1e-12 ? 0.0 : value);
}

std::string line(double x1, double y1, double x2, double y2, const char* style) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>", x1, y1, x2, y2,
                     style);
}

std::string text(double x, double y, const char* anchor, const std::string& content) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", x, y, anchor,
                     escape_html(content));
}

std::string open_svg(double height) {
  return fmt::format("<svg viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" role=\"img\">", kWidth, height);
}

std::string x_axis(const Scale& scale, const Axis& axis, double top, double bottom) {
  std::string svg;
  for (const double tick : scale.ticks(axis.log10)) {
    svg += line(scale.pixel(tick), top, scale.pixel(tick), bottom, "class=\"grid\"");
    svg += text(scale.pixel(tick), bottom + 16, "middle", tick_text(tick, axis));
  }
  return svg + text((kLeft + kWidth - kRight) / 2, bottom + 34, "middle", axis.label);
}

std::string y_axis(const Scale& scale, const Axis& axis, double middle) {
  std::string svg;
  for (const double tick : scale.ticks(axis.log10)) {
    svg += line(kLeft, scale.pixel(tick), kWidth - kRight, scale.pixel(tick), "class=\"grid\"");
    svg += text(kLeft - 6, scale.pixel(tick) + 4, "end", tick_text(tick, axis));
  }
  return svg +
         fmt::format("<text transform=\"translate(16 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
                     middle, escape_html(axis.label));
}

std::string dot(double x, double y, const PlotPoint& point, double radius) {
  std::string svg;
  if (point.ring)
    svg += fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\" fill=\"none\" class=\"ring\" "
        "stroke-width=\"2\"/>",
        x, y, radius + 5);
  return svg + fmt::format(
                   "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\" fill=\"{}\" fill-opacity=\"0.85\">"
                   "<title>{}</title></circle>",
                   x, y, radius, colour(point.colour), escape_html(point.tip));
}

bool is_finite(const PlotPoint& point) {
  return std::isfinite(point.x) && std::isfinite(point.y);
}

struct Box {
  double left, top, right, bottom;
  bool meets(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
};

/// Labels beside their points, moved up or down until they stand apart.
class Labels {
 public:
  std::string place(double x, double y, const std::string& content) {
    const double width = kLabelWidth * static_cast<double>(content.size());
    const bool flips = x + 12 + width > kWidth;
    const double left = flips ? x - 12 - width : x + 12;
    double shift = 0;
    for (int step = 1; step < 40 && blocked({left, y + shift - 8, left + width, y + shift + 6}); ++step)
      shift = (step % 2 == 1 ? 1 : -1) * 7.0 * ((step + 1) / 2);
    taken_.push_back({left, y + shift - 8, left + width, y + shift + 6});
    return text(flips ? x - 12 : x + 12, y + shift + 4, flips ? "end" : "start", content);
  }
  void reserve(double x, double y) { taken_.push_back({x - 6, y - 6, x + 6, y + 6}); }

 private:
  bool blocked(const Box& box) const {
    return std::any_of(taken_.begin(), taken_.end(), [&](const Box& other) { return box.meets(other); });
  }
  std::vector<Box> taken_;
};

std::string polyline(const PlotLine& drawn, const Scale& xs, const Scale& ys) {
  std::string path;
  for (const PlotPoint& point : drawn.points) {
    if (is_finite(point)) path += fmt::format("{:.1f},{:.1f} ", xs.pixel(point.x), ys.pixel(point.y));
  }
  return fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"{}/>", path,
                     colour(drawn.colour), drawn.dashed ? " stroke-dasharray=\"5 4\"" : "");
}

}  // namespace

const char* colour(size_t index) {
  static_assert(std::size(kColours) == kColourCount);
  return kColours[index % kColourCount];
}

std::string legend(const std::vector<std::string>& names) {
  std::string html = "<p class=\"legend\">";
  for (size_t i = 0; i < names.size(); ++i)
    html += fmt::format("<span><b style=\"background:{}\"></b>{}</span> ", colour(i), escape_html(names[i]));
  return html + "</p>\n";
}

std::string scatter(const Axis& x, const Axis& y, const std::vector<PlotPoint>& points,
                    const std::vector<PlotLine>& lines) {
  constexpr double kTop = 14;
  constexpr double kBottom = 330;
  std::vector<double> all_x;
  std::vector<double> all_y;
  const auto take = [&](const PlotPoint& point) {
    all_x.push_back(point.x);
    all_y.push_back(point.y);
  };
  std::for_each(points.begin(), points.end(), take);
  for (const PlotLine& drawn : lines) std::for_each(drawn.points.begin(), drawn.points.end(), take);
  const Scale xs(all_x, kLeft, kWidth - kRight);
  const Scale ys(all_y, kBottom, kTop);
  std::string svg =
      open_svg(kBottom + 44) + x_axis(xs, x, kTop, kBottom) + y_axis(ys, y, (kTop + kBottom) / 2);
  for (const PlotLine& drawn : lines) svg += polyline(drawn, xs, ys);
  Labels labels;
  for (const PlotPoint& point : points) {
    if (is_finite(point)) labels.reserve(xs.pixel(point.x), ys.pixel(point.y));
  }
  for (const PlotPoint& point : points) {
    if (!is_finite(point)) continue;
    svg += dot(xs.pixel(point.x), ys.pixel(point.y), point, 5);
    if (!point.label.empty()) svg += labels.place(xs.pixel(point.x), ys.pixel(point.y), point.label);
  }
  return svg + "</svg>\n";
}

std::string strip(const Axis& x, const std::vector<StripRow>& rows) {
  constexpr double kRowHeight = 30;
  constexpr double kTop = 6;
  constexpr double kNames = 150;
  const double bottom = kTop + kRowHeight * static_cast<double>(rows.size());
  std::vector<double> all;
  for (const StripRow& row : rows) {
    for (const PlotPoint& point : row.points) all.push_back(point.x);
  }
  const Scale xs(all, kNames, kWidth - kRight);
  std::string svg = open_svg(bottom + 44) + x_axis(xs, x, kTop, bottom);
  for (size_t r = 0; r < rows.size(); ++r) {
    const double y = kTop + kRowHeight * (static_cast<double>(r) + 0.5);
    svg +=
        line(kNames, y, kWidth - kRight, y, "class=\"grid\"") + text(kNames - 8, y + 4, "end", rows[r].label);
    for (size_t i = 0; i < rows[r].points.size(); ++i) {
      const PlotPoint& point = rows[r].points[i];
      const double apart = static_cast<double>(i % 5) * 4 - 8;  // so that equal values can be told apart
      if (std::isfinite(point.x)) svg += dot(xs.pixel(point.x), y + apart, point, 3);
    }
  }
  return svg + "</svg>\n";
}

std::string bars(const std::vector<Bar>& list, size_t fill) {
  constexpr double kHeight = 90;
  const double step = std::min(34.0, (kWidth - 10) / static_cast<double>(std::max<size_t>(list.size(), 1)));
  double most = 1;
  for (const Bar& bar : list) most = std::max(most, bar.value);
  std::string svg = open_svg(kHeight + 24);
  for (size_t i = 0; i < list.size(); ++i) {
    const double height = kHeight * list[i].value / most;
    const double left = 5 + step * static_cast<double>(i);
    svg += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"><title>{}: "
        "{}</title></rect>",
        left, kHeight - height, step - 2, height, colour(fill), escape_html(list[i].label), list[i].value);
    svg += text(left + step / 2 - 1, kHeight + 15, "middle", list[i].label);
  }
  return svg + "</svg>\n";
}

}  // namespace clinfer::report
