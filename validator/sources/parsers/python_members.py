"""Members of dictionaries, lists, classes and instances in a piece of Python: what stands there, and what becomes of it when others are put in.

Of plain classes, as settings have them, only what Python itself would give is followed: no metaclass, no base from elsewhere (an ``Enum`` or
pydantic's settings give other values than those that stand there), no ``__init__`` of its own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from validator.sources.parsers import python_calls as calls
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
    KnownCall,
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


_LOOKS: Final = frozenset(
    {
        "__getattribute__", "__getattr__", "__setattr__", "__init_subclass__", "__class_getitem__", "__set_name__",
        "__get__", "__set__", "__getitem__", "keys", "__slots__",
    }
)  # fmt: skip
"""Methods with which a member may be another than what stands in the class."""
_MAKES: Final = frozenset({"__new__", "__init__", "__post_init__"})
_NO_FIELDS: Final = ("ClassVar", "InitVar", "KW_ONLY")
_SWITCHES: Final = frozenset({"frozen", "eq", "order", "repr", "unsafe_hash", "match_args"})


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


# ---- classes and instances ---------------------------------------------------------------------------------------------


def body_of(state: ProgramState, node: ast.ClassDef, bases: list[Value], names: Mapping[str, Value]) -> Dictionary | None:
    """What stands in a class; None where that is not certain. ``names``: what its body binds."""
    inherited = [each.body for each in bases if isinstance(each, Defined) and each.body is not None]
    plain = len(inherited) == len(bases) < 2 and all(map(_is_dataclass, node.decorator_list))
    if node.keywords or not plain or _LOOKS & names.keys():
        return None
    above = tuple(one for each in inherited for one in (each, *(each.made_of or ())))
    state.steps += len(above) + sum(len(each.items) for each in inherited)
    state.step()
    body = Dictionary(state.at(node), state.names.region, made_of=above)
    for each in reversed(inherited):
        body.items.update(each.items)
    body.items.update({name: Slot(value, state.at(node)) for name, value in names.items()})
    return body


def instance(state: ProgramState, made: Defined, call: KnownCall) -> Dictionary | None:
    """What an instance has; None where that is not certain."""
    body = made.body
    if body is None or not isinstance(made.node, ast.ClassDef) or call.rest or _MAKES & body.items.keys():
        return None
    names = _fields(made.node) if made.node.decorator_list and not body.made_of else None
    fields = {**call.named}
    if names is not None and len(call.positional) <= len(names):
        fields |= dict(zip(names, call.positional, strict=False))
    elif call.positional:
        return None
    if fields and (names is None or not fields.keys() <= set(names)):
        return None
    state.steps += len(body.items) + len(body.made_of or ())
    state.step()
    return Dictionary(call.at, state.names.region, items={**body.items, **fields}, made_of=(body, *(body.made_of or ())))


def default_arguments(
    state: ProgramState, value: Callable[[ast.expr], Value], node: ast.FunctionDef | ast.AsyncFunctionDef
) -> None:
    """What an argument stands for that is not given: a function that changes its arguments changes it."""
    for each in (*node.args.defaults, *node.args.kw_defaults):
        default = value(each) if each is not None else None
        if node.name in state.names.outline.functions:
            lose(default, PERHAPS_CHANGED)


def outdated(held: Dictionary) -> bool:
    """Whether a class that it was made of may have been changed since."""
    return any(each.changed or each.lost for each in held.made_of or ())


def member_of(held: Dictionary, name: str) -> Value | None:
    """What a class or an instance has under a name; None if that is not known."""
    slot = held.items.get(name)
    return None if slot is None or held.lost or held.rest or outdated(held) or isinstance(slot.value, Lost) else slot.value


def _is_dataclass(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return _is_dataclass(node.func) and not node.args and {each.arg for each in node.keywords} <= _SWITCHES
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name == "dataclass"


def _fields(node: ast.ClassDef) -> list[str] | None:
    """The fields of a dataclass in their order; None where that is not certain."""
    annotated = [each for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)]
    if any(name in ast.unparse(each.annotation) for each in annotated for name in _NO_FIELDS):
        return None
    return [each.target.id for each in annotated if isinstance(each.target, ast.Name)]
