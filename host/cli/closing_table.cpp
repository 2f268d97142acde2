#include "host/cli/closing_table.h"

#include <fmt/format.h>

#include <cstdio>

#include "host/plan/print.h"

namespace clinfer::cli {
namespace {

constexpr double kWorthTelling = 1e-3;  ///< seconds

void row(std::string& table, std::string_view name, const std::string& value) {
  table += fmt::format("  {:<22} {}\n", name, value);
}

/// "4.6 ms", "2.45 s"
std::string duration(double seconds) {
  return seconds < 1 ? fmt::format("{:.1f} ms", seconds * 1e3) : fmt::format("{:.2f} s", seconds);
}

std::string rate(int64_t tokens, double seconds) {
  if (seconds <= 0) return fmt::format("{} tokens", tokens);
  return fmt::format("{:.1f} tokens/s ({} tokens in {})", static_cast<double>(tokens) / seconds, tokens,
                     duration(seconds));
}

}  // namespace

std::string closing_table(const generate::Statistics& s, const LoadedModel& model) {
  std::string table = "\n";
  const std::string later =
      s.load_seconds > kWorthTelling ? ", behind the first token " + duration(s.load_seconds) : "";
  row(table, "load", duration(model.load_seconds) + later);
  row(table, "prompt", rate(s.prompt_tokens, s.prompt_seconds));
  if (s.cached_tokens > 0) row(table, "prompt in the cache", fmt::format("{} tokens", s.cached_tokens));
  if (s.new_tokens > 0) {
    row(table, "time to first token", duration(s.first_token_seconds));
    row(table, "generation", rate(s.new_tokens - 1, s.generate_seconds));
  }
  if (s.drafted > 0) {
    row(table, "drafts accepted",
        fmt::format("{:.1f} % ({} of {})",
                    100.0 * static_cast<double>(s.accepted) / static_cast<double>(s.drafted), s.accepted,
                    s.drafted));
  }
  const std::vector<graph::DeviceInfo>& devices = model.engine->options().devices;
  for (size_t d = 0; d < devices.size(); ++d) {
    row(table, "on " + devices[d].id,
        plan::readable_bytes(static_cast<double>(model.engine->bytes_on(d))) + ", " + devices[d].name);
  }
  row(table, "finished by", std::string(generate::to_string(s.finish)));
  return table;
}

void print_closing_table(const generate::Statistics& statistics, const LoadedModel& model) {
  const std::string table = closing_table(statistics, model);
  std::fwrite(table.data(), 1, table.size(), stderr);
}

}  // namespace clinfer::cli
