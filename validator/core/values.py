"""Dataclasses with slots, made without compiling code: all share the methods below, where the standard library's writes, compiles and
runs the source of six for each class, a millisecond each at every start (decision 0025).

``dataclass``, ``field`` and ``replace`` take what those of :mod:`dataclasses` take, as far as it is used here, and
:func:`dataclasses.fields`, ``asdict`` and ``replace`` take these values like any other dataclass's. Type checkers see the originals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, field, is_dataclass
from operator import attrgetter
from reprlib import recursive_repr
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

__all__ = ["dataclass", "field", "names", "replace"]


class Plan(NamedTuple):
    """What the shared methods need to know of a class."""

    fields: Mapping[str, Any]
    """Of each field, those of base classes first: what was assigned to it in the class, a :class:`dataclasses.Field` or a default."""
    setters: Mapping[str, Callable[[Any, Any], None]]
    """Fill a slot, of a frozen value too: of those that are arguments, in order."""
    positional: int
    """How many arguments need no name."""
    left: Mapping[str, Callable[[Any, Any], None]]
    """Slots of fields that are no arguments."""
    compared: Callable[[Any], Any]
    shown: tuple[str, ...]
    frozen: bool
    types: Mapping[str, Any]


class Original:
    """The class's attributes that only the standard library's dataclass knows, which is made when somebody asks for one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._known: dict[type, Any] = {}

    def __get__(self, value: object, owner: type) -> Any:
        if owner not in self._known:
            self._known[owner] = _original(owner, self._name)
        return self._known[owner]


def _original(owner: type, name: str) -> Any:
    from dataclasses import make_dataclass
    from inspect import signature

    plan: Plan = owner.__plan__  # type: ignore[attr-defined]  # every class of ours has one
    made = make_dataclass(
        owner.__name__,
        [(each, plan.types[each], default) if default is not MISSING else (each, plan.types[each]) for each, default in plan.fields.items()],
        frozen=plan.frozen, kw_only=plan.positional < len(plan.setters),
    )  # fmt: skip
    return signature(made) if name == "__signature__" else getattr(made, name)


def _init(self: Any, *given: Any, **named: Any) -> None:
    plan: Plan = self.__plan__
    if len(given) > plan.positional:
        raise TypeError(f"{type(self).__name__} takes {plan.positional} arguments, and {len(given)} were given")
    missing = []
    for index, (name, fill) in enumerate(plan.setters.items()):
        if index < len(given):
            fill(self, given[index])
        elif name in named:
            fill(self, named.pop(name))
        elif (default := plan.fields[name]) is MISSING or not _fill(self, fill, default):
            missing.append(name)
    if missing:
        raise TypeError(f"{type(self).__name__} needs {', '.join(missing)}")
    if named:
        raise TypeError(f"{type(self).__name__} takes no {', '.join(named)}, or has it already")
    for name, fill in plan.left.items():
        _fill(self, fill, plan.fields[name])
    self.__post_init__()


def _fill(value: Any, fill: Callable[[Any, Any], None], default: Any) -> bool:
    """Whether there is a default."""
    if not isinstance(default, Field):
        fill(value, default)
    elif default.default is not MISSING:
        fill(value, default.default)
    elif default.default_factory is not MISSING:
        fill(value, default.default_factory())
    else:
        return False
    return True


def _post_init(self: Any) -> None:
    """Nothing follows."""


@recursive_repr()
def _repr(self: Any) -> str:
    return f"{type(self).__qualname__}({', '.join(f'{each}={getattr(self, each)!r}' for each in self.__plan__.shown)})"


def _eq(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    compared: Callable[[Any], object] = self.__plan__.compared
    return compared(self) == compared(other)


def _hash(self: Any) -> int:
    return hash(self.__plan__.compared(self))


def _frozen(_: Any, name: str, *__: Any) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, each) for each in self.__plan__.fields]


def _setstate(self: Any, state: list[Any]) -> None:
    plan: Plan = self.__plan__
    for name, value in zip(plan.fields, state, strict=True):
        (plan.setters.get(name) or plan.left[name])(self, value)


def changed(value: Any, /, **changes: Any) -> Any:
    """The value with other fields, as :func:`dataclasses.replace` makes it."""
    plan: Plan | None = getattr(value, "__plan__", None)
    if plan is None:
        from dataclasses import replace

        return replace(value, **changes)
    return type(value)(**{each: getattr(value, each) for each in plan.setters if each not in changes}, **changes)


def names(value: Any) -> tuple[str, ...]:
    """The fields of a dataclass's value, of either kind; none of anything else, and of a class."""
    plan: Plan | None = None if isinstance(value, type) else getattr(value, "__plan__", None)
    if plan is not None:
        return tuple(plan.fields)
    return tuple(value.__dataclass_fields__) if is_dataclass(value) and not isinstance(value, type) else ()


def _settle(made: type[Any], members: Iterable[Any]) -> None:
    """Methods that say ``super()`` or ``__class__`` mean the class with slots, not the one that the source made first."""
    for member in members:
        if type(member) is FunctionType and not member.__dict__:  # most of them, and quickly seen
            parts: Iterable[Any] = (member,)
        elif type(member) in _PLAIN:
            continue
        else:
            parts = (member, *(getattr(member, name, None) for name in ("__wrapped__", "__func__", "fget", "fset", "fdel")))
        for each in parts:
            code = getattr(each, "__code__", None)
            if code is not None and "__class__" in code.co_freevars:
                each.__closure__[code.co_freevars.index("__class__")].cell_contents = made
                return  # one cell for all of a class


_PLAIN: Final = (str, tuple, type(None), bool, int, Field, MemberDescriptorType, GetSetDescriptorType)
"""Docstrings, defaults and what the class was given by Python itself: no methods."""

_METHODS: Final = {
    "__init__": _init,
    "__post_init__": _post_init,
    "__replace__": changed,
    "__dataclass_fields__": Original("__dataclass_fields__"),
    "__dataclass_params__": Original("__dataclass_params__"),
    "__signature__": Original("__signature__"),
}
_FROZEN: Final = {"__setattr__": _frozen, "__delattr__": _frozen, "__getstate__": _getstate, "__setstate__": _setstate}


def make(
    cls: Any = None,
    /,
    *,
    slots: bool,
    frozen: bool = False,
    eq: bool = True,
    repr: bool = True,  # noqa: A002 - as the standard library calls it
    kw_only: bool = False,
) -> Any:
    """The class with slots for its fields and the shared methods, of which it may have its own."""
    if not slots:
        raise TypeError("without slots, take the standard library's dataclass")
    if cls is None:
        return lambda target: make(target, slots=slots, frozen=frozen, eq=eq, repr=repr, kw_only=kw_only)
    inherited = [each.__plan__ for each in reversed(cls.__mro__[1:]) if "__plan__" in each.__dict__]
    own = {name: kind for name, kind in cls.__annotations__.items() if "ClassVar" not in str(kind)}
    fields = {name: default for plan in inherited for name, default in plan.fields.items()}
    before = frozenset(fields)
    fields |= {name: cls.__dict__.get(name, MISSING) for name in own}
    space = {name: value for name, value in cls.__dict__.items() if name not in own and name not in ("__dict__", "__weakref__")}
    space["__slots__"] = tuple(name for name in own if name not in before)
    for name, method in (*_METHODS.items(), *(_FROZEN.items() if frozen else ())):
        if name != "__post_init__" or not hasattr(cls, name):  # a base class's own is inherited
            space.setdefault(name, method)
    if repr:
        space.setdefault("__repr__", _repr)
    if eq:
        space.setdefault("__eq__", _eq)
        if space.get("__hash__") is None:  # Python's own, of a class with __eq__
            space["__hash__"] = _hash if frozen else None
    arguments = [name for name, default in fields.items() if not isinstance(default, Field) or default.init]
    space.setdefault("__match_args__", () if kw_only else tuple(arguments))
    made: Any = type(cls)(cls.__name__, cls.__bases__, {"__qualname__": cls.__qualname__, **space})
    _settle(made, cls.__dict__.values())
    compared = [name for name, default in fields.items() if not isinstance(default, Field) or default.compare]
    made.__plan__ = Plan(
        fields,
        {name: getattr(made, name).__set__ for name in arguments},
        0 if kw_only else len(arguments),
        {name: getattr(made, name).__set__ for name in fields if name not in arguments},
        attrgetter(*compared) if compared else lambda _: (),
        tuple(name for name, default in fields.items() if not isinstance(default, Field) or default.repr),
        frozen,
        {**{name: kind for plan in inherited for name, kind in plan.types.items()}, **own},
    )
    return made


if TYPE_CHECKING:
    from dataclasses import dataclass, replace
else:
    dataclass, replace = make, changed
