#!/usr/bin/env python3
"""Makes the goldens beside it: small models whose weights are generated from their names.

    python3 -m venv V && V/bin/pip install transformers==5.23.0 torch numpy safetensors
    V/bin/python tests/data/families/make_goldens.py [NAME ...]              # goldens from the recipes; a folder that
                                                                             # has only a config.json gets a recipe
    V/bin/python tests/data/families/make_goldens.py --like FOLDER NAME ...  # recipes from real weights first
    V/bin/python tests/data/families/make_goldens.py --write FOLDER NAME     # the checkpoint alone

NAME/config.json is as published checkpoints write it. NAME/weights.json is the recipe of the weights; the same is
written in C++ in tests/model/generated_weights.cpp. Element i of a tensor comes from 64 hashed bits (splitmix64):

    z(i) = finalise(fnv1a64("<seed>:<tensor name>") + (i + 1) * 0x9E3779B97F4A7C15)
    bf16, f32:    value = mean + half_width * (2 * (z >> 48) - 65535) / 65536, rounded to bf16
    u8:           low + ((z >> 48) * (high - low + 1) >> 16)
    f8_e4m3:      the same magnitude code, and the sign from z's lowest bit

A recipe's lines are [name, dtype, shape, mean or low, half_width or high]; {0-2,5} in a name stands for each number.
NAME/goldens.safetensors has what Hugging Face (float32, eager), or oracles/NAME.py where it has no class, computes:
input_ids [40]; greedy_ids [8] with greedy_margin (first minus second); logits [8, vocab] at `positions` of prompt and
greedy ids; logits_short [1, vocab], the tenth token's with no more than ten; topk.model.layers.I, the routers' choices.
"""
import argparse
import importlib
import itertools
import json
import pathlib
import re
import sys
import tempfile

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).resolve().parent
ORACLES = HERE.parents[1] / "model" / "oracles"
PROMPT, GREEDY, SHORT = 40, 8, 10
POSITIONS = [0, 9, 19, 31, 43, 44, 45, 46]
NOISE = 1.25e-4  # most that float32 may differ from float64: a quarter of the wider limit in tests/model/golden_check.h
MARGIN = 2e-3  # least that a greedy id's logit must be ahead; smaller ones could not tell right from wrong
SEEDS = 9
BUFFERS = re.compile(r"\.(slope_rate|(query|key|diagonal)_decay)$")  # transformers saves these, the hub has none
GOLDEN_RATIO = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1
E4M3 = np.array([(1 if c < 128 else -1) * (np.ldexp(c % 8, -9) if c % 128 < 8 else
                 np.ldexp(8 + c % 8, (c % 128 >> 3) - 10)) for c in range(256)], np.float32)
E2M1 = np.array([0, .5, 1, 1.5, 2, 3, 4, 6, -0., -.5, -1, -1.5, -2, -3, -4, -6], np.float32)


# The weights.

def hashed(seed, name, count):
    state = 0xCBF29CE484222325
    for byte in f"{seed}:{name}".encode():
        state = (state ^ byte) * 0x100000001B3 & MASK
    with np.errstate(over="ignore"):
        z = np.uint64(state) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GOLDEN_RATIO)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def to_bf16(values):
    """The upper 16 bits, to the nearest, ties to even."""
    bits = values.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def generate(seed, name, dtype, shape, a, b):
    """The tensor's bits: uint16 for bf16, float32, uint8 for u8 and f8_e4m3."""
    z = hashed(seed, name, int(np.prod(shape)))
    high = (z >> np.uint64(48)).astype(np.int64)
    if dtype in ("u8", "f8_e4m3"):
        codes = (a + (high * (b - a + 1) >> 16)).astype(np.uint8)
        sign = (z & np.uint64(1)).astype(np.uint8) << 7 if dtype == "f8_e4m3" else 0
        return (codes | sign).reshape(shape)
    # The product is exact in double: 24 bits times 17.
    values = np.float64(np.float32(a)) + np.float64(np.float32(b)) * (2 * high - 65535) / 65536
    bits = to_bf16(values).reshape(shape)
    return bits if dtype == "bf16" else widened(bits)


def widened(bits):
    return (bits.astype(np.uint32) << 16).view(np.float32)


def expanded(pattern):
    parts = re.split(r"\{([^}]*)\}", pattern)
    numbers = [[str(n) for piece in part.split(",") for first, _, last in [piece.partition("-")]
                for n in range(int(first), int(last or first) + 1)] for part in parts[1::2]]
    for choice in itertools.product(*numbers):
        yield "".join(text + number for text, number in zip(parts[::2], [*choice, ""]))


def weights_of(recipe):
    """{name: (dtype, bits)}"""
    return {name: (dtype, generate(recipe["seed"], name, dtype, shape, a, b))
            for pattern, dtype, shape, a, b in recipe["tensors"] for name in expanded(pattern)}


def decoded(weights):
    """Float32 under the names of an unquantised checkpoint: FP8 blocks and MXFP4 experts are multiplied out."""
    out = {}
    for name, (dtype, bits) in weights.items():
        if name.endswith(("_scale_inv", "_scales")):
            continue
        if dtype == "f8_e4m3":
            scale = decoded_floats(weights[name + "_scale_inv"]).repeat(128, 0).repeat(128, 1)
            out[name] = E4M3[bits] * scale[:bits.shape[0], :bits.shape[1]]
        elif name.endswith("_blocks"):  # [experts, rows, groups, 16]; the lower half byte comes first
            pairs = np.stack([E2M1[bits & 15], E2M1[bits >> 4]], -1).reshape(*bits.shape[:-1], 32)
            exponents = weights[name[:-6] + "scales"][1].astype(np.int32) - 127
            rows = np.ldexp(pairs, exponents[..., None]).reshape(*bits.shape[:2], -1)
            out[name[:-7]] = np.ascontiguousarray(rows.transpose(0, 2, 1)).astype(np.float32)
        else:
            out[name] = decoded_floats((dtype, bits))
    return out


def decoded_floats(tensor):
    return widened(tensor[1]) if tensor[0] == "bf16" else tensor[1]


# Files.

def write_tensors(path, tensors):
    """tensors: {name: (dtype of safetensors, array)}; numpy has no bf16 and FP8, so the header is written here."""
    header, at = {}, 0
    for name, (dtype, array) in tensors.items():
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, array in tensors.values():
            file.write(array.tobytes())


def write_checkpoint(folder, config, weights):
    stored = {"bf16": "BF16", "f32": "F32", "u8": "U8", "f8_e4m3": "F8_E4M3"}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    write_tensors(folder / "model.safetensors", {n: (stored[d], bits) for n, (d, bits) in weights.items()})


def read_weights(folder):
    """A folder's tensors as weights_of gives them."""
    names = {"torch.bfloat16": "bf16", "torch.float32": "f32", "torch.uint8": "u8", "torch.float8_e4m3fn": "f8_e4m3"}
    out = {}
    import torch
    for path in sorted(folder.glob("model*.safetensors")):
        with safe_open(path, "pt") as file:
            for name in file.keys():
                tensor = file.get_tensor(name).contiguous()
                dtype = names[str(tensor.dtype)]
                as_integers = {"bf16": torch.uint16, "f8_e4m3": torch.uint8}.get(dtype, tensor.dtype)
                out[name] = (dtype, tensor.view(as_integers).numpy())
    return out


# Recipes.

def rounded(number):
    number = float(f"{number:.3g}")
    return int(number) if number == int(number) else number


def code_lines(name, dtype, shape, std):
    """Codes of every magnitude, and scales that give them the standard deviation `std`."""
    if dtype == "f8_e4m3":
        scale = std / E4M3[:127].std() / 1.4142  # with both signs the mean is 0: of squares of 0 .. 126
        return [[name, dtype, shape, 0, 126]], (rounded(scale), rounded(0.3 * scale))
    exponent = int(np.round(np.log2(std / np.sqrt((E2M1 ** 2).mean())))) + 127
    return [[name, dtype, shape, 0, 255]], (exponent - 1, exponent + 1)


def like(folder):
    """A recipe with the tensors of `folder`: names, shapes, means and standard deviations."""
    weights = read_weights(folder)
    return recipe_like(weights, decoded(weights), len(list(folder.glob("model*.safetensors"))))


def recipe_like(weights, floats, files):
    groups = {}
    for name in sorted(n for n in weights if not BUFFERS.search(n)):
        dtype, bits = weights[name]
        pattern = re.sub(r"(?<=\.)\d+(?=\.)", "{}", name)
        groups.setdefault((pattern, dtype, tuple(bits.shape)), []).append(name)
    lines, scales = [], {}
    for (pattern, dtype, shape), names in groups.items():
        numbers = [tuple(int(n) for n in re.findall(r"(?<=\.)\d+(?=\.)", name)) for name in names]
        axes = [sorted(set(axis)) for axis in zip(*numbers)]
        if len(list(itertools.product(*axes))) != len(names):
            raise ValueError(f"{pattern}: not every combination of {axes} exists")
        name = pattern.format(*("{" + ",".join(ranges(axis)) + "}" for axis in axes))
        if name.endswith(("_scale_inv", "_scales")):
            scales[pattern] = scales.get(pattern, []) + [(name, dtype, list(shape))]
            continue
        plain = [n[:-7] if n.endswith("_blocks") else n for n in names]
        values = np.concatenate([floats[n].ravel() for n in plain]).astype(np.float64)
        if dtype in ("u8", "f8_e4m3"):
            found, numbers = code_lines(name, dtype, list(shape), values.std())
            lines += found
            of = pattern[:-6] + "scales" if dtype == "u8" else pattern + "_scale_inv"
            lines += [("scale", of, numbers)]
        else:
            lines.append([name, dtype, list(shape), rounded(values.mean() if abs(values.mean()) > 0.1 else 0),
                          rounded(3 ** 0.5 * values.std())])
    return {"seed": 1, **({"shards": files} if files > 1 else {}), "tensors": [line for entry in lines for line in (
        [[n, d, s, *entry[2]] for n, d, s in scales[entry[1]]] if entry[0] == "scale" else [entry])]}


def ranges(numbers):
    for _, run in itertools.groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        run = [n for _, n in run]
        yield str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}"


def recipe_of_class(config):
    """A recipe for the tensors of Hugging Face's class: matrices keep the size of what they multiply, embeddings are
    about 1 where they are not tied, logits about 2, and vectors vary around what they are initialised with."""
    import torch
    import transformers
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "config.json").write_text(json.dumps(config))
        known = transformers.AutoConfig.from_pretrained(folder)
        transformers.AutoModelForCausalLM.from_config(known, dtype=torch.float32).save_pretrained(folder)
        weights = read_weights(pathlib.Path(folder))
    hidden = next(bits.shape[1] for name, (_, bits) in weights.items() if "embed" in name)
    head = "lm_head" if any("lm_head" in name for name in weights) else "embed"
    tensors = []
    for name, (_, bits) in weights.items():
        vector = bits.ndim == 1
        std = (0.2 if vector else 2 * hidden ** -0.5 if head in name else 1 if "embed" in name
               else bits.shape[-1] ** -0.5)
        mean = float(np.round(bits.mean())) if vector else 0
        tensors.append((name, "f32" if vector else "bf16", bits.shape, mean, std))
    return recipe_of_numbers(tensors)


def recipe_of_numbers(tensors):
    """tensors: (name, dtype, shape, mean, standard deviation)"""
    values = {name: (mean + std * np.resize([-1, 1], max(2, np.prod(shape)))[:np.prod(shape)]).reshape(shape)
              for name, _, shape, mean, std in tensors}
    return recipe_like({name: (dtype, values[name]) for name, dtype, *_ in tensors}, values, 1)


def write_recipe(path, recipe):
    head = {key: value for key, value in recipe.items() if key != "tensors"}
    lines = ",\n".join(json.dumps(line) for line in recipe["tensors"])
    path.write_text(json.dumps(head)[:-1] + ', "tensors": [\n' + lines + "\n]}\n")


# What computes.

class HuggingFace:
    def __init__(self, config, weights):
        import torch
        import transformers
        transformers.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        self.torch = torch
        plain = {k: v for k, v in config.items() if k != "quantization_config"}
        with tempfile.TemporaryDirectory() as folder:
            write_checkpoint(pathlib.Path(folder), plain, {n: ("f32", v) for n, v in decoded(weights).items()})
            self.model, info = transformers.AutoModelForCausalLM.from_pretrained(
                folder, dtype=torch.float32, attn_implementation="eager", experts_implementation="eager",
                output_loading_info=True)
        faults = {k: v for k, v in info.items() if any(not BUFFERS.search(str(name)) for name in v)}
        if faults:
            raise ValueError(f"Hugging Face loaded with {faults}")
        self.model.eval()
        self.choices = {}
        for name, module in self.model.named_modules():
            if re.search(r"\.(experts|router|gate)$", name):
                module.register_forward_hook(self.see(int(re.search(r"\.(\d+)\.", name)[1])), with_kwargs=True)

    def see(self, layer):
        def hook(_, args, kwargs, result):
            for value in [*args, *kwargs.values(), *(result if isinstance(result, tuple) else [result])]:
                if isinstance(value, self.torch.Tensor) and value.dtype == self.torch.int64 and value.dim() == 2:
                    self.choices[layer] = value.numpy().copy()
        return hook

    def logits(self, ids, double=False):
        self.model.to(self.torch.float64 if double else self.torch.float32)
        self.choices = {}
        with self.torch.no_grad():
            out = self.model(self.torch.tensor([ids]), use_cache=False).logits[0].numpy()
        return out, {layer: np.sort(chosen, -1) for layer, chosen in self.choices.items()}


class Oracle:
    def __init__(self, module, config, weights):
        self.module, self.config, self.weights = module, config, decoded(weights)

    def logits(self, ids, double=False):
        kind = np.float64 if double else np.float32
        weights = {name: value.astype(kind) for name, value in self.weights.items()}
        out, choices = self.module.logits(self.config, weights, ids)
        return out, {layer: np.sort(chosen, -1) for layer, chosen in choices.items()}


def oracle_module(name):
    path = ORACLES / f"{name}.py"
    if not path.exists():
        return None
    sys.path.insert(0, str(ORACLES))  # they import each other
    return importlib.import_module(name)


# Goldens.

def goldens_of(name, seed, computes, vocab):
    prompt = [3 + int(z % np.uint64(vocab - 3)) for z in hashed(1, "input_ids", PROMPT)]
    text, margins = list(prompt), []
    for _ in range(GREEDY):
        last = np.sort(computes.logits(text)[0][-1])
        margins.append(last[-1] - last[-2])
        text.append(int(computes.logits(text)[0][-1].argmax()))
    greedy = text[PROMPT:]
    logits, choices = computes.logits(text[:-1])
    double, double_choices = computes.logits(text[:-1], double=True)
    short, _ = computes.logits(prompt[:SHORT])
    noise = float(np.abs(logits - double).max())
    flips = sum(int((choices[layer] != double_choices[layer]).sum()) for layer in choices)
    print(f"{name:22} seed {seed}  std {logits.std():.2f}  greatest {np.abs(logits).max():6.2f}  float64 {noise:.1e}"
          f"  least margin {min(margins):.4f}  distinct {len(set(greedy))}  routers {len(choices)}", flush=True)
    if noise > NOISE or flips or min(margins) < MARGIN or not 0.2 < logits.std() < 4:
        return None
    return {"input_ids": np.array(prompt, np.int32), "greedy_ids": np.array(greedy, np.int32),
            "greedy_margin": np.array(margins, np.float32), "positions": np.array(POSITIONS, np.int32),
            "logits": logits[POSITIONS].astype(np.float32), "logits_short": short[-1:].astype(np.float32),
            **{f"topk.model.layers.{i}": chosen.astype(np.uint8) for i, chosen in sorted(choices.items())}}


def make(name, like_folder):
    folder = HERE / name
    oracle = oracle_module(name)
    if like_folder:
        folder.mkdir(exist_ok=True)
        for file in ("config.json", "config.v5.json"):
            if (like_folder / name / file).exists():
                (folder / file).write_bytes((like_folder / name / file).read_bytes())
    config = json.loads((folder / "config.json").read_text())
    if like_folder:
        write_recipe(folder / "weights.json", like(like_folder / name))
    elif not (folder / "weights.json").exists():
        write_recipe(folder / "weights.json", recipe_of_numbers(oracle.tensors(config))
                     if oracle else recipe_of_class(config))
    recipe = json.loads((folder / "weights.json").read_text())
    vocab = config.get("text_config", config)["vocab_size"]
    for seed in range(recipe["seed"], SEEDS + 1):
        recipe["seed"] = seed
        weights = weights_of(recipe)
        computes = Oracle(oracle, config, weights) if oracle else HuggingFace(config, weights)
        goldens = goldens_of(name, seed, computes, vocab)
        if goldens:
            break
    else:
        raise ValueError("every seed has a margin too small, or noise or logits too large")
    write_recipe(folder / "weights.json", recipe)
    save_file(goldens, folder / "goldens.safetensors")
    (folder / "goldens.safetensors").chmod(0o644)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--like", type=pathlib.Path, help="folder of folders with real weights")
    parser.add_argument("--write", type=pathlib.Path, help="write the checkpoints below this folder and no goldens")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    failed = []
    for name in arguments.names or sorted(p.parent.name for p in HERE.glob("*/weights.json")):
        if arguments.write:
            config = json.loads((HERE / name / "config.json").read_text())
            write_checkpoint(arguments.write / name, config,
                             weights_of(json.loads((HERE / name / "weights.json").read_text())))
            continue
        try:
            make(name, arguments.like)
        except Exception as fault:
            failed.append(name)
            print(f"{name:22} {type(fault).__name__}: {fault}", flush=True)
    if failed:
        raise SystemExit(f"no goldens for {' '.join(failed)}")


if __name__ == "__main__":
    main()
