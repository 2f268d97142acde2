#pragma once

#include "graph/models/model.h"

namespace clinfer::graph {

// What graph/models/<family>.cpp defines: a configuration becomes graphs.
Model build_baichuan(const Meta& config, const BuildOptions& options);
Model build_bailing_moe(const Meta& config, const BuildOptions& options);
Model build_bailing_moe_v2(const Meta& config, const BuildOptions& options);
Model build_bloom(const Meta& config, const BuildOptions& options);
Model build_cohere(const Meta& config, const BuildOptions& options);
Model build_cohere2(const Meta& config, const BuildOptions& options);
Model build_deepseek_v2(const Meta& config, const BuildOptions& options);
Model build_deepseek_v3(const Meta& config, const BuildOptions& options);
Model build_deepseek_v32(const Meta& config, const BuildOptions& options);
Model build_ernie4_5(const Meta& config, const BuildOptions& options);
Model build_ernie4_5_moe(const Meta& config, const BuildOptions& options);
Model build_exaone4(const Meta& config, const BuildOptions& options);
Model build_gemma(const Meta& config, const BuildOptions& options);
Model build_gemma2(const Meta& config, const BuildOptions& options);
Model build_gemma3(const Meta& config, const BuildOptions& options);
Model build_glm(const Meta& config, const BuildOptions& options);
Model build_glm4(const Meta& config, const BuildOptions& options);
Model build_glm4_moe(const Meta& config, const BuildOptions& options);
Model build_gpt2(const Meta& config, const BuildOptions& options);
Model build_gpt_oss(const Meta& config, const BuildOptions& options);
Model build_granite(const Meta& config, const BuildOptions& options);
Model build_granitemoe(const Meta& config, const BuildOptions& options);
Model build_hunyuan_dense(const Meta& config, const BuildOptions& options);
Model build_hunyuan_moe(const Meta& config, const BuildOptions& options);
Model build_kimi_linear(const Meta& config, const BuildOptions& options);
Model build_llama(const Meta& config, const BuildOptions& options);
Model build_minimax(const Meta& config, const BuildOptions& options);
Model build_llama4(const Meta& config, const BuildOptions& options);
Model build_minimax_m2(const Meta& config, const BuildOptions& options);
Model build_mistral(const Meta& config, const BuildOptions& options);
Model build_mixtral(const Meta& config, const BuildOptions& options);
Model build_nemotron(const Meta& config, const BuildOptions& options);
Model build_olmo2(const Meta& config, const BuildOptions& options);
Model build_olmo3(const Meta& config, const BuildOptions& options);
Model build_olmoe(const Meta& config, const BuildOptions& options);
Model build_phi(const Meta& config, const BuildOptions& options);
Model build_phi3(const Meta& config, const BuildOptions& options);
Model build_phimoe(const Meta& config, const BuildOptions& options);
Model build_qwen2(const Meta& config, const BuildOptions& options);
Model build_qwen2_moe(const Meta& config, const BuildOptions& options);
Model build_qwen3(const Meta& config, const BuildOptions& options);
Model build_qwen3_5(const Meta& config, const BuildOptions& options);
Model build_qwen3_moe(const Meta& config, const BuildOptions& options);
Model build_qwen3_next(const Meta& config, const BuildOptions& options);
Model build_seed_oss(const Meta& config, const BuildOptions& options);
Model build_smollm3(const Meta& config, const BuildOptions& options);
Model build_step3(const Meta& config, const BuildOptions& options);

}  // namespace clinfer::graph
