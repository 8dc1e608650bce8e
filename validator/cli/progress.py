"""What a person sees while a long check runs: one line on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Final, Self, TextIO

from validator.core.model import DestinationReport, Step, Verdict
from validator.formats import phrases

PATIENCE: Final = 0.7
"""Seconds after which a terminal shows that something is going on."""
BEAT: Final = 0.12
"""Seconds between two looks of the line on a terminal."""
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
        self._thread = threading.Thread(target=self._run, daemon=True)
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

    def clear(self) -> None:
        """Take the line off the terminal, so that something else can be printed."""
        with self._lock:
            if self._drawn:
                self._stream.write("\r\x1b[K")
                self._stream.flush()
                self._drawn = False

    def _run(self) -> None:
        if self._over.wait(PATIENCE if self._terminal else self._beat):
            return
        while True:
            self._draw()
            if self._over.wait(self._beat):
                return

    def _draw(self) -> None:
        with self._lock:
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
        with self._lock:
            done, verdicts = len(self._done), list(self._done.values())
            fails = sum(each is Verdict.FAIL for each in verdicts)
            unsure = sum(each is Verdict.INCONCLUSIVE for each in verdicts)
            last = self._last
        said = f"{done:,} of {phrases.many(self._total, 'destination')} {self._word}"
        if fails:
            said += f", {fails:,} {'fails' if fails == 1 else 'fail'}"
        if unsure:
            said += f", {unsure:,} undecided"
        took = f"{time.monotonic() - self._started:.0f} s"
        if self._terminal:
            size = 20
            filled = size * done // max(1, self._total)
            return f"[{'#' * filled}{' ' * (size - filled)}] {said}; {last + '; ' if last else ''}{took}"
        return f"{said} after {took}"
