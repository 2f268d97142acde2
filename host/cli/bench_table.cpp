#include "host/cli/bench_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "host/plan/print.h"
#include "host/text/utf8.h"

namespace clinfer::cli {
namespace {

/// Columns of a text in a terminal: characters, not bytes.
size_t width_of(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

constexpr size_t kColumns = 6;
using Cells = std::array<std::string, kColumns>;
constexpr std::array<bool, kColumns> kRight = {false, true, true, false, true, true};

std::string markdown(const BenchSubject& s, const std::vector<BenchRow>& rows) {
  std::vector<Cells> table = {{"model", "size", "params", "device", "test", "t/s"}};
  for (const BenchRow& r : rows) {
    table.push_back({s.model, plan::readable_bytes(static_cast<double>(s.file_bytes)),
                     fmt::format("{:.2f} M", static_cast<double>(s.parameters) / 1e6), s.device, r.test,
                     fmt::format("{:.2f} ± {:.2f}", r.mean(), r.deviation())});
  }
  std::array<size_t, kColumns> width{};
  for (const Cells& cells : table)
    for (size_t c = 0; c < kColumns; ++c) width[c] = std::max(width[c], width_of(cells[c]));
  std::string text;
  for (size_t r = 0; r < table.size(); ++r) {
    text += "|";
    for (size_t c = 0; c < kColumns; ++c) {
      const std::string fill(width[c] - width_of(table[r][c]), ' ');
      text += " " + (kRight[c] ? fill + table[r][c] : table[r][c] + fill) + " |";
    }
    text += "\n";
    if (r > 0) continue;
    text += "|";
    for (size_t c = 0; c < kColumns; ++c)
      text += " " + std::string(width[c] - (kRight[c] ? 1 : 0), '-') + (kRight[c] ? ": |" : " |");
    text += "\n";
  }
  return text;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

std::string csv(const BenchSubject& s, const std::vector<BenchRow>& rows) {
  std::string text =
      "model,family,weights,cache,model_size,model_n_params,device,driver,n_batch,test,n_reps,avg_ts,stddev_"
      "ts\n";
  for (const BenchRow& r : rows) {
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{:.4f},{:.4f}\n", quoted(s.model), quoted(s.family),
                        quoted(s.weights), quoted(s.cache), s.file_bytes, s.parameters, quoted(s.device),
                        quoted(s.driver), s.batch_tokens, quoted(r.test), r.rates.size(), r.mean(),
                        r.deviation());
  }
  return text;
}

std::string json(const BenchSubject& s, const std::vector<BenchRow>& rows) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const BenchRow& r : rows) {
    list.push_back({{"model", text::replace_invalid_utf8(s.model)},
                    {"family", s.family},
                    {"weights", s.weights},
                    {"cache", s.cache},
                    {"model_size", s.file_bytes},
                    {"model_n_params", s.parameters},
                    {"device", s.device},
                    {"driver", s.driver},
                    {"n_batch", s.batch_tokens},
                    {"token_weight_bytes", s.token_weight_bytes},
                    {"prompt_matmul_flops", s.prompt_matmul_flops},
                    {"clinfer", CLINFER_VERSION},
                    {"test", r.test},
                    {"avg_ts", r.mean()},
                    {"stddev_ts", r.deviation()},
                    {"samples_ts", r.rates},
                    {"samples_cpu_s", r.cpu_seconds}});
  }
  return list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

double BenchRow::mean() const {
  return std::accumulate(rates.begin(), rates.end(), 0.0) / static_cast<double>(rates.size());
}

double BenchRow::deviation() const {
  if (rates.size() < 2) return 0;
  double sum = 0;
  for (const double r : rates) sum += (r - mean()) * (r - mean());
  return std::sqrt(sum / static_cast<double>(rates.size() - 1));
}

std::string bench_table(const BenchSubject& subject, const std::vector<BenchRow>& rows,
                        const std::string& format) {
  if (format == "csv") return csv(subject, rows);
  return format == "json" ? json(subject, rows) : markdown(subject, rows);
}

}  // namespace clinfer::cli
