"""The command ``demo``."""

from __future__ import annotations

import os
import sys

from validator.cli.options import Given, Quiet, Verbose, command


@command(settings=("color",), examples=["planet-validator demo", "planet-validator demo -v"])
def demo(given: Given, *, quiet: Quiet = False, verbose: Verbose = 0) -> int:
    """Show what the check finds, on local emulators; the exit code."""
    from validator.cli import configuration, console
    from validator.core.deadline import Stop
    from validator.demo import planet
    from validator.demo.run import run

    stop = Stop()
    with console.signals(stop):
        return run(
            verbosity=-1 if quiet else verbose,
            colour=console.colours(configuration.one("color", given.settings, os.environ), sys.stdout, os.environ),
            ascii_only=console.only_ascii(sys.stdout),
            width=console.width(sys.stdout, os.environ),
            stop=stop,
            ending=(planet.TITLE, planet.acts),
        )
