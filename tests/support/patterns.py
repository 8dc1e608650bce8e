"""Every regular expression of the package, collected from its source and its tables."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import validator
from validator import providers
from validator.core import lazy

FUNCTIONS = {"compile", "match", "fullmatch", "search", "findall", "finditer", "sub", "subn", "split"}
NAMED = re.compile(rf"\.({'|'.join(FUNCTIONS)})\b")
ANCHORED = {"match", "fullmatch"}
ELSEWHERE = "validator.demo.emulators"
"""Stand-ins of clouds for tests and the demo: they read what we send."""


@dataclass(frozen=True)
class Pattern:
    """One expression, and how it is used."""

    where: str
    pattern: str | bytes
    flags: int
    scan: bool
    """Whether it is looked for everywhere, not only at one place."""


def modules() -> Iterator[ModuleType]:
    for each in pkgutil.walk_packages(validator.__path__, "validator."):
        if not each.name.startswith(ELSEWHERE) and not each.name.endswith("__main__"):
            yield importlib.import_module(each.name)


class _Names(ast.NodeTransformer):
    """``re.escape(anything)`` becomes a text: what is escaped is matched as it stands."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "escape":
            return ast.copy_location(ast.Constant("Name"), node)
        return node


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Of one file, what the questions below are asked of: nothing where it names none of the functions."""
    text = path.read_text(encoding="utf-8")
    if not NAMED.search(text):
        return []
    kinds = ast.Call | ast.Attribute | ast.Assign | ast.AnnAssign | ast.For
    return [each for each in ast.walk(ast.parse(text)) if isinstance(each, kinds)]


def nodes_of(module: ModuleType) -> list[ast.AST]:
    return nodes(Path(str(module.__file__)))


def in_source(module: ModuleType) -> Iterator[tuple[ast.Call, str, Any, int]]:
    """Each call that takes a pattern: the function, the pattern and flags as the module has them, None for what only a run knows."""
    for node in nodes_of(module):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)):
            continue
        if node.func.value.id not in ("re", "lazy") or node.func.attr not in FUNCTIONS:
            continue
        flags = 0
        given = [each.value for each in node.keywords if each.arg == "flags"]
        position = {"compile": 1, "sub": 4, "subn": 4, "split": 3}.get(node.func.attr, 2)
        given += node.args[position : position + 1]
        for each in given:
            flags |= int(eval(compile(ast.Expression(each), "", "eval"), vars(module)))  # noqa: S307 - our own source
        wanted = ast.fix_missing_locations(ast.Expression(_Names().visit(node.args[0])))
        try:
            pattern = eval(compile(wanted, "", "eval"), vars(module))  # noqa: S307 - our own source
        except NameError:
            pattern = None
        yield node, node.func.attr, pattern, flags


def used(name: str) -> set[str]:
    """The methods that are called on a compiled pattern of this name, anywhere in the package."""
    return uses().get(name, set())


@cache
def uses() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in Path(str(validator.__file__)).parent.rglob("*.py"):
        if "node_modules" in path.parts:
            continue
        for node in nodes(path):
            if isinstance(node, ast.Attribute) and node.attr in FUNCTIONS:
                name = node.value.id if isinstance(node.value, ast.Name) else getattr(node.value, "attr", "")
                found.setdefault(name, set()).add(node.attr)
    return found


def in_loop(module: ModuleType, node: ast.AST) -> list[str]:
    """What a name can be that a loop over texts gives values to, or the two sides of a choice between two patterns."""
    if isinstance(node, ast.IfExp):
        sides = (node.body, node.orelse)
        return [
            str(each.value if isinstance(each, ast.Constant) else vars(module)[each.id])
            for each in sides
            if isinstance(each, ast.Name | ast.Constant)
        ]
    return [
        item.value
        for each in nodes_of(module)
        if isinstance(each, ast.For) and isinstance(each.target, ast.Name) and isinstance(node, ast.Name)
        if each.target.id == node.id and isinstance(each.iter, ast.Tuple)
        for item in each.iter.elts
        if isinstance(item, ast.Constant) and isinstance(item.value, str)
    ]


@cache
def chained(module: ModuleType) -> dict[tuple[int, int], str]:
    """The method that is called at once on what ``re.compile`` returns, by the call's line and column."""
    return {
        (node.value.lineno, node.value.col_offset): node.attr
        for node in nodes_of(module)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call)
    }


def targets(module: ModuleType) -> dict[int, str]:
    """The name that a call's value is given to, by the call's line and column."""
    found = {}
    for node in nodes_of(module):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                found[node.value.lineno * 1000 + node.value.col_offset] = target.id
    return found


@cache
def collect() -> tuple[list[Pattern], list[str]]:
    """The patterns, and the calls whose pattern only a run knows."""
    found: list[Pattern] = []
    unknown: list[str] = []
    for module in modules():
        names = targets(module)
        for node, function, pattern, flags in in_source(module):
            where = f"{module.__name__}:{node.lineno}"
            if pattern is None:
                choices = in_loop(module, node.args[0])
                if choices:
                    found += [Pattern(where, each, flags, function not in ANCHORED) for each in choices]
                    continue
                unknown.append(f"{module.__name__}: {ast.unparse(node.args[0])}")
                continue
            if isinstance(pattern, re.Pattern | lazy.Pattern):
                continue  # compiled elsewhere, and seen there
            methods = {function}
            if function == "compile" and chained(module).get((node.lineno, node.col_offset)):
                methods = {chained(module)[node.lineno, node.col_offset]}
            elif function == "compile":
                name = names.get(node.lineno * 1000 + node.col_offset, "")
                methods = used(name) if name else {"search"}
            found.append(Pattern(where, pattern, flags, bool(methods - ANCHORED) or not methods))
    for type_ in providers.types():
        for rule in providers.find(type_).rules:
            for value in vars(rule).values() if hasattr(rule, "__dict__") else (getattr(rule, each) for each in rule.__slots__):
                if isinstance(value, re.Pattern):
                    found.append(Pattern(f"{type_} rules", value.pattern, value.flags, scan=True))
    return sorted(
        {(each.pattern, each.flags, each.scan): each for each in found}.values(), key=lambda each: each.where
    ), sorted(set(unknown))
