"""The repository's sources, and C++ text without comments."""
import os
import re

SUFFIXES = (".cpp", ".h", ".cl", ".clh")
# What .gitignore names, at the top; git itself is not asked: a machine that only tests may lack it.
NOT_OURS = re.compile(r"^(build.*|models|\..*)$")


def all_files() -> list[str]:
    """Paths from the repository root, which is the current folder."""
    paths = []
    for folder, folders, files in os.walk("."):
        folder = folder[2:]
        if folder == "":
            folders[:] = [name for name in folders if name == ".ci" or not NOT_OURS.match(name)]
        folders[:] = [name for name in folders if name not in ("__pycache__", ".git")]
        paths += [os.path.join(folder, name) for name in files if name != ".git"]  # a worktree's is a file
    return sorted(paths)


def source_files(suffixes=SUFFIXES) -> list[str]:
    return [path for path in all_files() if path.endswith(suffixes)]


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


# Raw strings, strings, characters (not the ' of 1'000), then comments.
TOKENS = re.compile(
    r'R"(?P<delimiter>[^()\s\\]{0,16})\(.*?\)(?P=delimiter)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"
    r"|//[^\n]*|/\*.*?\*/",
    re.DOTALL,
)


def blank(text: str, strings: bool) -> str:
    """`text` with comments, and strings too when asked, replaced by spaces; lines stay where they are."""

    def replace(match: re.Match) -> str:
        token = match.group(0)
        if not strings and not token.startswith(("//", "/*")):
            return token
        return re.sub(r"[^\n]", " ", token)

    return TOKENS.sub(replace, text)
