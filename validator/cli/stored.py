"""``check --all-from-planet``: every destination that the organisation has at Planet, with the secrets of the sources for it."""

from __future__ import annotations

from collections.abc import Sequence

from validator.cli import at_planet, console, execution
from validator.cli.execution import CommandContext
from validator.core.sentences import many
from validator.core.terminal_text import one_line
from validator.planet.inventory import InventoryRow, as_stored, left_out, place_of


def check(context: CommandContext, sources: Sequence[str]) -> int:
    """Check what Planet has and a source is for, and say which have none; the exit code.

    Nothing is changed at Planet. Archived ones are left out. Raises ValidatorError.
    """
    loaded = execution.load(context, sources)
    stored = at_planet.compared(context, loaded.destinations, asks_buckets=True)
    live = [each for each in stored.entries if not each.archived]
    if context.values["select"]:
        live = [each for each in live if each.sources]
    chosen = [as_stored(each, source) for each in live for source in each.sources]
    without = [each for each in live if not each.sources]
    text = console.masked(story(live, without, left_out(stored)))
    if not chosen:
        console.say_lines(text)
        return 3
    console.keep_quiet_about(chosen)
    report = execution.run_check(context, chosen)
    execution.deliver(context, report)
    context.tell(f"\n{text}")
    strict = context.values["strict"]
    code = execution.exit_code(report, strict=strict)
    return 1 if strict and (without or stored.unnamed) and code == 0 else code


def story(live: Sequence[InventoryRow], without: Sequence[InventoryRow], left: str) -> str:
    """How many there are, which have no source, and what the check cannot know."""
    lines = [
        f"Planet has {many(len(live), 'destination')}: {len(live) - len(without)} checked, {len(without)} without a source."
    ]
    for each in without:
        lines.append(f"  {each.known.name}    {each.known.type}    {place_of(each.known.parameters) or '-'}")
        lines += [f"    {name} has another key than Planet's" for name in each.other_key]
    lines += [left] if left else []
    if len(without) < len(live):
        lines.append("Planet shows no secret: that it has the same one as the source is not known.")
    return "".join(f"{one_line(line)}\n" for line in lines)
