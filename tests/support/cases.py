"""Many cases in one test, for tables whose rows cost less than a test by itself: every failure is told, each with its case's name.

A plugin: the end of a run says how many cases its tests held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

import pytest

Row = TypeVar("Row")


class Cases:
    """The cases of one test."""

    def __init__(self) -> None:
        self.count = 0
        self.failed: list[Exception] = []

    @contextmanager
    def __call__(self, name: object) -> Iterator[None]:
        """One case: what fails in it is kept, and the next one begins."""
        self.count += 1
        try:
            yield
        except Exception as error:  # noqa: BLE001 - told at the end, with its case
            error.add_note(f"case: {name}")
            self.failed.append(error)

    def end(self) -> None:
        """Raise what failed."""
        if self.failed:
            # In the message as well: of a large group, Python shows fifteen.
            lines = [f"\n  {', '.join(each.__notes__)}: {type(each).__name__}: {each}" for each in self.failed]
            raise ExceptionGroup(f"{len(self.failed)} of {self.count} cases failed:{''.join(lines)}\n", self.failed)


@pytest.fixture
def cases(request: pytest.FixtureRequest) -> Cases:
    """``with cases("its name"):`` around each case."""
    made = request.node.stash[KEY] = Cases()
    return made


KEY = pytest.StashKey[Cases]()


@pytest.hookimpl(hookwrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """A test fails with its cases."""
    outcome: Any = yield
    held = pyfuncitem.stash.get(KEY, None)
    if held is None:
        return
    pyfuncitem.user_properties.append(("cases", held.count))
    try:
        if outcome.excinfo is not None and held.failed:
            with held("what came between the cases"):
                raise outcome.excinfo[1]
        assert held.count or outcome.excinfo, "a test of cases that has none"
        held.end()
    except (AssertionError, ExceptionGroup) as error:
        outcome.force_exception(error)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many cases there were."""
    reports = [each for outcome in ("passed", "failed") for each in terminalreporter.stats.get(outcome, ())]
    held = [value for each in reports if each.when == "call" for name, value in each.user_properties if name == "cases"]
    if held:
        tests = sum(each.when == "call" for each in reports)
        terminalreporter.write_line(f"{tests - len(held) + sum(held)} cases in {tests} tests")


def parts(rows: Iterable[Row], size: int) -> list[Sequence[Row]]:
    """So many rows for each test: few enough that workers can share them."""
    left = iter(rows)
    return list(iter(lambda: tuple(islice(left, size)), ()))
