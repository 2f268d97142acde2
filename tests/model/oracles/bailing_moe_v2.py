"""Ling and Ring 2.0 (model_type bailing_moe_v2). Facts: inclusionAI/Ling-V2, modeling_bailing_moe_v2.py: as
bailing_moe.py, and norms of each head's query and key before the rotation of its first partial_rotary_factor columns;
sigmoid scores, chosen with gate.expert_bias within the topk_group groups of the highest sum of two, weighed without it,
divided by their sum + 1e-20 for more than one expert, times routed_scaling_factor; first_k_dense_replace dense layers."""
import numpy as np
import bailing_moe
from bailing_moe import tensors  # noqa: F401
from parts import highest


def route(config, w, prefix, x):
    s = 1 / (1 + np.exp(-(x @ w[f"{prefix}.weight"].T)))
    choice = s + w[f"{prefix}.expert_bias"]
    groups = choice.reshape(len(x), config["n_group"], -1)
    of_group = np.sort(groups, -1)[..., -2:].sum(-1)
    kept = np.zeros_like(of_group, bool)
    np.put_along_axis(kept, highest(of_group, config["topk_group"]), True, -1)
    choice = np.where(kept[..., None], groups, -np.inf).reshape(choice.shape)
    chosen = highest(choice, config["num_experts_per_tok"])
    weights = np.take_along_axis(s, chosen, -1)
    return chosen, weights / (weights.sum(-1, keepdims=True) + 1e-20) * x.dtype.type(config["routed_scaling_factor"])


def logits(config, w, ids):
    return bailing_moe.logits(config, w, ids, route)
