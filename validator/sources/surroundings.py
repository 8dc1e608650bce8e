"""What references may be looked up in: the environment, files below the source's folder, and files of settings."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from validator.core import lazy
from validator.core.errors import BadSource
from validator.core.values import Dataclass, field

if TYPE_CHECKING:
    from validator.sources.parsers.env import Assigned

LARGEST_FILE: Final = 1 << 20
"""Bytes of a file that a reference names, or of an ``.env`` file."""

_BAD_PATH: Final = lazy.compile("[\0\ud800-\udfff]")
_FOLDERS_UP: Final = 32
"""Folders above the source in which the nearest ``.env`` is looked for."""
_NO_FILE: Final = "there is no such file"
NOTHING_READ: Final = "this run does not allow references"
"""Said where whoever sends a source can allow none."""


class References(Dataclass):
    """Which references are resolved, and from what. The default resolves all; once one list is given, only what the lists name."""

    allow_env: frozenset[str] | None = None
    """Names of environment variables (``--allow-env``); None is all, unless ``allow_files`` is given."""
    allow_files: tuple[str, ...] | None = None
    """Folders, relative to the current one (``--allow-file``); None is all, unless ``allow_env`` is given."""
    env: Mapping[str, str] | None = field(default=None, repr=False)
    """The environment; None is the process's own."""
    env_file: str | None = None
    """A file of ``NAME=value`` lines, read only when it is named here; the environment goes before it."""

    @classmethod
    def none(cls) -> References:
        """Nothing is resolved: for sources that strangers send."""
        return cls(allow_env=frozenset(), allow_files=(), env={})

    @property
    def nothing(self) -> bool:
        """Whether no reference at all is resolved."""
        return self.restricted and not self.allow_env and not self.allow_files

    @property
    def restricted(self) -> bool:
        """Whether only listed references are resolved."""
        return self.allow_env is not None or self.allow_files is not None

    @property
    def readable(self) -> Mapping[str, str]:
        """The variables of the environment that may be resolved."""
        env: Mapping[str, str] = os.environ if self.env is None else self.env
        return {name: env[name] for name in self.allow_env or () if name in env} if self.restricted else env


class Unread(Exception):
    """A file that is not read. The message says why, and never quotes it."""


def root_of(folder: Path) -> Path | None:
    """The nearest folder from this one upward that holds ``.git``. A bare repository is none: it may be files of a proposal."""
    real = Path(os.path.realpath(folder))
    return next((each for each in (real, *real.parents) if os.path.lexists(each / ".git")), None)


class SourceFolder:
    """The folder of one source file, where relative paths begin."""

    def __init__(self, references: References, folder: Path, root: Path | None) -> None:
        """``root``: of the repository that the folder belongs to."""
        self._references = references
        self._folder = folder
        self._root = root
        self._settings: dict[Path, dict[str, Assigned] | str] = {}

    def read(self, path: str) -> tuple[bytes, list[str]]:
        """A file's bytes; and its path, if it lies outside the repository. Raises :class:`Unread`."""
        place = self._place(path)
        data = place if isinstance(place, str) else bytes_of(place)
        if isinstance(data, str) or isinstance(place, str):
            raise Unread(data)
        return data, [path] if self._outside(place) else []

    def setting(self, file: str, name: str, *, must: bool, expanded: bool = False) -> tuple[str | None, list[str]]:
        """A name's value in a file of ``NAME=value`` lines, or in the nearest ``.env``; and the path as for :meth:`read`.

        ``must``: the file has to be there. ``expanded``: a shell reads it. Raises :class:`Unread`.
        """
        path = self._nearest() if not file else self._place(file)
        if path is None or isinstance(path, str):
            if must:
                raise Unread(path or "there is no .env beside the source or above it")
            return None, []
        if path not in self._settings:
            self._settings[path] = _settings(path)
        kept = self._settings[path]
        if isinstance(kept, str):
            if must or kept != _NO_FILE:
                raise Unread(kept)
            return None, []
        each = kept.get(name)
        if each is not None and not each.literal and re.search(r"[$`]" if expanded else r"\$\{", each.value):
            raise Unread(f"the value of {name} there is made of others; write it out")
        return None if each is None else each.value, [file] if name in kept and self._outside(path) else []

    def _outside(self, place: Path) -> bool:
        return self._root is not None and not place.is_relative_to(self._root)

    def _place(self, path: str) -> Path | str:
        """Where a file lies, or why it is not read."""
        if not path.strip() or _BAD_PATH.search(path):
            return "it names no file"
        try:
            place = Path(os.path.realpath(self._folder / Path(path).expanduser()))
        except (OSError, ValueError, RuntimeError):
            return "its path cannot be followed"
        if self._references.restricted:
            allowed = [Path(os.path.realpath(each)) for each in self._references.allow_files or ()]
            if not any(place.is_relative_to(each) for each in allowed):
                return NOTHING_READ if self._references.nothing else "this run does not allow it (--allow-file)"
        return place

    def _nearest(self) -> Path | str | None:
        folder = self._folder
        for _ in range(_FOLDERS_UP):
            if (folder / ".env").is_file():
                return self._place(str(folder / ".env"))
            if self._root is None or Path(os.path.realpath(folder)) == self._root or folder.parent == folder:
                return None
            folder = folder.parent
        return None


def _settings(path: Path) -> dict[str, Assigned] | str:
    data = bytes_of(path)
    if isinstance(data, str):
        return data
    from validator.sources.parsers.env import NotAssignments, assignments

    try:
        return assignments(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return "it is not text in UTF-8"
    except NotAssignments as error:
        return f"line {error.line} of it: {error.what}"


def bytes_of(path: Path, limit: int = LARGEST_FILE) -> bytes | str:
    """The file's content, or why there is none. Never waits for a pipe or a device."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return _NO_FILE
    except IsADirectoryError:
        return "it is a folder"
    except PermissionError:
        return "the file may not be read"
    except OSError:
        return "the file cannot be opened"
    try:
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
            mode = os.fstat(descriptor).st_mode
            if stat.S_ISDIR(mode):
                return "it is a folder"
            if not stat.S_ISREG(mode):
                return "it is a device or a pipe, not a file"
            data = file.read(limit + 1)
    except OSError as error:
        return "it is a folder" if isinstance(error, IsADirectoryError) else "the file cannot be read"
    return "the file is larger than 1 MiB" if len(data) > limit else data


def environment(references: References) -> Mapping[str, str]:
    """The variables that references are looked up in. Raises BadSource for an ``env_file`` that cannot be read."""
    environ = os.environ if references.env is None else references.env
    if references.env_file is None:
        return environ
    data = bytes_of(Path(references.env_file))
    if isinstance(data, str):
        raise BadSource(f"{references.env_file}: {data}")
    from validator.sources.parsers.env import NotAssignments, assignments

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadSource(f"{references.env_file}: it is not text in UTF-8") from None
    try:
        variables = {name: each.value for name, each in assignments(text).items()}
    except NotAssignments as error:
        raise BadSource(f"{references.env_file}, line {error.line}: {error.what}") from None
    return {**variables, **environ}
