"""``jq -n --arg NAME VALUE '{...}'``: the JSON that it prints, where its program is an object of values that are known. Nothing is run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from validator.sources.expressions import Node, joined
from validator.sources.parsers.shell_words import Word

_TOKEN: Final = re.compile(
    r"""(?P<text>"[^"\\]*+")|\$(?P<variable>[A-Za-z_]\w*+)|(?P<word>[A-Za-z_]\w*+)|(?P<number>-?[0-9]++(?:\.[0-9]++)?)|(?P<sign>[{}\[\],:])"""
)
_BLANK: Final = re.compile(r"[ \t\r\n]*+")
_CONSTANTS: Final = frozenset({"true", "false", "null"})
_FLAGS: Final = frozenset(
    {"--null-input", "--compact-output", "--raw-output", "--sort-keys", "--ascii-output", "--monochrome-output"}
)


class _NotKnown(Exception):
    """A program that does more than put values together."""


def printed(words: Sequence[Word]) -> Node | None:
    """What ``jq`` with these arguments prints; None if that is not known."""
    given: dict[str, Node] = {}
    program: str | None = None
    null = False
    rest = list(words)
    while rest:
        word = rest.pop(0)
        text = word.text
        if text in ("--arg", "--argjson") and len(rest) > 1 and (name := rest.pop(0).text):
            value = rest.pop(0).node
            if text == "--argjson" and not isinstance(value, str):
                return None
            given.setdefault(name, _in_string(value) if text == "--arg" else value)  # of two with one name jq takes the first
        elif text is not None and (text in _FLAGS or re.fullmatch("-[ncrSaM]{1,6}", text)):
            null = null or text == "--null-input" or (not text.startswith("--") and "n" in text)
        elif text is not None and program is None and not text.startswith("-"):
            program = text
        else:
            return None
    if program is None or not null:
        return None
    try:
        return _made(program, given)
    except _NotKnown:
        return None


def _made(program: str, given: Mapping[str, Node]) -> Node:
    """JSON out of a program: the keys in quotes, and its variables replaced."""
    parts: list[Node] = []
    depth: list[str] = []
    at = 0
    end = len(program.rstrip())
    while at < end:
        blank = _BLANK.match(program, at)
        token = _TOKEN.match(program, blank.end() if blank else at)
        if token is None:
            raise _NotKnown
        at = token.end()
        key = bool(depth) and depth[-1] == "{" and _last(parts) in "{,"
        if token["sign"]:
            if token["sign"] in "{[":
                depth.append(token["sign"])
            elif token["sign"] in "}]" and not (depth and depth.pop()):
                raise _NotKnown
            parts.append(token["sign"])
        elif token["text"]:
            parts.append(json.dumps(json.loads(token["text"], strict=False)))
        elif token["word"] and (key or token["word"] in _CONSTANTS):
            parts.append(f'"{token["word"]}"' if key else token["word"])
        elif token["number"]:
            parts.append(token["number"])
        elif (name := token["variable"]) in given:
            parts += [f'"{name}":', given[name]] if key else [given[name]]
        else:
            raise _NotKnown
    if depth:
        raise _NotKnown
    return joined(*parts)


def _last(parts: Sequence[Node]) -> str:
    last = parts[-1] if parts else ""
    return last[-1:] if isinstance(last, str) and last else " "


def _in_string(value: Node) -> Node:
    """A text as JSON writes it."""
    return json.dumps(value) if isinstance(value, str) else joined('"', value, '"')
