#include "host/cli/scored_text.h"

#include <algorithm>

#include "graph/models/models.h"
#include "host/cli/model_text.h"
#include "host/cli/prompt.h"
#include "host/cli/source.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

std::optional<int32_t> leading_bos(const text::Tokenizer& tokenizer) {
  const std::vector<int32_t> frame = tokenizer.encode("", {.add_special = true});
  if (frame.empty() || !tokenizer.bos_id() || frame.front() != *tokenizer.bos_id()) return std::nullopt;
  return tokenizer.bos_id();
}

void check_ids(const std::vector<int32_t>& ids, int64_t vocab) {
  for (const int32_t id : ids) {
    if (id < vocab) continue;
    throw Error(Fault::model, "the tokenizer gives id " + std::to_string(id) +
                                  ", the model's vocabulary has " + std::to_string(vocab));
  }
}

}  // namespace

report::Windows scored_text(const config::RunConfig& config, const io::Checkpoint& checkpoint) {
  if (config.eval.text.empty()) throw Error(Fault::usage, "eval.text: expected a text file, got nothing");
  check_length("eval.context: a window", static_cast<size_t>(config.eval.context),
               context_of(config, checkpoint));
  const std::string text = read_text(config.eval.text);
  const text::Tokenizer tokenizer = load_tokenizer(checkpoint, config.model.tokenizer);
  const std::optional<int32_t> bos = leading_bos(tokenizer);
  std::vector<int32_t> ids = tokenizer.encode(text, {.parse_special = false});
  if (bos) ids.insert(ids.begin(), *bos);
  check_ids(ids, graph::build_model(checkpoint.config()).vocab_size);
  report::Windows windows = report::cut_windows(ids, config.eval.context, config.eval.chunks, bos);
  report::describe_text(windows, [&](int32_t id) { return tokenizer.token_bytes(id); });
  return windows;
}

void fit_windows(const report::Windows& windows, config::RunConfig& config) {
  config.kv_cache.max_context = windows.context;
  config.runtime.batch_tokens = std::min(config.runtime.batch_tokens, windows.context);
  config.speculative.method = config::SpeculativeMethod::none;
}

}  // namespace clinfer::cli
