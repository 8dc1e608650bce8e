"""Processes beside each other: how long each took, how much processor time, memory and how many descriptors."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

BIN = Path(sys.executable).parent
VALIDATOR = str(BIN / "planet-validator")
SETTINGS = ("AWS_", "AZURE_", "BOTO", "CLOUDSDK_", "GOOGLE_", "PYTHON", "RCLONE_", "REQUESTS_CA", "SSL_CERT")
QUIET = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
QUIET["HOME"] = tempfile.mkdtemp(prefix="bench-home-")


@dataclass(frozen=True)
class Run:
    """One run of a process, or of several one after the other."""

    seconds: float
    processor: float
    """Seconds, of the user's and the system's part."""
    memory: float
    """MiB at most."""
    descriptors: int = 0
    """At most, of those seen when it was looked at."""

    def __add__(self, other: Run) -> Run:
        return Run(
            self.seconds + other.seconds,
            self.processor + other.processor,
            max(self.memory, other.memory),
            max(self.descriptors, other.descriptors),
        )


def run(command: Sequence[str], *, watch: bool = False, **environment: str) -> Run:
    """The command's run, which must end with 0."""
    with tempfile.TemporaryFile() as said:
        began = perf_counter()
        # Elsewhere than in this repository, whose settings file would be read.
        process = subprocess.Popen(command, stdout=said, stderr=said, cwd=QUIET["HOME"], env={**QUIET, **environment})
        with _descriptors(process.pid if watch else 0) as counted:
            _, status, used = os.wait4(process.pid, 0)
        took = perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{command[0]} ended with {process.returncode}: {said.read()[-800:].decode(errors='replace')}")
    return Run(took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, max(counted, default=0))


@contextmanager
def _descriptors(pid: int) -> Iterator[list[int]]:
    counted: list[int] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.05):
            try:
                counted.append(len(list(Path(f"/proc/{pid}/fd").iterdir())))
            except OSError:
                return

    watcher = threading.Thread(target=look, daemon=True)
    if pid:
        watcher.start()
    try:
        yield counted
    finally:
        ended.set()


def compare(candidates: Mapping[str, Callable[[], Run]], runs: int) -> dict[str, list[Run]]:
    """The candidates take turns, so that a busy moment of the machine meets them alike."""
    taken: dict[str, list[Run]] = {name: [] for name in candidates}
    for measure in candidates.values():
        measure()  # once for the caches
    for _ in range(runs):
        for name, measure in candidates.items():
            taken[name].append(measure())
    return taken


@dataclass
class Results:
    """What was measured so far; printed as it comes."""

    sections: list[dict[str, Any]] = field(default_factory=list)

    def ratios(self, key: str, title: str, taken: Mapping[str, list[Run]], base: str) -> None:
        """Medians, and for each candidate its ratio to ``base``, the median of those of each turn."""
        print(f"\n{title}", flush=True)
        rows = []
        for name, runs in taken.items():
            wall, processor = (statistics.median(getattr(each, kind) for each in runs) for kind in ("seconds", "processor"))
            pairs = list(zip(runs, taken[base], strict=True))
            ratio = statistics.median(one.seconds / other.seconds for one, other in pairs)
            work = statistics.median(one.processor / other.processor for one, other in pairs)
            print(
                f"  {name:<46} {wall * 1000:>8.0f} ms {ratio:>6.2f} x   processor {processor * 1000:>8.0f} ms {work:>6.2f} x",
                flush=True,
            )
            rows.append(
                {
                    "name": name,
                    "ms": round(wall * 1000),
                    "ratio": round(ratio, 3),
                    "processor_ms": round(processor * 1000),
                    "processor_ratio": round(work, 3),
                }
            )
        self.sections.append({"key": key, "title": title, "base": base, "rows": rows})

    def growth(self, key: str, title: str, rows: Mapping[int, Run]) -> None:
        """Time, memory and descriptors by the number of destinations."""
        print(f"\n{title}", flush=True)
        kept = []
        for count, each in rows.items():
            print(
                f"  {count:>5} destinations {each.seconds:>7.2f} s {each.memory:>6.0f} MiB {each.descriptors:>5} descriptors",
                flush=True,
            )
            kept.append(
                {
                    "count": count,
                    "seconds": round(each.seconds, 2),
                    "memory": round(each.memory),
                    "descriptors": each.descriptors,
                }
            )
        self.sections.append({"key": key, "title": title, "rows": kept})

    def left_out(self, name: str, why: str) -> None:
        print(f"  ({name} is left out: {why})", flush=True)
        self.sections.append({"key": "left-out", "title": name, "rows": [], "why": why})

    def write(self, path: Path, **about: Any) -> None:
        path.write_text(json.dumps({**about, "sections": self.sections}, indent=1) + "\n", encoding="utf-8")
