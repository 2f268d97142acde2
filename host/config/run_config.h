#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace clinfer::config {

struct ModelConfig {
  std::string path;  ///< a checkpoint folder or a .gguf file; required
  std::string
      tokenizer;  ///< folder or tokenizer.json to use instead of the checkpoint's own; "" = the checkpoint's
  int64_t layers = 0;  ///< taken from the first on, with weights.dummy; 0 = all
};

/// Which part of a model a placement rule speaks of.
enum class LayerPart { all, range, embedding, head };

/// Decoder layers first..last, both inclusive and counted from 0; meaningful for LayerPart::range only.
struct LayerSpan {
  LayerPart part = LayerPart::all;
  int64_t first = 0;
  int64_t last = 0;
  bool operator==(const LayerSpan&) const = default;
};

/// The first rule whose span holds a layer decides where it runs.
struct PlacementRule {
  LayerSpan layers;
  std::string device;  ///< a device selector
};

/// The first rule that aims at a matrix and whose layers hold it decides.
struct QuantizeRule {
  std::vector<std::string> targets;  ///< roles, names of tensors or patterns with * and ?
  LayerSpan layers;
  std::string format = "keep";  ///< a quant::Format's name
  std::string scale;            ///< words of quant::EncodeOptions; "" = the format's default
};

struct WeightsConfig {
  std::string format =
      "keep";  ///< "keep", or the name of the quant::Format that matrices are turned into at load
  std::vector<std::string> ignore;  ///< as QuantizeRule::targets; they stay as stored
  std::vector<QuantizeRule> rules;  ///< before `format`
  std::string importance;           ///< a file of `eval --statistics` that weights encoding; "" = none
  bool dummy = false;               ///< made up on the device; model.path is then a config.json
};

struct ActivationsConfig {
  std::string format = "keep";  ///< what linear layers with quantised weights read; "keep" = floats
};

struct KvCacheConfig {
  std::string format = "f32";  ///< the name of a quant::CacheFormat
  int64_t max_context = 0;     ///< tokens, 0..2^24; 0 = what the model was trained for
  int64_t window = 0;          ///< last tokens that full attention sees; 0 = all
  int64_t first_rows = 4;      ///< first tokens that it sees beside a window
};

struct Message {
  std::string role;  ///< system, user, assistant or tool
  std::string content;
};

/// How tokens are chosen. The filters apply in the order top_k, top_p, min_p.
struct GenerateConfig {
  int64_t max_tokens = 256;        ///< new tokens, 0..2^24
  double temperature = 0;          ///< 0..100; 0 = greedy: the most likely token
  int64_t top_k = 0;               ///< candidates kept, 0..2^31-1; 0 = all
  double top_p = 1;                ///< probability mass kept, (0, 1]; 1 = all
  double min_p = 0;                ///< least probability as a fraction of the largest, [0, 1]; 0 = off
  double repetition_penalty = 1;   ///< divides positive and multiplies negative logits, (0, 100]; 1 = off
  int64_t repetition_window = 64;  ///< last tokens that are penalised, 0..2^24; 0 = the whole context
  uint64_t seed = 0;               ///< of the sampler; equal seeds give equal text
  std::vector<std::string> stop;   ///< at most 16 strings of 1..1024 bytes that end the text
  bool ignore_eos = false;         ///< go on to max_tokens after an end-of-text token
};

enum class SpeculativeMethod { none, mtp };

struct SpeculativeConfig {
  SpeculativeMethod method = SpeculativeMethod::none;
  int64_t draft_tokens = 1;  ///< tokens drafted per step, 1..8
};

struct RuntimeConfig {
  int64_t batch_tokens = 512;       ///< prompt tokens per prefill step, 1..65536
  int64_t memory_limit = 0;         ///< bytes this run may hold on each device; 0 = what the device has
  std::string kernel_cache = "on";  ///< "on" (the user's cache folder), "off", or a folder
  bool join_launches = true;        ///< run a large model's kernels of a token in one launch
  std::string tuning = "auto";      ///< kernels' constants: "auto", "none", or a file of `clinfer tune`
  bool verify_kernels = true;       ///< ask every chosen kernel a small known question before it is trusted
  std::map<std::string, std::string> force_variant;  ///< op name -> kernel variant that must be used for it
};

enum class LogLevel { error, warn, info, debug, trace };
enum class LogFormat { text, json };

struct LogConfig {
  LogLevel level = LogLevel::info;
  std::string file;  ///< "" = standard error
  LogFormat format = LogFormat::text;
};

/// Each length is measured at each depth.
struct BenchConfig {
  std::vector<int64_t> prompt_tokens = {512};    ///< rows ppN: tokens, 1..2^20
  std::vector<int64_t> generate_tokens = {128};  ///< rows tgN: tokens, 1..2^20
  std::vector<int64_t> depths = {0};             ///< tokens already in the cache, 0..2^24
  int64_t repetitions = 5;                       ///< 1..1000
};

/// The text that `clinfer eval` and `clinfer report` score.
struct EvalConfig {
  std::string text;       ///< a text file
  int64_t context = 512;  ///< tokens of a window, 4..2^20; its second half is scored
  int64_t chunks = 0;     ///< windows taken from the text's start, 0..2^24; 0 = all
};

/// A configuration that is compared: the base with some keys changed.
struct ReportCandidate {
  std::string name;                        ///< "" = made of what is changed
  std::string weights;                     ///< weights.format; "" = the base's, keep in the base itself
  std::string kv_cache;                    ///< kv_cache.format; "" = the base's, f32 in the base itself
  std::map<std::string, std::string> set;  ///< any further keys, values as --set takes them
};

/// Limits of every candidate; 0 = none.
struct ReportGate {
  double max_mean_kl = 0;    ///< nats, 0..1000
  double max_ppl_ratio = 0;  ///< to the base's, 0..1000
  double min_top1 = 0;       ///< share of tokens with the base's most likely token, [0, 1]
};

struct ReportConfig {
  std::string output;    ///< folder that is made when it is not there; "" = report, in the current folder
  ReportCandidate base;  ///< what the others are compared with
  std::vector<ReportCandidate> candidates;
  ReportGate gate;
  int64_t repetitions = 3;            ///< of each speed measurement, 0..1000; 0 = none
  std::vector<std::string> sections;  ///< optional parts, report::section_names(); empty = all
  std::string attribute;              ///< name of the candidate whose loss is taken apart; "" = the chosen
  std::string second_device;          ///< selector of a device to compare with; "" = any other, none = none
  std::string previous;               ///< a report.json to compare with; "" = none
};

/// What `clinfer quantize` writes.
struct QuantizeConfig {
  std::string output;               ///< a folder, or a file that ends in .gguf; neither may be there yet
  std::string layout = "auto";      ///< of a folder: "auto", "fp8" or "compressed-tensors"
  std::vector<std::string> ignore;  ///< as QuantizeRule::targets; before all rules
  std::vector<QuantizeRule> rules;
  std::string importance;  ///< as WeightsConfig::importance
};

/// Everything a run needs to know, as plain data. The members' names, ranges and texts for users stand once
/// more, and only there, in schema.cpp.
struct RunConfig {
  int64_t version = 1;  ///< of this layout; only 1
  std::string extends;  ///< the file this one builds on; empty once loaded
  ModelConfig model;
  std::string device = "gpu,cpu";        ///< device selectors in order of preference
  std::vector<PlacementRule> placement;  ///< empty = everything on `device`
  WeightsConfig weights;
  ActivationsConfig activations;
  KvCacheConfig kv_cache;
  std::string prompt;             ///< text to continue; excludes messages and system
  std::string system;             ///< content of the first message of a chat
  std::vector<Message> messages;  ///< a chat, put through the model's template
  GenerateConfig generate;
  SpeculativeConfig speculative;
  RuntimeConfig runtime;
  LogConfig log;
  BenchConfig bench;
  EvalConfig eval;
  ReportConfig report;
  QuantizeConfig quantize;
};

}  // namespace clinfer::config
