"""What statements of a piece of Python bind: names, members, imports. Nothing is run."""

from __future__ import annotations

import ast

from validator.sources import sdk
from validator.sources.parsers.python_calls import replaced
from validator.sources.parsers.python_eval import Evaluator
from validator.sources.parsers.python_members import update
from validator.sources.parsers.python_rounds import named, parted
from validator.sources.parsers.python_values import (
    ELSEWHERE,
    NOT_FOLLOWED,
    PERHAPS_CHANGED,
    STAR,
    Defined,
    Dictionary,
    Lost,
    Value,
    containers,
    lose,
)


class Targets(Evaluator):
    """Assigns, deletes and imports."""

    def augment(self, node: ast.AugAssign) -> None:
        """``x += y``."""
        old = self.value(node.target)
        new = self.value(node.value)
        if isinstance(node.op, ast.BitOr):
            self.rewrites(old)
        if not containers(old):
            self.assign(node.target, self.added(old, new) if isinstance(node.op, ast.Add) else NOT_FOLLOWED)
        elif isinstance(node.op, ast.BitOr):
            update(self, old, new)
        else:
            lose(old, PERHAPS_CHANGED)

    def assign(self, target: ast.expr, value: Value) -> None:
        """Bind a target: a name, several, a member."""
        self.step()
        if isinstance(target, ast.Name):
            self.names.bind(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            for inner, slot in parted(target, value):
                self.assign(inner, slot.value if slot else Lost(named(inner), ELSEWHERE, containers(value)))
        elif isinstance(target, ast.Subscript):
            self.store(self.value(target.value), self.value(target.slice), value, self.at(target))
        elif isinstance(target, ast.Attribute):
            base = self.value(target.value)
            replaced(self, base, target.attr)
            for held in containers(base):
                if isinstance(held, Dictionary) and held.made_of is not None:
                    self.store(held if isinstance(base, Dictionary | Defined) else base, target.attr, value, self.at(target))
                else:
                    held.lose(PERHAPS_CHANGED)

    def delete(self, target: ast.expr) -> None:
        """``del``."""
        if isinstance(target, ast.Name):
            self.names.unbind(target.id)
        elif isinstance(target, ast.Subscript):
            self.store(self.value(target.value), self.value(target.slice), None, self.at(target))
        elif isinstance(target, ast.Attribute):
            base = self.value(target.value)
            replaced(self, base, target.attr)
            lose(base, PERHAPS_CHANGED)
        elif isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                self.delete(each)

    def imports(self, node: ast.Import | ast.ImportFrom) -> None:
        """``import``: names for modules and what is in them."""
        for each in node.names:
            if isinstance(node, ast.Import):
                name = each.asname or each.name.partition(".")[0]
                self.names.bind(name, self.thing(each.name if each.asname else name))
            elif each.name == "*":
                if not (node.module or "").startswith("planet"):
                    self.steps += sum(len(scope.names) for scope in self.names.scopes)
                    self.names.forget(STAR)
                for helper in (*sdk.HELPERS, *sdk.REQUESTS, sdk.DELIVERY):
                    if helper.rpartition(".")[0] == node.module:
                        self.names.bind(helper.rpartition(".")[2], self.thing(helper))
            else:
                full = f"{'.' * node.level}{node.module or ''}.{each.name}"
                self.names.bind(each.asname or each.name, self.thing(full))
