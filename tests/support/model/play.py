"""One check against a ModelStore behind a faulty wire, and which promises it broke."""

from __future__ import annotations

import base64
import copy
import hashlib
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from unittest import mock

from tests.support.conformance.azure_blob_storage import TOKEN
from tests.support.conformance.google_cloud_storage import EMAIL, KEY
from tests.support.memory import MemoryBucket, memory_provider
from tests.support.model import azure, gcs, s3
from tests.support.model.store import REAL, ModelStore, Version
from tests.support.model.wire import Event, FaultyWire, untold
from tests.support.moved_clock import Moved
from tests.support.wire import Answer, Request, lasting
from validator import providers
from validator.checking.assemble import Settings, check
from validator.core.deadline import CancelToken
from validator.core.errors import MissingExtra
from validator.core.model import Confidence, DestinationReport, Report, ResidueState, Verdict
from validator.demo.emulators.gcs.accounts import Account
from validator.formats import render
from validator.providers.common.ahead import Ahead
from validator.providers.common.conditions import Conditions
from validator.sweeping.run import sweep

SECRET = "EXAMPLE/planet/validator/MODEL+secret001"
GOOD = (Verdict.PASS, Verdict.WARN)


@dataclass
class Outcome:
    kind: str
    before: ModelStore
    at_end: ModelStore
    after: ModelStore
    report: DestinationReport
    text: str
    played: list[tuple[int, str, str]]
    second: DestinationReport | None = None
    """What another check of ours came to that ran in between."""


def source(kind: str, url: str) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "amazon_s3": {
            "bucket": s3.BUCKET,
            "aws_region": "eu-central-1",
            "aws_access_key_id": "AKIAQEXAMPLE2EXAMPLE",
            "aws_secret_access_key": SECRET,
        },
        "s3_compatible": {
            "bucket": s3.BUCKET,
            "endpoint": url,
            "region": "eu-central-1",
            "access_key_id": "EXAMPLEKEY",
            "secret_access_key": SECRET,
            "use_path_style": True,
        },
        "google_cloud_storage": {"bucket": gcs.BUCKET, "credentials": Account(EMAIL, f"{url}/token", [KEY]).credentials()},
        "oracle_cloud_storage": {
            "bucket": s3.BUCKET,
            "region": "us-ashburn-1",
            "namespace": "axexample123",
            "customer_access_key_id": hashlib.sha256(b"EXAMPLE").hexdigest()[:40],
            "customer_secret_key": base64.b64encode(hashlib.sha256(b"EXAMPLE of a secret").digest()).decode(),
        },
        "azure_blob_storage": {"account": "imageryaccount", "container": "imagery", "sas_token": TOKEN},
    }[kind]
    return {"name": "model", "type": kind, "parameters": parameters}


FRONTS = {
    "amazon_s3": s3,
    "s3_compatible": s3,
    "oracle_cloud_storage": s3,
    "google_cloud_storage": gcs,
    "azure_blob_storage": azure,
}


def run(
    kind: str,
    store: ModelStore,
    script: Mapping[int, Event],
    *,
    documented: bool = False,
    beside: bool = False,
    second: Any = None,
    **more: Any,
) -> Outcome:
    """One check.

    Args:
        kind: the type.
        store: what it meets; it is changed.
        script: what happens at which request.
        documented: as at the vendor's own address, whose documentation of conditions is believed.
        beside: another destination of the same run raises when an event says so, at the latest when this one has come to its end.
        second: another check of ours in between: a :class:`tests.support.model.second.Second`.
        more: of ``Settings``.
    """
    stop, raising, others = CancelToken(), [False], Beside()

    def watch(index: int, event: object) -> None:
        if isinstance(event, DestinationReport):
            reports[index] = event
            others.go.set()
        if raising[0]:
            raising[0] = False
            raise RuntimeError("the watcher has a fault")

    def arm() -> None:
        raising[0] = True

    front, wire, reports = FRONTS[kind], lasting(kind), dict[int, DestinationReport]()
    # Azure's conditions take no permission to read, Google's are generations, and Oracle documents none.
    store.reading_for_conditions &= kind in ("amazon_s3", "s3_compatible")
    if kind == "oracle_cloud_storage":
        store.write_conditions = "ignored"  # Oracle documents none, so none is sent
    if documented:
        store.write_conditions = store.delete_conditions = "honoured"
        store.amazons = kind == "amazon_s3"
    before = copy.deepcopy(store)
    faulty = FaultyWire(store, front.answer, front.BUSY, script, stop=stop.request, watcher=arm, other=others.raises)

    def handle(request: Request) -> Answer:
        if second is not None:
            second.before(len(faulty.played))
        return faulty.handle(request)

    wire.handle = handle
    settings = Settings(endpoints={} if kind == "s3_compatible" else {kind: wire.url}, clock=Moved(), **more)
    sources = [source(kind, wire.url), *([BESIDE] if beside else [])]
    with believing(documented=documented), in_order(), others.known() if beside else nullcontext():
        try:
            report = check(sources, settings, stop=stop, watch=watch)
        except MissingExtra:
            report = Report(reports[0].verdict, (reports[0],), datetime.now(UTC), 0.0, "")
        other = second.end() if second is not None else None
    at_end = copy.deepcopy(store)
    faulty.over()
    del wire.requests[:]
    alone = replace(report, destinations=report.destinations[:1])
    return Outcome(kind, before, at_end, store, report.destinations[0], render("text", alone), faulty.played, other)


def told(outcome: Outcome) -> str:
    """Whatever explains a broken promise."""
    names = [each.name for each in outcome.report.findings]
    return f"{outcome.report.verdict} {names}\n{outcome.before}\n" + "\n".join(map(str, outcome.played))


BESIDE = {
    "name": "beside",
    "type": "memory",
    "parameters": {"bucket": "beside", "key": "KEY1", "password": "EXAMPLE of a password"},
}


class Beside:
    """A destination whose SDK is not installed: it raises, and with it the whole run."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.gone = threading.Event()

    def raises(self) -> None:
        """Let it raise now."""
        self.go.set()
        self.gone.wait(60)

    @contextmanager
    def known(self) -> Iterator[None]:
        def connect(parameters: Any) -> MemoryBucket:
            self.go.wait(60)
            self.gone.set()
            raise MissingExtra("the extra [example] is not installed")

        find, absent = providers.find, memory_provider(connect)
        with mock.patch.object(providers, "find", lambda name: absent if name == "memory" else find(name)):
            yield


@contextmanager
def in_order() -> Iterator[None]:
    """What is asked ahead is answered before anything else is asked: a script tells what happens at which request."""
    ask = Ahead.ask

    def asked(self: Ahead, name: Hashable, work: Callable[[], object]) -> None:
        ask(self, name, work)
        with suppress(Exception):  # it is its own to keep
            self._asked[name].result()

    with mock.patch.object(Ahead, "ask", asked):
        yield


@contextmanager
def believing(*, documented: bool) -> Iterator[None]:
    at = Conditions.at

    def vendors(**_: bool) -> Conditions:
        return at(documented=True)

    with mock.patch.object(Conditions, "at", vendors) if documented else nullcontext():
        yield


def sweep_run(kind: str, store: ModelStore, script: Mapping[int, Event], *, delete: bool) -> Outcome:
    """One sweep instead of a check; with ``delete`` what was found is removed."""
    stop = CancelToken()
    front, wire = FRONTS[kind], lasting(kind)
    store.reading_for_conditions &= kind in ("amazon_s3", "s3_compatible")
    before = copy.deepcopy(store)
    faulty = FaultyWire(store, front.answer, front.BUSY, script, stop=stop.request)
    wire.handle = faulty.handle
    settings = Settings(endpoints={} if kind == "s3_compatible" else {kind: wire.url}, clock=Moved())
    report = sweep([source(kind, wire.url)], settings, delete=delete, stop=stop)
    at_end = copy.deepcopy(store)
    faulty.over()
    del wire.requests[:]
    return Outcome(kind, before, at_end, store, report.destinations[0], render("text", report), faulty.played)


def sweep_faults(outcome: Outcome, *, delete: bool) -> Iterator[str]:
    """Every promise of a sweep that was broken."""
    report = outcome.report
    told = [(each.key, each.version_id) for each in report.residue]
    yield from (f"untold: {each}" for each in untold(outcome.after, told))
    before, after = outcome.before.others(), outcome.at_end.others()
    gone = [(key, version) for (key, version), (body, _) in before.items() if (key, version) not in after and body is not None]
    others = any(what in ("others-write", "others-delete", "others-check") for _, _, what in outcome.played)
    uploads = outcome.before.others_uploads.keys() - outcome.at_end.others_uploads.keys()
    yield from (f"loss: {each}" for each in uploads if not delete or outcome.before.others_uploads[each] != REAL)
    yield from _unsaid(outcome)
    if not others:
        yield from (f"loss: {each}" for each in gone if not delete)
        yield from (f"loss: {each}, which is no verification file" for each in gone if len(before[each][0] or b"") > 1024)
        if not delete and before != after:
            yield "changed what others have, although nothing was to be removed"
    lies = any(key == REAL and body is not None and seen for (key, _), (body, seen) in outcome.after.others().items())
    if report.verdict is Verdict.PASS and lies and not others:
        yield "said that nothing lies there"


def _unsaid(outcome: Outcome) -> Iterator[str]:
    """What a list shows to whoever asks for it, and the report of a sweep does not speak of; nothing can remove it."""
    copies = [each for key, each in outcome.before.copies if key == REAL]
    if copies and "soft-deleted" not in outcome.text and outcome.report.verdict is Verdict.PASS:
        yield "soft-deleted copies are not told of"
    if REAL in outcome.before.others_uploads.values() and outcome.report.verdict is Verdict.PASS:
        still = REAL in outcome.at_end.others_uploads.values()
        if still and "upload" not in outcome.text and "uncommitted" not in outcome.text:
            yield "an unfinished upload is not told of"


def faults(outcome: Outcome, *, clean: bool) -> Iterator[str]:
    """Every promise that was broken."""
    report = outcome.report
    if outcome.kind != "azure_blob_storage":  # there a write ends what others began under the same name; so does Planet's
        ended = outcome.before.others_uploads.keys() - outcome.after.others_uploads.keys()
        yield from (f"loss: {each} of somebody else's" for each in ended)
    lay = any(version.body is not None for version in outcome.before.versions.get(REAL, [])[-1:])
    others = outcome.second is not None or any(what.startswith("others") for _, _, what in outcome.played)
    for each in report.findings:
        if each.name == "lingering-file" and each.confidence is Confidence.CONFIRMED and not lay and not others:
            yield "said to linger, and was not there"
    yield from (f"loss: {each}" for each in outcome.after.losses)
    for key in outcome.after.versions:
        seen = outcome.after.current(key)
        if seen is not None and not seen.ours and not seen.number and outcome.before.current(key) is None:
            yield f"loss: the marker that hid version {seen.id} of {key} is gone"
    residue = (*report.residue, *(outcome.second.residue if outcome.second else ()))
    told = [(each.key, each.version_id) for each in residue]
    # What the wire sent twice was answered once: only a list of versions shows it, which Oracle's API has not.
    blind = outcome.kind == "oracle_cloud_storage"
    unseen = (blind or "list" in outcome.before.denied) and any(what == "repeat" for _, _, what in outcome.played)
    yield from (
        f"untold: {each}" for each in untold(outcome.after, told) if not (unseen and (blind or each.endswith("(marker)")))
    )
    ours = {key for key, _ in outcome.at_end.ours()} | set(outcome.at_end.uploads.values())
    left = {key for key, each in outcome.after.ours() if not (unseen and (blind or each.body is None))}
    left -= {each.key for each in outcome.second.residue} if outcome.second else set()
    if "nothing was left behind" in outcome.text and (left or outcome.after.uploads or _kept(outcome, clean=clean)):
        yield "said that nothing was left behind"
    for each in report.findings:
        if (
            each.name == "residue-left"
            and each.confidence is Confidence.CONFIRMED
            and not any(key in each.detail for key in ours)
        ):
            yield "said to be left, and is not there"
    would = outcome.before.planet_would_pass()
    if report.verdict in GOOD and not (would and outcome.after.planet_would_pass()):
        yield f"false pass: {report.verdict}"
    if outcome.second is not None and outcome.second.verdict is Verdict.FAIL and would:
        yield f"false fail of the second: {[each.name for each in outcome.second.findings]}"
    left = any(each.state is ResidueState.LEFT for each in report.residue)
    strangers = any(what in ("page", "page-only", "bare-404", "moved", "empty-200") for _, _, what in outcome.played)
    if strangers and any(each.name == "not-object-storage" for each in report.findings):
        return  # whoever answered in the store's place is what is to be told
    if report.verdict is Verdict.FAIL and would and not (left and not clean):
        yield f"false fail: {[each.name for each in report.findings]}"


def _kept(outcome: Outcome, *, clean: bool) -> bool:
    """Whether soft delete keeps a copy of ours, and an answer has said so."""
    told = outcome.kind == "azure_blob_storage" or not outcome.before.settings_denied
    return clean and told and any(each.ours for _, each in outcome.after.copies)


def inhabit(store: ModelStore, what: str) -> None:
    """What others left under the real name."""
    store.retention = store.retention and store.versioning == "on"  # object lock takes versions
    if what == "nothing":
        store.snapshots, store.leased, store.held = 0, False, False
    if store.versioning == "off":
        if what != "nothing":
            store.versions[REAL] = [Version("null", b"somebody else's", ours=False)]
        return
    lies = {
        "nothing": [],
        "a file": [Version("o1", b"somebody else's", ours=False)],
        "a hidden version": [Version("null", b"somebody else's", ours=False), Version("o2", None, ours=False)],
        "a marker": [Version("o1", b"somebody else's", ours=False), Version("null", None, ours=False)],
        "a version and a null version": [Version("o1", b"old", ours=False), Version("null", b"somebody else's", ours=False)],
    }[what]
    if lies:
        store.versions[REAL] = lies
