#include "host/cli/arguments.h"
#include "host/cli/closing_table.h"
#include "host/cli/interrupt.h"
#include "host/cli/model_text.h"
#include "host/cli/output.h"
#include "host/cli/profile.h"
#include "host/cli/prompt.h"
#include "host/cli/setup.h"
#include "host/cli/source.h"
#include "host/config/print.h"
#include "host/generate/session.h"
#include "host/kernels/variant.h"
#include "host/text/utf8.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

/// --prompt and --file: the text to continue; in a run with messages, the only message.
void take_prompt(const Arguments& arguments, config::RunConfig& config) {
  if (!arguments.prompt && arguments.file.empty()) return;
  const std::string text = arguments.prompt ? *arguments.prompt : read_text(arguments.file);
  if (config.messages.empty() && config.system.empty()) {
    config.prompt = text;
  } else {
    config.messages = {{"user", text}};
  }
}

generate::Statistics generate_text(generate::Session& session, const std::vector<int32_t>& ids,
                                   const LoadedModel& model) {
  // Before the first token a single call may take long; the table of a run that was stopped there is known.
  generate::Statistics stopped;
  stopped.finish = generate::Finish::interrupted;
  GracefulScope scope(closing_table(stopped, model));
  const auto sink = [&](std::string_view text) {
    scope.never_overdue();
    write_out(text);
    flush_out();
  };
  return session.generate(ids, sink, interrupted());
}

}  // namespace

int run(const Arguments& arguments) {
  config::LoadedConfig loaded = load_source(arguments);
  if (arguments.print_config) {
    write_out(arguments.json ? config::print_config_json(loaded) : config::print_config(loaded));
    return 0;
  }
  config::RunConfig& config = loaded.config;
  take_prompt(arguments, config);
  const std::shared_ptr<run::Profile> profile = begin_profile("run", arguments.profile);
  const std::shared_future<cl::Inventory> listed = begin_listing(profile);
  std::unique_ptr<io::Checkpoint> checkpoint =
      run::timed(profile.get(), "open checkpoint", [&] { return open_checkpoint(config); });
  const text::Tokenizer tokenizer = run::timed(
      profile.get(), "load tokenizer", [&] { return load_tokenizer(*checkpoint, config.model.tokenizer); });
  const std::vector<int32_t> ids =
      run::timed(profile.get(), "tokenize", [&] { return prompt_ids(config, *checkpoint, tokenizer); });
  if (ids.empty()) throw Error(Fault::usage, "the prompt is empty (prompt, messages, --prompt or --file)");
  check_length("the prompt", ids.size() + 1, context_of(config, *checkpoint));
  const bool few = std::ssize(ids) <= kernels::kSmallBatch;
  const LoadedModel model =
      load_model(config, std::move(checkpoint), {.short_prompt = few, .profile = profile, .devices = listed});
  generate::Session session(*model.engine, tokenizer, config.generate, config.speculative,
                            end_tokens(*model.checkpoint, tokenizer));
  write_out(text::replace_invalid_utf8(config.prompt));  // as the tokenizer reads it
  flush_out();
  const generate::Statistics statistics = generate_text(session, ids, model);
  write_out("\n");
  flush_out();
  if (!arguments.quiet) print_closing_table(statistics, model);
  if (profile != nullptr) finish_profile(arguments.profile, *profile, model);
  end_if_interrupted();
  return 0;
}

}  // namespace clinfer::cli
