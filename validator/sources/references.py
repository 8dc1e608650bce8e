"""Resolves ``${NAME}``, ``${file:PATH}`` and ``${base64file:PATH}``, and what a program or a shell refers to; bounded, and never quoting what it found."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any, Final

from validator.core import lazy
from validator.core.values import Dataclass, field
from validator.sources.expressions import (
    MOST_PARTS,
    Applied,
    Expression,
    Failed,
    FileData,
    Joined,
    Node,
    Setting,
    Unknown,
    Variable,
    apply,
    shown,
    size,
)
from validator.sources.surroundings import LARGEST_FILE, NOTHING_READ, References, SourceFolder, Unread, environment

MOST_REFERENCES: Final = 1000
"""In one source file."""
MOST_TEXT: Final = 8 << 20
"""Characters that the references of one source file may come to together."""

_REFERENCE: Final = lazy.compile(r"\$\$\{|\$\{([^{}]*+)\}|\$\{\{[^{}]*+\}\}")
_NAME: Final = lazy.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BAD_TEXT: Final = lazy.compile("[\0\ud800-\udfff]")


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


class _Unresolvable(Exception):
    """A part of an expression that cannot be worked out."""

    def __init__(self, written: str, why: str) -> None:
        super().__init__(why)
        self.written = written
        self.why = why


class Resolver:
    """The references of one source file, its folder being where relative paths begin."""

    def __init__(self, references: References, folder: Path, root: Path | None) -> None:
        self._references = references
        self._surroundings = SourceFolder(references, folder, root)
        self._env = environment(references)
        self._cache: dict[str, Resolved] = {}
        self._count = 0
        self._size = 0

    def resolve(self, text: str) -> Resolved:
        """The text with its references replaced. What they give is not searched for references again: there are no loops."""
        if isinstance(text, Expression):
            return self._expression(text)
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
        resolved = self._cache.get(written)
        if resolved is None:
            resolved = self._look_up(written, name)
            self._cache[written] = resolved
        done.pieces += resolved.pieces
        done.problems += resolved.problems
        done.outside += resolved.outside
        self._size += len(resolved.text)
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
        if self._references.restricted and name not in (self._references.allow_env or ()):
            return _unresolved(written, self._forbidden())
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

    def _forbidden(self) -> str:
        return NOTHING_READ if self._references.nothing else "this run does not allow it (--allow-env)"

    def _file(self, written: str, path: str, *, encode: bool) -> Resolved:
        try:
            data, outside = self._surroundings.read(path)
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
        pieces = [value] if not encode else [value, *_texts(data)]
        return Resolved(value, pieces, outside=outside)

    # ---- what a program or a shell works out ---------------------------------------------------------------------------

    def _expression(self, written: Expression) -> Resolved:
        done = Resolved(str(written))
        try:
            if size(written.node) > MOST_PARTS:
                raise _Unresolvable("an expression", "it is too long to be followed")
            value = self._value(written.node, done)
            if isinstance(value, bytes):
                raise _Unresolvable(_shown(str(written)), "it is bytes; .decode() makes a string of them")
            if isinstance(value, str) and _BAD_TEXT.search(value):
                raise _Unresolvable(_shown(str(written)), "it holds bytes that are no text")
            if value == "":
                raise _Unresolvable(_shown(str(written)), "it is empty")
        except _Unresolvable as stuck:
            done.problems.append((stuck.written, stuck.why))
            return done
        if isinstance(value, str):
            done.text = value
            if done.pieces:
                done.pieces.append(value)
        else:
            done.other = value
        return done

    def _value(self, node: Node, done: Resolved) -> Any:
        if isinstance(node, str | bytes):
            return node
        self._count += 1
        if self._count > MOST_REFERENCES or self._size > MOST_TEXT:
            raise _Unresolvable(
                _shown(shown(node)), f"the file holds more references than the {MOST_REFERENCES:,} that are resolved"
            )
        if isinstance(node, Unknown):
            raise _Unresolvable(_shown(node.label), node.why)
        if isinstance(node, Joined):
            parts = [self._value(each, done) for each in node.parts]
            if not all(isinstance(each, str) for each in parts) or sum(map(len, parts)) > LARGEST_FILE:
                raise _Unresolvable(_shown(shown(node)), "its parts are not all text, or too long")
            return "".join(parts)
        if isinstance(node, Applied):
            value = self._value(node.of, done)
            try:
                value = apply(node.operation, value, node.arguments)
            except Failed as failed:
                raise _Unresolvable(_shown(shown(node)), str(failed)) from None
            self._found(value, done)
            return value
        value = self._file_data(node, done) if isinstance(node, FileData) else self._named(node, done)
        self._found(value, done)
        return value

    def _found(self, value: Any, done: Resolved) -> None:
        """Everything on the way is as secret as the result."""
        if isinstance(value, bytes):
            done.pieces += _texts(value)
        elif isinstance(value, str):
            done.pieces.append(value)
        if isinstance(value, str | bytes):
            self._size += len(value)

    def _file_data(self, node: FileData, done: Resolved) -> bytes:
        try:
            data, outside = self._surroundings.read(node.path)
        except Unread as unread:
            raise _Unresolvable(_shown(shown(node)), str(unread)) from None
        done.outside += outside
        return data

    def _named(self, node: Variable | Setting, done: Resolved) -> Any:
        value: str | None
        if isinstance(node, Setting):
            written = node.name
            value, what = (
                self._set_in(node.file, node.name, done, must=True, expanded=node.expanded),
                f"{node.name} in {node.file or '.env'}",
            )
        else:
            written = _shown(shown(node))
            if self._references.restricted and node.name not in (self._references.allow_env or ()):
                raise _Unresolvable(written, self._forbidden())
            value, what = self._env.get(node.name), f"the environment variable {node.name}"
            if value is None and node.file is not None:
                value = self._set_in(node.file, node.name, done, must=False)
        if value is None or (value == "" and isinstance(node, Variable) and node.empty_too):
            if node.default is None:
                raise _Unresolvable(written, f"{what} is not set")
            value = self._value(node.default, done)
            if value == "":
                raise _Unresolvable(written, f"{what} is not set, and its default is empty")
            return value
        if value == "":
            raise _Unresolvable(written, f"{what} is empty")
        return value

    def _set_in(self, file: str, name: str, done: Resolved, *, must: bool, expanded: bool = False) -> str | None:
        try:
            value, outside = self._surroundings.setting(file, name, must=must, expanded=expanded)
        except Unread as unread:
            raise _Unresolvable(_shown(name), str(unread)) from None
        done.outside += outside
        return value


def _texts(data: bytes) -> list[str]:
    try:
        return [data.decode()]
    except UnicodeDecodeError:
        return []


def _shown(written: str) -> str:
    return written if len(written) <= 120 else written[:100] + "..."


def _unresolved(written: str, why: str) -> Resolved:
    return Resolved(written, problems=[(_shown(written), why)])
