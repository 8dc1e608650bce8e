"""The command ``doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.cli.options import Given, command

if TYPE_CHECKING:
    from validator.cli.execution import CommandContext


@command(
    settings=("endpoint", "planet-url", "ca-bundle", "timeout"),
    reports=True,
    examples=["planet-validator doctor", "planet-validator doctor --ca-bundle company.pem"],
    codes={0: "nothing to do", 1: "something to do", 2: "wrong usage", 130: "interrupted"},
)
def doctor(given: Given) -> int:
    """Look at this machine; the exit code. Raises ValidatorError."""
    from validator.cli import execution

    return execution.run(given, [], _looked)


def _looked(context: CommandContext) -> int:
    from validator.cli import at_planet, console, machine
    from validator.cli.execution import INTERRUPTED
    from validator.core.deadline import Interrupted
    from validator.core.terminal_text import one_line

    seconds = min(context.values["timeout"], 10.0)
    here = machine.Machine(
        hosts=context.values["endpoint"] or machine.hosts(), planet=at_planet.opened(context, asks_buckets=False),
        ca_bundle=context.values["ca-bundle"], seconds=seconds, stop=context.stop,
    )  # fmt: skip
    bad = 0
    with console.signals(context.stop):
        try:
            for line in machine.look(here):
                bad += line.state == machine.BAD
                if context.verbosity < 0 and line.state == machine.OK:
                    continue
                text = f"{line.state:<6} {line.what}: {line.text}{f'. To do: {line.do}' if line.do else ''}"
                console.put(one_line(console.masked(text)) + "\n")
        except Interrupted:
            raise at_planet.ended(INTERRUPTED, "interrupted") from None
    return 1 if bad else 0
