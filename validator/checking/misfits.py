"""Parameters that are missing, that the type does not have, or whose values are of another kind: loaded where there are some."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field
from difflib import get_close_matches
from typing import Any, Final

from validator.core import catalog
from validator.core.model import Finding, Fix, PatchOperation
from validator.providers.base import Provider, declared, instead_of
from validator.sources.document import escape

_MOST_UNKNOWN: Final = 20
"""Parameters without a place that are named one by one."""
LONGEST_NAME: Final = 80
"""Characters of a parameter's name that are shown, or compared with others."""


def missing(provider: Provider, absent: Sequence[Field[Any]], raw: Mapping[str, Any]) -> Finding:
    """Parameters that Planet requires; where the others name the value of the only one, it is said."""
    names = ", ".join(each.name for each in absent)
    only = absent[0] if len(absent) == 1 else None
    what = only.metadata["help"] if only else ""
    told = only.metadata["told"](raw) if only and only.metadata.get("told") else None
    value, why = told or ("", "")
    return catalog.finding(
        "missing-parameter",
        detail=f"{provider.name} needs {names}: {why or what[:1].lower() + what[1:]}"
        if only
        else f"{provider.name} needs {names}.",
        pointer="/parameters",
        evidence={"parameter": names},
        fix=Fix(
            f"Add {names}: {value}."
            if value
            else f"Add {names} (such as {only.metadata['example']})."
            if only
            else f"Add {names}."
        ),
        patch=(PatchOperation("add", f"/parameters/{names}", value),) if value else (),
    )


def unknown(provider: Provider, raw: Mapping[str, Any]) -> Iterator[Finding]:
    """Parameters that the type does not have: what each is, where that is known by its name."""
    names = [each.name for each in declared(provider.Parameters)]
    known = instead_of(provider.Parameters)
    strange = [name for name in raw if name not in names]
    for name in strange[:_MOST_UNKNOWN]:
        near = get_close_matches(name, names, n=1, cutoff=0.75) if len(name) <= LONGEST_NAME else []
        close = [each for each in near if each not in raw]
        meant, why = known.get(name.lower().replace("-", "_"), ("", ""))
        yield catalog.finding(
            "unknown-parameter",
            detail=f"{provider.name} has no parameter {name[:LONGEST_NAME]}."
            + (f" {why}" if why else f" Is {close[0]} meant?" if close else f" It has {', '.join(names)}."),
            pointer=f"/parameters/{escape(name)}",
            evidence={"parameter": name[:LONGEST_NAME]},
            fix=Fix(f"Remove it, and give {meant} instead.") if meant else None,
        )
    if len(strange) > _MOST_UNKNOWN:
        more = len(strange) - _MOST_UNKNOWN
        yield catalog.finding(
            "unknown-parameter",
            detail=f"{provider.name} has no parameters of {more:,} more names that stand here.",
            pointer="/parameters",
            evidence={"more": str(more)},
        )


def wrong_kind(pointer: str, name: str, kind: str, value: Any) -> Finding:
    """A value of another kind than the parameter's."""
    patch: tuple[PatchOperation, ...] = ()
    if kind == "boolean" and isinstance(value, str) and value.strip().lower() in ("true", "false"):
        patch = (PatchOperation("replace", pointer, value.strip().lower() == "true"),)
    got = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "an object"}.get(
        type(value), "something else"
    )
    return catalog.finding(
        "wrong-parameter-kind",
        detail=f"{name} is {got}; it must be {'true or false, without quotes' if kind == 'boolean' else 'a string'}.",
        pointer=pointer,
        evidence={"parameter": name},
        patch=patch,
    )
