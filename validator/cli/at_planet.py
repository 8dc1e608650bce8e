"""What several commands do at Planet: open its API with the user's own login, and compare what it has with the sources."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

import typer

from validator.cli import console
from validator.cli.execution import INTERRUPTED, CommandContext
from validator.core.deadline import Interrupted
from validator.core.errors import ValidatorError
from validator.core.model import Destination, Secret
from validator.planet import preflight
from validator.planet.api import ROOT, Planet, PlanetRefused, Undecided
from validator.planet.inventory import Inventory, inventory

T = TypeVar("T")


def ended(code: int, line: str) -> typer.Exit:
    """The end of a command without a report, to be raised: its exit code, and a line that says why."""
    console.say(f"planet-validator: {line}")
    return typer.Exit(code)


def opened(context: CommandContext, *, asks_buckets: bool = True) -> Planet:
    """The API to talk to; ``asks_buckets``: whether what a bucket answers is to decide anything at Planet. Raises ValidatorError."""
    root = context.values["planet-url"]
    if asks_buckets and context.values["endpoint"] and root is None:
        raise ValidatorError(
            "--endpoint is refused here unless --planet-url is given too: a check against another endpoint proves nothing about "
            "the bucket that Planet would get"
        )
    login = tuple(Secret(os.environ[name]) for name in ("PL_API_KEY", "PL_AUTH_CLIENT_SECRET") if os.environ.get(name))
    console.keep_quiet_about([Destination("", "", {}, secrets=login)])
    return Planet(root or ROOT, seconds=context.values["timeout"], stop=context.stop, remember=console.remember)


def asked(context: CommandContext, question: Callable[[Planet], T], *, asks_buckets: bool = False) -> T:
    """What Planet answers to a question that changes nothing. Raises ValidatorError, and ends the command without an answer."""
    with console.signals(context.stop):
        planet = opened(context, asks_buckets=asks_buckets)
        try:
            planet.log_in()
            return question(planet)
        except Undecided as lost:
            raise ended(3, f"Planet could not be asked: {lost.why}") from None
        except PlanetRefused as refusal:
            raise ValidatorError(preflight.no_look(planet, refusal)) from None
        except Interrupted:
            raise ended(INTERRUPTED, "interrupted while Planet was asked; nothing was changed") from None


def compared(context: CommandContext, sources: Sequence[Destination], *, asks_buckets: bool = False) -> Inventory:
    """What Planet has beside these sources. Raises as :func:`asked` does."""
    return asked(context, lambda planet: inventory(planet, sources), asks_buckets=asks_buckets)
