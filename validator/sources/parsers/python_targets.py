"""What statements of a piece of Python bind: names, members, imports. Nothing is run."""

from __future__ import annotations

import ast

from validator.sources import sdk
from validator.sources.parsers.python_calls import replaced
from validator.sources.parsers.python_eval import Evaluator
from validator.sources.parsers.python_members import update
from validator.sources.parsers.python_state import ProgramState
from validator.sources.parsers.python_values import (
    CHANGED,
    ELSEWHERE,
    STAR,
    Defined,
    Dictionary,
    Lost,
    Sequence,
    Value,
    containers,
    label,
    lose,
)


class Targets:
    """Of assignments, deletions and imports, in a program's present state."""

    def __init__(self, state: ProgramState, evaluator: Evaluator) -> None:
        self.state = state
        self.evaluator = evaluator

    def augment(self, node: ast.AugAssign) -> None:
        """``x += y``."""
        target = node.target
        old = self.evaluator.value(_read(target))
        new = self.evaluator.value(node.value)
        if isinstance(node.op, ast.BitOr):
            self.state.rewrites(old)
        if isinstance(node.op, ast.BitOr) and containers(old):
            update(self.state, old, new)
            return
        if containers(old):
            lose(old, Lost("", CHANGED))
            return
        self.assign(
            target, self.evaluator.added(old, new) if isinstance(node.op, ast.Add) else Lost("an expression", ELSEWHERE)
        )

    def assign(self, target: ast.expr, value: Value) -> None:
        """Bind a target: a name, several, a member."""
        self.state.step()
        if isinstance(target, ast.Name):
            self.state.names.bind(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            several = value.items if isinstance(value, Sequence) and not value.lost else None
            plain = several is not None and len(several) == len(target.elts)
            for index, each in enumerate(target.elts):
                inner = each.value if isinstance(each, ast.Starred) else each
                known = plain and several is not None and inner is each
                lost = Lost(named(inner), ELSEWHERE, containers(value))
                self.assign(inner, several[index].value if known and several is not None else lost)
        elif isinstance(target, ast.Subscript):
            self.state.store(
                self.evaluator.value(target.value), self.evaluator.value(target.slice), value, self.state.at(target)
            )
        elif isinstance(target, ast.Attribute):
            base = self.evaluator.value(target.value)
            replaced(self.state, (base, target.attr))
            for held in containers(base):
                if isinstance(held, Dictionary) and held.made_of is not None:
                    self.state.store(
                        held if isinstance(base, Dictionary | Defined) else base, target.attr, value, self.state.at(target)
                    )
                else:
                    held.lost = held.lost or Lost("", CHANGED)

    def delete(self, target: ast.expr) -> None:
        """``del``."""
        if isinstance(target, ast.Name):
            self.state.names.unbind(target.id)
        elif isinstance(target, ast.Subscript):
            self.state.store(
                self.evaluator.value(target.value), self.evaluator.value(target.slice), None, self.state.at(target)
            )
        elif isinstance(target, ast.Attribute):
            base = self.evaluator.value(target.value)
            replaced(self.state, (base, target.attr))
            lose(base, Lost("", CHANGED))
        elif isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                self.delete(each)

    def imports(self, node: ast.Import | ast.ImportFrom) -> None:
        """``import``: names for modules and what is in them."""
        for each in node.names:
            if isinstance(node, ast.Import):
                name = each.asname or each.name.partition(".")[0]
                self.state.names.bind(name, self.state.thing(each.name if each.asname else name))
            elif each.name == "*":
                if not (node.module or "").startswith("planet"):
                    self.state.steps += sum(len(scope.names) for scope in self.state.names.scopes)
                    self.state.names.forget(STAR)
                for helper in (*sdk.HELPERS, *sdk.REQUESTS, sdk.DELIVERY):
                    if helper.rpartition(".")[0] == node.module:
                        self.state.names.bind(helper.rpartition(".")[2], self.state.thing(helper))
            else:
                full = f"{'.' * node.level}{node.module or ''}.{each.name}"
                self.state.names.bind(each.asname or each.name, self.state.thing(full))


def named(node: ast.expr) -> str:
    """A target as a message may show it."""
    return label(node.id) if isinstance(node, ast.Name) else "an expression"


def _read(node: ast.Name | ast.Attribute | ast.Subscript) -> ast.expr:
    """The same place, read instead of written."""
    if isinstance(node, ast.Name):
        return ast.copy_location(ast.Name(node.id, ast.Load()), node)
    if isinstance(node, ast.Attribute):
        return ast.copy_location(ast.Attribute(node.value, node.attr, ast.Load()), node)
    return ast.copy_location(ast.Subscript(node.value, node.slice, ast.Load()), node)
