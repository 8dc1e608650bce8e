"""Checks a fleet of destinations on a Dask cluster: ``python examples/fleet_dask.py destinations.yaml tcp://scheduler:8786``.

The scheduler and this machine see references alone (``${NAME}``, ``${file:/run/secrets/...}``); each worker resolves them from its own
environment and files. Destinations that share a bucket stay on one worker. Where a worker is lost, Dask gives its parts to another:
what comes back for a part is one report, of the run that came to its end.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from distributed import Client, as_completed
from distributed.scheduler import KilledWorker

from validator import Report, Settings, check, partition
from validator.formats import render


def check_fleet(
    client: Client,
    source: Any,
    settings: Settings | None = None,
    *,
    parts: int = 100,
    done: Callable[[Report], None] = lambda report: None,
) -> tuple[Report | None, list[list[dict[str, Any]]]]:
    """The merged report, and the parts that no worker survived: of these nothing is known.

    Args:
        client: of the cluster.
        source: a manifest, or a list of requests, with its references unresolved.
        settings: of each check; ``jobs`` is meant for one worker.
        parts: lists that the fleet is taken apart into. More of them lose less with a worker.
        done: is told each part's report as it comes.
    """
    waiting = {
        client.submit(check, part, settings or Settings(), pure=False): (number, part)
        for number, part in enumerate(partition(source, parts))
    }
    reports: dict[int, Report] = {}
    lost = []
    for future in as_completed(list(waiting)):
        number, part = waiting.pop(future)
        try:
            reports[number] = future.result()
        except KilledWorker:
            lost.append(part)
            continue
        done(reports[number])
        future.release()
    return (Report.merge(reports[number] for number in sorted(reports)) if reports else None), lost


def main(source: str, scheduler: str) -> int:
    """Check, write ``fleet.html`` and ``fleet.json``, and give the command's exit codes."""
    with Client(scheduler) as client:
        report, lost = check_fleet(client, source)
    if report is None:
        print("no worker came to an end", file=sys.stderr)
        return 3
    for name in ("html", "json"):
        Path(f"fleet.{name}").write_text(render(name, report), encoding="utf-8")
    print(repr(report))
    for each in lost:
        print("not checked:", *(request.get("name", "(no name)") for request in each), file=sys.stderr)
    if report.verdict == "fail":
        return 1
    return 3 if lost or report.verdict == "inconclusive" else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
