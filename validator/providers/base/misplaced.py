"""Secrets that stand where none belongs, found by what the parameters' declaration says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import Field
from typing import Any

from validator.core.model import Secret
from validator.core.secret_shapes import credentials_in, is_uuid, is_wordlike, looks_like_password
from validator.core.values import fields


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
            yield from map(Secret, _looking(name))
        for inner in _strings(value):
            if isinstance(inner, Secret):
                yield inner
            elif each is not None and each.metadata["kind"] == "secret":
                yield Secret(inner)
            elif each is None or crossed or not _own_key(each, inner):
                yield from map(Secret, _misplaced(inner, each, crossed=crossed))


def _misplaced(value: str, each: Field[Any] | None, *, crossed: bool) -> Sequence[str]:
    """What of a string value is taken for a secret: the parts that look like one, or all of it where nothing else can be meant."""
    secrets = _looking(value)
    whole = value.strip()
    name = each.name if each is not None else ""
    odd = len(whole) >= 8 and not is_wordlike(whole) and "://" not in whole and not re.search(r"\s", whole)
    if (
        looks_like_password(whole)
        or (each is None and is_uuid(whole))
        or (odd and "key" in name and not _own_key(each, whole))
        or (odd and crossed and "." not in whole)
    ):
        return [value]
    return secrets


def _looking(text: str) -> Sequence[str]:
    return [text[start:end] for start, end in credentials_in(text)]


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
        or (text[-1:].isdigit() and re.fullmatch(r"[a-z]{2,3}(?:-[a-z]{2,20}){1,3}-?[0-9]{1,2}", text))
        or (text.startswith(("AKIA", "ASIA")) and re.fullmatch(r"A[KS]IA[A-Z0-9]{12,28}", text))
        or any(each.metadata["shape"] and "key" in each.name and len(text) == 40 and _own_key(each, text) for each in known)
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
