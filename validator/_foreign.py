"""Reads what is not JSON: YAML without tags, TOML, and the Python that people paste from notebooks."""

from __future__ import annotations

import json
import re
from datetime import date, time
from typing import TYPE_CHECKING, Any, Final

from validator import _toml
from validator._documents import (
    DEEPEST,
    LONGEST_NUMBER,
    MOST_NODES,
    Broken,
    Document,
    Repair,
    Span,
    escape,
    line_starts,
    shown_key,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator, Mapping

# ---- YAML --------------------------------------------------------------------------------------------------------------


def read_yaml(text: str) -> Document:
    """A YAML text of one document, without tags. Raises :class:`Broken`."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        built = _Builder(iter(yaml.parse(text, Loader=loader)))
        value = built.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = re.sub(r"'[^']*'|\"[^\"]*\"", "...", error.problem or "it cannot be read")
        raise Broken((mark.line + 1 if mark else None, f"it is not YAML: {said}")) from None
    except yaml.YAMLError:
        raise Broken((None, "it is not YAML: it holds a character that YAML does not allow")) from None
    if built.twice:
        raise Broken(*built.twice)
    return Document(value, "yaml", text, built.spans, (), line_starts(text))


def _yaml() -> Any:
    # Typed as anything: the marks of events that come from a text are never None, whatever the stubs say.
    import yaml

    return yaml


class _Builder:
    """Values and places out of YAML's events. Aliases are counted as often as they are used."""

    def __init__(self, events: Iterator[Any]) -> None:
        from yaml.constructor import SafeConstructor
        from yaml.resolver import Resolver

        self.events = events
        self.resolver: Any = Resolver()
        self.constructor = SafeConstructor()
        self.spans: dict[str, Span] = {}
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.twice: list[tuple[int | None, str]] = []
        self.nodes = 0

    def document(self) -> Any:
        yaml = _yaml()

        value: Any = None
        event: Any
        seen = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                seen += 1
                if seen > 1:
                    raise Broken((event.start_mark.line + 1, "it holds more than one YAML document; make them one list"))
                value = self.node(next(self.events), "", 0)
        return value

    def node(self, event: Any, pointer: str, depth: int, key: tuple[int, int] = (-1, -1)) -> Any:
        yaml = _yaml()

        line = event.start_mark.line + 1
        if depth > DEEPEST:
            raise Broken((line, f"it is nested deeper than {DEEPEST} levels"))
        self.count(1)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise Broken((line, "an alias (*) has no anchor (&) before it"))
            value: Any
            value, size = self.anchors[event.anchor]
            self.count(size)
            self.spans[pointer] = Span(event.start_mark.index, event.start_mark.index, *key)
            return value
        if event.tag is not None:
            raise Broken((line, "YAML tags (!...) are not read here; write the value itself"))
        before = self.nodes
        inner: Any
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, yaml.ScalarEvent):
            value = self.scalar(event, line)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = []
            while not isinstance(inner := next(self.events), yaml.SequenceEndEvent):
                value.append(self.node(inner, f"{pointer}/{len(value)}", depth + 1))
            end = inner.end_mark.index
        else:
            value, end = self.mapping(pointer, depth)
        if event.anchor:
            self.anchors[event.anchor] = (value, self.nodes - before)
        self.spans[pointer] = Span(start, end, *key)
        return value

    def mapping(self, pointer: str, depth: int) -> tuple[dict[str, Any], int]:
        yaml = _yaml()

        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        event: Any
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            line = event.start_mark.line + 1
            if not isinstance(event, yaml.ScalarEvent) or event.tag is not None:
                raise Broken((line, "a key is not a plain word"))
            name = event.value
            key = (event.start_mark.index, event.end_mark.index)
            value = self.node(next(self.events), f"{pointer}/{escape(name)}", depth + 1, key)
            if name == "<<" and event.implicit[0]:
                for each in value if isinstance(value, list) else [value]:
                    if not isinstance(each, dict):
                        raise Broken((line, "<< merges something that is not a mapping"))
                    self.count(len(each))
                    merged = {**each, **merged}
                continue
            if name in found:
                self.twice.append((line, f"{shown_key(name)} is there twice"))
            found[name] = value
        return {**merged, **found}, event.end_mark.index

    def scalar(self, event: Any, line: int) -> Any:
        from yaml.nodes import ScalarNode

        tag = self.resolver.resolve(ScalarNode, event.value, event.implicit)
        kind = tag.rpartition(":")[2]
        node = ScalarNode(tag, event.value)
        if kind in ("int", "float") and len(event.value) > LONGEST_NUMBER:
            raise Broken((line, f"a number has more than {LONGEST_NUMBER} digits"))
        try:
            if kind == "int":
                return self.constructor.construct_yaml_int(node)
            if kind == "float":
                return self.constructor.construct_yaml_float(node)
            if kind == "bool":
                return self.constructor.construct_yaml_bool(node)
        except (ValueError, KeyError, OverflowError):
            return event.value
        return None if kind == "null" else event.value

    def count(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            raise Broken((None, f"it holds more than {MOST_NODES:,} values, aliases counted as often as they are used"))


# ---- TOML --------------------------------------------------------------------------------------------------------------

_TABLE = re.compile(r"[ \t]*(\[\[?)[ \t]*(.+?)[ \t]*\]\]?[ \t]*(?:#.*)?$")
_KEY_PART = re.compile(r"""[ \t]*(?:([\w-]++)|"([^"\n\\]*+)"|'([^'\n]*+)')[ \t]*""")


def read_toml(text: str) -> Document:
    """A TOML text. Raises :class:`Broken`."""
    try:
        value = _toml.loads(text)
    except _toml.BadToml as error:
        raise Broken((error.line, f"it is not TOML: {error}")) from None
    return Document(_without_dates(value, 0), "toml", text, _toml_places(text), (), line_starts(text))


def _without_dates(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise Broken((None, f"it is nested deeper than {DEEPEST} levels"))
    if isinstance(value, dict):
        return {key: _without_dates(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_dates(item, depth + 1) for item in value]
    if isinstance(value, date | time):
        return value.isoformat()
    return value


def _toml_places(text: str) -> Mapping[str, Span]:
    """Where keys stand. TOML's parsers tell no places, so the lines are looked at; what is nested in a line has its line."""
    spans: dict[str, Span] = {"": Span(0, 0)}
    table = ""
    counts: dict[str, int] = {}
    offset = 0
    closing = ""
    for line in text.splitlines(keepends=True):
        start, offset = offset, offset + len(line)
        if closing:
            closing = "" if closing in line else closing
            continue
        bare = line.rstrip("\r\n")
        if (match := _TABLE.match(bare)) and "=" not in match[2]:
            table = _table_pointer(match[2], counts, array=match[1] == "[[")
            spans.setdefault(table, Span(start, start))
            continue
        parts, after = _key_parts(bare)
        if parts and bare[after : after + 1] == "=":
            pointer = table + "".join("/" + escape(part) for part in parts)
            value = bare[after + 1 :].lstrip()
            at = start + len(bare) - len(value)
            spans[pointer] = Span(at, at, start, start + after)
            for quotes in ('"""', "'''"):
                if value.startswith(quotes) and quotes not in value[3:]:
                    closing = quotes
    return spans


def _table_pointer(name: str, counts: dict[str, int], *, array: bool) -> str:
    pointer = ""
    parts, _ = _key_parts(name)
    for index, part in enumerate(parts):
        pointer += "/" + escape(part)
        if array and index == len(parts) - 1:
            counts[pointer] = counts.get(pointer, -1) + 1
        if pointer in counts:
            pointer += f"/{counts[pointer]}"
    return pointer


def _key_parts(text: str) -> tuple[list[str], int]:
    parts: list[str] = []
    at = 0
    while match := _KEY_PART.match(text, at):
        parts.append(next(each for each in match.groups() if each is not None))
        at = match.end()
        if text[at : at + 1] != ".":
            break
        at += 1
    return parts, at


# ---- Python ------------------------------------------------------------------------------------------------------------

_LONGEST_PYTHON: Final = 65_536
"""Characters. A notebook's cell is shorter."""


def read_python(text: str) -> Document | None:
    """The dictionaries of a piece of Python, or None if it is none. Nothing of it is run.

    Names that are given a constant in the same text are followed; ``os.environ["X"]`` becomes the reference ``${X}``; any other
    expression becomes ``${python:...}``, which no reference resolves.
    """
    import ast
    import warnings

    if len(text) > _LONGEST_PYTHON or len(re.findall(r"[(\[{]", text)) > 2000:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    names, found = _dictionaries(tree)
    if not found:
        return None
    reader = _Python(text, names)
    try:
        if len(found) == 1:
            value_ = reader.value(found[0], "", 0)
        else:
            value_ = [reader.value(node, f"/{index}", 1) for index, node in enumerate(found)]
    except (Broken, RecursionError):
        return None
    if reader.twice:
        raise Broken(*reader.twice)
    try:
        rewritten = json.dumps(value_, indent=2, ensure_ascii=False) + "\n"
    except ValueError:
        return None
    repairs = (Repair(0, len(text), rewritten if reader.whole else "", "it is Python, not JSON"),)
    return Document(value_, "python", text, reader.spans, repairs, reader.lines)


def _dictionaries(tree: ast.Module) -> tuple[dict[str, ast.expr], list[ast.expr]]:
    """What names stand for, and the dictionaries and lists that no other one is made of."""
    import ast

    names: dict[str, ast.expr] = {}
    found: list[ast.expr] = []
    for statement in tree.body:
        value: ast.expr | None = None
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, value = statement.targets[0], statement.value
            if isinstance(target, ast.Name):
                names[target.id] = value
        elif isinstance(statement, ast.Expr):
            value = statement.value
        if isinstance(value, ast.Dict | ast.List):
            found.append(value)
    used = {each.id for node in found for each in ast.walk(node) if isinstance(each, ast.Name)}
    return names, [node for node in found if not any(names.get(name) is node for name in used)]


class _Python:
    """Constants out of a syntax tree."""

    def __init__(self, text: str, names: Mapping[str, ast.expr]) -> None:
        self.names = names
        self.lines = line_starts(text)
        self.text_lines = text.split("\n")
        self.spans: dict[str, Span] = {}
        self.twice: list[tuple[int | None, str]] = []
        self.whole = True
        """Every value is known: the text can be written anew as JSON."""
        self.nodes = 0

    def offset(self, line: int, column: int) -> int:
        """Python counts columns in bytes."""
        before = self.text_lines[line - 1].encode()[:column]
        return self.lines[line - 1] + len(before.decode("utf-8", "replace"))

    def value(self, node: ast.expr, pointer: str, depth: int) -> Any:
        import ast

        self.nodes += 1
        if depth > DEEPEST or self.nodes > MOST_NODES:
            raise Broken((node.lineno, f"it is nested deeper than {DEEPEST} levels"))
        start = self.offset(node.lineno, node.col_offset)
        self.spans.setdefault(pointer, Span(start, start))
        if isinstance(node, ast.Constant):
            if isinstance(node.value, bool | int | float | str | None):
                return node.value
            raise Broken((node.lineno, "it holds bytes or a complex number"))
        if isinstance(node, ast.Dict):
            return self.mapping(node, pointer, depth)
        if isinstance(node, ast.List | ast.Tuple):
            return [self.value(item, f"{pointer}/{index}", depth + 1) for index, item in enumerate(node.elts)]
        if isinstance(node, ast.Name) and node.id in self.names:
            return self.value(self.names[node.id], pointer, depth + 1)
        variable = _environment(node)
        if variable is not None:
            return f"${{{variable}}}"
        self.whole = False
        return f"${{python:{node.id if isinstance(node, ast.Name) else 'expression'}}}"

    def mapping(self, node: ast.Dict, pointer: str, depth: int) -> dict[str, Any]:
        import ast

        found: dict[str, Any] = {}
        for key, item in zip(node.keys, node.values, strict=True):
            if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                raise Broken((node.lineno, "a key is not a string"))
            if key.value in found:
                self.twice.append((key.lineno, f"{shown_key(key.value)} is there twice"))
            found[key.value] = self.value(item, f"{pointer}/{escape(key.value)}", depth + 1)
        return found


def _environment(node: ast.expr) -> str | None:
    """X of ``os.environ["X"]``, ``os.environ.get("X")`` and ``os.getenv("X")``."""
    import ast

    if isinstance(node, ast.Subscript) and ast.unparse(node.value) in ("os.environ", "environ"):
        name: ast.expr = node.slice
    elif isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        if ast.unparse(node.func) not in ("os.environ.get", "os.getenv", "getenv", "environ.get"):
            return None
        name = node.args[0]
    else:
        return None
    if isinstance(name, ast.Constant) and isinstance(name.value, str) and re.fullmatch(r"[A-Za-z_]\w*", name.value):
        return name.value
    return None
