"""The command's voice beside the report: lines, errors and signals, none of which may ever tell a secret."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, TextIO, TypeVar

from validator.core.terminal_text import one_line, visible

if TYPE_CHECKING:
    from validator.core.deadline import CancelToken
    from validator.core.errors import ValidatorError
    from validator.core.model import Destination, DestinationReport, Secret
    from validator.core.redaction import Redactor

T = TypeVar("T")


def masked(text: str, *, ours: bool = False) -> str:
    """The text without any secret that this run knows of, and without what only a secret looks like; ``ours`` as for the redactor."""
    return _redactor().text(text, ours=ours)


def keep_quiet_about(destinations: Iterable[Destination]) -> None:
    """From now on no log and no traceback shows a secret of these destinations."""
    from validator import providers
    from validator.checking.batch import public_of, secrets_of
    from validator.core.errors import ValidatorError

    for each in destinations:
        provider = None
        with contextlib.suppress(ValidatorError):
            provider = providers.find(each.type) if each.type else None
        secrets = tuple(secrets_of(each, provider))
        _redactor().show(public_of(each, secrets))
        for secret in secrets:
            remember(secret)


def remember(secret: Secret | str) -> None:
    """From now on nothing that the command says shows this secret."""
    _redactor().add(secret)


def learn(texts: Iterable[str]) -> None:
    """From now on nothing that the command says shows what looks like a credential in these texts, nor a part of it; nor a word of
    them that is the value of one of the environment's secrets.
    """
    from validator.core.secret_shapes import credentials_in
    from validator.sources.values import environment_secrets

    listed = [*texts]
    for text in filter(credentials_in, listed):
        from validator.core.guarded import strange  # for few: what is given are names

        for start, end in strange(text):
            remember(text[start:end])
    for secret in environment_secrets(listed, os.environ):
        remember(secret)


def redacted(value: T) -> T:
    """A report, or a part of one, without any secret that this run knows of."""
    return _redactor().value(value)


@cache
def _redactor() -> Redactor:
    from validator.core.redaction import Redactor

    return Redactor()


def forget() -> None:
    """Drop what :func:`keep_quiet_about` was told."""
    _redactor.cache_clear()


def say(text: str) -> None:
    """One line on standard error: a line feed within it is spelled out, since it came from a name."""
    _tell(one_line(masked(text, ours=True)))


def say_lines(text: str, *, diff: bool = False) -> None:
    """Lines of our own making on standard error; ``diff`` for a unified diff."""
    _tell(visible(masked(text.rstrip("\n"), ours=True), newlines=True, diff=diff))


def _tell(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        stream = sys.stderr
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()


def put(text: str) -> bool:
    """Text to standard output, whatever its encoding is able to show; False if the reader has gone away.

    Raises OSError or ValueError where it cannot be written: the disk is full, the stream is closed.
    """
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        return False
    return True


def complain(error: ValidatorError, given: Iterable[str] = ()) -> int:
    """A wrong use or an unreadable source: its lines on standard error, and exit code 2.

    ``given`` is what the command was given: the lines may quote it, whole, cut or in parts.
    """
    lines = getattr(error, "problems", None) or (str(error),)
    learn((*given, *lines))
    for line in lines:
        say(f"planet-validator: {masked(line)}")
    return 2


def unexpected(error: BaseException, verbosity: int) -> None:
    """An error of our own: its kind, and with ``-vv`` its places. Its message may quote a source, and is not shown."""
    from validator.core.redaction import traced

    if verbosity > 1:
        say_lines(masked(traced(error)))
    say(f"planet-validator: something unexpected happened, nothing was decided: {type(error).__name__}")
    if verbosity <= 1:
        say(
            "Run it again with -vv for the places; they are safe to pass on: no text of the error is shown, which may quote anything."
        )


class _CommandStage:
    """Where a command stands, for whoever has to say how it ended."""

    sent = False
    """Something was, or may have been, sent."""
    heard = False
    """A signal came while the report was being written."""


ends: Final = _CommandStage()


@contextlib.contextmanager
def endings() -> Iterator[None]:
    """Around a whole command, until the last byte is out: before anything is sent a signal ends it at once; while a report is
    written, the first lets it be finished, and the second ends it.
    """
    ends.sent = ends.heard = False

    def heard(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - what Python calls handlers with
        if not ends.sent or ends.heard:
            raise KeyboardInterrupt
        ends.heard = True
        _tell("\nThe report is being written (once more to give that up).")

    with _handled(heard):
        yield


@contextlib.contextmanager
def signals(
    stop: CancelToken, notice: str = "Stopping: whatever was written is removed first (once more gives that up)."
) -> Iterator[None]:
    """While something is sent: the first signal asks the check to stop and clean up, and says so; the second to give up cleaning up."""
    ends.sent = True

    def heard(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - what Python calls handlers with
        first = stop.level == 0
        # In a thread: a second signal may come while the first one's handler holds the lock.
        threading.Thread(target=stop.request, daemon=True).start()
        if first:
            _tell(f"\n{notice}")

    with _handled(heard):
        yield


@contextlib.contextmanager
def _handled(heard: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    names = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # What the parent told us to ignore (nohup) stays ignored.
    before = {each: signal.getsignal(each) for each in names}
    for each in names:
        if before[each] is not signal.SIG_IGN:
            signal.signal(each, heard)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler if handler is not None else signal.SIG_DFL)


@contextlib.contextmanager
def left_told(reports: Iterable[DestinationReport]) -> Iterator[None]:
    """Where this ends in an error, no report will tell of what the reports so far hold: it is told here."""
    try:
        yield
    except BaseException:
        tell_left(tuple(reports))
        raise


def tell_left(reports: Iterable[DestinationReport]) -> None:
    """On standard error, for what no report will tell of: what this run left, or may have left, and how it is removed."""
    for one in reports:
        for each in one.residue:
            if each.stays:
                what = f"{each.key} of {one.name}" + (f", version {each.version_id}" if each.version_id else "")
                note = f" ({each.note})" if each.note else ""
                say(f"planet-validator: left behind{note}: {what}: {each.remove_command}")


def colours(choice: str, stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to print colours: the option, then NO_COLOR and FORCE_COLOR, then what the stream is."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return environment["FORCE_COLOR"] not in ("0", "false")
    return stream.isatty() and environment.get("TERM") != "dumb"


def style(choice: str, verbosity: int) -> dict[str, Any]:
    """How the text format prints on this standard output. ``choice``: of the option for colours."""
    return {
        "colour": colours(choice, sys.stdout, os.environ),
        "ascii_only": only_ascii(sys.stdout),
        "width": width(sys.stdout, os.environ),
        "verbosity": verbosity,
    }


NARROWEST: Final = 40
"""Columns. In fewer, a line is left to the terminal to break."""


def width(stream: TextIO, environment: Mapping[str, str]) -> int:
    """Columns: the terminal's, between 40 and 120; 80 where it is not a terminal."""
    if environment.get("COLUMNS", "").isdigit():
        return min(120, max(NARROWEST, int(environment["COLUMNS"])))
    if not stream.isatty():
        return 80
    try:
        return min(120, max(NARROWEST, os.get_terminal_size(stream.fileno()).columns))
    except (OSError, ValueError):
        return 80


def only_ascii(stream: TextIO) -> bool:
    """Whether the stream cannot show what is not ASCII."""
    try:
        "\u2192\u2026".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False
