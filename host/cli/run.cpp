#include <fmt/format.h>

#include <cstdio>

#include "host/cli/arguments.h"
#include "host/cli/closing_table.h"
#include "host/cli/interrupt.h"
#include "host/cli/log.h"
#include "host/cli/model_text.h"
#include "host/cli/prompt.h"
#include "host/cli/setup.h"
#include "host/config/print.h"
#include "host/generate/session.h"

namespace clinfer::cli {

int run(const Arguments& arguments) {
  const config::LoadedConfig loaded = config::load(arguments.config, arguments.overrides);
  if (arguments.print_config) {
    fmt::print("{}", arguments.json ? config::print_config_json(loaded) : config::print_config(loaded));
    return 0;
  }
  const config::RunConfig& config = loaded.config;
  set_up_log(config.log);
  const LoadedModel model = load_model(config);
  const text::Tokenizer tokenizer = load_tokenizer(*model.checkpoint, config.model.tokenizer);
  const std::vector<int32_t> ids = prompt_ids(config, *model.checkpoint, tokenizer);
  generate::Session session(*model.engine, tokenizer, config.generate, config.speculative,
                            end_tokens(*model.checkpoint, tokenizer));
  if (!config.prompt.empty()) fmt::print("{}", config.prompt);
  const generate::Statistics statistics = session.generate(ids, print_text, interrupted());
  fmt::print("\n");
  std::fflush(stdout);
  print_closing_table(statistics, model);
  return signal_exit_code();
}

}  // namespace clinfer::cli
