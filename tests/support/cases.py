"""Many cases in one test, for tables whose rows cost less than a test by itself: every failure is told, each with its case's name.

A plugin: the end of a run says how many cases its tests held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from inspect import Parameter, Signature, signature
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
            self._fail(name, error)
        # These are no exceptions of the usual kind: "DID NOT RAISE" is one, and a case that is skipped among others would be skipped unseen.
        except (pytest.fail.Exception, pytest.skip.Exception) as outcome:
            self._fail(name, AssertionError(f"{type(outcome).__name__}: {outcome}").with_traceback(outcome.__traceback__))

    def _fail(self, name: object, error: Exception) -> None:
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


TRACED = 4
"""Rows of the first part: as many cases of a test as are traced for coverage (see conftest)."""


def in_parts(names: str | tuple[str, ...], rows: Iterable[Any], size: int = 40) -> Callable[[Callable[..., None]], Any]:
    """Instead of ``pytest.mark.parametrize``, for a test that costs less than pytest does around it: so many rows in one test.

    What fixtures give is made once for all of them. Those after the first few are not traced.
    """
    wanted = tuple(each.strip() for each in names.split(",")) if isinstance(names, str) else names
    left = iter(rows)
    first, others = tuple(islice(left, TRACED)), parts(left, size)

    def decorate(test: Callable[..., None]) -> Any:
        given = [each for each in signature(test).parameters if each not in wanted]

        def run(cases: Cases, part: Sequence[Any], **fixtures: Any) -> None:
            for row in part:
                values = row if len(wanted) > 1 else (row,)
                with cases(", ".join(map(repr, values))[:120]):
                    test(**fixtures, **dict(zip(wanted, values, strict=True)))

        run.__name__, run.__qualname__, run.__doc__ = test.__name__, test.__qualname__, test.__doc__
        run.__module__ = test.__module__
        asked = dict.fromkeys([*given, "cases", "part"])
        vars(run)["__signature__"] = Signature([Parameter(each, Parameter.KEYWORD_ONLY) for each in asked])
        vars(run)["pytestmark"] = list(getattr(test, "pytestmark", ()))
        return pytest.mark.parametrize("part", [first, *(pytest.param(each, marks=pytest.mark.no_cover) for each in others)])(
            run
        )

    return decorate
