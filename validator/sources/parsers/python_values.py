"""What names stand for while a piece of Python is read: constants, references, dictionaries and lists. Nothing is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from validator.core.values import Dataclass, field
from validator.sources.expressions import (
    Applied,
    Failed,
    FileData,
    Joined,
    Node,
    Setting,
    Unknown,
    Variable,
    apply,
    expressed,
    joined,
    size,
)

if TYPE_CHECKING:
    import ast

BRANCH: Final = "it is assigned in a branch (if, try, match), so only a run of the program shows its value"
LOOP: Final = "it is assigned in a loop, so only a run of the program shows its value"
FUNCTION: Final = "it is assigned in a function, so only a run of the program shows its value"
ARGUMENT: Final = "it is an argument of a function, so only a call shows its value"
CALLED: Final = "it comes from a call that is not followed"
REASSIGNED: Final = "it is assigned more than once, and when this function is called is not known"
ELSEWHERE: Final = "its value is worked out in a way that is not followed"
CHANGED: Final = "what holds it may have been changed before it is used"
ASKED: Final = "it is asked for when the program runs; put it into an environment variable and name that"
STAR: Final = "an import of everything (*), or code in a string, after it may have assigned it anew"
REPLACED: Final = "the program puts something of its own in the place of this function, so only a run shows what it gives"
RUN: Final = "what this command sends to Planet is not read; write the request down in a .json file, or the command in a script"
UNREAD: Final = "it is assigned in a part that could not be read"

Where: TypeAlias = "tuple[int, int, int]"
"""Part (a notebook's cell, counted from 0), line from 1, and column in bytes from 0."""


class Slot(Dataclass, frozen=False):
    """A value in a dictionary or a list, and where it is written."""

    value: Value
    at: Where


class Container(Dataclass, frozen=False, eq=False):
    """A dictionary or a list of the program's."""

    at: Where
    region: tuple[int, ...]
    """The branches, loops and functions that it is made in."""
    lost: Lost | None = None
    """Any of its values may have been changed."""
    changed: bool = False
    late: bool = False
    """Changed after that: what it was before is no answer any more."""

    def slots(self) -> list[Slot]:
        """What stands in it."""
        raise NotImplementedError

    def touch(self) -> None:
        """It is changed."""
        self.changed = True
        self.late = self.late or self.lost is not None

    def lose(self, lost: Lost) -> None:
        """Any of its values may have been changed, if none has been before."""
        self.lost = self.lost or lost


class Dictionary(Container, frozen=False, eq=False):
    """A dictionary of the program's."""

    items: dict[str, Slot] = field(default_factory=dict)
    rest: Lost | None = None
    """It may hold other members as well."""
    copied: bool = False
    """Others were made from it."""
    delivery: bool = False
    """It is a subscription's delivery, not a request, although it looks like one."""
    made_of: tuple[Dictionary, ...] | None = None
    """For a class's members, or an instance's: the classes that they come from. None for a dictionary of the program's."""

    def slots(self) -> list[Slot]:
        """What stands in it."""
        return list(self.items.values())


class Listed(Container, frozen=False, eq=False):
    """A list or a tuple of the program's."""

    items: list[Slot] = field(default_factory=list)

    def slots(self) -> list[Slot]:
        """What stands in it."""
        return list(self.items)


class Lost(Dataclass, eq=False):
    """A value that is not known."""

    label: str
    why: str
    may: tuple[Container, ...] = ()
    """What it may be: changing it may change these."""


NOT_FOLLOWED: Final = Lost("an expression", ELSEWHERE)
PERHAPS_CHANGED: Final = Lost("", CHANGED)


class QualifiedName(Dataclass):
    """A module, or something in one, by its full name."""

    name: str


class Located(Dataclass):
    """A path."""

    path: str


class Opened(Dataclass):
    """An open file."""

    path: str
    binary: bool


class DotenvFile(Dataclass):
    """What ``dotenv_values`` gives."""

    file: str


class Defined(Dataclass, eq=False):
    """A function or class of the program's own."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
    body: Dictionary | None = None
    """What stands in a class, where that is certain."""


class Dumped(Dataclass, eq=False):
    """A dictionary as JSON text."""

    of: Container


Value: TypeAlias = (
    "bool | int | float | str | bytes | Variable | Setting | FileData | Applied | Joined | Unknown"
    " | Container | Lost | QualifiedName | Located | Opened | DotenvFile | Defined | Dumped | None"
)


class KnownCall(Dataclass, frozen=False):
    """A call whose arguments are known as far as they can be."""

    positional: list[Slot]
    named: dict[str, Slot]
    at: Where
    rest: Lost | None = None
    """There may be other arguments: ``*args`` or ``**kwargs`` that are not followed."""

    def argument(self, index: int, name: str) -> Value | None:
        """An argument by place or name; None if it is not given."""
        slot = self.positional[index] if index < len(self.positional) else self.named.get(name)
        return slot.value if slot else None

    @property
    def values(self) -> list[Value]:
        """All arguments."""
        return [slot.value for slot in (*self.positional, *self.named.values())]


TEXTUAL: Final = (str, bytes, Variable, Setting, FileData, Applied, Joined, Unknown)
"""What a text can be made of."""


def label(text: str) -> str:
    """A name as a message may show it. What looks like a key is none."""
    digits = sum(each.isdigit() for each in text)
    return text if len(text) <= 60 and digits <= 6 and text.replace(".", "").replace("_", "").isalnum() else "a name"


def containers(value: Value) -> tuple[Container, ...]:
    """What can be changed through this value."""
    if isinstance(value, Container):
        return (value,)
    if isinstance(value, Defined):
        return (value.body,) if value.body is not None else ()
    return value.may if isinstance(value, Lost) else ()


def inside(value: Value) -> Iterator[Container]:
    """A container and all that it holds, each once."""
    waiting = list(containers(value))
    visited: set[int] = set()
    while waiting:
        each = waiting.pop()
        if id(each) in visited:
            continue
        visited.add(id(each))
        yield each
        for slot in each.slots():
            waiting += containers(slot.value)


def reachable(values: Iterable[Value]) -> tuple[Container, ...]:
    """All that can be reached from several values, each once."""
    reached: dict[int, Container] = {}
    for value in values:
        if any(id(each) not in reached for each in containers(value)):
            reached.update({id(each): each for each in inside(value)})
    return tuple(reached.values())


def lose(value: Value, lost: Lost) -> None:
    """Whatever can be reached from a value may have been changed."""
    for each in inside(value):
        each.lose(lost)
        each.changed = True


def as_node(value: Value) -> Node | None:
    """The value as a part of a text; None if it is none."""
    if isinstance(value, TEXTUAL):
        return value
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, Located):
        return value.path
    return Unknown(value.label, value.why) if isinstance(value, Lost) else None


def operated(operation: str, value: Value, *arguments: str) -> Value:
    """An operation on a text, done at once where everything is known."""
    if isinstance(value, Lost):
        return Lost(value.label, value.why)
    if not isinstance(value, TEXTUAL):
        return NOT_FOLLOWED
    if isinstance(value, str | bytes):
        try:
            done: Any = apply(operation, value, arguments)
        except Failed:
            return NOT_FOLLOWED
        return done if isinstance(done, str | bytes) else NOT_FOLLOWED
    made = Applied(operation, value, arguments)
    return made if size(made) < 100 else NOT_FOLLOWED


def concatenated(*values: Value) -> Value:
    """Texts in a row."""
    nodes = [as_node(each) for each in values]
    if any(each is None or isinstance(each, bytes) for each in nodes):
        return NOT_FOLLOWED
    made = joined(*(each for each in nodes if each is not None))
    return Lost(made.label, made.why) if isinstance(made, Unknown) else made


def lowered(value: Value) -> Any:
    """A value that is no container, as a document holds it."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, QualifiedName):
        return expressed(Unknown(label(value.name), CALLED))
    node = as_node(value)
    return expressed(node if node is not None else Unknown("an expression", ELSEWHERE))
