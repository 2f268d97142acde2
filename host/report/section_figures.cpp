#include "host/report/section_figures.h"

#include <fmt/format.h>

#include <cmath>

#include "host/report/cells.h"
#include "host/report/pareto.h"
#include "host/report/plot.h"

namespace clinfer::report {
namespace {

/// A line a candidate, with a dot at each point; `points` gives x, y pairs.
template <class Points>
std::string lines_figure(const Report& report, const Axis& x, const Axis& y, const Points& points) {
  std::vector<PlotLine> lines;
  std::vector<PlotPoint> dots;
  std::vector<std::string> names;
  for (size_t i = 0; i < report.candidates.size(); ++i) {
    const CandidateResult& r = report.candidates[i];
    // Colours repeat; every other round is dashed.
    PlotLine drawn{{}, r.candidate.name, i, i / kColourCount % 2 == 1};
    for (const auto& [at, value] : points(r)) {
      const double shown = y.log10 ? std::pow(10, value) : value;
      if (std::isfinite(value))
        drawn.points.push_back({at, value, "",
                                fmt::format("{}, {} {:.4g}: {:.4g}", r.candidate.name, x.label, at, shown), i,
                                false});
    }
    dots.insert(dots.end(), drawn.points.begin(), drawn.points.end());
    names.push_back(r.candidate.name);
    lines.push_back(std::move(drawn));
  }
  return dots.empty() ? "" : legend(names) + scatter(x, y, dots, lines);
}

using Points = std::vector<std::pair<double, double>>;

}  // namespace

std::string propagation_figure(const Report& report) {
  return lines_figure(report, {"behind layer"}, {"residual stream SQNR, dB"}, [](const CandidateResult& r) {
    Points points;
    if (!r.propagation) return points;
    for (const LayerError& l : r.propagation->layers) points.emplace_back(l.layer, l.db());
    return points;
  });
}

std::string routing_figure(const Report& report) {
  return lines_figure(report, {"layer"}, {"tokens with other experts, %"}, [](const CandidateResult& r) {
    Points points;
    for (const RoutingLayer& l : r.routing) points.emplace_back(l.layer, 100 * l.changed.mean);
    return points;
  });
}

std::string depth_figure(const Report& report) {
  return lines_figure(report, {"position"}, {"mean KL, nats", true}, [](const CandidateResult& r) {
    Points points;
    for (const DepthBucket& b : r.comparison.kl_by_depth)
      points.emplace_back(static_cast<double>(b.from + b.to - 1) / 2, log_loss(b.kl.mean));
    return points;
  });
}

std::string flips_figure(const Report& report) {
  // Classes of margins stand at equal distances.
  return lines_figure(report, {"margin class: below 0.05, 0.2, 1 nat, above"}, {"changed first tokens, %"},
                      [](const CandidateResult& r) {
                        Points points;
                        double at = 1;
                        for (const MarginBucket& b : r.comparison.flips) {
                          if (b.rows > 0)
                            points.emplace_back(
                                at, 100 * static_cast<double>(b.flips) / static_cast<double>(b.rows));
                          ++at;
                        }
                        return points;
                      });
}

std::string needle_figure(const Report& report) {
  return lines_figure(report, {"depth, %"}, {"-log p of the planted tokens, nats"},
                      [](const CandidateResult& r) {
                        Points points;
                        if (!r.needle) return points;
                        for (const NeedleDepth& d : r.needle->depths)
                          points.emplace_back(100 * d.depth, d.nll.mean);
                        return points;
                      });
}

std::string attribution_figure(const Report& report) {
  if (!report.attribution) return {};
  std::vector<StripRow> rows;
  for (const AttributedPart& p : report.attribution->parts) {
    rows.push_back({p.name,
                    {{p.alone.mean, 0, "", fmt::format("only {}: {:.4g}", p.name, p.alone.mean), 0, false},
                     {p.rest, 0, "", fmt::format("all but {}: {:.4g}", p.name, p.rest), 1, false}}});
  }
  return legend({"only this part", "all but this part"}) + strip({"mean KL, nats"}, rows);
}

}  // namespace clinfer::report
