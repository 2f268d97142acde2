#include "host/report/html.h"

#include <fmt/format.h>

#include "host/report/figures.h"
#include "host/report/markdown.h"
#include "host/report/tables.h"

namespace clinfer::report {
namespace {

constexpr size_t kMostTensors = 2000;  // of a candidate's table; the JSON file has all

constexpr const char* kStyle =
    R"(body{font:14px/1.5 system-ui,sans-serif;max-width:1280px;margin:2em auto;padding:0 1em;color:#222}
h1{font-size:1.6em}h2{margin:2em 0 .3em;border-bottom:1px solid #ccc}h3{margin:1em 0 0}p{max-width:75ch}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:12px;margin:.5em 0 1em}
th{background:#f3f3f3}td,th{text-align:left;padding:3px 7px;border-bottom:1px solid #ddd;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.words td.n{white-space:normal;text-align:left}
svg{display:block;max-width:100%;height:auto;margin:.5em 0 1em;font-size:12px;fill:#222}
.grid{stroke:#e3e3e3}.legend span{margin-right:1em;white-space:nowrap}
.legend b{display:inline-block;width:.8em;height:.8em;margin-right:.3em}
.verdict{padding:.6em 1em;border-left:5px solid #009e73;background:#f2f9f6}.verdict.bad{border-color:#d55e00;background:#fdf4ee}
summary{cursor:pointer})";

/// `words`: cells of long texts, which may break.
std::string section(const Table& table, bool words = false) {
  std::string html = "<h2>" + escape_html(table.title) + "</h2>\n";
  if (!table.note.empty()) html += "<p>" + escape_html(table.note) + "</p>\n";
  return html + (words ? "<div class=\"words\">" + to_html(table) + "</div>" : to_html(table));
}

std::string figure(const char* title, const char* note, const std::string& body) {
  if (body.empty()) return {};
  return fmt::format("<h2>{}</h2>\n<p>{}</p>\n{}", title, note, body);
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

std::string method_section() {
  std::string html = "<h2>Method</h2>\n<ul>";
  for (const std::string& note : method_notes()) html += "<li>" + escape_html(note) + "</li>";
  return html + "</ul>\n";
}

}  // namespace

std::string to_html(const Report& report) {
  const std::string title = "Quantisation accuracy: " + escape_html(report.identity.model);
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>{0}</title><style>{1}</style></head><body><h1>{0}</h1>\n",
      title, kStyle);
  html += verdict_section(report) + section(summary_table(report));
  html += figure("Accuracy against bytes",
                 "The dashed line is the Pareto front, the ring its knee. A KL below 1e-5 counts as that.",
                 pareto_bytes_figure(report));
  html += figure("Accuracy against speed", "Measured on this report's devices, half of the context filled.",
                 pareto_speed_figure(report));
  html += section(divergence_table(report)) + section(target_table(report)) + section(flips_table(report)) +
          section(depth_table(report)) + section(theory_table(report), true);
  html += figure("Error by layer",
                 "All matrices of a layer together; -1 is the embedding, the last the "
                 "head. What differs by less than -120 dB has no dot, here and below.",
                 layer_figure(report));
  html += figure("Tensors", "A dot for each converted tensor, coloured by what it is for.",
                 tensors_figure(report));
  html += tensor_sections(report);
  html += figure("Scales", "How many scales have which power of two.", scales_figures(report));
  html += section(size_table(report)) + section(identity_table(report), true) + method_section();
  return html + "</body></html>\n";
}

}  // namespace clinfer::report
