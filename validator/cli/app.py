"""The command line: which command, its options, its exit code; what the commands do stands elsewhere.

argparse, and nothing imported before it is needed: start-up is most of what a quick command takes.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from validator.cli import options as _arguments


class Command(NamedTuple):
    """One command; a dataclass would cost a tenth of what ``--help`` takes."""

    help: str
    """One line, in the list of commands and at the top of its own help."""
    options: _arguments.Options
    run: Callable[[Any], int]
    """Takes the parsed options and returns the exit code."""


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code; nothing but a report, or a line for a person, ever comes out."""
    verbosity = sum(each.count("v") for each in arguments if each in ("-v", "-vv", "-vvv", "--verbose"))
    try:
        return _run(arguments)
    except SystemExit as ending:  # argparse ends this way, after help and after a wrong option
        return ending.code if isinstance(ending.code, int) else 0
    except KeyboardInterrupt:
        return _interrupted()
    except BaseException as error:  # noqa: BLE001 - no traceback reaches a user
        return _failed(error, verbosity)
    finally:
        _flush()


def _interrupted() -> int:
    talk = sys.modules.get("validator.cli.console")
    what = "while its report was being written" if talk is not None and talk.ends.sent else "before anything was sent"
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"\nplanet-validator: interrupted {what}\n")
    return 130


def _run(arguments: Sequence[str]) -> int:
    name = arguments[0] if arguments else ""
    if name == "--version":
        from validator.core.version import __version__

        sys.stdout.write(f"planet-validator {__version__}\n")
        return 0
    if name in ("-h", "--help", "help", ""):
        sys.stdout.write(_help())
        return 0 if name else 2
    command = COMMANDS.get(name)
    if command is None:
        from difflib import get_close_matches

        close = get_close_matches(name, COMMANDS, n=1)
        hint = f"is {close[0]} meant?" if close else f"there are {', '.join(COMMANDS)}"
        sys.stderr.write(f"planet-validator: there is no command {_shown(name)}: {hint}\n")
        return 2
    parser = _arguments.Parser(name, command.help)
    command.options(parser)
    return command.run(parser.parse_intermixed_args(arguments[1:]))


def _shown(text: str) -> str:
    from validator.core.terminal_text import one_line

    return one_line(repr(text[:80]))


def _help() -> str:
    lines = [
        "usage: planet-validator COMMAND ...",
        "",
        "Tells you, before Planet does, whether Planet could deliver to your bucket, and",
        "what to change if not.",
        "",
        "commands:",
        *(f"  {name:<9} {command.help}" for name, command in COMMANDS.items()),
        "",
        "planet-validator COMMAND --help tells its options; planet-validator --version",
        "its version.",
        "",
        "Exit codes: 0 every destination passes, 1 at least one fails, 2 wrong usage or",
        "input, 3 could not tell (worth a retry), 130 interrupted.",
    ]
    return "\n".join(lines) + "\n"


def _failed(error: BaseException, verbosity: int) -> int:
    from validator.cli import console
    from validator.core.model import ValidatorError

    if isinstance(error, ValidatorError):
        return console.complain(error)
    console.unexpected(error, verbosity)
    return 3


def _flush() -> None:
    """A reader that went away (``| head``) is no error, and must not become one when Python ends."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _over_sources(told: Any, work: Callable[[Any], int]) -> int:
    """Settle the settings, and do the work with a session."""
    from validator.cli import console, context
    from validator.cli import logs as _logs

    with console.endings(), _logs.logs(told.verbose):
        code = work(
            context.open_session(
                _arguments.settings(told),
                config=told.config,
                reads=_arguments.reads(told),
                verbose=told.verbose,
                quiet=told.quiet,
            )
        )
        _flush()  # until here signals are heard
    return context.INTERRUPTED if console.ends.heard else code


def _check(told: Any) -> int:
    from validator.cli import context

    fix = told.fix or told.dry_run
    return _over_sources(
        told, lambda session: context.check(session, told.sources, told.against, fix=fix, dry_run=told.dry_run)
    )


def _lint(told: Any) -> int:
    from validator.cli import context

    fix = told.fix or told.dry_run
    return _over_sources(told, lambda session: context.lint(session, told.sources, fix=fix, dry_run=told.dry_run))


def _create(told: Any) -> int:
    from validator.cli.commands import handoff

    return _over_sources(told, lambda session: handoff.create(session, told.source, default=told.default, dry_run=told.dry_run))


def _update(told: Any) -> int:
    from validator.cli.commands import handoff

    return _over_sources(
        told,
        lambda session: handoff.update(session, told.destination, told.source, rename=told.rename, dry_run=told.dry_run),
    )


def _sweep(told: Any) -> int:
    from validator.cli.commands import sweep as _sweep_command

    return _over_sources(told, lambda session: _sweep_command.run(session, told))


def _policy(told: Any) -> int:
    from validator.cli import console
    from validator.cli.commands import policy as _policy_command
    from validator.core.terminal_text import inert, inert_json

    text, notes = _policy_command.run(told)
    text = console.masked(text)
    for note in notes:
        console.say_lines(console.masked(note))
    console.put(inert_json(text) if text.lstrip().startswith(("{", "[")) else inert(text))
    return 0


def _colour(told: Any) -> bool:
    from validator.cli import console
    from validator.core.model import ValidatorError

    if told.color not in (None, "auto", "always", "never"):
        raise ValidatorError("--color must be one of auto, always, never")
    return console.colours(told.color or "auto", sys.stdout, os.environ)


def _explain(told: Any) -> int:
    from validator.cli import console
    from validator.cli.commands import explain as _explain
    from validator.core.model import ValidatorError

    if told.format not in (None, "text", "json"):
        raise ValidatorError("--format: explain speaks text and json")
    colour = _colour(told)
    if told.format == "json":
        text = _explain.as_json(told.finding)
    elif told.finding:
        text = _explain.one(told.finding, colour=colour, width=console.width(sys.stdout, os.environ))
    else:
        text = _explain.every(colour=colour)
    console.put(text)
    return 0


def _diagnose(told: Any) -> int:
    from validator.cli import console
    from validator.cli.commands import diagnose as _diagnose_command

    text, code = _diagnose_command.run(told, colour=_colour(told))
    console.put(text)
    return code


def _schema(told: Any) -> int:
    import json

    from validator.cli import console

    if told.of == "report":
        from importlib.resources import files

        console.put((files("validator") / "report.schema.json").read_text(encoding="utf-8"))
    else:
        from validator.sources.schema import schema

        console.put(json.dumps(schema(), indent=2) + "\n")
    return 0


def _serve(told: Any) -> int:
    from validator.checking.assemble import Settings
    from validator.cli import configuration
    from validator.service.server import run as run_service

    values = configuration.settle(_arguments.settings(told), os.environ, None)
    return run_service(
        host=told.host,
        port=told.port,
        allow_private_endpoints=told.allow_private_endpoints,
        allowed_hosts=tuple(told.allowed_host or ()),
        trusted_proxies=tuple(told.trusted_proxy or ()),
        settings=Settings(
            timeout=values["timeout"],
            jobs=values["jobs"] if "jobs" in values.origins else 8,  # of one request, and there are many
            endpoints=values["endpoint"],
            ca_bundle=values["ca-bundle"],
        ),
    )


def _demo(told: Any) -> int:
    from validator.cli import console
    from validator.core.deadline import Stop
    from validator.demo import planet
    from validator.demo.run import run as run_demo

    stop = Stop()
    with console.signals(stop):
        return run_demo(
            verbosity=-1 if told.quiet else told.verbose,
            colour=_colour(told),
            ascii_only=console.only_ascii(sys.stdout),
            width=console.width(sys.stdout, os.environ),
            stop=stop,
            ending=(planet.TITLE, planet.acts),
        )


COMMANDS: Final[Mapping[str, Command]] = {
    "check": Command("check destinations as Planet would, and leave nothing behind", _arguments.check, _check),
    "lint": Command("judge the sources alone: no bucket is asked", _arguments.sources, _lint),
    "sweep": Command("find lingering planetverify.txt, say why each stayed, remove them", _arguments.sweep, _sweep),
    "create": Command("check a destination, and create it at Planet if it passes", _arguments.create, _create),
    "update": Command("check new credentials, and give them to Planet if they pass", _arguments.update, _update),
    "policy": Command("print the least-privilege policy of a destination", _arguments.policy, _policy),
    "diagnose": Command("tell what an error means that you already have, offline", _arguments.diagnose, _diagnose),
    "explain": Command("tell what a finding means and how to fix it", _arguments.explain, _explain),
    "schema": Command("print the JSON Schema of a source file, for editors", _arguments.schema, _schema),
    "serve": Command("serve the check over HTTP, with a page for the browser", _arguments.serve, _serve),
    "demo": Command("check good and broken destinations on local emulators", _arguments.demo, _demo),
}
"""In the order in which help lists them."""
