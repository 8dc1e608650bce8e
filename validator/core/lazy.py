"""Regular expressions that are compiled when they are first used: half of those that a check loads it never uses, and compiling is the
larger part of loading them (decision 0028). Type checkers see :func:`re.compile`.
"""

from __future__ import annotations

from re import compile as compiled
from typing import TYPE_CHECKING, Any

__all__ = ["compile"]


class Pattern:
    """What :func:`re.compile` would have made, as soon as anything is asked of it."""

    def __init__(self, pattern: str | bytes, flags: int = 0) -> None:
        self._written: tuple[Any, int] = pattern, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # nothing of a compiled pattern's; copying asks for such names before there is anything
            raise AttributeError(name)
        value = getattr(compiled(*self._written), name)
        setattr(self, name, value)
        return value


compile = compiled if TYPE_CHECKING else Pattern  # noqa: A001 - in its place
