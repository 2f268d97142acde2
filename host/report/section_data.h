#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/report/statistics.h"

namespace clinfer::report {

/// 10 log10(signal / noise), infinite without noise.
double sqnr_db(double signal, double noise);

/// The residual stream behind a layer, the candidate's beside the base's on the same tokens.
struct LayerError {
  int layer = 0;  ///< -1: behind the embedding
  double signal = 0;
  double noise = 0;

  double db() const { return sqnr_db(signal, noise); }
};

struct Propagation {
  int64_t tokens = 0;
  std::vector<LayerError> layers;
  std::optional<double> slope_db;  ///< decibels a layer, least squares; none below two layers that differ
};

/// The choice of experts in one layer.
struct RoutingLayer {
  int layer = 0;
  Estimate changed;     ///< share of tokens whose set of experts is another one
  Estimate kept;        ///< share of a token's experts that stay
  Estimate gate_error;  ///< sum over the experts of |weight - base's weight|, over the sum of the base's
};

/// Share of tokens where the draft module proposes what the model itself then holds most likely.
struct DraftAgreement {
  Estimate same;
};

/// A string planted at a depth of the context and begun again at its end: the tokens that must follow.
struct NeedleDepth {
  double depth = 0;     ///< 0: the start of the context, 1: right before the question
  Estimate nll;         ///< -log p of the needle's tokens, nats
  Estimate difference;  ///< to the base's, paired
  Estimate kl;          ///< from the base on those rows
  Estimate found;       ///< share of the tokens that are the most likely ones
};

struct Needle {
  int64_t context = 0;
  Estimate absent;  ///< -log p of the same tokens where nothing was planted
  std::vector<NeedleDepth> depths;
};

/// Greedy texts beside the base's.
struct Generation {
  int64_t length = 0;                      ///< tokens of a text
  std::vector<int64_t> first_differences;  ///< one a prompt; length: none
  double median = 0;
  Estimate identical;  ///< share of texts without a difference
  Estimate margin;     ///< the base's margin where they part, nats: small ones are ties
};

/// Two runs of the same rows.
struct RunAgreement {
  std::string what;
  int64_t rows = 0;
  int64_t identical_rows = 0;  ///< all logits have the same bits
  double max_abs = 0;          ///< of the logits
  Estimate kl;
  Estimate top1;
};

/// What a format would do to the inputs of the matrix products of a role.
struct ActivationError {
  std::string role;
  std::string format;
  int64_t elements = 0;
  double signal = 0;
  double noise = 0;
};

/// Shape of those inputs.
struct ActivationShape {
  std::string role;
  int64_t elements = 0;
  double outlier_channel = 0;  ///< largest RMS of a column over the median one, the worst matrix
  double kurtosis = 0;         ///< of the values of all matrices, 3 for Gaussian ones
};

/// A format's decoder on a device beside the host's.
struct Conformance {
  std::string device;
  std::string format;
  int64_t values = 0;
  int64_t mismatches = 0;
  std::string fault;  ///< why nothing could be compared
};

/// One class of what a candidate changes.
struct AttributedPart {
  std::string name;  ///< a role, "kv cache" or "activations"
  Estimate alone;    ///< KL when only this is changed
  double rest = 0;   ///< KL when all but this is changed
  int64_t bytes_saved = 0;

  /// KL that leaving this part as it is takes away, over the bytes that costs; 0 where it saves none.
  double loss_per_mebibyte() const;
};

struct Attribution {
  std::string candidate;
  double whole = 0;  ///< KL of the candidate
  std::vector<AttributedPart> parts;

  double sum() const;  ///< of the parts alone: near `whole` when losses add
};

/// A candidate then and now.
struct HistoryRow {
  std::string name;
  std::string figure;
  double before = 0;
  double now = 0;
};

}  // namespace clinfer::report
