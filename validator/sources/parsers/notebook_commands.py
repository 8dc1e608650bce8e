"""Finds the destinations in a notebook's commands: ``!`` lines and cells in a shell's language. Nothing is run."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from validator.core.values import Dataclass, field
from validator.sources.document import Found, ParseError
from validator.sources.expressions import Node, Unknown, Variable
from validator.sources.parsers.python import Part
from validator.sources.parsers.python_names import outline
from validator.sources.parsers.python_text import syntax_tree, without_magics
from validator.sources.parsers.shell import commands_in
from validator.sources.parsers.shell_requests import ScriptContent

SHELLS: Final = re.compile(
    r"[ \t]*%%(?:(?:bash|sh|zsh|ksh|!|sx|system)|script[ \t]{1,8}(?:[^\n]{0,200}[/ \t])?(?:ba|z|k)?sh)(?=[ \t\r\n]|$)[^\n]*"
)
"""The first line of a cell that a shell runs."""

_COMMAND: Final = re.compile(r"[ \t]*(?:[A-Za-z_]\w*[ \t]*=[ \t]*)?!{1,2}[ \t]*(?=[^\s=])")
_OURS: Final = re.compile(r"\b(?:planet|curl)[ \t]")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SET: Final = re.compile(
    r"[ \t]*%(?:set_)?env[ \t]+(?P<magic>[A-Za-z_]\w*)(?:=|[ \t]+)(?P<text>[^\n]*)"
    r"|(?P<indent>[ \t]*)[^\n#]{0,200}?\benviron\[[ \t]*[\"'](?P<item>\w{1,200})[\"'][ \t]*\][ \t]*=(?!=)(?P<value>[^\n]*)"
    r"|[^\n#]{0,200}?\b(?:putenv|environ\.(?:setdefault|pop))\([ \t]*[\"'](?P<call>\w{1,200})[\"']"
)
_SET_ANY: Final = re.compile(r"\benviron(?:\.update\(|[ \t]*\|=)")
_LITERAL: Final = re.compile(r"""[ \t]*(["'])([^"'\\\n]{0,4000})\1[ \t]*(?:#[^\n]*)?$""")
_RAW: Final = re.compile(r"[\w./:@%+=,-]*")
_PYTHON: Final = "IPython puts a Python value there, which only a run shows; write the value, or name an environment variable"
_SETTING: Final = "the notebook's Python sets this variable, so only a run shows its value"

MARKED: Final = "_of_python__"
"""Ends the name of a variable that stands for a value of Python's."""

Values = defaultdict[str, list[tuple[int, str | None]]]
"""By name: the cells that assign it, and what they assign where that is a text written there."""


class NotebookContext(Dataclass, frozen=False):
    """What the Python cells mean to commands."""

    names: Values = field(default_factory=lambda: defaultdict(list))
    settings: Values = field(default_factory=lambda: defaultdict(list))
    any_setting: bool = False
    dotenv: bool = False

    def known(self, values: Values, name: str, cell: int) -> str | None:
        """The only text that a name is assigned, if that is certain in this cell."""
        assigned = values.get(name, [])
        return assigned[0][1] if len(assigned) == 1 and assigned[0][0] < cell else None

    def variable(self, cell: int, name: str) -> Node:
        """A variable as a shell of this cell would see it."""
        if name.endswith(MARKED):
            return Unknown(name.removesuffix(MARKED), _PYTHON)
        if name in self.settings or self.any_setting:
            text = None if self.any_setting else self.known(self.settings, name, cell)
            return Unknown(name, _SETTING) if text is None else text
        return Variable(name, file="") if self.dotenv else Variable(name)


def around(cells: Mapping[int, Part]) -> NotebookContext:
    """What is assigned in the Python cells, by their index."""
    context = NotebookContext()
    for index, part in cells.items():
        text = "\n".join(without_magics(part.text.split("\n")))
        try:
            tree = syntax_tree(text)
            assigned = outline([tree])
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            for name in set(_IDENTIFIER.findall(part.text)):
                context.names[name].append((index, None))
        else:
            plain = dict(_constants(tree))
            for name, times in assigned.assigned.items():
                context.names[name].append((index, plain.get(name) if times == 1 else None))
            for name in assigned.declared | assigned.volatile:
                context.names[name].append((index, None))
            for name in assigned.environment:
                context.settings[name].append((index, None))
        context.any_setting |= _SET_ANY.search(part.text) is not None
        context.dotenv |= "dotenv" in part.text
        for line in part.text.split("\n"):
            if match := _SET.match(line):
                name = match["magic"] or match["item"] or match["call"]
                context.settings[name].append((index, _set_to(match)))
    return context


def _set_to(match: re.Match[str]) -> str | None:
    """The text that an environment variable is given, where it is written there."""
    if match["magic"]:
        text = match["text"].strip()
        return None if re.search(r"[{$]", text) else text
    literal = _LITERAL.match(match["value"]) if match["item"] and not match["indent"] else None
    return literal[2] if literal else None


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant) or len(node.targets) != 1:
            continue
        if isinstance(node.targets[0], ast.Name) and isinstance(node.value.value, str):
            yield node.targets[0].id, node.value.value


def read_commands(cells: Mapping[int, Part], scripts: Mapping[int, Part]) -> tuple[list[Found], ScriptContent]:
    """The destinations, with the places of their parts, and what else the commands hold.

    ``cells``: Python, by the cell's index; ``scripts``: a shell's.
    """
    context = around(cells)
    values: list[Found] = []
    whole = ScriptContent()
    for index in sorted({*cells, *scripts}):
        part = scripts.get(index) or cells[index]
        pieces = [(1, part.text.partition("\n")[2])] if index in scripts else list(_commands(part.text, context, index))
        for before, text in pieces:
            if not _OURS.search(text):
                continue
            try:
                commands = commands_in(text, partial(context.variable, index))
            except ParseError as broken:
                whole.faults += ((part.place(before + (line or 1), 1), what) for line, what in broken.problems)
                continue
            values += (
                (value, {pointer: part.place(before + line, 1) for pointer, line in lines.items()})
                for value, lines in commands.values
            )
            whole.faults += (
                (part.place(before + (place.line or 1), 1) if place else None, what) for place, what in commands.faults
            )
            whole.updates += commands.updates
    return values, whole


def _commands(text: str, context: NotebookContext, cell: int) -> Iterator[tuple[int, str]]:
    """Each ``!`` command, and how many lines stand before it."""
    lines = text.split("\n")
    index = 0
    while index < len(lines):
        start = index
        match = _COMMAND.match(lines[index])
        index += 1
        if match is None:
            continue
        written = [lines[start][match.end() :]]
        while written[-1].rstrip().endswith("\\") and index < len(lines):
            written.append(lines[index])
            index += 1
        yield start, _expanded("\n".join(written), context, cell)


def _expanded(line: str, context: NotebookContext, cell: int) -> str:
    """The command as the shell gets it: IPython puts Python's values in, in quotes too, before the shell sees the line."""
    out: list[str] = []
    quote = ""
    at = 0
    while at < len(line):
        sign = line[at]
        name = _python_name(line, at, context)
        if name is not None:
            end, bare = name
            text = context.known(context.names, bare, cell)
            if text is not None and _RAW.fullmatch(text):
                out.append(text)
            else:
                inside = f"${{{bare}{MARKED}}}"
                out.append(f"'\"{inside}\"'" if quote == "'" else inside)
            at = end
            continue
        if sign == "\\" and quote != "'":
            out.append(line[at : at + 2])
            at += 2
            continue
        if line.startswith("$$", at):
            out.append("$")
            at += 2
            continue
        if sign in "'\"" and quote in ("", sign):
            quote = "" if quote else sign
        out.append(sign)
        at += 1
    return "".join(out)


def _python_name(line: str, at: int, context: NotebookContext) -> tuple[int, str] | None:
    """Where ``{name}`` or ``$name`` of a Python name ends, and the name."""
    sign = line[at]
    if sign not in "{$":
        return None
    if sign == "{" and line[at - 1 : at] == "$":
        return None  # a shell's own
    match = _IDENTIFIER.match(line, at + 1)
    if match is None or match[0] not in context.names:
        return None
    if sign == "$":
        return match.end(), match[0]
    return (match.end() + 1, match[0]) if line.startswith("}", match.end()) else None
