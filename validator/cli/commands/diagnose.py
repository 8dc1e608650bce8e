"""The command ``diagnose``: reads a text, says what the answers in it mean."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Annotated, Final

import typer

from validator.cli.options import Form, Given, Quiet, Verbose, command
from validator.cli.settings import complete_types
from validator.core.errors import ValidatorError
from validator.diagnosing.diagnosis import LONGEST, Diagnosed, Diagnosis, documents
from validator.formats.style import Style
from validator.formats.text_findings import alone, paragraph

_READ: Final = 4 * LONGEST
"""Bytes that are read: a character has at most four. Of a longer file, the last ones."""

NOTHING: Final = (
    "No answer of a store, and none of Planet's, was found in this text. Paste the whole message: the traceback with its last line, the tool's error, "
    "or the body of the answer."
)


CODES: Final = {0: "the answer is known", 2: "the text holds no answer, or wrong usage", 3: "the answer is not known"}


@command(
    settings=("color",),
    examples=["planet-validator diagnose error.txt", "aws s3 rm s3://imagery-in/x 2>&1 | planet-validator diagnose --type s3"],
    codes=CODES,
)
def diagnose(
    given: Given,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="a traceback, a log, a tool's message or a body; - (default) is standard input",
            show_default=False,
        ),
    ] = "-",
    *,
    type_: Annotated[
        str | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="the destination type, where the text does not tell it (s3, gcs, azure and ocs will do)",
            autocompletion=complete_types,
        ),
    ] = None,
    form: Form = "text",
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Say what the answers in a text mean; the exit code. Raises ValidatorError."""
    from validator.cli import configuration, console
    from validator.diagnosing.diagnosis import diagnose as judge

    choice = configuration.one("color", given.settings, os.environ)
    diagnosis = judge(read(file), type=type_)
    if form == "json":
        import json

        console.put(json.dumps({"answers": documents(diagnosis), "cut": diagnosis.cut}, indent=2) + "\n")
    else:
        console.put(render(diagnosis, Style(**console.style(choice, -1 if quiet else verbose))))
    return 0 if diagnosis.recognised else 3 if diagnosis.answers else 2


def read(name: str) -> str:
    """The end of a file, or of standard input, as text. Raises ValidatorError."""
    try:
        if name == "-":
            data = sys.stdin.buffer.read(_READ + 1)
            while more := sys.stdin.buffer.read(_READ):
                data = (data + more)[-_READ - 1 :]
        else:
            with open(name, "rb") as file:  # noqa: PTH123 - a path of the user's, read once
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - _READ - 1))
                data = file.read(_READ + 1)
    except (OSError, ValueError) as error:
        raise ValidatorError(f"{name!r} cannot be read: {getattr(error, 'strerror', '') or 'not a path'}") from None
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    return data.decode(encoding, "replace")


def render(diagnosis: Diagnosis, style: Style) -> str:
    """The diagnosis for a person: the cause first, then what is known of it and what is not."""
    if not diagnosis.answers:
        return style.finish([*paragraph(NOTHING, style, 0)])
    lines: list[str] = []
    for each in diagnosis.answers:
        lines += [*_one(each, style), ""]
    if diagnosis.cut:
        lines += [*paragraph(f"The text is long: its last {LONGEST:,} characters were looked at.", style, 0)]
    return style.finish(lines)


def _one(each: Diagnosed, style: Style) -> Iterator[str]:
    if style.verbosity < 0:
        yield f"{each.finding.name}  {each.type or 'planet'}"
        return
    yield from alone(each.finding, style)
    for heading, sentences in (("Known:", each.known), ("Not known:", each.unknown)):
        yield f"    {style.paint(heading, '1')}"
        for sentence in sentences:
            yield from paragraph(sentence, style, 6)
