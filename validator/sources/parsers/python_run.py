"""Follows a piece of Python statement by statement, as it would run, and notes the dictionaries that it makes. Nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from validator.sources import sdk
from validator.sources.document import ParseError
from validator.sources.parsers.python_calls import replaced
from validator.sources.parsers.python_eval import Evaluator
from validator.sources.parsers.python_members import body_of, default_arguments, update
from validator.sources.parsers.python_names import Branch, Scope, arguments, assigned_in, scope_of
from validator.sources.parsers.python_rounds import named, parted, rounds
from validator.sources.parsers.python_values import (
    ARGUMENT,
    BRANCH,
    ELSEWHERE,
    LOOP,
    NOT_FOLLOWED,
    PERHAPS_CHANGED,
    STAR,
    UNREAD,
    Defined,
    Dictionary,
    Lost,
    Value,
    containers,
    label,
    lose,
)

DEEPEST_BLOCK: Final = 40


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


class Program(Targets):
    """A program that is followed."""

    def __init__(
        self,
        parts: Sequence[ast.Module],
        unread: Mapping[int, Sequence[str]],
        freeze: Callable[[Dictionary], Any],
        rewritten: set[str],
        replaced: Iterable[str] = (),
    ) -> None:
        super().__init__(parts, freeze, rewritten, replaced)
        self.depth = 0
        self.waiting: list[tuple[int, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, list[Scope]]] = []
        self.assigned: dict[int, frozenset[str]] = {}
        """Names that a loop assigns, by the identity of its node."""
        for index, part in enumerate(parts):
            self.part = index
            self.block(part.body)
            for name in unread.get(index, ()):
                lost = Lost(label(name), UNREAD, containers(self.names.scopes[0].names.get(name)))
                lose(lost, lost)
                self.names.scopes[0].names[name] = lost
        while self.waiting:
            self.part, function, scopes = self.waiting.pop()
            self.function(function, scopes)

    # ---- statements ----------------------------------------------------------------------------------------------------

    def block(self, body: Sequence[ast.stmt]) -> None:
        """Statements one after the other."""
        self.depth += 1
        if self.depth > DEEPEST_BLOCK:
            raise ParseError((getattr(body[0], "lineno", None) if body else None, "the Python in it is nested too deeply"))
        for statement in body:
            self.step()
            self.statement(statement)
        self.depth -= 1

    def statement(self, node: ast.stmt) -> None:  # noqa: PLR0912 - one for each kind of statement
        """One statement."""
        value = self.value
        match node:
            case ast.Assign():
                result = value(node.value)
                for target in node.targets:
                    self.assign(target, result)
            case ast.AnnAssign():
                if node.value is not None:
                    self.assign(node.target, value(node.value))
            case ast.AugAssign():
                self.augment(node)
            case ast.Expr() | ast.Return():
                if node.value is not None:
                    value(node.value)
            case ast.Delete():
                for target in node.targets:
                    self.delete(target)
            case ast.Import() | ast.ImportFrom():
                self.imports(node)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    result = value(item.context_expr)
                    if item.optional_vars is not None:
                        self.assign(item.optional_vars, result)
                self.block(node.body)
            case ast.If():
                self.choice(node)
            case ast.For() | ast.AsyncFor() | ast.While():
                self.loop(node)
            case ast.Try() | ast.TryStar():
                self.attempt(node)
            case ast.Match():
                value(node.subject)
                self.names.branches([self.branch(each.body, assigned_in([each.pattern])) for each in node.cases])
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                for each in node.decorator_list:
                    value(each)
                default_arguments(self, value, node)
                self.names.bind(node.name, Defined(node))
                if not self.dry:
                    self.waiting.append((self.part, node, list(self.names.scopes)))
            case ast.ClassDef():
                self.names.bind(node.name, self.defined(node))

    def choice(self, node: ast.If) -> None:
        """``if``, and every ``elif`` of it."""
        bodies: list[list[ast.stmt]] = []
        rest: list[ast.stmt] = [node]
        while len(rest) == 1 and isinstance(rest[0], ast.If):
            each = rest[0]
            self.step()
            self.value(each.test)
            if not bodies and _is_main(each.test):
                self.block(each.body)
                return
            bodies.append(each.body)
            rest = each.orelse
        bodies.append(rest)
        self.names.branches([self.branch(each) for each in bodies], or_none=False)

    def attempt(self, node: ast.Try | ast.TryStar) -> None:
        """``try``: where no handler goes on, what stands in it has happened when it is left."""
        body = [*node.body, *node.orelse]
        perhaps = assigned_in(node.body)
        handlers = [self.branch(each.body, perhaps | {each.name} if each.name else perhaps) for each in node.handlers]
        if all(each.ends for each in handlers):
            self.names.branches(handlers)
            self.block(body)
        else:
            self.names.branches([self.branch(body), *handlers], or_none=False)
        self.block(node.finalbody)

    def branch(self, body: Sequence[ast.stmt], perhaps: Iterable[str] = ()) -> Branch:
        """Statements that may be followed. ``perhaps``: names of which it is not known what they stand for when it begins."""

        def follow() -> None:
            self.names.doubt(perhaps, BRANCH)
            self.block(body)

        return Branch(follow, _ends(body))

    def loop(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        """A loop: what a round assigns, the next one may find."""
        over: Value = None
        if isinstance(node, ast.For):
            over, going = rounds(self, node)
            if going is not None:
                for given in going:
                    self.assign(node.target, given)
                    self.block(node.body)
                self.block(node.orelse)
                return
        elif isinstance(node, ast.AsyncFor):
            over = self.value(node.iter)
        whole = self.reachable([over])
        held = tuple(each for each in whole if each is not over) or whole
        if id(node) not in self.assigned:
            self.assigned[id(node)] = assigned_in(node.body)
        changing = self.assigned[id(node)]

        def start() -> None:
            self.steps += len(changing)
            self.names.doubt(changing, LOOP)
            if isinstance(node, ast.While):
                self.value(node.test)
            else:
                self.assign(node.target, Lost(named(node.target), LOOP, held))
            self.block(node.body)

        if not self.dry:
            self.dry = True
            self.names.branches([Branch(start)], LOOP)
            self.dry = False
        self.names.branches([Branch(start)], LOOP)
        self.names.branches([self.branch(node.orelse)])

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scopes: list[Scope]) -> None:
        """A function's body, followed when everything else has been: what it is given is not known."""
        self.names.enter()
        scope = scope_of(node)
        self.names.scopes = [*scopes, scope]
        for name in arguments(node):
            scope.names[name] = Lost(label(name), ARGUMENT)
        self.block(node.body if isinstance(node.body, list) else [ast.Expr(node.body)])
        self.names.scopes = self.names.scopes[:1]
        self.names.region = ()

    def defined(self, node: ast.ClassDef) -> Defined:
        """A class: its methods are followed like functions; its own names stay its own."""
        bases = [self.value(each) for each in node.bases if not (isinstance(each, ast.Name) and each.id == "object")]
        with self.names.aside() as names:
            self.names.bind(node.name, Defined(node))
            self.block(node.body)
        own = {name: value for name, value in names.items() if name != node.name}
        return Defined(node, body_of(self, node, bases, own))


def _is_main(test: ast.expr) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq(), *_]):
            return True
    return False


def _ends(body: Sequence[ast.stmt]) -> bool:
    """Whether nothing after these statements is reached."""
    last = body[-1] if body else None
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        called = last.value.func
        return (isinstance(called, ast.Attribute) and called.attr in ("exit", "_exit")) or (
            isinstance(called, ast.Name) and called.id in ("exit", "quit")
        )
    return isinstance(last, ast.Raise | ast.Return | ast.Continue | ast.Break)
