"""PyTorch's matmuls at the shapes of bench_h200: FP8 blockwise (cuBLASLt) and bf16; weights read once by torch.mv."""
import json
import sys

import torch
from torch.nn.functional import pad

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
