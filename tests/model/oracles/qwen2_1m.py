"""Qwen2.5-1M: Qwen2 with dual_chunk_attention_config. Facts: An et al. 2024 (dual chunk attention), and vllm's
dual_chunk_flash_attn.py and rotary_embedding/dual_chunk_rope.py: with c = chunk_size - local_size, keys are rotated for
p mod c; queries for p mod c against keys of their own chunk, for min(p mod c + c, chunk_size) against those of the
chunk before, and for min(2 c - 1, chunk_size) against all others; the query is multiplied by
max(1, 1 + 0.1 ln(length / original_max_position_embeddings)). Difference: vllm takes the whole prompt's length for all
its queries, and the length so far for each generated one; here, as in clinfer, it is the length so far for all. Left out:
the sparse prefill, which only approximates this."""
import numpy as np
from parts import attend, ends, frequencies, heads, logits_of, matrix, mlp_tensors, rms, rotate, scores, swiglu, vector


def tensors(config):
    hidden, dim = config["hidden_size"], config["hidden_size"] // config["num_attention_heads"]
    found = ends(config)
    for i in range(config["num_hidden_layers"]):
        p = f"model.layers.{i}"
        found += [vector(f"{p}.input_layernorm.weight", hidden), vector(f"{p}.post_attention_layernorm.weight", hidden)]
        for name, count in (("q", "num_attention_heads"), ("k", "num_key_value_heads"), ("v", "num_key_value_heads")):
            found += [matrix(f"{p}.self_attn.{name}_proj.weight", config[count] * dim, hidden),
                      vector(f"{p}.self_attn.{name}_proj.bias", config[count] * dim, 0.0)]
        found += [matrix(f"{p}.self_attn.o_proj.weight", hidden, hidden),
                  *mlp_tensors(f"{p}.mlp", hidden, config["intermediate_size"])]
    return found


def attention(config, w, prefix, x):
    dim = config["hidden_size"] // config["num_attention_heads"]
    dual = config["dual_chunk_attention_config"]
    size, length = dual["chunk_size"], dual["chunk_size"] - dual["local_size"]
    inv_freq, place = frequencies(config["rope_theta"], dim), np.arange(len(x))
    q, k, v = (heads(x @ w[f"{prefix}.{name}_proj.weight"].T + w[f"{prefix}.{name}_proj.bias"], config[count]) for
               name, count in (("q", "num_attention_heads"), ("k", "num_key_value_heads"), ("v", "num_key_value_heads")))
    growth = np.log((place + 1) / dual["original_max_position_embeddings"]) * 0.1 + 1
    q = q * np.maximum(1, growth).astype(x.dtype)[:, None, None]
    k = rotate(k, place % length, inv_freq)
    rotated = (place % length, np.minimum(place % length + length, size), np.full(len(x), min(2 * length - 1, size)))
    views = np.stack([scores(rotate(q, at, inv_freq), k) for at in rotated])
    distance = place[:, None] // length - place[None] // length
    s = np.take_along_axis(views, np.broadcast_to(distance.clip(0, 2), views.shape[1:])[None], 0)[0]
    return attend(np.where(place[:, None] >= place[None], s, -np.inf), v) @ w[f"{prefix}.o_proj.weight"].T


def logits(config, w, ids):
    x = w["model.embed_tokens.weight"][ids]
    for i in range(config["num_hidden_layers"]):
        p = f"model.layers.{i}"
        x = x + attention(config, w, f"{p}.self_attn", rms(x, w[f"{p}.input_layernorm.weight"], config["rms_norm_eps"]))
        x = x + swiglu(w, f"{p}.mlp", rms(x, w[f"{p}.post_attention_layernorm.weight"], config["rms_norm_eps"]))
    return logits_of(config, w, x), {}
