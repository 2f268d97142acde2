#include "host/generate/session.h"

#include <algorithm>
#include <chrono>

#include "host/kernels/variant.h"
#include "host/text/stop_strings.h"
#include "host/text/stream_decoder.h"
#include "quant/error.h"

namespace clinfer::generate {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

std::string_view to_string(Finish finish) {
  switch (finish) {
    case Finish::end_of_text:
      return "end of text";
    case Finish::stop_string:
      return "stop string";
    case Finish::max_tokens:
      return "max_tokens";
    case Finish::context_full:
      return "context full";
    case Finish::interrupted:
      return "interrupted";
  }
  return "";
}

struct Session::Run {
  Sampler sampler;
  text::StreamDecoder decoder;
  text::StopStrings stops;
  const TextSink& sink;
  const std::atomic<bool>& interrupt;
  Statistics statistics;
  Clock::time_point first_token{};
};

Session::Session(run::Engine& engine, const text::Tokenizer& tokenizer,
                 const config::GenerateConfig& generate, const config::SpeculativeConfig& speculative,
                 std::vector<int32_t> end_ids)
    : engine_(engine),
      tokenizer_(tokenizer),
      config_(generate),
      speculative_(speculative),
      end_ids_(std::move(end_ids)) {}

size_t Session::cached_prefix(std::span<const int32_t> prompt) const {
  const size_t most = std::min(cached_, prompt.size());
  const auto mismatch =
      std::mismatch(prompt.begin(), prompt.begin() + static_cast<std::ptrdiff_t>(most), tokens_.begin())
          .first;
  const auto same = static_cast<size_t>(mismatch - prompt.begin());
  // A token runs at least, for its logits; with a draft module the last common one, for its hidden state.
  const size_t cached = engine_.has_draft() ? std::min(same == 0 ? 0 : same - 1, draft_cached_)
                                            : std::min(same, prompt.size() - 1);
  return static_cast<size_t>(engine_.resume_at(static_cast<int64_t>(cached), static_cast<int64_t>(cached_)));
}

std::span<const float> Session::prefill(std::span<const int32_t> prompt, size_t cached, size_t& chunk,
                                        const std::atomic<bool>& interrupt) {
  std::span<const float> logits;
  const auto batch = static_cast<size_t>(engine_.batch_tokens());
  for (chunk = cached;;) {
    const size_t count = std::min(batch, prompt.size() - chunk);
    const auto last = static_cast<int32_t>(count) - 1;
    const auto position = static_cast<int64_t>(chunk);
    logits = engine_.forward(prompt.subspan(chunk, count), position, std::span(&last, 1));
    cached_ = chunk + count;
    if (cached_ == prompt.size() || interrupt) return logits;
    chunk += count;
    if (!engine_.has_draft()) continue;
    engine_.draft(prompt.subspan(chunk + 1 - count, count), position);
    draft_cached_ = chunk;
  }
}

Statistics Session::generate(std::span<const int32_t> prompt, const TextSink& sink,
                             const std::atomic<bool>& interrupt) {
  if (prompt.empty()) throw Error(Fault::usage, "the prompt has no tokens");
  if (static_cast<int64_t>(prompt.size()) >= engine_.max_context()) {
    throw Error(Fault::usage, "context_length_exceeded: the prompt has " + std::to_string(prompt.size()) +
                                  " tokens, the context holds " + std::to_string(engine_.max_context()));
  }
  Run run{Sampler(config_),
          text::StreamDecoder(tokenizer_),
          text::StopStrings(config_.stop),
          sink,
          interrupt,
          {},
          {}};
  const auto start = Clock::now();
  const size_t cached = cached_prefix(prompt);
  tokens_.assign(prompt.begin(), prompt.end());
  new_ids_.clear();
  // What lies behind belongs to other tokens; should the prompt fail half-way, it must not be found again.
  cached_ = cached;
  draft_cached_ = std::min(draft_cached_, cached);
  size_t chunk = cached;
  const std::span<const float> logits = prefill(tokens_, cached, chunk, interrupt);
  run.statistics.cached_tokens = static_cast<int64_t>(cached);
  run.statistics.prompt_tokens = static_cast<int64_t>(cached_ - cached);
  run.statistics.prompt_seconds = seconds_since(start);
  if (interrupt) {
    run.statistics.finish = Finish::interrupted;
    return run.statistics;
  }
  if (config_.max_tokens > 0) {
    const int32_t first = sample(run, logits);
    run.first_token = Clock::now();
    run.statistics.first_token_seconds = seconds_since(start);
    if (emit(run, first)) {
      engine_.load_decode();
      run.statistics.load_seconds = seconds_since(run.first_token);
      const std::vector<int32_t> shifted(tokens_.begin() + static_cast<std::ptrdiff_t>(chunk) + 1,
                                         tokens_.end());
      engine_.has_draft() ? speculative_loop(run, shifted, static_cast<int64_t>(chunk)) : plain_loop(run);
    }
    run.statistics.generate_seconds = seconds_since(run.first_token) - run.statistics.load_seconds;
  }
  const std::string rest = run.decoder.finish();
  const text::StopStrings::Result end = run.stops.push(rest);
  sink(end.text + run.stops.finish());
  return run.statistics;
}

int32_t Session::sample(Run& run, std::span<const float> logits) {
  const run::HostScope scope(engine_.profile(), "sample");
  return run.sampler.draw(run.sampler.distribution(logits, tokens_));
}

/// Takes a new token; false when it was the last.
bool Session::emit(Run& run, int32_t id) {
  const run::HostScope scope(engine_.profile(), "text");
  const auto finish = [&](Finish reason) {
    run.statistics.finish = reason;
    return false;
  };
  tokens_.push_back(id);
  if (!config_.ignore_eos && std::find(end_ids_.begin(), end_ids_.end(), id) != end_ids_.end())
    return finish(Finish::end_of_text);
  new_ids_.push_back(id);
  ++run.statistics.new_tokens;
  const text::StopStrings::Result piece = run.stops.push(run.decoder.push(id));
  if (!piece.text.empty()) run.sink(piece.text);
  if (piece.stopped) return finish(Finish::stop_string);
  if (run.statistics.new_tokens >= config_.max_tokens) return finish(Finish::max_tokens);
  if (static_cast<int64_t>(tokens_.size()) >= engine_.max_context()) return finish(Finish::context_full);
  if (run.interrupt) return finish(Finish::interrupted);
  return true;
}

void Session::plain_loop(Run& run) {
  const int32_t row = 0;
  for (;;) {
    const std::span<const float> logits = engine_.forward(
        std::span(&tokens_.back(), 1), static_cast<int64_t>(tokens_.size()) - 1, std::span(&row, 1));
    cached_ = tokens_.size();
    if (!emit(run, sample(run, logits))) return;
  }
}

/// How many tokens may be drafted: within one decode call, the context and max_tokens.
int64_t Session::draft_room(const Run& run) const {
  const int64_t context = engine_.max_context() - static_cast<int64_t>(tokens_.size());
  const int64_t wanted = config_.max_tokens - run.statistics.new_tokens - 1;
  return std::max<int64_t>(0,
                           std::min({speculative_.draft_tokens, kernels::kSmallBatch - 1, context, wanted}));
}

/// Feeds the draft module the tokens after positions position.. and drafts from it; `drafts` receives the
/// distributions drawn from. The module runs even when nothing is to be drafted: its cache must have no gaps.
std::vector<int32_t> Session::propose(Run& run, std::span<const int32_t> shifted, int64_t position,
                                      std::vector<Distribution>& drafts) {
  std::vector<int32_t> proposed;
  std::vector<int32_t> history = tokens_;
  const int64_t room = draft_room(run);
  std::span<const float> logits = engine_.draft(shifted, position);
  int64_t next = position + static_cast<int64_t>(shifted.size());
  draft_cached_ = static_cast<size_t>(next);
  while (static_cast<int64_t>(proposed.size()) < room) {
    drafts.push_back(run.sampler.distribution(logits, history));
    proposed.push_back(run.sampler.draw(drafts.back()));
    history.push_back(proposed.back());
    if (static_cast<int64_t>(proposed.size()) < room) logits = engine_.draft_again(proposed.back(), next++);
  }
  return proposed;
}

void Session::speculative_loop(Run& run, std::vector<int32_t> shifted, int64_t position) {
  const auto vocab = static_cast<size_t>(engine_.model().vocab_size);
  for (;;) {
    std::vector<Distribution> drafts;
    const std::vector<int32_t> proposed = propose(run, shifted, position, drafts);
    std::vector<int32_t> call = {tokens_.back()};
    call.insert(call.end(), proposed.begin(), proposed.end());
    std::vector<int32_t> rows(call.size());
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int32_t>(i);
    position = static_cast<int64_t>(tokens_.size()) - 1;
    const std::span<const float> logits = engine_.forward(call, position, rows);
    run.statistics.drafted += static_cast<int64_t>(proposed.size());
    shifted.clear();
    for (size_t i = 0;; ++i) {
      const Distribution target = run.sampler.distribution(logits.subspan(i * vocab, vocab), tokens_);
      const bool drafted = i < proposed.size();
      const bool accepted = drafted && run.sampler.accept(proposed[i], target, drafts[i]);
      const int32_t id = accepted  ? proposed[i]
                         : drafted ? run.sampler.draw_residual(target, drafts[i])
                                   : run.sampler.draw(target);
      run.statistics.accepted += accepted;
      cached_ = tokens_.size();
      shifted.push_back(id);
      if (!emit(run, id)) return;
      if (!accepted) break;
    }
  }
}

}  // namespace clinfer::generate
