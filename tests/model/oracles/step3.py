"""The text part of Step-3 (model_type step3_text). Facts: stepfun-ai/Step3 and vllm's step3_text.py: multi-matrix
factorization attention: q = wq(inter_norm(q_proj x)) with q_proj of share_q_dim rows, one key and one value head;
layers of moe_layers_enum (all but the first when absent) have a mixture under `moe` whose experts are stacked in one
tensor, softmax, top k, renormalised by norm_expert_weight, and share_expert beside it, added ungated."""
import numpy as np
from parts import (attend, causal, ends, frequencies, heads, highest, logits_of, matrix, mlp_tensors, rms, rotate,
                   scores, silu, softmax, swiglu, vector)

PARTS = ("gate_proj", "up_proj", "down_proj")


def sparse_layers(config):
    listed = config.get("moe_layers_enum")
    return {int(i) for i in listed.split(",")} if listed else set(range(1, config["num_hidden_layers"]))


def tensors(config):
    hidden, dim, rank = config["hidden_size"], config["head_dim"], config["share_q_dim"]
    experts, inner = config["moe_num_experts"], config["moe_intermediate_size"]
    found = ends(config)
    for i in range(config["num_hidden_layers"]):
        p = f"model.layers.{i}"
        found += [vector(f"{p}.input_layernorm.weight", hidden), vector(f"{p}.post_attention_layernorm.weight", hidden),
                  vector(f"{p}.self_attn.inter_norm.weight", rank),
                  matrix(f"{p}.self_attn.q_proj.weight", rank, hidden), matrix(f"{p}.self_attn.k_proj.weight", dim, hidden),
                  matrix(f"{p}.self_attn.v_proj.weight", dim, hidden),
                  matrix(f"{p}.self_attn.wq.weight", config["num_attention_heads"] * dim, rank),
                  matrix(f"{p}.self_attn.o_proj.weight", hidden, config["num_attention_heads"] * dim)]
        if i not in sparse_layers(config):
            found += mlp_tensors(f"{p}.mlp", hidden, config["intermediate_size"])
            continue
        found += [matrix(f"{p}.moe.gate.weight", experts, hidden)]
        for part in PARTS:
            out, into = (hidden, inner) if part == "down_proj" else (inner, hidden)
            found += [(f"{p}.moe.{part}.weight", "bf16", (experts, out, into), 0.0, into ** -0.5)]
        found += mlp_tensors(f"{p}.share_expert", hidden, config["share_expert_dim"])
    return found


def attention(config, w, prefix, x):
    inv_freq = frequencies(config["rope_theta"], config["head_dim"])
    latent = rms(x @ w[f"{prefix}.q_proj.weight"].T, w[f"{prefix}.inter_norm.weight"], config["rms_norm_eps"])
    q = rotate(heads(latent @ w[f"{prefix}.wq.weight"].T, config["num_attention_heads"]), range(len(x)), inv_freq)
    k = rotate(heads(x @ w[f"{prefix}.k_proj.weight"].T, 1), range(len(x)), inv_freq)
    v = heads(x @ w[f"{prefix}.v_proj.weight"].T, 1)
    return attend(scores(q, k) + causal(len(x)), v) @ w[f"{prefix}.o_proj.weight"].T


def mixture(config, w, prefix, x):
    s = softmax(x @ w[f"{prefix}.gate.weight"].T)
    chosen = highest(s, config["moe_top_k"])
    weights = np.take_along_axis(s, chosen, -1)
    if config["norm_expert_weight"]:
        weights = weights / weights.sum(-1, keepdims=True)
    gate, up, down = (w[f"{prefix}.{part}.weight"] for part in PARTS)
    y = np.zeros_like(x)
    for t in range(len(x)):
        for e, weight in zip(chosen[t], weights[t]):
            y[t] += weight * (down[e] @ (silu(gate[e] @ x[t]) * (up[e] @ x[t])))
    return y, chosen


def logits(config, w, ids):
    x, choices = w["model.embed_tokens.weight"][ids], {}
    for i in range(config["num_hidden_layers"]):
        p = f"model.layers.{i}"
        x = x + attention(config, w, f"{p}.self_attn", rms(x, w[f"{p}.input_layernorm.weight"], config["rms_norm_eps"]))
        h = rms(x, w[f"{p}.post_attention_layernorm.weight"], config["rms_norm_eps"])
        if i not in sparse_layers(config):
            x = x + swiglu(w, f"{p}.mlp", h)
            continue
        y, choices[i] = mixture(config, w, f"{p}.moe", h)
        x = x + y + swiglu(w, f"{p}.share_expert", h)
    return logits_of(config, w, x), choices
