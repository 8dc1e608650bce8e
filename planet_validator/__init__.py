"""Another name for ``validator``, which is a common one: ``import planet_validator`` gives the same modules, classes and functions."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING

import validator

if TYPE_CHECKING:
    from validator import *  # noqa: F403 - for type checkers, which do not see what is done below


class Alias(MetaPathFinder, Loader):
    """Gives ``validator.x`` for ``planet_validator.x``: one module under two names, not two of them."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec of a module below this name; None for all others."""
        del path, target
        # A loader for each module: threads may be between its two steps at the same time.
        return ModuleSpec(fullname, Alias()) if fullname.startswith("planet_validator.") else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module of the other name. Raises ModuleNotFoundError where that has none."""
        self._own = import_module(spec.name.replace("planet_validator", "validator", 1))
        self._spec = self._own.__spec__
        return self._own

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is run twice; the module stays the one that it was."""
        module.__spec__ = self._spec


sys.meta_path.insert(0, Alias())
sys.modules[__name__] = validator
