"""The command ``demo``."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from validator.cli.options import Given, Quiet, Verbose, command


@command(settings=("color",), examples=["planet-validator demo", "planet-validator demo --keep"])
def demo(
    given: Given,
    clouds: Annotated[
        list[str] | None, typer.Argument(metavar="CLOUD", help="s3, gcs, ocs, azure or planet alone; all by default")
    ] = None,
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="keep the emulators running, with their destinations in planet-demo/, until Ctrl-C")
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Show what the check finds, on local emulators; the exit code."""
    from validator.cli import configuration, console
    from validator.core.deadline import CancelToken
    from validator.demo import planet
    from validator.demo import run as played
    from validator.demo.keep import keep as kept

    emulators = played.chosen(clouds or ())
    stop = CancelToken()
    with console.signals(stop, "Stopping."):
        if keep:
            return kept(emulators, sys.stdout, stop)
        return played.run(
            **console.style(configuration.one("color", given.settings, os.environ), -1 if quiet else verbose),
            stop=stop,
            emulators=tuple(emulators.values()),
            ending=(planet.TITLE, planet.acts) if not clouds or played.PLANET in clouds else None,
        )
