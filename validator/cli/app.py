"""The command line: which command, and its exit code; what a command takes and does stands in its own module.

Typer, and nothing imported before it is needed: start-up is most of what a quick command takes, so a command's module is loaded
when it runs, and never for another's sake.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from validator.cli import flush
from validator.cli import help as pages

PROGRAM: Final = "planet-validator"
COMPLETION: Final = "_PLANET_VALIDATOR_COMPLETE"
"""What the shell sets when it asks for completions."""

PANELS: Final[Mapping[str, Mapping[str, str]]] = {
    "Check a destination": {
        "init": "write the source of a destination, to begin with",
        "check": "check destinations as Planet would, and leave nothing behind",
        "lint": "judge the sources alone: no bucket is asked",
        "sweep": "find lingering planetverify.txt, say why each stayed, remove them",
    },
    "Understand and correct": {
        "policy": "print the least-privilege policy of a destination",
        "diagnose": "tell what an error means that you already have, offline",
        "explain": "tell what a finding means and how to fix it",
    },
    "Hand over to Planet": {
        "create": "check a destination, and create it at Planet if it passes",
        "update": "check new credentials, and give them to Planet if they pass",
        "list": "show Planet's destinations, and which source is for which",
    },
    "Around it": {
        "doctor": "look at this machine: clock, network, certificates, SDKs, login",
        "schema": "print the JSON Schema of a source file, for editors",
        "serve": "serve the check over HTTP, with a page for the browser",
        "demo": "check good and broken destinations on local emulators",
    },
}
"""As help lists the commands: by heading, each with one line, which stands at the top of its own help as well."""
COMMANDS: Final[Mapping[str, str]] = {name: line for lines in PANELS.values() for name, line in lines.items()}


class Commands(TyperGroup):
    """The commands, each loaded when it is asked for."""

    format_usage = pages.format_usage
    format_epilog = pages.format_epilog

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - as typer calls it
        """Every name."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - as typer calls it
        """A command with its options, or None."""
        return load(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that was named. A name that does not exist is answered with the closest that does."""
        name = args[0]
        if name not in COMMANDS and not ctx.resilient_parsing:
            from difflib import get_close_matches

            close = get_close_matches(name, COMMANDS, n=1)
            hint = f"is {close[0]} meant?" if close else f"there are {', '.join(COMMANDS)}"
            ctx.fail(f"there is no command {name[:80]!r}: {hint}")
        return super().resolve_command(ctx, args)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 - as typer calls it
        """What follows the program's name."""
        return ["COMMAND", "..."]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The commands by panel, from their rows: none is loaded to be listed."""
        for panel, lines in PANELS.items():
            with formatter.section(panel):
                formatter.write_dl([(f"{name:<9}", line) for name, line in lines.items()])
        pages.write_panels(self.get_params(ctx), formatter)


app: Final = typer.Typer(
    cls=Commands, invoke_without_command=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Tells you, before Planet does, whether Planet could deliver to your bucket, and what to change if not.",
    epilog="Examples:\n  planet-validator check dest.json\n  planet-validator explain delete-denied\n\n"
    "planet-validator COMMAND --help tells a command's options, with examples.",
)  # fmt: skip


def _version(wanted: bool) -> None:  # noqa: FBT001 - as typer calls it
    if wanted:
        from validator.core.version import __version__

        sys.stdout.write(f"{PROGRAM} {__version__}\n")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", "-V", is_eager=True, callback=_version, help="show the version")]


@app.callback()
def root(
    ctx: typer.Context,
    *,
    version: Version = False,  # noqa: ARG001 - its callback has answered
) -> int | None:
    """Help, where no command is named: exit code 2."""
    if ctx.invoked_subcommand is not None:
        return None
    sys.stdout.write(f"{ctx.get_help()}\n")
    return 2


def load(name: str) -> Any:
    """A command with its options: the ``typer.Typer`` of its name in the module of its name, which is imported here."""
    command = get_command(getattr(import_module(f"validator.cli.commands.{name}"), name))
    command.name, command.help = name, COMMANDS[name]
    return command


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code; nothing but a report, or a line for a person, ever comes out."""
    verbosity = sum(each.count("v") for each in arguments if each in ("-v", "-vv", "-vvv", "--verbose"))
    try:
        return _run(arguments)
    except SystemExit as ending:  # the shell's completion ends this way
        return ending.code if isinstance(ending.code, int) else 0
    except KeyboardInterrupt:
        return _interrupted()
    except BaseException as error:  # noqa: BLE001 - no traceback reaches a user
        return _failed(error, verbosity, arguments)
    finally:
        flush()


def _run(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["help"]:
        arguments = [*arguments[1:], "--help"]
    program = get_command(app)
    if os.environ.get(COMPLETION):
        program.main(list(arguments), prog_name=PROGRAM)
    try:
        with program.make_context(PROGRAM, list(arguments)) as ctx:
            return int(program.invoke(ctx) or 0)
    except typer.Exit as ending:  # after --help and --version
        return ending.exit_code
    except typer.TyperException as error:
        return _misused(error, arguments)


def _misused(error: typer.TyperException, arguments: Sequence[str]) -> int:
    """Say what is wrong, and where to read more."""
    from validator.cli import console
    from validator.core.terminal_text import one_line

    command = f"{PROGRAM} {arguments[0]}" if arguments and arguments[0] in COMMANDS else PROGRAM
    message = one_line(error.format_message())
    option = getattr(error, "option_name", None) or ""
    if any(each in option.lower() for each in ("secret", "passw", "token", "credential", "access-key", "api-key")):
        where = "set PLANET_VALIDATOR_TOKEN" if command == f"{PROGRAM} serve" else "name them in the source, as ${NAME}"
        message = f"{one_line(option)}: secrets are no options, others would see them: {where}"
    elif message.startswith("Missing argument 'SOURCE'"):
        message = "which SOURCE? A file with a destination, such as dest.json: planet-validator init s3 dest.json writes one"
    console.learn(_given(arguments))
    sys.stderr.write(f"{PROGRAM}: {console.masked(message, ours=True)}\n{command} --help tells more.\n")
    return 2


def _given(arguments: Sequence[str]) -> Sequence[str]:
    """Every text that the command was given: arguments, and settings of the environment."""
    from validator.cli.settings import ENVIRONMENT

    return (*arguments, *(value for name, value in os.environ.items() if name.startswith(ENVIRONMENT)))


def _interrupted() -> int:
    talk = sys.modules.get("validator.cli.console")
    what = "while its report was being written" if talk is not None and talk.ends.sent else "before anything was sent"
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"\n{PROGRAM}: interrupted {what}\n")
    return 130


def _failed(error: BaseException, verbosity: int, arguments: Sequence[str]) -> int:
    from validator.cli import console
    from validator.core.errors import ValidatorError

    if isinstance(error, ValidatorError):
        return console.complain(error, _given(arguments))
    console.unexpected(error, verbosity)
    return 3
