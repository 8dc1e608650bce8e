"""Python as people have it: with prompts, Markdown's fences and a notebook's magics, which are no Python."""

from __future__ import annotations

import ast
import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Final

DEEPEST_BRACKETS: Final = 100
"""Of what Python's parser is given: nothing interrupts it, and it may try each way of reading a bracket again within the one around it."""
_BRACKET: Final = re.compile(r"[(\[{)\]}]")
_PROMPT: Final = re.compile(r"[ \t]*(?:>>>|\.\.\.|In \[\d*\]:|\.\.\.:)(?: |$)")
_FIRST_PROMPT: Final = re.compile(r"(?m)^[ \t]*(?:>>>|In \[\d*\]:)(?: |$)")
_FENCE: Final = re.compile(r"[ \t]*(?:```|~~~)")
_MAGIC: Final = re.compile(r"([ \t]*)(?:[%!?]|[A-Za-z_][\w.]*\?+[ \t]*$)")
_SET: Final = re.compile(r"[ \t]*%(?:env|set_env)[ \t]+([A-Za-z_]\w*)(?:=|[ \t]+)(.*)")
_ASSIGNED_MAGIC: Final = re.compile(r"([ \t]*[A-Za-z_]\w*[ \t]*=[ \t]*)[!%]")


def tries(text: str) -> Iterable[str]:
    """The text, and as it is without a notebook's magics, prompts, fences or a common indentation."""
    yield text
    lines = text.split("\n")
    if any(_FENCE.match(line) for line in lines):
        lines = _fenced(lines)
        yield "\n".join(lines)
    if any(_FIRST_PROMPT.match(line) for line in lines):
        lines = [line[match.end() :] if (match := _PROMPT.match(line)) else "" for line in lines]
        yield "\n".join(lines)
    plain = "\n".join(without_magics(lines))
    yield plain
    yield textwrap.dedent(plain)


def _fenced(lines: Sequence[str]) -> list[str]:
    """What stands between the fences of Markdown."""
    kept: list[str] = []
    within = False
    for line in lines:
        fence = _FENCE.match(line) is not None
        kept.append(line if within and not fence else "")
        within = within is not fence
    return kept


def without_magics(lines: Sequence[str]) -> list[str]:
    """A notebook's ``%`` and ``!`` lines do nothing, ``%env`` sets its variable; as many lines as before."""
    kept: list[str] = []
    continued = False
    for line in lines:
        if continued:
            continued = line.rstrip().endswith("\\")
            kept.append("")
            continue
        match = _MAGIC.match(line)
        if match is None:
            assigned = _ASSIGNED_MAGIC.match(line)
            kept.append(f"{assigned[1]}__shell__" if assigned else line)
            continue
        continued = line.rstrip().endswith("\\")
        name = _SET.match(line)
        if name:
            kept.append(f"{match[1]}__import__; environ[{name[1]!r}] = {_environment(name[2])}")
        elif line.strip().startswith(("%run", "%load ", "%store -r")):
            kept.append(f"{match[1]}from __shell__ import *")
        elif line.strip().startswith(("%dotenv", "%load_ext dotenv", "%reload_ext dotenv")):
            kept.append(f"{match[1]}load_dotenv()")
        else:
            kept.append(f"{match[1]}pass")
    return kept


def _environment(value: str) -> str:
    """What ``%env`` gives a variable: text; with braces or a dollar it is taken from Python's names."""
    bare = value.strip()
    return "__shell__" if re.search(r"[{$]", bare) else json.dumps(bare)


def syntax_tree(text: str) -> ast.Module:
    """What Python's own parser makes of it. Raises SyntaxError, RecursionError, MemoryError, and ValueError also for what is not given to it."""
    level = 0
    for bracket in _BRACKET.finditer(text):
        level = level + 1 if bracket[0] in "([{" else max(0, level - 1)
        if level > DEEPEST_BRACKETS:
            raise ValueError(f"brackets are nested deeper than {DEEPEST_BRACKETS}")
    return ast.parse(text)
