"""Works expressions of a piece of Python out, as far as constants and references go. Nothing is run."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from validator import source_python_calls as calls
from validator import source_sdk
from validator.source_python_names import MUTATORS, assigned_in
from validator.source_python_values import (
    BRANCH,
    CALLED,
    CHANGED,
    ELSEWHERE,
    LOOP,
    STAR,
    TEXTUAL,
    Defined,
    Dictionary,
    Dumped,
    Located,
    Lost,
    Opened,
    Sequence,
    Settings,
    Slot,
    Thing,
    Value,
    concatenated,
    containers,
    label,
    lose,
    operated,
)

if TYPE_CHECKING:
    from validator.source_python_run import Program

DEEPEST: Final = 80
"""Expressions within expressions."""
_UNKNOWN: Final = Lost("an expression", ELSEWHERE)


class Evaluator:
    """Values of expressions, in a program's present state."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.depth = 0

    def value(self, node: ast.expr) -> Value:
        """What an expression stands for."""
        self.program.step()
        self.depth += 1
        try:
            return self._value(node) if self.depth <= DEEPEST else _UNKNOWN
        finally:
            self.depth -= 1

    def _value(self, node: ast.expr) -> Value:  # noqa: PLR0912 - one for each kind of expression
        match node:
            case ast.Constant():
                plain = isinstance(node.value, str | bytes | bool | int | float | None)
                return node.value if plain else _UNKNOWN  # type: ignore[return-value]  # just seen
            case ast.Name():
                return self.program.names.look_up(node.id)
            case ast.Dict():
                return self.mapping(node)
            case ast.List() | ast.Tuple():
                return self.sequence(node)
            case ast.JoinedStr():
                return concatenated(*(self.piece(each) for each in node.values))
            case ast.Attribute():
                return self.attribute(node)
            case ast.Subscript():
                return self.member(self.value(node.value), self.value(node.slice))
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
                found = self.value(node.value)
                self.program.names.bind(node.target.id, found)
                return found
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self.comprehension(node)
            case ast.Starred():
                return Lost("an expression", ELSEWHERE, containers(self.value(node.value)))
            case ast.Lambda():
                return Defined(node)
        for each in ast.iter_child_nodes(node):
            if isinstance(each, ast.expr):
                self.value(each)
        return _UNKNOWN

    # ---- displays ------------------------------------------------------------------------------------------------------

    def mapping(self, node: ast.Dict) -> Value:
        """``{...}``."""
        made = self.program.dictionary(self.program.at(node))
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.value(item)
            if key is None:
                self.update(made, value)
                continue
            name = self.value(key)
            if isinstance(name, str):
                made.items[name] = Slot(value, self.program.at(item))
            else:
                made.rest = Lost("a key", ELSEWHERE)
        return made

    def update(self, target: Value, given: Value) -> None:
        """Put the members of one dictionary into another."""
        for each in containers(target):
            each.changed = True
            each.late = each.late or each.lost is not None
            sure = each is target and self.program.certain(each)
            if not isinstance(each, Dictionary):
                each.lost = each.lost or Lost("", CHANGED)
            elif sure and isinstance(given, Dictionary) and not given.lost:
                given.copied = True
                each.items.update({key: Slot(slot.value, slot.at) for key, slot in given.items.items()})
                if given.rest:
                    self.loosen(each, given.rest)
            elif sure:
                may = tuple(
                    held for one in containers(given) for held in ([one] if not isinstance(one, Dictionary) else self.held(one))
                )
                name = given.label if isinstance(given, Lost) else "a dictionary"
                self.loosen(each, Lost(name, given.why if isinstance(given, Lost) else CHANGED, may))
            else:
                lose(each, Lost("", CHANGED))

    @staticmethod
    def held(one: Dictionary) -> list[Dictionary | Sequence]:
        """What stands in it."""
        one.copied = True
        return [held for slot in one.items.values() for held in containers(slot.value)]

    @staticmethod
    def loosen(target: Dictionary, rest: Lost) -> None:
        """Members that are there may have been replaced, and others may have come."""
        target.rest = rest
        for key, slot in target.items.items():
            slot.value = Lost(label(key), rest.why, containers(slot.value))

    def sequence(self, node: ast.List | ast.Tuple) -> Value:
        """``[...]`` and ``(...)``."""
        made = Sequence(self.program.at(node), self.program.names.region)
        for each in node.elts:
            value = self.value(each)
            if isinstance(each, ast.Starred):
                made.lost = Lost("a list", ELSEWHERE)
            made.items.append(Slot(value, self.program.at(each)))
        return made

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        """What each round makes, its variables not known."""
        names = self.program.names
        held: tuple[Dictionary | Sequence, ...] = self.program.reach([self.value(each.iter) for each in node.generators])
        outer = names.enter()
        made = Sequence(self.program.at(node), outer)
        with names.aside() as changed:
            for name in assigned_in([each.target for each in node.generators]):
                names.scopes[-1].names[name] = Lost(label(name), LOOP, held)
            own = set(changed)
            for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
                made.items.append(Slot(self.value(part), self.program.at(part)))
        names.region = outer
        for name in assigned_in([node]) - own:
            names.bind(name, Lost(label(name), LOOP, containers(changed.get(name))))
        found = tuple(one for slot in made.items for one in containers(slot.value))
        return Lost("a comprehension", LOOP, found) if isinstance(node, ast.DictComp) else made

    def piece(self, node: ast.expr) -> Value:
        """A part of an f-string."""
        if isinstance(node, ast.FormattedValue):
            found = self.value(node.value)
            plain = node.format_spec is None and node.conversion in (-1, ord("s"))
            return found if plain else Lost("an expression", ELSEWHERE)
        return self.value(node)

    # ---- members and operators -----------------------------------------------------------------------------------------

    def attribute(self, node: ast.Attribute) -> Value:
        """``a.b``."""
        base = self.value(node.value)
        if isinstance(base, Thing):
            return Thing(f"{base.name}.{node.attr}") if len(base.name) < 200 else _UNKNOWN
        if isinstance(base, Located) and node.attr == "parent":
            return Located(calls.joined_path(base.path, ".."))
        return Lost(label(f"{base.label}.{node.attr}" if isinstance(base, Lost) else node.attr), ELSEWHERE, containers(base))

    def member(self, base: Value, key: Value) -> Value:
        """``a[b]``."""
        if isinstance(base, Dictionary) and isinstance(key, str):
            slot = base.items.get(key)
            if base.lost or slot is None:
                lost = base.lost or base.rest or _UNKNOWN
                return Lost(label(key), lost.why, containers(slot.value) if slot else ())
            return slot.value
        if isinstance(base, Sequence) and type(key) is int and not base.lost and -len(base.items) <= key < len(base.items):
            return base.items[key].value
        if isinstance(base, Thing) and base.name == "os.environ" and isinstance(key, str):
            return self.program.variable(key)
        if isinstance(base, Settings):
            return calls.setting(base, key, None)
        if isinstance(base, TEXTUAL) and not isinstance(base, str | bytes) and isinstance(key, str):
            return operated("get", base, key)
        name = base.label if isinstance(base, Lost) else base.name if isinstance(base, Thing) else "an expression"
        may = tuple(held for each in containers(base) for held in self.below(each, key))
        return Lost(label(name), base.why if isinstance(base, Lost) else ELSEWHERE, may)

    @staticmethod
    def below(held: Dictionary | Sequence, key: Value) -> tuple[Dictionary | Sequence, ...]:
        """What may stand at a key: at that one, or anywhere if the key is not known."""
        if isinstance(held, Dictionary):
            slots = (
                [held.items[key]]
                if isinstance(key, str) and key in held.items
                else []
                if isinstance(key, str)
                else list(held.items.values())
            )
        else:
            slots = held.items
        return tuple(one for slot in slots for one in containers(slot.value))

    def added(self, one: Value, other: Value) -> Value:
        """``a + b``."""
        if isinstance(one, Sequence) and isinstance(other, Sequence):
            lost = one.lost or other.lost
            return Sequence(one.at, self.program.names.region, [*one.items, *other.items], lost=lost)
        if isinstance(one, (*TEXTUAL, Lost)) and isinstance(other, (*TEXTUAL, Lost)):
            return concatenated(one, other)
        return _UNKNOWN

    def operation(self, node: ast.BinOp) -> Value:
        """Operators between two values."""
        if isinstance(node.op, ast.Add):
            return self.added(*self.operands(node))
        one, other = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.BitOr) and isinstance(one, Dictionary):
            made = self.program.dictionary(self.program.at(node))
            self.update(made, one)
            self.update(made, other)
            return made
        if isinstance(node.op, ast.Div) and isinstance(one, Located) and isinstance(other, str | Located):
            return Located(calls.joined_path(one.path, other if isinstance(other, str) else other.path))
        if isinstance(node.op, ast.Mod) and isinstance(one, str):
            given = [slot.value for slot in other.items] if isinstance(other, Sequence) else [other]
            pieces = one.split("%s")
            if len(pieces) == len(given) + 1 and "%" not in "".join(pieces):
                mixed = [each for pair in zip(pieces, given, strict=False) for each in pair]
                return concatenated(*mixed, pieces[-1])
        return Lost("an expression", ELSEWHERE, (*containers(one), *containers(other)))

    def operands(self, node: ast.BinOp) -> tuple[Value, Value]:
        """Both sides of a sum; a long one, which leans to the left, without going deeper for each part."""
        chain: list[ast.expr] = [node.right]
        left: ast.expr = node.left
        while isinstance(left, ast.BinOp) and isinstance(left.op, ast.Add):
            self.program.step()
            chain.append(left.right)
            left = left.left
        found = self.value(left)
        for each in reversed(chain[1:]):
            found = self.added(found, self.value(each))
        return found, self.value(chain[0])

    def either(self, node: ast.BoolOp) -> Value:
        """``a or b``: the second stands for the first where that is empty."""
        found = [self.value(each) for each in node.values]
        if isinstance(node.op, ast.Or) and len(found) == 2:
            if isinstance(found[0], str) and found[0]:
                return found[0]
            if found[0] is None or found[0] == "":
                return found[1]
            if isinstance(found[0], Lost):
                return Lost(found[0].label, found[0].why, tuple(held for each in found for held in containers(each)))
            return calls.with_default(found[0], found[1])
        return Lost("an expression", BRANCH, tuple(held for each in found for held in containers(each)))

    def conditional(self, node: ast.IfExp) -> Value:
        """``a if b else c``."""
        self.value(node.test)
        found = (self.value(node.body), self.value(node.orelse))
        return Lost("an expression", BRANCH, (*containers(found[0]), *containers(found[1])))

    # ---- calls ---------------------------------------------------------------------------------------------------------

    def call(self, node: ast.Call) -> Value:
        """``f(...)``."""
        base: Value = None
        function: Value
        method = ""
        if isinstance(node.func, ast.Attribute):
            method = node.func.attr
            base = self.value(node.func.value)
            function = Thing(f"{base.name}.{method}") if isinstance(base, Thing) and len(base.name) < 200 else _UNKNOWN
        else:
            function = self.value(node.func)
        made = self.arguments(node)
        given = [*made.given, *made.named.values()]
        self.note(method or (node.func.id if isinstance(node.func, ast.Name) else ""), made)
        if isinstance(base, Thing) and base.name == "os.environ" and method in ("setdefault", "pop", "update"):
            return self.environment(method, made)
        if isinstance(function, Thing):
            if not calls.harmless(function):
                self.program.hands(given, function.name)
            if function.name in ("exec", "eval", "globals", "locals"):
                self.program.forget(STAR)
            found = calls.call(self.program, function, made)
            return (
                Lost(found.label, found.why, self.program.reach(given)) if isinstance(found, Lost) and not found.may else found
            )
        if method:
            known = self.method(base, method, made)
            if known is not None:
                return known.value
        name = method or (node.func.id if isinstance(node.func, ast.Name) else "a function")
        # A method of what is not known, such as an HTTP client's, reads what it is given; the program's own functions may change it.
        if not method or method in self.program.names.outline.functions:
            own = not isinstance(function, Defined) or (
                getattr(function.node, "name", "lambda") in (*self.program.names.outline.functions, "lambda")
            )
            if own and name not in source_sdk.SENDERS | source_sdk.UPDATERS:
                self.program.hands(given, name)
        return Lost(f"{label(name)}()", CALLED, self.program.reach([base, *given]))

    def arguments(self, node: ast.Call) -> calls.Call:
        """The values of a call's arguments."""
        made = calls.Call([], {}, self.program.at(node), {})
        for index, each in enumerate(node.args):
            value = self.value(each)
            if isinstance(each, ast.Starred):
                made.rest = Lost("*", ELSEWHERE)
                break
            made.given.append(value)
            made.where[index] = self.program.at(each)
        for keyword in node.keywords:
            value = self.value(keyword.value)
            at = self.program.at(keyword.value)
            if keyword.arg is not None:
                made.named[keyword.arg] = value
                made.where[keyword.arg] = at
            elif isinstance(value, Dictionary) and not value.lost:
                value.copied = True
                made.named.update({key: slot.value for key, slot in value.items.items()})
                made.where.update(dict.fromkeys(value.items, at))
                made.rest = made.rest or value.rest
            else:
                name = value.label if isinstance(value, Lost) else "a dictionary"
                made.rest = Lost(name, value.why if isinstance(value, Lost) else CHANGED)
        return made

    def note(self, name: str, made: calls.Call) -> None:
        """Whether the call sends something to Planet."""
        given: Value = None
        if name in source_sdk.SENDERS:
            given = made.argument(0, "request")
        elif "json" in made.named:
            given = made.named["json"]
        elif isinstance(made.named.get("data"), Dumped):
            given = made.named["data"]
        elif name in source_sdk.UPDATERS:
            for each in (made.argument(1, "request"),):
                self.program.found.updates.update(id(held) for held in containers(each))
            return
        if isinstance(given, Dumped):
            given = given.of
        if given is not None:
            self.program.sends(given, made.at)

    def environment(self, method: str, made: calls.Call) -> Value:
        """Changes of ``os.environ``."""
        name, default = made.argument(0, "key"), made.argument(1, "default")
        if isinstance(name, str) and method != "update":
            found = self.program.variable(name, default)
            self.program.environment[name] = found if method == "setdefault" else Lost(label(name), CHANGED)
            return found
        given = {key: slot.value for key, slot in name.items.items()} if isinstance(name, Dictionary) else {}
        for key, value in {**given, **made.named}.items():
            self.program.store(Thing("os.environ"), key, value, made.at)
        return None

    def method(self, base: Value, method: str, made: calls.Call) -> Slot | None:
        """A method of a value that is known; None if it is not."""
        found: Value
        if isinstance(base, TEXTUAL) and method in calls.TEXT_METHODS:
            found = calls.text_method(method, base, made)
        elif isinstance(base, str) and method == "format":
            found = calls.formatted(base, made)
        elif isinstance(base, Opened) and method == "read" and not made.given:
            found = calls.contents(base.path, binary=base.binary)
        elif isinstance(base, Located):
            found = calls.path_method(method, base.path, made)
        elif isinstance(base, Settings) and method == "get":
            found = calls.setting(base, made.argument(0, "key"), made.argument(1, "default"))
        elif isinstance(base, Dictionary | Sequence) or (method in MUTATORS and containers(base)):
            return Slot(self.container(base, method, made), made.at)
        elif isinstance(base, TEXTUAL) and method == "get" and isinstance(made.argument(0, "key"), str):
            found = self.member(base, made.argument(0, "key"))
        else:
            return None
        return Slot(found, made.at)

    def container(self, base: Value, method: str, made: calls.Call) -> Value:  # noqa: PLR0912 - one for each method
        """A method of a dictionary or a list."""
        key, given = made.argument(0, "key"), made.argument(1, "default")
        if method == "get":
            known = (
                isinstance(base, Dictionary)
                and isinstance(key, str)
                and key not in base.items
                and not base.rest
                and not base.lost
            )
            return given if known else self.member(base, key)
        if method in ("copy", "model_copy", "model_dump", "dict"):
            return self.program.copied(base, made.at)
        if method == "update":
            if made.given:
                self.update(base, made.given[0])
            for name, value in made.named.items():
                self.program.store(base, name, value, made.where[name])
            if made.rest:
                self.update(base, made.rest)
            return None
        if method == "setdefault" and isinstance(base, Dictionary) and isinstance(key, str) and not base.rest and not base.lost:
            if key not in base.items:
                self.program.store(base, key, given, made.at)
            return self.member(base, key)
        if method == "pop" and isinstance(base, Dictionary) and isinstance(key, str):
            found = self.member(base, key)
            self.program.store(base, key, None, made.at)
            return found
        if method in ("append", "extend") and isinstance(base, Sequence) and made.given:
            if method == "append" and self.program.certain(base):
                base.items.append(Slot(made.given[0], made.where[0]))
            else:
                base.lost = base.lost or Lost("a list", CHANGED)
                base.items += [Slot(made.given[0], made.where[0])]
            return None
        if method in MUTATORS:
            for each in containers(base):
                each.changed = True
                each.late = each.late or each.lost is not None
                each.lost = each.lost or Lost("", CHANGED)
        return Lost(label(method), ELSEWHERE, self.program.reach([base]))
