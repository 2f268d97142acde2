#include "host/config/schema.h"

#include "host/config/compound.h"
#include "host/config/layer_span.h"
#include "host/config/scalar.h"
#include "quant/cache_format.h"

namespace clinfer::config {
namespace {

constexpr int64_t kMaxTokens = int64_t{1} << 24;
constexpr int64_t kMaxInt32 = (int64_t{1} << 31) - 1;
constexpr size_t kMaxText = size_t{1} << 20;

TypePtr<std::string> selector() {
  return text("a device selector", 1, 1024);
}

TypePtr<ModelConfig> model() {
  return record<ModelConfig>(
      "a map", {
                   field("path", &ModelConfig::path, path("a checkpoint folder or a .gguf file", true),
                         "The checkpoint: a Hugging Face folder or a GGUF file. Required."),
                   field("tokenizer", &ModelConfig::tokenizer, path("a folder or a tokenizer file", true),
                         "Tokenizer to use instead of the checkpoint's own."),
                   field("layers", &ModelConfig::layers, integer(0, 65536),
                         "Layers that are taken, from the first on; 0 = all. For weights.dummy only."),
               });
}

TypePtr<PlacementRule> placement_rule() {
  return record<PlacementRule>(
      "a rule", {
                    field("layers", &PlacementRule::layers, layer_span(),
                          "What the rule speaks of; layers count from 0, ranges include both ends.", true),
                    field("device", &PlacementRule::device, selector(), "Where that part runs.", true),
                });
}

TypePtr<QuantizeRule> quantize_rule() {
  using R = QuantizeRule;
  return record<R>(
      "a rule",
      {
          field("targets", &R::targets, list(text("a role or a pattern", 1, 1024), 256),
                "Matrices it speaks of: attention, mlp, experts, shared_experts, linear (all of these), "
                "router, embedding, head, or names with * and ?.",
                true),
          field("layers", &R::layers, layer_span(), "Where; layers count from 0, ranges include both ends."),
          field("format", &R::format, name("keep or the name of a weight format"), "Format that they get."),
          field("scale", &R::scale, text("scale options", 0, 100),
                "Words of its scale options (clinfer codec --list); empty = the format's default."),
      });
}

TypePtr<WeightsConfig> weights() {
  using W = WeightsConfig;
  return record<W>(
      "a map", {
                   field("format", &W::format, name("keep or the name of a weight format"),
                         "Format that weight matrices are turned into at load; keep = as stored."),
                   field("ignore", &W::ignore, list(text("a role or a pattern", 1, 1024), 256),
                         "Matrices that stay as stored, whatever rules and format say."),
                   field("rules", &W::rules, list(quantize_rule(), 256),
                         "As quantize.rules, at load; format is for matrices that no rule fits."),
                   field("importance", &W::importance, path("a file", true),
                         "File of clinfer eval --statistics; errors of columns that are multiplied with "
                         "large values then "
                         "weigh more where matrices are encoded at load."),
                   field("dummy", &W::dummy, boolean(),
                         "Make up random weights on the device, for measuring: model.path is a config.json "
                         "(configs/architectures), of which no weights are needed."),
               });
}

TypePtr<std::string> cache_format() {
  std::vector<std::string> names;
  for (const quant::CacheFormat& format : quant::cache_formats()) names.emplace_back(format.name);
  return word(std::move(names));
}

TypePtr<ActivationsConfig> activations() {
  return record<ActivationsConfig>(
      "a map",
      {
          field("format", &ActivationsConfig::format,
                word({"keep", "bf16", "fp8_e4m3_1x128", "int8_g32", "mxint8"}),
                "Format that the inputs of linear layers with quantised weights are rounded to, block "
                "by block of each token; bf16: of all but those with f32 weights; keep = floats."),
      });
}

TypePtr<KvCacheConfig> kv_cache() {
  return record<KvCacheConfig>(
      "a map",
      {
          field("format", &KvCacheConfig::format, cache_format(), "How cached keys and values are held."),
          field(
              "max_context", &KvCacheConfig::max_context, integer(0, kMaxTokens),
              "Tokens of prompt and answer that the cache has room for; 0 = what the model was trained for."),
          field(
              "window", &KvCacheConfig::window, integer(0, kMaxTokens),
              "Last tokens that full attention sees and the cache keeps: a text may then be longer than what "
              "the model was trained for (StreamingLLM); 0 = all."),
          field("first_rows", &KvCacheConfig::first_rows, integer(0, kMaxTokens),
                "First tokens of the text that are kept beside a window."),
      });
}

TypePtr<Message> message() {
  return record<Message>(
      "a message",
      {
          field("role", &Message::role, word({"system", "user", "assistant", "tool"}), "Who speaks.", true),
          field("content", &Message::content, text("text", 0, kMaxText), "What is said.", true),
      });
}

TypePtr<GenerateConfig> generate() {
  using G = GenerateConfig;
  return record<G>(
      "a map",
      {
          field("max_tokens", &G::max_tokens, integer(0, kMaxTokens), "Most tokens to generate."),
          field("temperature", &G::temperature, number(0, 100),
                "Divides the logits before sampling; 0 = greedy, always the most likely token."),
          field("top_k", &G::top_k, integer(0, kMaxInt32), "Keep only the k most likely tokens; 0 = all."),
          field("top_p", &G::top_p, number(0, 1, true),
                "Keep the most likely tokens until their probabilities add up to this; 1 = all."),
          field("min_p", &G::min_p, number(0, 1),
                "Drop tokens less likely than this fraction of the most likely one; 0 = none."),
          field("repetition_penalty", &G::repetition_penalty, number(0, 100, true),
                "Makes tokens of the recent text less likely; 1 = off."),
          field("repetition_window", &G::repetition_window, integer(0, kMaxTokens),
                "How many of the last tokens the penalty looks at; 0 = all."),
          field("seed", &G::seed, unsigned_integer(), "Seed of the sampler; equal seeds give equal text."),
          field("stop", &G::stop, list(text("a string", 1, 1024), 16), "Strings that end the text."),
          field("ignore_eos", &G::ignore_eos, boolean(), "Go on to max_tokens after an end-of-text token."),
      });
}

TypePtr<SpeculativeConfig> speculative() {
  using S = SpeculativeConfig;
  return record<S>("a map",
                   {
                       field("method", &S::method,
                             choice<SpeculativeMethod>(
                                 {{"none", SpeculativeMethod::none}, {"mtp", SpeculativeMethod::mtp}}),
                             "Who drafts tokens: mtp = the model's own multi-token prediction layer."),
                       field("draft_tokens", &S::draft_tokens, integer(1, 8), "Tokens drafted per step."),
                   });
}

TypePtr<RuntimeConfig> runtime() {
  using R = RuntimeConfig;
  return record<R>(
      "a map",
      {
          field("batch_tokens", &R::batch_tokens, integer(1, 65536), "Prompt tokens computed in one step."),
          field("memory_limit", &R::memory_limit, size(),
                "Most bytes to use on each device, as 8GiB; 0 = what it has."),
          field("kernel_cache", &R::kernel_cache, path("on, off or a folder", false, {"on", "off"}),
                "Keep built kernels on disk: on = in the user's cache folder."),
          field("join_launches", &R::join_launches, boolean(),
                "On CPUs and Hopper GPUs, run the kernels of a generated token in one launch (from 32 MiB "
                "of weights and caches)."),
          field(
              "tuning", &R::tuning, path("auto, none or a file", false, {"auto", "none"}),
              "Constants of kernels measured on the device: auto = the user's file (clinfer tune), else one "
              "that was shipped, else none."),
          field("verify_kernels", &R::verify_kernels, boolean(),
                "Ask every chosen kernel a small known question before it is trusted."),
          field("force_variant", &R::force_variant, map(name("the name of a kernel variant", true)),
                "Kernel variant that must be used, by op."),
      });
}

TypePtr<LogConfig> log() {
  using L = LogLevel;
  return record<LogConfig>(
      "a map", {
                   field("level", &LogConfig::level,
                         choice<LogLevel>({{"error", L::error},
                                           {"warn", L::warn},
                                           {"info", L::info},
                                           {"debug", L::debug},
                                           {"trace", L::trace}}),
                         "Least important messages that are logged."),
                   field("file", &LogConfig::file, path("a file", true), "Log file; empty = standard error."),
                   field("format", &LogConfig::format,
                         choice<LogFormat>({{"text", LogFormat::text}, {"json", LogFormat::json}}),
                         "Text for people, or one JSON object per line."),
               });
}

TypePtr<BenchConfig> bench() {
  using B = BenchConfig;
  const auto lengths = list(integer(1, 1 << 20), 64);
  return record<B>(
      "a map",
      {
          field("prompt_tokens", &B::prompt_tokens, lengths, "Prompt lengths to measure (ppN)."),
          field("generate_tokens", &B::generate_tokens, lengths, "Generation lengths (tgN)."),
          field("depths", &B::depths, list(integer(0, kMaxTokens), 64), "Tokens already in the cache (@N)."),
          field("repetitions", &B::repetitions, integer(1, 1000), "Times each is measured."),
      });
}

TypePtr<EvalConfig> eval() {
  using E = EvalConfig;
  return record<E>(
      "a map",
      {
          field("text", &E::text, path("a text file", true), "Text that is scored."),
          field("context", &E::context, integer(4, 1 << 20),
                "Tokens of a window; windows do not overlap and the second half of each is scored."),
          field("chunks", &E::chunks, integer(0, kMaxTokens), "Windows that are scored; 0 = the whole text."),
      });
}

TypePtr<ReportCandidate> report_candidate() {
  using C = ReportCandidate;
  return record<C>(
      "a configuration",
      {
          field("name", &C::name, text("a name", 0, 100), "What it is called; empty = by its formats."),
          field("weights", &C::weights, text("keep or the name of a weight format", 0, 100),
                "As weights.format; by default the base's, keep in the base."),
          field("kv_cache", &C::kv_cache, text("the name of a cache format", 0, 100),
                "As kv_cache.format; by default the base's, f32 in the base."),
          field("set", &C::set, map(setting()), "Further keys of a run, by full name, with their values."),
      });
}

TypePtr<ReportGate> report_gate() {
  using G = ReportGate;
  return record<G>("a map", {
                                field("max_mean_kl", &G::max_mean_kl, number(0, 1000),
                                      "Most KL divergence from the base, mean in nats; 0 = any."),
                                field("max_ppl_ratio", &G::max_ppl_ratio, number(0, 1000),
                                      "Most perplexity, as a multiple of the base's; 0 = any."),
                                field("min_top1", &G::min_top1, number(0, 1),
                                      "Least share of tokens with the base's most likely token; 0 = any."),
                            });
}

TypePtr<ReportConfig> report() {
  using R = ReportConfig;
  return record<R>(
      "a map",
      {
          field("output", &R::output, path("a folder", true),
                "Folder of the report, made when missing; empty = report, in the current folder."),
          field("base", &R::base, report_candidate(), "What the candidates are compared with."),
          field("candidates", &R::candidates, list(report_candidate(), 64), "Configurations to compare."),
          field("gate", &R::gate, report_gate(), "Limits; a candidate beyond one ends with exit code 6."),
          field("repetitions", &R::repetitions, integer(0, 1000),
                "Times that each speed is measured; 0 = not at all."),
          field(
              "sections", &R::sections, list(name("the name of a section"), 32),
              "Optional sections: propagation, routing, activations, draft, needle, generation, determinism, "
              "kernels, conformance, attribution; empty = all."),
          field("attribute", &R::attribute, text("a candidate's name", 0, 100),
                "Candidate whose loss is attributed to its parts; empty = the chosen one."),
          field("second_device", &R::second_device, text("a device selector, or none", 0, 1024),
                "Device whose logits are compared with the first one's; empty = any other, none = no one."),
          field("previous", &R::previous, path("a report.json", true),
                "An earlier report.json that this one is compared with; empty = none."),
      });
}

TypePtr<QuantizeConfig> quantize() {
  using Q = QuantizeConfig;
  return record<Q>(
      "a map", {
                   field("output", &Q::output, path("a folder or a .gguf file", true),
                         "Folder, or file whose name ends in .gguf, that is made; it must not be there yet."),
                   field("layout", &Q::layout, word({"auto", "fp8", "compressed-tensors"}),
                         "Layout of a folder's tensors; auto = fp8 where all rules say fp8_e4m3_128x128."),
                   field("ignore", &Q::ignore, list(text("a role or a pattern", 1, 1024), 256),
                         "Matrices that stay as they are, whatever the rules say."),
                   field("rules", &Q::rules, list(quantize_rule(), 256),
                         "The first rule that fits a matrix decides; one that no rule fits stays as it is."),
                   field("importance", &Q::importance, path("a file", true), "As weights.importance."),
               });
}

TypePtr<RunConfig> run() {
  using R = RunConfig;
  return record<R>(
      "a map of sections",
      {
          field("version", &R::version, integer(1, 1), "Version of this layout."),
          field("extends", &R::extends, path("a YAML file", true),
                "File that this one builds on; what stands here wins. Empty once loaded."),
          field("model", &R::model, model(), "The model."),
          field("device", &R::device, selector(), "Devices in order of preference, such as gpu,cpu or gpu0."),
          field("placement", &R::placement, list(placement_rule(), 256),
                "Where parts of the model run; the first rule that fits wins, the rest runs on device."),
          field("weights", &R::weights, weights(), "Weights."),
          field("activations", &R::activations, activations(), "What linear layers read."),
          field("kv_cache", &R::kv_cache, kv_cache(), "The cache of keys and values."),
          field("prompt", &R::prompt, text("text", 0, kMaxText),
                "Text to continue as it is; excludes system and messages."),
          field("system", &R::system, text("text", 0, kMaxText), "The first message of a chat."),
          field("messages", &R::messages, list(message(), 1024), "A chat, put through the model's template."),
          field("generate", &R::generate, generate(), "How tokens are chosen."),
          field("speculative", &R::speculative, speculative(), "Speculative decoding."),
          field("runtime", &R::runtime, runtime(), "How the run is carried out."),
          field("log", &R::log, log(), "Messages."),
          field("bench", &R::bench, bench(), "What `clinfer bench` measures."),
          field("eval", &R::eval, eval(), "The text that `clinfer eval` and `clinfer report` score."),
          field("report", &R::report, report(), "What `clinfer report` compares."),
          field("quantize", &R::quantize, quantize(), "What `clinfer quantize` writes."),
      });
}

}  // namespace

const Type<RunConfig>& run_schema() {
  static const TypePtr<RunConfig> schema = run();
  return *schema;
}

}  // namespace clinfer::config
