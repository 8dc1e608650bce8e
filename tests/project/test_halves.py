"""`make test` runs the tests in two processes: each test runs in one of them, whatever a module is left out for."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import ROOT, pytest_ignore_collect
from tests.support.turns import in_turn, stretches

FILES = sorted((ROOT / "tests").rglob("test_*.py"))


def left_out(path: Path, chosen: str) -> bool | None:
    config: Any = SimpleNamespace(option=SimpleNamespace(markexpr=chosen))
    return pytest_ignore_collect(path, config)


def untraced(path: Path) -> bool:
    """Whether the module marks all that is in it, as Python reads it."""
    text = path.read_text(encoding="utf-8")
    body = ast.parse(text).body if "pytestmark" in text else []
    marks = [each.value for each in body if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == "pytestmark"]
    each = [one for mark in marks for one in (mark.elts if isinstance(mark, ast.List) else [mark])]
    return "pytest.mark.no_cover" in map(ast.unparse, each)


def test_the_traced_run_leaves_out_the_modules_that_the_other_runs_whole() -> None:
    left = {path for path in FILES if left_out(path, "not no_cover")}
    assert left == {path for path in FILES if untraced(path)}
    assert left


@pytest.mark.parametrize("chosen", ["no_cover", ""])
def test_no_other_run_leaves_out_any(chosen: str) -> None:
    assert not [path for path in FILES if left_out(path, chosen)]


def test_what_is_long_begins_and_what_belongs_together_stays_so() -> None:
    items = [f"{'abcdefg'[each % 7]}{each}" for each in range(70)]
    ordered = in_turn(items, lambda item: item[0] if item[0] in "abc" else item if item == "d3" else None, 3)
    assert sorted(ordered) == sorted(items)
    assert list(stretches(70, 3)) == [23, 23, 24]
    assert [each[0] for each in ordered[:11]] == [*"a" * 10, "d"]
    assert [each[0] for each in ordered[23:33]] == [*"b" * 10]
    assert [each[0] for each in ordered[46:56]] == [*"c" * 10]


def test_a_few_that_are_all_early_are_all_run() -> None:
    assert sorted(in_turn([*"aabbc"], lambda item: item, 4)) == [*"aabbc"]
    assert in_turn([], lambda item: item, 4) == []
