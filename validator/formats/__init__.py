"""The formats of a report: each is one module with one ``render``, and its name here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from validator.core.model import Report

FORMATS: Final = ("text", "json", "junit", "sarif", "github", "markdown", "html", "note")
"""The formats, as ``--format`` takes them: each is the name of the module that renders it."""


def render(name: str, report: Report, **style: Any) -> str:
    """The report in this format. ``style`` reaches the formats for people only. ``name`` is one of ``FORMATS``."""
    function: Callable[..., str] = import_module(f"{__name__}.{name}").render
    return function(report, **style) if name == "text" else function(report)
