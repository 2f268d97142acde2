#!/usr/bin/env python3
"""tidy.py BUILD_FOLDER [PATH PREFIX...]: clang-tidy 14 with .clang-tidy; any finding fails.

Without prefixes: the rooms that read untrusted files and own memory. All of it takes several times as long.
"""
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOMS = ("quant/", "host/io/", "host/cl/", "host/plan/", "host/run/")
SKIPPED = 77  # ctest's SKIP_RETURN_CODE


def main() -> int:
    tool = shutil.which("clang-tidy")
    if tool is None or "version 14." not in subprocess.run([tool, "--version"], capture_output=True, text=True).stdout:
        print("clang-tidy 14 is not installed")
        return SKIPPED
    build, *prefixes = sys.argv[1:]
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        compiled = sorted({os.path.relpath(entry["file"]) for entry in json.load(file)})
    sources = [path for path in compiled if path.startswith(tuple(prefixes) or ROOMS)]

    def lint(path: str) -> str:
        # The compile commands may be GCC's, with warnings of its own.
        command = [tool, "-p", build, "--quiet", "--extra-arg=-Wno-unknown-warning-option", path]
        result = subprocess.run(command, capture_output=True, text=True)
        return "" if result.returncode == 0 else result.stdout

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        findings = [finding for finding in pool.map(lint, sources) if finding]
    print("\n".join(findings) or f"{len(sources)} files")
    return 1 if findings or not sources else 0


sys.exit(main())
