"""Works expressions of a piece of Python out, as far as constants and references go. Nothing is run."""

from __future__ import annotations

import ast
from typing import Final

from validator.sources.parsers import python_calls as calls
from validator.sources.parsers.python_invoke import Invoker
from validator.sources.parsers.python_members import attribute, member, update
from validator.sources.parsers.python_names import assigned_in
from validator.sources.parsers.python_rounds import round_by_round
from validator.sources.parsers.python_values import (
    BRANCH,
    ELSEWHERE,
    LOOP,
    NOT_FOLLOWED,
    TEXTUAL,
    Container,
    Defined,
    Dictionary,
    Listed,
    Located,
    Lost,
    QualifiedName,
    Slot,
    Value,
    concatenated,
    containers,
    label,
)

DEEPEST: Final = 80
"""Expressions within expressions."""
MOST_ITEMS: Final = 10_000
"""Of a list that is made of others: one that is added to itself in each line would be without end after some forty."""
LONGEST_PATH: Final = 4096
TOO_LONG: Final = "it is too long to be followed"


class Evaluator(Invoker):
    """Gives the values of expressions."""

    nesting = 0

    def value(self, node: ast.expr) -> Value:
        """What an expression stands for."""
        self.step()
        self.nesting += 1
        try:
            return self._value(node) if self.nesting <= DEEPEST else NOT_FOLLOWED
        finally:
            self.nesting -= 1

    def _value(self, node: ast.expr) -> Value:  # noqa: PLR0912 - one for each kind of expression
        match node:
            case ast.Constant():
                plain = isinstance(node.value, str | bytes | bool | int | float | None)
                return node.value if plain else NOT_FOLLOWED  # type: ignore[return-value]  # just seen
            case ast.Name():
                held = self.names.look_up(node.id)
                return self.thing(held.name) if isinstance(held, QualifiedName) else held
            case ast.Dict():
                return self.mapping(node)
            case ast.List() | ast.Tuple():
                return self.sequence(node)
            case ast.JoinedStr():
                return concatenated(*(self.piece(each) for each in node.values))
            case ast.Attribute():
                return attribute(self, self.value(node.value), node.attr)
            case ast.Subscript():
                return member(self, self.value(node.value), self.value(node.slice))
            case ast.Call():
                return self.call(node)
            case ast.Await():
                return self.value(node.value)
            case ast.BinOp():
                return self.operation(node)
            case ast.BoolOp():
                return self.either(node)
            case ast.IfExp():
                return self.conditional(node)
            case ast.NamedExpr():
                held = self.value(node.value)
                self.names.bind(node.target.id, held)
                return held
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self.comprehension(node)
            case ast.Starred():
                return Lost("an expression", ELSEWHERE, containers(self.value(node.value)))
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return -number
            case ast.Lambda():
                return Defined(node)
        for each in ast.iter_child_nodes(node):
            if isinstance(each, ast.expr):
                self.value(each)
        return NOT_FOLLOWED

    # ---- displays ------------------------------------------------------------------------------------------------------

    def mapping(self, node: ast.Dict) -> Value:
        """``{...}``."""
        made = self.dictionary(self.at(node))
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.value(item)
            if key is None:
                update(self, made, value)
                continue
            name = self.value(key)
            if isinstance(name, str):
                made.items[name] = Slot(value, self.at(item))
            else:
                made.rest = Lost("a key", ELSEWHERE)
        return made

    def sequence(self, node: ast.List | ast.Tuple) -> Value:
        """``[...]`` and ``(...)``."""
        made = Listed(self.at(node), self.names.region)
        for each in node.elts:
            value = self.value(each)
            if isinstance(each, ast.Starred):
                made.lost = Lost("a list", ELSEWHERE)
            made.items.append(Slot(value, self.at(each)))
        return made

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        """What each round makes, its variables not known."""
        names = self.names
        if isinstance(node, ast.ListComp) and (done := round_by_round(self, node)) is not None:
            return done
        held: tuple[Container, ...] = self.reachable([self.value(each.iter) for each in node.generators])
        outer = names.enter()
        made = Listed(self.at(node), outer)
        with names.aside() as changed:
            for name in assigned_in([each.target for each in node.generators]):
                names.scopes[-1].names[name] = Lost(label(name), LOOP, held)
            own = set(changed)
            for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
                made.items.append(Slot(self.value(part), self.at(part)))
        names.region = outer
        for name in assigned_in([node]) - own:
            names.bind(name, Lost(label(name), LOOP, containers(changed.get(name))))
        contents = tuple(one for slot in made.items for one in containers(slot.value))
        return Lost("a comprehension", LOOP, contents) if isinstance(node, ast.DictComp) else made

    def piece(self, node: ast.expr) -> Value:
        """A part of an f-string."""
        if isinstance(node, ast.FormattedValue):
            held = self.value(node.value)
            if node.conversion not in (-1, ord("s")):
                return NOT_FOLLOWED
            return held if node.format_spec is None else calls.shaped(held, self.value(node.format_spec))
        return self.value(node)

    # ---- members and operators -----------------------------------------------------------------------------------------

    def added(self, one: Value, other: Value) -> Value:
        """``a + b``."""
        if isinstance(one, Listed) and isinstance(other, Listed):
            lost = one.lost or other.lost
            if len(one.items) + len(other.items) > MOST_ITEMS:
                return Lost("a list", TOO_LONG, (one, other))
            return Listed(one.at, self.names.region, lost, items=[*one.items, *other.items])
        if isinstance(one, (*TEXTUAL, Lost)) and isinstance(other, (*TEXTUAL, Lost)):
            return concatenated(one, other)
        return NOT_FOLLOWED

    def operation(self, node: ast.BinOp) -> Value:
        """Operators between two values."""
        if isinstance(node.op, ast.Add):
            return self.added(*self.operands(node))
        one, other = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.BitOr) and isinstance(one, Dictionary):
            made = self.dictionary(self.at(node))
            update(self, made, one)
            update(self, made, other)
            return made
        if isinstance(node.op, ast.Div) and isinstance(one, Located) and isinstance(other, str | Located):
            path = calls.joined_path(one.path, other if isinstance(other, str) else other.path)
            return Located(path) if len(path) <= LONGEST_PATH else Lost("a path", TOO_LONG)
        if isinstance(node.op, ast.Mod) and isinstance(one, str) and (text := _filled(one, other)) is not None:
            return text
        return Lost("an expression", ELSEWHERE, (*containers(one), *containers(other)))

    def operands(self, node: ast.BinOp) -> tuple[Value, Value]:
        """Both sides of a sum; a long one, which leans to the left, without going deeper for each part."""
        chain: list[ast.expr] = [node.right]
        left: ast.expr = node.left
        while isinstance(left, ast.BinOp) and isinstance(left.op, ast.Add):
            self.step()
            chain.append(left.right)
            left = left.left
        operand = self.value(left)
        for each in reversed(chain[1:]):
            operand = self.added(operand, self.value(each))
        return operand, self.value(chain[0])

    def either(self, node: ast.BoolOp) -> Value:
        """``a or b``: the second stands for the first where that is empty."""
        sides = [self.value(each) for each in node.values]
        may = tuple(held for each in sides for held in containers(each))
        if isinstance(node.op, ast.Or) and len(sides) == 2:
            if isinstance(sides[0], str) and sides[0]:
                return sides[0]
            if sides[0] is None or sides[0] == "":
                return sides[1]
            if isinstance(sides[0], Lost):
                return Lost(sides[0].label, sides[0].why, may)
            return calls.with_default(sides[0], sides[1])
        return Lost("an expression", BRANCH, may)

    def conditional(self, node: ast.IfExp) -> Value:
        """``a if b else c``."""
        self.value(node.test)
        branches = (self.value(node.body), self.value(node.orelse))
        return Lost("an expression", BRANCH, (*containers(branches[0]), *containers(branches[1])))


def _filled(text: str, values: Value) -> Value:
    """``text % values`` where each gap is a plain ``%s``; None where one is not."""
    operands = [slot.value for slot in values.items] if isinstance(values, Listed) else [values]
    pieces = text.split("%s")
    if len(pieces) != len(operands) + 1 or "%" in "".join(pieces):
        return None
    return concatenated(*(each for pair in zip(pieces, operands, strict=False) for each in pair), pieces[-1])
