"""Values: dataclasses with slots, made without compiling code. All share the methods below, where the standard library's decorator writes,
compiles and runs the source of six for each class, a millisecond each at every start, and makes each class twice (decision 0025).

A class that inherits from :class:`Dataclass` is frozen unless it says ``frozen=False``; ``eq=False`` compares by identity, and ``kw_only=True``
takes its fields by name alone. ``field`` and ``replace`` take what those of :mod:`dataclasses` take, as far as it is used here, and
:func:`dataclasses.fields`, ``asdict`` and ``replace`` take these values like any other dataclass's.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, Field, field
from functools import cached_property
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, Final, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import ClassVar

__all__ = ["Dataclass", "field", "fields", "names", "replace"]


class Plan:
    """What the shared methods need to know of a class: made for its first value."""

    def __init__(self, kind: type[Any]) -> None:
        declared = [vars(each)["__declared__"] for each in reversed(kind.__mro__) if "__declared__" in vars(each)]
        self.types: Mapping[str, Any] = {name: type_ for types, *_ in declared for name, type_ in types.items()}
        self.fields: Mapping[str, Any] = {name: default for _, defaults, *_ in declared for name, default in defaults.items()}
        """Of each field, those of base classes first: what was assigned to it in the class, a :class:`dataclasses.Field` or a default."""
        *_, self.frozen, self.named = declared[-1]
        """Whether values can be changed, and whether arguments need their names."""
        self.fillers: dict[str, Callable[[Any, Any], None]] = {name: getattr(kind, name).__set__ for name in self.fields}
        """Fill a slot, of a frozen value too."""
        self.arguments = [name for name, each in self.fields.items() if not isinstance(each, Field) or each.init]
        """Fields that are arguments, in order."""
        self.positional = 0 if self.named else len(self.arguments)
        """How many arguments need no name."""
        self.left = self.fields.keys() - self.arguments
        """Those that are none."""
        self.defaults: dict[str, Any] = {}
        """What stands in a field that is not given."""
        self.makers: dict[str, Callable[[], Any]] = {}
        """What makes that anew for each value."""
        for name, default in self.fields.items():
            if isinstance(default, Field) and default.default_factory is not MISSING:
                self.makers[name] = default.default_factory
            elif (each := default.default if isinstance(default, Field) else default) is not MISSING:
                self.defaults[name] = each
        self.filled = self.fillers
        """Without those that a class fills itself."""
        if self.left:
            filled = {*self.arguments, *self.defaults, *self.makers}
            self.filled = {name: fill for name, fill in self.fillers.items() if name in filled}

    @cached_property
    def compared(self) -> Callable[[Any], Any]:
        """What two values are compared by."""
        compared = [name for name, default in self.fields.items() if _is(default, "compare")]
        return attrgetter(*compared) if compared else lambda _: ()

    @cached_property
    def shown(self) -> list[str]:
        """The fields that its ``repr`` shows."""
        return [name for name, default in self.fields.items() if _is(default, "repr")]


def _is(default: Any, what: str) -> bool:
    """Whether a field takes part in that."""
    return not isinstance(default, Field) or getattr(default, what)


def _plan(kind: Any) -> Plan:
    kind.__plan__ = plan = Plan(kind)
    return plan


class Original:
    """The class's attributes that only the standard library's dataclass knows, which is made when somebody asks for one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._known: dict[type, Any] = {}

    def __get__(self, value: object, owner: type) -> Any:
        if owner not in self._known:
            self._known[owner] = _original(owner, self._name)
        return self._known[owner]


def _original(owner: Any, name: str) -> Any:
    from inspect import signature

    plan: Plan = owner.__plan__ or _plan(owner)
    made = dataclasses.make_dataclass(
        owner.__name__,
        [(each, plan.types[each], default) if default is not MISSING else (each, plan.types[each]) for each, default in plan.fields.items()],
        frozen=plan.frozen, kw_only=plan.named,
    )  # fmt: skip
    return signature(made) if name == "__signature__" else getattr(made, name)


def _unfit(kind: type[Any], plan: Plan, given: tuple[Any, ...], named: Mapping[str, Any]) -> TypeError:
    """What is wrong with the arguments."""
    if len(given) > plan.positional:
        return TypeError(f"{kind.__name__} takes {plan.positional} arguments, and {len(given)} were given")
    there = {*plan.arguments[: len(given)], *plan.defaults, *plan.makers, *named}
    if missing := [name for name in plan.arguments if name not in there]:
        return TypeError(f"{kind.__name__} needs {', '.join(missing)}")
    wrong = [name for name in named if name not in plan.arguments[len(given) :]]
    return TypeError(f"{kind.__name__} takes no {', '.join(wrong)}, or has it already")


_CHANGING: Final = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__, "__hash__": None}
_BY_IDENTITY: Final = {"__eq__": object.__eq__, "__hash__": object.__hash__}


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class DataclassType(type):
    """The class of the classes: gives each its slots."""

    def __new__(
        cls,
        name: str,
        bases: tuple[type, ...],
        space: dict[str, Any],
        *,
        frozen: bool = True,
        eq: bool = True,
        kw_only: bool = False,
    ) -> Any:
        # Looked at quickly where there is nothing to see: a check makes seventy classes.
        own = space.get("__annotations__", {})
        if "ClassVar" in str(own):
            own = {each: type_ for each, type_ in own.items() if "ClassVar" not in str(type_)}
        space["__declared__"] = own, {each: space.pop(each, MISSING) for each in own}, frozen, kw_only
        space["__plan__"] = None
        above: Any = ()
        if bases and bases != (Dataclass,):
            above = {
                each
                for base in bases
                for kind in base.__mro__
                if type(kind) is DataclassType
                for each in vars(kind)["__slots__"]
            }
        space["__slots__"] = tuple(each for each in own if each not in above) if above else tuple(own)
        if not (frozen and eq):
            space = {**({} if frozen else _CHANGING), **({} if eq else _BY_IDENTITY), **space}
        return type.__new__(cls, name, bases, space)


class Dataclass(metaclass=DataclassType):
    """What all values inherit."""

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
        __declared__: ClassVar[Any]
        __plan__: ClassVar[Plan | None]
    else:
        __dataclass_fields__ = Original("__dataclass_fields__")
        __dataclass_params__ = Original("__dataclass_params__")
        __match_args__ = Original("__match_args__")
        __signature__ = Original("__signature__")

        def __init__(self, *given: Any, **named: Any) -> None:
            plan: Plan = self.__plan__ or _plan(type(self))
            whole = {**plan.defaults, **named}
            if given:
                whole.update(zip(plan.arguments, given, strict=False))
            for name, make in plan.makers.items():
                if name not in whole:
                    whole[name] = make()
            if (
                len(whole) != len(plan.filled)
                or (given and (len(given) > plan.positional or not named.keys().isdisjoint(plan.arguments[: len(given)])))
                or (plan.left and not plan.left.isdisjoint(named))
            ):
                raise _unfit(type(self), plan, given, named)
            try:
                for name, fill in plan.filled.items():
                    fill(self, whole[name])
            except KeyError:
                raise _unfit(type(self), plan, given, named) from None
            self.__post_init__()

        def __setattr__(self, name: str, *_: Any) -> None:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

        __delattr__ = __setattr__

    def __post_init__(self) -> None:
        """Nothing follows."""

    @recursive_repr()
    def __repr__(self) -> str:
        shown = (self.__plan__ or _plan(type(self))).shown
        return f"{type(self).__qualname__}({', '.join(f'{each}={getattr(self, each)!r}' for each in shown)})"

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        compared = (self.__plan__ or _plan(type(self))).compared
        return bool(compared(self) == compared(other))

    def __hash__(self) -> int:
        return hash((self.__plan__ or _plan(type(self))).compared(self))

    def __getstate__(self) -> list[Any]:
        return [getattr(self, each) for each in (self.__plan__ or _plan(type(self))).fields]

    def __setstate__(self, state: list[Any]) -> None:
        plan = self.__plan__ or _plan(type(self))
        for name, value in zip(plan.fields, state, strict=True):
            plan.fillers[name](self, value)

    def __replace__(self, /, **changes: Any) -> Any:
        return changed(self, **changes)


def changed(value: Any, /, **changes: Any) -> Any:
    """The value with other fields, as :func:`dataclasses.replace` makes it."""
    if type(type(value)) is not DataclassType:
        return dataclasses.replace(value, **changes)
    plan: Plan = value.__plan__ or _plan(type(value))
    return type(value)(**{each: getattr(value, each) for each in plan.arguments if each not in changes}, **changes)


def fields(kind: type[Any]) -> tuple[Field[Any], ...]:
    """As :func:`dataclasses.fields` of a class of either kind. Nothing is compiled for one of ours whose fields are all made by ``field``."""
    plan: Plan | None = (kind.__plan__ or _plan(kind)) if type(kind) is DataclassType else None
    if plan is None or not all(isinstance(each, Field) for each in plan.fields.values()):
        return dataclasses.fields(kind)
    for name, each in plan.fields.items():
        each.name, each.type = name, plan.types[name]
    return tuple(plan.fields.values())


def names(value: Any) -> tuple[str, ...]:
    """The fields of a dataclass's value, of either kind; none of anything else, and of a class."""
    if type(type(value)) is DataclassType:
        return tuple((value.__plan__ or _plan(type(value))).fields)
    return tuple(value.__dataclass_fields__) if dataclasses.is_dataclass(value) and not isinstance(value, type) else ()


if TYPE_CHECKING:
    from dataclasses import replace
else:
    replace = changed
