#!/usr/bin/env python3
"""Files over 400 lines and functions over 100 fail. Prints the largest and the middle of both."""
import re
import statistics
import sys

from sources import blank, read, source_files

FILE_LIMIT = 400
FUNCTION_LIMIT = 100
SHOWN = 8

NOT_A_FUNCTION = re.compile(r"\b(namespace|class|struct|union|enum)\b[^()]*$|=\s*$|^\s*$")


def functions(text: str):
    """(line, lines, head) of each outermost body in braces that follows a parameter list."""
    code = re.sub(r"^\s*#(?:\\\n|[^\n])*", lambda m: "\n" * m.group(0).count("\n"), blank(text, strings=True), flags=re.M)
    head_start = 0  # where the text before the next brace begins
    depth = 0  # of braces inside the function; 0 outside
    start = 0
    head = ""
    for match in re.finditer(r"[{};]", code):
        here = match.start()
        if depth > 0:
            depth += {"{": 1, "}": -1, ";": 0}[match.group(0)]
            if depth == 0:
                yield code.count("\n", 0, start) + 1, code.count("\n", start, here) + 1, head
        elif match.group(0) == "{":
            head = " ".join(code[head_start:here].split())
            if "(" in head and not NOT_A_FUNCTION.search(head):
                depth, start = 1, here
        head_start = here + 1


def percentile(values: list[int], share: float) -> int:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def report(what: str, sizes: list[tuple[int, str]], limit: int) -> list[str]:
    """Prints the table; returns what is over the limit."""
    lines = [size for size, _ in sizes]
    print(f"{len(sizes)} {what}: median {statistics.median(lines):.0f}, p90 {percentile(lines, 0.9)} lines")
    for size, name in sorted(sizes, reverse=True)[:SHOWN]:
        print(f"  {size:4} {name}")
    return [f"{name}: {size} lines, at most {limit}" for size, name in sizes if size > limit]


def main() -> int:
    files, bodies = [], []
    for path in source_files((".cpp", ".h", ".cl", ".clh", ".py")):
        text = read(path)
        files.append((text.count("\n"), path))
        if not path.endswith(".py"):
            bodies += [(size, f"{path}:{line} {head[-60:]}") for line, size, head in functions(text)]
    over = report("files", files, FILE_LIMIT) + report("functions", bodies, FUNCTION_LIMIT)
    for line in over:
        print(f"too long: {line}")
    return 1 if over else 0


sys.exit(main())
