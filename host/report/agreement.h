#pragma once

#include <vector>

#include "host/report/section_data.h"
#include "host/report/windows.h"
#include "host/run/engine.h"

namespace clinfer::report {

/// All logits of some rows of the text.
struct LogitRows {
  size_t vocab = 0;
  std::vector<float> values;  ///< [rows, vocab]
};

/// The last rows of the text's first window, computed in calls of at most `call_tokens`: small ones take the
/// kernels of decoding.
LogitRows some_rows(run::Engine& engine, const Windows& windows, int64_t call_tokens);

/// Throws Error(Fault::run) unless both have the same rows.
RunAgreement compare_rows(const std::string& what, const LogitRows& a, const LogitRows& b);

}  // namespace clinfer::report
