#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "host/cli/arguments.h"
#include "host/cli/closing_table.h"
#include "host/cli/interrupt.h"
#include "host/cli/log.h"
#include "host/cli/model_text.h"
#include "host/cli/prompt.h"
#include "host/cli/setup.h"
#include "host/generate/session.h"

namespace clinfer::cli {
namespace {

/// The next line of the user; a prompt sign is shown on a terminal only. False at the end of input.
bool read_message(std::string& line) {
  if (isatty(STDIN_FILENO) == 1) fmt::print(stderr, "> ");
  return static_cast<bool>(std::getline(std::cin, line));
}

}  // namespace

int chat(const Arguments& arguments) {
  const config::RunConfig config = config::load(arguments.config, arguments.overrides).config;
  set_up_log(config.log);
  const LoadedModel model = load_model(config);
  const text::Tokenizer tokenizer = load_tokenizer(*model.checkpoint, config.model.tokenizer);
  generate::Session session(*model.engine, tokenizer, config.generate, config.speculative,
                            end_tokens(*model.checkpoint, tokenizer));
  std::vector<config::Message> messages = conversation(config);
  const auto answer = [&] {
    std::string text;
    const std::vector<int32_t> ids = chat_ids(messages, *model.checkpoint, tokenizer);
    const generate::Statistics statistics = session.generate(
        ids,
        [&](std::string_view piece) {
          print_text(piece);
          text += piece;
        },
        interrupted());
    print_text("\n");
    messages.push_back({"assistant", text});
    return statistics;
  };
  generate::Statistics last;
  if (!messages.empty() && messages.back().role == "user") last = answer();
  std::string line;
  while (!interrupted() && read_message(line)) {
    if (line.empty()) continue;
    messages.push_back({"user", line});
    last = answer();
  }
  print_closing_table(last, model);
  return signal_exit_code();
}

}  // namespace clinfer::cli
