#!/usr/bin/env python3
"""Writes tests/data/quant/*.safetensors from folders of golden .npz files.

usage: make_goldens.py [--all] GOLDENS_FOLDER Q5_FOLDER OUTPUT_FOLDER      (needs numpy)

Q5_FOLDER holds what make_q5_goldens.py wrote. A file has inputs x [rows, cols], a label per row, and for each
case "format/options" that was made of them: "|codes" one to a byte or "|blocks", "|scales", "|zeros", and
"|dq", the FNV-1a hash of each decoded row. "amax" is the largest magnitude of the matrix that x is part of.
Rows of the plentiful classes are thinned by a fixed stride, and one of all others is kept; --all keeps every row.
"""
import json
import pathlib
import struct
import sys

import numpy as np

DTYPES = {"float32": "F32", "uint8": "U8"}
PLENTIFUL = {"gauss": 24, "student_t4": 16, "outlier": 8, "bf16_grid": 8, "wide_range": 4, "amax_sweep": 8,
             "pow2": 4, "pow2-ulp": 4, "pow2+ulp": 4, "ties": 4, "low_amax": 2}
KEEP_ALL = False


def write(path, tensors, labels=()):
    header = {"__metadata__": {"labels": ",".join(labels)}}
    end = 0
    for name, array in tensors.items():
        header[name] = {"dtype": DTYPES[array.dtype.name], "shape": list(array.shape),
                        "data_offsets": [end, end + array.nbytes]}
        end += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            out.write(np.ascontiguousarray(array).tobytes())


def thin(labels, finer=1):
    """Rows to keep: of each plentiful class, every stride-th; `finer` times as many."""
    keep, seen = [], {}
    for row, label in enumerate(labels):
        seen[label] = seen.get(label, -1) + 1
        if KEEP_ALL or seen[label] % max(PLENTIFUL.get(str(label), 1) // finer, 1) == 0:
            keep.append(row)
    return np.array(keep)


def row_hashes(values):
    """64-bit FNV-1a of the bytes of each row, any NaN as 0x7FC00000."""
    values = np.where(np.isnan(values), np.float32(np.nan), values).astype(np.float32)
    bits = np.ascontiguousarray(values).view(np.uint32)
    bits = np.where(np.isnan(values), np.uint32(0x7FC00000), bits)
    octets = bits.reshape(len(values), -1).view(np.uint8)
    hashes = np.full(len(values), 0xCBF29CE484222325, np.uint64)
    for column in octets.T:
        hashes = (hashes ^ column) * np.uint64(0x100000001B3)
    return hashes.view(np.uint8).reshape(len(values), 8)


def case(name, codes, scales=None, dq=None, zeros=None, kind="codes"):
    tensors = {f"{name}|{kind}": codes.view(np.uint8)}
    for key, value in (("scales", scales), ("zeros", zeros)):
        if value is not None:
            tensors[f"{name}|{key}"] = value
    if dq is not None:
        tensors[f"{name}|dq"] = row_hashes(dq)
    return tensors


def mx(folder, out, name):
    data = np.load(folder / f"{name}.npz")
    keep = thin(data["labels"])
    tensors = {"x": data["x"][keep]}
    for mode in ("floor", "rceil", "even", "ceil"):
        codes, scales, dq = (data[f"{key}_{mode}"][keep] for key in ("codes", "scales", "dq"))
        tensors |= case(f"{name}/{mode}", codes, scales, dq)
    if "packed_floor" in data:
        tensors[f"{name}/floor|packed"] = data["packed_floor"][keep]
    write(out / f"{name}.safetensors", tensors, data["labels"][keep])


def nvfp4(folder, out, name):
    data = np.load(folder / f"{name}.npz")
    keep = thin(data["labels"])
    tensors = {"x": data["x"][keep], "amax": np.abs(data["x"]).max().reshape(1)}
    for profile in ("modelopt", "ct", "torchao", "te", "single"):
        codes, scales, dq = (data[f"{key}_{profile}"][keep] for key in ("codes", "scales", "dq"))
        # compressed-tensors multiplies by s / u where the format has s t: an ulp apart.
        tensors |= case(f"nvfp4/{profile}", codes, scales, None if profile == "ct" else dq)
    tensors["nvfp4/modelopt|packed"] = data["packed_modelopt"][keep]
    write(out / f"{name}.safetensors", tensors, data["labels"][keep])


def fp8_rows(folder, out):
    """Scales of 1 x 128."""
    tensors = {}
    for words, name in (("fp32,division", "act"), ("fp32,reciprocal", "act_recip"),
                        ("ue8m0,division", "act_ue8m0"), ("ue8m0,reciprocal", "act_recip_ue8m0")):
        data = np.load(folder / f"fp8_1x128_{name}.npz")
        keep = thin(data["labels"])
        tensors["x"] = data["x"][keep]
        tensors |= case(f"fp8_e4m3_1x128/{words}", data["codes"][keep], data["scales"][keep], data["dq"][keep])
    write(out / "fp8_1x128.safetensors", tensors, data["labels"][keep])


def fp8_whole_rows(folder, out):
    """Some rows of a matrix: scales of a row and of the matrix."""
    row, tensor = (np.load(folder / f"fp8_per{name}.npz") for name in ("channel", "tensor"))
    keep = slice(None, None, 1 if KEEP_ALL else 20)
    tensors = {"x": row["x"][keep], "amax": np.abs(row["x"]).max().reshape(1)}
    tensors |= case("fp8_e4m3_row/", row["codes"][keep], row["scales"][keep], row["dq"][keep])
    tensors |= case("fp8_e4m3_tensor/", tensor["codes"][keep], tensor["scales"], tensor["dq"][keep])
    write(out / "fp8_whole_rows.safetensors", tensors)


def fp8_blocks(folder, out):
    """The corners of the 3 x 5 blocks: a large outlier, ragged right and bottom edges, a tiny amax."""
    data = np.load(folder / "fp8_128x128.npz")
    rows, cols = data["x"].shape
    block_rows = range(rows // 128 + 1) if KEEP_ALL else [0, rows // 128]
    block_cols = range(cols // 128 + 1) if KEEP_ALL else [0, cols // 128]
    at = np.ix_([r for r in range(rows) if r // 128 in block_rows],
                [c for c in range(cols) if c // 128 in block_cols])
    tensors = {"x": data["x"][at]}
    for words, key in (("fp32", "div"), ("ue8m0", "ue8m0")):
        scales = data[f"scales_{key}"][np.ix_(block_rows, block_cols)]
        tensors |= case(f"fp8_e4m3_128x128/{words}", data[f"codes_{key}"][at], scales, data[f"dq_{key}"][at])
    write(out / "fp8_128x128.safetensors", tensors)


def integers(folder, out):
    tensors = {}
    for name, source in (("int8_row/symmetric", "int8_row_sym"), ("int8_row/full", "int8_row_full"),
                         ("int8_g32/symmetric", "int8_g32_sym"), ("int4_g128/symmetric", "int4_g128_sym"),
                         ("int4_g128/full", "int4_g128_full"), ("int4_g128_asym/", "int4_g128_asym")):
        data = np.load(folder / f"{source}.npz")
        keep = thin(data["labels"])
        tensors["x"] = data["x"][keep]
        zeros = data["zeros"][keep] if "zeros" in data else None
        tensors |= case(name, data["codes"][keep], data["scales"][keep], data["dq"][keep], zeros)
    write(out / "integers.safetensors", tensors, data["labels"][keep])


def gguf(folders, out, file, names, finer=1):
    """All types of `names` ({case: npz}) were made of the same inputs."""
    tensors = {}
    for name, source in names.items():
        data = next(np.load(f / f"gguf_{source}.npz") for f in folders if (f / f"gguf_{source}.npz").exists())
        keep = thin(data["labels"], finer)
        tensors["x"] = data["x"][keep]
        tensors |= case(name, data["blocks"][keep], dq=data["dq"][keep], kind="blocks")
    write(out / f"{file}.safetensors", tensors, data["labels"][keep])


def gptq_awq(folder, out):
    data = np.load(folder / "gptq_awq_pack.npz")
    tensors = {key: data[key].view(np.uint8) for key in data.files if data[key].dtype == np.int32}
    tensors |= {"q": data["q"], "zeros": data["zeros"], "scales": data["scales"], "dq": row_hashes(data["dq"])}
    write(out / "gptq_awq.safetensors", tensors)


def cast(folder, out, name, source):
    """Inputs within the type's range thinned by 9, others by 61; and the decode table."""
    data = np.load(folder / f"cast_{source}.npz")
    table = data["table"].astype(np.float32)
    finite = np.abs(table[np.isfinite(table)])
    magnitude = np.abs(data["x"])
    index = np.arange(len(magnitude))
    inside = (magnitude >= finite[finite > 0].min() / 4) & (magnitude <= 2 * finite.max())
    keep = (inside & (index % 9 == 0)) | (~inside & (index % 61 == 0)) | np.isinf(magnitude) | KEEP_ALL
    write(out / f"cast_{name}.safetensors",
          {"x": data["x"][keep], "codes": data["codes_sat"][keep], "table": table})


def main():
    global KEEP_ALL
    arguments = [a for a in sys.argv[1:] if a != "--all"]
    KEEP_ALL = len(arguments) < len(sys.argv) - 1
    folder, q5_folder, out = (pathlib.Path(a) for a in arguments)
    out.mkdir(parents=True, exist_ok=True)
    for name in ("mxint8", "mxfp8_e4m3", "mxfp8_e5m2", "mxfp6_e2m3", "mxfp6_e3m2", "mxfp4"):
        mx(folder, out, name)
    for name in ("nvfp4_mod", "nvfp4_wide"):
        nvfp4(folder, out, name)
    fp8_rows(folder, out)
    fp8_whole_rows(folder, out)
    fp8_blocks(folder, out)
    integers(folder, out)
    folders = (folder, q5_folder)
    gguf(folders, out, "gguf_32", {"q8_0/": "Q8_0", "q4_0/": "Q4_0", "q4_1/": "Q4_1", "q5_0/": "Q5_0",
                                   "q5_1/": "Q5_1", "iq4_nl/search": "IQ4_NL", "iq4_nl/nosearch": "IQ4_NL_ref"})
    gguf(folders, out, "gguf_256", {"q4_k/": "Q4_K", "q5_k/": "Q5_K", "q6_k/": "Q6_K"}, finer=8)
    gguf(folders, out, "gguf_last_step", {"q4_k/": "Q4_K_last", "q5_k/": "Q5_K_last"})
    gguf(folders, out, "gguf_mxfp4", {"gguf_mxfp4/": "MXFP4"})
    gptq_awq(folder, out)
    for name in ("e4m3", "e5m2", "e2m3", "e3m2", "e2m1"):
        cast(folder, out, name, "e4m3fn" if name == "e4m3" else name)


if __name__ == "__main__":
    main()
