"""What the oracles beside it share: parts of a decoder-only transformer for one sequence, numpy in, numpy out, in the
type of the weights."""
import numpy as np


def rms(x, weight, eps):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * weight


def silu(x):
    return x / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def frequencies(theta, dim):
    return np.float32(1) / np.float32(theta) ** (np.arange(0, dim, 2, dtype=np.float32) / np.float32(dim))


def rotate(x, positions, inv_freq):
    """Half-split pairs of the first columns of each head: x [tokens, heads, dim]."""
    half = len(inv_freq)
    angle = (np.asarray(positions, np.float32)[:, None] * inv_freq)[:, None, :].astype(x.dtype)
    a, b, rest = x[..., :half], x[..., half:2 * half], x[..., 2 * half:]
    cos, sin = np.cos(angle), np.sin(angle)
    return np.concatenate([a * cos - b * sin, b * cos + a * sin, rest], -1)


def heads(x, count):
    return x.reshape(len(x), count, -1)


def causal(tokens):
    return np.where(np.tril(np.ones((tokens, tokens), bool)), 0, -np.inf)


def scores(q, k):
    """[heads, tokens, tokens] of q [tokens, heads, dim] and k [tokens, kv_heads, dim], by 1 / sqrt(dim)."""
    k = k.repeat(q.shape[1] // k.shape[1], 1)
    return np.einsum("qhd,khd->hqk", q, k) / np.sqrt(q.dtype.type(q.shape[-1]))


def attend(s, v):
    """softmax(scores) over the values, heads side by side: [tokens, heads * dim]."""
    weights = softmax(s)
    v = v.repeat(s.shape[0] // v.shape[1], 1)
    return np.einsum("hqk,khd->qhd", weights, v).reshape(s.shape[1], -1)


def swiglu(w, prefix, x):
    gate, up = x @ w[f"{prefix}.gate_proj.weight"].T, x @ w[f"{prefix}.up_proj.weight"].T
    return (silu(gate) * up) @ w[f"{prefix}.down_proj.weight"].T


def mixture(w, prefix, x, chosen, weights):
    """sum_j weights[t, j] * expert chosen[t, j] of x[t]."""
    y = np.zeros_like(x)
    for t in range(len(x)):
        for expert, weight in zip(chosen[t], weights[t]):
            y[t] += weight * swiglu(w, f"{prefix}.{expert}", x[t])
    return y


def highest(scores, count):
    return np.argsort(-scores, -1, kind="stable")[:, :count]


def matrix(name, rows, cols):
    return (name, "bf16", (rows, cols), 0.0, cols ** -0.5)


def vector(name, size, mean=1.0):
    return (name, "f32", (size,), mean, 0.2)


def mlp_tensors(prefix, hidden, width):
    return [matrix(f"{prefix}.gate_proj.weight", width, hidden), matrix(f"{prefix}.up_proj.weight", width, hidden),
            matrix(f"{prefix}.down_proj.weight", hidden, width)]


def ends(config, embedding="model.embed_tokens", tied=False):
    """Embedding, last norm and head."""
    hidden, vocab = config["hidden_size"], config["vocab_size"]
    head = [("lm_head.weight", "bf16", (vocab, hidden), 0.0, 2 * hidden ** -0.5)]
    std = 2 * hidden ** -0.5 if tied else 1.0
    return [(f"{embedding}.weight", "bf16", (vocab, hidden), 0.0, std), vector("model.norm.weight", hidden),
            *([] if tied else head)]


def logits_of(config, w, x, head="lm_head"):
    return rms(x, w["model.norm.weight"], config["rms_norm_eps"]) @ w[f"{head}.weight"].T
