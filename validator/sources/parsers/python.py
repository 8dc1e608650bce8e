"""Finds the destinations in Python: a script, a notebook's cells, a snippet. It is read as it would run; nothing of it is run."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from validator.core.model import Place
from validator.core.values import Dataclass, replace
from validator.providers import BUILT_IN, SHORT_TYPES
from validator.providers.base import required
from validator.sources.document import (
    DEEPEST,
    MOST_NODES,
    Document,
    Found,
    JsonRepair,
    ParseError,
    Unreadable,
    escape,
    of_program,
)
from validator.sources.expressions import Expression, Unknown, files_of
from validator.sources.mistakes import all_fields, fields_of
from validator.sources.parsers.python_run import Program
from validator.sources.parsers.python_state import ProgramContent, Unseen
from validator.sources.parsers.python_text import syntax_tree, tries
from validator.sources.parsers.python_values import (
    ARGUMENT,
    CHANGED,
    ELSEWHERE,
    TEXTUAL,
    Dictionary,
    Listed,
    Lost,
    Value,
    Where,
    inside,
    label,
    lowered,
)
from validator.sources.payloads import NOT_BUCKETS, NoDestination

LARGEST_PART: Final = 256 << 10
"""Characters of one script, or of one cell of a notebook."""
NO_DESTINATION: Final = (
    "this Python makes no destination: there is no dictionary with type and parameters, no delivery, and no helper call of"
    " Planet's SDK in it"
)

ALTERED: Final = (
    "the request that is sent here is read from a file and changed since, which only a run shows; write it down as it is sent"
)

_ASSIGNED: Final = re.compile(r"(?m)^[ \t]*([A-Za-z_]\w*)[ \t]*[=\[.+|,:]")

Frozen: TypeAlias = "tuple[Any, dict[str, Where]]"
"""A plain value, and where its parts are written, by JSON pointer."""


class Part(Dataclass):
    """A piece of the program."""

    text: str
    place: Callable[[int, int], Place]
    """Where a line and column of it, both counted from 1, stand in the file."""


def read_python(text: str, *, expected: bool = True) -> Document:
    """The destinations in a script or a snippet. Raises :class:`ParseError` and :class:`NoDestination`.

    ``expected``: the file may be Python; otherwise it should have been JSON, and ``repairs`` says that it is not.
    """
    document = of_program(*read_parts([Part(text, Place)]), "python", text)
    if expected:
        return document
    return replace(document, repairs=(JsonRepair(0, len(text), "", "it is Python, not JSON"),))


def read_parts(parts: Sequence[Part]) -> tuple[list[Found], list[Unreadable]]:
    """The destinations in a program that stands in several pieces. Raises :class:`ParseError` and :class:`NoDestination`."""
    trees: list[ast.Module] = []
    unread: dict[int, list[str]] = {}  # names that a part which could not be read may assign or change, by its index
    faults: list[Unreadable] = []
    for index, part in enumerate(parts):
        tree, problem = _parsed(part.text)
        if problem is not None:
            line, what = problem
            faults.append((part.place(line or 1, 1), what))
            unread[index] = _ASSIGNED.findall(part.text)
        trees.append(tree)
    if len(faults) == len(parts):
        raise ParseError.of(faults)
    lowering = _Lowering(parts)
    try:
        program = Program(trees, unread, lowering.freeze, lowering.rewritten)
        if program.replaced:
            # At a time that is not known to every function: once more, with nothing believed of what was replaced.
            lowering = _Lowering(parts)
            program = Program(trees, unread, lowering.freeze, lowering.rewritten, program.replaced)
        content = program.content
        frozen, missing = _selected(content, lowering)
    except RecursionError:
        raise ParseError((None, "the Python in it is nested too deeply")) from None
    frozen += ((lowered(value), {"": at}) for value, at in content.included)
    faults += ((lowering.place(at), ALTERED) for at in content.altered)
    faults += ((lowering.place(at), remark) for at, remark in dict.fromkeys(content.remarks))
    if not frozen:
        if faults:
            raise ParseError.of(faults)
        if content.unknown:
            each = content.unknown[0]
            raise ParseError((lowering.place(each.at).line, _not_known(each.value)))
        raise NoDestination("", NO_DESTINATION)
    faults += ((lowering.place(each.at), _not_known(each.value)) for each in missing)
    found: list[Found] = [(value, {pointer: lowering.place(at) for pointer, at in inner.items()}) for value, inner in frozen]
    return found, faults


def is_python(text: str) -> bool:
    """Whether a text of unknown form can be read as Python."""
    return _parsed(text)[1] is None


def _parsed(text: str) -> tuple[ast.Module, tuple[int | None, str] | None]:
    """The syntax tree, and what is wrong if there is none."""
    empty = ast.Module([], [])
    if len(text) > LARGEST_PART:
        return empty, (None, f"it holds more than {LARGEST_PART >> 10} KiB of Python in one piece")
    problem: tuple[int | None, str] | None = None
    for written in tries(text):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return syntax_tree(written), None
        except SyntaxError as error:
            problem = problem or (error.lineno, f"it is not Python: {_said(error.msg)}")
        except (ValueError, RecursionError, MemoryError):
            problem = problem or (None, "it is not Python, or is nested too deeply")
    return empty, problem


def _said(message: str) -> str:
    """The parser's words, without what they quote."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "...", message)[:120]


# ---- the destinations of a program -------------------------------------------------------------------------------------


class _Lowering:
    """Plain values out of a program's dictionaries, with places."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self.texts = [part.text.split("\n") for part in parts]
        self.nodes = 0
        self.rewritten: set[str] = set()
        """Files whose values the program changes after it has read them."""

    def place(self, at: Where) -> Place:
        """Python counts columns in bytes."""
        part, line, column = at
        lines = self.texts[part]
        before = lines[line - 1].encode()[:column] if 0 < line <= len(lines) else b""
        return self.parts[part].place(line, len(before.decode("utf-8", "replace")) + 1)

    def freeze(self, value: Dictionary) -> Frozen:
        """What it is now."""
        places: dict[str, Where] = {"": value.at}
        if value.delivery:
            return {"delivery": self.lower(value, "/delivery", places)}, places
        return self.lower(value, "", places), places

    def lower(
        self, value: Value, pointer: str, places: dict[str, Where], depth: int = 0, lost: Lost | None = None, type_: str = ""
    ) -> Any:
        """A plain value. ``type_``: the destination's, where this is its parameters."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise ParseError((None, f"it holds more than {MOST_NODES:,} values"))
        if isinstance(value, Dictionary) and value.made_of is not None:
            return lowered(Lost("an object", ELSEWHERE))
        key = pointer.rpartition("/")[2]
        if isinstance(value, Lost) and type_ and key in ("parameters", type_):
            return {name: lowered(value) for name in _needed(type_)} or lowered(value)
        if isinstance(value, TEXTUAL) and not isinstance(value, str) and files_of(value) & self.rewritten:
            return lowered(Lost(label(key or "request"), f"what is read from a file is {CHANGED}"))
        if not isinstance(value, Dictionary | Listed):
            return lowered(Lost(label(lost.label or key), lost.why)) if lost and key not in ("type", "name") else lowered(value)
        if depth > DEEPEST - 4:
            return Expression(Unknown("an expression", "it is nested too deeply to be followed"))
        lost = lost or value.lost
        if isinstance(value, Listed):
            made = []
            for index, slot in enumerate(value.items):
                places[f"{pointer}/{index}"] = slot.at
                made.append(self.lower(slot.value, f"{pointer}/{index}", places, depth + 1, lost))
            return made
        inner = value.items["type"].value if "type" in value.items else ""
        members: dict[str, Any] = {}
        for key, slot in value.items.items():
            below = f"{pointer}/{escape(key)}"
            places[below] = slot.at
            hint = inner if key == "parameters" and isinstance(inner, str) else key if key in BUILT_IN else ""
            members[key] = self.lower(slot.value, below, places, depth + 1, lost, hint)
        if rest := value.rest or (lost and Lost("", lost.why)):
            for name in _needed(type_):
                places.setdefault(f"{pointer}/{escape(name)}", value.at)
                members.setdefault(name, lowered(Lost(rest.label or name, rest.why)))
        return members


def _needed(type_: str) -> tuple[str, ...]:
    """The parameters that a type must have."""
    type_ = SHORT_TYPES.get(type_, type_)
    return tuple(name for name, each in fields_of(type_).items() if required(each)) if type_ in BUILT_IN else ()


def _not_known(value: Lost) -> str:
    return f"what is sent to Planet here is not known ({value.label}: {value.why}); name the file that it comes from"


def _selected(content: ProgramContent, lowering: _Lowering) -> tuple[list[Frozen], list[Unseen]]:
    """What is sent, and the dictionaries that look like a destination and are a part of nothing else that does.

    With it, what is sent and is none of these. Where a dictionary is seen that nothing sends, an unknown that is sent may be that one.
    """
    order = {id(each): index for index, each in enumerate(content.made)}
    chosen: list[tuple[int, Frozen]] = []
    covered: set[int] = set()
    last: dict[int, Any] = {}
    for each, frozen in [*content.sent, *content.later.values()]:
        if not is_destination(frozen[0]):
            continue
        covered.update(id(one) for one in inside(each))
        if last.get(id(each)) != frozen[0]:
            chosen.append((order.get(id(each), len(order)), frozen))
        last[id(each)] = frozen[0]
    rest = [each for each in content.made if id(each) not in covered and not each.copied and id(each) not in content.updates]
    likely = _likely(rest, lowering) or ([] if chosen else _likely(rest, lowering, loosely=True))
    for each, frozen in likely:
        handed = id(each) in content.handed and not any(one.late for one in inside(each))
        chosen.append((order[id(each)], content.handed[id(each)] if handed else frozen))
    chosen.sort(key=lambda each: each[0])
    passed = bool(content.handed.keys() & last.keys() or content.later)
    missing = [each for each in content.unknown if each.planets and not likely and not (passed and each.value.why == ARGUMENT)]
    return [frozen for _, frozen in chosen], missing


def _likely(made: Sequence[Dictionary], lowering: _Lowering, *, loosely: bool = False) -> list[tuple[Dictionary, Frozen]]:
    """Those that look like a destination, and are a part of no other that does."""
    likely: list[tuple[Dictionary, Frozen]] = []
    for each in made:
        if loosely or _may_be(each):
            frozen = lowering.freeze(each)
            if is_destination(frozen[0]) or (loosely and _bare(frozen[0])):
                likely.append((each, frozen))
    covered: set[int] = set()
    count = 0
    for each, _ in likely:
        for one in inside(each):
            count += 1
            if one is not each:
                covered.add(id(one))
        if count > MOST_NODES:
            raise ParseError((None, f"it holds more than {MOST_NODES:,} values"))
    return [one for one in likely if id(one[0]) not in covered]


_KNOWN: Final = frozenset((*BUILT_IN, *NOT_BUCKETS))


def _may_be(value: Dictionary) -> bool:
    return any(key in ("type", "parameters", "delivery", "destination") or key in _KNOWN for key in value.items)


def is_destination(value: Any) -> bool:
    """Whether a plain value is a destination, or a delivery to one, beyond doubt: a program holds many other dictionaries."""
    if not isinstance(value, dict):
        return False
    delivery = value.get("delivery")
    if isinstance(delivery, dict):
        return is_destination(delivery) or any(key in _KNOWN and isinstance(item, dict) for key, item in delivery.items())
    if isinstance(delivery, list):
        return any(is_destination(each) for each in delivery)
    type_, parameters = value.get("type"), value.get("parameters")
    known = isinstance(type_, str) and (type_ in _KNOWN or type_ in SHORT_TYPES)
    if type_ == "destination":
        return isinstance(parameters, dict) and "ref" in parameters
    if isinstance(parameters, dict):
        return known or ("geometry" not in parameters and len(all_fields() & parameters.keys()) >= 2)
    if known and type_ in BUILT_IN:
        return "parameters" in value or len(all_fields() & value.keys()) >= 2
    if isinstance(value.get("destination"), dict) and "ref" in value["destination"]:
        return True
    return any(key in _KNOWN and isinstance(item, dict) and _fits(key, item) for key, item in value.items())


def _fits(type_: str, parameters: Mapping[str, Any]) -> bool:
    """Whether a delivery's inner object has at least one parameter of its type."""
    return bool(({"project", "collection"} if type_ in NOT_BUCKETS else set(fields_of(type_))) & parameters.keys())


def _bare(value: Mapping[str, Any]) -> bool:
    """Whether it may be meant as a destination's parameters alone, or as one without a known type."""
    parameters = value.get("parameters")
    within = parameters if isinstance(parameters, dict) else value
    return bool({"bucket", "container"} & within.keys()) and ("type" in value or len(all_fields() & within.keys()) >= 2)
