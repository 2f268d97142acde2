#pragma once

#include <atomic>
#include <functional>
#include <string_view>
#include <vector>

#include "host/generate/sampler.h"
#include "host/run/engine.h"
#include "host/text/tokenizer.h"

namespace clinfer::generate {

/// Receives text as it becomes printable: whole characters, never part of a stop string.
using TextSink = std::function<void(std::string_view text)>;

enum class Finish { end_of_text, stop_string, max_tokens, context_full, interrupted };
std::string_view to_string(Finish finish);

/// What one generation took. Seconds of wall time.
struct Statistics {
  int64_t prompt_tokens = 0;  ///< tokens run before the first new one; what was in the cache is not counted
  int64_t cached_tokens = 0;  ///< of the prompt, found in the cache
  int64_t new_tokens = 0;
  double prompt_seconds = 0;  ///< until the logits of the last prompt token
  double first_token_seconds = 0;
  double load_seconds = 0;      ///< behind the first new token, of what only the next ones need
  double generate_seconds = 0;  ///< from the first new token to the last, without load_seconds
  int64_t drafted = 0;
  int64_t accepted = 0;
  Finish finish = Finish::max_tokens;
};

/// One sequence on an engine. What earlier calls left in the caches is used again where the tokens are the
/// same.
class Session {
 public:
  Session(run::Engine& engine, const text::Tokenizer& tokenizer, const config::GenerateConfig& generate,
          const config::SpeculativeConfig& speculative, std::vector<int32_t> end_ids);

  /// Continues `prompt` until a reason to finish; `interrupt` may be set from a signal handler. Returns what
  /// it took; new_ids() has the tokens. Throws Error(Fault::usage) for an empty prompt or one that leaves no
  /// room.
  Statistics generate(std::span<const int32_t> prompt, const TextSink& sink,
                      const std::atomic<bool>& interrupt);

  const std::vector<int32_t>& new_ids() const { return new_ids_; }

 private:
  struct Run;  ///< the state of one generate()

  std::span<const float> prefill(std::span<const int32_t> prompt, size_t cached, size_t& last_chunk,
                                 const std::atomic<bool>& interrupt);
  size_t cached_prefix(std::span<const int32_t> prompt) const;
  int32_t sample(Run& run, std::span<const float> logits);
  bool emit(Run& run, int32_t id);
  void plain_loop(Run& run);
  void speculative_loop(Run& run, std::vector<int32_t> shifted, int64_t position);
  std::vector<int32_t> propose(Run& run, std::span<const int32_t> shifted, int64_t position,
                               std::vector<Distribution>& drafts);
  int64_t draft_room(const Run& run) const;

  run::Engine& engine_;
  const text::Tokenizer& tokenizer_;
  config::GenerateConfig config_;
  config::SpeculativeConfig speculative_;
  std::vector<int32_t> end_ids_;
  std::vector<int32_t> tokens_;  ///< prompt and new tokens; those in the caches are its first cached_
  size_t cached_ = 0;
  size_t draft_cached_ = 0;  ///< positions that the draft module's cache holds
  std::vector<int32_t> new_ids_;
};

}  // namespace clinfer::generate
