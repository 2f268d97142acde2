#include "tests/model/trained_check.h"

#include <doctest/doctest.h>

#include <cstdio>

#include "tests/model/golden_check.h"
#include "tests/model/reference.h"
#include "tests/model/runs.h"

namespace clinfer::tests {
namespace {

constexpr double kRoutingLimit = 1e-5;

/// What one text showed.
struct Tally {
  double worst = 0;     ///< over all rows but the excused ones
  int64_t close = 0;    ///< tokens of small routing margin
  int64_t excused = 0;  ///< rows beyond the limit that may read such a token
};

/// Compares the last rows of `ours` with all rows of `theirs`. Attention carries a token's other expert to
/// all later tokens, so a row is excused when any token up to it is close to another choice.
Tally compare_rows(const graph::Array& ours, const graph::Array& theirs, const std::vector<double>& margins) {
  Tally tally;
  const int64_t skipped = ours.rows - theirs.rows;
  for (int64_t r = 0; r < ours.rows; ++r) {
    tally.close += margins[static_cast<size_t>(r)] < kRoutingLimit;
    if (r < skipped) continue;
    const double error = max_difference(ours, rows_of(theirs, r - skipped, 1), r);
    const bool excused = error > kLogitLimit && tally.close > 0;
    tally.excused += excused;
    if (!excused) tally.worst = std::max(tally.worst, error);
  }
  return tally;
}

void report(const std::string& what, const Tally& tally) {
  std::printf("  %-28s %.2e; %lld tokens of small routing margin, %lld rows excused\n", what.c_str(),
              tally.worst, static_cast<long long>(tally.close), static_cast<long long>(tally.excused));
  CHECK_MESSAGE(tally.worst <= kLogitLimit, what << ": " << tally.worst);
}

/// The logits of text `n`, whole or its tail; no rows when there are none.
graph::Array expected_logits(const Reference& reference, const std::string& n) {
  for (const std::string& name : {"logits." + n, "logits." + n + ".tail"}) {
    if (reference.has(name)) return reference.matrix(name);
  }
  return {};
}

}  // namespace

void check_trained(const std::string& folder, const graph::DeviceInfo& device, bool draft) {
  std::printf("%s on %s\n", folder.c_str(), device.id.c_str());
  const auto checkpoint = io::open(folder);
  const Reference reference(folder + "/reference.safetensors");
  Truth truth(*checkpoint, draft);
  const auto engine = make_engine(*checkpoint, float_options({device}, draft));
  for (int text = 0; text < 8; ++text) {
    const std::string n = std::to_string(text);
    if (!reference.has("input_ids." + n)) continue;
    const std::vector<int32_t> ids = reference.integers("input_ids." + n);
    const graph::Array expected = expected_logits(reference, n);
    const graph::Array truth_logits = truth.logits(ids);
    const std::vector<double> margins = truth.routing_margins();
    report("text " + n + " interpreter", compare_rows(truth_logits, expected, margins));
    for (const size_t chunk : {size_t{64}, size_t{7}, size_t{1}})
      report("text " + n + " by " + std::to_string(chunk),
             compare_rows(engine_logits(*engine, ids, chunk), expected, margins));
    if (!draft || !reference.has("mtp_logits." + n)) continue;
    const graph::Array drafted = reference.matrix("mtp_logits." + n);
    report("text " + n + " draft, interpreter", compare_rows(truth.draft_logits(ids), drafted, margins));
    report("text " + n + " draft", compare_rows(engine_draft_logits(*engine, ids), drafted, margins));
  }
}

}  // namespace clinfer::tests
