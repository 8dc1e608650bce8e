"""Our dataclasses behave as the standard library's: each case is asked of both."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from typing import Any

import pytest

from tests.support.cases import in_parts
from validator.core import values
from validator.core.model import Confidence, Finding, Severity
from validator.core.values import field


class Theirs(type):
    """Classes that the standard library makes dataclasses of, declared as ours are."""

    def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any], **options: bool) -> Any:
        made = super().__new__(cls, name, bases, space)
        if not bases or "__dataclass_fields__" in space:  # the root; or made anew, with slots
            return made
        return dataclasses.dataclass(**{"frozen": True, **options}, slots=True)(made)


class Root(metaclass=Theirs):
    __slots__ = ()


def build(root: Any) -> dict[str, Any]:
    class Point(root):
        """A point."""

        x: int
        y: int = 2
        hidden: str = field(default="seen?", repr=False)
        apart: str = field(default="", compare=False)
        names: list[str] = field(default_factory=list)

        def moved(self) -> Any:
            return type(self)(self.x + 1, self.y)

    class Cut(root):
        text: str

        def __post_init__(self) -> None:
            object.__setattr__(self, "text", self.text[:3])

    class Counter(root, frozen=False):
        step: int = 1
        total: int = field(init=False, default=0)
        seen: dict[str, int] = field(init=False, default_factory=dict)

    class Thing(root, frozen=False, eq=False):
        name: str

    class Named(root, kw_only=True):
        a: int
        b: int = 0

    class Quiet(root):
        a: int

        def __repr__(self) -> str:
            return "quiet"

    class Empty(root):
        pass

    class Solid(Point):
        z: int = 3

    class CutTwice(Cut):
        times: int = 2

    return {each.__name__: each for each in (Point, Cut, Counter, Thing, Named, Quiet, Empty, Solid, CutTwice)}


OURS = build(values.Dataclass)
THEIRS = build(Root)

CASES = {
    "repr": lambda kind: repr(kind["Point"](1, names=["a"])),
    "repr of none": lambda kind: repr(kind["Empty"]()),
    "repr of its own": lambda kind: repr(kind["Quiet"](1)),
    "repr of what holds itself": lambda kind: (c := kind["Counter"](), c.seen.update(c=c), repr(c))[2],
    "defaults": lambda kind: (kind["Point"](1).y, kind["Counter"]().total),
    "no shared list": lambda kind: kind["Point"](1).names is kind["Point"](1).names,
    "equal": lambda kind: kind["Point"](1, apart="a") == kind["Point"](1, apart="b"),
    "unequal": lambda kind: kind["Point"](1) == kind["Point"](2),
    "of another class": lambda kind: (kind["Point"](1) == kind["Solid"](1), kind["Empty"]() == 3, kind["Empty"]() == kind["Empty"]()),
    "by identity": lambda kind: (kind["Thing"]("a") == kind["Thing"]("a"), bool(hash(kind["Thing"]("a")))),
    "hash": lambda kind: (hash(kind["Named"](a=1)) == hash(kind["Named"](a=1, b=0)), hash(kind["Empty"]()) == hash(kind["Empty"]())),
    "hash of what changes": lambda kind: hash(kind["Counter"]()),
    "frozen": lambda kind: setattr(kind["Point"](1), "x", 2),
    "frozen to the end": lambda kind: delattr(kind["Point"](1), "x"),
    "slots": lambda kind: setattr(kind["Counter"](), "other", 2),
    "no dictionary": lambda kind: (hasattr(kind["Solid"](1), "__dict__"), kind["Solid"].__slots__, kind["Point"].__slots__),
    "changes": lambda kind: (c := kind["Counter"](2), setattr(c, "total", 5), (c.step, c.total))[2],
    "after init": lambda kind: kind["Cut"]("abcdef").text,
    "after init, inherited": lambda kind: kind["CutTwice"]("abcdef").text,
    "too many": lambda kind: kind["Cut"]("a", "b"),
    "too few": lambda kind: kind["Point"](),
    "unknown": lambda kind: kind["Point"](1, q=2),
    "twice": lambda kind: kind["Point"](1, x=2),
    "no argument": lambda kind: kind["Counter"](total=2),
    "by name alone": lambda kind: kind["Named"](1),
    "by name": lambda kind: kind["Named"](b=2, a=1).b,
    "inherited": lambda kind: (repr(kind["Solid"](1, 2, z=5)), kind["Solid"](1).moved().x, isinstance(kind["Solid"](1), kind["Point"])),
    "match": lambda kind: (kind["Point"].__match_args__, kind["Named"].__match_args__, kind["Solid"].__match_args__, kind["Counter"].__match_args__),
    "documented": lambda kind: (kind["Point"].__doc__, kind["Point"].__qualname__, kind["Point"].__module__),
    "copied": lambda kind: copy.deepcopy(kind["Point"](1, names=["a"])) == kind["Point"](1, names=["a"]),
    "replaced": lambda kind: repr(dataclasses.replace(kind["Point"](1, 5), x=3)),
    "replaced wrongly": lambda kind: dataclasses.replace(kind["Point"](1), q=3),
    "replaced, not an argument": lambda kind: dataclasses.replace(kind["Counter"](), total=3),
    "as dictionary": lambda kind: dataclasses.asdict(kind["Solid"](1)),
    "as tuple": lambda kind: dataclasses.astuple(kind["Named"](a=1)),
    "is one": lambda kind: (dataclasses.is_dataclass(kind["Point"]), dataclasses.is_dataclass(kind["Point"](1))),
    "fields": lambda kind: [(each.name, each.type, each.repr, each.compare, each.init) for each in dataclasses.fields(kind["Solid"])],
    "signature": lambda kind: [str(inspect.signature(kind[each])) for each in ("Point", "Solid", "Named", "Counter", "Empty")],
}  # fmt: skip


def outcome(case: Any, kind: dict[str, Any]) -> Any:
    try:
        return case(kind)
    except Exception as error:  # noqa: BLE001 - which one is compared
        return type(error)


@in_parts("name", CASES)
def test_behaves_as_the_standard_librarys(name: str) -> None:
    assert outcome(CASES[name], OURS) == outcome(CASES[name], THEIRS)


def test_replaces_both_kinds() -> None:
    assert values.changed(OURS["Point"](1, 5), x=3) == OURS["Point"](3, 5)
    assert values.changed(THEIRS["Point"](1, 5), x=3) == THEIRS["Point"](3, 5)
    with pytest.raises(TypeError):
        values.changed(OURS["Point"](1), q=3)


def test_names_the_fields_of_values_alone() -> None:
    assert values.names(OURS["Solid"](1)) == values.names(THEIRS["Solid"](1)) == ("x", "y", "hidden", "apart", "names", "z")
    assert values.names(OURS["Solid"]) == values.names(THEIRS["Solid"]) == values.names("text") == values.names(None) == ()


def test_is_pickled_whole_and_stays_frozen() -> None:
    finding = Finding("n", Severity.ERROR, "t", "d", evidence={"a": "b"}, confidence=Confidence.LIKELY)
    again = pickle.loads(pickle.dumps(finding))  # noqa: S301 - our own
    assert again == finding
    with pytest.raises(dataclasses.FrozenInstanceError):
        again.name = "other"


def test_a_method_may_ask_the_class_above() -> None:
    """The standard library's fails here before Python 3.14: its class with slots is not the one that ``super()`` knows."""

    class Above:
        __slots__ = ()

        def tell(self) -> str:
            return "above"

    class Below(Above, values.Dataclass):
        x: int = 1

        def tell(self) -> str:
            return "below " + super().tell()

    assert Below().tell() == "below above"


def test_knows_no_plan_of_a_class_above() -> None:
    class Above(values.Dataclass):
        x: int = 1

    Above()

    class Below(Above):
        y: int = 2

    assert (Below().y, repr(Above()).rpartition(".")[2]) == (2, "Above(x=1)")
