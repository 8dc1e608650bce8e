"""Changes one value in a JSON, YAML or TOML text and leaves every other character, comments and layout, as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from validator.sources.document import Document, ParseError, Span, unescape
from validator.sources.forms import read
from validator.sources.parsers.json import wrapped


class CannotEdit(Exception):
    """A change that cannot be made in this text; the message says why."""


def changed(document: Document, op: str, pointer: str, value: Any) -> Document:
    """The document with one RFC 6902 operation carried out in its text. ``move`` renames a key beside its siblings.

    The new text is read again and must say exactly what the operation asks for. Raises :class:`CannotEdit`.
    """
    wanted = _wanted(document.value, op, pointer, value)
    if document.form == "wrapped":
        return _wrapped(document, op, pointer, value, wanted)
    for text in _texts(document, op, pointer, value):
        if text is None:
            continue
        try:
            done = read(text, document.form)
        except ParseError:
            continue
        if len(done.repairs) <= len(document.repairs) and same(done.value, wanted):
            return done
    raise CannotEdit("this place cannot be changed without touching what stands around it")


def _wrapped(document: Document, op: str, pointer: str, value: Any, wanted: Any) -> Document:
    """A change within a string that holds JSON: every character around what changes stays as it is written."""
    match = wrapped(document.text)
    if match is not None:
        inner, places = match
        done = changed(read(inner, "json"), op, pointer, value)
        start, end = _kept(inner, done.text)
        new = json.dumps(done.text[start : len(done.text) - end], ensure_ascii=False)[1:-1]
        whole = read(document.text[: places[start]] + new + document.text[places[len(inner) - end] :], "json")
        if whole.form == "wrapped" and same(whole.value, wanted):
            return whole
    raise CannotEdit("this place cannot be changed without touching what stands around it")


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same kinds: true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(item, other[key]) for key, item in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def at(value: Any, pointer: str) -> Any:
    """The value at a pointer. Raises :class:`CannotEdit`."""
    for part in pointer.split("/")[1:]:
        if isinstance(value, dict) and unescape(part) in value:
            value = value[unescape(part)]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise CannotEdit("there is nothing at this place in the file")
    return value


def _unshared(value: Any) -> Any:
    """A copy in which an alias is a value of its own: changing one must not seem to change the other."""
    if isinstance(value, dict):
        return {key: _unshared(item) for key, item in value.items()}
    return [_unshared(item) for item in value] if isinstance(value, list) else value


def _wanted(value: Any, op: str, pointer: str, new: Any) -> Any:
    value = _unshared(value)
    parent_pointer, _, last = pointer.rpartition("/")
    parent, key = at(value, parent_pointer), unescape(last)
    if not pointer or not isinstance(parent, dict):
        raise CannotEdit("only members of objects are changed")
    if op in ("replace", "remove"):
        at(value, pointer)
    if op == "remove":
        del parent[key]
    elif op == "move":
        before, _, old = str(new).rpartition("/")
        if before != parent_pointer or key in parent:
            raise CannotEdit("only a rename in its own place is made")
        at(value, str(new))
        parent[key] = parent.pop(unescape(old))
    else:
        parent[key] = new
    return value


def _texts(document: Document, op: str, pointer: str, value: Any) -> Iterator[str | None]:
    """New texts to try, the best first."""
    text, spans, form = document.text, document.spans, document.form
    parent, _, name = pointer.rpartition("/")
    key = unescape(name)
    if op == "add" and pointer in spans:
        op = "replace"
    span = spans.get(str(value) if op == "move" else pointer)
    if form == "toml" and span is not None:
        span = _whole(text, span)
    if op == "add" and form != "toml":
        yield from _added(document, parent, key, value)
    elif op == "replace" and span is not None:
        for written in _written(form, text[span.start : span.end], value):
            yield _put(text, span.start, span.end, written)
    elif op == "remove" and span is not None and span.key_start >= 0:
        yield _without_line(text, span)
        yield _without_member(text, span)
    elif op == "move" and span is not None and span.key_start >= 0:
        old = text[span.key_start : span.key_end]
        start = span.key_start + (old.rfind(".") + 1 if form == "toml" else 0)
        bare = form == "toml" and re.fullmatch(r"[\w-]+", key)
        for written in [key] if bare else _written(form, old, key):
            yield _put(text, start, span.key_end, written)
    if form == "toml" and op != "move":
        yield _by_tomlkit(text, op, pointer, value)


def _added(document: Document, parent: str, key: str, value: Any) -> Iterator[str]:
    text = document.text
    inside = [
        span for each, span in document.spans.items() if each and each.rpartition("/")[0] == parent and span.key_start >= 0
    ]
    last = max(inside, key=lambda span: span.key_start, default=None)
    start = document.spans[parent].start
    written = f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
    if last is None:
        yield _put(text, start + 1, start + 1, written)
    elif document.form == "yaml" and not text.startswith("{", start):
        column = last.key_start - (text.rfind("\n", 0, last.key_start) + 1)
        end = last.start + len(text[last.start : last.end].rstrip())
        line_end = text.find("\n", end)
        end = len(text) if line_end < 0 else line_end - (text[line_end - 1] == "\r")
        for shown in _written("yaml", "", value):
            yield _put(text, end, end, f"{line_end_of(text)}{' ' * column}{key}: {shown}")
    else:
        before = text[: last.key_start].rstrip(" \t")
        lead = text[len(before.removesuffix("\n").removesuffix("\r")) : last.key_start] if before.endswith("\n") else " "
        yield _put(text, last.end, last.end, f",{lead}{written}")


def _put(text: str, start: int, end: int, new: str) -> str:
    tail = text[start:end][len(text[start:end].rstrip()) :]
    return text[:start] + new + tail + text[end:]


def _written(form: str, old: str, value: Any) -> Iterator[str]:
    """How a value can be written, in the style of the old one first."""
    quoted = json.dumps(value, ensure_ascii=False)
    if form == "yaml" and isinstance(value, str):
        if old.startswith("'"):
            yield "'" + value.replace("'", "''") + "'"
        elif not old.startswith('"') and "\n" not in value:
            yield value
    yield quoted


def _without_line(text: str, span: Span) -> str | None:
    """Without the lines of a member that has them for itself."""
    start = text.rfind("\n", 0, span.key_start) + 1
    end = span.start + len(text[span.start : span.end].rstrip())
    rest = re.compile(r"[ \t]*+(?:,[ \t]*+)?(?:#[^\n]*+)?(?:\r?\n|\Z)").match(text, end)
    if text[start : span.key_start].strip() or rest is None:
        return None
    return text[:start] + text[rest.end() :]


def _without_member(text: str, span: Span) -> str:
    """Without a member and the one comma that parts it from the others."""
    end = span.start + len(text[span.start : span.end].rstrip())
    after = re.compile(r"\s*+,\s*+").match(text, end)
    if after:
        return text[: span.key_start] + text[after.end() :]
    return text[: span.key_start].rstrip().removesuffix(",") + text[end:]


_TOML_VALUE: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*+"|\'[^\'\n]*+\'|[\w.:+-]++', re.DOTALL
)


def _whole(text: str, span: Span) -> Span | None:
    """The place of a member of TOML with its value's end, which the line does not tell; None where the value is none of these."""
    match = _TOML_VALUE.match(text, span.start) if span.key_start >= 0 else None
    return Span(match.start(), match.end(), span.key_start, span.key_end) if match is not None else None


def _by_tomlkit(text: str, op: str, pointer: str, value: Any) -> str | None:
    """For what cannot be changed in the text itself, as long as that touches one place alone."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        whole = tomlkit.parse(text)
        parent: Any = whole
        parts = [unescape(part) for part in pointer.split("/")[1:]]
        for part in parts[:-1]:
            parent = parent[int(part)] if isinstance(parent, list) else parent[part]
        if op == "remove":
            del parent[parts[-1]]
        else:
            parent[parts[-1]] = value
        new = tomlkit.dumps(whole)
    except (TOMLKitError, KeyError, IndexError, ValueError, TypeError):
        return None
    start, end = _kept(text, new)
    inside = text[start : len(text) - end]
    if inside.strip() and "\n" in inside.strip():
        return None  # it wrote anew what it was not asked to
    added = new[start : len(new) - end]
    return new[:start] + re.sub(r"\r?\n", line_end_of(text), added) + new[len(new) - end :]


def _kept(old: str, new: str) -> tuple[int, int]:
    """How many characters the two have in common at their beginnings, and at their ends beside that."""
    shorter = min(len(old), len(new))
    start = next((index for index in range(shorter) if old[index] != new[index]), shorter)
    end = next((index for index in range(shorter - start) if old[-1 - index] != new[-1 - index]), shorter - start)
    return start, end


def line_end_of(text: str) -> str:
    """How the lines of a text end, by its first."""
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def beside(document: Document, pointer: str, old: Any, new: Any) -> tuple[int, int, str] | None:
    """For a text that is only shown: where the old value stands as it is, and what would stand there."""
    span, place = document.spans.get(pointer), document.place(pointer)
    line = document.lines[place.line - 1] if place and place.line and place.line <= len(document.lines) else None
    start = span.start if span is not None else line
    if start is None or not isinstance(old, str) or not isinstance(new, str) or not old:
        return None
    end = document.text.find("\n", start)
    at = document.text.find(old, start, end if end >= 0 else len(document.text))
    plain = re.fullmatch(r"[\w.:/+=@%-]*+", new, re.ASCII)
    return (at, at + len(old), new) if at >= 0 and plain else None
