"""Parameters: one declaration gives parsing, JSON Schema, redaction and the docs table, and tells which values are secrets that stand where none belongs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field
from types import MappingProxyType
from typing import Any

from validator.core.model import Secret
from validator.core.secret_shapes import credential_parts, in_dotted_key, is_uuid, is_wordlike, looks_like_password
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
    told: Callable[[Mapping[str, Any]], tuple[str, str] | None] | None = None,
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
        told: gives the value that the other parameters name, and the sentence that says how; None where they name none.
    """
    metadata = {
        "help": help, "example": example, "kind": "string", "shape": shape, "never": never, "examples": examples, "placeholders": placeholders, "also": also,
        "credential": credential, "place": place and not credential, "label": label, "where": where, "suggest": suggest,
        "told": told,
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
    instead: Mapping[str, str] = MappingProxyType({}),
) -> Any:
    """A string parameter whose value becomes a :class:`~validator.core.model.Secret`. As :func:`text`, and always a credential.

    ``verbatim``: the provider's own lint judges whitespace, quotes and placeholders in it. ``file``: the kind of file that it is
    the base64 of, such as ``.json``. ``instead``: names of what people have in its place, separated by blanks, and a sentence that
    says what it is and what Planet takes.
    """
    metadata = {
        "help": help, "example": example, "kind": "secret", "shape": "", "verbatim": verbatim, "never": never, "examples": examples,
        "placeholders": placeholders, "also": also, "credential": True, "label": label, "where": where, "file": file,
        "instead": instead,
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


def instead_of(parameters: type[Any]) -> Mapping[str, tuple[str, str]]:
    """What people have in a parameter's place, by name: the parameter's name, and what is to be said."""
    return {
        name: (each.name, said)
        for each in fields(parameters)
        for names, said in each.metadata.get("instead", {}).items()
        for name in names.split()
    }


def misplaced_secrets(parameters: type[Any] | None, raw: Mapping[str, Any]) -> Iterator[Secret]:
    """Every value that is a secret, and every part of a value or of a parameter's name that looks like one where none belongs.

    Args:
        parameters: the type's declaration; None for a type that is not known, to which no parameter belongs.
        raw: parameters as a source gives them.
    """
    known = {each.name: each for each in (fields(parameters) if parameters is not None else ())}
    crossed = any(
        each.metadata["kind"] == "secret" and _belongs_elsewhere(raw.get(each.name), known.values()) for each in known.values()
    )
    for name, value in raw.items():
        each = known.get(name)
        if each is None:
            yield from map(Secret, (*credential_parts(name), *in_dotted_key(name, value)))
        for inner in _strings(value):
            if isinstance(inner, Secret):
                yield inner
            elif each is not None and each.metadata["kind"] == "secret":
                yield Secret(inner)
            elif each is None or crossed or not _own_key(each, inner):
                yield from map(Secret, _misplaced(inner, each, crossed=crossed))


def _misplaced(value: str, each: Field[Any] | None, *, crossed: bool) -> Sequence[str]:
    """What of a string value is taken for a secret: the parts that look like one, or all of it where nothing else can be meant."""
    secrets = credential_parts(value)
    whole = value.strip()
    name = each.name if each is not None else ""
    elsewhere = ("key" in name and not _own_key(each, whole)) or (crossed and "." not in whole)
    if (
        looks_like_password(whole)
        or (each is None and is_uuid(whole))
        or (elsewhere and len(whole) >= 8 and "://" not in whole and whole.split() == [whole] and not is_wordlike(whole))
    ):
        return [value]
    return secrets


def _own_key(each: Field[Any] | None, value: str) -> bool:
    """Whether a value is a key's id in the field of key ids: an id is no secret where it belongs."""
    return (
        each is not None
        and "key" in each.name
        and bool(each.metadata["shape"])
        and re.fullmatch(each.metadata["shape"], value.strip()) is not None
    )


def _belongs_elsewhere(value: Any, known: Iterable[Field[Any]]) -> bool:
    """Whether what stands as a secret is an address, a region or a key's id: then the secret stands in another field."""
    text = (value.reveal() if isinstance(value, Secret) else value if isinstance(value, str) else "").strip()
    return bool(
        text.startswith(("http://", "https://"))
        or (text[-1:].isdigit() and "-" in text and re.fullmatch(r"[a-z]{2,3}(?:-[a-z]{2,20}){1,3}-?[0-9]{1,2}", text))
        or (text.startswith(("AKIA", "ASIA")) and re.fullmatch(r"A[KS]IA[A-Z0-9]{12,28}", text))
        or (len(text) == 40 and any(_own_key(each, text) for each in known))
    )


def _strings(value: Any) -> Iterator[str | Secret]:
    """Every string in a value, those of mappings and lists included; names of members too."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str | Secret):
            yield each
        elif isinstance(each, Mapping):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, list | tuple):
            waiting += each
