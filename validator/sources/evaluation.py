"""Works out what a program or a shell refers to, under the same rules as any other reference: bounded, and never quoting what it found."""

from __future__ import annotations

from typing import Any, Final

from validator.core import lazy
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
from validator.sources.references import MOST_REFERENCES, MOST_TEXT, Resolved, Resolver, texts
from validator.sources.references import shown as short
from validator.sources.surroundings import LARGEST_FILE, Unread

_BAD_TEXT: Final = lazy.compile("[\0\ud800-\udfff]")


class _Unresolvable(Exception):
    """A part of an expression that cannot be worked out."""

    def __init__(self, written: str, why: str) -> None:
        super().__init__(why)
        self.written = written
        self.why = why


class ExpressionResolver(Resolver):
    """Resolves expressions as well: of a source in which there may be some."""

    def resolve(self, text: str) -> Resolved:
        """As :meth:`Resolver.resolve`."""
        return self._worked_out(text) if isinstance(text, Expression) else super().resolve(text)

    def _worked_out(self, written: Expression) -> Resolved:
        done = Resolved(str(written))
        try:
            if size(written.node) > MOST_PARTS:
                raise _Unresolvable("an expression", "it is too long to be followed")
            value = self._value(written.node, done)
            if isinstance(value, bytes):
                raise _Unresolvable(short(str(written)), "it is bytes; .decode() makes a string of them")
            if isinstance(value, str) and _BAD_TEXT.search(value):
                raise _Unresolvable(short(str(written)), "it holds bytes that are no text")
            if value == "":
                raise _Unresolvable(short(str(written)), "it is empty")
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
        self.count += 1
        if self.count > MOST_REFERENCES or self.size > MOST_TEXT:
            raise _Unresolvable(
                short(shown(node)), f"the file holds more references than the {MOST_REFERENCES:,} that are resolved"
            )
        if isinstance(node, Unknown):
            raise _Unresolvable(short(node.label), node.why)
        if isinstance(node, Joined):
            parts = [self._value(each, done) for each in node.parts]
            if not all(isinstance(each, str) for each in parts) or sum(map(len, parts)) > LARGEST_FILE:
                raise _Unresolvable(short(shown(node)), "its parts are not all text, or too long")
            return "".join(parts)
        if isinstance(node, Applied):
            value = self._value(node.of, done)
            try:
                value = apply(node.operation, value, node.arguments)
            except Failed as failed:
                raise _Unresolvable(short(shown(node)), str(failed)) from None
            self._found(value, done)
            return value
        value = self._file_data(node, done) if isinstance(node, FileData) else self._named(node, done)
        self._found(value, done)
        return value

    def _found(self, value: Any, done: Resolved) -> None:
        """Everything on the way is as secret as the result."""
        if isinstance(value, bytes):
            done.pieces += texts(value)
        elif isinstance(value, str):
            done.pieces.append(value)
        if isinstance(value, str | bytes):
            self.size += len(value)

    def _file_data(self, node: FileData, done: Resolved) -> bytes:
        try:
            data, outside = self.surroundings.read(node.path)
        except Unread as unread:
            raise _Unresolvable(short(shown(node)), str(unread)) from None
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
            written = short(shown(node))
            if self.references.restricted and node.name not in (self.references.allow_env or ()):
                raise _Unresolvable(written, self.forbidden())
            value, what = self.environment.get(node.name), f"the environment variable {node.name}"
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
            value, outside = self.surroundings.setting(file, name, must=must, expanded=expanded)
        except Unread as unread:
            raise _Unresolvable(short(name), str(unread)) from None
        done.outside += outside
        return value
