"""Reads a text of any form that a destination can be written in and written back to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from validator.core import lazy
from validator.sources.document import DEEPEST, Document, ParseError, check_value
from validator.sources.parsers.json import NotJson, read_json, read_lines
from validator.sources.payloads import NoDestination

if TYPE_CHECKING:
    from validator.sources.parsers import python, toml, yaml
else:
    python, toml, yaml = lazy.later("validator.sources.parsers", "python", "toml", "yaml")

SUFFIXES: Final[Mapping[str, str]] = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml"}
"""Form by file name."""


EMPTY: Final = "it is empty; planet-validator init writes a source to begin with"


def read(text: str, form: str, *, longest_program: int | None = None) -> Document:
    """The document in ``text``. Raises :class:`ParseError`, and nothing else, for whatever cannot be read.

    A text that should have been JSON may be the Python that makes it, of at most ``longest_program`` characters.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise ParseError((None, EMPTY))
    try:
        document = _READERS[form](text) if form in _READERS else _json_or_python(text, longest_program)
    except RecursionError:
        raise ParseError((None, f"it is nested deeper than {DEEPEST} levels")) from None
    return check_value(document)


def too_long(longest: int) -> str:
    """What is said of a program that is not looked at."""
    return f"programs of more than {longest >> 10} KiB are read by the command alone: planet-validator check FILE"


def _json_or_python(text: str, longest: int | None) -> Document:
    """What a file of JSON holds: where that means none, it may be the Python that makes it. Raises :class:`ParseError`."""
    try:
        return read_json(text)
    except NotJson as error:
        with contextlib.suppress(NotJson):
            return read_lines(text)
        if longest is not None and len(text) > longest:
            raise ParseError(*error.problems, (None, too_long(longest))) from None
        with contextlib.suppress(ParseError, NoDestination):
            return python.read_python(text, expected=False)
        raise


_READERS: Final[Mapping[str, Callable[[str], Document]]] = {  # any other form is JSON, or should have been
    "lines": read_lines,
    "yaml": yaml.read_yaml,
    "toml": toml.read_toml,
}
