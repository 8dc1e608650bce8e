"""Values that show themselves, safely: in a notebook's cell, in rich, and as text. How they look is for the formats to say."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

PRESENTER: Final = "validator.formats.display"
"""Asked for by name, and only when something is to be shown: the words know none of those who print them (decision 0019)."""


class Shown:
    """What reports inherit, so that a cell, a console or ``print`` shows verdict, findings and fixes instead of a wall of values."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        """A piece of a page: no script, nothing fetched, readable in light and dark, escaped."""
        html: str = _presenter().html(self)
        return html

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None, **_: Any
    ) -> dict[str, str]:
        """What a notebook asks for: HTML, and the text report for whatever shows no HTML."""
        made = {"text/html": self._repr_html_, "text/plain": self.__str__}
        included = {name: make for name, make in made.items() if include is None or name in include}
        return {name: make() for name, make in included.items() if exclude is None or name not in exclude}

    def __rich__(self) -> Any:
        return _presenter().Coloured(self)

    def __str__(self) -> str:
        text: str = _presenter().text(self)
        return text

    def __repr__(self) -> str:
        line: str = _presenter().line(self)
        return line


class Guarded:
    """What values inherit that hold what a source or a caller gave: their representation shows nothing that looks like a credential."""

    __slots__ = ()

    def __repr__(self) -> str:
        from validator.core.guarded import guarded  # when something is to be shown

        return guarded(super().__repr__(), self._hidden())

    def _hidden(self) -> Iterable[str]:
        """What is known to be secret, and may stand in a wrong place as well."""
        return ()


def _presenter() -> Any:
    return import_module(PRESENTER)
