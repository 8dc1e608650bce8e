"""Follows a piece of Python statement by statement, as it would run, and notes the dictionaries that it makes. Nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass, field
from typing import Any, Final

from validator._documents import Broken
from validator.source_expressions import Variable
from validator.source_python_names import Names, Scope, Way, arguments, assigned_in, outline, scope_of
from validator.source_python_values import (
    ARGUMENT,
    BRANCH,
    CALLED,
    CHANGED,
    ELSEWHERE,
    FUNCTION,
    LOOP,
    STAR,
    UNREAD,
    Defined,
    Dictionary,
    Lost,
    Sequence,
    Slot,
    Thing,
    Value,
    Where,
    as_node,
    containers,
    inside,
    label,
    lose,
    reach,
)

MOST_STEPS: Final = 200_000
"""Statements and expressions that are followed."""
DEEPEST_BLOCK: Final = 40


@dataclass(slots=True)
class Found:
    """What a program holds."""

    made: list[Dictionary] = field(default_factory=list)
    """Every dictionary, in the order in which they are made."""
    sent: list[tuple[Dictionary, Any]] = field(default_factory=list)
    """What is sent to Planet, and what it is at that moment: whatever ``freeze`` gave."""
    handed: dict[int, Any] = field(default_factory=dict)
    """By dictionary: what it was before it was handed to a function that may have changed it."""
    later: dict[int, tuple[Dictionary, Any]] = field(default_factory=dict)
    """By dictionary that was sent: what it was when it was handed on after that."""
    unknown: list[tuple[Lost, Where]] = field(default_factory=list)
    """What is sent to Planet and is not known."""
    included: list[tuple[Value, Where]] = field(default_factory=list)
    """What is sent to Planet out of a file."""
    updates: set[int] = field(default_factory=set)
    """Dictionaries that only update a destination."""


class Program:
    """The state of the program while it is followed."""

    def __init__(self, parts: Several[ast.Module], unread: Mapping[int, Several[str]], freeze: Any) -> None:
        from validator.source_python_eval import Evaluator

        self.names = Names(outline(parts))
        self.found = Found()
        self.freeze = freeze
        self.part = 0
        self.steps = 0
        self.depth = 0
        self.dry = False
        """A loop's body is being gone through for what its later rounds change; what it makes does not count."""
        self.environment: dict[str, Value] = {}
        """Environment variables that the program itself sets."""
        self.settings_file: str | None = None
        self.settings_first = False
        self.waiting: list[tuple[int, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, list[Scope]]] = []
        self.assigned: dict[int, frozenset[str]] = {}
        """Names that a loop assigns, by the identity of its node."""
        self.evaluator = Evaluator(self)
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

    def step(self) -> None:
        """Count one. Raises :class:`Broken` when it is enough."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Broken((None, "the Python in it is too long to be followed"))

    def at(self, node: ast.AST) -> Where:
        """Where a node stands."""
        return self.part, getattr(node, "lineno", 1), getattr(node, "col_offset", 0)

    # ---- containers ----------------------------------------------------------------------------------------------------

    def dictionary(self, at: Where) -> Dictionary:
        """A new one, of the program's."""
        made = Dictionary(at, self.names.region)
        if not self.dry:
            self.found.made.append(made)
        return made

    def copied(self, value: Value, at: Where, *, deep: bool = False) -> Value:
        """A copy; without ``deep``, what stands in it is the same in both."""
        if isinstance(value, Lost):
            made = self.dictionary(at)
            made.rest = Lost(value.label, value.why)
            return made
        if not isinstance(value, Dictionary | Sequence):
            return Lost("a copy", ELSEWHERE)
        copies: dict[int, Dictionary | Sequence] = {}
        originals = list(inside(value)) if deep else [value]
        for each in originals:
            self.steps += len(each.items)
            self.step()
            if isinstance(each, Dictionary):
                each.copied = True
                copy = self.dictionary(each.at)
                copy.lost, copy.rest = each.lost, each.rest
                copies[id(each)] = copy
            else:
                copies[id(each)] = Sequence(each.at, self.names.region, lost=each.lost)
        for each in originals:
            done = copies[id(each)]
            if isinstance(each, Dictionary) and isinstance(done, Dictionary):
                done.items = {key: Slot(copies.get(id(slot.value), slot.value), slot.at) for key, slot in each.items.items()}
            elif isinstance(each, Sequence) and isinstance(done, Sequence):
                done.items = [Slot(copies.get(id(slot.value), slot.value), slot.at) for slot in each.items]
        return copies[id(value)]

    def literal(self, text: str | bytes, at: Where) -> Value:
        """JSON in a constant."""
        from validator._documents import read_json

        try:
            value = read_json(text if isinstance(text, str) else text.decode()).value
        except (Broken, ValueError, RecursionError):
            return Lost("json.loads()", ELSEWHERE)
        return self._plain(value, at)

    def _plain(self, value: Any, at: Where) -> Value:
        self.step()
        if isinstance(value, dict):
            made = self.dictionary(at)
            made.items = {key: Slot(self._plain(item, at), at) for key, item in value.items()}
            return made
        if isinstance(value, list):
            return Sequence(at, self.names.region, [Slot(self._plain(item, at), at) for item in value])
        return value  # type: ignore[no-any-return]  # JSON has nothing else

    def certain(self, held: Dictionary | Sequence) -> bool:
        """Whether a change here happens to what was made there, whenever both are reached."""
        return held.region == self.names.region

    def store(self, target: Value, key: Value, value: Value | None, at: Where) -> None:
        """``target[key] = value``; None deletes."""
        if isinstance(target, Thing) and target.name == "os.environ" and isinstance(key, str):
            self.environment[key] = value if not self.names.region and value is not None else Lost(label(key), BRANCH)
            return
        for each in containers(target):
            each.changed = True
            each.late = each.late or each.lost is not None
            if isinstance(each, Dictionary) and isinstance(key, str):
                if each is target and self.certain(each):
                    if value is None:
                        each.items.pop(key, None)
                    else:
                        each.items[key] = Slot(value, at)
                    continue
                old = each.items.get(key)
                may = (*containers(old.value if old else None), *containers(value))
                if old is not None or each is target:
                    each.items[key] = Slot(Lost(label(key), CHANGED, may), at)
                else:
                    each.rest = each.rest or Lost("", CHANGED, may)
            elif (
                isinstance(each, Sequence)
                and type(key) is int
                and -len(each.items) <= key < len(each.items)
                and value is not None
            ):
                sure = each is target and self.certain(each)
                each.items[key] = Slot(value if sure else Lost("a list's item", CHANGED, containers(value)), at)
            else:
                each.lost = each.lost or Lost("", CHANGED)

    def reach(self, values: Several[Value]) -> tuple[Dictionary | Sequence, ...]:
        """All that can be reached from several values, each once."""
        found = reach(values)
        self.steps += len(found)
        self.step()
        return found

    def forget(self, why: str) -> None:
        """Any name may have been assigned anew, and anything may have been changed."""
        self.steps += sum(len(each.names) for each in self.names.scopes)
        lost = Lost("", why)
        for each in self.reach([value for scope in self.names.scopes for value in scope.names.values()]):
            each.lost = each.lost or lost
            each.late = each.changed = True
        self.names.forget(why)

    def sends(self, value: Value, at: Where) -> None:
        """It is sent to Planet."""
        if self.dry:
            return
        found = [each for each in containers(value) if isinstance(each, Dictionary)]
        for each in found:
            self.found.sent.append((each, self.freeze(each)))
            self.found.later.pop(id(each), None)
        if isinstance(value, Lost) and not found:
            self.found.unknown.append((value, at))
        elif not found and as_node(value) is not None:
            self.found.included.append((value, at))

    def hands(self, values: Several[Value], function: str) -> None:
        """They are given to a function that is not followed."""
        lost = Lost("", f"{CHANGED}: {label(function)}() was given it")
        self.reach(values)
        for value in values:
            for each in containers(value):
                if isinstance(each, Dictionary) and not self.dry and any(one is each for one, _ in self.found.sent[-100:]):
                    self.found.later[id(each)] = (each, self.freeze(each))
                if each.lost:
                    each.late = True
                elif isinstance(each, Dictionary) and not self.dry:
                    self.found.handed.setdefault(id(each), self.freeze(each))
                lose(each, lost)

    def variable(self, name: str, default: Value = None) -> Value:
        """An environment variable, as the program would see it."""
        if name in self.names.outline.environment:
            return Lost(label(name), FUNCTION)
        if name in self.environment:
            return self.environment[name]
        node = as_node(default) if default is not None else None
        if default is not None and node is None:
            return Lost(label(name), ELSEWHERE)
        if self.settings_first and self.settings_file is not None:
            from validator.source_expressions import Setting

            return Setting(self.settings_file, name, Variable(name, node))
        return Variable(name, node, file=self.settings_file)

    # ---- statements ----------------------------------------------------------------------------------------------------

    def block(self, body: Several[ast.stmt]) -> None:
        """Statements one after the other."""
        self.depth += 1
        if self.depth > DEEPEST_BLOCK:
            raise Broken((getattr(body[0], "lineno", None) if body else None, "the Python in it is nested too deeply"))
        for statement in body:
            self.step()
            self.statement(statement)
        self.depth -= 1

    def statement(self, node: ast.stmt) -> None:  # noqa: PLR0912 - one for each kind of statement
        """One statement."""
        value = self.evaluator.value
        match node:
            case ast.Assign():
                found = value(node.value)
                for target in node.targets:
                    self.assign(target, found)
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
                    found = value(item.context_expr)
                    if item.optional_vars is not None:
                        self.assign(item.optional_vars, found)
                self.block(node.body)
            case ast.If():
                self.choice(node)
            case ast.For() | ast.AsyncFor() | ast.While():
                self.loop(node)
            case ast.Try() | ast.TryStar():
                self.attempt(node)
            case ast.Match():
                value(node.subject)
                self.names.branches([Way(self.case(each), _ends(each.body)) for each in node.cases])
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.names.bind(node.name, Defined(node))
                if not self.dry:
                    self.waiting.append((self.part, node, list(self.names.scopes)))
            case ast.ClassDef():
                self.names.bind(node.name, Defined(node))
                self.methods(node)

    def choice(self, node: ast.If) -> None:
        """``if``, and every ``elif`` of it."""
        bodies: list[list[ast.stmt]] = []
        rest: list[ast.stmt] = [node]
        while len(rest) == 1 and isinstance(rest[0], ast.If):
            each = rest[0]
            self.step()
            self.evaluator.value(each.test)
            if not bodies and _is_main(each.test):
                self.block(each.body)
                return
            bodies.append(each.body)
            rest = each.orelse
        bodies.append(rest)
        self.names.branches([Way(self._body(each), _ends(each)) for each in bodies], or_none=False)

    def attempt(self, node: ast.Try | ast.TryStar) -> None:
        """``try``: where no handler goes on, what stands in it has happened when it is left."""
        body = [*node.body, *node.orelse]
        handlers = [Way(self.handler(each, assigned_in(node.body)), _ends(each.body)) for each in node.handlers]
        if all(each.ends for each in handlers):
            self.names.branches(handlers)
            self.block(body)
        else:
            self.names.branches([Way(self._body(body), _ends(body)), *handlers], or_none=False)
        self.block(node.finalbody)

    def _body(self, body: Several[ast.stmt]) -> Any:
        return lambda: self.block(body)

    def handler(self, node: ast.ExceptHandler, perhaps: frozenset[str]) -> Any:
        """``except``. ``perhaps``: names that are assigned before it, or not."""

        def work() -> None:
            for name in perhaps:
                self.names.bind(name, Lost(label(name), BRANCH, containers(self.names.scopes[-1].names.get(name))))
            if node.name:
                self.names.bind(node.name, Lost(label(node.name), BRANCH))
            self.block(node.body)

        return work

    def case(self, node: ast.match_case) -> Any:
        """``case``."""

        def work() -> None:
            for name in assigned_in([node.pattern]):
                self.names.bind(name, Lost(label(name), BRANCH))
            self.block(node.body)

        return work

    def loop(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        """A loop: what a round assigns, the next one may find."""
        over = None if isinstance(node, ast.While) else self.evaluator.value(node.iter)
        whole = self.reach([over])
        held = tuple(each for each in whole if each is not over) or whole
        if id(node) not in self.assigned:
            self.assigned[id(node)] = assigned_in(node.body)
        changing = self.assigned[id(node)]

        def start() -> None:
            self.steps += len(changing)
            for name in changing:
                before = self.names.scopes[-1].names.get(name)
                self.names.bind(name, Lost(label(name), LOOP, containers(before)))
            if isinstance(node, ast.While):
                self.evaluator.value(node.test)
            else:
                self.assign(node.target, Lost(_target(node.target), LOOP, held))
            self.block(node.body)

        if not self.dry:
            self.dry = True
            self.names.branches([Way(start)], LOOP)
            self.dry = False
        self.names.branches([Way(start)], LOOP)
        self.names.branches([Way(self._body(node.orelse))])

    def augment(self, node: ast.AugAssign) -> None:
        """``x += y``."""
        target = node.target
        old = self.evaluator.value(_read(target))
        new = self.evaluator.value(node.value)
        if isinstance(node.op, ast.BitOr) and containers(old):
            self.evaluator.update(old, new)
            return
        if containers(old):
            lose(old, Lost("", CHANGED))
            return
        self.assign(
            target, self.evaluator.added(old, new) if isinstance(node.op, ast.Add) else Lost("an expression", ELSEWHERE)
        )

    def assign(self, target: ast.expr, value: Value) -> None:
        """Bind a target: a name, several, a member."""
        self.step()
        if isinstance(target, ast.Name):
            self.names.bind(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            several = value.items if isinstance(value, Sequence) and not value.lost else None
            plain = several is not None and len(several) == len(target.elts)
            for index, each in enumerate(target.elts):
                inner = each.value if isinstance(each, ast.Starred) else each
                known = plain and several is not None and inner is each
                lost = Lost(_target(inner), ELSEWHERE, containers(value))
                self.assign(inner, several[index].value if known and several is not None else lost)
        elif isinstance(target, ast.Subscript):
            self.store(self.evaluator.value(target.value), self.evaluator.value(target.slice), value, self.at(target))
        elif isinstance(target, ast.Attribute):
            for held in containers(self.evaluator.value(target.value)):
                held.lost = held.lost or Lost("", CHANGED)

    def delete(self, target: ast.expr) -> None:
        """``del``."""
        if isinstance(target, ast.Name):
            self.names.unbind(target.id)
        elif isinstance(target, ast.Subscript):
            self.store(self.evaluator.value(target.value), self.evaluator.value(target.slice), None, self.at(target))
        elif isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                self.delete(each)

    def imports(self, node: ast.Import | ast.ImportFrom) -> None:
        """``import``: names for modules and what is in them."""
        from validator import source_sdk

        for each in node.names:
            if isinstance(node, ast.Import):
                name = each.asname or each.name.partition(".")[0]
                self.names.bind(name, Thing(each.name if each.asname else name))
            elif each.name == "*":
                if not (node.module or "").startswith("planet"):
                    self.steps += sum(len(scope.names) for scope in self.names.scopes)
                    self.names.forget(STAR)
                for helper in (*source_sdk.HELPERS, *source_sdk.REQUESTS, source_sdk.DELIVERY):
                    if helper.rpartition(".")[0] == node.module:
                        self.names.bind(helper.rpartition(".")[2], Thing(helper))
            else:
                self.names.bind(each.asname or each.name, Thing(f"{'.' * node.level}{node.module or ''}.{each.name}"))

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

    def methods(self, node: ast.ClassDef) -> None:
        """A class's body: its methods are followed like functions; its own names stay its own."""
        with self.names.aside():
            self.block(node.body)


def _is_main(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and isinstance(test.ops[0], ast.Eq)
    )


def _ends(body: Several[ast.stmt]) -> bool:
    """Whether nothing after these statements is reached."""
    last = body[-1] if body else None
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        called = last.value.func
        return (isinstance(called, ast.Attribute) and called.attr in ("exit", "_exit")) or (
            isinstance(called, ast.Name) and called.id in ("exit", "quit")
        )
    return isinstance(last, ast.Raise | ast.Return | ast.Continue | ast.Break)


def _target(node: ast.expr) -> str:
    return label(node.id) if isinstance(node, ast.Name) else "an expression"


def _read(node: ast.Name | ast.Attribute | ast.Subscript) -> ast.expr:
    """The same place, read instead of written."""
    if isinstance(node, ast.Name):
        return ast.copy_location(ast.Name(node.id, ast.Load()), node)
    if isinstance(node, ast.Attribute):
        return ast.copy_location(ast.Attribute(node.value, node.attr, ast.Load()), node)
    return ast.copy_location(ast.Subscript(node.value, node.slice, ast.Load()), node)


__all__ = ["CALLED", "Found", "Program"]
