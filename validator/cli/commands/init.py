"""The command ``init``: the first file that somebody writes."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from validator.cli.options import Given, command
from validator.cli.settings import complete_types, meant
from validator.core.errors import ValidatorError
from validator.core.values import Dataclass, field, replace

if TYPE_CHECKING:
    from validator.cli.execution import CommandContext
    from validator.providers.base import Provider

_making: Final = partial(typer.Option, rich_help_panel="What is written")


@command(
    settings=("planet-url", "endpoint", "timeout", "ca-bundle"),
    reports=True,
    examples=["planet-validator init s3 dest.yaml", "planet-validator init --from-planet north-Ab3dEf north.yaml"],
)
def init(
    given: Given,
    type_: Annotated[
        str | None,
        typer.Argument(metavar="TYPE", help="Planet's name of the type, or s3, gcs, azure, ocs", autocompletion=complete_types),
    ] = None,
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="a .yaml, .toml or .json file that does not exist; without it, standard output"),
    ] = "-",
    *,
    from_planet: Annotated[
        str | None, _making(metavar="ID", help="what Planet knows of this destination, without TYPE; its secrets as references")
    ] = None,
    no_input: Annotated[bool, _making("--no-input", help="ask nothing, also on a terminal")] = False,
    write_secrets: Annotated[
        bool, _making("--write-secrets", help="write the secrets that you type into FILE, for you alone to read")
    ] = False,
) -> int:
    """Write a source with comments and references; the exit code. Raises ValidatorError."""
    from validator import providers
    from validator.cli import execution

    if from_planet is not None:
        if type_ is not None and file != "-":
            raise ValidatorError("--from-planet takes a FILE alone: Planet knows the type")
        target = type_ or "-"
        if write_secrets:
            raise ValidatorError("--write-secrets: Planet gives no secret back")
        _writable(target)
        return execution.run(given, [], lambda context: _from_planet(context, from_planet, target))
    if type_ is None:
        raise ValidatorError(f"init needs a TYPE ({', '.join(providers.SHORT_TYPES)}), or --from-planet ID")
    type_ = providers.full_name(type_)
    provider = providers.find(type_)
    if provider is None:
        raise ValidatorError(
            f"there is no type {type_[:80]!r}{meant(type_, providers.SHORT_TYPES)}: there are {', '.join(providers.SHORT_TYPES)}"
        )
    _writable(file)
    if write_secrets and file == "-":
        raise ValidatorError("--write-secrets needs a FILE: what goes to standard output may be kept anywhere")

    def work(context: CommandContext) -> int:
        return _made(context, type_, provider, file, asks=not no_input, write_secrets=write_secrets)

    return execution.run(given, [], work)


def _from_planet(context: CommandContext, id_: str, file: str) -> int:
    """Write what Planet has of a destination."""
    from validator import providers
    from validator.cli import at_planet, console
    from validator.planet.existing import known_of, stored
    from validator.providers.base import declared
    from validator.sources import starter

    answer = at_planet.asked(context, lambda planet: stored(planet, id_))
    known = console.redacted(known_of(answer, ""))  # Planet may repeat the login
    provider = providers.find(known.type) if known.type else None
    if provider is None:
        raise ValidatorError(f"the destination {known.id} is of the type {known.type or '(none)'}, which is not known here")
    values: dict[str, Any] = {}
    variables = []
    for each in declared(provider.Parameters):
        value = known.parameters.get(each.name)
        if each.metadata["kind"] == "secret":
            variables += [] if each.metadata.get("file") else [starter.variable(each)]
        elif isinstance(value, bool):
            values[each.name] = value
        elif isinstance(value, str) and value:
            values[each.name] = starter.literal(value)
    _write(file, known.type, provider, values, starter.literal(known.name), variables)
    return 0


class Answers(Dataclass, frozen=False):
    """What was answered."""

    values: dict[str, Any] = field(default_factory=dict)
    """As the source holds them: secrets as references, unless they are to be written."""
    secrets: dict[str, str] = field(default_factory=dict)
    """What was typed and is not written, by environment variable."""
    written: bool = False
    """Whether a secret stands in the source."""
    name: str = ""


def _made(context: CommandContext, type_: str, provider: Provider, file: str, *, asks: bool, write_secrets: bool) -> int:
    from validator.cli import console, questions

    answers = Answers()
    asks = asks and questions.can_ask()
    if asks:
        console.say_lines(f"A destination of the type {type_}. An empty line leaves a value for later; Ctrl-C ends this.")
        try:
            answers = _asked(provider, write_secrets=write_secrets)
        except questions.NoAnswer:
            raise ValidatorError("no answer: nothing was written (--no-input asks nothing)") from None
    _write(file, type_, provider, answers.values, answers.name, answers.secrets, private=answers.written)
    if file == "-" or not asks:
        return 0
    with contextlib.suppress(questions.NoAnswer):
        if questions.agreed("Check it now, with what you typed? It writes, reads and deletes planetverify.txt."):
            return _checked(context, file, answers.secrets)
    return 0


def _asked(provider: Provider, *, write_secrets: bool) -> Answers:
    """Ask for each parameter. Raises NoAnswer."""
    from validator.cli import console, questions
    from validator.providers.base import declared, misplaced_secrets
    from validator.sources import starter

    answers = Answers()
    for each in declared(provider.Parameters):
        credential = bool(each.metadata.get("credential"))
        empty = questions.default_of(each) or (starter.reference(each) if credential else "later")
        answer = questions.parameter(each, empty)
        while each.metadata["kind"] == "string" and any(misplaced_secrets(provider.Parameters, {each.name: answer})):
            console.remember(answer)
            console.say_lines("  That looks like a secret, which does not belong here: it is not kept.")
            answer = questions.parameter(each, empty)
        if not answer:
            continue
        if each.metadata["kind"] == "boolean":
            answers.values[each.name] = answer.lower() in ("y", "yes", "true", "1")
        elif each.metadata.get("file"):
            answers.values[each.name] = (
                answer if answer.startswith("${") else f"${{base64file:{Path(answer).expanduser().absolute()}}}"
            )
        elif each.metadata["kind"] != "secret" or (answer.startswith("${") and answer.endswith("}")):
            answers.values[each.name] = answer
        elif write_secrets:
            console.remember(answer)
            answers.values[each.name] = starter.literal(answer)
            answers.written = True
        else:
            console.remember(answer)
            answers.secrets[starter.variable(each)] = answer
    bucket = answers.values.get("bucket") or answers.values.get("container") or "the bucket's name"
    sys.stderr.write("\n")
    answers.name = questions.ask(f"What Planet is to call it, 3 to 63 characters [{bucket}]: ")
    return answers


def _writable(file: str) -> None:
    """Raises ValidatorError for a file that is there already, or whose form is not known."""
    from validator.sources.starter import SUFFIXES

    if file == "-":
        return
    if Path(file).suffix.lower() not in SUFFIXES:
        raise ValidatorError(f"{file}: the name must end with {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    if os.path.lexists(file):
        raise ValidatorError(f"{file} exists already: init writes over nothing")
    if not os.path.isdir(Path(file).absolute().parent):  # noqa: PTH112 - pathlib raises for a name that is too long
        raise ValidatorError(f"{file}: its folder does not exist")


def _write(
    file: str,
    type_: str,
    provider: Provider,
    given: Mapping[str, Any],
    name: str,
    variables: Iterable[str],
    *,
    private: bool = False,
) -> None:
    """Write a source to a file that does not exist, and say what comes next; or to standard output.

    ``variables``: of the secrets that are not in it. ``private``: for its owner alone. Raises ValidatorError.
    """
    import shlex

    from validator.cli import console
    from validator.core.terminal_text import inert
    from validator.sources import starter

    suffix = Path(file).suffix.lower() if file != "-" else ".yaml"
    text = starter.starter(type_, provider, suffix=suffix, given=given, name=name, file="FILE" if file == "-" else file)
    if file == "-":
        console.put(inert(text))
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
        with open(descriptor, "w", encoding="utf-8", newline="\n") as opened:  # noqa: PTH123 - a descriptor, not a path
            opened.write(text)
    except FileExistsError:
        raise ValidatorError(f"{file} exists already: init writes over nothing") from None
    except OSError as error:
        raise ValidatorError(f"{file} cannot be written: {error.strerror}") from None
    console.say(f"written: {file}")
    for each in variables:
        console.say(f"{each} is not in it. For later checks: read -rs {each} && export {each}")
    console.say(f"next: planet-validator check {shlex.quote(file)}")


def _checked(context: CommandContext, file: str, secrets: Mapping[str, str]) -> int:
    from validator.cli import console, execution
    from validator.sources.loader import load_all

    references = replace(execution.references(context.values), env={**os.environ, **secrets})
    loaded = load_all([file], references=references)
    console.keep_quiet_about(loaded.destinations)
    report = execution.run_check(context, loaded.destinations)
    execution.deliver(context, report)
    return execution.exit_code(report, strict=context.values["strict"])
