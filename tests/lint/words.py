#!/usr/bin/env python3
"""No file of the repository names a machine's folders or says that it is unfinished."""
import re
import sys

from sources import all_files

# Put together from pieces, so that this file does not find itself.
FORBIDDEN = {
    "a folder of some machine": r"(^|[^a-zA-Z.])/(" + "|".join(["ho" "me", "ro" "ot", "wo" "rk", "t" "mp"]) + r")/",
    "unfinished work": r"\b(" + "|".join(["TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK"]) + r")\b",
    "an address of a machine": r"\b(10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+)\b",
}
SKIPPED = re.compile(r"^(tests/data/|tests/models/|LICENSE$)|\.(json|safetensors|gguf|png|pyc)$")


def main() -> int:
    files = all_files()
    findings = []
    for path in files:
        if SKIPPED.search(path):
            continue
        try:
            lines = open(path, encoding="utf-8").read().splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, 1):
            for what, pattern in FORBIDDEN.items():
                if re.search(pattern, line):
                    findings.append(f"{path}:{number}: {what}: {line.strip()}")
    print("\n".join(findings) or f"{len(files)} files")
    return 1 if findings else 0


sys.exit(main())
