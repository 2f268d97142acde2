#pragma once

#include "host/config/run_config.h"
#include "host/io/checkpoint.h"
#include "host/report/windows.h"

namespace clinfer::cli {

/// The windows that `eval:` names, in llama-perplexity's convention: the whole text is tokenised at once,
/// special tokens written in it are plain text, and where the model's tokenizer puts a BOS token before texts
/// it stands first in every window. Throws Error(Fault::usage) without a text, when it does not fill a
/// window, and when a window is longer than the model's context.
report::Windows scored_text(const config::RunConfig& config, const io::Checkpoint& checkpoint);

/// A context of one window, and calls no longer than that; the model alone runs.
void fit_windows(const report::Windows& windows, config::RunConfig& config);

}  // namespace clinfer::cli
