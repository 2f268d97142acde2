#!/usr/bin/env python3
"""Native sparse attention written down from its paper (Yuan et al. 2025, "Native Sparse Attention", section 3), for
one sequence, in float64. Writes y [tokens, hidden] as FILE.safetensors.
  native_sparse_attention.py FILE.safetensors        needs numpy

Choices where the paper leaves room: phi of eq. 7 is w2 relu(w1 flatten(x + embedding)) with weights shared by the
heads; the compressed branch is not rotated, queries and keys of the others are (half-split pairs, base 10000); eq. 9
counts from one, so that a block gets from a compressed row as often as they share a stride; gates are sigmoid(W_g x),
one for each head and branch, in the order compressed, selected, window."""
import json
import struct
import sys

import numpy as np

TOKENS, HIDDEN, HEADS, KV_HEADS, DIM = 40, 24, 4, 2, 8
LENGTH, STRIDE, POOL_HIDDEN = 4, 2, 12
BLOCK, COUNT, INITIAL, LOCAL, WINDOW = 4, 5, 1, 2, 6


def weight(index: int, rows: int, cols: int, spread: float) -> np.ndarray:
    """Numbers that every language makes alike: a multiplicative hash of (index, element), in [-spread, spread)."""
    element = np.arange(rows * cols, dtype=np.uint64)
    x = (element + np.uint64(index) * np.uint64(100003)) * np.uint64(0x9E3779B97F4A7C15)
    x ^= x >> np.uint64(29)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    unit = (x >> np.uint64(48)).astype(np.float64) / 65536.0
    return ((2 * unit - 1) * spread).reshape(rows, cols)


def rotate(x: np.ndarray) -> np.ndarray:
    """[tokens, heads, dim], half-split pairs."""
    half = x.shape[-1] // 2
    inv_freq = np.float32(10000.0) ** (-np.arange(half, dtype=np.float64) / half)
    angle = np.arange(x.shape[0])[:, None, None] * inv_freq.astype(np.float32).astype(np.float64)
    a, b = x[..., :half], x[..., half:]
    return np.concatenate([a * np.cos(angle) - b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)], -1)


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max())
    return e / e.sum()


def attend(q: np.ndarray, keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    """One query over rows; nothing to see gives 0."""
    if len(keys) == 0:
        return np.zeros(values.shape[-1])
    return softmax(keys @ q / np.sqrt(DIM)) @ values


def pool(rows: np.ndarray, embedding, w1, w2) -> np.ndarray:
    """Eq. 7: [tokens, heads, dim] -> [blocks, heads, dim]."""
    pooled = []
    for start in range(0, TOKENS - LENGTH + 1, STRIDE):
        block = rows[start : start + LENGTH] + embedding[:, None, :]
        flat = block.transpose(1, 0, 2).reshape(KV_HEADS, LENGTH * DIM)
        pooled.append(np.maximum(flat @ w1.T, 0) @ w2.T)
    return np.stack(pooled)


def blocks_of(q: np.ndarray, pooled: np.ndarray, p: int) -> list[int]:
    """Eq. 8 to 12 for one group: q [group, dim], pooled keys [rows, dim] that position p sees."""
    total = sum(softmax(pooled @ one / np.sqrt(DIM)) for one in q) if len(pooled) else []
    score = np.zeros(p // BLOCK + 1)
    for j in range(1, len(score) + 1):
        for m in range(BLOCK // STRIDE):
            for n in range(LENGTH // STRIDE):
                row = BLOCK // STRIDE * j - m - n  # counts from one
                if 1 <= row <= len(total):
                    score[j - 1] += total[row - 1]
    last = len(score) - 1
    fixed = [j for j in range(last + 1) if j < INITIAL or j > last - LOCAL]
    others = sorted((j for j in range(last + 1) if j not in fixed), key=lambda j: (-score[j], j))
    return sorted(fixed + others[: max(0, COUNT - len(fixed))])


def forward(x: np.ndarray) -> np.ndarray:
    wide, narrow = HEADS * DIM, KV_HEADS * DIM
    q = (x @ weight(1, wide, HIDDEN, 0.5).T).reshape(TOKENS, HEADS, DIM)
    branch = [[(x @ weight(2 + 2 * b + i, narrow, HIDDEN, 0.5).T).reshape(TOKENS, KV_HEADS, DIM) for i in range(2)]
              for b in range(3)]
    pools = [(weight(8 + 3 * i, LENGTH, DIM, 0.5), weight(9 + 3 * i, POOL_HIDDEN, LENGTH * DIM, 0.5),
              weight(10 + 3 * i, DIM, POOL_HIDDEN, 0.7)) for i in range(2)]
    gates = 1 / (1 + np.exp(-(x @ weight(14, 3 * HEADS, HIDDEN, 0.5).T)))
    pooled_keys, pooled_values = (pool(branch[0][i], *pools[i]) for i in range(2))
    turned = rotate(q)
    keys = [rotate(branch[b][0]) for b in (1, 2)]
    y = np.zeros((TOKENS, HEADS, DIM))
    group = HEADS // KV_HEADS
    for p in range(TOKENS):
        seen = max(0, (p + 1 - LENGTH) // STRIDE + 1)
        for g in range(KV_HEADS):
            chosen = blocks_of(q[p, g * group : (g + 1) * group], pooled_keys[:seen, g], p)
            rows = [s for j in chosen for s in range(j * BLOCK, min((j + 1) * BLOCK, p + 1))]
            first = max(0, p + 1 - WINDOW)
            for h in range(g * group, (g + 1) * group):
                y[p, h] = (gates[p, h] * attend(q[p, h], pooled_keys[:seen, g], pooled_values[:seen, g])
                           + gates[p, HEADS + h] * attend(turned[p, h], keys[0][rows, g], branch[1][1][rows, g])
                           + gates[p, 2 * HEADS + h] * attend(turned[p, h], keys[1][first : p + 1, g],
                                                              branch[2][1][first : p + 1, g]))
    return y.reshape(TOKENS, wide) @ weight(15, HIDDEN, wide, 0.5).T


def main() -> None:
    y = forward(weight(0, TOKENS, HIDDEN, 2.0)).astype("<f4")
    header = json.dumps({"y": {"dtype": "F32", "shape": list(y.shape), "data_offsets": [0, y.nbytes]}}).encode()
    header += b" " * (-len(header) % 8)
    with open(sys.argv[1], "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header + y.tobytes())


if __name__ == "__main__":
    main()
