"""Members of dictionaries and lists in a piece of Python: what stands there, and what becomes of it when others are put in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.sources.parsers import python_calls as calls
from validator.sources.parsers.python_classes import member_of
from validator.sources.parsers.python_values import (
    CALLED,
    CHANGED,
    ELSEWHERE,
    NOT_FOLLOWED,
    PERHAPS_CHANGED,
    REPLACED,
    TEXTUAL,
    Container,
    Defined,
    Dictionary,
    DotenvFile,
    Listed,
    Located,
    Lost,
    QualifiedName,
    Slot,
    Value,
    containers,
    label,
    lose,
    operated,
)

if TYPE_CHECKING:
    from validator.sources.parsers.python_state import ProgramState


def member(state: ProgramState, base: Value, key: Value) -> Value:
    """``a[b]``."""
    if isinstance(base, Dictionary) and isinstance(key, str):
        slot = base.items.get(key)
        if base.lost or slot is None:
            lost = base.lost or base.rest or NOT_FOLLOWED
            return Lost(label(key), lost.why, containers(slot.value) if slot else ())
        return slot.value
    if isinstance(base, Listed) and type(key) is int and not base.lost and -len(base.items) <= key < len(base.items):
        return base.items[key].value
    if isinstance(base, QualifiedName) and base.name == "os.environ" and isinstance(key, str):
        return state.variable(key)
    if isinstance(base, DotenvFile):
        return calls.setting(base, key, None)
    if isinstance(base, TEXTUAL) and not isinstance(base, str | bytes) and isinstance(key, str):
        return operated("get", base, key)
    name = base.label if isinstance(base, Lost) else base.name if isinstance(base, QualifiedName) else "an expression"
    may = tuple(held for each in containers(base) for held in _below(each, key))
    return Lost(label(name), base.why if isinstance(base, Lost) else ELSEWHERE, may)


def attribute(state: ProgramState, base: Value, name: str) -> Value:
    """``a.b``."""
    if isinstance(base, QualifiedName):
        return state.thing(f"{base.name}.{name}") if len(base.name) < 200 else NOT_FOLLOWED
    if isinstance(base, Located) and name == "parent":
        return Located(calls.folder_of(base.path))
    held = base.body if isinstance(base, Defined) else base
    if isinstance(held, Dictionary) and held.made_of is not None:
        if name.startswith("__"):
            lose(held, PERHAPS_CHANGED)
        inner = member_of(held, name)
        return inner if inner is not None else Lost(label(name), CHANGED if held.changed else ELSEWHERE, (held,))
    if isinstance(base, Lost):
        why = base.why if base.why in (REPLACED, CALLED) else ELSEWHERE
        return Lost(label(f"{base.label.removesuffix('()')}.{name}"), why, base.may)
    return Lost(label(name), ELSEWHERE, containers(base))


def _below(held: Container, key: Value) -> tuple[Container, ...]:
    """What may stand at a key: at that one, or anywhere if the key is not known."""
    slots = held.slots()
    if isinstance(held, Dictionary) and isinstance(key, str):
        slots = [held.items[key]] if key in held.items else []
    return tuple(one for slot in slots for one in containers(slot.value))


def update(state: ProgramState, target: Value, source: Value) -> None:
    """Put the members of one dictionary into another."""
    state.rewrites(target)
    for each in containers(target):
        each.touch()
        sure = each is target and state.certain(each)
        if not isinstance(each, Dictionary):
            each.lose(PERHAPS_CHANGED)
        elif sure and isinstance(source, Dictionary) and not source.lost:
            source.copied = True
            each.items.update({key: Slot(slot.value, slot.at) for key, slot in source.items.items()})
            if source.rest:
                _loosen(each, source.rest)
        elif sure:
            may = tuple(held for one in containers(source) for held in _held(one))
            name = source.label if isinstance(source, Lost) else "a dictionary"
            _loosen(each, Lost(name, source.why if isinstance(source, Lost) else CHANGED, may))
        else:
            lose(each, PERHAPS_CHANGED)


def _held(one: Container) -> list[Container]:
    """What stands in a dictionary; a list itself."""
    if not isinstance(one, Dictionary):
        return [one]
    one.copied = True
    return [held for slot in one.slots() for held in containers(slot.value)]


def _loosen(target: Dictionary, rest: Lost) -> None:
    """Members that are there may have been replaced, and others may have come."""
    target.rest = rest
    for key, slot in target.items.items():
        slot.value = Lost(label(key), rest.why, containers(slot.value))
