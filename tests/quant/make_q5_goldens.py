#!/usr/bin/env python3
"""Writes gguf_Q5_1.npz, gguf_Q5_K.npz and gguf_Q{4,5}_K_last.npz: blocks by ggml, values by the gguf package.

usage: make_q5_goldens.py GOLDENS_FOLDER LIBGGML_BASE OUTPUT_FOLDER      (needs numpy and gguf)

GOLDENS_FOLDER has gguf_Q4_1.npz and gguf_Q4_K.npz, whose inputs are used. The library must give the blocks of
those two files bit for bit: one built with FMA would not. Q5_1 blocks are compared with the gguf package's, too.
The "last" inputs are those rare ones for which the last step of the search is the best.
"""
import ctypes
import pathlib
import sys

import gguf
import numpy as np

TYPES = gguf.GGMLQuantizationType


def quantize(library, kind, x):
    rows, cols = x.shape
    elems, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = np.zeros((rows, cols // elems * size), np.uint8)
    chunk = library.ggml_quantize_chunk
    chunk.restype = ctypes.c_size_t
    pointer = ctypes.c_void_p
    chunk.argtypes = [ctypes.c_int, pointer, pointer] + [ctypes.c_int64] * 3 + [pointer]
    x = np.ascontiguousarray(x)
    chunk(int(kind), x.ctypes.data, blocks.ctypes.data, 0, rows, cols, None)
    return blocks


def save(path, x, labels, blocks, kind):
    values = gguf.quants.dequantize(blocks, kind).astype(np.float32)
    np.savez(path, x=x, labels=labels, blocks=blocks, dq=values)


def last_step(library, out):
    x = np.random.default_rng(7).normal(0, 0.02, (1200, 256)).astype(np.float32)[[60, 440, 581, 595, 862, 1046]]
    for name in ("Q4_K", "Q5_K"):
        blocks = quantize(library, TYPES[name], x)
        save(out / f"gguf_{name}_last.npz", x, np.array(["last_step"] * len(x)), blocks, TYPES[name])


def main():
    goldens, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[3])
    library = ctypes.CDLL(sys.argv[2])
    for old, new in (("Q4_1", "Q5_1"), ("Q4_K", "Q5_K")):
        data = np.load(goldens / f"gguf_{old}.npz")
        if not np.array_equal(quantize(library, TYPES[old], data["x"]), data["blocks"]):
            sys.exit(f"{sys.argv[2]} does not give the {old} blocks of {goldens}")
        blocks = quantize(library, TYPES[new], data["x"])
        if new == "Q5_1":
            other = gguf.quants.quantize(data["x"], TYPES[new])
            zero = (data["x"] == 0).any(axis=1)  # there the package keeps another sign of zero
            print("Q5_1 rows that the gguf package quantises otherwise:",
                  int(((other != blocks).any(axis=1) & ~zero).sum()))
        save(out / f"gguf_{new}.npz", data["x"], data["labels"], blocks, TYPES[new])
    last_step(library, out)


if __name__ == "__main__":
    main()
