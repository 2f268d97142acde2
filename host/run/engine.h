#pragma once

#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "graph/models/models.h"
#include "graph/passes/choose_formats.h"
#include "graph/passes/place_devices.h"
#include "graph/passes/stream_attention.h"
#include "host/cl/program_cache.h"
#include "host/run/executor.h"
#include "host/run/joined_steps.h"
#include "host/run/kernel_check.h"

namespace clinfer::run {

struct EngineOptions {
  std::vector<graph::DeviceInfo> devices;  ///< the first is used where the placement says nothing
  graph::Placement placement;              ///< empty: everything on the first device
  std::string weights_format = "keep";     ///< or a quant format name
  std::shared_ptr<const io::StatisticsFile> importance;  ///< for weights that are encoded at load; or nullptr
  graph::FormatRules weight_rules;          ///< before weights_format, for the matrices they speak of
  std::string activations_format = "keep";  ///< or a format of activations (graph/ops/quantize.h)
  std::string cache_format = "f16";         ///< the name of a quant::CacheFormat
  int64_t max_context = 0;                  ///< tokens a sequence may have; 0: what the model was made for
  graph::Stream stream;                     ///< what full attention keeps in sight; a window of 0: everything
  int64_t batch_tokens = 512;               ///< most tokens of one prefill call
  int64_t prefill_outputs = 1;              ///< most rows of logits of one prefill call
  bool draft = false;                       ///< load the multi-token-prediction module
  /// Weights of a device from which launches of a token are joined into one (kernels::Chain): a program of
  /// its own takes seconds to compile. Nothing: never.
  std::optional<int64_t> join_from_bytes;
  /// Leaves load_decode() for later where all that it loads is on disk. The cache must outlive the engine
  /// then.
  bool decode_later = false;
  std::optional<kernels::ChainKind> join_as;  ///< on every device; nothing: what pays on each
  bool verify_kernels = true;                 ///< each kernel answers a small question before it is trusted
  std::map<std::string, std::string, std::less<>> force_variant;
  std::shared_ptr<Profile> profile;  ///< records what is done when; or nullptr
};

/// The plans of a model for its devices, before anything is allocated: what `clinfer plan` prints.
struct Plans {
  graph::Model model;
  std::vector<std::shared_ptr<plan::Plan>> list;  ///< main prefill, main decode, then the draft's two
  int64_t max_context = 0;
};

/// Builds the graphs, chooses formats and places and lowers them. Throws Error as build_model, choose_formats
/// and lower do; Error(Fault::usage) when a draft is wanted that the model lacks.
Plans make_plans(const io::Checkpoint& checkpoint, const EngineOptions& options);

/// Whether the model has a multi-token-prediction module and the checkpoint any of its weights.
bool has_draft(const io::Checkpoint& checkpoint);

/// A model on its devices, for one sequence. Not for use from several threads.
class Engine {
 public:
  /// Starts building programs, brings the weights while it does and binds the kernels. `cache` and
  /// `checkpoint` must outlive construction only. A kernel that does not build, or that answers its trial
  /// wrongly, is replaced by the next variant with a warning; Error(Fault::device) when none is left or the
  /// variant was forced.
  Engine(const io::Checkpoint& checkpoint, const EngineOptions& options, cl::ProgramCache& cache,
         const Progress& progress);

  const EngineOptions& options() const { return options_; }
  const graph::Model& model() const { return plans_.model; }
  const Plans& plans() const { return plans_; }
  int64_t max_context() const { return plans_.max_context; }
  /// Where to go on when `ran` tokens have been run and a call wants to begin at `position` <= ran: there, or
  /// at 0 where the caches have lost rows that its first token attends to; states of recurrent layers have
  /// lost all but the last.
  int64_t resume_at(int64_t position, int64_t ran) const;
  int64_t batch_tokens() const { return batch_tokens_; }
  int64_t bytes_on(size_t device) const;
  const cl::Device& device(size_t index) const { return storage_->device(static_cast<int>(index)); }
  bool has_draft() const { return draft_.prefill != nullptr; }
  /// Makes ready what calls of few tokens need beside a prompt's, unless it is; else the first one does.
  void load_decode();
  /// Launches, library calls and copies that a call of few tokens queues at most.
  size_t decode_commands() {
    load_decode();
    return main_.decode->commands();
  }

  /// Runs the main model on ids at positions position.. (at most batch_tokens; earlier positions must have
  /// been run, and not so many behind them that resume_at() says 0) and returns the logits of the given rows
  /// of the call, [rows, vocab]. Throws Error(Fault::usage) for an id outside the vocabulary,
  /// Error(Fault::run) for a call that does not fit, or that begins neither at 0 nor where the last one ended
  /// while layers are recurrent.
  std::span<const float> forward(std::span<const int32_t> ids, int64_t position,
                                 std::span<const int32_t> rows);

  /// Lets the next forward() begin at `position` whatever tokens the states of recurrent layers have seen:
  /// for speeds, which do not depend on them. Its logits mean nothing then.
  void jump_to(int64_t position) { next_position_ = position; }

  /// Runs the draft module on the first ids.size() hidden states of the last forward(), which began at
  /// `position`; next_ids[i] is the token after position + i. Returns the logits of the last row, [vocab].
  std::span<const float> draft(std::span<const int32_t> next_ids, int64_t position);

  /// Drafts one token further: from the draft module's own last hidden state (behind its norm, as it was
  /// trained to be recycled), after a token that it proposed itself.
  std::span<const float> draft_again(int32_t next_id, int64_t position);

  Profile* profile() const { return options_.profile.get(); }

  /// From now on `observer` is shown every step of every call, the draft module's too (StepView::plan tells
  /// them apart); an empty one ends that.
  void observe(const Observer& observer);

 private:
  using Builds = std::vector<std::shared_future<cl::Program>>;
  struct Pair {
    size_t first_plan;  ///< in plans_.list: prefill's; decode's is the next
    std::unique_ptr<Executor> prefill;
    std::unique_ptr<Executor> decode;  ///< after load_decode()
  };
  /// An executor whose launches are joined, and what its answer is remembered by.
  struct Joining {
    Executor* executor;
    cl::Digest key;
  };

  std::vector<Executor*> executors() const;
  std::vector<Pair*> pairs();
  Executor& choose(Pair& pair, size_t tokens);
  int64_t hidden_bytes(size_t rows) const;
  std::vector<ChainProgram> chains_of(const plan::Plan& plan) const;
  void ask_for(const plan::Plan& plan, Builds& builds) const;
  void ask_for_decode(Builds& builds) const;
  bool may_load_decode_later() const;
  static void wait_for(const Builds& builds);
  void wait_for_weights();
  void settle_step(plan::Plan& plan, size_t step, KernelCheck& check);
  void replace_variant(plan::Plan& plan, size_t step, const std::string& fault);
  std::unique_ptr<Executor> bind(size_t plan, KernelCheck& check);
  std::vector<Joining> join_launches() const;
  void check_joined(const Joining& joining) const;
  bool knows_joined(const plan::Plan& plan) const;
  bool worth_joining() const;
  void check_call(std::span<const int32_t> ids, int64_t position, std::span<const int32_t> rows) const;
  std::span<const float> call(Executor& executor, std::span<const int32_t> ids, int64_t position,
                              std::span<const int32_t> rows);

  EngineOptions options_;
  cl::ProgramCache& cache_;
  int64_t batch_tokens_;
  Plans plans_;
  std::unique_ptr<Storage> storage_;
  Pair main_{0, nullptr, nullptr};
  Pair draft_{2, nullptr, nullptr};
  bool in_use_ = false;        ///< caches may hold tokens, which comparing joined launches would overwrite
  bool recurrent_ = false;     ///< some layers have states
  int64_t next_position_ = 0;  ///< that the states belong before; 0 when they belong nowhere
  Executor* last_main_ = nullptr;
  Executor* last_draft_ = nullptr;
  int64_t last_draft_row_ = 0;
  std::vector<float> logits_;
  std::set<std::string> warned_;  ///< of replaced variants: many steps have the same fault
};

}  // namespace clinfer::run
