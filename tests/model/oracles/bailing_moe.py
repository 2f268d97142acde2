"""Ling-lite and Ling-plus (model_type bailing_moe). Facts: inclusionAI/Ling, models/modeling_bailing_moe.py, and
vllm/model_executor/models/bailing_moe.py: LLaMA with query_key_value [q; k; v], attention.dense and
model.word_embeddings; softmax over all experts, top k, renormalised by norm_topk_prob; shared experts as one network of
their widths together, added ungated. Left out: NormHead."""
import numpy as np
from parts import (attend, causal, ends, frequencies, heads, highest, logits_of, matrix, mixture, mlp_tensors, rms,
                   rotate, scores, softmax, swiglu, vector)


def widths(config):
    dim = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    return dim, config["num_attention_heads"], config["num_key_value_heads"]


def tensors(config):
    dim, count, kv = widths(config)
    hidden, inner = config["hidden_size"], config["moe_intermediate_size"]
    found = ends(config, "model.word_embeddings")
    for i in range(config["num_hidden_layers"]):
        p = f"model.layers.{i}"
        found += [vector(f"{p}.input_layernorm.weight", hidden), vector(f"{p}.post_attention_layernorm.weight", hidden),
                  matrix(f"{p}.attention.query_key_value.weight", (count + 2 * kv) * dim, hidden),
                  matrix(f"{p}.attention.dense.weight", hidden, count * dim),
                  *attention_norms(config, f"{p}.attention", dim)]
        if i < config.get("first_k_dense_replace", 0):
            found += mlp_tensors(f"{p}.mlp", hidden, config["intermediate_size"])
            continue
        found += [matrix(f"{p}.mlp.gate.weight", config["num_experts"], hidden), *router_bias(config, f"{p}.mlp.gate")]
        for e in range(config["num_experts"]):
            found += mlp_tensors(f"{p}.mlp.experts.{e}", hidden, inner)
        found += mlp_tensors(f"{p}.mlp.shared_experts", hidden, inner * config["num_shared_experts"])
    return found


def is_v2(config):
    return config["model_type"] == "bailing_moe_v2"


def attention_norms(config, prefix, dim):
    names = ("query_layernorm", "key_layernorm") if is_v2(config) else ()
    return [vector(f"{prefix}.{name}.weight", dim) for name in names]


def router_bias(config, prefix):
    return [vector(f"{prefix}.expert_bias", config["num_experts"], 0.0)] if is_v2(config) else []


def attention(config, w, prefix, x):
    dim, count, kv = widths(config)
    qkv = x @ w[f"{prefix}.query_key_value.weight"].T
    q, k, v = np.split(qkv, [count * dim, (count + kv) * dim], -1)
    q, k, v = heads(q, count), heads(k, kv), heads(v, kv)
    if is_v2(config):
        q = rms(q, w[f"{prefix}.query_layernorm.weight"], config["rms_norm_eps"])
        k = rms(k, w[f"{prefix}.key_layernorm.weight"], config["rms_norm_eps"])
    inv_freq = frequencies(config["rope_theta"], int(dim * config.get("partial_rotary_factor", 1)))
    q, k = (rotate(y, range(len(x)), inv_freq) for y in (q, k))
    return attend(scores(q, k) + causal(len(x)), v) @ w[f"{prefix}.dense.weight"].T


def route(config, w, prefix, x):
    """Ids and weights of the chosen experts."""
    k, s = config["num_experts_per_tok"], softmax(x @ w[f"{prefix}.weight"].T)
    chosen = highest(s, k)
    weights = np.take_along_axis(s, chosen, -1)
    return chosen, weights / weights.sum(-1, keepdims=True) if config["norm_topk_prob"] else weights


def logits(config, w, ids, route=route):
    x, choices = w["model.word_embeddings.weight"][ids], {}
    for i in range(config["num_hidden_layers"]):
        p = f"model.layers.{i}"
        x = x + attention(config, w, f"{p}.attention", rms(x, w[f"{p}.input_layernorm.weight"], config["rms_norm_eps"]))
        h = rms(x, w[f"{p}.post_attention_layernorm.weight"], config["rms_norm_eps"])
        if i < config.get("first_k_dense_replace", 0):
            x = x + swiglu(w, f"{p}.mlp", h)
            continue
        choices[i], weights = route(config, w, f"{p}.mlp.gate", h)
        x = x + mixture(w, f"{p}.mlp.experts", h, choices[i], weights) + swiglu(w, f"{p}.mlp.shared_experts", h)
    return logits_of(config, w, x), choices
