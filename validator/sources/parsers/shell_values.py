"""Options, pipes and bodies of commands: what a word stands for. Nothing is run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from validator.sources.expressions import Applied, FileData, Joined, Node, expressed, joined
from validator.sources.parsers.jq import printed
from validator.sources.parsers.shell_commands import ShellCommand
from validator.sources.parsers.shell_words import Word

BODY: Final = frozenset({"-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json"})
_WITH_VALUE: Final = frozenset("AbcCdDeEFHKmoPQrtTuUwxXyYz")
"""curl's short options that take a value."""
MARK: Final = re.compile("\ue000([0-9]{1,5})\ue001")
FLAGS: Final = frozenset({"--explicit-sse", "--use-path-style", "--pretty", "--no-pretty"})


def options_of(words: Sequence[Word]) -> tuple[dict[str, Word], list[Word]]:
    """Options with their values, and what is none."""
    options: dict[str, Word] = {}
    positional: list[Word] = []
    rest = list(reversed(words))
    while rest:
        word = rest.pop()
        if not word.start.startswith("-") or word.start == "-":
            positional.append(word)
            continue
        name, equals, value = word.start.partition("=")
        if equals:
            options[name] = Word(joined(value, *word.rest), word.line)
        elif name in FLAGS or name in ("--quiet", "-q", "--no-stac", "--stac", "--email", "--single-archive"):
            options[name] = word
        else:
            options[name] = rest.pop() if rest else Word("", word.line)
    return options, positional


def curl_option(word: Word, rest: list[Word]) -> tuple[str, Word | None]:
    """An option of curl's, and its value, which is taken from ``rest`` where it stands apart."""
    first = word.start
    if not first.startswith("-"):
        return "", None
    if first.startswith("--"):
        name, equals, value = first.partition("=")
        if equals:
            return name, Word(joined(value, *word.rest), word.line)
        return name, rest.pop(0) if name in BODY and rest else None
    for index, letter in enumerate(first[1:], 1):
        if letter in _WITH_VALUE:
            attached = joined(first[index + 1 :], *word.rest)
            return f"-{letter}", Word(attached, word.line) if attached != "" else rest.pop(0) if rest else None
    return first, None


def standard_input(pipeline: Sequence[ShellCommand]) -> Word | None:
    """What the last command of a pipeline reads; None if that is not known."""
    last = pipeline[-1]
    if last.document is not None:
        return last.document
    if last.source is not None:
        return Word(FileData(last.source.text), last.source.line) if last.source.text else None
    value: Node | None = None
    for command in pipeline[:-1]:
        value = piped(command, value)
    line = pipeline[0].words[0].line if pipeline[0].words else 1
    if value is None:
        return None
    plain = isinstance(value, FileData)
    return Word(value if plain else as_text(value), pipeline[0].document.line if pipeline[0].document else line)


def piped(command: ShellCommand, value: Node | None) -> Node | None:
    """What a command prints, given what it reads; None if that is not known."""
    if command.own:
        return None
    name, words = command.name, command.words[1:]
    arguments = [each for each in words if not (each.text or "").startswith("-") or each.text == "-"]
    options = [each.text or "" for each in words if (each.text or "").startswith("-")]
    if command.document is not None:
        value = command.document.node
    elif command.source is not None:
        value = FileData(command.source.text) if command.source.text else None
    if name is None:
        return value if command.document or command.source else None
    if name == "cat":
        files = [FileData(each.text) for each in arguments if each.text and each.text != "-"]
        return (
            files[0]
            if len(files) == 1 and len(arguments) == 1
            else value
            if not arguments or arguments[0].text == "-"
            else None
        )
    if name in ("base64", "gbase64"):
        if any(each in ("-d", "-D", "--decode") for each in options):
            return None
        files = [FileData(each.text) for each in arguments if each.text and not each.text.isdecimal()]
        data: Node | None = files[0] if files else value
        return (
            Applied("b64encode", data if isinstance(data, FileData) else Applied("encode", data)) if data is not None else None
        )
    if (
        name == "tr"
        and value is not None
        and options == ["-d"]
        and arguments
        and arguments[0].text in ("\\n", "\n", "\\r\\n", "[:space:]")
    ):
        return Applied("replace", as_text(value), ("\n", ""))
    if name == "jq":
        return printed(words)
    if name in ("echo", "printf") and len(arguments) in (1, 2) and not (set(options) - {"-n", "-E"}):
        formatted = name == "printf" and len(arguments) == 2 and arguments[0].text in ("%s", "%s\\n")
        return arguments[-1].node if formatted or len(arguments) == 1 else None
    return None


def as_text(value: Node) -> Node:
    """Bytes as text."""
    data = isinstance(value, FileData) or (isinstance(value, Applied) and value.operation == "b64encode")
    return Applied("decode", value) if data else value


def marked(node: Node) -> tuple[str, list[Node]]:
    """The text, with a mark of its own for each part that is worked out."""
    references: list[Node] = []
    out: list[str] = []
    for each in node.parts if isinstance(node, Joined) else (node,):
        if isinstance(each, str):
            out.append(each)
        else:
            out.append(f"\ue000{len(references)}\ue001")
            references.append(each)
    return "".join(out), references


def unmarked(value: Any, references: Sequence[Node]) -> Any:
    """The value, its marks replaced by what they stand for."""
    if isinstance(value, dict):
        return {MARK.sub("", key): unmarked(item, references) for key, item in value.items()}
    if isinstance(value, list):
        return [unmarked(item, references) for item in value]
    if not isinstance(value, str) or not MARK.search(value):
        return value
    parts: list[Node] = []
    for index, piece in enumerate(MARK.split(value)):
        parts.append(references[int(piece)] if index % 2 else piece)
    return expressed(joined(*parts))
