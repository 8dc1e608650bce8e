"""Parameters: one declaration gives parsing, JSON Schema, redaction and the docs table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field
from typing import Any

from validator.core.values import field, fields


def text(
    help: str,  # noqa: A002 - reads as what it is
    *,
    example: str,
    default: str | None = None,
    shape: str = "",
    never: tuple[str, ...] = (),
    examples: tuple[str, ...] = (),
    placeholders: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
    credential: bool = False,
    place: bool = True,
    label: str = "",
    where: str = "",
    suggest: Callable[[], Iterable[tuple[str, str]]] | None = None,
) -> Any:
    """A string parameter.

    Args:
        help: one sentence.
        example: a value.
        default: what Planet takes where it is left out; None where it asks for it.
        shape: a regular expression that its values match whole. In a parameter of keys (``key`` is in its name) what matches is a
            key's id and no secret, and what does not is taken for a misplaced secret.
        never: values of documentation, which are nobody's.
        examples: values of documentation that some store may have been set up with: only a warning.
        placeholders: what stands in its place in Planet's own notebook, in lower case.
        also: what commands and environments call it.
        credential: part of the credential, such as a key's id: it changes with the secret, and Planet takes a new one.
        place: part of where the destination is; not so what may be corrected while it stays the same bucket, such as a region.
        label: what the provider's console calls it.
        where: where it stands there.
        suggest: gives values to choose from, each with a word about it; called when a form is made.
    """
    metadata = {
        "help": help, "example": example, "kind": "string", "shape": shape, "never": never, "examples": examples, "placeholders": placeholders, "also": also,
        "credential": credential, "place": place and not credential, "label": label, "where": where, "suggest": suggest,
    }  # fmt: skip
    return field(metadata=metadata) if default is None else field(default=default, metadata=metadata)


def secret(
    help: str,  # noqa: A002 - reads as what it is
    *,
    example: str,
    verbatim: bool = False,
    never: tuple[str, ...] = (),
    examples: tuple[str, ...] = (),
    placeholders: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
    label: str = "",
    where: str = "",
    file: str = "",
) -> Any:
    """A string parameter whose value becomes a :class:`~validator.core.model.Secret`. As :func:`text`, and always a credential.

    ``verbatim``: the provider's own lint judges whitespace, quotes and placeholders in it. ``file``: the kind of file that it is
    the base64 of, such as ``.json``.
    """
    metadata = {
        "help": help, "example": example, "kind": "secret", "shape": "", "verbatim": verbatim, "never": never, "examples": examples,
        "placeholders": placeholders, "also": also, "credential": True, "label": label, "where": where, "file": file,
    }  # fmt: skip
    return field(metadata=metadata)


def flag(help: str, *, default: bool = False, label: str = "") -> Any:  # noqa: A002 - reads as what it is
    """A boolean parameter. ``label``: as for :func:`text`."""
    return field(default=default, metadata={"help": help, "example": default, "kind": "boolean", "shape": "", "label": label})


def declared(parameters: type[Any]) -> Sequence[Field[Any]]:
    """The fields of a Parameters declaration, in order."""
    return fields(parameters)


def required(each: Field[Any]) -> bool:
    """Whether Planet asks for this parameter."""
    return each.default is MISSING


def credentials(parameters: type[Any]) -> tuple[str, ...]:
    """Names of what can be changed of a destination: its credential, whole."""
    return tuple(each.name for each in fields(parameters) if each.metadata.get("credential"))


def flags(parameters: type[Any]) -> tuple[str, ...]:
    """Names of the boolean parameters."""
    return tuple(each.name for each in fields(parameters) if each.metadata["kind"] == "boolean")


def places(parameters: type[Any]) -> tuple[str, ...]:
    """Names of what says which bucket is meant."""
    return tuple(each.name for each in fields(parameters) if each.metadata.get("place"))


def other_names(parameters: type[Any]) -> Mapping[str, str]:
    """What commands and environments call the parameters, with Planet's name for each."""
    return {also: each.name for each in fields(parameters) for also in each.metadata.get("also", ())}
