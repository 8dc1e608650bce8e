"""What the process of a command does not load of others' modules, or only when it is asked for (decision 0033).

Such a module is found by its name, where it stands, and by Python's own means; the names are those of modules that others import for what a
check does not do.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from threading import RLock
from types import ModuleType
from typing import Any, Final

from validator.core import lazy

LATER: Final = (
    "asyncio", "botocore.httpsession", "botocore.vendored.six", "bz2", "calendar", "cryptography.x509", "dateutil.parser", "email.header", "email.policy",
    "email.quoprimime", "google.rpc.error_details_pb2", "gzip", "ipaddress", "lzma", "mimetypes", "selectors", "stringprep", "subprocess", "tokenize",
)  # fmt: skip
"""Run when something is asked of them. None of them is imported by what it imports; and what stands in a package is imported after the package alone."""
NEVER: Final = ("urllib3.http2",)
"""Not run: a package whose own code turns HTTP/2 on, which nobody asks for, and imports ``importlib.metadata`` for it. What is in it is loaded."""
PATTERNS: Final = ("botocore.auth", "encodings.idna", "logging", "requests", "typer", "urllib3")
"""Whose patterns, and those of all that is loaded with them, are compiled when they are used: most are not, and five for IPv6 are a twentieth of a
check."""
SPARED: Final = frozenset((*LATER, *NEVER, *PATTERNS))

_compiled: Final = re.compile
_loading: Final[list[str]] = []


class Pattern(lazy.Pattern):
    """What :func:`re.compile` would have made, as soon as anything is asked of it."""

    __class__ = re.Pattern  # type: ignore[assignment]  # to whoever asks what it is, such as re.sub


class Address(Pattern):
    """The same of an address of IPv6: without a colon, nothing is one."""

    def match(self, text: str, *bounds: int) -> re.Match[str] | None:
        """As the pattern's own, which takes this one's place."""
        found: re.Match[str] | None = self.__getattr__("match")(text, *bounds) if ":" in text else None
        return found


def deferred(pattern: Any, flags: int = 0) -> Any:
    """In the place of :func:`re.compile`."""
    of_an_address = isinstance(pattern, str) and pattern.lstrip("^\\[").startswith("(?:(?:[0-9A-Fa-f]{1,4}:){6}")
    return (Address if of_an_address else Pattern)(pattern, flags)


class Sparing(SourceFileLoader):
    """Finds and loads them."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """As importing asks, which asks this one first."""
        found = PathFinder.find_spec(name, path, target) if name in SPARED else None
        if found is not None and type(found.loader) is SourceFileLoader:
            found.loader = Sparing(found.loader.name, found.loader.path)
        return found

    def exec_module(self, module: ModuleType) -> None:
        """As importing asks."""
        if self.name in LATER:
            vars(module)["__getattr__"] = self.later(module)
        elif self.name in PATTERNS:
            _loading.append(self.name)
            re.compile = deferred  # what other threads get of it is as good
            try:
                super().exec_module(module)
            finally:
                _loading.remove(self.name)
                if not _loading:
                    re.compile = _compiled

    def later(self, module: ModuleType) -> Callable[[str], Any]:
        """The ``__getattr__`` of a module that has not been run. Raises what running it raises, whenever it is asked."""
        lock, space, begun = RLock(), vars(module), False
        path = space.pop("__path__", None)  # whoever imports what is in a package asks for this

        def give(name: str) -> Any:
            nonlocal begun
            with lock:
                if not begun:  # it may ask itself while it is run
                    begun = True
                    if path is not None:
                        space["__path__"] = path
                    try:
                        super(Sparing, self).exec_module(module)
                    except BaseException:
                        begun = False
                        raise
                    del space["__getattr__"]
            if name in space:
                return space[name]
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

        return give


def spare() -> None:
    """Do so from now on, with what is not loaded yet."""
    sys.meta_path.insert(0, Sparing)
