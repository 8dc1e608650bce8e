"""Which findings the product raises while it is tested: a whole run, also one in the two halves of `make test`, fails for a finding that no case raises."""

from __future__ import annotations

import functools
import sys
from typing import Any

import pytest

from validator.core import catalog

KEPT = "findings/raised/"
"""Where a half keeps what it saw, for the other one."""

HALVES = {"not no_cover": "traced", "no_cover": "untraced"}


class Raised:
    """A plugin. Each worker of a parallel run hands on what it saw."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.seen: set[str] = set()
        self.missing: list[str] = []
        made = catalog.finding

        @functools.wraps(made)
        def finding(name: str, **said: Any) -> Any:
            if sys._getframe(1).f_globals["__name__"].startswith("validator."):  # what a test makes by itself does not count
                self.seen.add(name)
            return made(name, **said)

        catalog.finding = finding

    @property
    def part(self) -> str | None:
        """What runs of every test: all of it, a half (``no_cover`` or the rest), or something else (None)."""
        option = self.config.option
        chosen = any(getattr(option, each, None) for each in ("keyword", "deselect", "ignore", "lf", "collectonly"))
        whole = not chosen and self.config.args == self.config.getini("testpaths")
        return ({"": "all"} | HALVES).get(option.markexpr or "") if whole else None

    def pytest_sessionstart(self) -> None:
        """What a run before this one saw is of no account."""
        self._keep(None)

    def _keep(self, seen: list[str] | None) -> None:
        cache = getattr(self.config, "cache", None)
        if cache and self.part in HALVES.values() and not hasattr(self.config, "workerinput"):
            cache.set(KEPT + self.part, seen)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker has ended."""
        self.seen.update(getattr(node, "workeroutput", {}).get("raised", ()))

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """The end of a run, or of a worker's part of it."""
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput["raised"] = sorted(self.seen)
            return
        if exitstatus != pytest.ExitCode.OK or self.part is None:
            return
        seen = self.seen
        if self.part != "all":
            self._keep(sorted(seen))
            cache = getattr(self.config, "cache", None)
            halves = [cache.get(KEPT + half, None) if cache else None for half in HALVES.values()]
            if None in halves:  # the other one is still running, was not asked for, or failed
                return
            seen = seen.union(*halves)
        self.missing = sorted(set(catalog.FINDINGS) - seen)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED if self.missing else exitstatus

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what is missing."""
        if self.missing:
            terminalreporter.section("findings that no test raises", red=True)
            terminalreporter.write_line(", ".join(self.missing))
