"""Resolves ``${NAME}``, ``${file:PATH}`` and ``${base64file:PATH}``: in one pass, bounded, and never quoting what it found."""

from __future__ import annotations

import base64
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from validator.model import BadSource

LARGEST_FILE: Final = 1 << 20
"""Bytes of a file that a reference names, or of an ``.env`` file."""
MOST_REFERENCES: Final = 1000
"""In one source file."""
MOST_TEXT: Final = 8 << 20
"""Characters that the references of one source file may come to together."""

_REFERENCE: Final = re.compile(r"\$\$\{|\$\{([^{}]*+)\}|\$\{\{[^{}]*+\}\}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNMENT: Final = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*")


@dataclass(frozen=True, slots=True)
class References:
    """Which references are resolved, and from what. The default resolves all; once one list is given, only what the lists name."""

    allow_env: frozenset[str] | None = None
    """Names of environment variables (``--allow-env``); None is all, unless ``allow_files`` is given."""
    allow_files: tuple[str, ...] | None = None
    """Folders, relative to the current one (``--allow-file``); None is all, unless ``allow_env`` is given."""
    env: Mapping[str, str] | None = None
    """The environment; None is the process's own."""
    env_file: str | None = None
    """A file of ``NAME=value`` lines, read only when it is named here; the environment goes before it."""

    @classmethod
    def none(cls) -> References:
        """Nothing is resolved: for sources that strangers send."""
        return cls(allow_env=frozenset(), allow_files=(), env={})

    @property
    def restricted(self) -> bool:
        """Whether only listed references are resolved."""
        return self.allow_env is not None or self.allow_files is not None


@dataclass(slots=True)
class Resolved:
    """What became of one string."""

    text: str
    pieces: list[str] = field(default_factory=list)
    """Every value that a reference gave."""
    problems: list[tuple[str, str]] = field(default_factory=list)
    """The reference as written, and why it was not resolved."""
    outside: list[str] = field(default_factory=list)
    """Paths, as written, of files that lie outside the source's repository."""


class Resolver:
    """The references of one source file, its folder being where relative paths begin."""

    def __init__(self, references: References, folder: Path, root: Path | None) -> None:
        self._references = references
        self._folder = folder
        self._root = root
        self._env = environment(references)
        self._cache: dict[str, Resolved] = {}
        self._count = 0
        self._size = 0

    def resolve(self, text: str) -> Resolved:
        """The text with its references replaced. What they give is not searched for references again: there are no loops."""
        if "${" not in text:
            return Resolved(text)
        done = Resolved("")
        parts: list[str] = []
        kept = 0
        for match in _REFERENCE.finditer(text):
            parts.append(text[kept : match.start()])
            kept = match.end()
            if match[0] == "$${":
                parts.append("${")
                continue
            parts.append(self._one(match[0], match[1], done))
        done.text = "".join(parts) + text[kept:]
        return done

    def _one(self, written: str, name: str | None, done: Resolved) -> str:
        self._count += 1
        if self._count > MOST_REFERENCES or self._size > MOST_TEXT:
            done.problems.append(
                (_shown(written), f"the file holds more references than the {MOST_REFERENCES:,} that are resolved")
            )
            return written
        found = self._cache.get(written)
        if found is None:
            found = self._look_up(written, name)
            self._cache[written] = found
        done.pieces += found.pieces
        done.problems += found.problems
        done.outside += found.outside
        self._size += len(found.text)
        return found.text

    def _look_up(self, written: str, name: str | None) -> Resolved:
        if name is None:
            return _unresolved(written, "this is a CI system's own form, filled in only in its workflow files; use ${NAME}")
        for scheme in ("file", "base64file"):
            if name.startswith(scheme + ":"):
                return self._file(written, name[len(scheme) + 1 :], encode=scheme == "base64file")
        if name.startswith("python:"):
            what = name.partition(":")[2]
            return Resolved(
                written, problems=[(what, "its value is worked out elsewhere in the Python that this was copied from")]
            )
        if not _NAME.fullmatch(name):
            hint = "defaults and other shell forms are not read; " if re.match(r"[A-Za-z_]\w*[:?+=-]", name) else ""
            return _unresolved(written, f"{hint}a reference is ${{NAME}}, ${{file:PATH}} or ${{base64file:PATH}}")
        if self._references.restricted and name not in (self._references.allow_env or ()):
            return _unresolved(written, "this run does not allow it (--allow-env)")
        value = self._env.get(name)
        if value is None:
            return _unresolved(written, f"the environment variable {name} is not set")
        if not value:
            return _unresolved(written, f"the environment variable {name} is empty")
        if "\0" in value or re.search("[\ud800-\udfff]", value):
            return _unresolved(written, f"the environment variable {name} holds bytes that are no text")
        if len(value) > LARGEST_FILE:
            return _unresolved(written, f"the environment variable {name} is larger than 1 MiB")
        return Resolved(value, [value])

    def _file(self, written: str, path: str, *, encode: bool) -> Resolved:
        if not path.strip() or "\0" in path or re.search("[\ud800-\udfff]", path):
            return _unresolved(written, "it names no file")
        try:
            place = Path(os.path.realpath(self._folder / Path(path).expanduser()))
        except (OSError, ValueError, RuntimeError):
            return _unresolved(written, "its path cannot be followed")
        if self._references.restricted:
            allowed = [Path(os.path.realpath(each)) for each in self._references.allow_files or ()]
            if not any(place.is_relative_to(each) for each in allowed):
                return _unresolved(written, "this run does not allow it (--allow-file)")
        data = _bytes_of(place)
        if isinstance(data, str):
            return _unresolved(written, data)
        outside = [path] if self._root is not None and not place.is_relative_to(self._root) else []
        if encode:
            value = base64.b64encode(data).decode()
        else:
            try:
                value = data.decode("utf-8-sig")
            except UnicodeDecodeError:
                return _unresolved(written, "the file is not text in UTF-8; ${base64file:PATH} takes any file")
            value = value.removesuffix("\n").removesuffix("\r")
        if not value or "\0" in value:
            return _unresolved(written, "the file holds a NUL" if value else "the file is empty")
        pieces = [value] if not encode else [value, *_texts(data)]
        return Resolved(value, pieces, outside=outside)


def _texts(data: bytes) -> list[str]:
    try:
        return [data.decode()]
    except UnicodeDecodeError:
        return []


def _bytes_of(path: Path) -> bytes | str:
    """The file's content, or why there is none. Never waits for a pipe or a device."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return "there is no such file"
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
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        return "it is a folder" if isinstance(error, IsADirectoryError) else "the file cannot be read"
    return "the file is larger than 1 MiB" if len(data) > LARGEST_FILE else data


def _shown(written: str) -> str:
    return written if len(written) <= 120 else written[:100] + "..."


def _unresolved(written: str, why: str) -> Resolved:
    return Resolved(written, problems=[(_shown(written), why)])


def environment(references: References) -> Mapping[str, str]:
    """The variables that references are looked up in. Raises BadSource for an ``env_file`` that cannot be read."""
    given = os.environ if references.env is None else references.env
    if references.env_file is None:
        return given
    data = _bytes_of(Path(references.env_file))
    if isinstance(data, str):
        raise BadSource(f"{references.env_file}: {data}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadSource(f"{references.env_file}: it is not text in UTF-8") from None
    found: dict[str, str] = {}
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _ASSIGNMENT.fullmatch(line)
        if not match:
            problems.append(f"{references.env_file}, line {number}: this is not NAME=value")
            continue
        value = match[2]
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        else:
            value = re.sub(r"\s+#.*$", "", value)
        found[match[1]] = value
    if problems:
        raise BadSource(*problems)
    return {**found, **given}
