"""Calls and methods in a piece of Python: what they give, and what they may change. Nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from validator.sources import sdk
from validator.sources.parsers import python_calls as calls
from validator.sources.parsers.python_classes import instance
from validator.sources.parsers.python_members import attribute, member, update
from validator.sources.parsers.python_names import MUTATORS
from validator.sources.parsers.python_values import (
    CALLED,
    CHANGED,
    ELSEWHERE,
    REPLACED,
    RUN,
    STAR,
    TEXTUAL,
    Defined,
    Dictionary,
    DotenvFile,
    Dumped,
    KnownCall,
    Located,
    Lost,
    Opened,
    QualifiedName,
    Sequence,
    Slot,
    Value,
    containers,
    label,
    lose,
)

if TYPE_CHECKING:
    from validator.sources.parsers.python_state import ProgramState

_REPLACING: Final = frozenset({"setattr", "patch", "object", "dict"})
"""Functions and methods that put something in the place of what they name: setattr, and mock's."""


class Invoker:
    """Values of calls, in a program's present state."""

    def __init__(self, state: ProgramState, value: Callable[[ast.expr], Value]) -> None:
        """``value``: works an expression out."""
        self.state = state
        self.value = value

    def call(self, node: ast.Call) -> Value:
        """``f(...)``."""
        base: Value = None
        function: Value
        method = ""
        if isinstance(node.func, ast.Attribute):
            method = node.func.attr
            base = self.value(node.func.value)
            function = attribute(self.state, base, method)
        else:
            function = self.value(node.func)
        made = self.arguments(node)
        arguments = [*made.positional, *made.named.values()]
        if (method or getattr(node.func, "id", "")) in _REPLACING:
            calls.replaced(self.state, made.positional)
        self.note(method or (node.func.id if isinstance(node.func, ast.Name) else ""), made)
        if isinstance(base, QualifiedName) and base.name == "os.environ" and method in ("setdefault", "pop", "update"):
            return self.environment(method, made)
        if isinstance(function, QualifiedName):
            if function.name in calls.RUNNERS and sdk.speaks_of_sending(calls.words(made)):
                self.state.content.remarks.append((made.at, RUN))
            if not calls.harmless(function):
                self.state.hands(arguments, function.name)
            if function.name in ("exec", "eval", "globals", "locals"):
                self.state.forget(STAR)
            result = calls.call(self.state, function, made)
            return (
                Lost(result.label, result.why, self.state.reachable(arguments))
                if isinstance(result, Lost) and not result.may
                else result
            )
        if isinstance(function, Defined) and (new := instance(self.state, function, made)) is not None:
            return new
        if method:
            known = self.method(base, method, made)
            if known is not None:
                return known.value
        return self.not_followed(node, function, base, made)

    def not_followed(self, node: ast.Call, function: Value, base: Value, made: KnownCall) -> Lost:
        """A call of what is not known, or is the program's own."""
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        arguments = [*made.positional, *made.named.values()]
        if isinstance(function, Lost) and function.why == REPLACED:
            if function.label.startswith("planet."):
                self.state.content.remarks.append((made.at, f"what is made here is not known: {REPLACED}"))
            return Lost(function.label, REPLACED, self.state.reachable([base, *arguments]))
        name = method or (node.func.id if isinstance(node.func, ast.Name) else "a function")
        if method in self.state.names.outline.functions or method in MUTATORS:
            for each in containers(base):
                if isinstance(each, Dictionary) and each.made_of is not None:
                    lose(each, Lost("", CHANGED))
        # A method of what is not known, such as an HTTP client's, reads what it is given; the program's own functions may change it.
        if not method or method in self.state.names.outline.functions or method in ("__setattr__", "__delattr__"):
            own = not isinstance(function, Defined) or (
                getattr(function.node, "name", "lambda") in (*self.state.names.outline.functions, "lambda")
            )
            if own and name not in sdk.SENDERS | sdk.UPDATERS:
                self.state.hands(arguments, name)
        return Lost(f"{label(name)}()", CALLED, self.state.reachable([base, *arguments]))

    def arguments(self, node: ast.Call) -> KnownCall:
        """The values of a call's arguments."""
        made = KnownCall([], {}, self.state.at(node), {})
        for each in node.args:
            value = self.value(each.value if isinstance(each, ast.Starred) else each)
            if isinstance(each, ast.Starred):
                if isinstance(value, Sequence) and not value.lost:
                    for slot in value.items:
                        made.where[len(made.positional)] = slot.at
                        made.positional.append(slot.value)
                    continue
                made.rest = Lost("*", ELSEWHERE)
                break
            made.where[len(made.positional)] = self.state.at(each)
            made.positional.append(value)
        for keyword in node.keywords:
            value = self.value(keyword.value)
            at = self.state.at(keyword.value)
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

    def note(self, name: str, made: KnownCall) -> None:
        """Whether the call sends something to Planet."""
        request: Value = None
        planets = name in sdk.SENDERS or any(map(sdk.takes_deliveries, (*made.positional[:2], made.named.get("url"))))
        if name in sdk.SENDERS:
            request = made.argument(0, "request")
        elif "json" in made.named:
            request = made.named["json"]
        elif planets or isinstance(made.named.get("data"), Dumped):
            request = calls.sent(self.state, made)
        elif name in sdk.UPDATERS:
            for each in (made.argument(1, "request"),):
                self.state.content.updates.update(id(held) for held in containers(each))
            return
        if isinstance(request, Dumped):
            request = request.of
        if request is not None:
            self.state.sends(request, made.at, planets=planets)

    def environment(self, method: str, made: KnownCall) -> Value:
        """Changes of ``os.environ``."""
        name, default = made.argument(0, "key"), made.argument(1, "default")
        if isinstance(name, str) and method != "update":
            setting = self.state.variable(name, default)
            self.state.environment[name] = setting if method == "setdefault" else Lost(label(name), CHANGED)
            return setting
        items = {key: slot.value for key, slot in name.items.items()} if isinstance(name, Dictionary) else {}
        for key, value in {**items, **made.named}.items():
            self.state.store(QualifiedName("os.environ"), key, value, made.at)
        return None

    def method(self, base: Value, method: str, made: KnownCall) -> Slot | None:
        """A method of a value that is known; None if it is not."""
        result: Value
        if isinstance(base, TEXTUAL) and method in calls.TEXT_METHODS:
            result = calls.text_method(method, base, made)
        elif isinstance(base, str) and method == "format":
            result = calls.formatted(base, made)
        elif isinstance(base, Opened) and method == "read" and not made.positional:
            result = calls.contents(base.path, binary=base.binary)
        elif isinstance(base, Located):
            result = calls.path_method(method, base.path, made)
        elif isinstance(base, DotenvFile) and method == "get":
            result = calls.setting(base, made.argument(0, "key"), made.argument(1, "default"))
        elif isinstance(base, TEXTUAL) and method in MUTATORS:
            self.state.rewrites(base)
            return None
        elif isinstance(base, Dictionary) and base.made_of is not None:
            return None
        elif isinstance(base, Dictionary | Sequence) or (method in MUTATORS and containers(base)):
            return Slot(self.container(base, method, made), made.at)
        elif isinstance(base, TEXTUAL) and method == "get" and isinstance(made.argument(0, "key"), str):
            result = member(self.state, base, made.argument(0, "key"))
        else:
            return None
        return Slot(result, made.at)

    def container(self, base: Value, method: str, made: KnownCall) -> Value:  # noqa: PLR0912 - one for each method
        """A method of a dictionary or a list."""
        key, default = made.argument(0, "key"), made.argument(1, "default")
        if method == "get":
            known = (
                isinstance(base, Dictionary)
                and isinstance(key, str)
                and key not in base.items
                and not base.rest
                and not base.lost
            )
            return default if known else member(self.state, base, key)
        if method in ("copy", "model_copy", "model_dump", "dict"):
            return self.state.copied(base, made.at)
        if method == "update":
            if made.positional:
                update(self.state, base, made.positional[0])
            for name, value in made.named.items():
                self.state.store(base, name, value, made.where[name])
            if made.rest:
                update(self.state, base, made.rest)
            return None
        if method == "setdefault" and isinstance(base, Dictionary) and isinstance(key, str) and not base.rest and not base.lost:
            if key not in base.items:
                self.state.store(base, key, default, made.at)
            return member(self.state, base, key)
        if method == "pop" and isinstance(base, Dictionary) and isinstance(key, str):
            result = member(self.state, base, key)
            self.state.store(base, key, None, made.at)
            return result
        if method in ("append", "extend") and isinstance(base, Sequence) and made.positional:
            if method == "append" and self.state.certain(base):
                base.items.append(Slot(made.positional[0], made.where[0]))
            else:
                base.lost = base.lost or Lost("a list", CHANGED)
                base.items += [Slot(made.positional[0], made.where[0])]
            return None
        if method in MUTATORS:
            for each in containers(base):
                each.changed = True
                each.late = each.late or each.lost is not None
                each.lost = each.lost or Lost("", CHANGED)
        return Lost(label(method), ELSEWHERE, self.state.reachable([base]))
