#include "host/cli/gguf_plan.h"

#include <filesystem>

#include "graph/models/gguf_architecture.h"
#include "host/cli/setup.h"
#include "host/io/gguf_metadata.h"
#include "host/text/gguf_vocab_from_json.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

constexpr int64_t kMost = UINT32_MAX;

/// All that a GGUF file says, but for what the writer says anew.
io::GgufPairs copied_pairs(const io::GgufRawValues& values) {
  io::GgufPairs pairs;
  for (const auto& [key, value] : values) {
    const bool anew = key == "general.file_type" || key == "general.quantization_version" ||
                      key == "general.alignment" || key.starts_with("split.");
    if (!anew) pairs.add_raw(key, value);
  }
  return pairs;
}

/// The hyper-parameters of a dense decoder, under the architecture's keys.
class ConfigPairs {
 public:
  ConfigPairs(const graph::Meta& config, std::string architecture, io::GgufPairs& pairs)
      : config_(config), prefix_(std::move(architecture) + "."), pairs_(pairs) {}

  void add(const graph::Model& model) {
    const int64_t heads = config_.integer("num_attention_heads", 1, kMost);
    const int64_t head_dim = config_.integer_or("head_dim", model.hidden_size / heads, 2, kMost);
    number("block_count", model.layers);
    number("context_length", model.max_positions);
    number("embedding_length", model.hidden_size);
    number("vocab_size", model.vocab_size);
    number("feed_forward_length", config_.integer("intermediate_size", 1, kMost));
    number("attention.head_count", heads);
    number("attention.head_count_kv", config_.integer_or("num_key_value_heads", heads, 1, heads));
    number("attention.key_length", head_dim);
    number("attention.value_length", head_dim);
    number("rope.dimension_count", head_dim);
    real("attention.layer_norm_rms_epsilon", config_.number("rms_norm_eps"));
    real("rope.freq_base", config_.number_or("rope_theta", 10000.0));
    if (config_.boolean_or("use_sliding_window", false))
      throw Error(Fault::usage, config_.file() + ": use_sliding_window: windows are not written to GGUF");
    add_rope_scaling(config_.object("rope_scaling"));
  }

 private:
  void number(const std::string& key, int64_t value) {
    pairs_.add(prefix_ + key, static_cast<uint32_t>(value));
  }
  void real(const std::string& key, double value) { pairs_.add(prefix_ + key, static_cast<float>(value)); }

  /// Frequencies that are scaled by a table are in rope_freqs.weight instead.
  void add_rope_scaling(const graph::Meta& scaling) {
    const std::string type = scaling.empty() ? "default" : scaling.string_or("rope_type", "default");
    if (type != "linear" && type != "yarn") return;
    pairs_.add(prefix_ + "rope.scaling.type", type);
    real("rope.scaling.factor", scaling.number("factor"));
    if (type != "yarn") return;
    number("rope.scaling.original_context_length",
           scaling.integer_or("original_max_position_embeddings",
                              config_.integer("max_position_embeddings", 1, kMost), 1, kMost));
    for (const char* key : {"attention_factor", "mscale", "mscale_all_dim"}) {
      if (scaling.has(key))
        throw Error(Fault::usage, config_.file() + ": rope_scaling." + key + " is not written to GGUF");
    }
    if (scaling.has("beta_fast")) real("rope.scaling.yarn_beta_fast", scaling.number("beta_fast"));
    if (scaling.has("beta_slow")) real("rope.scaling.yarn_beta_slow", scaling.number("beta_slow"));
  }

  const graph::Meta& config_;
  std::string prefix_;
  io::GgufPairs& pairs_;
};

void add_vocab(const text::GgufVocab& vocab, io::GgufPairs& pairs) {
  const std::string prefix = "tokenizer.ggml.";
  pairs.add(prefix + "model", vocab.model);
  pairs.add(prefix + "pre", vocab.pre);
  pairs.add(prefix + "tokens", vocab.tokens);
  pairs.add(prefix + "token_type", vocab.token_types);
  pairs.add(prefix + "merges", vocab.merges);
  const auto id = [&](const char* key, const std::optional<int32_t>& value) {
    if (value) pairs.add(prefix + key, static_cast<uint32_t>(*value));
  };
  id("bos_token_id", vocab.bos_id);
  id("eos_token_id", vocab.eos_id);
  id("eot_token_id", vocab.eot_id);
  id("unknown_token_id", vocab.unk_id);
  pairs.add(prefix + "add_bos_token", vocab.add_bos);
  pairs.add(prefix + "add_eos_token", vocab.add_eos);
  if (!vocab.chat_template.empty()) pairs.add("tokenizer.chat_template", vocab.chat_template);
}

}  // namespace

quantize::GgufPlan gguf_plan(const io::Checkpoint& checkpoint, const graph::Model& model) {
  quantize::GgufPlan plan;
  if (const io::GgufRawValues* values = io::gguf_raw_values(checkpoint)) {
    plan.pairs = copied_pairs(*values);
    return plan;
  }
  const graph::Meta& config = checkpoint.config();
  const std::string type = config.string("model_type");
  const graph::GgufArchitecture* architecture = graph::find_gguf_architecture(type);
  if (architecture == nullptr)
    throw Error(Fault::usage, config.file() + ": model_type \"" + type +
                                  "\" is not written to GGUF; known: " + graph::gguf_model_types());
  const std::string folder = std::filesystem::path(config.file()).parent_path().string();
  plan.pairs.add("general.architecture", std::string(architecture->name));
  plan.pairs.add("general.type", std::string("model"));
  plan.pairs.add("general.name", model_name(folder));
  ConfigPairs(config, std::string(architecture->name), plan.pairs).add(model);
  add_vocab(text::gguf_vocab_from_json(folder, model.vocab_size), plan.pairs);
  plan.permuted_heads = architecture->permuted_heads;
  plan.heads = config.integer("num_attention_heads", 1, kMost);
  plan.kv_heads = config.integer_or("num_key_value_heads", plan.heads, 1, plan.heads);
  plan.rope_factors = graph::gguf_rope_factors(config, model);
  return plan;
}

}  // namespace clinfer::cli
