"""Loops over what is known: a list, a tuple or a dictionary of the program's, gone through round by round. Nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from validator.core.values import Dataclass, field
from validator.sources.document import ParseError
from validator.sources.parsers.python_names import changed_in, own_nodes, roots
from validator.sources.parsers.python_values import LOOP, Dictionary, Lost, Slot, Value
from validator.sources.parsers.python_values import Sequence as Listed

if TYPE_CHECKING:
    from validator.sources.parsers.python_state import ProgramState

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
    held: Dictionary | Listed | None = None

    def unchanged(self, node: ast.AST) -> None:
        """Raises :class:`ParseError` where a round has changed what the next ones go through."""
        now = [] if self.held is None else _slots(self.held)
        if len(now) != len(self.watched) or any(one is not other for one, other in zip(now, self.watched, strict=True)):
            raise ParseError((getattr(node, "lineno", None), "this loop changes what it goes through, which is not followed"))

    def given(self, index: int, name: str) -> Value:
        """What a round is given, as it is by then."""
        lost = self.held.lost if self.held is not None else None
        items = self.items or []
        return Lost(name, lost.why) if lost else items[index].value


def rounds(state: ProgramState, value: Callable[[ast.expr], Value], node: ast.expr, body: Sequence[ast.AST]) -> Rounds:
    """What a loop over ``node`` goes through, where it surely goes through all of it."""
    view = ""
    base = node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not (node.args or node.keywords):
        view, base = node.func.attr, node.func.value
    known = isinstance(base, ast.Name) if view else isinstance(base, ast.Name | ast.List | ast.Tuple)
    if not known or view not in ("", "items", "values", "keys"):
        return Rounds(value(node))
    held = value(base)
    walk = Rounds(held if not view else value(node))
    if isinstance(held, Dictionary):
        if held.lost or held.rest or held.made_of is not None:
            return walk
    elif not isinstance(held, Listed) or held.lost or view:
        return walk
    if not len(held.items) <= LONGEST or state.rounds + len(held.items) > MOST or state.dry:
        return walk
    inner = [each for one in body for each in (one, *own_nodes(one))]
    if any(map(_jumps, inner)) or set(roots(base)) & {name for one in body for name in changed_in(one)}:
        return walk
    state.rounds += len(held.items)
    walk.held, walk.watched = held, _slots(held)
    if isinstance(held, Listed):
        walk.items = list(held.items)
    else:
        pairs = [(Slot(key, slot.at), slot) for key, slot in held.items.items()]
        both = [Slot(Listed(slot.at, state.names.region, [key, slot]), slot.at) for key, slot in pairs]
        walk.items = both if view == "items" else [slot for _, slot in pairs] if view == "values" else [key for key, _ in pairs]
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
        known = isinstance(value, Listed) and not value.lost and len(value.items) == len(target.elts)
        for index, each in enumerate(target.elts):
            inner = each.value if isinstance(each, ast.Starred) else each
            item = value.items[index].value if known and inner is each and isinstance(value, Listed) else Lost("a name", LOOP)
            yield from unpacked(inner, item)


def _slots(held: Dictionary | Listed) -> list[Slot]:
    return list(held.items.values()) if isinstance(held, Dictionary) else list(held.items)


def round_by_round(state: ProgramState, work: Callable[[ast.expr], Value], node: ast.ListComp) -> Value | None:
    """A list of what each round makes, where it goes through something that is known; None otherwise."""
    each = node.generators[0]
    if len(node.generators) > 1 or each.ifs or any(isinstance(one, ast.NamedExpr) for one in ast.walk(node.elt)):
        return None
    if not isinstance(each.iter, ast.Name | ast.Call):
        return None
    going = rounds(state, work, each.iter, [node.elt])
    if going.items is None:
        return None
    made = Listed(state.at(node), state.names.region)
    with state.names.aside():
        for index in range(len(going.items)):
            for name, value in unpacked(each.target, going.given(index, "a name")):
                state.names.scopes[-1].names[name] = value
            made.items.append(Slot(work(node.elt), state.at(node.elt)))
            going.unchanged(node)
    return made
