"""Renders tests/data/chat_templates/*.jinja with Jinja2 in the environment Hugging Face uses for chat templates.

The templates are in the formats of published families: their special tokens, turns, tools and thoughts, with the
constructs that the published templates use.

python3 tests/host_text/make_chat_goldens.py > tests/data/chat_goldens.json
python3 tests/host_text/make_chat_goldens.py NAME    prints the texts of one template

The file has the cases once, and of each rendering the length and 64-bit FNV-1a hash of its UTF-8 bytes, or null where
Jinja2 refuses: chat x (no prompt, prompt) x (no tools, tools), then one chat with each of OPTIONS. Made with Jinja2
3.1.6.
"""

import glob
import json
import os
import sys

from jinja_templates import CHATS, TOOLS
from make_jinja_goldens import environment

FOLDER = "tests/data/chat_templates"
OPTIONS = [{"enable_thinking": False}, {"enable_thinking": True}, {"thinking": True}, {"reasoning_effort": "high"}]


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % (1 << 64)
    return value


def cases():
    for messages in CHATS:
        for prompt in (False, True):
            for tools in (None, TOOLS):
                yield {"messages": messages, "add_generation_prompt": prompt, "tools": tools}
    for options in OPTIONS:
        yield {"messages": CHATS[1], "add_generation_prompt": True, "tools": None, **options}


def render(source, variables):
    shared = {"documents": None, "bos_token": "<s>", "eos_token": "</s>"}
    try:
        return source.render(**shared, **variables)
    except Exception:  # any: the engine must refuse it too
        return None


def template(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8", newline="") as file:
        return environment().from_string(file.read())


def main():
    if len(sys.argv) > 1:
        for variables in cases():
            print(repr(render(template(sys.argv[1]), variables)))
        return
    entries = {}
    for name in sorted(os.path.basename(path) for path in glob.glob(FOLDER + "/*.jinja")):
        texts = [render(template(name), variables) for variables in cases()]
        encoded = [None if text is None else text.encode() for text in texts]
        entries[name] = [None if data is None else f"{len(data)} {fnv1a(data):016x}" for data in encoded]
    json.dump({"cases": list(cases()), "templates": entries}, sys.stdout, ensure_ascii=False, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
