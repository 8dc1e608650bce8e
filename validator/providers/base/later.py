"""Modules of a provider that are loaded when one of their functions is first called: a value names them and loads none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any


class Function:
    """A function of a module that is imported when it is called."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def resolve(self) -> Callable[..., Any]:
        """The function itself. Raises AttributeError where the module has none of this name."""
        return getattr(import_module(self._module), self._name)  # type: ignore[no-any-return]  # what a module holds is known when it is loaded

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call it."""
        return self.resolve()(*arguments, **named)


class Later:
    """Stands for a module: each of its functions can be named now."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Function:
        return Function(self._module, name)


def later(package: str, *modules: str) -> Iterator[Later]:
    """Stand-ins for modules of a package, in the order in which they are named. Type checkers read the real import beside it."""
    return (Later(f"{package}.{module}") for module in modules)
