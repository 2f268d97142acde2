#!/usr/bin/env python3
"""Writes tests/data/smollm2: what Hugging Face's software makes of the GGUF file of configs/get_smollm2.

    tests/smollm2/make_goldens.py MODEL.gguf tests/data/smollm2      (torch, transformers, tokenizers, gguf, numpy)
    tests/smollm2/make_goldens.py --tokenize MODEL.gguf TEXT ...     ids of every line of text files, as JSON

greedy.json         five prompts: text or messages, ids, 64 greedy tokens, margin of each (top 1 - top 2),
                    and how far float32 logits lie from float64 ones on the same weights
logits.safetensors  "logits" of the first prompt and its greedy tokens, every STRIDE-th column, in float32
The weights are decoded by the gguf package; rows of q and k go back to the order transformers expects.
"""
import json
import sys
from pathlib import Path

import gguf
import numpy as np

NEW_TOKENS = 64
STRIDE = 64
PROMPTS = [
    {"messages": [{"role": "user", "content": "Tell me a long story about a fox who lives in a lighthouse."}]},
    {"messages": [{"role": "system", "content": "You answer in detail."},
                  {"role": "user", "content": "Why is the sky blue? Explain step by step."}]},
    {"messages": [{"role": "user", "content": "Hi! I have 3 apples and 12 pears."},
                  {"role": "assistant", "content": "That is 15 pieces of fruit in all."},
                  {"role": "user", "content": "Write a recipe for a fruit salad with them."}]},
    {"text": "The history of the Roman Empire begins with"},
    {"text": "def fibonacci(n):\n    \"\"\"Return the first n Fibonacci numbers.\"\"\"\n"},
]


class Gguf:
    def __init__(self, path):
        self.reader = gguf.GGUFReader(path)

    def __getitem__(self, key):
        return self.reader.fields[key].contents()

    def tensors(self):
        for t in self.reader.tensors:
            yield t.name, np.array(gguf.quants.dequantize(t.data, t.tensor_type), dtype=np.float32)


def make_tokenizer(model):
    """tokenizer.json's equal of the vocabulary, with the pre-tokenizer that the model was published with."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    tokens, types = model["tokenizer.ggml.tokens"], model["tokenizer.ggml.token_type"]
    merges = [tuple(merge.split(" ")) for merge in model["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(t, normalized=False, special=True) for t, kind in zip(tokens, types) if kind == 3])
    return tokenizer


def render(model, messages):
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    template = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(
        model["tokenizer.chat_template"])
    return template.render(messages=messages, add_generation_prompt=True)


HF_NAMES = {
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}


def hf_tensor(name, value, heads, kv_heads):
    if name == "token_embd.weight":
        return "model.embed_tokens.weight", value
    if name == "output_norm.weight":
        return "model.norm.weight", value
    _, layer, part, _ = name.split(".")
    if part in ("attn_q", "attn_k"):  # rows of each head: interleaved pairs -> first halves, then second halves
        count = heads if part == "attn_q" else kv_heads
        value = value.reshape(count, -1, 2, value.shape[1]).swapaxes(1, 2).reshape(value.shape)
    return f"model.layers.{layer}.{HF_NAMES[part]}.weight", value


def load_model(model):
    import torch
    import transformers
    heads, kv_heads = model["llama.attention.head_count"], model["llama.attention.head_count_kv"]
    config = transformers.LlamaConfig(
        vocab_size=model["llama.vocab_size"], hidden_size=model["llama.embedding_length"],
        intermediate_size=model["llama.feed_forward_length"], num_hidden_layers=model["llama.block_count"],
        num_attention_heads=heads, num_key_value_heads=kv_heads,
        rms_norm_eps=model["llama.attention.layer_norm_rms_epsilon"],
        max_position_embeddings=model["llama.context_length"], tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": model["llama.rope.freq_base"]},
        attn_implementation="eager")
    network = transformers.LlamaForCausalLM(config).eval()
    state = {}
    for name, value in model.tensors():
        key, value = hf_tensor(name, value, heads, kv_heads)
        state[key] = torch.from_numpy(np.ascontiguousarray(value))
    missing, unexpected = network.load_state_dict(state, strict=False)
    assert missing in ([], ["lm_head.weight"]) and not unexpected, (missing, unexpected)
    network.tie_weights()
    return network


def logits_of(network, ids):
    import torch
    with torch.no_grad():
        return network(torch.tensor([ids])).logits[0].numpy()


def greedy(network, ids):
    """NEW_TOKENS tokens in float32, end-of-text tokens not heeded."""
    import torch
    new, margins, cache, call = [], [], None, ids
    while len(new) < NEW_TOKENS:
        with torch.no_grad():
            out = network(torch.tensor([call]), past_key_values=cache, use_cache=True)
        last, cache = out.logits[0, -1].numpy(), out.past_key_values
        second, first = np.argsort(last)[-2:]
        new.append(int(first))
        margins.append(round(float(last[first] - last[second]), 6))
        call = [int(first)]
    return new, margins


def write_goldens(path, folder):
    from safetensors.numpy import save_file
    model = Gguf(path)
    tokenizer, network = make_tokenizer(model), load_model(model)
    cases = []
    for prompt in PROMPTS:
        text = prompt["text"] if "text" in prompt else render(model, prompt["messages"])
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        new, margins = greedy(network, ids)
        print(repr(tokenizer.decode(new, skip_special_tokens=False)), min(margins), file=sys.stderr)
        cases.append({**prompt, "ids": ids, "greedy": new, "margins": margins})
    single = [logits_of(network, case["ids"] + case["greedy"]) for case in cases]
    save_file({"logits": np.ascontiguousarray(single[0][:, ::STRIDE])}, Path(folder) / "logits.safetensors")
    network.double()
    for case, logits in zip(cases, single):
        case["float32_noise"] = float(np.abs(logits - logits_of(network, case["ids"] + case["greedy"])).max())
    lines = ",\n".join(json.dumps(case) for case in cases)
    (Path(folder) / "greedy.json").write_text(f'{{"column_stride": {STRIDE}, "prompts": [\n{lines}\n]}}\n')


def tokenize(path, texts):
    tokenizer = make_tokenizer(Gguf(path))
    for text in texts:
        lines = Path(text).read_bytes().decode("utf-8").split("\n")
        json.dump([tokenizer.encode(line, add_special_tokens=False).ids for line in lines], sys.stdout)


if __name__ == "__main__":
    if sys.argv[1] == "--tokenize":
        tokenize(sys.argv[2], sys.argv[3:])
    else:
        write_goldens(*sys.argv[1:])
