"""The command ``list``: Planet's destinations beside local sources."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from validator.cli.options import SOURCE_HELP, Form, Given, command

if TYPE_CHECKING:
    from validator.cli.execution import CommandContext
    from validator.core.model import Destination
    from validator.planet.inventory import Inventory, InventoryRow


@command(
    settings=("planet-url", "timeout", "allow-env", "allow-file", "env-file"),
    reports=True,
    examples=["planet-validator list destinations/", "planet-validator list -f json"],
    codes={0: "Planet was asked", 2: "wrong usage or input, or no login", 3: "Planet could not be asked", 130: "interrupted"},
)
def list(  # noqa: A001 - the command's name
    given: Given,
    sources: Annotated[
        builtins.list[str] | None, typer.Argument(metavar="SOURCE", help=SOURCE_HELP, show_default=False)
    ] = None,
    *,
    form: Form = "text",
) -> int:
    """Tell what Planet has, and which source is for it; the exit code. Raises ValidatorError."""
    from validator.cli import execution

    named = [*(sources or ())]
    return execution.run(given, named, lambda context: _listed(context, named, form))


def _listed(context: CommandContext, sources: Sequence[str], form: str) -> int:
    import json

    from validator.cli import at_planet, console, execution
    from validator.core.terminal_text import inert_json, visible

    destinations = execution.load(context, sources).destinations if sources else ()
    stored = at_planet.compared(context, destinations)
    if form == "json":
        console.put(inert_json(json.dumps(console.redacted(document(stored)), indent=2) + "\n"))
    else:
        text = story(stored, compared=bool(sources), now=datetime.now(UTC), quiet=context.verbosity < 0)
        console.put(visible(console.masked(text), newlines=True))
    return 0


def document(inventory: Inventory) -> dict[str, Any]:
    """The inventory as plain values."""
    from validator.planet.inventory import place_of

    return {
        "destinations": [
            {
                "name": each.known.name,
                "id": each.known.id,
                "ref": each.known.reference,
                "type": each.known.type,
                "bucket": place_of(each.known.parameters),
                "archived": each.archived or None,
                "default": each.default,
                "sources": [source.source for source in each.sources],
                "sources_with_another_key": [*each.other_key],
                "credential_ends": each.ends.isoformat().replace("+00:00", "Z") if each.ends else None,
            }
            for each in inventory.entries
        ],
        "not_at_planet": [
            {"name": each.name, "type": each.type, "bucket": place_of(each.parameters), "source": each.source}
            for each in inventory.elsewhere
        ],
        "without_id": inventory.unnamed,
    }


def story(inventory: Inventory, *, compared: bool, now: datetime, quiet: bool = False) -> str:
    """The inventory for people: two or three lines each, and a count. ``quiet``: one line each."""
    from validator.core.sentences import many
    from validator.core.terminal_text import one_line
    from validator.planet.inventory import left_out

    parts = []
    for each in inventory.entries:
        lines = [_first(each)]
        if not quiet:
            lines.append(f"  {each.known.reference}")
        if compared and not quiet:
            lines += [f"  {line}" for line in _sources(each, now)]
        parts.append("".join(f"{one_line(line)}\n" for line in lines))
    elsewhere = "".join(one_line(f"  {_local(each)}") + "\n" for each in inventory.elsewhere)
    if elsewhere and not quiet:
        parts.append(f"Not at Planet:\n{elsewhere}")
    live = [each for each in inventory.entries if not each.archived]
    summary = f"{many(len(live), 'destination')} at Planet"
    if gone := len(inventory.entries) - len(live):
        summary += f", and {gone} archived"
    if compared:
        held = sum(bool(each.sources) for each in live)
        summary += f": {held} with a source, {len(live) - held} without"
        summary += (
            f". {many(len(inventory.elsewhere), 'source')} {'is' if len(inventory.elsewhere) == 1 else 'are'} not at Planet"
        )
    summary = " ".join(each for each in (f"{summary}.", left_out(inventory)) if each)
    return ("" if quiet else "\n").join([*parts, f"{summary}\n"])


def _first(each: InventoryRow) -> str:
    from validator.planet.inventory import place_of

    marks = ["default"] if each.default else []
    if each.archived:
        marks.append(f"archived since {each.archived[:10]}")
    return "    ".join([each.known.name, each.known.type, place_of(each.known.parameters) or "-", *marks])


def _sources(each: InventoryRow, now: datetime) -> Sequence[str]:
    lines = [f"source: {', '.join(dict.fromkeys(source.source for source in each.sources))}"] if each.sources else []
    lines += [f"{name}: the same bucket with another key than Planet's" for name in each.other_key]
    if each.ends is not None:
        days = (each.ends - now).days
        when = f"in {days} days" if days > 1 else "within two days" if each.ends > now else "over"
        lines.append(f"its credential ends {each.ends:%Y-%m-%d %H:%M} UTC ({when})")
    return lines or ["no source"]


def _local(each: Destination) -> str:
    from validator.planet.inventory import place_of

    return "    ".join([each.name, each.type or "-", place_of(each.parameters) or "-", each.source])
