"""Which findings the product raises while it is tested: a whole run, also one in the two halves of `make test`, fails for a finding that no case raises."""

from __future__ import annotations

import functools
import sys
from typing import Any

import pytest

from validator.core import catalog

KEPT = "findings/raised"
"""Where the first half keeps what it saw."""


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
        parts = {"": "all", "not no_cover": "first", "no_cover": "second"}
        return None if chosen or self.config.args != self.config.getini("testpaths") else parts.get(option.markexpr or "")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker has ended."""
        self.seen.update(getattr(node, "workeroutput", {}).get("raised", ()))

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """The end of a run, or of a worker's part of it."""
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput["raised"] = sorted(self.seen)
            return
        cache, before = getattr(self.config, "cache", None), []
        if exitstatus != pytest.ExitCode.OK or self.part is None:
            return
        if self.part != "all":
            before = cache.get(KEPT, []) if cache and self.part == "second" else []
            if cache:
                cache.set(KEPT, sorted(self.seen) if self.part == "first" else [])
            if not before:
                return
        self.missing = sorted(set(catalog.FINDINGS) - self.seen - set(before))
        session.exitstatus = pytest.ExitCode.TESTS_FAILED if self.missing else exitstatus

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what is missing."""
        if self.missing:
            terminalreporter.section("findings that no test raises", red=True)
            terminalreporter.write_line(", ".join(self.missing))
