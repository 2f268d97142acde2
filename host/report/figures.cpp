#include "host/report/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/report/pareto.h"
#include "host/report/plot.h"
#include "host/report/tables.h"

namespace clinfer::report {
namespace {

/// Above it only rounding of float32 differs; such points would squeeze all others into a corner.
constexpr double kMostDb = 120;

bool is_shown(double db) {
  return std::isfinite(db) && db < kMostDb;
}

PlotPoint point_of(const Report& report, size_t i, double x) {
  const CandidateResult& c = report.candidates[i];
  return {x,
          log_loss(c.comparison.kl.mean),
          c.candidate.name,
          fmt::format("{}: {}, KL {:.3g}", c.candidate.name,
                      readable_bytes(static_cast<double>(c.weight_bytes())), c.comparison.kl.mean),
          0,
          report.knee == i};
}

double mebibytes(const CandidateResult& c) {
  return static_cast<double>(c.weight_bytes()) / (1 << 20);
}

std::vector<std::string> names(const Report& report) {
  std::vector<std::string> list;
  for (const CandidateResult& c : report.candidates) list.push_back(c.candidate.name);
  return list;
}

/// SQNR of all matrices of a layer together.
std::map<int, double> by_layer(const CandidateResult& result) {
  std::map<int, std::pair<double, double>> sums;
  for (const TensorError& tensor : result.tensors) {
    sums[tensor.layer].first += tensor.signal;
    sums[tensor.layer].second += tensor.noise;
  }
  std::map<int, double> decibels;
  for (const auto& [layer, sum] : sums) decibels[layer] = sqnr_db(sum.first, sum.second);
  return decibels;
}

}  // namespace

std::string pareto_bytes_figure(const Report& report) {
  std::vector<PlotPoint> points;
  std::vector<Trade> trades;
  for (size_t i = 0; i < report.candidates.size(); ++i) {
    const CandidateResult& c = report.candidates[i];
    points.push_back(point_of(report, i, mebibytes(c)));
    trades.push_back({static_cast<double>(c.weight_bytes()), c.comparison.kl.mean});
  }
  PlotLine front{{}, "", 6, true};
  for (const size_t i : pareto_front(trades)) front.points.push_back(points[i]);
  return scatter({"bytes of the weights, MiB"}, {"mean KL, nats", true}, points, {front});
}

std::string pareto_speed_figure(const Report& report) {
  std::vector<PlotPoint> points;
  for (size_t i = 0; i < report.candidates.size(); ++i) {
    const std::optional<Speed>& speed = report.candidates[i].speed;
    if (speed) points.push_back(point_of(report, i, estimate(speed->generation_rates).mean));
  }
  if (points.empty()) return {};
  return scatter({"generated tokens a second"}, {"mean KL, nats", true}, points, {});
}

std::string layer_figure(const Report& report) {
  std::vector<PlotLine> lines;
  std::vector<PlotPoint> dots;
  for (size_t i = 0; i < report.candidates.size(); ++i) {
    PlotLine drawn{{}, report.candidates[i].candidate.name, i, false};
    for (const auto& [layer, db] : by_layer(report.candidates[i])) {
      if (!is_shown(db)) continue;
      drawn.points.push_back({static_cast<double>(layer), db, "",
                              fmt::format("{}, layer {}: {:.2f} dB", drawn.name, layer, db), i, false});
    }
    dots.insert(dots.end(), drawn.points.begin(), drawn.points.end());
    lines.push_back(std::move(drawn));
  }
  if (dots.empty()) return "<p>Nothing differs.</p>\n";
  return legend(names(report)) + scatter({"layer"}, {"weights SQNR, dB"}, dots, lines);
}

std::string tensors_figure(const Report& report) {
  std::vector<std::string> roles;
  std::vector<StripRow> rows;
  for (const CandidateResult& c : report.candidates) {
    StripRow row{c.candidate.name, {}};
    for (const TensorError& t : c.tensors) {
      if (!is_shown(t.sqnr_db())) continue;
      auto role = std::find(roles.begin(), roles.end(), t.role);
      if (role == roles.end()) role = roles.insert(roles.end(), t.role);
      row.points.push_back({t.sqnr_db(), 0, "", fmt::format("{}: {:.2f} dB", t.name, t.sqnr_db()),
                            static_cast<size_t>(role - roles.begin()), false});
    }
    if (!row.points.empty()) rows.push_back(std::move(row));
  }
  if (rows.empty()) return "<p>Nothing differs.</p>\n";
  return legend(roles) + strip({"SQNR of a tensor, dB"}, rows);
}

std::string scales_figures(const Report& report) {
  std::string html;
  for (size_t i = 0; i < report.candidates.size(); ++i) {
    ScaleHistogram all;
    bool maxima = false;
    for (const TensorError& t : report.candidates[i].tensors) {
      all.add(t.scales);
      maxima = maxima || t.block_maxima;
    }
    if (all.powers.empty()) continue;
    std::vector<Bar> list;
    for (int power = all.powers.begin()->first; power <= all.powers.rbegin()->first; ++power) {
      const auto found = all.powers.find(power);
      list.push_back(
          {std::to_string(power), found == all.powers.end() ? 0 : static_cast<double>(found->second)});
    }
    html += fmt::format("<h3>{}</h3><p>log2 of the {}; {} are 0, {} are Inf or NaN.</p>",
                        escape_html(report.candidates[i].candidate.name),
                        maxima ? "largest magnitudes of blocks of 32" : "scales", all.zeros, all.nonfinite);
    html += bars(list, i);
  }
  return html.empty() ? "<p>No tensor was converted.</p>\n" : html;
}

}  // namespace clinfer::report
