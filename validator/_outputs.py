"""Where reports go: standard output and files, which are seen to be writable before anything is checked."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from validator import _talk
from validator.formats import FORMATS, render
from validator.model import Report, ValidatorError

SUMMARY_LIMIT: Final = 1024 * 1024
"""Bytes. GitHub drops a step summary that is larger."""


@dataclass(frozen=True, slots=True)
class Output:
    """One report to write."""

    format: str
    path: str
    """``-`` is standard output."""
    made: bool = False
    """The file did not exist before this run."""


def parse(given: Sequence[str], format_: str) -> Sequence[Output]:
    """What ``-f`` and ``-o`` ask for.

    ``FORMAT:FILE`` is written besides the report on standard output, ``FILE`` instead of it. Raises ValidatorError.
    """
    outputs = []
    printed = True
    for each in given:
        prefix, colon, path = each.partition(":")
        if colon and prefix in FORMATS:
            outputs.append(Output(prefix, path))
        elif colon and re.fullmatch(r"[a-z]{2,12}", prefix) and not Path(each).exists():
            raise ValidatorError(f"--output {each}: {prefix} is not one of {', '.join(FORMATS)}")
        else:
            outputs.append(Output(format_, each))
            printed = False
        if not outputs[-1].path:
            raise ValidatorError(f"--output {each}: the file's name is missing")
    printed = printed and not any(each.path == "-" for each in outputs)
    paths = [each.path if each.path == "-" else os.path.realpath(each.path) for each in outputs]
    twice = {path for path in paths if paths.count(path) > 1}
    if twice:
        raise ValidatorError(f"--output: two reports would go to {min(twice)}")
    return [*([Output(format_, "-")] if printed else []), *outputs]


def reserve(outputs: Sequence[Output]) -> Sequence[Output]:
    """Open every file once, so that an unwritable path is found before anything is checked. Raises ValidatorError."""
    reserved: list[Output] = []
    for each in outputs:
        made = each.path != "-" and not Path(each.path).exists()
        if each.path != "-":
            try:
                with Path(each.path).open("a", encoding="utf-8"):
                    pass
            except OSError as error:
                release(reserved)
                raise ValidatorError(f"--output: {each.path} cannot be written: {error.strerror or error}") from None
        reserved.append(Output(each.format, each.path, made))
    return reserved


def release(outputs: Sequence[Output]) -> None:
    """Remove the empty files that :func:`reserve` made and nobody filled."""
    for each in outputs:
        path = Path(each.path)
        with contextlib.suppress(OSError):
            if each.made and path.stat().st_size == 0:
                path.unlink()


def write(outputs: Sequence[Output], report: Report, style: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    """Write every report. Raises ValidatorError for a file that cannot be written after all."""
    for each in outputs:
        if each.path == "-":
            _talk.put(render(each.format, report, **(style if each.format == "text" else {})))
        else:
            plain = {"verbosity": style.get("verbosity", 0)} if each.format == "text" else {}
            try:
                Path(each.path).write_text(render(each.format, report, **plain), encoding="utf-8")
            except OSError as error:
                raise ValidatorError(f"--output: {each.path} cannot be written: {error.strerror or error}") from None
    summary = environment.get("GITHUB_STEP_SUMMARY")
    if summary and any(each.format == "github" for each in outputs):
        _append_summary(Path(summary), report)


def _append_summary(path: Path, report: Report) -> None:
    from validator.formats import markdown

    with contextlib.suppress(OSError):  # a summary is a courtesy: its absence must not change the verdict
        there = path.stat().st_size if path.exists() else 0
        room = min(markdown.LIMIT, SUMMARY_LIMIT - there - 1024)
        if room > 1024:
            with path.open("a", encoding="utf-8") as stream:
                stream.write(markdown.render(report, limit=room))
