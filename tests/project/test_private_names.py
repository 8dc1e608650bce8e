"""No private name of another package is read, imported, passed or overridden: it may change with any release of theirs."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import validator

pytestmark = pytest.mark.no_cover  # the source is read, no line of it runs

ROOT = Path(validator.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py") if "node_modules" not in path.parts)

DOCUMENTED = {"os._exit", "sys._MEIPASS"}
"""Names of the standard library that its documentation describes, whatever they begin with."""

NO_OTHER_WAY = {
    "providers/gcs/client.py: keyword _http": "google-cloud-storage takes a transport of ours by no other name",
    "planet/clients.py: service._client": "the SDK's client gives neither its login nor its address away",
    "planet/clients.py: service._session": "the SDK's client gives neither its login nor its address away",
    "planet/clients.py: service._base_url": "the SDK's client gives neither its login nor its address away",
    "planet/clients.py: session._client": "the SDK's session does not give its login away",
    "planet/api.py: session._client": "the SDK's session has no switch for redirects, and no bound of an answer",
}
"""What the packages have no public way to. Each has a test of its own that fails where the name is gone."""


@cache
def nodes(tree: ast.AST) -> list[ast.AST]:
    return list(ast.walk(tree))


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


def own_names(tree: ast.AST) -> set[str]:
    """Private names that a module defines itself, members of its classes included."""
    found: set[str] = set()
    for node in nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and getattr(node.value, "id", "") in ("self", "cls")
        ):
            found.add(node.attr)
    return found


@cache
def foreign_imports(tree: ast.AST) -> dict[str, tuple[str, str]]:
    """Local name to the module and name that it was imported from, of other packages alone."""
    found: dict[str, tuple[str, str]] = {}
    for node in nodes(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith(("validator", "__future__")):
            found |= {each.asname or each.name: (node.module, each.name) for each in node.names}
        elif isinstance(node, ast.Import):
            found |= {
                each.asname or each.name.partition(".")[0]: (each.name if each.asname else each.name.partition(".")[0], "")
                for each in node.names
                if not each.name.startswith("validator")
            }
    return found


def read(tree: ast.AST) -> Iterator[str]:
    """Private attributes of what is not the module's own, and private keywords."""
    own, inherits = own_names(tree), bool(foreign_bases(tree))
    for node in nodes(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in own:
            owner = ast.unparse(node.value)
            if owner not in ("self", "cls", "super()") or inherits:
                yield f"{owner}.{node.attr}"
        elif isinstance(node, ast.Call):
            yield from (f"keyword {each.arg}" for each in node.keywords if each.arg and is_private(each.arg))
            name = getattr(node.func, "id", "")
            if name in ("getattr", "setattr", "hasattr", "delattr") and len(node.args) > 1:
                named = node.args[1]
                value = named.value if isinstance(named, ast.Constant) else None
                if isinstance(value, str) and is_private(value) and value not in own:
                    yield f"{ast.unparse(node.args[0])}.{value}"


def imported(tree: ast.AST) -> Iterator[str]:
    for module, name in foreign_imports(tree).values():
        if any(is_private(part) for part in (*module.split("."), name)):
            yield f"import {module} {name}".strip()


@cache
def foreign_bases(tree: ast.AST) -> list[type]:
    """The classes of other packages that classes of this module, inner ones included, are made of."""
    names = foreign_imports(tree)
    found: list[type] = []
    for node in nodes(tree):
        for base in node.bases if isinstance(node, ast.ClassDef) else ():
            head, _, rest = ast.unparse(base).partition(".")
            if head not in names:
                continue
            module, name = names[head]
            try:
                value = importlib.import_module(module)
            except ModuleNotFoundError:
                continue
            for part in (each for each in (name, *rest.split(".")) if each):
                value = getattr(value, part, None) or importlib.import_module(f"{module}.{part}")
            if isinstance(value, type) and value.__module__.partition(".")[0] not in sys.builtin_module_names:
                found.append(value)
    return found


def overridden(tree: ast.AST) -> Iterator[str]:
    bases = foreign_bases(tree)
    if not bases:
        return
    for node in nodes(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        for name in own_names(node):
            theirs = next((base for base in bases if is_private(name) and hasattr(base, name)), None)
            if theirs is not None:
                yield f"override {theirs.__name__}.{name}"


def uses(tree: ast.AST) -> Iterator[str]:
    yield from read(tree)
    yield from imported(tree)
    yield from overridden(tree)


def found() -> set[str]:
    told = set()
    for path in FILES:
        where = path.relative_to(ROOT).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        told |= {f"{where}: {use}" for use in uses(tree) if use not in DOCUMENTED}
    return told


def test_no_private_name_of_another_package_is_used() -> None:
    used = found()
    assert used - NO_OTHER_WAY.keys() == set()
    assert NO_OTHER_WAY.keys() - used == set(), "it is no longer used: take it off the list"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import urllib3\nurllib3.PoolManager()._new_pool()", {"urllib3.PoolManager()._new_pool"}),
        ("from urllib3._collections import HTTPHeaderDict", {"import urllib3._collections HTTPHeaderDict"}),
        ("from urllib3.util.ssl_ import _is_ge_openssl", {"import urllib3.util.ssl_ _is_ge_openssl"}),
        (
            "def f():\n from http.client import HTTPConnection\n class A(HTTPConnection):\n  def _send_output(self): super()._send_output()",
            {"override HTTPConnection._send_output"},
        ),
        ("from http.client import HTTPConnection\nclass A(HTTPConnection):\n def go(self): self._tunnel()", {"self._tunnel"}),
        ("import http.client\nclass A(http.client.HTTPConnection):\n def connect(self): self._send_output = 1", {"override HTTPConnection._send_output"}),
        ("def f(x): return getattr(x, '_secret', None)", {"x._secret"}),
        ("def f(x): return x.Client(_http=1)", {"keyword _http"}),
        ("class A:\n def __init__(self, other): self._mine = other._mine", set()),
        ("import os\nos.path.join('a', '_b')", set()),
    ],
)  # fmt: skip
def test_the_search_finds_what_it_is_for(text: str, expected: set[str]) -> None:
    assert set(uses(ast.parse(text))) == expected
