#pragma once

#include <vector>

#include "host/report/base_logits.h"
#include "host/report/section_data.h"
#include "host/report/windows.h"
#include "host/run/engine.h"

namespace clinfer::report {

/// Texts with a string of tokens planted at some depth, which ends with the string begun again. The string is
/// of tokens that the text has, in an arbitrary order, so that only the context can say how it goes on.
struct Haystack {
  double depth = -1;         ///< below 0: nothing is planted
  std::vector<int32_t> ids;  ///< [context]; its last tokens are the string
};

/// The same at each call: for each of some windows of the text one without the string and one a depth.
/// Empty when the windows are too short.
std::vector<Haystack> make_haystacks(const Windows& windows);

/// The base's rows, in the order of the haystacks; of each the tokens that must follow.
std::vector<BaseRow> run_needle_base(run::Engine& engine, const std::vector<Haystack>& haystacks);

/// The base's own figures, out of its rows.
Needle needle_of_base(const std::vector<Haystack>& haystacks, const std::vector<BaseRow>& base);

Needle run_needle(run::Engine& engine, const std::vector<Haystack>& haystacks,
                  const std::vector<BaseRow>& base);

}  // namespace clinfer::report
