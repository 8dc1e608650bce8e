"""The commands ``create`` and ``update``: settle, look at Planet, check, hand over, report."""

from __future__ import annotations

from typing import Any

from validator.cli import at_planet, console, execution
from validator.cli.execution import INTERRUPTED, CommandContext, exit_code
from validator.core.deadline import Interrupted
from validator.core.errors import ValidatorError
from validator.core.model import Destination, DestinationReport, Report, Verdict
from validator.core.terminal_text import visible
from validator.planet import preflight
from validator.planet.api import PlanetRefused, Undecided
from validator.planet.existing import Existing, as_checked, existing, given_name, merge

OPEN = "planet destinations list"
STOPPED = "interrupted before any bucket was asked; nothing was changed at Planet"


def create(context: CommandContext, source: str, *, default: bool, dry_run: bool) -> int:
    """``planet-validator create``: the exit code."""
    with console.signals(context.stop):
        api = at_planet.opened(context)
        destination = _as_checked(context, _only(context, source, "create"))
        return _run(context, preflight.creation(api, destination, default=default), dry_run=dry_run)


def update(context: CommandContext, id_: str, source: str, *, rename: bool, dry_run: bool) -> int:
    """``planet-validator update``: the exit code."""
    with console.signals(context.stop):
        api = at_planet.opened(context)
        requested = _only(context, source, "update")
        try:
            api.log_in()
            known = existing(api, id_)
        except Undecided as lost:
            early = preflight.renewal(api, Existing(id_, "", requested.type), requested)
            return _close(context, requested, early.unreached(context.settings, lost.why))
        except Interrupted:
            raise at_planet.ended(INTERRUPTED, STOPPED) from None
        if id_.strip() not in (known.id, "default"):
            console.say(console.masked(f"{id_.strip()} is a reference: the id is {known.id}"))
        name = given_name(requested)
        if rename and not name:
            raise ValidatorError(f"--rename: {source} gives no name")
        rename = rename and name != known.name
        if rename:
            console.say(
                f"warning: a rename changes the reference {known.reference}; orders and subscriptions that use it must be changed"
            )
        elif name not in ("", known.name):
            console.say(
                f"Planet calls it {visible(known.name)}, the source {visible(name)}: the name stays (--rename changes it, and its reference)"
            )
        destination = _as_checked(context, merge(known, requested, rename=rename))
        return _run(context, preflight.renewal(api, known, destination, rename=rename), dry_run=dry_run)


def _run(context: CommandContext, flight: preflight.Preflight, *, dry_run: bool) -> int:
    """Look at Planet, check, and hand over only what passes both."""

    def check(destination: Destination) -> Report:
        return execution.run_check(context, [destination], waiting=False)

    def until(report: Report) -> Report:
        return execution.waited(context, report, [flight.destination])

    ignore, strict = context.values["ignore"], context.values["strict"]
    try:
        report = flight.run(check, until, ignore=ignore, strict=strict, dry_run=dry_run)
    except Undecided as lost:
        report = flight.unreached(context.settings, lost.why)
    except PlanetRefused as refusal:
        raise ValidatorError(preflight.no_look(flight.planet, refusal)) from None
    except Interrupted:
        raise at_planet.ended(INTERRUPTED, STOPPED) from None
    return _close(context, flight.destination, report)


def _close(context: CommandContext, destination: Destination, report: Report) -> int:
    """Report, tell what became of it at Planet; the exit code."""
    one = report.destinations[0]
    code = exit_code(report, strict=context.values["strict"])
    text = console.masked(story(one, destination, code, quiet=context.verbosity < 0, stopped=report.interrupted))
    try:
        execution.deliver(context, console.redacted(report))  # Planet's answers may repeat what was sent
    finally:  # whatever becomes of the report, what was made at Planet is told
        context.tell(text)
    return code


def _only(context: CommandContext, source: str, action: str) -> Destination:
    destinations = execution.load(context, [source]).destinations
    if len(destinations) != 1:
        raise ValidatorError(
            f"{action} takes one destination, and {source} holds {len(destinations)}: choose one with --select NAME, or put each into a file of its own"
        )
    return destinations[0]


def _as_checked(context: CommandContext, destination: Destination) -> Destination:
    better, names = as_checked(destination, context.settings.options(destination.type))
    if names:
        console.keep_quiet_about([better])
        console.say(
            f"{', '.join(names)}: Planet gets the repaired credential; the source stays as it is (planet-validator check --fix repairs it)"
        )
    return better


# ---- words -----------------------------------------------------------------------------------------------------------


def story(report: DestinationReport, destination: Destination, code: int, *, quiet: bool, stopped: bool) -> str:
    """What became of it at Planet, in lines for a person."""
    handoff = {name: visible(value) for name, value in report.handoff.items()}
    state, action = handoff["state"], handoff["action"]
    done = "created" if action == "create" else "changed"
    if quiet:
        return f"{state}  {handoff.get('ref', '')}".rstrip() + "\n"
    if state == "created":
        lines = _created(handoff, destination)
    elif state == "updated":
        lines = [f"Updated at Planet: {handoff['ref']} has the new credentials."]
        if "old_ref" in handoff:
            lines.append(
                f"Its reference changed: {handoff['old_ref']} is gone. Orders and subscriptions must name {handoff['ref']}."
            )
    elif state == "unknown":
        lines = [f"It is not known whether anything was {done} at Planet. Look first: {OPEN}"]
    elif state == "dry-run":
        known = "the check passes, the name is free and there is room" if action == "create" else "the check passes"
        lines = [f"Nothing was {done} at Planet (--dry-run): {known}."]
    else:
        lines = [f"Nothing was {done} at Planet: {_reason(report, code, stopped=stopped)}."]
        if action == "update":
            lines.append("The destination keeps its old credentials.")
    return "\n" + "".join(f"{line}\n" for line in lines)


def _created(handoff: dict[str, str], destination: Destination) -> list[str]:
    import json

    where: dict[str, Any] = {"ref": handoff["ref"]}
    if destination.path_prefix:
        where["path_prefix"] = destination.path_prefix
    lines = [f"Created at Planet: {handoff['name']}", f"  {handoff['ref']}", ""]
    if "note" in handoff:
        lines[1:1] = [f"  {handoff['note']}."]
    if handoff.get("default") == "true":
        lines[-1:] = ["  It is the organisation's default destination: pl:destinations/default", ""]
    return [
        *lines,
        "In an order:",
        f'  "delivery": {json.dumps({"destination": where})}',
        "In a subscription:",
        f'  "delivery": {json.dumps({"type": "destination", "parameters": where})}',
        "New credentials one day:",
        f"  planet-validator update {handoff['id']} SOURCE",
    ]


def _reason(report: DestinationReport, code: int, *, stopped: bool) -> str:
    names = {each.name for each in report.findings}
    if stopped:
        return "interrupted"
    for name, reason in (
        ("planet-rejected", "Planet refused it"),
        ("planet-unreachable", "Planet did not answer"),
        ("name-taken", "Planet has a destination of this name"),
        ("quota-reached", "the organisation is full"),
    ):
        if name in names and report.verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
            return reason
    if report.verdict is Verdict.WARN and code:
        return "there are warnings, and --strict lets none pass"
    return "the check could not tell" if report.verdict is Verdict.INCONCLUSIVE else "the check fails"
