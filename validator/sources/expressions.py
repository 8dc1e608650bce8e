"""What a program or a shell would work a value out from: variables, files, and a few plain operations. Nothing is read here.

A value of this kind stands in a document as an :class:`Expression`, a string that shows how it is written as a reference;
:class:`validator.sources.references.Resolver` works it out, under the same rules as any other reference.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Self, TypeAlias

from validator.core.values import Dataclass

LARGEST: Final = 1 << 20
"""Characters or bytes of one result."""
MOST_PARTS: Final = 200
"""Operations and parts of one expression."""
EARLIER: Final = "it is not set in this text before this line"
"""Why a name stands for nothing, where another place may give it."""


class Variable(Dataclass):
    """An environment variable."""

    name: str
    default: Node | None = None
    """What stands for it when it is not set; None: it must be set."""
    empty_too: bool = False
    """The default also stands for an empty value."""
    file: str | None = None
    """A file of ``NAME=value`` lines that the program reads first: the environment goes before it. Empty: the nearest ``.env``."""


class Setting(Dataclass):
    """One value of a file of ``NAME=value`` lines."""

    file: str
    """Empty: the nearest ``.env``."""
    name: str
    default: Node | None = None
    expanded: bool = False
    """A shell reads the file: what begins with a dollar in it is replaced."""


class FileData(Dataclass):
    """The bytes of a file."""

    path: str


class Applied(Dataclass):
    """An operation of :data:`OPERATIONS` on another value."""

    operation: str
    of: Node
    arguments: tuple[str, ...] = ()


class Joined(Dataclass):
    """Parts, one after the other."""

    parts: tuple[Node, ...]


class Unknown(Dataclass):
    """A value that only a run of the program would show."""

    label: str
    """What stands there: a name, never a value."""
    why: str


Node: TypeAlias = "str | bytes | Variable | Setting | FileData | Applied | Joined | Unknown"


class Failed(Exception):
    """An operation that does not work on this value. The message never quotes it."""


class Expression(str):
    """A string of a document that is worked out from elsewhere. As text it shows how."""

    node: Node
    __slots__ = ("node",)

    def __new__(cls, node: Node) -> Self:
        """The expression, shown as the reference that says the same, as far as one can."""
        made = super().__new__(cls, shown(node))
        made.node = node
        return made

    def constants(self) -> tuple[str, ...]:
        """The parts that stand in the source itself: they may be pieces of a secret."""
        return tuple(each for each in _leaves(self.node) if isinstance(each, str) and each)


def expressed(node: Node) -> str:
    """The value as a document holds it."""
    return node if isinstance(node, str) else Expression(node)


def shown(node: Node) -> str:
    """The expression as a reference, for people."""
    if isinstance(node, str):
        return node
    if isinstance(node, bytes):
        return "bytes"
    if isinstance(node, Variable | Setting):
        return f"${{{node.name}}}"
    if isinstance(node, FileData):
        return f"${{file:{node.path}}}"
    if isinstance(node, Unknown):
        return f"${{{node.label}}}"
    if isinstance(node, Joined):
        return "".join(map(shown, node.parts))
    operations: list[str] = []
    inner: Node = node
    while isinstance(inner, Applied):
        operations.append(inner.operation)
        inner = inner.of
    if isinstance(inner, FileData) and node.operation in ("decode", "b64encode"):
        return f"${{{'base64file' if 'b64encode' in operations else 'file'}:{inner.path}}}"
    return shown(node.of)


def size(node: Node) -> int:
    """How many operations and parts there are, up to :data:`MOST_PARTS` and one."""
    return len(_walk(node))


def joined(*parts: Node) -> Node:
    """The parts in a row, flat, with constants next to each other made one."""
    flat: list[Node] = []
    for part in parts:
        for each in part.parts if isinstance(part, Joined) else (part,):
            if isinstance(each, str) and flat and isinstance(flat[-1], str):
                flat[-1] += each
            elif each != "":
                flat.append(each)
    if len(flat) > MOST_PARTS or sum(len(each) for each in flat if isinstance(each, str)) > LARGEST:
        return Unknown("an expression", "it is too long to be followed")
    return flat[0] if len(flat) == 1 else Joined(tuple(flat)) if flat else ""


def files_of(node: Node) -> set[str]:
    """The files that a value is read from."""
    return {each.path for each in _leaves(node) if isinstance(each, FileData)}


def _walk(node: Node) -> list[Node]:
    nodes: list[Node] = []
    waiting: list[Node] = [node]
    while waiting and len(nodes) <= MOST_PARTS:
        each = waiting.pop()
        nodes.append(each)
        if isinstance(each, Joined):
            waiting += reversed(each.parts)
        elif isinstance(each, Applied):
            waiting.append(each.of)
        elif isinstance(each, Variable | Setting) and each.default is not None:
            waiting.append(each.default)
    return nodes


def _leaves(node: Node) -> list[Node]:
    return [each for each in _walk(node) if not isinstance(each, Joined | Applied)]


# ---- operations --------------------------------------------------------------------------------------------------------


def apply(operation: str, value: Any, arguments: tuple[str, ...]) -> Any:
    """The result. Raises :class:`Failed`."""
    try:
        result = OPERATIONS[operation](value, *arguments)
    except (TypeError, ValueError, AttributeError, LookupError, RecursionError):
        raise Failed(f"{operation} does not work on it") from None
    if isinstance(result, str | bytes) and len(result) > LARGEST:
        raise Failed("it is larger than 1 MiB")
    return result


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Failed("it is not text")
    return value


def _strip(value: Any, *signs: str) -> Any:
    return value.strip() if isinstance(value, bytes) and not signs else _text(value).strip(*signs)


def _replace(value: Any, old: str, new: str) -> str:
    text = _text(value)
    if len(text) + text.count(old) * len(new) > 2 * LARGEST:
        raise Failed("it is larger than 1 MiB")
    return text.replace(old, new)


def _method(name: str) -> Callable[..., Any]:
    """An operation that is a string's own method."""
    return lambda value, *arguments: getattr(_text(value), name)(*arguments)


def _decode(value: Any) -> str:
    if not isinstance(value, bytes):
        raise Failed("it is text already, and .decode() takes bytes")
    return value.decode()


def _b64encode(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise Failed("base64 takes bytes, and this is text")
    return base64.b64encode(value)


def _b64decode(value: Any) -> bytes:
    return base64.b64decode(value if isinstance(value, bytes) else _text(value))


def _universal(value: Any) -> str:
    """What a file opened as text gives: any line end becomes a line feed."""
    return re.sub(r"\r\n?", "\n", _decode(value))


def _loads(value: Any) -> Any:
    if not isinstance(value, str | bytes):
        raise Failed("it is not JSON")
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise Failed("it is not JSON") from None


def _get(value: Any, key: str) -> Any:
    if not isinstance(value, Mapping) or key not in value:
        raise Failed("there is no such member in it")
    return value[key]


OPERATIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "strip": _strip,
    **{each: _method(each) for each in ("lstrip", "rstrip", "lower", "upper", "removeprefix", "removesuffix", "encode")},
    "replace": _replace,
    "decode": _decode,
    "universal": _universal,
    "unbroken": lambda value: _text(value).rstrip("\n"),
    "b64encode": _b64encode,
    "b64decode": _b64decode,
    "json": _loads,
    "dumps": json.dumps,
    "get": _get,
    "str": _text,
}
"""By name. ``universal`` reads bytes as Python's text files do; ``unbroken`` cuts line ends off as a shell's ``$(...)`` does."""
