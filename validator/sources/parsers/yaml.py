"""Reads YAML without tags."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, Final

from validator.sources.document import (
    DEEPEST,
    LONGEST_NUMBER,
    MOST_NODES,
    Document,
    ParseError,
    Span,
    escape,
    line_starts,
    shown_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANKS: Final = " \t\xa0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u202f\u205f\u3000\ufeff"

_STRANGE: Final = "a no-break space, or another that is none of YAML's, stands before the text, as pages have it; YAML indents with plain spaces"


def read_yaml(text: str) -> Document:
    """A YAML text of one document, without tags. Raises :class:`ParseError`."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        built = _Builder(iter(yaml.parse(text, Loader=loader)))
        value = built.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = re.sub(r"'[^']*'|\"[^\"]*\"", "...", error.problem or "it cannot be read")
        if mark and "\t" in _before(text, mark.line, mark.column + 1):
            problem = "a tab stands before the text; YAML indents with spaces alone"
        at = mark.line + 1 if mark else None
        line = _strange_blank(text)
        if line and at and at - 1 <= line <= at:
            at, problem = line, _STRANGE
        raise ParseError((at, f"it is not YAML: {problem}")) from None
    except yaml.YAMLError:
        raise ParseError((None, "it is not YAML: it holds a character that YAML does not allow")) from None
    if isinstance(value, dict) and any(str(key).startswith(tuple(_BLANKS[2:])) for key in value):
        raise ParseError((_strange_blank(text), f"it is not YAML: {_STRANGE}"))
    return Document(value, "yaml", text, built.spans, (), line_starts(text), doubtful=tuple(built.twice))


def _strange_blank(text: str) -> int | None:
    """The first line, from 1, that is indented with another blank than YAML's."""
    for number, row in enumerate(text.split("\n"), 1):
        bare = row.lstrip(_BLANKS)
        if bare and row[: len(row) - len(bare)].strip(" \t"):
            return number
    return None


def _before(text: str, line: int, column: int) -> str:
    """What a line is indented with, up to this column."""
    starts = line_starts(text)
    row = text[starts[line] :][:column] if line < len(starts) else ""
    return row[: len(row) - len(row.lstrip())] if row.strip() else row


class _Builder:
    """Values and places out of YAML's events. Aliases are counted as often as they are used."""

    def __init__(self, events: Iterator[Any]) -> None:
        import yaml

        self.events = events
        self.yaml: Any = yaml  # the marks of events that come from a text are never None, whatever the stubs say
        self.resolver = self.yaml.resolver.Resolver()
        self.constructor = self.yaml.constructor.SafeConstructor()
        self.spans: dict[str, Span] = {}
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.twice: list[tuple[str, int | None, str]] = []
        self.nodes = 0

    def document(self) -> Any:
        values: list[Any] = []
        for event in self.events:
            if not isinstance(event, self.yaml.DocumentStartEvent):
                continue
            self.anchors = {}
            value = self.node(next(self.events), f"/{len(values)}", min(len(values), 1))
            if value is not None:
                values.append(value)
        if len(values) > 1:  # several documents are a list
            return values
        self.spans = {pointer.removeprefix("/0"): span for pointer, span in self.spans.items() if pointer.startswith("/0")}
        self.twice = [(pointer.removeprefix("/0"), line, what) for pointer, line, what in self.twice]
        return values[0] if values else None

    def node(self, event: Any, pointer: str, depth: int, key: tuple[int, int] = (-1, -1)) -> Any:
        line = event.start_mark.line + 1
        if depth > DEEPEST:
            raise ParseError((line, f"it is nested deeper than {DEEPEST} levels"))
        self.count(1)
        if isinstance(event, self.yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise ParseError((line, "an alias (*) has no anchor (&) before it"))
            value: Any
            value, size = self.anchors[event.anchor]
            self.count(size)
            self.spans[pointer] = Span(event.start_mark.index, event.start_mark.index, *key)
            return value
        if event.tag is not None:
            raise ParseError((line, "YAML tags (!...) are not read here; write the value itself"))
        before = self.nodes
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, self.yaml.ScalarEvent):
            value = self.scalar(event, line)
        elif isinstance(event, self.yaml.SequenceStartEvent):
            value = []
            while not isinstance(inner := next(self.events), self.yaml.SequenceEndEvent):
                value.append(self.node(inner, f"{pointer}/{len(value)}", depth + 1))
            end = inner.end_mark.index
        else:
            value, end = self.mapping(pointer, depth)
        if event.anchor:
            self.anchors[event.anchor] = (value, self.nodes - before)
        self.spans[pointer] = Span(start, end, *key)
        return value

    def mapping(self, pointer: str, depth: int) -> tuple[dict[str, Any], int]:
        members: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self.events), self.yaml.MappingEndEvent):
            line = event.start_mark.line + 1
            if not isinstance(event, self.yaml.ScalarEvent) or event.tag is not None:
                raise ParseError((line, "a key is not a plain word"))
            name = event.value
            key = (event.start_mark.index, event.end_mark.index)
            value = self.node(next(self.events), f"{pointer}/{escape(name)}", depth + 1, key)
            if name == "<<" and event.implicit[0]:
                for each in value if isinstance(value, list) else [value]:
                    if not isinstance(each, dict):
                        raise ParseError((line, "<< merges something that is not a mapping"))
                    self.count(len(each))
                    merged = {**each, **merged}
                continue
            if name in members:
                self.twice.append((pointer, line, f"the key {shown_key(name)} is there twice, first in line {lines[name]}"))
            members[name] = value
            lines.setdefault(name, line)
        return {**merged, **members}, event.end_mark.index

    def scalar(self, event: Any, line: int) -> Any:
        tag = self.resolver.resolve(self.yaml.ScalarNode, event.value, event.implicit)
        kind = tag.rpartition(":")[2]
        if kind in ("int", "float") and len(event.value) > LONGEST_NUMBER:
            raise ParseError((line, f"a number has more than {LONGEST_NUMBER} digits"))
        if kind in ("int", "float", "bool"):
            with contextlib.suppress(ValueError, KeyError, OverflowError):
                return getattr(self.constructor, f"construct_yaml_{kind}")(self.yaml.ScalarNode(tag, event.value))
        return None if kind == "null" else event.value

    def count(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            raise ParseError((None, f"it holds more than {MOST_NODES:,} values, aliases counted as often as they are used"))
