"""Loops over what is known: a list, a tuple or a dictionary of the program's, gone through round by round. Nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from validator.core.values import Dataclass, field
from validator.sources.document import ParseError
from validator.sources.parsers.python_names import changed_in, own_nodes, roots
from validator.sources.parsers.python_values import LOOP, Container, Dictionary, Listed, Lost, Slot, Value

if TYPE_CHECKING:
    from validator.sources.parsers.python_invoke import Invoker

LONGEST: Final = 50
"""Rounds of one loop that are followed one by one."""
MOST: Final = 300
"""Rounds of all loops of a program."""
_JUMPS: Final = (ast.Break, ast.Continue, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom)
_EXITS: Final = frozenset({"exit", "_exit", "quit", "abort"})


class Rounds(Dataclass, frozen=False):
    """What a loop goes through."""

    over: Value
    items: list[Slot] | None = None
    """What each round is given; None where that is not certain."""
    watched: list[Slot] = field(default_factory=list)
    held: Container | None = None

    def unchanged(self, node: ast.AST) -> None:
        """Raises :class:`ParseError` where a round has changed what the next ones go through."""
        now = [] if self.held is None else self.held.slots()
        if len(now) != len(self.watched) or any(one is not other for one, other in zip(now, self.watched, strict=True)):
            raise ParseError((getattr(node, "lineno", None), "this loop changes what it goes through, which is not followed"))

    def given(self, index: int, name: str) -> Value:
        """What a round is given, as it is by then."""
        lost = self.held.lost if self.held is not None else None
        items = self.items or []
        return Lost(name, lost.why) if lost else items[index].value


def rounds(program: Invoker, node: ast.expr, body: Sequence[ast.AST]) -> Rounds:
    """What a loop over ``node`` goes through, where it surely goes through all of it."""
    view = ""
    base = node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not (node.args or node.keywords):
        view, base = node.func.attr, node.func.value
    known = isinstance(base, ast.Name) if view else isinstance(base, ast.Name | ast.List | ast.Tuple)
    if not known or view not in ("", "items", "values", "keys"):
        return Rounds(program.value(node))
    held = program.value(base)
    walk = Rounds(held if not view else program.value(node))
    if isinstance(held, Dictionary):
        if held.lost or held.rest or held.made_of is not None:
            return walk
    elif not isinstance(held, Listed) or held.lost or view:
        return walk
    if not len(held.items) <= LONGEST or program.rounds + len(held.items) > MOST or program.dry:
        return walk
    inner = [each for one in body for each in (one, *own_nodes(one))]
    if any(map(_jumps, inner)) or set(roots(base)) & {name for one in body for name in changed_in(one)}:
        return walk
    program.rounds += len(held.items)
    walk.held, walk.watched, walk.items = held, held.slots(), held.slots()
    if isinstance(held, Dictionary) and view != "values":
        keys = [Slot(key, slot.at) for key, slot in held.items.items()]
        pairs = zip(keys, walk.watched, strict=True)
        both = [Slot(Listed(key.at, program.names.region, items=[key, slot]), key.at) for key, slot in pairs]
        walk.items = both if view == "items" else keys
    return walk


def _jumps(node: ast.AST) -> bool:
    """Whether a round may end there, or the loop."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in _EXITS
    return isinstance(node, _JUMPS)


def unpacked(target: ast.expr, value: Value) -> Iterator[tuple[str, Value]]:
    """What each name of a target is given."""
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple | ast.List):
        for inner, slot in parted(target, value):
            yield from unpacked(inner, slot.value if slot else Lost("a name", LOOP))


def parted(target: ast.Tuple | ast.List, value: Value) -> Iterator[tuple[ast.expr, Slot | None]]:
    """The parts of a target, and what each is given; None where that is not known."""
    known = isinstance(value, Listed) and not value.lost and len(value.items) == len(target.elts)
    slots = value.items if known and isinstance(value, Listed) else [None] * len(target.elts)
    for each, slot in zip(target.elts, slots, strict=True):
        yield (each.value, None) if isinstance(each, ast.Starred) else (each, slot)


def round_by_round(program: Invoker, node: ast.ListComp) -> Value | None:
    """A list of what each round makes, where it goes through something that is known; None otherwise."""
    each = node.generators[0]
    if len(node.generators) > 1 or each.ifs or any(isinstance(one, ast.NamedExpr) for one in ast.walk(node.elt)):
        return None
    if not isinstance(each.iter, ast.Name | ast.Call):
        return None
    going = rounds(program, each.iter, [node.elt])
    if going.items is None:
        return None
    made = Listed(program.at(node), program.names.region)
    with program.names.aside():
        for index in range(len(going.items)):
            for name, value in unpacked(each.target, going.given(index, "a name")):
                program.names.scopes[-1].names[name] = value
            made.items.append(Slot(program.value(node.elt), program.at(node.elt)))
            going.unchanged(node)
    return made
