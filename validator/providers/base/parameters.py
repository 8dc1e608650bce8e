"""Parameters: one declaration gives parsing, JSON Schema, redaction and the docs table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, Field, field, fields
from typing import Any


def text(
    help: str,  # noqa: A002 - reads as what it is
    *,
    example: str,
    default: str | None = None,
    shape: str = "",
    never: tuple[str, ...] = (),
) -> Any:
    """A string parameter. ``shape`` is a regular expression that its values match whole; ``never`` are values of documentation.

    In a parameter of keys (``key`` is in its name) what matches is a key's id and no secret, and what does not is taken for a
    misplaced secret.
    """
    metadata = {"help": help, "example": example, "kind": "string", "shape": shape, "never": never}
    return field(metadata=metadata) if default is None else field(default=default, metadata=metadata)


def secret(help: str, *, example: str, verbatim: bool = False, never: tuple[str, ...] = ()) -> Any:  # noqa: A002 - reads as what it is
    """A string parameter whose value becomes a :class:`~validator.core.model.Secret`.

    ``verbatim``: the provider's own lint judges whitespace, quotes and placeholders in it.
    """
    return field(
        metadata={"help": help, "example": example, "kind": "secret", "shape": "", "verbatim": verbatim, "never": never}
    )


def flag(help: str, *, default: bool = False) -> Any:  # noqa: A002 - reads as what it is
    """A boolean parameter."""
    return field(default=default, metadata={"help": help, "example": default, "kind": "boolean", "shape": ""})


def declared(parameters: type[Any]) -> Sequence[Field[Any]]:
    """The fields of a Parameters declaration, in order."""
    return fields(parameters)


def required(each: Field[Any]) -> bool:
    """Whether Planet asks for this parameter."""
    return each.default is MISSING
