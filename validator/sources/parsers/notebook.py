"""Reads a Jupyter notebook's code cells, in their order, as one program. Outputs are never looked at."""

from __future__ import annotations

import re
from typing import Any, Final

from validator.core.model import Place
from validator.sources.document import Broken, Document
from validator.sources.payloads import NoDestination

MOST_CELLS: Final = 2000
COMMANDS: Final = "; commands in ! lines and %%bash cells are not read here: put them into a file of their own"
_COMMAND: Final = re.compile(r"(?m)^[ \t]{0,80}(?:![ \t]{0,16})?(?:planet|curl)[ \t]")
_OTHER_LANGUAGE: Final = re.compile(r"[ \t]*%%(?!time|timeit|capture|prun)(\w+)")


def is_notebook(value: Any) -> bool:
    """Whether a JSON document is a notebook."""
    return isinstance(value, dict) and isinstance(value.get("cells"), list) and "nbformat" in value


def read_notebook(document: Document) -> Document:
    """The destinations in a notebook's cells. Raises :class:`Broken` and :class:`NoDestination`."""
    from validator.sources.parsers.python import read_parts

    if not is_notebook(document.value):
        older = isinstance(document.value, dict) and "worksheets" in document.value
        raise Broken(
            (
                None,
                "it is a notebook of an old format; open and save it in Jupyter"
                if older
                else "it is no notebook: there are no cells",
            )
        )
    language = _language(document.value)
    if language not in ("", "python"):
        raise Broken((None, f"it is a notebook in another language than Python ({language}), which is not read"))
    cells = document.value["cells"]
    if len(cells) > MOST_CELLS:
        raise Broken((None, f"it holds more than {MOST_CELLS:,} cells"))
    parts = [part for index, cell in enumerate(cells) if (part := _part(document, index, cell)) is not None]
    if not parts:
        raise NoDestination("", f"there is no code in this notebook{COMMANDS if _commands(cells) else ''}")
    try:
        return read_parts(parts, document.text, form="notebook")
    except NoDestination as none:
        raise NoDestination("", none.what + (COMMANDS if _commands(cells) else "")) from None


def _commands(cells: list[Any]) -> bool:
    """Whether a cell gives commands to a shell that may speak of a destination."""
    sources = [cell.get("source") for cell in cells if isinstance(cell, dict)]
    return any(_COMMAND.search("".join(map(str, each)) if isinstance(each, list) else str(each)) for each in sources)


def _language(value: dict[str, Any]) -> str:
    metadata = value.get("metadata")
    for key, inner in (("language_info", "name"), ("kernelspec", "language")):
        part = metadata.get(key) if isinstance(metadata, dict) else None
        name = part.get(inner) if isinstance(part, dict) else None
        if isinstance(name, str) and name:
            return name.lower() if re.fullmatch(r"[A-Za-z+#]{1,20}", name) else "another"
    return ""


def _part(document: Document, index: int, cell: Any) -> Any:
    """A code cell; None for any other."""
    from validator.sources.parsers.python import Part

    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return None
    source = cell.get("source", "")
    whole = isinstance(source, str)
    lines = [source] if whole else source
    if not isinstance(lines, list) or not all(isinstance(each, str) for each in lines):
        return None
    text = "".join(lines)
    other = _OTHER_LANGUAGE.match(text)
    if other:
        return None

    def place(line: int, column: int) -> Place:
        found = document.place(f"/cells/{index}/source" if whole else f"/cells/{index}/source/{line - 1}")
        return Place(found.line if found else None, column, f"cell {index + 1}, line {line}")

    return Part(text, place)
