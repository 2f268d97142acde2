"""The samples of bench/compare_llamacpp as a Markdown table of medians with their spread."""
import statistics

SIDES = ("clinfer", "llama.cpp")
MS = {"pp32": "time to first token, 32 tokens", "start": "start to first token"}


def values(samples, side, format_, kind, row, key):
    return [s["rows"][row][key] for s in samples
            if (s["side"], s["format"], s["kind"]) == (side, format_, kind) and row in s["rows"]]


def cell(numbers):
    return f"{statistics.median(numbers):.1f} [{min(numbers):.1f}..{max(numbers):.1f}]"


def peak_of(device, format_):
    """What the device multiplies at most: bytes where quantised weights meet rounded activations, else floats."""
    floats = device["flops_per_second"]
    return floats if format_ == "f16" else max(floats, device.get("byte_ops_per_second", 0))


def share(row, rate, facts, format_):
    """Of the device's measured speed: bytes read for tokens, FLOP for prompts."""
    if not facts["device"]:
        return ""
    work = facts["formats"][format_]
    if row.startswith("tg"):
        bytes_ = work["bytes"] + (work["cache_bytes_1024"] if row.endswith("@d1024") else 0)
        return f"{100 * rate * bytes_ / facts['device']['bytes_per_second']:.0f} % of read"
    if row.startswith("pp512"):
        return f"{100 * rate * work['flop'] / peak_of(facts['device'], format_):.0f} % of peak"
    return ""


def line(samples, facts, format_, kind, row):
    """One row; None where a side has no sample of it."""
    sides = {}
    for side in SIDES:
        if row == "start":
            sides[side] = values(samples, side, format_, kind, row, "ms")
        else:
            rates = values(samples, side, format_, kind, row, "rate")
            sides[side] = [32e3 / rate for rate in rates] if row == "pp32" else rates
    if not all(sides.values()):
        return None
    ours, theirs = (statistics.median(sides[side]) for side in SIDES)
    name = MS.get(row, row) + (", ms" if row in MS else ", t/s")
    name += {"loaded": ", beside as many busy processes as cores", "plain": ", no VNNI, no AMX"}.get(kind, "")
    shares = [share(row, statistics.median(sides[side]), facts, format_) for side in SIDES]
    return [format_, name, cell(sides["clinfer"]), cell(sides["llama.cpp"]), f"{ours / theirs:.2f}", *shares]


def kept(samples, format_, side):
    """Loaded speed against quiet speed, both by the core-seconds that a token took, and by the clock."""
    loaded = values(samples, side, format_, "loaded", "tg64", "rate")
    quiet = values(samples, side, format_, "rows", "tg128", "rate")
    cpu_loaded = values(samples, side, format_, "loaded", "tg64", "cpu")
    cpu_quiet = values(samples, side, format_, "rows", "tg128", "cpu")
    if not loaded or not quiet:
        return None
    by_core = (statistics.median(cpu_quiet) / 128) / (statistics.median(cpu_loaded) / 64)
    return (f"{side} keeps {statistics.median(loaded) / statistics.median(quiet):.2f} of its quiet tokens/s and "
            f"{by_core:.2f} of its tokens per core-second")


def table(rows):
    heads = ["format", "row", "clinfer", "llama.cpp", "clinfer / llama.cpp", "clinfer's share", "llama.cpp's share"]
    lines = ["| " + " | ".join(heads) + " |", "| --- | --- | ---: | ---: | ---: | --- | --- |"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def markdown(samples, facts):
    formats = list(dict.fromkeys(s["format"] for s in samples if s["format"] in facts["formats"]))
    order = ("tg128", "tg128@d1024", "pp512", "pp512@d1024", "pp32", "tg64", "start")
    rows = [line(samples, facts, f, kind, row) for f in formats for kind in ("rows", "start", "loaded", "plain")
            for row in order]
    rounds = max(s["round"] for s in samples) + 1
    load = [s["load_average"] for s in samples]
    head = (f"{facts['date']}, {facts['model']}, {facts['cpu']} ({' '.join(facts['flags'])}), {facts['cpus']} CPUs, "
            f"load average {min(load):.1f} to {max(load):.1f}, {rounds} rounds, llama.cpp of {facts['package']} with "
            f"{facts['threads']} threads. Medians [least..most]; where a row is ms, less is better.")
    if facts["device"]:
        d = facts["device"]
        head += (f" clinfer on {d['name']}, which was measured to read {d['bytes_per_second'] / 1e9:.1f} GB/s and to "
                 f"multiply {d['flops_per_second'] / 1e12:.2f} TFLOP/s of floats, "
                 f"{peak_of(d, '') / 1e12:.2f} TOP/s of bytes.")
    notes = [kept(samples, f, side) for f in formats for side in SIDES]
    return "\n".join([head, "", *table([r for r in rows if r]), "", *[n + ".  " for n in notes if n]])
