"""Reads a Jupyter notebook's code cells, in their order, as one program, and the commands in them. Outputs are never looked at."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from validator.core.model import Place
from validator.sources.document import Document, ParseError, of_program
from validator.sources.parsers.notebook_commands import SHELLS, read_commands
from validator.sources.parsers.python import Part, read_parts
from validator.sources.parsers.shell import UPDATES
from validator.sources.parsers.shell_requests import ScriptContent
from validator.sources.payloads import NoDestination

MOST_CELLS: Final = 2000
_OTHER_LANGUAGE: Final = re.compile(r"[ \t]*%%(?!time|timeit|capture|prun)(\w+)")


_LARGE: Final = re.compile(r'"(?:outputs|attachments|application/vnd\.jupyter\.widget-state\+json)"[ \t\r\n]*+:[ \t\r\n]*+')
"""Members that hold what a run has made: pictures, maps, the state of widgets."""


def without_outputs(text: str) -> str:
    """A notebook's text without what its runs have made, on as many lines as before. It is looked for as JSON has it: in no string
    stands a quote that nothing escapes.
    """
    parts: list[str] = []
    at = 0
    decoder = json.JSONDecoder()
    while (match := _LARGE.search(text, at)) is not None:
        try:
            held, end = decoder.raw_decode(text, match.end())
        except (ValueError, RecursionError):
            break  # it is not JSON: whoever reads it will say so
        made = "[]" if isinstance(held, list) else "{}" if isinstance(held, dict) else text[match.end() : end]
        lines = text.count("\n", match.end(), end)
        parts += [text[at : match.end()], made[:1] + "\n" * lines + made[1:] if held != made else made]
        at = end
    return "".join(parts) + text[at:]


def is_notebook(value: Any) -> bool:
    """Whether a JSON document is a notebook."""
    return isinstance(value, dict) and isinstance(value.get("cells"), list) and "nbformat" in value


def code_size(value: dict[str, Any]) -> int:
    """Characters in the cells, outputs left out."""
    cells = [each.get("source", "") for each in value["cells"] if isinstance(each, dict)]
    return sum(sum(len(str(line)) for line in each) if isinstance(each, list) else len(str(each)) for each in cells)


def read_notebook(document: Document) -> Document:
    """The destinations in a notebook's cells. Raises :class:`ParseError` and :class:`NoDestination`."""
    if not is_notebook(document.value):
        if isinstance(document.value, dict) and "worksheets" in document.value:
            raise ParseError((None, "it is a notebook of an old format; open and save it in Jupyter"))
        raise ParseError((None, "it is no notebook: there are no cells"))
    language = _language(document.value)
    if language not in ("", "python"):
        raise ParseError((None, f"it is a notebook in another language than Python ({language}), which is not read"))
    cells = document.value["cells"]
    if len(cells) > MOST_CELLS:
        raise ParseError((None, f"it holds more than {MOST_CELLS:,} cells"))
    parts = {index: part for index, cell in enumerate(cells) if (part := _part(document, index, cell)) is not None}
    scripts = {index: part for index, part in parts.items() if SHELLS.match(part.text)}
    programs = {index: part for index, part in parts.items() if index not in scripts and not _OTHER_LANGUAGE.match(part.text)}
    values, commands = read_commands(programs, scripts)
    try:
        if not programs:
            raise NoDestination("", "there is no Python in this notebook" if parts else "there is no code in this notebook")
        found, faults = read_parts(list(programs.values()))
    except (ParseError, NoDestination) as none:
        if not values:
            raise _nothing(none, commands) from None
        problems = none.problems if isinstance(none, ParseError) else ()
        found, faults = [], [(Place(line), what) for line, what in problems]
    return of_program([*found, *values], [*faults, *commands.faults], "notebook", document.text, listed=bool(values))


def _nothing(none: ParseError | NoDestination, commands: ScriptContent) -> ParseError | NoDestination:
    """What to say of a notebook without a destination."""
    problems = none.problems if isinstance(none, ParseError) else ()
    if commands.faults or problems:
        return ParseError(*problems, *ParseError.of(commands.faults).problems)
    return NoDestination("", UPDATES) if commands.updates else none


def _language(value: dict[str, Any]) -> str:
    metadata = value.get("metadata")
    for key, inner in (("language_info", "name"), ("kernelspec", "language")):
        part = metadata.get(key) if isinstance(metadata, dict) else None
        name = part.get(inner) if isinstance(part, dict) else None
        if isinstance(name, str) and name:
            return name.lower() if re.fullmatch(r"[A-Za-z+#]{1,20}", name) else "another"
    return ""


def _part(document: Document, index: int, cell: Any) -> Part | None:
    """A code cell; None for any other."""
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return None
    source = cell.get("source", "")
    whole = isinstance(source, str)
    lines = [source] if whole else source
    if not isinstance(lines, list) or not all(isinstance(each, str) for each in lines):
        return None
    text = "".join(lines)

    def place(line: int, column: int) -> Place:
        spot = document.place(f"/cells/{index}/source" if whole else f"/cells/{index}/source/{line - 1}")
        return Place(spot.line if spot else None, column, f"cell {index + 1}, line {line}")

    return Part(text, place)
