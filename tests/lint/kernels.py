#!/usr/bin/env python3
"""kernels.py LIST_PROGRAMS: clang's OpenCL front end on every kernel program; any warning fails."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

# A body has one signature and one text for all formats, so some of them leave a parameter or a scale unused.
# NVIDIA's compiler knows `asm`; clang calls it __asm__ in strict OpenCL C.
COMMAND = (
    "clang-15 -x cl -cl-std=CL1.2 -Xclang -finclude-default-header -fsyntax-only"
    " -Werror -Wall -Wextra -Wno-unused-parameter -Wno-unused-variable -Dasm=__asm__ -I. -Icl_kernels"
    " -Icl_kernels/include"
).split()
SKIPPED = 77  # ctest's SKIP_RETURN_CODE


def lint(program: str) -> str:
    entry, *defines = program.split()
    # PTX's operands are known to its own target only.
    if "-DAMX=1" in defines:  # as are zmm registers
        target = "x86_64 -march=skylake-avx512"
    else:
        target = "nvptx64" if entry.startswith("nvidia/") or "-DPTX_ASM=1" in defines else "spir64"
    result = subprocess.run([*COMMAND, "-target", *target.split(), *defines, "cl_kernels/" + entry], capture_output=True, text=True)
    return "" if result.returncode == 0 else f"{program}\n{result.stderr}"


def group_questions() -> list[str]:
    """Lines of headers that ask for the group: in joined programs only kernels themselves know it."""
    found = []
    for path in sorted(pathlib.Path("cl_kernels").rglob("*.clh")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r"\bget_(group_id|num_groups|global_id)\(", line):
                found.append(f"{path}:{number}: asks for its group, which a kernel can pass on")
    return found


def main() -> int:
    if shutil.which(COMMAND[0]) is None:
        print(f"{COMMAND[0]} is not installed")
        return SKIPPED
    listed = subprocess.run([sys.argv[1]], capture_output=True, text=True)
    if listed.returncode != 0:
        print(listed.stderr)
        return 1
    programs = listed.stdout.splitlines()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        findings = group_questions() + [finding for finding in pool.map(lint, programs) if finding]
    print("\n".join(findings) or f"{len(programs)} programs")
    return 1 if findings or not programs else 0


sys.exit(main())
