"""The command ``check``."""

from __future__ import annotations

from typing import Annotated

import typer

from validator.cli.help import VERDICTS
from validator.cli.options import ASKING, DryRun, Fix, Given, Sources, command
from validator.cli.settings import VERDICT


@command(
    settings=(*ASKING, "retries", "wait", "fail-fast", "proceed", "multipart", "prefix", "owner", "owner-profile"),
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
    against: Annotated[
        str | None,
        typer.Option(
            metavar="OLD", help="a rotation: fail only for what SOURCE lost compared with OLD", rich_help_panel=VERDICT
        ),
    ] = None,
) -> int:
    """Check as Planet would; the exit code."""
    from validator.cli import context

    return context.run(
        given,
        [*sources, against],
        lambda session: context.check(session, sources, against, fix=fix or dry_run, dry_run=dry_run),
    )
