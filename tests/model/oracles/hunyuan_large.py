"""Hunyuan-Large (model_type hunyuan). Facts: Tencent's modeling_hunyuan.py, and vllm's hunyuan_v1.py: layers that
cla_share_factor does not divide have no k_proj and v_proj; they read the keys and values of the layer before that has,
the keys as they are behind its rotation and before its norm, which each layer does with a weight of its own; queries are
normed behind the rotation too; softmax, top k, renormalised when k > 1; shared_mlp of num_shared_expert times
intermediate_size, added ungated; rope_scaling alpha makes the base theta * alpha^(d / (d - 2)); tied head."""
import numpy as np
from parts import (attend, causal, ends, frequencies, heads, highest, logits_of, matrix, mixture, mlp_tensors, rms,
                   rotate, scores, softmax, swiglu, vector)


def makes_keys(config, layer):
    return not config["use_cla"] or layer % config["cla_share_factor"] == 0


def tensors(config):
    hidden, inner, dim = config["hidden_size"], config["intermediate_size"], config["attention_head_dim"]
    found = ends(config, tied=True)
    for i in range(config["num_hidden_layers"]):
        p = f"model.layers.{i}"
        found += [vector(f"{p}.{name}.weight", size) for name, size in
                  (("input_layernorm", hidden), ("post_attention_layernorm", hidden),
                   ("self_attn.query_layernorm", dim), ("self_attn.key_layernorm", dim))]
        found += [matrix(f"{p}.self_attn.q_proj.weight", config["num_attention_heads"] * dim, hidden),
                  matrix(f"{p}.self_attn.o_proj.weight", hidden, config["num_attention_heads"] * dim)]
        if makes_keys(config, i):
            found += [matrix(f"{p}.self_attn.{name}_proj.weight", config["num_key_value_heads"] * dim, hidden)
                      for name in "kv"]
        found += [matrix(f"{p}.mlp.gate.wg.weight", config["num_experts"], hidden)]
        for e in range(config["num_experts"]):
            found += mlp_tensors(f"{p}.mlp.experts.{e}", hidden, inner)
        found += mlp_tensors(f"{p}.mlp.shared_mlp", hidden, inner * config["num_shared_expert"])
    return found


def attention(config, w, layer, x, shared):
    p, eps, dim = f"model.layers.{layer}.self_attn", config["rms_norm_eps"], config["attention_head_dim"]
    theta = config["rope_theta"] * config["rope_scaling"]["alpha"] ** (dim / (dim - 2))
    inv_freq = frequencies(theta, dim)
    q = rotate(heads(x @ w[f"{p}.q_proj.weight"].T, config["num_attention_heads"]), range(len(x)), inv_freq)
    if makes_keys(config, layer):
        k, v = (heads(x @ w[f"{p}.{name}_proj.weight"].T, config["num_key_value_heads"]) for name in "kv")
        shared = rotate(k, range(len(x)), inv_freq), v
    q = rms(q, w[f"{p}.query_layernorm.weight"], eps)
    k = rms(shared[0], w[f"{p}.key_layernorm.weight"], eps)
    return attend(scores(q, k) + causal(len(x)), shared[1]) @ w[f"{p}.o_proj.weight"].T, shared


def logits(config, w, ids):
    x, choices, shared = w["model.embed_tokens.weight"][ids], {}, None
    for i in range(config["num_hidden_layers"]):
        p = f"model.layers.{i}"
        y, shared = attention(config, w, i, rms(x, w[f"{p}.input_layernorm.weight"], config["rms_norm_eps"]), shared)
        x = x + y
        h = rms(x, w[f"{p}.post_attention_layernorm.weight"], config["rms_norm_eps"])
        s = softmax(h @ w[f"{p}.mlp.gate.wg.weight"].T)
        choices[i] = highest(s, config["moe_topk"])
        weights = np.take_along_axis(s, choices[i], -1)
        if config["moe_topk"] > 1:
            weights = weights / weights.sum(-1, keepdims=True)
        x = x + mixture(w, f"{p}.mlp.experts", h, choices[i], weights) + swiglu(w, f"{p}.mlp.shared_mlp", h)
    return logits_of(config, w, x, "model.embed_tokens"), choices
