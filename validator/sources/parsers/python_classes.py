"""Plain classes of a piece of Python as settings: what stands in their bodies, and what their instances have. Nothing is run.

Only what Python itself would give is followed: no metaclass, no base from elsewhere (an ``Enum`` or pydantic's settings give other values than
those that stand there), no ``__init__`` of its own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from validator.sources.parsers.python_values import PERHAPS_CHANGED, Defined, Dictionary, KnownCall, Lost, Slot, Value, lose

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
