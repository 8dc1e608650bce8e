"""What names mean in a piece of Python: scopes, branches and the order of assignments."""

from __future__ import annotations

import ast
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from validator.core.values import Dataclass, field
from validator.sources import sdk
from validator.sources.expressions import EARLIER, files_of
from validator.sources.parsers.python_values import (
    BRANCH,
    CHANGED,
    FUNCTION,
    PERHAPS_CHANGED,
    REASSIGNED,
    TEXTUAL,
    Defined,
    Lost,
    QualifiedName,
    Value,
    containers,
    label,
    lose,
)

MUTATORS: Final = frozenset(
    {
        "update", "setdefault", "pop", "popitem", "clear", "append", "extend", "insert", "remove", "sort", "reverse",
        "__setitem__",
    }
)  # fmt: skip

HARMLESS: Final = (
    "os", "io", "json", "base64", "copy", "pathlib", "requests", "httpx", "yaml", "open", "dict", "list", "tuple", "str", "print", "len",
    "repr", "type", "sorted", "isinstance", "display", "vars", "dir", "id", "bool", "int", "float", "set", "enumerate", "zip", "range",
    "exec", "eval", "globals", "locals",
)  # fmt: skip
"""Modules and builtins whose functions do not change what they are given, among those that are used without an import."""

_BARE: Final[Mapping[str, str]] = {
    **{each: each for each in (*HARMLESS, "dotenv", "getpass", "input")},
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
    **sdk.BARE,
}  # fmt: skip
"""What names that nothing is assigned to mean: builtins, and what snippets leave the import of out."""

MISSING: Final = Lost("", EARLIER)
"""Stands for a name that nothing is assigned to."""

FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class Bindings(ChainMap[str, "Value"]):
    """Names and values, those of the present way first."""

    def __getitem__(self, key: str) -> Value:
        """The value; without an exception for each way that does not bind it."""
        for each in self.maps:
            if key in each:
                return each[key]
        raise KeyError(key)


class Scope(Dataclass, frozen=False):
    """The names of the program, or of one function."""

    names: Bindings = field(default_factory=Bindings)
    local: frozenset[str] = frozenset()
    """Every name that is assigned somewhere in it."""
    shared: frozenset[str] = frozenset()
    """Names that it declares global or nonlocal."""


class Outline(Dataclass, frozen=False):
    """What can be said of a program before its statements are followed."""

    assigned: dict[str, int]
    """How often each of the program's own names is assigned."""
    volatile: frozenset[str]
    """Names whose values functions change."""
    declared: frozenset[str]
    """Names that functions assign by ``global``."""
    functions: frozenset[str]
    """Names of functions and methods that change what they are given."""
    environment: frozenset[str]
    """Environment variables that functions set."""


class Branch(Dataclass):
    """One of several ways that a program may take."""

    follow: Callable[[], None]
    ends: bool = False
    """Nothing after it is reached: it raises, returns or exits."""


class Names:
    """Looks names up, binds them, and joins what branches leave."""

    def __init__(self, outline: Outline, rewritten: set[str]) -> None:
        self.outline = outline
        self.rewritten = rewritten
        """Files whose values the program changes after it has read them."""
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
        if name == "__file__":
            return "./__file__"  # paths begin at the source's folder
        if name in _BARE:
            return QualifiedName(_BARE[name])
        helper = sdk.bare_helper(name)
        return QualifiedName(helper) if helper else Lost(label(name), EARLIER)

    def _from_outside(self, name: str, value: Value, times: int) -> Value:
        """A value seen from within a function, which runs at a time that is not known."""
        if isinstance(value, QualifiedName):
            return value
        if times > 1:
            return Lost(label(name), REASSIGNED, containers(value))
        if not isinstance(value, Lost) and any(each.changed for each in containers(value)):
            return Lost(label(name), CHANGED, containers(value))
        return value

    def bind(self, name: str, value: Value) -> None:
        """Assign to a name."""
        scope = self.scopes[-1]
        if len(self.scopes) > 1 and name in scope.shared:
            return  # the program's own name is marked by the outline
        if name in self.outline.declared:
            value = Lost(label(name), FUNCTION, containers(value))
        elif name in self.outline.volatile:
            lose(value, PERHAPS_CHANGED)
            if isinstance(value, TEXTUAL):
                self.rewritten.update(files_of(value))
        scope.names[name] = value

    def doubt(self, names: Iterable[str], why: str) -> None:
        """Assign what is not known, where there may be what each name stands for here."""
        for name in names:
            self.bind(name, Lost(label(name), why, containers(self.scopes[-1].names.get(name))))

    def unbind(self, name: str) -> None:
        """``del name``."""
        self.scopes[-1].names[name] = Lost(label(name), EARLIER)

    def enter(self) -> tuple[int, ...]:
        """Begin a branch, a loop or a function; gives what to go back to."""
        before = self.region
        self._regions += 1
        self.region = (*before, self._regions)
        return before

    def branches(self, ways: Sequence[Branch], why: str = BRANCH, *, or_none: bool = True) -> None:
        """Follow each of several ways; what they leave different is not known after them. ``or_none``: perhaps none is taken."""
        scope = self.scopes[-1]
        results: list[Mapping[str, Value]] = [{}] if or_none else []
        for way in ways:
            outer = self.enter()
            with self.aside() as changed:
                way.follow()
            self.region = outer
            if not way.ends:
                results.append(changed)
        for name in {name for each in results for name in each}:
            values = [each[name] if name in each else scope.names.get(name, MISSING) for each in results]
            if all(each is values[0] for each in values):
                scope.names[name] = values[0]
            else:
                may = tuple({id(held): held for each in values for held in containers(each)}.values())
                scope.names[name] = Lost(label(name), why, may)

    @contextmanager
    def aside(self) -> Iterator[Mapping[str, Value]]:
        """What is bound meanwhile is forgotten afterwards; it is given, as it was in the end."""
        scope = self.scopes[-1]
        scope.names = scope.names.new_child()
        try:
            yield scope.names.maps[0]
        finally:
            scope.names = Bindings(*scope.names.maps[1:])

    def forget(self, why: str) -> None:
        """Any name may have been assigned anew."""
        for scope in self.scopes:
            for name, value in list(scope.names.items()):
                if not isinstance(value, QualifiedName | Defined):
                    scope.names[name] = Lost(label(name), why, containers(value))


# ---- before the statements are followed --------------------------------------------------------------------------------


def outline(trees: Sequence[ast.Module]) -> Outline:
    """What can be said of a program, in parts, before it is followed."""
    assigned: dict[str, int] = {}
    volatile: set[str] = set()
    declared: set[str] = set()
    changing: set[str] = set()
    environment: set[str] = set()
    for tree in trees:
        loops = [each for each in own_nodes(tree) if isinstance(each, ast.For | ast.AsyncFor | ast.While)]
        for each in (tree, *loops):  # what a loop assigns, it assigns again
            for name in _bound(each):
                assigned[name] = assigned.get(name, 0) + 1
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                own = {*_bound(node), *arguments(node)}
                changed = set(changed_in(node)) - {"os", "environ"}
                environment |= set(_environment(node))
                volatile |= changed - own
                if changed and not isinstance(node, ast.Lambda):
                    changing.add(node.name)
            elif isinstance(node, ast.Global | ast.Nonlocal):
                declared.update(node.names)
    return Outline(assigned, frozenset(volatile), frozenset(declared), frozenset(changing), frozenset(environment))


def arguments(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[str]:
    """The names of a function's arguments."""
    given = node.args
    every = (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
    return [each.arg for each in every if each is not None]


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
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name


def assigned_in(nodes: Sequence[ast.AST]) -> frozenset[str]:
    """Names that are assigned in these statements."""
    return frozenset(_bound(ast.Module(list(nodes), [])))  # type: ignore[arg-type]  # any node has children


def scope_of(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Scope:
    """An empty scope for a function's body."""
    shared = {name for each in own_nodes(node) if isinstance(each, ast.Global | ast.Nonlocal) for name in each.names}
    return Scope(local=frozenset(_bound(node)), shared=frozenset(shared))


def changed_in(tree: ast.AST) -> Iterator[str]:
    """Names whose values a function changes in place, or hands on to a call of a plain name that may."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            yield from roots(node)
        elif isinstance(node, ast.AugAssign):
            yield from roots(node.target)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            yield from roots(node.func.value)


def _environment(tree: ast.AST) -> Iterator[str]:
    """Environment variables that a function sets."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Subscript) or isinstance(node.ctx, ast.Load) or not isinstance(node.slice, ast.Constant):
            continue
        if set(roots(node)) & {"os", "environ"}:
            yield str(node.slice.value)


def roots(node: ast.AST) -> Iterator[str]:
    """The name that an expression of members and calls begins with."""
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id
