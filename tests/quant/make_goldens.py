#!/usr/bin/env python3
"""Writes tests/data/quant/<format>.safetensors from a folder of golden .npz files.

usage: make_goldens.py GOLDENS_FOLDER OUTPUT_FOLDER      (needs numpy)

Rows of the plentiful random classes are thinned by a fixed stride; every other labelled row is kept.
"""
import json
import pathlib
import struct
import sys

import numpy as np

DTYPES = {"float32": "F32", "uint8": "U8"}
PLENTIFUL = {"gauss", "student_t4", "outlier", "bf16_grid", "wide_range"}


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


def thin(labels, stride=8):
    """Rows to keep: of each plentiful class, every stride-th."""
    keep, seen = [], {}
    for row, label in enumerate(labels):
        seen[label] = seen.get(label, -1) + 1
        if label not in PLENTIFUL or seen[label] % stride == 0:
            keep.append(row)
    return np.array(keep)


def gguf(folder, out, name):
    data = np.load(folder / f"gguf_{name.upper()}.npz")
    keep = thin(data["labels"])
    tensors = {k: data[k][keep] for k in ("x", "blocks", "dq")}
    write(out / f"{name}.safetensors", tensors, data["labels"][keep])


def mxint8(folder, out):
    data = np.load(folder / "mxint8.npz")
    keep = thin(data["labels"], 4)
    keys = {"x": "x", "codes": "codes_floor", "scales": "scales_floor", "dq": "dq_floor"}
    write(out / "mxint8.safetensors", {k: data[v][keep] for k, v in keys.items()}, data["labels"][keep])


def fp8_block(folder, out):
    """The corners of the 3 x 5 blocks: a large outlier, ragged right and bottom edges, a tiny amax."""
    data = np.load(folder / "fp8_128x128.npz")
    rows, cols = data["x"].shape
    row = [r for r in range(rows) if r // 128 in (0, rows // 128)]
    col = [c for c in range(cols) if c // 128 in (0, cols // 128)]
    tensors = {k: data[k][np.ix_(row, col)] for k in ("x", "codes", "dq")}
    tensors["scales"] = data["scales"][np.ix_([0, rows // 128], [0, cols // 128])]
    write(out / "fp8_e4m3_128x128.safetensors", tensors)


def e4m3_cast(folder, out):
    """All of the rounding range every third, a sample outside it, and the decode table."""
    data = np.load(folder / "cast_e4m3fn.npz")
    magnitude = np.abs(data["x"])
    index = np.arange(len(magnitude))
    inside = (magnitude >= 2.0**-11) & (magnitude <= 1024)
    keep = (inside & (index % 3 == 0)) | (~inside & (index % 31 == 0)) | np.isinf(magnitude)
    write(out / "e4m3.safetensors",
          {"x": data["x"][keep], "codes": data["codes_sat"][keep], "table": data["table"]})


def main():
    folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    for name in ("q8_0", "q4_0", "q4_1"):
        gguf(folder, out, name)
    mxint8(folder, out)
    fp8_block(folder, out)
    e4m3_cast(folder, out)


if __name__ == "__main__":
    main()
