"""Resolves ``${NAME}``, ``${file:PATH}`` and ``${base64file:PATH}``; bounded, and never quoting what it found."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any, Final

from validator.core import lazy
from validator.core.values import Dataclass, field
from validator.sources.surroundings import LARGEST_FILE, NOTHING_READ, References, SourceFolder, Unread, environment

MOST_REFERENCES: Final = 1000
"""In one source file."""
MOST_TEXT: Final = 8 << 20
"""Characters that the references of one source file may come to together."""

_REFERENCE: Final = lazy.compile(r"\$\$\{|\$\{([^{}]*+)\}|\$\{\{[^{}]*+\}\}")
_NAME: Final = lazy.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Resolved(Dataclass, frozen=False):
    """What became of one string."""

    text: str
    pieces: list[str] = field(default_factory=list)
    """Every value that a reference gave."""
    problems: list[tuple[str, str]] = field(default_factory=list)
    """The reference as written, and why it was not resolved."""
    outside: list[str] = field(default_factory=list)
    """Paths, as written, of files that lie outside the source's repository."""
    other: Any = None
    """What an expression gave that is no string, such as the object in a JSON file."""


class Resolver:
    """The references of one source file, its folder being where relative paths begin."""

    def __init__(self, references: References, folder: Path, root: Path | None) -> None:
        self.references = references
        self.surroundings = SourceFolder(references, folder, root)
        self.environment = environment(references)
        self._cache: dict[str, Resolved] = {}
        self.count = 0
        self.size = 0

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
        self.count += 1
        if self.count > MOST_REFERENCES or self.size > MOST_TEXT:
            done.problems.append(
                (shown(written), f"the file holds more references than the {MOST_REFERENCES:,} that are resolved")
            )
            return written
        resolved = self._cache.get(written)
        if resolved is None:
            resolved = self._look_up(written, name)
            self._cache[written] = resolved
        done.pieces += resolved.pieces
        done.problems += resolved.problems
        done.outside += resolved.outside
        self.size += len(resolved.text)
        return resolved.text

    def _look_up(self, written: str, name: str | None) -> Resolved:
        if name is None:
            return _unresolved(written, "this is a CI system's own form, filled in only in its workflow files; use ${NAME}")
        for scheme in ("file", "base64file"):
            if name.startswith(scheme + ":"):
                return self._file(written, name[len(scheme) + 1 :], encode=scheme == "base64file")
        if not _NAME.fullmatch(name):
            hint = "defaults and other shell forms are not read; " if re.match(r"[A-Za-z_]\w*[:?+=-]", name) else ""
            return _unresolved(written, f"{hint}a reference is ${{NAME}}, ${{file:PATH}} or ${{base64file:PATH}}")
        if self.references.restricted and name not in (self.references.allow_env or ()):
            return _unresolved(written, self.forbidden())
        value = self.environment.get(name)
        if value is None:
            return _unresolved(written, f"the environment variable {name} is not set")
        if not value:
            return _unresolved(written, f"the environment variable {name} is empty")
        if "\0" in value or re.search("[\ud800-\udfff]", value):
            return _unresolved(written, f"the environment variable {name} holds bytes that are no text")
        if len(value) > LARGEST_FILE:
            return _unresolved(written, f"the environment variable {name} is larger than 1 MiB")
        return Resolved(value, [value])

    def forbidden(self) -> str:
        """Why this run reads no such thing."""
        return NOTHING_READ if self.references.nothing else "this run does not allow it (--allow-env)"

    def _file(self, written: str, path: str, *, encode: bool) -> Resolved:
        try:
            data, outside = self.surroundings.read(path)
        except Unread as unread:
            return _unresolved(written, str(unread))
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
        pieces = [value] if not encode else [value, *texts(data)]
        return Resolved(value, pieces, outside=outside)


def texts(data: bytes) -> list[str]:
    """The bytes as text, if they are text."""
    try:
        return [data.decode()]
    except UnicodeDecodeError:
        return []


def shown(written: str) -> str:
    """A reference as a message shows it: not longer than 120 characters."""
    return written if len(written) <= 120 else written[:100] + "..."


def _unresolved(written: str, why: str) -> Resolved:
    return Resolved(written, problems=[(shown(written), why)])
