"""What names mean in a piece of Python: scopes, branches and the order of assignments."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from validator import source_sdk
from validator.source_python_values import (
    BRANCH,
    CHANGED,
    EARLIER,
    REASSIGNED,
    Dictionary,
    Lost,
    Thing,
    Value,
    containers,
    label,
    lose,
)
from validator.source_python_values import Sequence as Listed

MUTATORS: Final = frozenset(
    {
        "update",
        "setdefault",
        "pop",
        "popitem",
        "clear",
        "append",
        "extend",
        "insert",
        "remove",
        "sort",
        "reverse",
        "__setitem__",
    }
)

_BARE: Final[Mapping[str, str]] = {
    **{each: each for each in ("os", "io", "json", "base64", "copy", "pathlib", "dotenv", "requests", "httpx", "getpass", "yaml")},
    **{each: each for each in ("open", "input", "dict", "list", "tuple", "str", "print", "len", "repr", "type", "sorted", "isinstance")},
    **{each: each for each in ("display", "vars", "dir", "id", "bool", "int", "float", "set", "enumerate", "zip", "range")},
    "environ": "os.environ",
    "getenv": "os.getenv",
    "deepcopy": "copy.deepcopy",
    "Path": "pathlib.Path",
    "dotenv_values": "dotenv.dotenv_values",
    "load_dotenv": "dotenv.load_dotenv",
    "find_dotenv": "dotenv.find_dotenv",
    "b64encode": "base64.b64encode",
    "b64decode": "base64.b64decode",
    "pprint": "pprint.pprint",
    **source_sdk.BARE,
}  # fmt: skip
"""What names that nothing is assigned to mean: builtins, and what snippets leave the import of out."""

FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(slots=True)
class Scope:
    """The names of the program, or of one function."""

    names: dict[str, Value] = field(default_factory=dict)
    local: frozenset[str] = frozenset()
    """Every name that is assigned somewhere in it."""
    shared: frozenset[str] = frozenset()
    """Names that it declares global or nonlocal."""


@dataclass(slots=True)
class Outline:
    """What can be said of a program before its statements are followed."""

    assigned: dict[str, int]
    """How often each of the program's own names is assigned."""
    volatile: frozenset[str]
    """Names whose values functions change."""
    declared: frozenset[str]
    """Names that functions assign by ``global``."""
    functions: frozenset[str]
    """Names of functions and methods that change what they are given."""


class Names:
    """Looks names up, binds them, and joins what branches leave."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.scopes = [Scope()]
        self.region: tuple[int, ...] = ()
        self._regions = 0

    def look_up(self, name: str) -> Value:
        """What the name stands for here."""
        own = self.scopes[-1]
        if name in own.names:
            return own.names[name]
        if len(self.scopes) > 1 and name in own.local and name not in own.shared:
            return Lost(label(name), EARLIER)
        for scope in reversed(self.scopes[1:-1]):
            if name in scope.names:
                return self._from_outside(name, scope.names[name], 2)
        if name in self.scopes[0].names:
            value = self.scopes[0].names[name]
            return self._from_outside(name, value, self.outline.assigned.get(name, 1)) if len(self.scopes) > 1 else value
        if name in self.outline.assigned:
            return Lost(label(name), EARLIER)
        if name in _BARE:
            return Thing(_BARE[name])
        helper = source_sdk.bare_helper(name)
        return Thing(helper) if helper else Lost(label(name), EARLIER)

    def _from_outside(self, name: str, value: Value, times: int) -> Value:
        """A value seen from within a function, which runs at a time that is not known."""
        if isinstance(value, Thing):
            return value
        if times > 1:
            return Lost(label(name), REASSIGNED, containers(value))
        if isinstance(value, Dictionary | Listed) and value.changed:
            return Lost(label(name), CHANGED, (value,))
        return value

    def bind(self, name: str, value: Value) -> None:
        """Assign to a name."""
        scope = self.scopes[-1]
        if len(self.scopes) > 1 and name in scope.shared:
            return  # the program's own name is marked by the outline
        if len(self.scopes) == 1:
            if name in self.outline.declared:
                from validator.source_python_values import FUNCTION

                value = Lost(label(name), FUNCTION, containers(value))
            elif name in self.outline.volatile:
                lose(value, Lost("", CHANGED))
        scope.names[name] = value

    def unbind(self, name: str) -> None:
        """``del name``."""
        self.scopes[-1].names[name] = Lost(label(name), EARLIER)

    def enter(self) -> tuple[int, ...]:
        """Begin a branch, a loop or a function; gives what to go back to."""
        before = self.region
        self._regions += 1
        self.region = (*before, self._regions)
        return before

    def branches(self, bodies: Sequence[Callable[[], None]], why: str = BRANCH) -> None:
        """Follow each of several ways; what they leave different is not known after them."""
        scope = self.scopes[-1]
        before = dict(scope.names)
        results = [before]
        for body in bodies:
            scope.names = dict(before)
            outer = self.enter()
            body()
            self.region = outer
            results.append(scope.names)
        scope.names = joined(results, why)


def joined(results: Sequence[Mapping[str, Value]], why: str) -> dict[str, Value]:
    """Names after ways of which one was taken."""
    names: dict[str, Value] = dict(results[0])
    for name in {name for each in results for name in each}:
        values = [each[name] for each in results if name in each]
        if len(values) == len(results) and all(each is values[0] for each in values):
            continue
        may = tuple({id(held): held for each in values for held in containers(each)}.values())
        names[name] = Lost(label(name), why, may)
    return names


# ---- before the statements are followed --------------------------------------------------------------------------------


def outline(trees: Sequence[ast.Module]) -> Outline:
    """What can be said of a program, in parts, before it is followed."""
    assigned: dict[str, int] = {}
    volatile: set[str] = set()
    declared: set[str] = set()
    changing: set[str] = set()
    for tree in trees:
        for name in _bound(tree):
            assigned[name] = assigned.get(name, 0) + 1
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                own = frozenset(_bound(node)) | {each.arg for each in _arguments(node)}
                changed = set(_changed(node))
                volatile |= changed - own
                if changed and not isinstance(node, ast.Lambda):
                    changing.add(node.name)
            elif isinstance(node, ast.Global | ast.Nonlocal):
                declared.update(node.names)
    return Outline(assigned, frozenset(volatile), frozenset(declared), frozenset(changing))


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[ast.arg]:
    given = node.args
    found = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return [*found, *(each for each in (given.vararg, given.kwarg) if each is not None)]


def arguments(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[str]:
    """The names of a function's arguments."""
    return [each.arg for each in _arguments(node)]


def own_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """A function's or program's nodes, without those inside the functions and classes in it."""
    waiting = list(ast.iter_child_nodes(tree))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, FUNCTIONS):
            waiting.extend(ast.iter_child_nodes(node))


def _bound(tree: ast.AST) -> Iterator[str]:
    for node in own_nodes(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((each.asname or each.name).partition(".")[0] for each in node.names)
        elif (isinstance(node, ast.ExceptHandler) and node.name) or (
            isinstance(node, ast.MatchAs | ast.MatchStar) and node.name
        ):
            yield node.name


def assigned_in(nodes: Sequence[ast.AST]) -> frozenset[str]:
    """Names that are assigned in these statements."""
    return frozenset(name for each in nodes for name in (*_bound(ast.Module([each], [])), *_bound(each)))  # type: ignore[list-item]  # any node


def scope_of(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Scope:
    """An empty scope for a function's body."""
    shared = {name for each in own_nodes(node) if isinstance(each, ast.Global | ast.Nonlocal) for name in each.names}
    return Scope(local=frozenset(_bound(node)), shared=frozenset(shared))


def _changed(tree: ast.AST) -> Iterator[str]:
    """Names whose values a function changes in place, or hands on to a call of a plain name that may."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            yield from _root(node)
        elif isinstance(node, ast.AugAssign):
            yield from _root(node.target)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            yield from _root(node.func.value)


def _root(node: ast.AST) -> Iterator[str]:
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id
