#!/usr/bin/env python3
"""Writes importance.safetensors: blocks that ggml makes with an importance matrix.

usage: make_importance_goldens.py LIBGGML_BASE OUTPUT_FOLDER      (a library built without FMA)

x [rows, 512] of Gaussian, heavy-tailed and outlier rows, importance [512] spread over six decades, and for each
format "<format>|blocks" [rows, bytes].
"""
import ctypes
import json
import pathlib
import random
import struct
import sys

COLS = 512
FORMATS = {"q4_k": (12, 256, 144), "q5_k": (13, 256, 176), "q6_k": (14, 256, 210), "iq4_nl": (20, 32, 18)}


def rows():
    rng = random.Random(11)
    for _ in range(4):
        yield [rng.gauss(0, 0.02) for _ in range(COLS)]
    for _ in range(3):  # Student's t with four degrees of freedom
        yield [rng.gauss(0, 0.02) / (sum(rng.gauss(0, 1) ** 2 for _ in range(4)) / 4) ** 0.5 for _ in range(COLS)]
    for _ in range(2):
        yield [rng.gauss(0, 0.4 if i % 100 == 7 else 0.02) for i in range(COLS)]
    yield [abs(rng.gauss(0, 0.02)) for _ in range(COLS)]
    yield [0.0] * 256 + [rng.gauss(0, 1) if i % 8 == 0 else 0.0 for i in range(256)]


def main():
    library = ctypes.CDLL(sys.argv[1])
    chunk = library.ggml_quantize_chunk
    chunk.restype = ctypes.c_size_t
    chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_int64] * 3 + [ctypes.c_void_p]
    values = list(rows())
    x = b"".join(struct.pack(f"<{COLS}f", *row) for row in values)
    rng = random.Random(12)
    importance = struct.pack(f"<{COLS}f", *(10 ** rng.uniform(-3, 3) for _ in range(COLS)))
    tensors = {"x": ("F32", [len(values), COLS], x), "importance": ("F32", [COLS], importance)}
    for name, (kind, elems, size) in FORMATS.items():
        blocks = ctypes.create_string_buffer(len(values) * COLS // elems * size)
        chunk(kind, x, blocks, 0, len(values), COLS, importance)
        tensors[f"{name}|blocks"] = ("U8", [len(values), COLS // elems * size], blocks.raw)
    header, end = {}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + len(data)]}
        end += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path = pathlib.Path(sys.argv[2]) / "importance.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data for _, _, data in tensors.values()))


main()
