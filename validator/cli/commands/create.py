"""The command ``create``."""

from __future__ import annotations

from typing import Annotated

import typer

from validator.cli.commands.handoff_options import HANDING_OVER, LookAlone
from validator.cli.help import VERDICTS
from validator.cli.options import Given, command


@command(
    settings=HANDING_OVER,
    reports=True,
    examples=["planet-validator create dest.json", "planet-validator create dest.json --dry-run"],
    codes=VERDICTS,
)
def create(
    given: Given,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="a .json, .yaml or .toml file with one destination, or -")],
    *,
    default: Annotated[bool, typer.Option("--default", help="make it the organisation's default destination")] = False,
    dry_run: LookAlone = False,
) -> int:
    """Check, and create the destination at Planet if it passes; the exit code."""
    from validator.cli import execution
    from validator.cli.commands import handoff

    return execution.run(given, [source], lambda context: handoff.create(context, source, default=default, dry_run=dry_run))
