"""Reads a text of any form that a destination can be written in and written back to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Final

from validator.sources.document import DEEPEST, Document, ParseError, check_value
from validator.sources.parsers.json import NotJson, read_json, read_lines
from validator.sources.parsers.toml import read_toml
from validator.sources.parsers.yaml import read_yaml

SUFFIXES: Final[Mapping[str, str]] = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml"}
"""Form by file name."""


def read(text: str, form: str, *, programs: bool = True) -> Document:
    """The document in ``text``. Raises :class:`ParseError`, and nothing else, for whatever cannot be read.

    ``programs``: a text that should have been JSON may be the Python that makes it.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise ParseError((None, "it is empty"))
    try:
        document = _READERS[form](text) if programs or form != "json" else read_json(text)
    except RecursionError:
        raise ParseError((None, f"it is nested deeper than {DEEPEST} levels")) from None
    return check_value(document)


def _json_or_python(text: str) -> Document:
    """What a file of JSON holds: where that means none, it may be the Python that makes it. Raises :class:`ParseError`."""
    try:
        return read_json(text)
    except NotJson:
        with contextlib.suppress(NotJson):
            return read_lines(text)
        from validator.sources.parsers.python import read_python
        from validator.sources.payloads import NoDestination

        with contextlib.suppress(ParseError, NoDestination):
            return read_python(text, expected=False)
        raise


_READERS: Final[Mapping[str, Callable[[str], Document]]] = {
    "json": _json_or_python,
    "wrapped": _json_or_python,
    "lines": read_lines,
    "yaml": read_yaml,
    "toml": read_toml,
}
