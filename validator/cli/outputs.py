"""Where reports go: standard output and files, which are seen to be writable before anything is checked."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from validator.cli import console
from validator.core import lazy
from validator.core.errors import ValidatorError
from validator.core.model import Report
from validator.core.values import Dataclass
from validator.formats import FORMATS, render
from validator.sources.forms import SUFFIXES
from validator.sources.surroundings import root_of

LOCK_TRIES: Final = 40
"""Twentieths of a second."""
SUMMARY_LIMIT: Final = 1024 * 1024
"""Bytes. GitHub drops a step summary that is larger."""

# How the formats begin.
_REPORT: Final = lazy.compile(
    rb"""\{\s{0,8}"schema_version":\s?\d+,\s{0,8}"tool":\s?\{"?\s{0,8}"name":\s?"planet-validator\""""
    rb"""|\{\s{0,8}"\$schema":[^\n]{0,200}sarif[^\n]{0,200}\n"""
    rb"""|<\?xml[^>]{0,100}>\s{0,8}<testsuites name="planet-validator\""""
    rb"""|<!doctype html>[\s\S]{0,500}?planet-validator"""
    rb"""|(?:\#\#\ )?planet-validator:\ |::(?:error|warning|notice)[ :]|(?:PASS|WARN|UNSURE|FAIL)\ |\d{1,6}\ destinations?:\ """
)


class Output(Dataclass):
    """One report to write."""

    format: str
    path: str
    """``-`` is standard output."""


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
        elif colon and re.fullmatch(r"[a-z]{2,12}", prefix) and not os.path.exists(each):  # noqa: PTH110 - pathlib raises for a name that is too long
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


def reserve(outputs: Sequence[Output], sources: Sequence[str]) -> None:
    """See that every file may be written and can be, before anything is checked; nothing is left there.

    ``sources`` are the files and folders that the run reads. Raises ValidatorError for an output that is one of them, that git
    tracks and that is no report, or that a link of a repository leads to: a proposal could have put it there.
    """
    for each in outputs:
        if each.path == "-":
            continue
        path = Path(each.path)
        try:
            refused = _is_read(path, sources) or _is_the_projects(path)
            if refused:
                raise ValidatorError(f"--output: {each.path} is not written: {refused}")
            if _is_special(path):
                if not os.access(path, os.W_OK):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
                continue
            real = Path(os.path.realpath(path))  # a link that leads nowhere stays
            made = not real.exists()
            os.close(_opened(path))
            if made:
                real.unlink()
        except OSError as error:
            raise ValidatorError(f"--output: {each.path} cannot be written: {error.strerror or error}") from None


def _is_read(path: Path, sources: Sequence[str]) -> str:
    real = Path(os.path.realpath(path))
    for each in sources:
        with contextlib.suppress(OSError, ValueError):  # what cannot be read is complained of where it is read
            source = Path(each)
            if real == Path(os.path.realpath(source)) or (path.exists() and path.samefile(source)):
                return f"this run reads it as {each}"
            below = source.is_dir() and real.is_relative_to(os.path.realpath(source))
            if below and real.suffix.lower() in SUFFIXES and real.exists() and not _is_report(real):
                return f"it is a source in {each}"
    return ""


def _is_the_projects(path: Path) -> str:
    from validator.sources.git_index import TrackingState, states

    lexical = Path.cwd() / path
    for each in (lexical, *lexical.parents):
        if each.is_symlink() and root_of(each.parent) is not None:
            return f"{each} is a link in a repository: name the file itself"
        if each.is_symlink() and hasattr(os, "geteuid") and each.lstat().st_uid not in (0, os.geteuid()):
            return f"{each} is a link of another user: name the file itself"
    real = Path(os.path.realpath(path))
    root = root_of(real.parent)
    if root is not None and ".git" in (part.lower() for part in real.relative_to(root).parts):
        return "it is git's own"
    if states([real])[real] is not TrackingState.UNTRACKED and not _is_report(real):
        return "git tracks it, and it is no report of ours"
    return ""


def _is_report(path: Path) -> bool:
    """Whether it holds what an earlier run wrote there, or nothing yet."""
    try:
        with path.open("rb") as file:
            start = file.read(1024)
    except OSError:
        return not path.exists()
    return not start or bool(_REPORT.match(start))


def write(outputs: Sequence[Output], report: Report, style: Mapping[str, Any], environment: Mapping[str, str]) -> bool:
    """Write every report; False if the reader of standard output has gone away.

    Raises ValidatorError for what cannot be written after all, when everything else is.
    """
    problems, heard = [], True
    for each in outputs:
        try:
            if each.path == "-":
                heard = console.put(render(each.format, report, **(style if each.format == "text" else {})))
            else:
                plain = {"verbosity": style.get("verbosity", 0)} if each.format == "text" else {}
                _put(Path(each.path), render(each.format, report, **plain).encode("utf-8"))
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            problems.append(f"standard output cannot be written: {why}" if each.path == "-" else f"--output: {each.path} cannot be written: {why}")  # fmt: skip
    summary = environment.get("GITHUB_STEP_SUMMARY")
    if summary and any(each.format == "github" for each in outputs):
        _append_summary(Path(summary), report)
    if problems:
        raise ValidatorError("; ".join(problems))
    return heard


def _is_special(path: Path) -> bool:
    """Whether it is a device or a pipe, which is not looked at by opening it: whoever reads a pipe would take that for its end."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _opened(path: Path) -> int:
    """The file itself, open for writing and not yet changed; a pipe that nobody reads is refused, not waited for. Raises OSError."""
    flags = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if _is_special(path):
        try:
            number = os.open(path, flags)
        except OSError as error:
            if error.errno == errno.ENXIO:
                raise OSError(error.errno, "it is a pipe that nobody reads") from None
            raise
        os.set_blocking(number, True)
        return number
    real = os.path.realpath(path)
    number = os.open(real, flags | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)  # what was no link is none now
    if os.path.realpath(path) != real:
        os.close(number)
        raise OSError(errno.ELOOP, "a link took its place meanwhile")
    return number


def _put(path: Path, text: bytes) -> None:
    """Write the whole of it; of two runs with one output, one report stays, and no mixture. Raises OSError, ValueError."""
    refused = _is_the_projects(path)
    if refused:
        raise ValueError(refused)
    with open(_opened(path), "wb") as file:
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            _lock(file.fileno())
            file.truncate(0)
        file.write(text)


def _lock(number: int) -> None:
    """Wait a moment for another run that is writing there; whoever keeps it for longer writes no report."""
    with contextlib.suppress(ImportError):
        import fcntl

        for _ in range(LOCK_TRIES):
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.05)
            except OSError:  # a file system without locks
                return
            else:
                return


def _append_summary(path: Path, report: Report) -> None:
    from validator.formats import markdown

    with contextlib.suppress(OSError):  # a summary is a courtesy: its absence must not change the verdict
        there = path.stat().st_size if path.exists() else 0
        room = min(markdown.LIMIT, SUMMARY_LIMIT - there - 1024)
        if room > 1024:
            with path.open("a", encoding="utf-8") as stream:
                stream.write(markdown.render(report, limit=room))
