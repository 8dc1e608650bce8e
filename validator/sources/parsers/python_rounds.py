"""Loops over what is known: a list, a tuple or a dictionary of the program's, gone through round by round. Nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from validator.sources.document import ParseError
from validator.sources.parsers.python_names import changed_in, own_nodes, roots
from validator.sources.parsers.python_values import LOOP, Container, Dictionary, Listed, Lost, Slot, Value, label

if TYPE_CHECKING:
    from validator.sources.parsers.python_invoke import Invoker

LONGEST: Final = 50
"""Rounds of one loop that are followed one by one."""
MOST: Final = 300
"""Rounds of all loops of a program."""
_JUMPS: Final = (ast.Break, ast.Continue, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom)
_EXITS: Final = frozenset({"exit", "_exit", "quit", "abort"})


def rounds(program: Invoker, loop: ast.For | ast.ListComp) -> tuple[Value, Iterator[Value] | None]:
    """What a loop goes through; and what each round is given, as it is by then, where it surely goes through all of it.

    The latter raises :class:`ParseError` where a round changes what the next ones go through.
    """
    each = loop.generators[0] if isinstance(loop, ast.ListComp) else loop
    body: Sequence[ast.AST] = [loop.elt] if isinstance(loop, ast.ListComp) else loop.body
    view = ""
    base = each.iter
    if isinstance(base, ast.Call) and isinstance(base.func, ast.Attribute) and not (base.args or base.keywords):
        view, base = base.func.attr, base.func.value
    known = isinstance(base, ast.Name) if view else isinstance(base, ast.Name | ast.List | ast.Tuple)
    if not known or view not in ("", "items", "values", "keys"):
        return program.value(each.iter), None
    held = program.value(base)
    over = held if not view else program.value(each.iter)
    if isinstance(held, Dictionary):
        if held.lost or held.rest or held.made_of is not None:
            return over, None
    elif not isinstance(held, Listed) or held.lost or view:
        return over, None
    if not len(held.items) <= LONGEST or program.rounds + len(held.items) > MOST or program.dry:
        return over, None
    inner = [each for one in body for each in (one, *own_nodes(one))]
    if any(map(_jumps, inner)) or set(roots(base)) & {name for one in body for name in changed_in(one)}:
        return over, None
    program.rounds += len(held.items)
    items = held.slots()
    if isinstance(held, Dictionary) and view != "values":
        keys = [Slot(key, slot.at) for key, slot in held.items.items()]
        both = [Listed(key.at, program.names.region, items=[key, slot]) for key, slot in zip(keys, items, strict=True)]
        items = [Slot(pair, pair.at) for pair in both] if view == "items" else keys
    return over, _in_turn(held, items, loop, named(each.target))


def _in_turn(held: Container, items: Sequence[Slot], loop: ast.For | ast.ListComp, name: str) -> Iterator[Value]:
    watched = held.slots()
    for item in items:
        yield Lost(name, held.lost.why) if held.lost else item.value
        if list(map(id, held.slots())) != list(map(id, watched)):
            raise ParseError((loop.lineno, "this loop changes what it goes through, which is not followed"))


def named(node: ast.expr) -> str:
    """A target as a message may show it."""
    return label(node.id) if isinstance(node, ast.Name) else "an expression"


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
    _, going = rounds(program, node)
    if going is None:
        return None
    made = Listed(program.at(node), program.names.region)
    with program.names.aside():
        for given in going:
            for name, value in unpacked(each.target, given):
                program.names.scopes[-1].names[name] = value
            made.items.append(Slot(program.value(node.elt), program.at(node.elt)))
    return made
