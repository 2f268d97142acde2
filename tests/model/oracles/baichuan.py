"""Baichuan-13B (model_type baichuan with model_max_length and no max_position_embeddings). Facts: baichuan-inc's
modeling_baichuan.py: LLaMA with W_pack [q; k; v] and ALiBi (Press et al. 2021) in place of rotations; slopes are those
of the paper's code, also for head counts that are no power of two. Left out: Baichuan 2's NormHead."""
import numpy as np
from parts import attend, causal, ends, heads, logits_of, matrix, mlp_tensors, rms, scores, swiglu, vector


def tensors(config):
    hidden = config["hidden_size"]
    found = ends(config)
    for i in range(config["num_hidden_layers"]):
        p = f"model.layers.{i}"
        found += [vector(f"{p}.input_layernorm.weight", hidden), vector(f"{p}.post_attention_layernorm.weight", hidden),
                  matrix(f"{p}.self_attn.W_pack.weight", 3 * hidden, hidden),
                  matrix(f"{p}.self_attn.o_proj.weight", hidden, hidden),
                  *mlp_tensors(f"{p}.mlp", hidden, config["intermediate_size"])]
    return found


def slopes(count):
    def of_power(n):
        return [2.0 ** (-8.0 * (i + 1) / n) for i in range(n)]
    power = 1 << (count.bit_length() - 1)
    return np.array(of_power(power) + of_power(2 * power)[0::2][:count - power])


def attention(config, w, prefix, x):
    q, k, v = (heads(y, config["num_attention_heads"]) for y in np.split(x @ w[f"{prefix}.W_pack.weight"].T, 3, -1))
    place = np.arange(len(x))
    bias = slopes(config["num_attention_heads"])[:, None, None] * (place[None] - place[:, None])
    return attend(scores(q, k) + bias.astype(x.dtype) + causal(len(x)), v) @ w[f"{prefix}.o_proj.weight"].T


def logits(config, w, ids):
    x = w["model.embed_tokens.weight"][ids]
    for i in range(config["num_hidden_layers"]):
        p = f"model.layers.{i}"
        x = x + attention(config, w, f"{p}.self_attn", rms(x, w[f"{p}.input_layernorm.weight"], config["rms_norm_eps"]))
        x = x + swiglu(w, f"{p}.mlp", rms(x, w[f"{p}.post_attention_layernorm.weight"], config["rms_norm_eps"]))
    return logits_of(config, w, x), {}
