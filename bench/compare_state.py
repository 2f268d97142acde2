"""What bench/compare_llamacpp prepares before its rounds and keeps between them."""
import datetime
import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "llama-cpp-python==0.3.36"
PEER = Path(__file__).resolve().parent / "compare_peer.py"
LEFT_OUT = ("LLAVA_BUILD", "MTMD_BUILD", "LLAMA_BUILD_TESTS", "LLAMA_BUILD_TOOLS")
# What x86 processors have had since 2013, and AVX-512 without its dot products where the machine has it.
PLAIN = ["GGML_AVX", "GGML_AVX2", "GGML_FMA", "GGML_F16C", "GGML_BMI2"]

KINDS = ("rows", "start", "loaded", "plain")


@dataclass(frozen=True)
class Task:
    """One process of a side: a file, and which rows of it are measured."""
    name: str
    format: str
    kind: str  # of KINDS

    @property
    def loaded(self):
        return self.kind == "loaded"


def kinds(options):
    """Those that --rows names; else all, plain ones only where they are asked for."""
    if options.rows is None:
        left_out = {"loaded"} if options.quick else set()
        left_out |= set() if options.without_units or options.plain_python else {"plain"}
        return [kind for kind in KINDS if kind not in left_out]
    chosen = options.rows.split(",")
    unknown = [kind for kind in chosen if kind not in KINDS]
    if unknown:
        sys.exit(f"--rows: no rows of kind {', '.join(unknown)}; there are {', '.join(KINDS)}")
    return chosen


def tasks(options, formats):
    """Those of one round: under load the first format alone, others of every format."""
    return [Task(f"{kind} {f}", f, kind) for kind in options.kinds for f in (formats[:1] if kind == "loaded" else formats)]


def file_of(options, format_):
    if f"-{format_}." in Path(options.model).name:
        return Path(options.model).resolve()
    return (Path(options.folder) / f"{Path(options.model).stem}-as-{format_}.gguf").resolve()


def flags():
    """Flags of the processor that either side has instructions for."""
    facts = dict(line.split(":", 1) for line in Path("/proc/cpuinfo").read_text().splitlines() if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    known = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_int8", "amx_bf16")
    return facts.get("model name", platform.processor()), [f for f in facts.get("flags", "").split() if f in known]


def unnamed_amx(compiler):
    """Macros of AMX that llama.cpp asks for and clang before 16 spells otherwise (__AMXINT8__)."""
    seen = subprocess.run([compiler, "-march=native", "-dM", "-E", "-x", "c", os.devnull], stdout=subprocess.PIPE,
                          text=True).stdout
    return [f"-D__AMX_{unit}__=1" for unit in ("TILE", "INT8", "BF16")
            if f"__AMX{unit}__" in seen and f"__AMX_{unit}__" not in seen]


def install(folder, cmake):
    """The python of a virtual environment that has llama-cpp-python."""
    python = Path(folder) / "bin/python"
    if python.exists() and subprocess.run([python, "-c", "import llama_cpp"], capture_output=True).returncode == 0:
        return str(python)
    print(f"building {PACKAGE} in {folder}, about 11 CPU-minutes", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    arguments = " ".join([f"-D{name}=OFF" for name in LEFT_OUT] + cmake)
    # GCC 12 miscompiles its AMX code; pip would take a wheel that it once built with other flags.
    environment = {**os.environ, "CC": "clang", "CXX": "clang++", "CMAKE_ARGS": arguments}
    for flags_of in ("CFLAGS", "CXXFLAGS"):
        environment[flags_of] = " ".join([os.environ.get(flags_of, ""), *unnamed_amx("clang")]).strip()
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check",
                    "--no-binary", "llama-cpp-python", PACKAGE], check=True, env=environment)
    return str(python)


def prepare(options, formats):
    """Installs the peer and makes the files that are not there."""
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    options.python = options.python or install(folder / "venv", [])
    if "plain" in options.kinds and not options.plain_python:
        plain = PLAIN + (["GGML_AVX512"] if "avx512f" in flags()[1] else [])
        options.plain_python = install(folder / "plain", ["-DGGML_NATIVE=OFF"] + [f"-D{name}=ON" for name in plain])
    for format_ in formats:
        target = file_of(options, format_)
        if target.exists():
            continue
        print(f"making {target.name}", file=sys.stderr)
        subprocess.run([options.python, PEER, "quantize", options.model, format_, target], check=True)


def facts(options, formats):
    """What shares are taken of: the device's measured speeds, and each format's work for a token."""
    found = {"date": datetime.date.today().isoformat(), "cpu": flags()[0], "flags": flags()[1], "cpus": os.cpu_count(),
             "threads": options.threads, "package": PACKAGE, "model": Path(options.model).name, "formats": {}}
    for format_ in formats:
        command = [options.clinfer, "inspect", str(file_of(options, format_)), "--measure", "--json"]
        seen = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        found["device"] = next((d for d in seen["devices"] if "bytes_per_second" in d), None)
        found["formats"][format_] = {
            "bytes": seen["file_bytes"], "cache_bytes_1024": seen["cache_read_bytes"] * 1024 / seen["context"],
            "flop": seen["prefill_flops"] / seen["prompt"]}
    return found


class State:
    """All samples so far, written after each."""

    def __init__(self, path, resume):
        self.path = path
        self.data = json.loads(path.read_text()) if resume and path.exists() else []

    def has(self, turn, task, side):
        return any((s["round"], s["task"], s["side"]) == (turn, task, side) for s in self.data)

    def add(self, turn, task, side, rows, load):
        self.data.append({"round": turn, "task": task.name, "format": task.format, "kind": task.kind, "side": side,
                          "load_average": load, "rows": rows})
        temporary = self.path.with_suffix(".new")
        temporary.write_text(json.dumps(self.data, indent=1))
        temporary.rename(self.path)
