#include "host/cli/closing_table.h"

#include <fmt/format.h>

#include <cstdio>

#include "host/plan/print.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

void row(std::string_view name, const std::string& value) {
  fmt::print(stderr, "  {:<22} {}\n", name, value);
}

std::string rate(int64_t tokens, double seconds) {
  return seconds > 0 ? fmt::format("{:.1f} tokens/s ({} tokens in {:.2f} s)",
                                   static_cast<double>(tokens) / seconds, tokens, seconds)
                     : fmt::format("{} tokens", tokens);
}

}  // namespace

void print_text(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) != 0) throw Error(Fault::run, "standard output is closed");
}

void print_closing_table(const generate::Statistics& s, const LoadedModel& model) {
  fmt::print(stderr, "\n");
  row("load", fmt::format("{:.2f} s", model.load_seconds));
  row("prompt", rate(s.prompt_tokens, s.prompt_seconds));
  row("time to first token", fmt::format("{:.3f} s", s.first_token_seconds));
  row("generation", rate(s.new_tokens - 1, s.generate_seconds));
  if (s.drafted > 0) {
    row("drafts accepted",
        fmt::format("{:.1f} % ({} of {})",
                    100.0 * static_cast<double>(s.accepted) / static_cast<double>(s.drafted), s.accepted,
                    s.drafted));
  }
  const std::vector<graph::DeviceInfo>& devices = model.engine->options().devices;
  for (size_t d = 0; d < devices.size(); ++d) {
    row("on " + devices[d].id,
        plan::readable_bytes(static_cast<double>(model.engine->bytes_on(d))) + ", " + devices[d].name);
  }
  row("finished by", std::string(generate::to_string(s.finish)));
}

}  // namespace clinfer::cli
