#include "host/report/html.h"

#include <fmt/format.h>

#include "host/report/figures.h"
#include "host/report/markdown.h"
#include "host/report/section_figures.h"
#include "host/report/section_tables.h"
#include "host/report/tables.h"

namespace clinfer::report {
namespace {

constexpr size_t kMostTensors = 2000;  // of a candidate's table; the JSON file has all

constexpr const char* kStyle =
    R"(:root{color-scheme:light dark;--ink:#222;--paper:#fff;--line:#ddd;--soft:#f3f3f3;--good:#f2f9f6;--bad:#fdf4ee}
@media (prefers-color-scheme:dark){:root{--ink:#ddd;--paper:#15171a;--line:#3a3d42;--soft:#22252a;--good:#14241d;--bad:#2b1d14}}
body{font:14px/1.5 system-ui,sans-serif;max-width:1280px;margin:2em auto;padding:0 1em;color:var(--ink);background:var(--paper)}
h1{font-size:1.6em;overflow-wrap:anywhere}h2{margin:2em 0 .3em;border-bottom:1px solid var(--line)}h3{margin:1em 0 0}p{max-width:75ch}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:12px;margin:.5em 0 1em}
th{background:var(--soft)}td,th{text-align:left;padding:3px 7px;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.words td.n{white-space:normal;text-align:left;overflow-wrap:anywhere}
svg{display:block;width:100%;max-width:900px;height:auto;margin:.5em 0 1em;font-size:12px;fill:var(--ink)}
.plot{overflow-x:auto}.plot svg{min-width:560px}
.grid{stroke:var(--line)}.ring{stroke:var(--ink)}.legend span{margin-right:1em;white-space:nowrap}
.legend b{display:inline-block;width:.8em;height:.8em;margin-right:.3em}
.verdict{padding:.6em 1em;border-left:5px solid #009e73;background:var(--good)}.verdict.bad{border-color:#d55e00;background:var(--bad)}
summary{cursor:pointer})";

/// `words`: cells of long texts, which may break.
std::string section(const Table& table, bool words = false) {
  if (table.rows.empty()) return {};
  std::string html = "<h2>" + escape_html(table.title) + "</h2>\n";
  if (!table.note.empty()) html += "<p>" + escape_html(table.note) + "</p>\n";
  return html + (words ? "<div class=\"words\">" + to_html(table) + "</div>" : to_html(table));
}

std::string figure(const char* title, const char* note, const std::string& body) {
  if (body.empty()) return {};
  return fmt::format("<h2>{}</h2>\n<p>{}</p>\n<div class=\"plot\">{}</div>\n", title, note, body);
}

std::string verdict_section(const Report& report) {
  bool bad = false;
  for (const CandidateResult& c : report.candidates) bad = bad || !c.gate_failures.empty();
  std::string html = fmt::format("<div class=\"verdict{}\">", bad ? " bad" : "");
  for (const std::string& line : verdict_lines(report)) html += "<p>" + escape_html(line) + "</p>";
  return html + "</div>\n";
}

std::string tensor_sections(const Report& report) {
  std::string html;
  for (const CandidateResult& c : report.candidates) {
    html +=
        fmt::format("<details><summary>{}: {} tensors, the worst first</summary>{}</details>\n",
                    escape_html(c.candidate.name), c.tensors.size(), to_html(tensor_table(c, kMostTensors)));
  }
  return html;
}

std::string trade_figures(const Report& report) {
  return figure("Accuracy against bytes",
                "The dashed line is the Pareto front, the ring its knee. A KL below 1e-5 counts as that.",
                pareto_bytes_figure(report)) +
         figure("Accuracy against speed", "Measured on this report's devices, half of the context filled.",
                pareto_speed_figure(report));
}

/// What happens inside the model.
std::string inner_figures(const Report& report) {
  return figure("Error by layer",
                "The residual stream beside the base's on the same tokens: what all layers so far have lost.",
                propagation_figure(report)) +
         figure("Routing by layer", "Tokens whose set of experts is another one.", routing_figure(report)) +
         figure("Planted tokens by depth", "Lower is better found.", needle_figure(report)) +
         figure("Loss by part", "KL when only a part is changed, and when all but it is.",
                attribution_figure(report));
}

std::string tensor_figures(const Report& report) {
  return figure(
             "Weights by layer",
             "All matrices of a layer together; -1 is the embedding, the last the head. What differs by less "
             "than -120 dB has no dot, here and below.",
             layer_figure(report)) +
         figure("Tensors", "A dot for each converted tensor, coloured by what it is for.",
                tensors_figure(report)) +
         tensor_sections(report) +
         figure("Scales", "How many scales have which power of two.", scales_figures(report));
}

std::string method_section(const Report& report) {
  std::string html = "<h2>Method</h2>\n<ul>";
  for (const std::string& line : report.absent) html += "<li>Left out: " + escape_html(line) + ".</li>";
  for (const std::string& note : method_notes()) html += "<li>" + escape_html(note) + "</li>";
  return html + "</ul>\n";
}

}  // namespace

std::string to_html(const Report& report) {
  const std::string title = "Quantisation accuracy: " + escape_html(report.identity.model);
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\"><title>{0}</title><style>{1}</style></"
      "head><body><h1>{0}"
      "</h1>\n",
      title, kStyle);
  html += verdict_section(report) + section(summary_table(report)) + trade_figures(report);
  for (const Table& table :
       {divergence_table(report), target_table(report), perplexity_table(report), flips_table(report)})
    html += section(table);
  html += figure("Flips by margin", "Share of first tokens that change, by the class of the base's margin.",
                 flips_figure(report));
  html += section(depth_table(report)) +
          figure("KL by position", "Over the scored half of the windows.", depth_figure(report)) +
          section(class_table(report)) + section(theory_table(report), true) + inner_figures(report);
  for (const Table& table : section_tables(report)) html += section(table);
  html += tensor_figures(report);
  html += section(size_table(report)) + section(identity_table(report), true) + method_section(report);
  return html + "</body></html>\n";
}

}  // namespace clinfer::report
