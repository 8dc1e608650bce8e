"""The formats of a report: each is one module with one ``render``, and one row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

from validator.core.model import Report

FORMATS: Final[Mapping[str, str]] = {
    "text": "validator.formats.text",
    "json": "validator.formats.json",
    "junit": "validator.formats.junit",
    "sarif": "validator.formats.sarif",
    "github": "validator.formats.github",
    "markdown": "validator.formats.markdown",
    "html": "validator.formats.html",
    "note": "validator.formats.note",
}
"""Name of the format, as ``--format`` takes it, to the module that renders it."""


def render(name: str, report: Report, **style: Any) -> str:
    """The report in this format. ``style`` reaches the formats for people only. Raises KeyError for an unknown name."""
    function: Callable[..., str] = import_module(FORMATS[name]).render
    return function(report, **style) if name == "text" else function(report)
