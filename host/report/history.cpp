#include "host/report/history.h"

#include <nlohmann/json.hpp>

#include "quant/error.h"

namespace clinfer::report {
namespace {

using nlohmann::json;

void add_rows(const CandidateResult& now, const json& before, std::vector<HistoryRow>& rows) {
  const auto add = [&](const char* figure, const json::json_pointer& at, double value) {
    if (before.contains(at) && before[at].is_number())
      rows.push_back({now.candidate.name, figure, before[at].get<double>(), value});
  };
  add("mean KL", json::json_pointer("/comparison/kl/mean"), now.comparison.kl.mean);
  add("top-1", json::json_pointer("/comparison/top1/mean"), now.comparison.top1.mean);
  add("perplexity", json::json_pointer("/comparison/perplexity/value"), now.comparison.perplexity.value);
  add("weights SQNR dB", json::json_pointer("/converted_sqnr_db"), now.converted_sqnr_db);
  add("bytes", json::json_pointer("/weight_bytes"), static_cast<double>(now.weight_bytes()));
}

}  // namespace

std::vector<HistoryRow> compare_history(const Report& report, const std::string& text,
                                        const std::string& name) {
  const json earlier = json::parse(text, nullptr, false);
  const auto fail = [&] { throw Error(Fault::usage, name + ": expected a report.json of clinfer report"); };
  if (!earlier.is_object() || !earlier.contains("candidates") || !earlier["candidates"].is_array()) fail();
  std::vector<HistoryRow> rows;
  for (const CandidateResult& now : report.candidates) {
    for (const json& before : earlier["candidates"]) {
      const json::json_pointer at("/candidate/name");
      if (before.contains(at) && before[at] == now.candidate.name) add_rows(now, before, rows);
    }
  }
  return rows;
}

}  // namespace clinfer::report
