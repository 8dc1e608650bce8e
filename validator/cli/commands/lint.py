"""The command ``lint``."""

from __future__ import annotations

from validator.cli.help import VERDICTS
from validator.cli.options import READING, DryRun, Fix, Given, Sources, command


@command(
    settings=READING,
    reports=True,
    examples=["planet-validator lint dest.json", "planet-validator lint destinations/ --fix --dry-run"],
    codes=VERDICTS,
)
def lint(given: Given, sources: Sources, *, fix: Fix = False, dry_run: DryRun = False) -> int:
    """Judge the sources alone; the exit code."""
    from validator.cli import execution

    return execution.run(given, sources, lambda context: execution.lint(context, sources, fix=fix or dry_run, dry_run=dry_run))
