"""Findings about a SAS token: how each is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from validator.core import catalog
from validator.core.model import Confidence, Finding, Fix, PatchOperation, Severity
from validator.core.values import replace
from validator.providers.azure import case as advice
from validator.providers.azure.case import TOKEN
from validator.providers.azure.sas import Sas

if TYPE_CHECKING:
    from validator.providers.base import Options


def replacement(pointer: str, value: str, *, secret: bool = False) -> tuple[PatchOperation, ...]:
    """The patch that puts ``value`` there."""
    return (PatchOperation("replace", pointer, value, secret=secret),)


def error(name: str, detail: str, sas: Sas | None = None, *, fix: Fix | None = None, **evidence: str) -> Finding:
    """A finding about the token, with what may be shown of it."""
    shown = {**(sas.summary() if sas else {}), **evidence}
    return catalog.finding(name, detail=detail, pointer=TOKEN, evidence=shown, fix=fix)


def warning(name: str, detail: str, sas: Sas, *, fix: Fix | None = None, **evidence: str) -> Finding:
    """The same, as what Planet would not stumble over yet."""
    return replace(error(name, detail, sas, fix=fix, **evidence), severity=Severity.WARNING, confidence=Confidence.CONFIRMED)


def not_a_sas(parameters: Any, options: Options, detail: str) -> Finding:
    """What stands there is another kind of credential."""
    return error("sas-not-a-sas", detail, fix=advice.new_token(parameters, options))
