"""Progress and colours, on a terminal, in a log, and where neither belongs."""

from __future__ import annotations

import io
import threading

import pytest

from validator.cli import console

# ---- progress --------------------------------------------------------------------------------------------------------


def test_progress_draws_a_line_on_a_terminal_and_takes_it_away() -> None:
    from tests.support.sample_reports import GRANTED, failing
    from tests.support.wire import wait_until
    from validator.checking import progress as _progress

    stream = io.StringIO()
    progress = _progress.Progress(4, stream, terminal=True, beat=0.01)
    progress.seen(1, failing())
    progress.seen(2, GRANTED[0])
    with progress:
        wait_until(lambda: "1 of 4 destinations checked, 1 fails; " in stream.getvalue())
    assert stream.getvalue().endswith("\r\x1b[K")
    alone = _progress.Progress(1, stream, terminal=True)
    alone.seen(0, GRANTED[0])
    assert "0 of 1 destination checked; write granted; " in alone.line()


def test_no_progress_is_drawn_into_what_is_printed() -> None:
    from validator.checking import progress as _progress

    stream = io.StringIO()
    progress = _progress.Progress(2, stream, terminal=True)
    drawing = threading.Thread(target=progress._draw)
    with progress.aside():
        drawing.start()
        drawing.join(0.05)
        stream.write("PASS  north\n")
    drawing.join()
    assert stream.getvalue().startswith("PASS  north\n\r[")


def test_nothing_is_drawn_any_more_once_somebody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    from validator.checking import progress as _progress

    stream = io.StringIO()
    progress = _progress.Progress(2, stream, terminal=True)
    waits = iter([False, True])  # the next look's time had come just before
    monkeypatch.setattr(progress._over, "wait", lambda seconds: next(waits))
    progress.hold()
    progress._run()
    assert stream.getvalue() == ""


def test_progress_prints_plain_lines_in_a_log() -> None:
    from tests.support.sample_reports import destination
    from tests.support.wire import wait_until
    from validator.checking import progress as _progress

    stream = io.StringIO()
    progress = _progress.Progress(2, stream, terminal=False, beat=0.01)
    progress.seen(0, destination())
    with progress:
        wait_until(lambda: "1 of 2 destinations checked after 0 s\n" in stream.getvalue())
    assert "\r" not in stream.getvalue()


@pytest.mark.parametrize(
    ("choice", "environment", "terminal", "wanted"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colours(choice: str, environment: dict[str, str], terminal: bool, wanted: bool) -> None:
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    assert console.colours(choice, stream, environment) is wanted
