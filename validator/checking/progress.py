"""How far a long run is: counted in one place, shown as a line on a terminal, as lines in a log, by rich, or in a notebook's cell."""

from __future__ import annotations

import contextlib
import contextvars
import os
import sys
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from types import TracebackType
from typing import Any, Final, Self, TextIO

from validator.core.model import DestinationReport, Step, Verdict
from validator.core.sentences import many

PATIENCE: Final = 0.7
"""Seconds after which a terminal shows that something is going on."""
BEAT: Final = 0.12
"""Seconds between two looks of the line on a terminal."""
CELL_BEAT: Final = 0.5
"""Seconds between two looks of a notebook's cell."""
LOG_BEAT: Final = 10.0
"""Seconds between two lines in a log."""


class Progress:
    """Counts what is done. ``seen`` is the ``watch`` of :func:`validator.check`; any thread may call it."""

    def __init__(
        self, total: int, stream: TextIO, *, terminal: bool, width: int = 80, beat: float | None = None, done: str = "checked"
    ) -> None:
        self._total = total
        self._stream = stream
        self._terminal = terminal
        self._word = done
        self._width = width
        self._beat = beat if beat is not None else BEAT if terminal else LOG_BEAT
        self._lock = threading.RLock()
        self._done: dict[int, Verdict] = {}
        self._steps = 0
        self._last = ""
        self._started = time.monotonic()
        self._over = threading.Event()
        # With the context of who began it: a notebook finds its cell by that.
        self._thread = threading.Thread(target=contextvars.copy_context().run, args=(self._run,), daemon=True)
        self._drawn = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(timeout=1)
        self.clear()

    def seen(self, index: int, event: Step | DestinationReport) -> None:
        """Something happened at the destination of this index."""
        with self._lock:
            if isinstance(event, Step):
                self._steps += 1
                self._last = f"{event.operation} {event.outcome}"
            else:
                self._done[index] = event.verdict

    def hold(self) -> None:
        """Say nothing more: somebody is being asked."""
        self._over.set()
        self.clear()

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """While something else is printed: the line is off the terminal, and stays off."""
        with self._lock:
            self.clear()
            yield

    def clear(self) -> None:
        """Take the line off the terminal."""
        with self._lock:
            if self._drawn:
                self._stream.write("\r\x1b[K")
                self._stream.flush()
                self._drawn = False

    def _run(self) -> None:
        if self._over.wait(PATIENCE if self._terminal else self._beat):
            return
        while True:
            with self._lock:
                if not self._over.is_set():  # or this would be drawn after what was said to be the last
                    self._draw()
            if self._over.wait(self._beat):
                return

    def _draw(self) -> None:
        """Called by who holds the lock."""
        line = self.line()
        try:
            if self._terminal:
                self._stream.write(f"\r{line[: self._width - 1]}\x1b[K")
                self._drawn = True
            else:
                self._stream.write(f"{line}\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._over.set()  # nobody is listening any more

    def line(self) -> str:
        """``[#####     ] 5 of 10 checked, 1 fails; 4 s``."""
        summary, done = self.summary(), self.done
        last = self._last if self._total == 1 else ""  # of many, it would be anybody's
        took = f"{time.monotonic() - self._started:.0f} s"
        if self._terminal:
            size = 20
            filled = size * done // max(1, self._total)
            return f"[{'#' * filled}{' ' * (size - filled)}] {summary}; {last + '; ' if last else ''}{took}"
        return f"{summary} after {took}"

    @property
    def done(self) -> int:
        """Destinations that have their report."""
        with self._lock:
            return len(self._done)

    def summary(self) -> str:
        """``5 of 10 destinations checked, 1 fails``."""
        with self._lock:
            verdicts = list(self._done.values())
        fails = sum(each is Verdict.FAIL for each in verdicts)
        unsure = sum(each is Verdict.INCONCLUSIVE for each in verdicts)
        text = f"{len(verdicts):,} of {many(self._total, 'destination')} {self._word}"
        if fails:
            text += f", {fails:,} {'fails' if fails == 1 else 'fail'}"
        if unsure:
            text += f", {unsure:,} undecided"
        return text


class CellProgress(Progress):
    """In the output of a notebook's cell: one element that is drawn anew. Needs nothing but the notebook's own IPython."""

    def __init__(self, total: int) -> None:
        super().__init__(total, sys.stderr, terminal=False, beat=CELL_BEAT)
        self._shown: Any = None

    def clear(self) -> None:
        """The last look stays: what came of it."""
        with self._lock:
            if self._shown is not None:
                self._draw()

    def _draw(self) -> None:
        ipython: Any = import_module("IPython.display")  # where a notebook runs, it is there
        bar = f'<progress value="{self.done}" max="{max(1, self._total)}"></progress>'
        from html import escape

        look = ipython.HTML(f"<div>{bar} {escape(self.line())}</div>")
        if self._shown is None:
            self._shown = ipython.display(look, display_id=True)
        else:
            self._shown.update(look)


class RichProgress(Progress):
    """On a terminal, by rich."""

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        super().__init__(total, sys.stderr, terminal=True)
        columns = (BarColumn(20), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        self._bars = Bars(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
        self._task = self._bars.add_task("", total=max(1, total))

    def clear(self) -> None:
        """Take it off the terminal."""
        with self._lock:
            if self._drawn:
                self._bars.stop()
                self._drawn = False

    def _draw(self) -> None:
        if not self._drawn:
            self._bars.start()
            self._drawn = True
        self._bars.update(self._task, completed=self.done, description=self.summary(), refresh=True)


def progress_of(total: int) -> Progress:
    """The one that fits where this runs: a notebook, a terminal, or lines on standard error."""
    if in_notebook():
        return CellProgress(total)
    if sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return RichProgress(total)
    return Progress(total, sys.stderr, terminal=False)


def in_notebook() -> bool:
    """Whether a notebook's kernel runs this; imports nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None
