"""What PyTorch reaches beside clinfer's benches, as JSON lines: matmuls at the shapes of bench_h200
(FP8 blockwise by cuBLASLt, bf16), one of 8192^3, matrix-vector products, causal attention, copying memory."""
import json
import sys

import torch
from torch.nn.functional import pad, scaled_dot_product_attention

SHAPES = [(2112, 7168), (24576, 1536), (32768, 512), (7168, 16384), (4096, 7168), (7168, 2048)]  # n, k


def seconds(call, flops):
    count = int(min(200, max(10, 2e13 / flops)))
    times = []
    for _ in range(6):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        for _ in range(count):
            call()
        end.record()
        torch.cuda.synchronize()
        times.append(start.elapsed_time(end) * 1e-3 / count)
    return sorted(times[1:])[2]


def fp8_blockwise(m, n, k):
    a = torch.randn(m, k, device="cuda").to(torch.float8_e4m3fn)
    b = torch.randn(n, k, device="cuda").to(torch.float8_e4m3fn)
    scale_a = torch.rand(k // 128, m, device="cuda").t()
    blocks = (n + 127) // 128
    scale_b = pad(torch.rand(blocks, k // 128, device="cuda"), (0, -(k // 128) % 4))[:, : k // 128]
    return lambda: torch._scaled_mm(a, b.t(), scale_a, scale_b.t(), out_dtype=torch.bfloat16)


def bf16(m, n, k):
    a = torch.randn(m, k, device="cuda", dtype=torch.bfloat16)
    b = torch.randn(n, k, device="cuda", dtype=torch.bfloat16)
    return lambda: a @ b.t()


VECTORS = [(7168, 16384), (24576, 1536), (4096, 7168), (7168, 2048), (36864, 7168), (4096, 4096),
           (24576, 4096), (28672, 4096), (4096, 14336), (128256, 4096)]  # n, k
ATTENTION = [("GQA 32/8", 32, 8, 128, 128), ("MLA 128", 128, 128, 192, 128)]  # heads, key and value columns
TOKENS = [4096, 16384]


def attention(tokens, heads, kv_heads, key_dim, value_dim):
    def random(h, d):
        return torch.randn(1, h, tokens, d, device="cuda", dtype=torch.bfloat16)

    q, k, v = random(heads, key_dim), random(kv_heads, key_dim), random(kv_heads, value_dim)
    return lambda: scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=heads != kv_heads)


def vector(n, k):
    copies = max(2, 768 * 2**20 // (2 * n * k))  # so that no cache holds them
    matrices = [torch.randn(n, k, device="cuda", dtype=torch.bfloat16) for _ in range(copies)]
    x = torch.randn(k, device="cuda", dtype=torch.bfloat16)
    turn = iter(range(10**9))
    return lambda: torch.mv(matrices[next(turn) % len(matrices)], x)


def others():
    """Rows of what is not one of SHAPES."""
    for m, n, k in [(8192, 8192, 8192)] + [(4096, *shape) for shape in VECTORS]:
        flops = 2 * m * n * k
        speed = flops / seconds(bf16(m, n, k), flops) * 1e-12
        yield {"work": "matmul", "m": m, "n": n, "k": k, "tflop_s": speed}
    for n, k in VECTORS:
        yield {"work": "vector", "n": n, "k": k, "gb_s": 2 * n * k / seconds(vector(n, k), 4e11) * 1e-9}
    for tokens in TOKENS:
        for name, *dims in ATTENTION:
            flops = tokens * tokens * dims[0] * (dims[2] + dims[3])
            took = seconds(attention(tokens, *dims), flops)
            yield {"work": "attention", "shape": name, "tokens": tokens, "tflop_s": flops / took * 1e-12}
    data = torch.empty(2**31, dtype=torch.uint8, device="cuda").random_()
    to = torch.empty_like(data)
    yield {"work": "copy", "gb_s": 2 * data.numel() / seconds(lambda: to.copy_(data), 1e12) * 1e-9}


for row in others():
    print(json.dumps(row), flush=True)
    torch.cuda.empty_cache()
for m in [int(word) for word in sys.argv[1:]] or [4096, 128, 64]:
    for n, k in SHAPES:
        flops = 2 * m * n * k
        row = {"m": m, "n": n, "k": k}
        for name, make in (("fp8_blockwise", fp8_blockwise), ("bf16", bf16)):
            try:
                row[name] = flops / seconds(make(m, n, k), flops) * 1e-12
            except RuntimeError as error:
                row[name] = None
                print(f"# {name}: {str(error).splitlines()[0]}", file=sys.stderr)
        print(json.dumps(row), flush=True)
