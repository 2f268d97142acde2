"""Renders templates with Jinja2 in the environment Hugging Face uses for chat templates.

python3 tests/host_text/make_jinja_goldens.py > tests/data/jinja_goldens.json
Each entry: template, variables, and either text or error (true). Made with Jinja2 3.1.6.
"""

import json
import sys

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from jinja_templates import CHATS, CHAT_TEMPLATES, SMALL, TOOLS


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        lineno = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.Scope(body).set_lineno(lineno)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment():
    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    return env


def render(template, variables):
    entry = {"template": template, "variables": variables}
    try:
        entry["text"] = environment().from_string(template).render(**variables)
    except Exception as error:  # any: the engine must refuse it too
        print(type(error).__name__, error, repr(template)[:90], file=sys.stderr)
        entry["error"] = True
    return entry


def main():
    entries = [render(template, variables) for template, variables in SMALL]
    for name, template in CHAT_TEMPLATES.items():
        for messages in CHATS:
            for prompt in (False, True):
                for tools in (None, TOOLS):
                    variables = {"messages": messages, "add_generation_prompt": prompt, "tools": tools,
                                 "documents": None, "bos_token": "<s>", "eos_token": "</s>"}
                    entries.append({"name": name, **render(template, variables)})
    json.dump(entries, sys.stdout, ensure_ascii=False, indent=0)


if __name__ == "__main__":
    main()
