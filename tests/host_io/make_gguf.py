"""Converts small Hugging Face folders (config.json, model.safetensors) to GGUF as llama.cpp's converter would.

python3 tests/host_io/make_gguf.py FOLDER... OUT    each FOLDER becomes OUT/<its name>.gguf, in f32

Names come from the PyPI package gguf (tensor_mapping), keys from its constants; what a class's converter does to
values is below. There is no tokenizer: logits of ids are what the files are for (tests/model/test_gguf.cpp).
Made with gguf 0.17 and numpy.
"""

import json
import math
import os
import re
import sys

import gguf
import numpy as np

ARCHITECTURES = {
    "llama": "LLAMA", "mistral": "LLAMA", "mixtral": "LLAMA", "qwen2": "QWEN2", "qwen2_moe": "QWEN2MOE",
    "qwen3": "QWEN3", "qwen3_moe": "QWEN3MOE", "deepseek_v2": "DEEPSEEK2", "deepseek_v3": "DEEPSEEK2",
    "glm4_moe_lite": "DEEPSEEK2", "gemma": "GEMMA", "gemma2": "GEMMA2", "gemma3_text": "GEMMA3", "phi": "PHI2",
    "phi3": "PHI3", "phimoe": "PHIMOE", "olmo2": "OLMO2", "olmo3": "OLMO2", "olmoe": "OLMOE", "granite": "GRANITE",
    "granitemoe": "GRANITE_MOE", "cohere": "COMMAND_R", "cohere2": "COHERE2", "glm4": "GLM4", "glm4_moe": "GLM4_MOE",
    "gpt2": "GPT2", "exaone4": "EXAONE4", "ernie4_5": "ERNIE4_5", "ernie4_5_moe": "ERNIE4_5_MOE",
    "hunyuan_v1_dense": "HUNYUAN_DENSE", "hunyuan_v1_moe": "HUNYUAN_MOE", "seed_oss": "SEED_OSS",
    "smollm3": "SMOLLM3", "minimax_m2": "MINIMAXM2",
}
PERMUTED = {"llama", "mistral", "mixtral", "granite", "granitemoe", "smollm3"}
SPLIT_LATENT = {"deepseek_v3", "glm4_moe_lite"}  # deepseek_v2 in the older, whole form


def load_file(path):
    """Tensors of a .safetensors file in float32, of float32, float16 and bfloat16 ones."""
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        if entry["dtype"] == "BF16":
            x = (np.frombuffer(data[begin:end], np.uint16).astype(np.uint32) << 16).view(np.float32)
        else:
            x = np.frombuffer(data[begin:end], {"F32": np.float32, "F16": np.float16}[entry["dtype"]])
        tensors[name] = x.astype(np.float32).reshape(entry["shape"])
    return tensors


def first(config, *keys, default=None):
    return next((config[k] for k in keys if config.get(k) is not None), default)


def one(value):
    return value[0] if isinstance(value, list) else value


def head_dim(c):
    return c.get("head_dim") or first(c, "hidden_size", "n_embd") // first(c, "num_attention_heads", "n_head")


def add_keys(w, c):
    kind = c["model_type"]
    hidden, heads = first(c, "hidden_size", "n_embd"), first(c, "num_attention_heads", "n_head")
    w.add_block_count(first(c, "num_hidden_layers", "n_layer"))
    w.add_context_length(first(c, "max_position_embeddings", "n_positions"))
    w.add_embedding_length(hidden)
    w.add_feed_forward_length(one(first(c, "intermediate_size", "n_inner", default=4 * hidden)))
    w.add_head_count(heads)
    w.add_vocab_size(c["vocab_size"])
    if "num_key_value_heads" in c and kind not in SPLIT_LATENT:
        w.add_head_count_kv(c["num_key_value_heads"])
    norms_are_layer = kind in ("phi", "cohere", "cohere2", "gpt2")
    if norms_are_layer:
        w.add_layer_norm_eps(first(c, "layer_norm_eps", "layer_norm_epsilon", default=1e-5))
    else:
        w.add_layer_norm_rms_eps(c["rms_norm_eps"])
    if c.get("head_dim") and "kv_lora_rank" not in c:
        w.add_key_length(c["head_dim"])
        w.add_value_length(c["head_dim"])
    add_rope(w, c)
    add_windows(w, c)
    add_experts(w, c)
    if "kv_lora_rank" in c:
        add_latent(w, c)
    add_factors(w, c)


def add_rope(w, c):
    s = c.get("rope_scaling") or {}
    theta = c.get("rope_theta", 10000.0)
    if "alpha" in s:
        d = head_dim(c)
        theta *= s["alpha"] ** (d / (d - 2))
    w.add_rope_freq_base(theta)
    if c["model_type"] == "gemma3_text":
        w.add_float32("gemma3.rope.freq_base_swa", c["rope_local_base_freq"])
    d = c.get("qk_rope_head_dim") or c.get("rotary_dim") or int(head_dim(c) * c.get("partial_rotary_factor", 1.0))
    if c["model_type"] != "gpt2":
        w.add_rope_dimension_count(d)
    kind = s.get("rope_type", s.get("type"))
    if kind in ("linear", "yarn"):
        w.add_rope_scaling_type(gguf.RopeScalingType(kind))
        w.add_rope_scaling_factor(s["factor"])
    if kind == "yarn":
        w.add_rope_scaling_orig_ctx_len(s.get("original_max_position_embeddings", c["max_position_embeddings"]))
        for key, name in (("beta_fast", "yarn_beta_fast"), ("beta_slow", "yarn_beta_slow"),
                          ("attention_factor", "attn_factor")):
            if key in s:
                w.add_float32(f"{w.arch}.rope.scaling.{name}", s[key])
        if s.get("mscale_all_dim"):
            w.add_rope_scaling_yarn_log_mul(0.1 * s["mscale_all_dim"])
    if kind == "longrope":
        original = c.get("original_max_position_embeddings") or s["original_max_position_embeddings"]
        scale = c["max_position_embeddings"] / original
        w.add_rope_scaling_orig_ctx_len(original)
        w.add_rope_scaling_attn_factors(math.sqrt(1 + math.log(scale) / math.log(original)) if scale > 1 else 1.0)
        for which in ("long", "short"):
            w.add_tensor(f"rope_factors_{which}.weight", np.array(s[f"{which}_factor"], np.float32))
    elif c["model_type"] in ("phi3", "phimoe"):
        w.add_rope_scaling_orig_ctx_len(c.get("original_max_position_embeddings", c["max_position_embeddings"]))
    if kind == "llama3":
        w.add_tensor("rope_freqs.weight", llama3_factors(theta, head_dim(c), s))


def llama3_factors(theta, d, s):
    original, low, high, factor = (s["original_max_position_embeddings"], s["low_freq_factor"],
                                   s["high_freq_factor"], s["factor"])
    factors = []
    for i in range(0, d, 2):
        turns = original / (2 * math.pi * theta ** (i / d))
        smooth = min(1.0, max(0.0, (turns - low) / (high - low)))
        factors.append(1 / ((1 - smooth) / factor + smooth))
    return np.array(factors, np.float32)


def add_windows(w, c):
    kind = c["model_type"]
    window = c.get("sliding_window")
    if kind == "phi3":
        w.add_sliding_window(window or 0)
    elif window is not None and kind in ("gemma2", "gemma3_text", "cohere2", "exaone4", "olmo3", "mistral"):
        w.add_sliding_window(window)
        if "layer_types" in c:
            w.add_sliding_window_pattern([t == "sliding_attention" for t in c["layer_types"]])
        elif "sliding_window_pattern" in c:
            w.add_sliding_window_pattern(c["sliding_window_pattern"])


def add_experts(w, c):
    experts = first(c, "num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts")
    if not experts:
        return
    kind = c["model_type"]
    w.add_expert_count(experts)
    w.add_expert_used_count(one(first(c, "num_experts_per_tok", "moe_topk", "moe_k")))
    if first(c, "moe_intermediate_size"):
        w.add_expert_feed_forward_length(one(c["moe_intermediate_size"]))
    shared = one(first(c, "n_shared_experts", "moe_num_shared_experts", "num_shared_expert", default=0))
    if shared:
        w.add_expert_shared_count(shared)
    if c.get("shared_expert_intermediate_size"):
        w.add_expert_shared_feed_forward_length(c["shared_expert_intermediate_size"])
    if "routed_scaling_factor" in c:
        w.add_expert_weights_scale(float(c["routed_scaling_factor"]))
    if kind in ("deepseek_v2", "deepseek_v3", "glm4_moe", "glm4_moe_lite", "qwen3_moe"):
        w.add_expert_weights_norm(bool(c.get("norm_topk_prob", kind != "deepseek_v2")))
    sigmoid = kind in ("deepseek_v3", "glm4_moe", "glm4_moe_lite", "minimax_m2")
    w.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID if sigmoid else gguf.ExpertGatingFuncType.SOFTMAX)
    if c.get("n_group"):
        w.add_expert_group_count(c["n_group"])
        w.add_expert_group_used_count(c["topk_group"])
    dense = first(c, "first_k_dense_replace", "moe_layer_start_index")
    if "mlp_layer_types" in c:
        dense = c["mlp_layer_types"].index("sparse")
    if dense is not None:
        w.add_leading_dense_block_count(dense)
    if "moe_layer_interval" in c:
        w.add_interleave_moe_layer_step(c["moe_layer_interval"])


def add_latent(w, c):
    if c.get("q_lora_rank"):
        w.add_q_lora_rank(c["q_lora_rank"])
    w.add_kv_lora_rank(c["kv_lora_rank"])
    key, value = c["qk_nope_head_dim"] + c["qk_rope_head_dim"], c["v_head_dim"]
    if c["model_type"] not in SPLIT_LATENT:
        w.add_key_length(key)
        w.add_value_length(value)
        return
    w.add_head_count_kv(1)
    w.add_key_length(c["kv_lora_rank"] + c["qk_rope_head_dim"])
    w.add_value_length(c["kv_lora_rank"])
    w.add_key_length_mla(key)
    w.add_value_length_mla(value)


def add_factors(w, c):
    for key, add in (("attention_multiplier", w.add_attention_scale), ("embedding_multiplier", w.add_embedding_scale),
                     ("residual_multiplier", w.add_residual_scale), ("logits_scaling", w.add_logit_scale),
                     ("logit_scale", w.add_logit_scale), ("attn_logit_softcapping", w.add_attn_logit_softcapping), ("clip_qkv", w.add_clamp_kqv),
                     ("final_logit_softcapping", w.add_final_logit_softcapping)):
        if c.get(key) is not None:
            add(c[key])


def permute(x, heads):
    return x.reshape(heads, 2, x.shape[0] // heads // 2, *x.shape[1:]).swapaxes(1, 2).reshape(x.shape)


def stacked(tensors):
    """Tensors with the experts of a layer joined under the name without their number."""
    joined, rest = {}, {}
    for name, x in tensors.items():
        match = re.match(r"(.*\.experts)\.(\d+)\.(.*)", name)
        if match:
            joined.setdefault(f"{match[1]}.{match[3]}", {})[int(match[2])] = x
        else:
            rest[name] = x
    return rest | {name: np.stack([parts[i] for i in sorted(parts)]) for name, parts in joined.items()}


def changed(name, x, c):
    """What the converter of the class makes of one tensor: (name, values) pairs."""
    kind = c["model_type"]
    if kind in PERMUTED and re.search(r"\.[qk]_proj\.(weight|bias)$", name):
        x = permute(x, c["num_attention_heads" if "q_proj" in name else "num_key_value_heads"])
    if kind.startswith("gemma") and name.endswith("norm.weight"):
        x = x + 1
        scalar = c.get("query_pre_attn_scalar")
        if scalar and name.endswith("q_norm.weight"):  # the files have no key for the scale
            x = x * math.sqrt(head_dim(c) / scalar)
    if kind == "gpt2" and re.search(r"\.(c_attn|c_proj|c_fc)\.weight$", name):
        x = x.T
    if kind == "granitemoe" and name.endswith("input_linear.weight"):
        gate, up = np.split(x, 2, axis=1)
        return [(name.replace("input_linear.weight", "experts.w1.weight"), gate),
                (name.replace("input_linear.weight", "experts.w3.weight"), up)]
    if kind == "granitemoe":
        name = name.replace("output_linear", "experts.w2").replace("router.layer", "gate")
    if kind in SPLIT_LATENT and name.endswith("kv_b_proj.weight"):
        heads = c["num_attention_heads"]
        parts = x.reshape(heads, c["qk_nope_head_dim"] + c["v_head_dim"], -1)
        keys, values = np.split(parts, [c["qk_nope_head_dim"]], axis=1)
        return [(name.replace("kv_b_proj", "k_b_proj"), keys.transpose(0, 2, 1)),
                (name.replace("kv_b_proj", "v_b_proj"), values)]
    return [(name, x)]


def stored_name(mapping, name, kind):
    if name.endswith("e_score_correction_bias"):
        layer = re.search(r"layers\.(\d+)\.", name)[1]
        return f"blk.{layer}.exp_probs_b.bias"
    if kind == "gemma2" or kind == "gemma3_text":  # pre_feedforward_layernorm is ffn_norm
        name = name.replace("post_attention_layernorm", "post_attention_norm")
        layer = re.search(r"layers\.(\d+)\.", name)
        if layer and "post_attention_norm" in name:
            return f"blk.{layer[1]}.post_attention_norm.weight"
    found = mapping.get_name(name, try_suffixes=(".weight", ".bias"))
    if found is None:
        raise SystemExit(f"{kind}: no GGUF name for {name}")
    return found


def convert(folder, out):
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        c = json.load(file)
    kind = c["model_type"]
    if kind not in ARCHITECTURES:
        print(f"{os.path.basename(folder)}: {kind} has no architecture here")
        return
    if kind.startswith("qwen") and (c.get("use_sliding_window") or c.get("mlp_only_layers")):
        print(f"{os.path.basename(folder)}: the architecture has no sliding windows and no dense layers")
        return
    architecture = getattr(gguf.MODEL_ARCH, ARCHITECTURES[kind])
    layers = first(c, "num_hidden_layers", "n_layer")
    mapping = gguf.get_tensor_name_map(architecture, layers)
    path = os.path.join(out, os.path.basename(folder) + ".gguf")
    w = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[architecture])
    add_keys(w, c)
    tensors = {}
    for name in sorted(os.listdir(folder)):
        if re.fullmatch(r"model.*\.safetensors", name):
            tensors |= load_file(os.path.join(folder, name))
    for name, x in stacked(tensors).items():
        layer = re.search(r"layers\.(\d+)\.", name)
        tied_copy = name == "lm_head.weight" and c.get("tie_word_embeddings", kind in ("gemma", "gpt2"))
        if tied_copy or (layer and int(layer[1]) >= layers) or name.endswith(("rotary_emb.inv_freq", ".attn.bias")):
            continue
        for changed_name, values in changed(name, x, c):
            w.add_tensor(stored_name(mapping, changed_name, kind), np.ascontiguousarray(values))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def main():
    *folders, out = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    for folder in folders:
        convert(folder.rstrip("/"), out)


if __name__ == "__main__":
    main()
