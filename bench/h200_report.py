"""The JSON lines that bench/h200 gathers in a folder, as markdown tables and as one file, h200.json."""
import json
import re
import sys
from pathlib import Path

OUT = Path(sys.argv[1])


def lines(name):
    return [json.loads(line) for line in (OUT / f"{name}.jsonl").read_text().splitlines()]


def table(heads, rows):
    print("\n| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def ratio(ours, theirs):
    return (f"{theirs:.0f}", f"{ours / theirs:.2f}") if theirs else ("-", "-")


peers = lines("peer")
shapes = {(p["m"], p["n"], p["k"]): p for p in peers if "work" not in p}
matmuls = {shape: p["bf16"] for shape, p in shapes.items()}
matmuls |= {(p["m"], p["n"], p["k"]): p["tflop_s"] for p in peers if p.get("work") == "matmul"}
vectors = {(p["n"], p["k"]): p["gb_s"] for p in peers if p.get("work") == "vector"}
attention = {(p["shape"], p["tokens"]): p["tflop_s"] for p in peers if p.get("work") == "attention"}
copy = next(p["gb_s"] for p in peers if p.get("work") == "copy")
ours = {name: lines(name) for name in ("fp8", "attention", "decode_attention", "matvec", "prompt", "quantized")}
models = {path.name: json.loads(path.read_text())[0] for kind in ("decode", "prefill")
          for path in sorted(OUT.glob(f"*.{kind}.json"))}
small = {path.name.removesuffix(".small.json"): json.loads(path.read_text())
         for path in sorted(OUT.glob("*.small.json"))}
device = (OUT / "matvec.txt").read_text().splitlines()[0]
(OUT / "h200.json").write_text(json.dumps({"device": device, "peer": peers, **ours, "models": models, "small": small}, indent=1))

print(f"{device}; torch copies {copy:.0f} GB/s")
table(["FP8, M x N x K", "us", "TFLOP/s", "torch blockwise", "ratio", "torch bf16"],
      [(f"{r['m']} x {r['n']} x {r['k']}", f"{r['us']:.1f}", f"{r['tflop_s']:.0f}",
        *ratio(r["tflop_s"], shapes[r["m"], r["n"], r["k"]]["fp8_blockwise"]),
        f"{shapes[r['m'], r['n'], r['k']]['bf16']:.0f}") for r in ours["fp8"]])
flops = [(r, 2e-6 * r["tokens"] * r["rows"] * r["cols"] / r["us"]) for r in ours["prompt"]]
table(["weights x activations", "M x N x K", "variant", "TFLOP/s", "torch bf16", "ratio"],
      [(f"{r['weights']} x {r['activations'] or 'f32'}", f"{r['tokens']} x {r['rows']} x {r['cols']}", r["variant"],
        f"{f:.1f}",
        *ratio(f, matmuls.get((r["tokens"], r["rows"], r["cols"])))) for r, f in flops])
table(["causal attention", "cache", "tokens", "variant", "TFLOP/s", "torch bf16", "ratio"],
      [(r["shape"], r["format"], r["tokens"], r["variant"], f"{r['tflop_s']:.1f}",
        *ratio(r["tflop_s"], attention.get((r["shape"], r["tokens"])))) for r in ours["attention"]])
table(["attention of few tokens", "cache", "tokens", "context", "variant", "us", "GB/s", "of read", "TFLOP/s"],
      [(r["shape"], r["format"], r["tokens"], r["context"], r["variant"], f"{r['us']:.1f}", f"{r['gb_s']:.0f}",
        f"{r['gb_s'] / r['read_gb_s']:.2f}", f"{r['tflop_s']:.1f}") for r in ours["decode_attention"]])
table(["format", "N x K", "tokens", "us", "GB/s", "of read", "torch.mv bf16"],
      [(r["format"], f"{r['rows']} x {r['cols']}", r["tokens"], f"{r['us']:.1f}", f"{r['gb_s']:.0f}",
        f"{r['gb_s'] / r['read_gb_s']:.2f}",
        f"{vectors.get((r['rows'], r['cols']), 0):.0f}" if r["tokens"] == 1 else "")
       for r in ours["matvec"]])

fp8_peer = [p["fp8_blockwise"] for shape, p in shapes.items() if shape[0] == 4096 and p["fp8_blockwise"]]
read = next(r["read_gb_s"] for r in ours["matvec"])
dense = {r["k"]: r["tflop_s"] for r in ours["quantized"]
         if r["experts"] == 1 and r["m"] == 4096 and r["weights"].startswith("fp8") and r["k"] in (2048, 7168)}


def compared(r):
    """With torch's product of the same shape; experts with one matrix of as many columns, for many tokens."""
    if r["experts"] == 1:
        return shapes.get((r["m"], r["n"], r["k"]), {}).get("fp8_blockwise")
    return dense[r["k"]] if r["m"] == 4096 else None


table(["quantised x, M x N x K", "experts", "variant", "us", "product alone", "TFLOP/s", "of torch or dense",
       "weights read, of read speed"],
      [(f"{r['m']} x {r['n']} x {r['k']}", r["experts"], f"{r['variant']} {r['weights']}", f"{r['us']:.1f}",
        f"{r['product_us']:.1f}", f"{r['tflop_s']:.0f}",
        ratio(r["tflop_s"], compared(r))[1], f"{r['weight_gb_s'] / read:.2f}") for r in ours["quantized"]])
middle = sorted(fp8_peer)[len(fp8_peer) // 2]
rows = []
for name, m in models.items():
    if ".decode." in name:
        speed = m["avg_ts"] * m["token_weight_bytes"] * 1e-9
        rows.append((name, m["test"], f"{m['avg_ts']:.1f}", f"{speed:.0f} GB/s", f"{speed / read:.2f} of read"))
    else:
        speed = m["avg_ts"] * m["prompt_matmul_flops"] * 1e-12
        rows.append((name, m["test"], f"{m['avg_ts']:.0f}", f"{speed:.0f} TFLOP/s",
                     f"{speed / middle:.2f} of torch FP8"))
table(["model, random weights", "test", "tokens/s", "", ""], rows)


def outside_launches(name):
    """Share of a token's time that is in no launch, of the profile's joined calls or of those step by step."""
    text = (OUT / f"{name}.profile.txt").read_text()
    joined = re.search(r"joined: \d+ calls of ([\d.]+) ms, ([\d.]+) ms of it in launches", text)
    apart = re.findall(r"launches, host +[\d.]+ +([\d.]+) %", text)
    return f"{1 - float(joined[2]) / float(joined[1]) if joined else float(apart[-1]) / 100:.2f}"


table(["small model", "tokens/s of a prompt of 512", "of 128 tokens", "of a token outside launches"],
      [(name, *(f"{row['avg_ts']:.0f}" for row in tests), outside_launches(name)) for name, tests in small.items()])
