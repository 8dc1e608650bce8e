"""Modules of a provider that are loaded when one of their functions is first called, or a table gone through: a value names them and loads none."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any


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
