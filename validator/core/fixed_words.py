"""The provider's fixed words in a message: whatever somebody has named is taken out before any pattern looks at it.

A bucket may be called ``denied``, a folder ``quota``, a key ``expired``. A name is known by the place where it stands (quotes, paths, addresses,
ARNs, after the noun that it names) and, where it cannot be a word of a sentence, by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

GONE: Final = "\u2026"
"""Stands where a name stood."""

_MESSAGE_LIMIT: Final = 2000
"""Characters of a message that are looked at: no provider's sentence is longer, and everything here is linear in it."""
_NAME_LIMIT: Final = 300
_NAMES: Final = 40

# An apostrophe inside of a word (bucket's, doesn't) opens nothing.
_QUOTED: Final = r"(?<!\w)(['\"`\u2018\u201c])([^'\"`\u2018\u2019\u201c\u201d\n]{1,400})(?:['\"`\u2019\u201d])(?!\w)"
_KEPT: Final = r"x-[a-z0-9-]+|[A-Za-z0-9]+:[A-Z][A-Za-z*]+|[a-z]+(?:\.[a-z][A-Za-z]*){2,4}|[A-Z][A-Za-z-]+|s[a-z]{1,4}|\w"
"""What quotes may hold and is the provider's own: a header, an action, a permission, a field of a token."""
_NOUN: Final = r"bucket|container|account|object|key|user|blob|share|namespace|project|tenant|host"
_NAMED: Final = rf"(?i)\b(?:{_NOUN})[ :=]{{1,3}}(?=([^\W_]{{1,{_NAME_LIMIT}}}+)(?:[.,;:)\]]|$))"
"""A noun, and a word after it that is the last before a pause. The word itself may be the noun of what follows."""
_JOINED: Final = (".", "-")


def fixed_words(message: str, names: Iterable[str] = ()) -> str:
    """``message`` without the names in it, each replaced by an ellipsis. ``names`` are those that are known beforehand."""
    text = " ".join(message[:_MESSAGE_LIMIT].split())
    known = _known(names)
    text = re.sub(_QUOTED, lambda match: match[0] if _own(match[2], known) else f"{match[1]}{GONE}{match[1]}", text)
    return _bare(" ".join(_without_path(token, known) for token in text.split(" ")), known)


def _known(names: Iterable[str]) -> list[str]:
    parts = {part for name in names for part in (name.strip(), *name.strip().split("/")) if 1 < len(part) <= _NAME_LIMIT}
    return sorted(parts, key=len, reverse=True)[:_NAMES]


def _own(quoted: str, known: list[str]) -> bool:
    return re.fullmatch(_KEPT, quoted) is not None and quoted not in known


def _without_path(token: str, known: list[str]) -> str:
    """An address, an ARN or an absolute path is a name; any other path is one if a part of it is."""
    bare = token.strip(".,;:()[]'\"")
    if not bare or not re.search(r"[/@]|^arn:", bare):
        return token
    placed = bare.startswith(("/", "arn:")) or "://" in bare or "@" in bare
    return token.replace(bare, GONE) if placed or set(bare.split("/")) & set(known) else token


def _bare(text: str, known: list[str]) -> str:
    """Without a pattern made of the names: to compile one takes longer than all else here, and each pushes out another that is kept."""
    distinct = [name for name in known if re.search(r"[\d._-]", name) and not name.isdigit()]
    plain = {name.casefold() for name in known if name.isalnum()}
    if distinct:
        spans = [span for name in distinct for span in _standing(text, name)]
        text = _without(text, sorted(spans, key=lambda span: (span[0], -span[1])))
    if plain:
        # A name that is a word too: only where nothing but a name can stand.
        named = (match.span(1) for match in re.finditer(_NAMED, text))
        text = _without(text, [span for span in named if text[slice(*span)].casefold() in plain])
    return text


def _standing(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Where a name stands for itself: not within a longer name, and before no point that one goes on after."""
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        before, after, next_ = text[start - 1 : start], text[end : end + 1], text[end + 1 : end + 2]
        if not (_of_word(before) or before in _JOINED or _of_word(after) or after == "-" or (after == "." and _of_word(next_))):
            yield start, end
        start = text.find(name, start + 1)


def _of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The spans are in order; what begins within one that has gone has gone with it."""
    parts = []
    kept = 0
    for start, end in spans:
        if start >= kept:
            parts += [text[kept:start], GONE]
            kept = end
    return "".join([*parts, text[kept:]])
