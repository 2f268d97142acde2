#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "host/cli/arguments.h"
#include "host/cli/closing_table.h"
#include "host/cli/interrupt.h"
#include "host/cli/model_text.h"
#include "host/cli/output.h"
#include "host/cli/prompt.h"
#include "host/cli/setup.h"
#include "host/cli/source.h"
#include "host/generate/session.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

constexpr size_t kMaxLine = size_t{64} << 20;

/// A conversation with a loaded model.
class Chat {
 public:
  Chat(const config::RunConfig& config, const LoadedModel& model, const text::Tokenizer& tokenizer)
      : model_(model),
        prompt_(*model.checkpoint, tokenizer),
        session_(*model.engine, tokenizer, config.generate, config.speculative,
                 end_tokens(*model.checkpoint, tokenizer)),
        max_tokens_(config.generate.max_tokens),
        messages_(conversation(config)) {}

  bool waits_for_answer() const { return !messages_.empty() && messages_.back().role == "user"; }
  const std::string& last_message() const { return messages_.back().content; }
  const generate::Statistics& statistics() const { return sum_; }
  void add(const std::string& text) { messages_.push_back({"user", text}); }

  /// Answers the last message; 0. When that fails the message is taken back, the conversation can go on, and
  /// the exit code of the fault is returned.
  int answer();

 private:
  std::vector<int32_t> fitting_ids();
  void count(const generate::Statistics& turn);

  const LoadedModel& model_;
  ChatPrompt prompt_;
  generate::Session session_;
  int64_t max_tokens_;
  std::vector<config::Message> messages_;
  generate::Statistics sum_;
};

/// Ids of the conversation; where they leave too little room for an answer the oldest turns are forgotten,
/// unless even the last message alone is too long.
std::vector<int32_t> Chat::fitting_ids() {
  const int64_t context = model_.engine->max_context();
  const int64_t room = std::clamp<int64_t>(max_tokens_, 1, std::max<int64_t>(1, context / 4));
  std::vector<config::Message> kept = messages_;
  std::vector<int32_t> ids = prompt_.ids(kept);
  while (static_cast<int64_t>(ids.size()) + room > context) {
    const auto not_system = [](const config::Message& m) { return m.role != "system"; };
    const auto oldest = std::find_if(kept.begin(), kept.end(), not_system);
    const auto next =
        std::find_if(oldest + 1, kept.end(), [](const config::Message& m) { return m.role == "user"; });
    if (next == kept.end()) break;  // only the message to be answered is left
    kept.erase(oldest, next);
    ids = prompt_.ids(kept);
  }
  check_length("the message", ids.size() + 1, context);
  if (const size_t forgotten = messages_.size() - kept.size(); forgotten > 0)
    spdlog::warn("the context is full: the oldest {} messages are forgotten", forgotten);
  messages_ = std::move(kept);
  return ids;
}

void Chat::count(const generate::Statistics& turn) {
  if (sum_.new_tokens == 0) sum_.first_token_seconds = turn.first_token_seconds;
  sum_.prompt_tokens += turn.prompt_tokens;
  sum_.cached_tokens += turn.cached_tokens;
  sum_.new_tokens += turn.new_tokens;
  sum_.prompt_seconds += turn.prompt_seconds;
  sum_.load_seconds += turn.load_seconds;
  sum_.generate_seconds += turn.generate_seconds;
  sum_.drafted += turn.drafted;
  sum_.accepted += turn.accepted;
  sum_.finish = turn.finish;
}

int Chat::answer() {
  std::string text;
  const auto sink = [&](std::string_view piece) {
    write_out(piece);
    flush_out();
    text += piece;
  };
  try {
    count(session_.generate(fitting_ids(), sink, interrupted()));
    sink("\n");
    text.pop_back();
    messages_.push_back({"assistant", text});
    return 0;
  } catch (const Error& error) {
    if (error.fault() != Fault::usage && error.fault() != Fault::model) throw;
    fmt::print(stderr, "error: {}\n", error.what());
    messages_.pop_back();
    return static_cast<int>(error.fault());
  }
}

/// The next message of the user: a line, without surrounding white space. A sign is shown on a terminal only.
/// False at the end of input, and for /exit on a terminal.
bool read_message(bool terminal, std::string& line) {
  if (terminal) fmt::print(stderr, "> ");
  if (!std::getline(std::cin, line)) return false;
  if (line.size() > kMaxLine) throw Error(Fault::usage, "a message is longer than 64 MiB");
  const size_t begin = line.find_first_not_of(" \t\r");
  line = begin == std::string::npos ? "" : line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin);
  return !(terminal && line == "/exit");
}

/// The whole conversation. Returns the exit code of the first turn that failed, else 0.
int converse(Chat& chat) {
  const bool terminal = isatty(STDIN_FILENO) == 1;
  if (terminal) fmt::print(stderr, "Ctrl-C stops an answer; /exit, Ctrl-D or Ctrl-C at the > ends.\n");
  int failed = 0;
  const auto answer = [&] {
    const int code = chat.answer();
    if (failed == 0) failed = code;
    // On a terminal Ctrl-C has stopped the answer, not the conversation.
    if (terminal && interrupted()) forget_interrupt();
  };
  if (chat.waits_for_answer()) {
    if (terminal) fmt::print(stderr, "> {}\n", chat.last_message());
    answer();
  }
  std::string line;
  while (!interrupted() && read_message(terminal, line)) {
    if (line.empty()) continue;
    chat.add(line);
    answer();
  }
  return terminal ? 0 : failed;
}

}  // namespace

int chat(const Arguments& arguments) {
  const config::RunConfig config = load_source(arguments).config;
  if (!config.prompt.empty()) spdlog::warn("chat: the configuration's prompt is not used");
  std::unique_ptr<io::Checkpoint> checkpoint = open_checkpoint(config);
  const std::shared_future<cl::Inventory> listed = begin_listing(nullptr);
  const text::Tokenizer tokenizer = load_tokenizer(*checkpoint, config.model.tokenizer);
  const LoadedModel model = load_model(config, std::move(checkpoint), {.devices = listed});
  Chat chat(config, model, tokenizer);
  const GracefulScope scope;
  const int code = converse(chat);
  if (!arguments.quiet) print_closing_table(chat.statistics(), model);
  end_if_interrupted();
  return code;
}

}  // namespace clinfer::cli
