"""Findings about a SAS token: how each is put together."""

from __future__ import annotations

from typing import Any

from validator.core import catalog
from validator.core.model import Finding, Severity
from validator.providers.azure.case import TOKEN
from validator.providers.azure.sas import Sas


def error(name: str, detail: str, sas: Sas | None = None, *, evidence: dict[str, str] | None = None, **more: Any) -> Finding:
    """A finding about the token, with what may be shown of it. ``more``: as :func:`validator.core.catalog.finding` takes it."""
    shown = {**(sas.summary() if sas else {}), **(evidence or {})}
    return catalog.finding(name, detail=detail, pointer=TOKEN, evidence=shown, **more)


def warning(name: str, detail: str, sas: Sas, **more: Any) -> Finding:
    """The same, as what Planet would not stumble over yet."""
    return error(name, detail, sas, severity=Severity.WARNING, **more)
