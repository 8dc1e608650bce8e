"""The command ``update``."""

from __future__ import annotations

from typing import Annotated

import typer

from validator.cli.commands.handoff_options import HANDING_OVER, LookAlone
from validator.cli.help import VERDICTS
from validator.cli.options import Given, command


@command(
    settings=HANDING_OVER,
    reports=True,
    examples=["planet-validator update imagery-in-Ab3dEf new.json", "planet-validator update default new.json --dry-run"],
    codes=VERDICTS,
)
def update(
    given: Given,
    destination: Annotated[str, typer.Argument(metavar="DESTINATION_ID", help="its id, its pl:ref, or default")],
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="a .json, .yaml or .toml file with the new credentials, or -")
    ],
    *,
    rename: Annotated[bool, typer.Option("--rename", help="give it the source's name as well: its reference changes")] = False,
    dry_run: LookAlone = False,
) -> int:
    """Check new credentials, and give them to Planet if they pass; the exit code."""
    from validator.cli import execution
    from validator.cli.commands import handoff

    return execution.run(
        given, [source], lambda context: handoff.update(context, destination, source, rename=rename, dry_run=dry_run)
    )
