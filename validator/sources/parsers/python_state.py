"""What is known of a program while it is followed: its names, its dictionaries and lists, and what happened to them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from validator.core.values import Dataclass, field
from validator.sources.document import ParseError
from validator.sources.expressions import Setting, Variable, files_of
from validator.sources.parsers.python_names import Names, outline
from validator.sources.parsers.python_values import (
    BRANCH,
    CHANGED,
    ELSEWHERE,
    FUNCTION,
    PERHAPS_CHANGED,
    REPLACED,
    TEXTUAL,
    Container,
    Dictionary,
    Listed,
    Lost,
    QualifiedName,
    Slot,
    Value,
    Where,
    as_node,
    containers,
    inside,
    label,
    lose,
    reachable,
)

MOST_STEPS: Final = 200_000
"""Statements and expressions that are followed."""


class Unseen(Dataclass):
    """Something that is sent and is not known."""

    value: Lost
    at: Where
    planets: bool
    """It is Planet that it is sent to, beyond doubt."""


class ProgramContent(Dataclass, frozen=False):
    """What a program holds."""

    made: list[Dictionary] = field(default_factory=list)
    """Every dictionary, in the order in which they are made."""
    sent: list[tuple[Dictionary, Any]] = field(default_factory=list)
    """What is sent to Planet, and what it is at that moment: whatever ``freeze`` gave."""
    handed: dict[int, Any] = field(default_factory=dict)
    """By dictionary: what it was before it was handed to a function that may have changed it."""
    later: dict[int, tuple[Dictionary, Any]] = field(default_factory=dict)
    """By dictionary that was sent: what it was when it was handed on after that."""
    unknown: list[Unseen] = field(default_factory=list)
    """What is sent and is not known, or whose delivery is not."""
    altered: list[Where] = field(default_factory=list)
    """Where something is sent that was read from a file and changed since."""
    remarks: list[tuple[Where, str]] = field(default_factory=list)
    """What is made or sent somewhere and is not followed, in words."""
    included: list[tuple[Value, Where]] = field(default_factory=list)
    """What is sent to Planet out of a file."""
    updates: set[int] = field(default_factory=set)
    """Dictionaries that only update a destination."""


class ProgramState:
    """The state of the program while it is followed."""

    def __init__(
        self,
        parts: Sequence[ast.Module],
        freeze: Callable[[Dictionary], Any],
        rewritten: set[str],
        replaced: Iterable[str] = (),
    ) -> None:
        self.names = Names(outline(parts), rewritten)
        self.content = ProgramContent()
        self.freeze = freeze
        self.part = 0
        self.steps = 0
        self.dry = False
        """A loop's body is being gone through for what its later rounds change; what it makes does not count."""
        self.rewritten = rewritten
        self.replaced = set(replaced)
        """Functions of modules, or modules, that the program puts others in the place of, by their full names."""
        self.rounds = 0
        """Rounds of loops that were followed one by one."""
        self.environment: dict[str, Value] = {}
        """Environment variables that the program itself sets."""
        self.settings_file: str | None = None
        self.settings_first = False

    def thing(self, name: str) -> QualifiedName | Lost:
        """A module, or something in one, unless the program puts another in its place."""
        if self.replaced and any(f"{name}.".startswith(f"{each}.") for each in self.replaced):
            return Lost(label(name), REPLACED)
        return QualifiedName(name)

    def step(self) -> None:
        """Count one. Raises :class:`ParseError` when it is enough."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise ParseError((None, "the Python in it is too long to be followed"))

    def at(self, node: ast.AST) -> Where:
        """Where a node stands."""
        return self.part, getattr(node, "lineno", 1), getattr(node, "col_offset", 0)

    # ---- containers ----------------------------------------------------------------------------------------------------

    def dictionary(self, at: Where) -> Dictionary:
        """A new one, of the program's."""
        made = Dictionary(at, self.names.region)
        if not self.dry:
            self.content.made.append(made)
        return made

    def copied(self, value: Value, at: Where, *, deep: bool = False) -> Value:
        """A copy; without ``deep``, what stands in it is the same in both."""
        if isinstance(value, Lost):
            made = self.dictionary(at)
            made.rest = Lost(value.label, value.why)
            return made
        if not isinstance(value, Container):
            return Lost("a copy", ELSEWHERE)
        copies: dict[int, Container] = {}
        for each in list(inside(value)) if deep else [value]:
            slots = [Slot(slot.value, slot.at) for slot in each.slots()]
            self.steps += len(slots)
            self.step()
            if isinstance(each, Dictionary):
                each.copied = True
                copies[id(each)] = copy = self.dictionary(each.at)
                copy.items, copy.rest = dict(zip(each.items, slots, strict=True)), each.rest
            else:
                copies[id(each)] = Listed(each.at, self.names.region, items=slots)
            copies[id(each)].lost = each.lost
        for slot in (slot for copy in copies.values() for slot in copy.slots()):
            slot.value = copies.get(id(slot.value), slot.value)
        return copies[id(value)]

    def certain(self, held: Container) -> bool:
        """Whether a change here happens to what was made there, whenever both are reached."""
        return held.region == self.names.region

    def rewrites(self, value: Value) -> None:
        """It is changed in place: what was read from a file is no longer what the file says."""
        if isinstance(value, TEXTUAL):
            self.rewritten.update(files_of(value))

    def store(self, target: Value, key: Value, value: Value | None, at: Where) -> None:
        """``target[key] = value``; None deletes."""
        self.rewrites(target)
        if isinstance(target, QualifiedName) and target.name == "sys.modules" and isinstance(key, str):
            self.replaced.add(key)
        if isinstance(target, QualifiedName) and target.name == "os.environ" and isinstance(key, str):
            self.environment[key] = value if not self.names.region and value is not None else Lost(label(key), BRANCH)
            return
        for each in containers(target):
            each.touch()
            sure = each is target and self.certain(each)
            if isinstance(each, Dictionary) and isinstance(key, str):
                if sure:
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
                isinstance(each, Listed)
                and type(key) is int
                and -len(each.items) <= key < len(each.items)
                and value is not None
            ):
                each.items[key] = Slot(value if sure else Lost("a list's item", CHANGED, containers(value)), at)
            else:
                each.lose(PERHAPS_CHANGED)

    def reachable(self, values: Sequence[Value]) -> tuple[Container, ...]:
        """All that can be reached from several values, each once."""
        reached = reachable(values)
        self.steps += len(reached)
        self.step()
        return reached

    def forget(self, why: str) -> None:
        """Any name may have been assigned anew, and anything may have been changed."""
        self.steps += sum(len(each.names) for each in self.names.scopes)
        lost = Lost("", why)
        for each in self.reachable([value for scope in self.names.scopes for value in scope.names.values()]):
            each.lose(lost)
            each.late = each.changed = True
        self.names.forget(why)

    def sends(self, value: Value, at: Where, *, planets: bool) -> None:
        """It is sent. ``planets``: to Planet, beyond doubt."""
        if self.dry:
            return
        if isinstance(value, Dictionary) and value.made_of is not None:
            value = Lost("an object", ELSEWHERE)
        dictionaries = [each for each in containers(value) if isinstance(each, Dictionary)]
        for each in dictionaries:
            self.content.sent.append((each, self.freeze(each)))
            self.content.later.pop(id(each), None)
            delivery = each.items["delivery"].value if "delivery" in each.items else None
            if isinstance(delivery, Lost) and not delivery.may:
                self.content.unknown.append(Unseen(delivery, at, planets))
        if isinstance(value, Lost) and not dictionaries:
            self.content.unknown.append(Unseen(value, at, planets))
        elif not dictionaries and (node := as_node(value)) is not None:
            if files_of(node) & self.rewritten:
                self.content.altered.append(at)
            else:
                self.content.included.append((value, at))

    def hands(self, values: Sequence[Value], function: str) -> None:
        """They are given to a function that is not followed."""
        lost = Lost("", f"{CHANGED}: {label(function)}() was given it")
        self.reachable(values)
        for value in values:
            if function in self.names.outline.functions:
                self.rewrites(value)
            for each in containers(value):
                if isinstance(each, Dictionary) and not self.dry and any(one is each for one, _ in self.content.sent[-100:]):
                    self.content.later[id(each)] = (each, self.freeze(each))
                if each.lost:
                    each.late = True
                elif isinstance(each, Dictionary) and not self.dry:
                    self.content.handed.setdefault(id(each), self.freeze(each))
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
            return Setting(self.settings_file, name, Variable(name, node))
        return Variable(name, node, file=self.settings_file)
