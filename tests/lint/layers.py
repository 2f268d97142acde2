#!/usr/bin/env python3
"""Which room may include what: ours by path, others' by header. A room that is not in the table may not exist."""
import re
import sys

from sources import blank, read, source_files

POSIX = r"unistd\.h|spawn\.h|fcntl\.h|signal\.h|sys/\w+\.h"
STD = r"[a-z_0-9]+"
ARGS = "cl_kernels/args/"

# room: (our files it may include besides its own, others' headers besides the standard library)
ROOMS = {
    "quant/": ([], ""),
    "graph/": (["quant/"], ""),
    "cl_kernels/": ([], ""),
    "host/cl/": (["cl_kernels/embedded.h", "graph/device_info.h", "quant/error.h"], POSIX + r"|CL/\w+\.h|cpuid\.h|openssl/\w+\.h"),
    "host/encode/": (["host/cl/", "graph/device_info.h", "quant/", ARGS], ""),
    "host/io/": (["graph/meta.h", "quant/"], POSIX + r"|nlohmann/json\.hpp"),
    "host/stored/": (["host/io/", "quant/"], ""),
    "host/text/": (["quant/error.h"], r"nlohmann/json\.hpp|pcre2\.h|utf8proc\.h"),
    "host/config/": (["quant/cache_format.h", "quant/error.h", "quant/format.h"], r"yaml-cpp/\w+\.h"),
    "host/kernels/": (["host/cl/", "graph/", "quant/", ARGS], r"clblast\.h"),
    "host/plan/": (["host/kernels/", "graph/", "quant/"], r"fmt/\w+\.h|nlohmann/json\.hpp"),
    "host/run/": (["host/plan/", "host/kernels/", "host/cl/", "host/io/", "host/stored/", "graph/", "quant/"], r"spdlog/.*"),
    "host/report/": (["host/run/", "host/plan/", "host/kernels/weight_layout.h", "host/io/", "host/stored/", "graph/", "quant/"],
                     r"fmt/\w+\.h|nlohmann/json\.hpp"),
    "host/generate/": (["host/run/", "host/text/", "host/config/", "host/kernels/variant.h", "quant/error.h"],
                       r"spdlog/.*"),
    "host/quantize/": (["graph/models/models.h", "graph/passes/find_rotations.h", "host/config/nearest.h", "host/config/run_config.h", "host/io/", "host/stored/", "quant/"],
                       POSIX + r"|nlohmann/json\.hpp"),
    "host/tune/": (["host/run/", "host/plan/", "host/kernels/", "host/cl/", "host/config/", "host/io/", "graph/", "quant/"],
                   r"spdlog/.*"),
    "host/cli/": (["host/", "graph/", "quant/"], POSIX + r"|CLI/CLI\.hpp|fmt/\w+\.h|nlohmann/json\.hpp|spdlog/.*"),
    "bench/": (["host/", "graph/", "quant/", ARGS], r"fmt/\w+\.h|nlohmann/json\.hpp"),
    "tests/": (["host/", "graph/", "quant/", "cl_kernels/"], POSIX + r"|doctest/doctest\.h|nlohmann/json\.hpp|std\w+\.h"),
}
# A library that stands behind one file.
ONE_FILE = {"clblast.h": "host/kernels/linear_clblast.cpp", "openssl/evp.h": "host/cl/sha256.cpp", "cpuid.h": "host/cl/x86_amx.cpp"}

# Families are named by the list of families and what is below it; elsewhere only as names that files or users say.
FAMILY = re.compile(r"llama(?!-bench|-perplexity)|qwen|deepseek|gemma|mistral|mixtral|phimoe|olmo|granite|cohere|hunyuan"
                    r"|minimax|exaone|ernie|smollm", re.IGNORECASE)
FAMILY_HOMES = ("graph/models/", "tests/", "bench/")
FAMILY_NAMES_SAID = {
    "quant/fp8_e4m3_128x128.h": "the paper that the format comes from",
    "quant/fp8_e4m3_1x128.h": "the same",
    "host/text/gguf_vocab.cpp": "GGUF names pre-tokenizers by the model that brought them",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)


def includes(path: str, text: str):
    """Line, quote and header of each include that counts."""
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start(2)) + 1, match.group(1), match.group(2)


def check_includes(path: str, text: str) -> list[str]:
    room = next((room for room in ROOMS if path.startswith(room)), None)
    if room is None:
        return [f"{path}: stands in no room of tests/lint/layers.py"]
    ours, others = ROOMS[room]
    findings = []
    for line, quote, header in includes(path, blank(text, strings=False)):
        if quote == '"':
            # Kernels name their own headers as the source loader finds them, tests the one beside them.
            beside = room == "cl_kernels/" and path.endswith((".cl", ".clh")) or "/" not in header and room == "tests/"
            allowed = beside or header.startswith((room, *ours))
        else:
            allowed = re.fullmatch(STD, header) or re.fullmatch(others, header)
        if not allowed:
            findings.append(f"{path}:{line}: {room} may not include {header}")
        if header in ONE_FILE and path != ONE_FILE[header]:
            findings.append(f"{path}:{line}: {header} belongs in {ONE_FILE[header]}")
    return findings


def check_families(path: str, text: str) -> list[str]:
    if path.startswith(FAMILY_HOMES) or path in FAMILY_NAMES_SAID:
        return []
    code = blank(text, strings=False)
    return [
        f"{path}:{code.count(chr(10), 0, match.start()) + 1}: names a model family ({match.group(0)})"
        for match in FAMILY.finditer(code)
        # The families' own headers may be included where models are built.
        if 'include "graph/models/' not in code[code.rfind("\n", 0, match.start()) + 1 : match.start()]
    ]


def main() -> int:
    files = source_files()
    findings = []
    for path in files:
        text = read(path)
        findings += check_includes(path, text) + check_families(path, text)
    print("\n".join(findings) or f"{len(files)} files, {len(ROOMS)} rooms")
    return 1 if findings else 0


sys.exit(main())
