#include "host/plan/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "host/plan/escape_html.h"
#include "host/plan/print.h"
#include "host/plan/step_facts.h"

namespace clinfer::plan {
namespace {

constexpr const char* kStyle =
    R"(body{font:14px/1.5 sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:2px 8px;border-bottom:1px solid #ddd;font-size:12px}
td.n,th.n{text-align:right}td.n,td.type{white-space:nowrap}svg{display:block;margin:.5em 0 1em}td{vertical-align:top}h2{margin-top:2em}summary{cursor:pointer}.why{color:#777})";

/// Colours that stay apart for colour-blind readers (Okabe and Ito 2008).
constexpr const char* kColours[] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                    "#56b4e9", "#d55e00", "#f0e442", "#999999"};

const char* colour(size_t i) {
  return kColours[i % std::size(kColours)];
}

struct Bar {
  std::string label;
  double bytes;
};

double largest(const std::vector<Bar>& list) {
  double most = 1;
  for (const Bar& bar : list) most = std::max(most, bar.bytes);
  return most;
}

/// Horizontal bars with labels; one of `full` bytes is as wide as the page allows.
std::string bars(const std::vector<Bar>& list, double full, const char* fill) {
  std::string svg = fmt::format("<svg width=\"900\" height=\"{}\" role=\"img\">", list.size() * 22 + 4);
  for (size_t i = 0; i < list.size(); ++i) {
    const size_t y = i * 22;
    const double width = 560 * list[i].bytes / full;
    svg += fmt::format("<text x=\"190\" y=\"{}\" text-anchor=\"end\" font-size=\"12\">{}</text>", y + 15,
                       escape_html(list[i].label));
    svg += fmt::format("<rect x=\"200\" y=\"{}\" width=\"{:.1f}\" height=\"16\" fill=\"{}\"/>", y + 3, width,
                       fill);
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\" font-size=\"12\">{}</text>", 206 + width, y + 15,
                       readable_bytes(list[i].bytes));
  }
  return svg + "</svg>";
}

/// All devices on one scale, each in the colour that it has in the placement.
std::string memory_section(const Plan& plan, const std::vector<graph::DeviceInfo>& devices) {
  std::vector<std::vector<Bar>> lists;
  double full = 1;
  for (const DeviceBytes& bytes : device_bytes(plan, devices.size())) {
    lists.push_back({{"weights", static_cast<double>(bytes.weights)},
                     {"caches", static_cast<double>(bytes.caches)},
                     {"values", static_cast<double>(bytes.arena)}});
    full = std::max(full, largest(lists.back()));
  }
  std::string html;
  for (size_t d = 0; d < devices.size(); ++d) {
    html += fmt::format("<p>{} {} (has {})</p>", escape_html(devices[d].id), escape_html(devices[d].name),
                        readable_bytes(static_cast<double>(devices[d].global_bytes)));
    html += bars(lists[d], full, colour(d));
  }
  return html;
}

/// A strip with one cell a stage in its device's colour.
std::string placement_strip(const Plan& plan, const std::vector<graph::DeviceInfo>& devices) {
  std::map<int, int> device_of;
  for (const graph::Node& node : plan.graph.nodes) device_of[node.stage] = node.device;
  const double width = 900.0 / static_cast<double>(device_of.size());
  const auto label_every = static_cast<size_t>(std::ceil(18 / width));  // pixels that a label needs
  std::string svg = "<svg width=\"900\" height=\"44\" role=\"img\">";
  size_t i = 0;
  for (const auto& [stage, device] : device_of) {
    const std::string label = stage == graph::kEmbeddingStage ? "emb"
                              : stage == plan.graph.stages    ? "head"
                                                              : std::to_string(stage);
    const double x = width * static_cast<double>(i);
    svg += fmt::format("<rect x=\"{:.1f}\" y=\"0\" width=\"{:.1f}\" height=\"24\" fill=\"{}\"/>", x,
                       width > 4 ? width - 1 : width, colour(static_cast<size_t>(device)));
    if (i++ % label_every != 0) continue;
    svg += fmt::format("<text x=\"{:.1f}\" y=\"40\" font-size=\"11\" text-anchor=\"middle\">{}</text>",
                       x + width / 2, label);
  }
  svg += "</svg><p>";
  for (size_t d = 0; d < devices.size(); ++d)
    svg += fmt::format("<span style=\"color:{}\">&#9632;</span> {} &nbsp; ", colour(d),
                       escape_html(devices[d].id));
  return svg + "</p>";
}

std::string traffic_by_op(const Plan& plan) {
  std::map<std::string, double> sums;
  for (const Step& step : plan.steps) {
    const graph::Node& node = plan.graph.nodes[static_cast<size_t>(step.node)];
    sums[std::string(graph::name_of(node.op))] += facts_of(plan, step, plan.most).cost.bytes;
  }
  std::vector<Bar> list;
  list.reserve(sums.size());
  for (const auto& [op, bytes] : sums) list.push_back({op, bytes});
  std::stable_sort(list.begin(), list.end(), [](const Bar& a, const Bar& b) { return a.bytes > b.bytes; });
  return bars(list, largest(list), "#667");
}

std::string step_row(const Plan& plan, const Step& step, const std::vector<graph::DeviceInfo>& devices) {
  const graph::Node& node = plan.graph.nodes[static_cast<size_t>(step.node)];
  const StepFacts facts = facts_of(plan, step, plan.most);
  std::string why;
  for (const Refusal& refusal : step.refused)
    why += fmt::format("not {}: {}<br>", escape_html(refusal.variant), escape_html(refusal.reason));
  return fmt::format(
      "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"type\">{}</td><td class=\"n\">{}</td><td "
      "class=\"n\">{:.2f}</td><td "
      "class=\"why\">{}</td></tr>\n",
      escape_html(node.name), escape_html(devices[static_cast<size_t>(node.device)].id),
      escape_html(facts.variant), graph::to_string(plan.graph.value(node.outputs.front()).type),
      readable_bytes(facts.cost.bytes), facts.cost.flops / 1e6, why);
}

std::string plan_section(const Plan& plan, const std::vector<graph::DeviceInfo>& devices) {
  std::string html =
      fmt::format("<h2>{} ({}): at most {} tokens, context {}</h2>", escape_html(plan.graph.name),
                  escape_html(plan.phase), plan.most.tokens, plan.most.context);
  html += "<h3>Placement by stage</h3>" + placement_strip(plan, devices);
  html += "<h3>Memory</h3>" + memory_section(plan, devices);
  html += "<h3>Bytes that a call must move at least, by op</h3>" + traffic_by_op(plan);
  html += fmt::format(
      "<details><summary>{} "
      "steps</summary><table><tr><th>node</th><th>device</th><th>variant</th><th>result</th><th "
      "class=\"n\">bytes</th>"
      "<th class=\"n\">MFLOP</th><th>variants refused</th></tr>\n",
      plan.steps.size());
  for (const Step& step : plan.steps) html += step_row(plan, step, devices);
  return html + "</table></details>";
}

}  // namespace

std::string to_html(const std::string& title, const std::vector<std::shared_ptr<Plan>>& plans,
                    const std::vector<graph::DeviceInfo>& devices) {
  std::string html = fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta "
      "charset=\"utf-8\"><title>{0}</title><style>{1}</style></head><body><h1>{0}</h1>",
      escape_html(title), kStyle);
  for (const auto& plan : plans) html += plan_section(*plan, devices);
  return html + "</body></html>\n";
}

}  // namespace clinfer::plan
