"""The use case: load, lint, rehearse, perform, diagnose, report; for one destination or a thousand."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import ref

from validator import providers
from validator.checking.batch import Announcer, folder, in_turns, named, placed, redactor_of, report_of
from validator.checking.batch import destinations as destinations_of
from validator.checking.lint import examine, fault
from validator.checking.record import ProbeResult
from validator.core import catalog
from validator.core.deadline import CancelToken, Clock, Deadline, Interrupted, TimedOut
from validator.core.errors import MissingExtra, ValidatorError
from validator.core.model import (
    VERDICT_OF,
    VERIFICATION_FILE,
    Destination,
    DestinationReport,
    Finding,
    Kind,
    Observation,
    Operation,
    Report,
    Secret,
    Severity,
    Step,
    Verdict,
    worst,
)
from validator.core.redaction import Redactor
from validator.core.sentences import LIMITS
from validator.core.shown import Guarded
from validator.core.values import Dataclass, field, replace
from validator.providers.base import Failure, Options, Provider

if TYPE_CHECKING:
    from validator.checking.progress import Progress
    from validator.sources.loader import Source

MOST_NAMES = 40
"""Parameters whose names a report repeats; no type has half as many."""


def forgetful(secret: str | Secret) -> None:
    """Remembers nothing. A function with a name, so that settings can be pickled."""


class Settings(Guarded, Dataclass):
    """How to check. The defaults are the command's."""

    timeout: float = 60.0
    """Seconds for each destination, clean-up included."""
    jobs: int = 16
    """Destinations at a time."""
    proceed: bool = False
    """Perform even where it could not be proven beforehand that the file can be removed."""
    multipart: bool = False
    ignore: frozenset[str] = frozenset()
    """Names of findings that are left out, and decide nothing."""
    expires_within: int = 14
    """Days."""
    prefixes: tuple[str, ...] = ()
    """Check below these as well."""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Another endpoint, by type, whole or short."""
    ca_bundle: str | None = None
    owner: bool = False
    """After a failure, read with the operator's own login what explains it. Never done unasked."""
    owner_profile: str | None = None
    """Which of the operator's profiles, where the cloud has profiles."""
    enough: frozenset[Verdict] = frozenset()
    """Verdicts after which no further destination is begun; what is under way comes to its end."""
    clock: Clock | None = None
    """Another clock than the machine's: a test's."""
    remember: Callable[[str | Secret], None] = forgetful
    """Is told each secret that is made or read on the way, for whoever keeps logs."""

    @property
    def texts(self) -> tuple[str, ...]:
        """What reports repeat of these settings: a secret may stand in a name's place."""
        return (*self.prefixes, *self.endpoints.values(), self.owner_profile or "")

    def endpoint_of(self, type_: str) -> str | None:
        """The endpoint that was given for a type."""
        return next((url for name, url in self.endpoints.items() if providers.full_name(name) == type_), None)

    def options(
        self,
        type_: str,
        seconds: Callable[[], float] | None = None,
        redactor: Redactor | None = None,
        shared: MutableMapping[Hashable, Any] | None = None,
    ) -> Options:
        """What a provider of this type is told. ``redactor`` learns what secrets it makes or reads on the way; ``shared`` is the run's."""
        # SDKs' clients refer to themselves and hold this: it is not to keep the redactor, which is large, until somebody looks for garbage.
        redacting: Callable[[], Redactor | None] = ref(redactor) if redactor is not None else lambda: None

        def remember(secret: str | Secret) -> None:
            if (known := redacting()) is not None:
                known.add(secret)
            self.remember(secret)

        options = Options(
            endpoint=self.endpoint_of(type_),
            ca_bundle=self.ca_bundle,
            expires_within=self.expires_within,
            multipart=self.multipart,
            remember=remember,
            shared={} if shared is None else shared,
        )
        return replace(options, seconds=seconds) if seconds else options


Watch = Callable[[int, Step | DestinationReport], None]
"""Called with a destination's index and each of its steps as it happens, then its report: in order, in a thread of its own. No check
waits for it; where it raises, it is told no more, and the report is whole all the same."""


def check(
    source: Source,
    settings: Settings | None = None,
    *,
    stop: CancelToken | None = None,
    watch: Watch | None = None,
    progress: bool = False,
) -> Report:
    """Run the preflight and return its report.

    ``source`` is a path, ``-``, a request as a mapping or a model of the planet SDK, a list of these, or what :func:`validator.load` returned. Never
    raises for what is wrong with a destination; raises :class:`~validator.core.errors.BadSource` for a source that cannot be read, or that is empty.
    Ctrl-C, or a notebook's interrupt, ends the check, cleans up, and gives the report of what was seen by then. ``progress`` shows how far it is.
    """
    settings = settings or Settings()
    stop = stop or CancelToken()
    destinations = destinations_of(source)
    announcer: Announcer[Step | DestinationReport] = Announcer(watch)
    bar: Progress | None = None
    if progress:
        from validator.checking.progress import progress_of

        bar = progress_of(len(destinations))

    def tell(index: int, event: Step | DestinationReport) -> None:
        announcer.tell(index, event)
        if bar is not None:
            bar.seen(index, event)

    came: set[Verdict] = set()
    shared: dict[Hashable, Any] = {}

    def one(index: int) -> DestinationReport:
        if any(each in came for each in settings.enough):
            not_begun = catalog.finding("not-checked", detail="Its bucket was not asked.")
            report = _lint_one(destinations[index], settings, [not_begun], ProbeResult())
        else:
            report = check_one(destinations[index], settings, stop, lambda step: tell(index, step), shared)
            came.add(report.verdict)
        tell(index, report)
        return report

    started, clock = datetime.now(UTC), time.monotonic()
    try:
        with bar or contextlib.nullcontext():
            reports = in_turns(destinations, settings.jobs, stop, one, settings.endpoint_of)
    finally:
        announcer.close(stop)
    return replace(report_of(reports, started, clock), interrupted=stop.level > 0)


def lint(source: Source, settings: Settings | None = None) -> Report:
    """Judge the source alone: no network, no SDK."""
    settings = settings or Settings()
    started, clock = datetime.now(UTC), time.monotonic()
    reports = tuple(_lint_one(each, settings) for each in destinations_of(source))
    return report_of(reports, started, clock)


def check_one(
    destination: Destination,
    settings: Settings,
    stop: CancelToken,
    watch: Callable[[Step], None],
    shared: MutableMapping[Hashable, Any],
) -> DestinationReport:
    """Check one destination, whatever its state; every text in the report is redacted. Raises MissingExtra."""
    clock = time.monotonic()
    deadline = Deadline(settings.timeout, stop, settings.clock)
    options = settings.options(destination.type, deadline.allowed)
    redactor: Redactor | None = None
    findings: list[Finding] = []
    result = ProbeResult()
    target, view = "", None
    not_judged: Mapping[str, str] = {}
    try:
        examined = examine(destination, options)
        redactor = redactor_of(destination, examined.provider, settings.texts)
        options = settings.options(destination.type, deadline.allowed, redactor, shared)
        findings += examined.findings
        provider, parameters, not_judged = examined.provider, examined.parameters, examined.not_judged
        result.limits += provider.limits if provider else ()
        target = examined.object_uri(VERIFICATION_FILE, options)
        confirmed = provider.confirmed_by_rehearsal if provider else ()
        stopped = any(each.severity is Severity.ERROR and each.name not in confirmed for each in findings)
        if provider is not None and parameters is not None and not stopped:
            met = _probe(provider, parameters, destination, settings, deadline, options, result, watch, redactor)
            if settings.owner and not result.interrupted and any(each.severity is not Severity.INFO for each in met):
                from validator.checking import owner

                met, view = owner.look(
                    provider, parameters, met, result.failures,
                    profile=settings.owner_profile, deadline=deadline, options=options,
                )  # fmt: skip
            findings += met
    except ValidatorError:
        raise
    except Exception as error:  # noqa: BLE001 - one destination's fault must not take the others with it
        findings.append(fault(error))
    finally:
        deadline.close()
    redactor = redactor or redactor_of(destination, None, settings.texts)  # where examining it failed
    report = _finish(destination, settings, target, findings, result, clock, redactor)
    return replace(report, owner=redactor.value(view), not_judged=not_judged)


def _probe(
    provider: Provider,
    parameters: Any,
    destination: Destination,
    settings: Settings,
    deadline: Deadline,
    options: Options,
    result: ProbeResult,
    watch: Callable[[Step], None],
    redactor: Redactor,
) -> list[Finding]:
    findings: list[Finding] = []
    with contextlib.ExitStack() as stack:
        try:
            bucket = stack.enter_context(deadline.run(lambda: _connected(provider, parameters, options)))
        except MissingExtra:
            raise
        except ModuleNotFoundError as error:
            raise providers.missing(provider.name, error) from error
        except Exception as error:  # noqa: BLE001 - opening the connection speaks to the network as well
            return [_not_opened(provider, parameters, options, error)]
        try:
            # While the first connections are opened; and for a lint never.
            from validator.checking.conversation import Conversation
            from validator.checking.walk import Probe

            places = dict.fromkeys(["", folder(destination.path_prefix), *map(folder, settings.prefixes)])
            probe = Probe(
                Conversation(provider, parameters, bucket, options, deadline),
                proceed=settings.proceed, watch=lambda step: watch(redactor.value(step)), result=result, folders=tuple(places),
            )  # fmt: skip
            passed = dict.fromkeys(places, False)
            for place in places:
                if result.interrupted or (place and _hopeless(result)):
                    break
                passed[place] = probe.walk(place)
            if result.failures:
                from validator.checking.causes import causes, prefix_only

                findings += causes(provider, parameters, options, result, probe.experiment)
                findings += prefix_only(passed, findings)
        except ValidatorError:
            raise
        except Exception as error:  # noqa: BLE001 - what was seen, and what is still there, is told all the same
            findings.append(fault(error))
    findings += [each for each in result.findings if each not in findings]
    if result.interrupted and not any(each.name == "interrupted" for each in findings):
        findings.append(catalog.finding("interrupted"))
    return findings


def _not_opened(provider: Provider, parameters: Any, options: Options, error: Exception) -> Finding:
    from validator.checking.diagnosis import diagnose
    from validator.core import address_guard
    from validator.core.model import Mode

    ours = {Interrupted: "interrupted", TimedOut: "timeout"}.get(type(error))
    if address_guard.refused(error):
        ours = "forbidden-address"
    observation = Observation(Kind.UNREACHABLE, code=ours) if ours else provider.classify(error)
    failure = Failure(Operation.DELETE, VERIFICATION_FILE, Mode.REHEARSED, observation)
    return diagnose(provider, parameters, failure, options)


def _hopeless(result: ProbeResult) -> bool:
    """Whether what failed at the root fails everywhere: a prefix can only bring a permission."""
    return any(failure.observation.kind not in (Kind.DENIED, Kind.KEPT) for failure in result.failures)


def _lint_one(
    destination: Destination, settings: Settings, more: Sequence[Finding] = (), result: ProbeResult | None = None
) -> DestinationReport:
    clock = time.monotonic()
    options = settings.options(destination.type)
    examined = examine(destination, options)
    redactor = redactor_of(destination, examined.provider, settings.texts)
    target = examined.object_uri(VERIFICATION_FILE, options)
    report = _finish(destination, settings, target, [*examined.findings, *more], result, clock, redactor)
    return replace(report, not_judged=examined.not_judged)


def _finish(
    destination: Destination,
    settings: Settings,
    target: str,
    findings: Iterable[Finding],
    result: ProbeResult | None,
    clock: float,
    redactor: Redactor,
) -> DestinationReport:
    kept = placed(findings, destination, settings.ignore)
    verdict = worst([VERDICT_OF[each.severity] for each in kept])
    if result is not None and not _all_seen(result):
        verdict = worst([verdict, Verdict.INCONCLUSIVE])
    seen = result or ProbeResult()
    report = DestinationReport(
        name=destination.name,
        type=destination.type,
        source=destination.source,
        pointer=destination.pointer,
        target=target,
        verdict=verdict,
        parameters=tuple(each for each in destination.parameters if isinstance(each, str))[:MOST_NAMES],
        steps=tuple(seen.steps),
        findings=kept,
        residue=tuple(replace(each, remove_command=named(each.remove_command, destination)) for each in seen.residue),
        limits=(*LIMITS, *seen.limits) if result else (),
        endpoint_override=settings.endpoint_of(destination.type),
        duration_ms=round((time.monotonic() - clock) * 1000, 1),
        notes=tuple(seen.notes),
        wrote=seen.wrote,
    )
    return redactor.value(report)


def _all_seen(result: ProbeResult) -> bool:
    """Whether write and delete were both carried out wherever they were to be: without it nothing passes."""
    needed = {(operation, place) for place in (result.places or [""]) for operation in (Operation.WRITE, Operation.DELETE)}
    return needed <= result.performed


def _connected(provider: Provider, parameters: Any, options: Options) -> Any:
    # It loads the type's SDK: where two threads load modules that import one another, one of them may meet a half-loaded one.
    # Types of our own ask nobody here; another's might, and nobody is to wait for that.
    if provider.name not in providers.BUILT_IN:
        return provider.connect(parameters, options)
    with LOADING:
        return provider.connect(parameters, options)


LOADING = Lock()
