"""What every use case over sources shares: the destinations, turns and threads, the watcher, the redactor, the whole report."""

from __future__ import annotations

import logging
import shlex
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import heapify, heappop, heappush
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

from validator.core.deadline import Call, CancelToken, Interrupted, TimedOut
from validator.core.errors import BadSource
from validator.core.model import VERDICT_OF, Confidence, Destination, DestinationReport, Finding, Fix, Report, Secret, worst
from validator.core.redaction import SHORTEST, Redactor
from validator.core.secret_shapes import credential_parts
from validator.core.values import replace
from validator.providers.base import Provider, declared, misplaced_secrets

if TYPE_CHECKING:
    from validator.sources.loader import Source

T = TypeVar("T")
Event = TypeVar("Event")
EndpointOf: TypeAlias = Callable[[str], str | None]
"""The endpoint that is asked in place of a type's own, if one was given."""

PATIENCE: Final = 86_400.0
"""Seconds to wait for a watcher that has yet to hear the rest; a second signal ends it sooner."""
EDITED: Final = ("json", "wrapped", "lines", "yaml", "toml")
"""How a source is written that ``--fix`` edits; others are for a person to change."""


def destinations(source: Source) -> Sequence[Destination]:
    """The destinations of whatever a caller of the library hands over: a path, values, or destinations. Raises BadSource."""
    loaded = getattr(source, "destinations", None) if not isinstance(source, Mapping) else None
    listed: Any = source if loaded is None else loaded
    if isinstance(listed, tuple | list) and listed and all(isinstance(each, Destination) for each in listed):
        return tuple(listed)
    from validator.sources.loader import load

    destinations = load(source).destinations
    if not destinations:
        raise BadSource("there is no destination in it")
    return destinations


AT_ONE_HOST: Final = 32
"""Destinations that are checked at a time at one host, however many ``jobs`` there are: a store of one's own is not to be flooded."""


class Turns:
    """Which destinations are next. Those that share a bucket are one turn, one after another in one thread, so none waits for another's."""

    def __init__(self, destinations: Sequence[Destination], endpoint_of: EndpointOf) -> None:
        buckets: dict[object, list[int]] = {}
        for index, each in enumerate(destinations):
            buckets.setdefault(place_of(each.parameters, index, endpoint_of(each.type)), []).append(index)
        self._hosts: dict[object, deque[list[int]]] = {}
        for indexes in buckets.values():
            self._hosts.setdefault(host_of(first := destinations[indexes[0]], endpoint_of(first.type)), deque()).append(indexes)
        self._under_way: Counter[object] = Counter()
        self._open = [(waiting[0][0], host) for host, waiting in self._hosts.items()]
        """A heap of the hosts that have room and wait, by the first index that waits: no two have the same."""
        heapify(self._open)
        self._lock = threading.Lock()
        self.most = sum(min(AT_ONE_HOST, len(each)) for each in self._hosts.values())
        """Turns that can be under way at a time."""

    def next(self, done: object) -> tuple[object, list[int]] | None:
        """The next turn's host and indexes, in the order of the sources as far as hosts have room, when the one at ``done`` has ended.

        None where there is no more, or every host that is left has as many under way as it may: whoever ends there takes what follows.
        """
        with self._lock:
            if done in self._hosts:
                self._under_way[done] -= 1
                if self._under_way[done] == AT_ONE_HOST - 1:  # it had no room until now
                    self._wait(done)
            if not self._open:
                return None
            _, host = heappop(self._open)
            indexes = self._hosts[host].popleft()
            self._under_way[host] += 1
            if self._under_way[host] < AT_ONE_HOST:
                self._wait(host)
            return host, indexes

    def _wait(self, host: object) -> None:
        if waiting := self._hosts[host]:
            heappush(self._open, (waiting[0][0], host))


def in_turns(
    destinations: Sequence[Destination],
    jobs: int,
    stop: CancelToken,
    one: Callable[[int], T],
    endpoint_of: EndpointOf = lambda type_: None,
) -> tuple[T, ...]:
    """What ``one`` makes of each destination's index, ``jobs`` at a time; those that share a bucket one after another.

    ``endpoint_of`` gives the endpoint that is asked in place of a type's own.

    Where one raises, those under way still come to their end, clean-up included; no others are begun, and the first error is raised.
    """
    made: list[T | None] = [None] * len(destinations)
    turns = Turns(destinations, endpoint_of)
    errors: list[BaseException] = []

    def work() -> None:
        turn = turns.next(None)
        while turn is not None and not errors:
            host, indexes = turn
            for index in indexes:
                if errors:
                    return
                try:
                    made[index] = one(index)
                except BaseException as error:  # noqa: BLE001 - raised below, when nothing is under way any more
                    errors.append(error)
            turn = turns.next(host)

    # Also for one destination: the caller's thread stays free to hear Ctrl-C.
    calls = [Call(work) for _ in range(max(1, min(jobs, turns.most)))]
    patiently(lambda: [call.result() for call in calls], stop)
    if errors:
        raise errors[0]
    return tuple(each for each in made if each is not None)


def patiently(wait: Callable[[], object], stop: CancelToken) -> None:
    """Wait to the end; Ctrl-C, or a notebook's interrupt, asks what is waited for to stop and clean up."""
    while True:
        try:
            wait()
        except KeyboardInterrupt:
            stop.request()
        else:
            return


class Announcer(Generic[Event]):
    """Tells a watcher what happens, in its order and from a thread of its own: no check waits for it or ends because of it.

    A watcher that raises is told no more, and the error is logged.
    """

    def __init__(self, watch: Callable[[int, Event], None] | None) -> None:
        self._watch = watch
        self._events: SimpleQueue[tuple[int, Event] | None] = SimpleQueue()
        self._telling = Call(self._tell_all) if watch is not None else None

    def tell(self, index: int, event: Event) -> None:
        """Something happened at the destination of this index. Never waits, never raises."""
        if self._telling is not None:
            self._events.put((index, event))

    def close(self, stop: CancelToken) -> None:
        """Wait until everything was told; not for ever where somebody asks to stop once more."""
        if self._telling is None:
            return
        self._events.put(None)
        try:
            self._telling.wait(PATIENCE if stop.level < 2 else 1.0, stop, max(2, stop.level + 1))
        except (Interrupted, TimedOut):
            logging.getLogger(__name__).warning("the watcher did not hear everything in time")

    def _tell_all(self) -> None:
        watch = self._watch
        while (event := self._events.get()) is not None:
            if watch is None:
                continue
            try:
                watch(*event)
            except BaseException as error:  # noqa: BLE001 - it is the watcher's own, and nobody's here to put right
                # Its message may hold anything.
                logging.getLogger(__name__).warning("the watcher failed (%s) and is told no more", type(error).__name__)
                watch = None


def host_of(destination: Destination, endpoint: str | None = None) -> object:
    """Who answers for a destination: ``endpoint``, which is asked in its place, the store's own address, or else the type's."""
    return _host(endpoint) if endpoint else (destination.type, place_of(destination.parameters, 0)[1:])


def place_of(values: Mapping[str, Any], index: int, endpoint: str | None = None) -> tuple[object, ...]:
    """Which bucket it is, however that is spelled; what is in doubt takes turns. Types do not part: two may speak of one bucket.

    ``endpoint`` is asked in place of the store's own.
    """
    bucket = values.get("bucket") or values.get("container")
    if not isinstance(bucket, str):
        return (index,)
    name = bucket.strip().strip("/").rpartition("//")[2].partition("/")[0].lower()
    where = endpoint or values.get("endpoint") or values.get("account") or values.get("namespace") or ""
    return name, _host(where) if isinstance(where, str) else ""


NAMES: Final = ("bucket", "container", "aws_region", "region", "endpoint", "namespace", "account")
"""Parameters that ``policy`` takes as options."""


def _host(endpoint: str) -> str:
    """Host and port of an endpoint, or an account's name: without scheme, path, default port, and in lower case."""
    text = endpoint.strip().lower()
    scheme, parted, rest = text.partition("://")
    host = (rest if parted else text).partition("/")[0].rpartition("@")[2]
    return host.removesuffix(":443" if scheme == "https" or not parted else ":80").rstrip(".")


def folder(prefix: str) -> str:
    """The prefix as the beginning of a key: "" or with a slash at its end, none at its front."""
    prefix = prefix.lstrip("/")
    return prefix if not prefix or prefix.endswith("/") else prefix + "/"


def redactor_of(destination: Destination, provider: Provider | None, beside: Iterable[str] = ()) -> Redactor:
    """Masks every secret of a destination, and what looks like one in what was given ``beside`` it, such as prefixes; what else it
    holds stays readable.
    """
    secrets = (*secrets_of(destination, provider), *map(Secret, credential_parts(*beside)))
    return Redactor(secrets, public=public_of(destination, secrets))


def public_of(destination: Destination, secrets: Iterable[Secret]) -> Iterator[str]:
    """What of a destination's values is shown: all but its secrets, which may be parts of them."""
    hidden = sorted({each.reveal() for each in secrets if len(each) >= SHORTEST}, key=len, reverse=True)
    for value in (destination.name, destination.type, *destination.parameters.values()):
        if isinstance(value, str) and value not in hidden:
            for each in hidden:
                value = value.replace(each, "\n")  # noqa: PLW2901 - what is left of it
            yield from value.split("\n")


def secrets_of(destination: Destination, provider: Provider | None) -> Iterator[Secret]:
    """Every secret of a destination, misplaced ones included, wherever they stand."""
    # A placeholder such as 'customer_secret_key' is no secret, and masking it would garble every pointer to it.
    names = {each.name for each in declared(provider.Parameters)} if provider is not None else set()
    misplaced = misplaced_secrets(provider.Parameters if provider is not None else None, destination.parameters)
    beside = (destination.name, "" if provider is not None else destination.type, destination.path_prefix)
    looking = map(Secret, credential_parts(*beside))
    yield from (secret for secret in (*destination.secrets, *misplaced, *looking) if secret.reveal() not in names)


def offered_fix(finding: Finding, destination: Destination) -> Fix | None:
    """The fix without a patch of a value that came through a reference: the source holds only its name. What ``--fix`` does not
    write, because it is not certain or because of the kind of file, is marked as being for a person.
    """
    fix = finding.fix
    if fix is None or not fix.patch:
        return fix
    if {each.path for each in fix.patch if each.op in ("replace", "remove")} & destination.resolved:
        return replace(fix, patch=())
    written = finding.confidence is Confidence.CONFIRMED and destination.form in (*EDITED, "value", "")
    if written:
        return fix
    # A patch of the whole text would write it anew, which is for JSON alone.
    return replace(fix, patch=fix.patch if all(each.path for each in fix.patch) else (), by_hand=True)


def placed(findings: Iterable[Finding], destination: Destination, ignore: Collection[str]) -> tuple[Finding, ...]:
    """Each finding once, the heaviest first, with its place in the source and a fix that can be pasted. ``ignore``: names left out."""
    kept: dict[tuple[str, str], Finding] = {}
    for each in findings:
        if each.name not in ignore and (each.name, each.detail) not in kept:
            place = destination.place_of(each.pointer)
            fix = pointing(offered_fix(each, destination), destination)
            kept[each.name, each.detail] = replace(each, line=place.line, within=place.within, fix=fix)
    return tuple(sorted(kept.values(), key=lambda each: -VERDICT_OF[each.severity].weight))


def pointing(fix: Fix | None, destination: Destination) -> Fix | None:
    """With the source's own name in whatever names it: it can be pasted then."""
    if fix is None:
        return None
    commands = tuple(named(each, destination) for each in fix.commands)
    return replace(fix, summary=named(fix.summary, destination), commands=commands)


def named(text: str, destination: Destination) -> str:
    """The same for one command or sentence of our own; what the source is one of many in is chosen by its name."""
    if "policy SOURCE" in text:
        return text.replace("policy SOURCE", f"policy {_places(destination)}")
    if "sweep SOURCE" not in text or destination.source == "-":
        return text
    return text.replace("sweep SOURCE", f"sweep {shlex.quote(destination.source)}")


def _places(destination: Destination) -> str:
    if destination.source != "-":
        chosen = f" --name {shlex.quote(destination.name)}" if destination.pointer and destination.name else ""
        return f"{shlex.quote(destination.source)}{chosen}"
    known = [("type", destination.type), *((name.removeprefix("aws_"), destination.parameters.get(name)) for name in NAMES)]
    return " ".join(f"--{name} {shlex.quote(value)}" for name, value in known if isinstance(value, str) and value)


def report_of(reports: tuple[DestinationReport, ...], started: datetime, clock: float) -> Report:
    """The whole report. ``clock`` is what :func:`time.monotonic` said at the start."""
    from validator.core.version import __version__

    return Report(
        verdict=worst([each.verdict for each in reports]),
        destinations=reports,
        started_at=started,
        duration_ms=round((time.monotonic() - clock) * 1000, 1),
        tool_version=__version__,
    )
