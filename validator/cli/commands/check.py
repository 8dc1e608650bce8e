"""The command ``check``."""

from __future__ import annotations

from typing import Annotated

import typer

from validator.cli.help import VERDICTS
from validator.cli.options import ASKING, DryRun, Fix, Given, Sources, command
from validator.cli.settings import VERDICT
from validator.core.errors import ValidatorError

Against = Annotated[
    str | None,
    typer.Option(metavar="OLD", help="a rotation: fail only for what SOURCE lost compared with OLD", rich_help_panel=VERDICT),
]
AllFromPlanet = Annotated[
    bool,
    typer.Option(
        "--all-from-planet",
        help="every destination that Planet has and SOURCE is for, as Planet has it",
        rich_help_panel=VERDICT,
    ),
]


@command(
    settings=(
        "planet-url",
        *ASKING,
        "retries",
        "wait",
        "fail-fast",
        "proceed",
        "multipart",
        "prefix",
        "owner",
        "owner-profile",
    ),
    reports=True,
    examples=["planet-validator check dest.json", "planet-validator check destinations/ --strict -o junit:report.xml"],
    codes=VERDICTS,
)
def check(
    given: Given,
    sources: Sources,
    *,
    fix: Fix = False,
    dry_run: DryRun = False,
    against: Against = None,
    all_from_planet: AllFromPlanet = False,
) -> int:
    """Check as Planet would; the exit code."""
    from validator.cli import execution

    if all_from_planet:
        from validator.cli import stored

        if fix or dry_run or against is not None:
            raise ValidatorError("--all-from-planet goes with none of --fix, --dry-run and --against")
        return execution.run(given, sources, lambda context: stored.check(context, sources))
    return execution.run(
        given,
        [*sources, against],
        lambda context: execution.check(context, sources, against, fix=fix or dry_run, dry_run=dry_run),
    )
