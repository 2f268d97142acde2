"""How bench/compare_llamacpp runs one task on either side."""
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import compare_state

PROMPT, GENERATE, FIRST, BATCH, LOADED = 512, 128, 32, 512, 64
DEPTHS = [0, 1024]
CONTEXT = max(DEPTHS) + PROMPT
# 32 tokens or a few less or more.
TEXT = ("The sea was calm that morning, and the old man rowed out beyond the harbour before the sun had risen, "
        "thinking of the fish he had lost the year before and")


def settings(task, options):
    list_ = [f"model.path={compare_state.file_of(options, task.format)}", f"device={options.device}",
             "kv_cache.format=f16", f"kv_cache.max_context={CONTEXT}", f"runtime.batch_tokens={BATCH}"]
    if task.format != "f16":
        list_.append("activations.format=int8_g32")
    return [word for setting in list_ + options.set for word in ("--set", setting)]


def environment(task, options):
    """Without VNNI and AMX where the task says so."""
    if task.kind != "plain":
        return None
    listed = json.loads(subprocess.run([options.clinfer, "devices", "--json"], stdout=subprocess.PIPE).stdout)
    names = {name for device in listed["devices"] for name in device["probes"]}
    masked = [name for name in sorted(names) if "vnni" in name or "amx" in name]
    return {**os.environ, "CLINFER_DISABLE": ",".join(masked)}


def bench(task, options, prompts, tokens, depths):
    command = [options.clinfer, "bench", "-m", str(compare_state.file_of(options, task.format)), "-o", "json", "-r", "1",
               "-p", prompts, "-n", tokens, "-d", depths, *settings(task, options)]
    rows = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment(task, options)).stdout)
    return {row["test"].replace(" ", ""): {"rate": row["avg_ts"], "cpu": sum(row["samples_cpu_s"])} for row in rows}


def start(task, options):
    """Milliseconds from the start of a process that has its kernels stored to the first new text."""
    command = [options.clinfer, "run", "-q", "-m", str(compare_state.file_of(options, task.format)), "-p", TEXT, "-n", "1",
               "--temp", "0", *settings(task, options)]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0)
    seen = 0
    while seen <= len(TEXT.encode()):
        part = process.stdout.read(4096)
        if not part:
            sys.exit("clinfer run ended without a token")
        seen += len(part)
    took = time.perf_counter() - began
    process.stdout.read()
    process.wait()
    return {"start": {"ms": 1e3 * took}}


def run_clinfer(task, options):
    if task.kind == "start":
        return start(task, options)
    if task.kind == "loaded":
        return bench(task, options, "0", str(LOADED), "0")
    if task.kind == "plain":
        return bench(task, options, str(PROMPT), str(GENERATE), "0")
    return bench(task, options, f"{FIRST},{PROMPT}", str(GENERATE), ",".join(map(str, DEPTHS)))


def run_peer(task, options):
    if task.kind == "start":
        words = ["start", TEXT]
    elif task.kind == "loaded":
        words = ["rows", "", str(LOADED), "0"]
    elif task.kind == "plain":
        words = ["rows", str(PROMPT), str(GENERATE), "0"]
    else:
        words = ["rows", f"{FIRST},{PROMPT}", str(GENERATE), ",".join(map(str, DEPTHS))]
    python = options.plain_python if task.kind == "plain" else options.python
    command = [python, compare_state.PEER, words[0], compare_state.file_of(options, task.format), options.threads, CONTEXT,
               BATCH, *words[1:]]
    return json.loads(subprocess.run([str(w) for w in command], check=True, stdout=subprocess.PIPE).stdout)


SIDES = {"clinfer": run_clinfer, "llama.cpp": run_peer}


def warm(options, formats, state):
    """Has clinfer compile and store its kernels for formats that were not measured yet."""
    for format_ in formats:
        if any(s["format"] == format_ for s in state.data):
            continue
        print(f"compiling for {format_}", file=sys.stderr, flush=True)
        bench(compare_state.Task("warm", format_, "rows"), options, "16", "4", "0")
        start(compare_state.Task("warm", format_, "start"), options)
