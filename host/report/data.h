#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/report/comparison.h"
#include "host/report/section_data.h"
#include "host/report/statistics.h"
#include "host/run/kernel_error.h"

namespace clinfer::report {

/// What is compared.
struct Candidate {
  std::string name;
  std::string weights;                            ///< "keep" or a quant format
  std::string kv_cache;                           ///< format of the cache
  std::map<std::string, std::string> settings{};  ///< further keys of the run and their values
};

/// A block that conversion hurts most.
struct WorstBlock {
  std::string tensor;
  int64_t row = 0;  ///< of its first value; a stack of matrices counts through
  int64_t col = 0;
  int64_t rows = 0;  ///< its size
  int64_t cols = 0;
  double signal = 0;
  double noise = 0;
};

/// How many scales have which power of two: floor(log2(scale)) -> count. Zero and non-finite scales apart.
struct ScaleHistogram {
  std::map<int, int64_t> powers;
  int64_t zeros = 0;
  int64_t nonfinite = 0;

  void add(double scale);
  void add(const ScaleHistogram& other);
};

inline constexpr size_t kWorstBlocks = 5;

/// A weight matrix of the model (the experts of a layer count as one) as stored beside as converted.
struct TensorError {
  std::string name;
  std::string role;  ///< embedding, attention, mlp, router, experts, shared_experts, head
  int layer = 0;     ///< -1: embedding; the number of layers: head
  int64_t elements = 0;
  std::string stored;  ///< format in the checkpoint
  std::string held;    ///< format on the device
  int64_t held_bytes = 0;
  double signal = 0;  ///< sum of squares of the stored values
  double noise = 0;   ///< sum of squares of what conversion changes; 0: nothing
  double cosine = 1;  ///< the least of the experts'
  double max_abs_error = 0;
  double max_rel_error = 0;
  std::optional<double> clipped_share;  ///< only known where the format keeps its scales apart
  double flushed_share = 0;             ///< of values that are not 0 and become 0
  int64_t nonfinite = 0;                ///< values that are Inf or NaN before or after
  bool block_maxima = false;            ///< scales are the largest magnitudes of the blocks instead
  ScaleHistogram scales;
  std::vector<WorstBlock> worst_blocks;  ///< most noise first, at most kWorstBlocks
  int64_t output_tokens = 0;             ///< of the text, for the two below; 0: not measured
  double output_signal = 0;              ///< sum of squares of the matrix' outputs on the base's inputs
  double output_noise = 0;               ///< of what conversion changes in them

  double sqnr_db() const;  ///< infinite when nothing differs
};

/// Bytes and elements of all weights of a role, vectors (norms, biases) included.
struct RoleSize {
  int64_t elements = 0;
  int64_t bytes = 0;
};

/// A format on data of which the answer is known: SQNR in dB of Gaussian values of standard deviation 0.02,
/// and of Student's t with 4 degrees of freedom (heavy tails) of the same.
struct Theory {
  double gaussian_db = 0;
  double heavy_tailed_db = 0;
};

/// Tokens a second, one value a repetition.
struct Speed {
  int64_t prompt_tokens = 0;
  int64_t generated_tokens = 0;
  std::vector<double> prompt_rates;
  std::vector<double> generation_rates;
};

struct CandidateResult {
  Candidate candidate;
  std::vector<TensorError> tensors;
  std::map<std::string, RoleSize> sizes;  ///< by role
  double converted_sqnr_db = 0;  ///< of all converted tensors together; infinite when nothing differs
  int64_t converted = 0;         ///< matrices whose format is not the stored one
  std::optional<Theory> theory;  ///< of the format of all converted weights; none for several
  std::string verdict;           ///< theory beside measurement, in words
  int64_t device_bytes = 0;      ///< weights, cache and working memory, all devices together
  double cache_bytes_per_token = 0;
  Comparison comparison;
  std::optional<Speed> speed;
  std::optional<Propagation> propagation;
  std::vector<RoutingLayer> routing;  ///< empty without experts
  std::optional<DraftAgreement> draft;
  std::optional<Needle> needle;
  std::optional<Generation> generation;
  std::vector<std::string> gate_failures;

  int64_t weight_elements() const;
  int64_t weight_bytes() const;
  double bits_per_weight() const;
};

struct Identity {
  std::string version;
  std::string model;  ///< file or folder
  std::string family;
  int64_t parameters = 0;
  int64_t file_bytes = 0;
  std::string text;  ///< file
  std::string text_sha256;
  int64_t text_bytes = 0;
  int64_t context = 0;
  int64_t windows = 0;
  int64_t scored_tokens = 0;
  bool bos = false;
  std::vector<std::string> devices;  ///< id, name, driver
  std::string reproduce;             ///< a command line
};

struct Gate {
  double max_mean_kl = 0;  ///< 0: no limit, as in the others
  double max_ppl_ratio = 0;
  double min_top1 = 0;

  bool any() const { return max_mean_kl > 0 || max_ppl_ratio > 0 || min_top1 > 0; }
};

struct Report {
  Identity identity;
  Gate gate;
  Candidate base;
  Perplexity base_perplexity;
  double base_tail_mass = 0;  ///< mean probability outside the kept logits
  std::vector<CandidateResult> candidates;
  std::map<std::string, RoleSize> base_sizes;
  std::optional<DraftAgreement> base_draft;
  std::optional<Needle> base_needle;
  std::vector<ActivationError> activations;
  std::vector<ActivationShape> activation_shapes;
  std::vector<RunAgreement> agreements;
  std::vector<run::KernelError> kernel_errors;
  std::vector<Conformance> conformance;
  std::optional<Attribution> attribution;
  std::string previous;  ///< file that history is about
  std::vector<HistoryRow> history;
  std::vector<std::string> absent;   ///< a line for each section that this run cannot have
  std::vector<std::string> kernels;  ///< variants that ran, sorted
  std::optional<size_t> knee;        ///< of the front of bytes and KL
  std::optional<size_t> winner;      ///< the smallest that passes the gate, or the knee without one
};

}  // namespace clinfer::report
