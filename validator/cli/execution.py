"""One run of a command over sources: settle, load, check, report, exit code."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from validator.checking import assemble
from validator.cli import configuration, console, fixes, flush
from validator.cli import outputs as _outputs
from validator.cli.options import CONFIG_VARIABLE, Given
from validator.core.deadline import CancelToken
from validator.core.errors import ValidatorError
from validator.core.model import Destination, DestinationReport, Report, Step, Verdict
from validator.core.terminal_text import visible
from validator.core.values import Dataclass, field, replace

if TYPE_CHECKING:
    from validator.checking.progress import Progress
    from validator.sources.loader import Loaded, References

INTERRUPTED = 130
GARBAGE: Final = 50_000
"""So many objects are looked through for garbage while buckets are checked: each check leaves some, and there may be thousands."""


class CommandContext(Dataclass):
    """What a command was told, settled."""

    values: configuration.SettledSettings
    outputs: Sequence[_outputs.Output]
    verbosity: int = 0
    stop: CancelToken = field(default_factory=CancelToken)

    @property
    def settings(self) -> assemble.Settings:
        """For the library."""
        values = self.values
        return assemble.Settings(
            timeout=values["timeout"],
            jobs=values["jobs"],
            proceed=values["proceed"],
            multipart=values["multipart"],
            ignore=frozenset(values["ignore"]),
            expires_within=values["expires-within"],
            prefixes=values["prefix"],
            endpoints=values["endpoint"],
            ca_bundle=values["ca-bundle"],
            owner=values["owner"] or values["owner-profile"] is not None,
            owner_profile=values["owner-profile"],
            enough=frozenset(self._enough()),
            remember=console.remember,
        )

    @property
    def prints_text(self) -> bool:
        """Whether the text report goes to standard output."""
        return any(each.format == "text" and each.path == "-" for each in self.outputs)

    def tell(self, text: str) -> None:
        """Lines under the text report; beside any other."""
        if self.prints_text:
            console.put(visible(text, newlines=True))
        else:
            console.say_lines(text.strip())

    def _enough(self) -> Iterator[Verdict]:
        if self.values["fail-fast"]:
            yield Verdict.FAIL
            if self.values["strict"]:
                yield Verdict.WARN

    def style(self) -> dict[str, Any]:
        """How the text format prints on this standard output."""
        return console.style(self.values["color"], self.verbosity)


def run(given: Given, reads: Sequence[str | None], work: Callable[[CommandContext], int]) -> int:
    """Settle the settings, and do the work with a context; the exit code.

    ``reads`` are the files and folders that were named to be read. Raises ValidatorError.
    """
    from validator.cli import logs

    with console.endings(), logs.logs(given.verbose):
        code = work(open_context(given, [each for each in reads if each and each != "-"]))
        flush()  # until here signals are heard
    return INTERRUPTED if console.ends.heard else code


def open_context(given: Given, reads: Sequence[str]) -> CommandContext:
    """Settle the settings and see that every output can be written, and is none of what the run reads. Raises ValidatorError."""
    file = configuration.find(given.config or os.environ.get(CONFIG_VARIABLE) or None, Path.cwd(), console.say)
    values = configuration.settle(given.settings, os.environ, file)
    for name, origin in values.origins.items():
        console.learn((*_texts(values[name]), os.environ.get(origin, "")))  # a list parts what it was made of
    if given.verbose and file is not None:
        console.say(f"settings file: {file.path}")
    for name, origin in values.origins.items():
        if given.verbose and not origin.startswith("--"):
            console.say(f"setting: {name} = {_shown(values[name])} (from {origin})")
    if given.quiet and given.verbose:
        raise ValidatorError("-q and -v say the opposite of each other")
    outputs = _outputs.parse(values["output"], values["format"])
    files = [each for each in (values["env-file"], values["ca-bundle"], None if file is None else str(file.path)) if each]
    _outputs.reserve(outputs, [*reads, *files])
    return CommandContext(values, outputs, -1 if given.quiet else given.verbose)


def _texts(value: Any) -> Iterator[str]:
    """The strings of a setting."""
    listed = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple | frozenset) else (value,)
    return (each for each in listed if isinstance(each, str))


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value).lower() if value is True else str(value)


def load(context: CommandContext, sources: Sequence[str]) -> Loaded:
    """The destinations of all sources that were selected; from now on no log tells a secret of any. Raises ValidatorError."""
    from validator.sources.loader import load_all

    loaded = load_all(sources, references=references(context.values))
    console.keep_quiet_about(loaded.destinations)
    if context.values["select"]:
        loaded = replace(loaded, destinations=select(loaded.destinations, context.values["select"]))
    if context.verbosity > 0:
        for path in loaded.skipped:
            console.say(f"no destination in {path}")
    return loaded


def select(destinations: Sequence[Destination], names: Sequence[str]) -> tuple[Destination, ...]:
    """Those of these names. Raises ValidatorError where one names none: a slip must not make a check that asks less."""
    known = [each.name for each in destinations]
    for name in names:
        if name not in known:
            from difflib import get_close_matches

            close = get_close_matches(name, known, n=1)
            listed = ", ".join(repr(each) for each in dict.fromkeys(known[:10])) + (" ..." if len(known) > 10 else "")
            hint = f"is {close[0]!r} meant?" if close else f"there {'is' if len(set(known)) == 1 else 'are'} {listed or 'none'}"
            raise ValidatorError(f"--select: no destination is called {name!r}: {hint}")
    return tuple(each for each in destinations if each.name in names)


def references(values: configuration.SettledSettings) -> References:
    """Which references of a source are resolved."""
    from validator.sources.loader import References

    env, files = values["allow-env"], values["allow-file"]
    return References(
        allow_env=None if env is None else frozenset(env),
        allow_files=None if files is None else tuple(files),
        env_file=values["env-file"],
    )


def exit_code(report: Report, *, strict: bool, verdict: Verdict | None = None) -> int:
    """The exit code of contract.md: a fail wins over what could not be decided; the unknown is never 0."""
    if report.interrupted:
        return INTERRUPTED
    verdict = verdict or report.verdict
    if verdict is Verdict.FAIL or (verdict is Verdict.WARN and strict):
        return 1
    if verdict is Verdict.INCONCLUSIVE:
        # A warning elsewhere fails a strict run as well, and a fail wins.
        return 1 if strict and any(each.verdict is Verdict.WARN for each in report.destinations) else 3
    return 0


def check(context: CommandContext, sources: Sequence[str], against: str | None, *, fix: bool, dry_run: bool) -> int:
    """``planet-validator check``: the exit code."""
    if against is not None:
        if fix:
            raise ValidatorError("--fix and --against cannot be used together")
        if context.values["fail-fast"]:
            raise ValidatorError("--fail-fast and --against cannot be used together: what failed before is no reason to stop")
        if context.values["wait"]:
            raise ValidatorError("--wait and --against cannot be used together: what failed before is no reason to wait")
        return _check_against(context, sources, against)
    loaded = load(context, sources)
    if not dry_run:
        fixes.tidy(loaded)
    streaming = _may_stream(context, loaded.destinations, fix=fix)
    report = run_check(context, loaded.destinations, streaming=streaming)
    if fix and not report.interrupted:
        report = _fixed(context, sources, loaded, report, dry_run=dry_run)
    deliver(context, report, streamed=streaming, printed=not dry_run)
    return exit_code(report, strict=context.values["strict"])


def _fixed(context: CommandContext, sources: Sequence[str], loaded: Loaded, report: Report, *, dry_run: bool) -> Report:
    """The report of the files with what ``--fix`` has written; the one that was given where it has written nothing."""
    from validator.checking.waiting import not_awaited
    from validator.fixing.trials import trials

    def again(changed: Sequence[Destination]) -> Report:
        console.keep_quiet_about(changed)
        tried = run_check(context, changed, waiting=False)
        return waited(context, tried, changed, only=not_awaited(report, tried, strict=context.values["strict"]))

    options, known, left = context.settings.options, references(context.values), report
    try:
        tried = trials(loaded.destinations, report, again, options=options, references=known)
        left = tried.report
        if left.interrupted or not fixes.make(loaded, left, options, known, tried.checked, dry_run=dry_run):
            return left
        return tried.joined(run_check(context, load(context, sources).destinations))
    except BaseException:
        console.tell_left(left.destinations)  # no report will tell of it
        raise


def lint(context: CommandContext, sources: Sequence[str], *, fix: bool, dry_run: bool) -> int:
    """``planet-validator lint``: the exit code."""
    loaded = load(context, sources)
    if not dry_run:
        fixes.tidy(loaded)
    report = assemble.lint(loaded, context.settings)
    if fix and fixes.make(loaded, report, context.settings.options, references(context.values), dry_run=dry_run):
        loaded = load(context, sources)
        report = assemble.lint(loaded, context.settings)
    deliver(context, report, printed=not dry_run)
    return exit_code(report, strict=context.values["strict"])


def run_check(
    context: CommandContext, destinations: Sequence[Destination], *, streaming: bool = False, waiting: bool = True
) -> Report:
    """Check, with progress on standard error; a signal ends it. ``waiting``: as long as ``--wait`` says."""
    progress = progress_of(len(destinations))
    stream = Stream(context, progress, len(destinations)) if streaming else None
    reports: dict[int, DestinationReport] = {}

    def watch(index: int, event: Step | DestinationReport) -> None:
        if (
            gc.get_threshold()[0] > GARBAGE
        ):  # the command's process (decision 0028), at its first answer: all that is loaded stays
            gc.freeze()
            gc.set_threshold(GARBAGE)
        if isinstance(event, DestinationReport):
            reports[index] = event
        (stream or progress).seen(index, event)

    def say(line: str) -> None:
        with progress.aside():
            console.say(line)

    shown = progress if context.verbosity >= 0 or on_terminal() else contextlib.nullcontext()
    with console.signals(context.stop):
        with console.left_told(reports.values()), shown:
            report = assemble.check(destinations, context.settings, stop=context.stop, watch=watch)
            if retries := context.values["retries"]:
                from validator.checking.retry import tried_again

                report = tried_again(report, destinations, context.settings, retries, context.stop, say)
        if waiting:
            report = waited(context, report, destinations)
    if stream is not None and stream.broken:
        console.tell_left(report.destinations)
        if isinstance(stream.broken, str):
            raise ValidatorError(f"standard output cannot be written: {stream.broken}")
    return report


def waited(
    context: CommandContext, report: Report, destinations: Sequence[Destination], only: Collection[int] | None = None
) -> Report:
    """What a report of these comes to when they, or ``only`` some, are checked again for as long as ``--wait`` says."""
    if not context.values["wait"]:
        return report
    from validator.checking.retry import joined
    from validator.checking.waiting import Waiting, check_until

    reports = list(report.destinations)

    def watch(index: int, event: Step | DestinationReport) -> None:
        if isinstance(event, DestinationReport):
            reports[index] = joined(reports[index], event, 0.0)

    waiting = Waiting(context.values["wait"], strict=context.values["strict"], only=only)
    with console.left_told(reports):
        return check_until(report, destinations, context.settings, waiting, context.stop, console.say, watch)


def on_terminal() -> bool:
    """Whether standard error is a terminal on which a line can be drawn anew."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def progress_of(total: int, done: str = "checked") -> Progress:
    """What is told on standard error of so many destinations."""
    from validator.checking.progress import Progress

    return Progress(total, sys.stderr, terminal=on_terminal(), width=console.width(sys.stderr, os.environ), done=done)


class Stream:
    """Prints each destination's part as soon as every one before it is printed."""

    def __init__(self, context: CommandContext, progress: Progress, count: int) -> None:
        from validator.formats.style import Style

        self._style = Style(**context.style())
        self._progress = progress
        self._count = count
        self._waiting: dict[int, DestinationReport] = {}
        self._next = 0
        self._lock = threading.Lock()
        self.broken: bool | str = False
        """True if the reader of standard output has gone away; words if it cannot be written."""

    def seen(self, index: int, event: Step | DestinationReport) -> None:
        """The ``watch`` of :func:`validator.check`."""
        from validator.formats.text import first

        self._progress.seen(index, event)
        if isinstance(event, Step):
            return
        with self._lock:
            self._waiting[index] = event
            while self._next in self._waiting:
                part = first(self._waiting.pop(self._next), self._style, self._count)
                self._next += 1
                if not part:
                    continue
                try:
                    with self._progress.aside():
                        self.broken = self.broken or not console.put(part)
                except (OSError, ValueError) as error:
                    self.broken = str(getattr(error, "strerror", None) or error)


def _may_stream(context: CommandContext, destinations: Sequence[Destination], *, fix: bool) -> bool:
    # What a later step may change is printed at the end.
    return (
        context.prints_text
        and len(destinations) > 1
        and not fix
        and not context.values["retries"]
        and not context.values["wait"]
    )


def deliver(context: CommandContext, report: Report, *, streamed: bool = False, printed: bool = True) -> None:
    """Write the report wherever it was asked for. Raises ValidatorError."""
    outputs = [each for each in context.outputs if printed or each.path != "-"]
    style = context.style()
    heard = True
    with console.left_told(report.destinations):
        if streamed:
            from validator.formats.style import Style
            from validator.formats.text import closing

            heard = console.put(closing(report, Style(**style)))
            outputs = [each for each in outputs if each.path != "-"]
        heard = _outputs.write(outputs, report, style, os.environ) and heard
    if not heard:
        console.tell_left(report.destinations)


def _check_against(context: CommandContext, sources: Sequence[str], against: str) -> int:
    from validator.checking import rotation

    old, new = load(context, [against]).destinations, load(context, sources).destinations
    pairs = rotation.pair_up(old, new)
    report = run_check(context, (*old, *new), streaming=False)
    if report.interrupted:
        deliver(context, report)
        return INTERRUPTED
    before, after = report.destinations[: len(old)], report.destinations[len(old) :]
    compared = [rotation.compare(before[first], after[second]) for first, second in pairs]
    outcome = rotation.gate(report, compared)
    deliver(context, outcome)
    context.tell(rotation.story(compared))
    gates = [each.verdict for each in compared]
    verdict = max(gates, key=lambda each: each.weight)
    only = Report(verdict, (), report.started_at, report.duration_ms, report.tool_version)
    return exit_code(only, strict=context.values["strict"], verdict=verdict)
