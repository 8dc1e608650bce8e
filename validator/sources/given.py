"""What a caller of the library hands over, as plain values: paths, mappings, lists, and models such as the planet SDK's."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from enum import Enum
from itertools import islice
from typing import Any, Final

from validator.core.errors import BadSource
from validator.sources.document import MOST_NODES

DEEPEST: Final = 2 * 64
"""Levels of nesting in values that come from Python."""
WHAT: Final = "a source is a path, a request as a mapping or a model, a list of them, or what load() gave"


NO_PATH: Final = (
    "a text is given where the path of a file is expected (it is not shown: it may hold secrets). Give the file's path, - for standard input, or, "
    "in Python, the request itself: json.loads(text)"
)
LONGEST_PATH: Final = 4096
"""Characters, which no system's paths have more of."""


def is_no_path(text: str) -> bool:
    """Whether it is a request or another text in a path's place, and no file has it for its name."""
    looks = text.lstrip().startswith(("{", "[")) or "\n" in text or len(text) > LONGEST_PATH
    return looks and not os.path.lexists(text)


def is_path(value: Any) -> bool:
    """Whether it names a file or a folder."""
    return isinstance(value, str | os.PathLike)


def path(value: Any) -> str:
    """A path as text. Raises BadSource for one in bytes, and for what is no path."""
    named = os.fspath(value)
    if not isinstance(named, str):
        raise BadSource(f"a path in bytes is not read: {WHAT}")
    if is_no_path(named):
        raise BadSource(NO_PATH)
    return named


def is_model(value: Any) -> bool:
    """Whether it is a pydantic model's instance; nothing is imported to tell."""
    return not isinstance(value, type) and callable(getattr(value, "model_dump", None))


def listed(value: Any) -> list[Any]:
    """The items of a list, a tuple, a generator or another collection. Raises BadSource for what is no source."""
    if not isinstance(value, Iterable) or isinstance(value, bytes | bytearray | memoryview):
        raise BadSource(f"this is of the type {type(value).__name__}: {WHAT}")
    items = list(islice(value, MOST_NODES + 1))
    if len(items) > MOST_NODES:
        raise BadSource(f"this holds more than {MOST_NODES:,} items: {WHAT}")
    return items


def plain(value: Any) -> Any:
    """Lists and dictionaries of our own, so that what the caller does with its own changes nothing here. Raises BadSource."""
    return _plain(value, 0, [0])


def _plain(value: Any, depth: int, budget: list[int]) -> Any:
    budget[0] += 1
    if depth > DEEPEST or budget[0] > MOST_NODES:
        raise BadSource("the request is nested too deeply, or holds itself")
    if is_model(value):
        # Names as they go over the wire; what was not given is left out, as the SDK leaves it out.
        return _plain(value.model_dump(by_alias=True, exclude_none=True), depth + 1, budget)
    if isinstance(value, Mapping):
        return {str(key): _plain(item, depth + 1, budget) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1, budget) for item in value]
    if isinstance(value, Enum) and isinstance(value.value, str):
        return str(value.value)
    reveal = getattr(value, "get_secret_value", None)  # pydantic's SecretStr
    return reveal() if callable(reveal) else value
