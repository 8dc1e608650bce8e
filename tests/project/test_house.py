"""The form of the code: modules and classes of a size that can be read at once, and no import circle, not even a lazy one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.cases import Cases

pytestmark = pytest.mark.no_cover  # measured: other tests go through next to all of these lines

LINES = 400
CLASS_LINES = 200
MODULES = sorted(path for path in (ROOT / "validator").rglob("*.py") if "node_modules" not in path.parts)


def _id(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_a_module_is_of_a_size_to_be_read(cases: Cases) -> None:
    for path in MODULES:
        with cases(_id(path)):
            text = path.read_text(encoding="utf-8")
            lines = len(text.splitlines())
            assert lines <= LINES
            large = {
                f"{_id(path)}: {node.name}"
                for node in (ast.walk(ast.parse(text)) if lines > CLASS_LINES else ())
                if isinstance(node, ast.ClassDef)
                and (node.end_lineno or 0) - min([node.lineno, *(each.lineno for each in node.decorator_list)]) >= CLASS_LINES
            }
            assert not large


def test_a_module_of_tests_is_of_a_size_to_be_read_and_lends_nothing_to_another() -> None:
    """What two of them need is in ``tests/support``."""
    modules = {
        path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py") if "node_modules" not in path.parts
    }
    assert {_id(path) for path, text in modules.items() if len(text.splitlines()) > LINES} == set()
    assert {
        _id(path)
        for path, text in modules.items()
        if re.search(r"^\s*(?:from|import) tests\.[\w.]*\btest_", text, re.MULTILINE)
    } == set()


def test_no_name_of_a_module_begins_with_an_underscore() -> None:
    assert not [_id(path) for path in MODULES if re.match(r"_[a-z]", path.name)]


def imports(path: Path, modules: Mapping[str, Path]) -> Iterator[str]:
    """The modules of ours that one names anywhere: in functions and for types alone as well."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                inner = f"{node.module}.{each.name}"
                yield inner if inner in modules else node.module
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


def test_no_import_goes_in_a_circle() -> None:
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in MODULES}
    graph = {
        name: {each for each in imports(path, modules) if each in modules and each != name} for name, path in modules.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"these import one another: {' -> '.join(error.args[1])}")


REASONED = re.compile(
    r"# type: ignore\[[\w,-]+\]  # \w|# noqa: [A-Z]+\d+(?:, [A-Z]+\d+)* - \S|# pragma: no (?:cover|branch) - \w"
)


@pytest.mark.parametrize("folder", ["validator", "planet_validator", "tests", "docs", "examples"])
def test_a_line_that_a_tool_is_to_leave_alone_says_why(folder: str) -> None:
    lines = [
        (f"{_id(path)}:{number}", line)
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "node_modules" not in path.parts and path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"#\s?(?:type: ignore|noqa|pragma: no)", line)
    ]
    assert [place for place, line in lines if not REASONED.search(line)] == []


PATCHES = {"setattr", "setitem", "delattr", "object", "patch"}
QUOTED = re.compile(r"""["'](?:[\w.]*\.)?_[a-z]""", re.IGNORECASE)
"""What a text that names one holds: few modules are read further."""


def patched_private_names(text: str) -> Iterator[str]:
    """Private names that a test puts something else in the place of."""
    for node in ast.walk(ast.parse(text)) if QUOTED.search(text) else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PATCHES:
            named = [each.value for each in node.args[:2] if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            yield from (each for each in named if re.search(r"(?:^|\.)_[a-z]", each, re.IGNORECASE))


def test_no_test_patches_a_private_name() -> None:
    for path in (ROOT / "tests").rglob("*.py"):
        if "node_modules" not in path.parts and path != Path(__file__):
            assert list(patched_private_names(path.read_text(encoding="utf-8"))) == [], _id(path)


def test_a_private_name_that_is_patched_is_seen() -> None:
    text = 'monkeypatch.setattr(a, "_b", 1)\nmock.patch("a._b")\nmonkeypatch.setattr("a.b", 1)\nmock.patch.object(a, "b")'
    assert list(patched_private_names(text)) == ["_b", "a._b"]
