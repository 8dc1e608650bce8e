"""What holds many cases in one test tells of each that failed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cases import Cases, parts

pytestmark = pytest.mark.no_cover  # what it runs, it runs in other processes

ROOT = Path(__file__).parents[2]


def test_every_failure_is_told_with_its_case() -> None:
    cases = Cases()
    for number in range(5):
        with cases(f"number {number}"):
            assert number % 2 == 0
    with cases("raises"):
        raise RuntimeError("not an assertion")
    with cases("does not raise"), pytest.raises(ValueError, match="never"):
        pass
    with cases("skips"):
        pytest.skip("among others nobody would see it")
    with pytest.raises(ExceptionGroup, match="5 of 8 cases failed") as failed:
        cases.end()
    names = ["number 1", "number 3", "raises", "does not raise", "skips"]
    assert [each.__notes__ for each in failed.value.exceptions] == [[f"case: {name}"] for name in names]


def test_nothing_is_told_where_nothing_fails() -> None:
    cases = Cases()
    with cases("one"):
        pass
    cases.end()
    assert cases.count == 1


def test_no_row_is_lost_between_two_parts() -> None:
    assert parts(range(7), 3) == [(0, 1, 2), (3, 4, 5), (6,)]
    assert parts((), 3) == []


SUITE = """
import pytest

from tests.support.cases import Cases, in_parts

def test_some_fail(cases: Cases) -> None:
    for number in range(3):
        with cases(f"number {number}"):
            assert number == 1

def test_none_fails(cases: Cases) -> None:
    for number in range(4):
        with cases(number):
            pass

def test_has_none(cases: Cases) -> None:
    pass

@pytest.fixture
def two() -> int:
    return 2

@pytest.mark.parametrize("outer", ["a", "b"])
@in_parts("number, name", [(each, f"row {each}") for each in range(7)], 2)
def test_in_parts(two: int, number: int, name: str, outer: str) -> None:
    assert (name, two) == (f"row {number}", 2)
    assert number != 5, outer

def test_ends_early(cases: Cases) -> None:
    with cases("the first"):
        raise ValueError("early")
    raise OSError("and then")
"""


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_run_tells_how_many_there_were(workers: str, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SUITE, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.support.cases",
        "-n",
        workers,
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    # Plugins of libraries that the suite does not use: half of what each of the three processes takes to start.
    without = [
        option for name in ("cacheprovider", "schemathesis", "anyio", "hypothesispytest") for option in ("-p", f"no:{name}")
    ]
    run = subprocess.run([*command, *without], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "22 cases in 10 tests" in run.stdout, run.stdout
    assert run.stdout.count("case: 5, 'row 5'") >= 2
    assert "case: number 0" in run.stdout
    assert "case: number 2" in run.stdout
    assert "case: the first: ValueError: early" in run.stdout
    assert "what came between the cases: OSError: and then" in run.stdout
    assert "a test of cases that has none" in run.stdout
    assert "5 failed, 5 passed" in run.stdout
