"""Calls and methods in a piece of Python: what they give, and what they may change. Nothing is run."""

from __future__ import annotations

import ast
from typing import Final

from validator.sources import sdk
from validator.sources.parsers import python_calls as calls
from validator.sources.parsers.python_members import attribute, instance, member, update
from validator.sources.parsers.python_names import MUTATORS
from validator.sources.parsers.python_state import ProgramState
from validator.sources.parsers.python_values import (
    CALLED,
    CHANGED,
    ELSEWHERE,
    PERHAPS_CHANGED,
    REPLACED,
    RUN,
    STAR,
    TEXTUAL,
    Container,
    Defined,
    Dictionary,
    DotenvFile,
    Dumped,
    KnownCall,
    Listed,
    Located,
    Lost,
    Opened,
    QualifiedName,
    Slot,
    Value,
    containers,
    label,
    lose,
)

_REPLACING: Final = frozenset({"setattr", "patch", "object", "dict"})
"""Functions and methods that put something in the place of what they name: setattr, and mock's."""


class Invoker(ProgramState):
    """Gives the values of calls."""

    def value(self, node: ast.expr) -> Value:
        """What an expression stands for."""
        raise NotImplementedError

    def call(self, node: ast.Call) -> Value:
        """``f(...)``."""
        base: Value = None
        function: Value
        method, name = "", getattr(node.func, "id", "")
        if isinstance(node.func, ast.Attribute):
            method = name = node.func.attr
            base = self.value(node.func.value)
            function = attribute(self, base, method)
        else:
            function = self.value(node.func)
        made = self.arguments(node)
        if name in _REPLACING:
            calls.replaced(self, made.argument(0, ""), made.argument(1, ""))
        self.note(name, made)
        if isinstance(base, QualifiedName) and base.name == "os.environ" and method in ("setdefault", "pop", "update"):
            return self.set_variables(method, made)
        if isinstance(function, QualifiedName):
            if function.name in calls.RUNNERS and sdk.speaks_of_sending(calls.words(made)):
                self.content.remarks.append((made.at, RUN))
            if not calls.harmless(function):
                self.hands(made.values, function.name)
            if function.name in ("exec", "eval", "globals", "locals"):
                self.forget(STAR)
            result = calls.call(self, function, made)
            if isinstance(result, Lost) and not result.may:
                return Lost(result.label, result.why, self.reachable(made.values))
            return result
        if isinstance(function, Defined) and (new := instance(self, function, made)) is not None:
            return new
        if method and (known := self.method(base, method, made)) is not None:
            return known.value
        return self.not_followed(name, function, base, made, is_method=bool(method))

    def not_followed(self, name: str, function: Value, base: Value, made: KnownCall, *, is_method: bool) -> Lost:
        """A call of what is not known, or is the program's own."""
        held = self.reachable([base, *made.values])
        if isinstance(function, Lost) and function.why == REPLACED:
            if function.label.startswith("planet."):
                self.content.remarks.append((made.at, f"what is made here is not known: {REPLACED}"))
            return Lost(function.label, REPLACED, held)
        changes = name in self.names.outline.functions
        if is_method and (changes or name in MUTATORS):
            for each in containers(base):
                if isinstance(each, Dictionary) and each.made_of is not None:
                    lose(each, PERHAPS_CHANGED)
        # A method of what is not known, such as an HTTP client's, reads what it is given; the program's own functions may change it.
        if not is_method or changes or name in ("__setattr__", "__delattr__"):
            own = not isinstance(function, Defined) or (
                getattr(function.node, "name", "lambda") in (*self.names.outline.functions, "lambda")
            )
            if own and name not in sdk.SENDERS | sdk.UPDATERS:
                self.hands(made.values, name or "a function")
        return Lost(f"{label(name or 'a function')}()", CALLED, held)

    def arguments(self, node: ast.Call) -> KnownCall:
        """The values of a call's arguments."""
        made = KnownCall([], {}, self.at(node))
        for each in node.args:
            value = self.value(each.value if isinstance(each, ast.Starred) else each)
            if not isinstance(each, ast.Starred):
                made.positional.append(Slot(value, self.at(each)))
            elif isinstance(value, Listed) and not value.lost:
                made.positional += (Slot(slot.value, slot.at) for slot in value.items)
            else:
                made.rest = Lost("*", ELSEWHERE)
                break
        for keyword in node.keywords:
            value = self.value(keyword.value)
            at = self.at(keyword.value)
            if keyword.arg is not None:
                made.named[keyword.arg] = Slot(value, at)
            elif isinstance(value, Dictionary) and not value.lost:
                value.copied = True
                made.named.update({key: Slot(slot.value, at) for key, slot in value.items.items()})
                made.rest = made.rest or value.rest
            else:
                made.rest = Lost(value.label, value.why) if isinstance(value, Lost) else Lost("a dictionary", CHANGED)
        return made

    def note(self, name: str, made: KnownCall) -> None:
        """Whether the call sends something to Planet."""
        request: Value = None
        planets = name in sdk.SENDERS or any(map(sdk.takes_deliveries, (made.argument(0, ""), made.argument(1, "url"))))
        if name in sdk.SENDERS:
            request = made.argument(0, "request")
        elif "json" in made.named:
            request = made.named["json"].value
        elif planets or ("data" in made.named and isinstance(made.named["data"].value, Dumped)):
            request = calls.sent(self, made)
        elif name in sdk.UPDATERS:
            self.content.updates.update(map(id, containers(made.argument(1, "request"))))
        if isinstance(request, Dumped):
            request = request.of
        if request is not None:
            self.sends(request, made.at, planets=planets)

    def set_variables(self, method: str, made: KnownCall) -> Value:
        """Changes of ``os.environ``."""
        name, default = made.argument(0, "key"), made.argument(1, "default")
        if isinstance(name, str) and method != "update":
            setting = self.variable(name, default)
            self.environment[name] = setting if method == "setdefault" else Lost(label(name), CHANGED)
            return setting
        for key, slot in {**(name.items if isinstance(name, Dictionary) else {}), **made.named}.items():
            self.store(QualifiedName("os.environ"), key, slot.value, made.at)
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
            self.rewrites(base)
            return None
        elif isinstance(base, Dictionary) and base.made_of is not None:
            return None
        elif isinstance(base, Container) or (method in MUTATORS and containers(base)):
            return Slot(self.container(base, method, made), made.at)
        elif isinstance(base, TEXTUAL) and method == "get" and isinstance(made.argument(0, "key"), str):
            result = member(self, base, made.argument(0, "key"))
        else:
            return None
        return Slot(result, made.at)

    def container(self, base: Value, method: str, made: KnownCall) -> Value:  # noqa: PLR0912 - one for each method
        """A method of a dictionary or a list."""
        key, default = made.argument(0, "key"), made.argument(1, "default")
        if isinstance(base, Dictionary) and isinstance(key, str):
            whole = not base.rest and not base.lost
            if method == "get" and whole and key not in base.items:
                return default
            if method == "setdefault" and whole:
                if key not in base.items:
                    self.store(base, key, default, made.at)
                return member(self, base, key)
            if method == "pop":
                result = member(self, base, key)
                self.store(base, key, None, made.at)
                return result
        if method == "get":
            return member(self, base, key)
        if method in ("copy", "model_copy", "model_dump", "dict"):
            return self.copied(base, made.at)
        if method == "update":
            if made.positional:
                update(self, base, made.positional[0].value)
            for name, slot in made.named.items():
                self.store(base, name, slot.value, slot.at)
            if made.rest:
                update(self, base, made.rest)
            return None
        if method in ("append", "extend") and isinstance(base, Listed) and made.positional:
            if method == "extend" or not self.certain(base):
                base.lose(Lost("a list", CHANGED))
            base.items.append(made.positional[0])
            return None
        if method in MUTATORS:
            for each in containers(base):
                each.touch()
                each.lose(PERHAPS_CHANGED)
        return Lost(label(method), ELSEWHERE, self.reachable([base]))
