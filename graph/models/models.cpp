#include "graph/models/models.h"

#include <algorithm>

#include "graph/models/builders.h"
#include "graph/models/gguf_reading.h"
#include "quant/error.h"

namespace clinfer::graph {

std::span<const Family> families() {
  static const std::vector<Family> list = {
      {"llama", {"llama"}, build_llama},
      {"mistral", {"mistral"}, build_mistral},
      {"mixtral", {"mixtral"}, build_mixtral},
      {"qwen2", {"qwen2", "qwen2_vl_text", "qwen2_5_vl_text"}, build_qwen2},
      {"qwen2_moe", {"qwen2_moe"}, build_qwen2_moe},
      {"qwen3", {"qwen3", "qwen3_vl_text"}, build_qwen3},
      {"qwen3_moe", {"qwen3_moe"}, build_qwen3_moe},
      {"qwen3_next", {"qwen3_next"}, build_qwen3_next},
      {"qwen3_5", {"qwen3_5_text"}, build_qwen3_5},
      {"deepseek_v2", {"deepseek_v2"}, build_deepseek_v2},
      {"deepseek_v3", {"deepseek_v3", "kimi_k2", "glm4_moe_lite"}, build_deepseek_v3},
      {"deepseek_v32", {"deepseek_v32", "glm_moe_dsa"}, build_deepseek_v32},
      {"baichuan", {"baichuan"}, build_baichuan},
      {"bailing_moe", {"bailing_moe"}, build_bailing_moe},
      {"bailing_moe_v2", {"bailing_moe_v2"}, build_bailing_moe_v2},
      {"bloom", {"bloom"}, build_bloom},
      {"cohere", {"cohere"}, build_cohere},
      {"cohere2", {"cohere2"}, build_cohere2},
      {"ernie4_5", {"ernie4_5"}, build_ernie4_5},
      {"ernie4_5_moe", {"ernie4_5_moe"}, build_ernie4_5_moe},
      {"exaone4", {"exaone4"}, build_exaone4},
      {"gemma", {"gemma"}, build_gemma},
      {"gemma2", {"gemma2"}, build_gemma2},
      {"gemma3", {"gemma3_text"}, build_gemma3},
      {"glm", {"glm"}, build_glm},
      {"glm4", {"glm4"}, build_glm4},
      {"glm4_moe", {"glm4_moe"}, build_glm4_moe},
      {"gpt2", {"gpt2"}, build_gpt2},
      {"gpt_oss", {"gpt_oss"}, build_gpt_oss},
      {"granite", {"granite"}, build_granite},
      {"granitemoe", {"granitemoe", "granitemoeshared"}, build_granitemoe},
      {"hunyuan_dense", {"hunyuan_v1_dense"}, build_hunyuan_dense},
      {"hunyuan_moe", {"hunyuan_v1_moe", "hunyuan"}, build_hunyuan_moe},
      {"kimi_linear", {"kimi_linear"}, build_kimi_linear},
      {"minimax", {"minimax"}, build_minimax},
      {"llama4", {"llama4_text"}, build_llama4},
      {"minimax_m2", {"minimax_m2"}, build_minimax_m2},
      {"nemotron", {"nemotron"}, build_nemotron},
      {"olmo2", {"olmo2"}, build_olmo2},
      {"olmo3", {"olmo3"}, build_olmo3},
      {"olmoe", {"olmoe"}, build_olmoe},
      {"phi", {"phi"}, build_phi},
      {"phi3", {"phi3"}, build_phi3},
      {"phimoe", {"phimoe"}, build_phimoe},
      {"seed_oss", {"seed_oss"}, build_seed_oss},
      {"smollm3", {"smollm3"}, build_smollm3},
      {"step3", {"step3_text"}, build_step3},
  };
  return list;
}

Model build_model(const Meta& given, const BuildOptions& options) {
  const bool gguf = given.source() == Meta::Source::gguf;
  const Meta config = gguf ? config_of_gguf(given) : given;
  const std::string type = config.string("model_type");
  std::string known;
  for (const Family& family : families()) {
    for (std::string_view t : family.model_types) {
      if (t == type) {
        Model model = family.build(config, options);
        model.family = family.name;
        if (gguf) read_as_gguf(model, given);
        return model;
      }
      known += (known.empty() ? "" : ", ") + std::string(t);
    }
  }
  throw Error(Fault::model,
              config.file() + ": model_type \"" + type + "\" is not supported; known: " + known);
}

}  // namespace clinfer::graph
