#include "host/report/markdown.h"

#include <fmt/format.h>

#include <cmath>

#include "host/report/tables.h"

namespace clinfer::report {

std::vector<std::string> verdict_lines(const Report& report) {
  std::vector<std::string> lines;
  for (const CandidateResult& c : report.candidates) {
    for (const std::string& failure : c.gate_failures)
      lines.push_back(fmt::format("Gate: {} fails: {}.", c.candidate.name, failure));
  }
  if (report.gate.any() && lines.empty()) lines.push_back("Gate: every candidate passes.");
  if (report.winner) {
    const std::string& name = report.candidates[*report.winner].candidate.name;
    lines.push_back(report.gate.any()
                        ? fmt::format("Chosen: {}, the smallest that passes (winner.yaml).", name)
                        : fmt::format("Chosen: {}, the knee of bytes and KL (winner.yaml).", name));
  } else {
    lines.push_back("Chosen: none.");
  }
  return lines;
}

std::vector<std::string> method_notes() {
  return {
      "Windows do not overlap; the second half of each is scored, as llama-perplexity does, so perplexities "
      "compare with its figures on the same text and context, and with no other tool's.",
      fmt::format("Base logits are float32: the {} most likely tokens of each row and the exact log-sum-exp. "
                  "The rest counts as one token, so KL is a lower bound there.",
                  kKeptLogits),
      "Base and candidates see the same tokens: differences are paired. Intervals take tokens as "
      "independent; "
      "tokens of one window are not quite, so they are somewhat too narrow.",
      "SQNR is 10 log10(sum x^2 / sum (x - y)^2) of a matrix as stored (x) and as the device holds it (y). "
      "Formats on simulated data: 256 x 4096 values of standard deviation 0.02, Gaussian and Student's t "
      "with "
      "4 degrees of freedom.",
      "Embedding tables, tied heads and routers keep their stored format, as do matrices whose columns a "
      "format's blocks do not divide.",
  };
}

std::string to_markdown(const Report& report) {
  std::string out = "# Quantisation accuracy: " + escape_markdown(report.identity.model) + "\n\n";
  for (const std::string& line : verdict_lines(report)) out += escape_markdown(line) + "\n\n";
  for (const Table& table : tables(report)) {
    out += "## " + table.title + "\n\n";
    if (!table.note.empty()) out += table.note + "\n\n";
    out += to_markdown(table) + "\n";
  }
  for (const CandidateResult& c : report.candidates) {
    if (std::isinf(c.converted_sqnr_db)) continue;  // nothing differs
    const Table worst = tensor_table(c, 10);
    out += "## " + escape_markdown(worst.title) + ": the worst\n\n" + to_markdown(worst) + "\n";
  }
  out += "## What was measured\n\n" + to_markdown(identity_table(report)) + "\n## Method\n\n";
  for (const std::string& line : report.absent) out += "- Left out: " + escape_markdown(line) + ".\n";
  for (const std::string& note : method_notes()) out += "- " + note + "\n";
  return out;
}

}  // namespace clinfer::report
