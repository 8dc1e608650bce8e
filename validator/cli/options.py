"""How commands are declared: their own options as typer takes them, beside the settings that they share with others."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import typer

from validator.cli.help import Closing, Command
from validator.cli.settings import ENVIRONMENT, KEYS, REPORT, SOURCES, CliSetting
from validator.core.values import Dataclass

SOURCE_HELP: Final = "a .json, .yaml or .toml file, a folder of them, or -"
FIXING: Final = "Repair"
CONFIG_VARIABLE: Final = f"{ENVIRONMENT}CONFIG"
"""Names the settings file, as ``--config`` does."""

Sources = Annotated[list[str], typer.Argument(metavar="SOURCE", help=SOURCE_HELP, show_default=False)]
Fix = Annotated[
    bool, typer.Option("--fix", help="write the proposed changes back to the source, then look again", rich_help_panel=FIXING)
]
Form = Annotated[Literal["text", "json"], typer.Option("-f", "--format", metavar="FORMAT", help="text (default) or json")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="with --fix: show the changes alone, write nothing", rich_help_panel=FIXING)
]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", help="one line for each destination, and the count", rich_help_panel=REPORT)
]
Verbose = Annotated[
    int,
    typer.Option(
        "-v", "--verbose", count=True, help="evidence, limits, settings; twice: what the SDKs do", rich_help_panel=REPORT
    ),
]

READING: Final = (
    "format",
    "output",
    "select",
    "strict",
    "ignore",
    "expires-within",
    "endpoint",
    "allow-env",
    "allow-file",
    "env-file",
)
"""Settings of every command that reads sources and reports."""
ASKING: Final = (*READING, "timeout", "jobs", "ca-bundle")
"""Settings of every command that asks a bucket."""


class Given(Dataclass):
    """What was given of the settings that a command shares with others; nothing is settled yet."""

    settings: Mapping[str, Any]
    """By the names of ``KEYS``; None where nothing was given."""
    config: str | None = None
    """The settings file that was named; the null device for none."""
    verbose: int = 0
    quiet: bool = False


def command(
    *, examples: Sequence[str], codes: Mapping[int, str] | None = None, settings: Sequence[str] = (), reports: bool = False
) -> Callable[[Callable[..., int]], typer.Typer]:
    """Make a function a command: a typer application of one command.

    Args:
        examples: commands to paste, for the end of its help.
        codes: the exit codes that say something of their own.
        settings: names of ``KEYS``. With any of them, the function takes what was given as its parameter ``given``.
        reports: whether it reads a settings file and reports as ``check`` does: adds ``--config``, ``--color``, ``-q`` and ``-v``.
    """

    def decorate(function: Callable[..., int]) -> typer.Typer:
        application = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        names = [*settings, *(("color",) if reports else ())]
        shared = [_parameter(KEYS[name]) for name in names] + (_reporting() if reports else [])
        variables = [KEYS[name].variable for name in names] + ([CONFIG_VARIABLE] if reports else [])
        declared = _sharing(function, shared) if shared else function
        epilog: Any = Closing(examples, codes, variables)
        application.command(cls=Command, epilog=epilog)(declared)
        return application

    return decorate


def _sharing(function: Callable[..., int], shared: Sequence[inspect.Parameter]) -> Callable[..., int]:
    """The function, with these parameters in the place of ``given``: typer reads a function's signature."""
    own = [each for each in _parameters(function) if each.name != "given"]
    names = {each.name for each in shared}

    def sharing(**values: Any) -> int:
        given = {name: values.pop(name) for name in names}
        verbose, quiet = given.pop("verbose", 0), given.pop("quiet", False)
        config, no_config = given.pop("config", None), given.pop("no_config", False)
        settings = {name.replace("_", "-"): None if value == [] else value for name, value in (*given.items(), *values.items())}
        return function(given=Given(settings, os.devnull if no_config else config, verbose, quiet), **values)

    parameters = [*(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own), *shared]
    sharing.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what inspect.signature reads first
    sharing.__annotations__ = {}  # the signature holds the types: typer would resolve them once more, twice
    return sharing


def _parameters(function: Callable[..., int]) -> Sequence[inspect.Parameter]:
    """Its parameters with the types themselves. Types that have a name are looked up: to have each compiled and run takes a hundredth of a check."""
    parameters, known = inspect.signature(function).parameters.values(), vars(sys.modules[function.__module__])
    if not all(each.annotation in known for each in parameters):
        return [*inspect.signature(function, eval_str=True).parameters.values()]
    return [each.replace(annotation=known[each.annotation]) for each in parameters]


def _parameter(key: CliSetting) -> inspect.Parameter:
    """A setting as an option. Its environment variable is read where a settings file is, by ``configuration.settle``."""
    if not key.metavar:
        kind: Any = bool | None
        names = [f"--{key.name}/--no-{key.name}"]
    else:
        kind = list[str] | None if key.several else str | None
        names = [*key.short, f"--{key.name}"]
    option = typer.Option(
        None,
        *names,
        metavar=key.metavar or None,
        help=f"{key.help}. Repeatable" if key.several else key.help,
        rich_help_panel=key.panel,
        autocompletion=key.complete,
    )
    name = key.name.replace("-", "_")
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=option, annotation=kind)


def _reporting() -> list[inspect.Parameter]:
    """What commands share that read a settings file and report."""
    # As defaults, and not within Annotated, which takes three times as long to make.
    config: Any = typer.Option(
        None,
        metavar="FILE",
        help="settings from this file, not from planet-validator.toml or pyproject.toml",
        rich_help_panel=SOURCES,
    )
    no_config: Any = typer.Option(
        False,
        "--no-config",
        help="read no settings file: for sources that others may change",
        rich_help_panel=SOURCES,
    )
    options: dict[str, tuple[Any, Any]] = {
        "config": (str | None, config),
        "no_config": (bool, no_config),
        "quiet": (Quiet, False),
        "verbose": (Verbose, 0),
    }
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in options.items()
    ]
