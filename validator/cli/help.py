"""How help looks: the usage, panels of options or of commands, examples, exit codes. Plain text, so that no start pays for a renderer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from typer.core import TyperArgument, TyperCommand, TyperOption

GENERAL: Final = "General"
"""The last panel: of options that every command has."""
COLUMN: Final = 24
"""Width of the options' column: the same in each panel."""
VERDICTS: Final[Mapping[int, str]] = {
    0: "every destination passes",
    1: "at least one fails",
    2: "wrong usage or input",
    3: "could not tell (worth a retry)",
    130: "interrupted",
}
"""The exit codes of a command that judges destinations."""


def format_usage(command: Any, ctx: Any, formatter: Any) -> None:
    """``usage: planet-validator check [OPTIONS] SOURCE...``."""
    formatter.write_usage(ctx.command_path, " ".join(command.collect_usage_pieces(ctx)), prefix="usage: ")


def format_epilog(command: Any, ctx: Any, formatter: Any) -> None:  # noqa: ARG001 - as typer calls it
    """Examples and exit codes, as they are: a command that is broken over lines could not be pasted."""
    if command.epilog:
        formatter.write(f"\n{command.epilog}\n")


class Command(TyperCommand):
    """One command: its arguments, its options by panel, examples, and the exit codes where they say something of their own.

    The examples and codes are the epilog, a :class:`Closing`.
    """

    format_usage = format_usage
    format_epilog = format_epilog

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 - as typer calls it
        """What follows the command's name."""
        arguments = [each for each in self.params if isinstance(each, TyperArgument)]
        return ["[OPTIONS]", *(_named(each) if each.required else f"[{_named(each)}]" for each in arguments)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments first, then the panels in the order in which their first option was declared."""
        write_panels(self.get_params(ctx), formatter)


def write_panels(parameters: Iterable[Any], formatter: Any) -> None:
    """Arguments and options, each under the heading of its panel."""
    panels: dict[str, list[tuple[str, str]]] = {}
    for each in parameters:
        if isinstance(each, TyperArgument) and not each.hidden:
            panels.setdefault("Arguments", []).append(_row(_named(each), each.help))
        elif isinstance(each, TyperOption) and not each.hidden:
            panels.setdefault(each.rich_help_panel or GENERAL, []).append(_row(_spelled(each), each.help))
    general = panels.pop(GENERAL, [])
    for name, rows in (*panels.items(), (GENERAL, general)):
        if rows:
            with formatter.section(name):
                formatter.write_dl(rows, col_max=COLUMN)


class Closing:
    """The end of a command's help: commands to paste, what its exit codes say, and which variables give its settings. Text when it is printed."""

    def __init__(self, examples: Sequence[str], codes: Mapping[int, str] | None = None, variables: Sequence[str] = ()) -> None:
        self._examples = examples
        self._codes = codes or {}
        self._variables = variables

    def __str__(self) -> str:
        parts = ["\n".join(["Examples:", *(f"  {each}" for each in self._examples)])]
        if self._codes:
            parts.append("\n".join(["Exit codes:", *(f"  {code:<4} {meaning}" for code, meaning in self._codes.items())]))
        if self._variables:
            import textwrap

            lines = textwrap.wrap(", ".join(self._variables), 76, break_long_words=False)
            parts.append("\n".join(["Environment:", *(f"  {each}" for each in lines)]))
        return "\n\n".join(parts)


def _row(name: str, text: str | None) -> tuple[str, str]:
    # What typer words itself begins with a capital and ends with a full stop, ours does not.
    text = (text or "").rstrip(".")
    return f"{name:<{COLUMN}}", text[:1].lower() + text[1:] if text[1:2].islower() else text


def _named(argument: TyperArgument) -> str:
    name = argument.metavar or argument.human_readable_name
    return f"{name}..." if argument.nargs == -1 else name


def _spelled(option: TyperOption) -> str:
    names = ", ".join(sorted(option.opts, key=len))
    if option.secondary_opts:
        names += f" / {', '.join(option.secondary_opts)}"
    return f"{names} {option.metavar}" if option.metavar and not option.is_flag and not option.count else names
