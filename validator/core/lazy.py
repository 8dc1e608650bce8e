"""What is made when it is first used (decision 0028). Regular expressions: a check never uses half of them, and compiling is the larger part of
loading them. The modules behind a package's names, and those whose functions and tables a provider's value names. Type checkers see
:func:`re.compile`, and the real imports.
"""

from __future__ import annotations

from importlib import import_module
from re import compile as compiled
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["compile", "later", "names"]


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


def names(space: dict[str, Any], home: Mapping[str, Iterable[str]]) -> Callable[[str], Any]:
    """A package's ``__getattr__``: gives the names that its modules hold, and loads each module for the first of its names.

    Args:
        space: the package's ``globals()``.
        home: of each module, by its name below the package, the names that it holds.
    """
    modules = {name: module for module, held in home.items() for name in held}

    def give(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {space['__name__']!r} has no attribute {name!r}")
        space[name] = value = getattr(import_module(f"{space['__name__']}.{modules[name]}"), name)
        return value

    space["__dir__"] = lambda: sorted({*space, *modules})
    return give


class Member:
    """A function, or a table, of a module that is imported when it is called or gone through."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def resolve(self) -> Any:
        """The function or table itself. Raises AttributeError where the module has none of this name."""
        return getattr(import_module(self._module), self._name)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call it."""
        return self.resolve()(*arguments, **named)

    def __iter__(self) -> Iterator[Any]:
        """Go through it."""
        return iter(self.resolve())


class Later:
    """Stands for a module: each of its functions and tables can be named now."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Member:
        return Member(self._module, name)


def later(package: str, *modules: str) -> Iterator[Later]:
    """Stand-ins for modules of a package, in the order in which they are named. Type checkers read the real import beside it."""
    return (Later(f"{package}.{module}") for module in modules)
