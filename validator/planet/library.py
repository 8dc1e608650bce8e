"""Check, and only on a pass create or update, in one call: with the client of the planet SDK that the user already has."""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from validator.checking import batch
from validator.checking.assemble import Settings, Watch, check
from validator.checking.asynchronous import in_thread, tell_left
from validator.core.deadline import Call, CancelToken, Interrupted
from validator.core.errors import ValidatorError
from validator.core.model import Destination, Report
from validator.core.redaction import Redactor
from validator.planet import preflight
from validator.planet.api import Planet, PlanetRefused, Undecided
from validator.planet.clients import planet_of
from validator.planet.existing import Existing, as_checked, existing, given_name, merge
from validator.planet.failed import CheckFailed
from validator.planet.handoff import secrets_of
from validator.planet.preflight import Preflight

if TYPE_CHECKING:
    from validator.sources.loader import Source

_LOG: Final = logging.getLogger("validator")
_WHOLE: Final = frozenset({"parameters", "type", "delivery", "destinations", "bucket", "container"})
"""Members that a request has; without any of them, a mapping is taken for the parameters alone."""


class PlanetDestination(dict[str, Any]):
    """The destination as Planet answered it, redacted: a dictionary, as the SDK's own methods give it."""

    report: Report
    """The check's, with what became of it at Planet in ``destinations[0].handoff``."""

    def __init__(self, answer: Mapping[str, Any], report: Report) -> None:
        super().__init__(answer)
        self.report = report

    @property
    def ref(self) -> str:
        """What orders and subscriptions use: ``pl:destinations/...``."""
        return self.report.destinations[0].handoff.get("ref", "")

    def __reduce__(self) -> tuple[type[PlanetDestination], tuple[dict[str, Any], Report]]:
        return PlanetDestination, (dict(self), self.report)

    def _repr_html_(self) -> str:
        return self.report._repr_html_()


def create(
    pl: Any,
    request: Source,
    settings: Settings | None = None,
    *,
    default: bool = False,
    strict: bool = False,
    stop: CancelToken | None = None,
    watch: Watch | None = None,
    progress: bool = False,
) -> PlanetDestination:
    """Check a destination, and only on a pass create it at Planet: one request, never sent twice.

    Args:
        pl: ``planet.Planet``, ``planet.Session``, a ``DestinationsClient`` (of either kind), or None for the user's own login.
        request: what ``pl.destinations.create_destination`` takes, or any other source of one destination.
        settings: of :func:`validator.check`; ``ignore`` holds for what is seen at Planet as well.
        default: make it the organisation's default destination.
        strict: let no warning pass.
        stop: ends the work; what is under way at Planet is waited for.
        watch: as for :func:`validator.check`.
        progress: the same.

    Raises:
        CheckFailed: nothing was created, or it is not known; its ``report`` says why.
        NotLoggedIn: Planet does not know who asks.
        ValidatorError: wrong use: no client, not one destination, another endpoint than Planet's.
    """
    call = _Call(pl, settings, stop, watch, progress=progress, strict=strict)
    return call.patiently(call.creation(request, default=default))


async def acreate(
    pl: Any,
    request: Source,
    settings: Settings | None = None,
    *,
    default: bool = False,
    strict: bool = False,
    stop: CancelToken | None = None,
    watch: Watch | None = None,
    progress: bool = False,
) -> PlanetDestination:
    """:func:`create` for a running event loop. A cancellation stops it, waits for its end, and is passed on; what was made is logged."""
    call = _Call(pl, settings, stop, watch, progress=progress, strict=strict)
    return await in_thread(call.creation(request, default=default), call.stop, lost=_tell)


def update(
    pl: Any,
    destination: str | Mapping[str, Any],
    request: Source,
    settings: Settings | None = None,
    *,
    rename: bool = False,
    strict: bool = False,
    stop: CancelToken | None = None,
    watch: Watch | None = None,
    progress: bool = False,
) -> PlanetDestination:
    """Check new credentials with the bucket that Planet has, and only on a pass give Planet the new ones.

    Args:
        pl: as for :func:`create`.
        destination: id or reference of the destination, or what Planet or :func:`create` gave for it.
        request: what ``pl.destinations.patch_destination`` takes, or the new parameters alone.
        settings: as for :func:`create`.
        rename: take over the request's name as well; the reference changes with it.
        strict: as for :func:`create`.
        stop: the same.
        watch: the same.
        progress: the same.

    Raises:
        CheckFailed: nothing was changed, or it is not known; its ``report`` says why.
        NotLoggedIn: Planet does not know who asks.
        ValidatorError: wrong use; an unknown or archived destination; a request that wants what cannot be changed.
    """
    call = _Call(pl, settings, stop, watch, progress=progress, strict=strict)
    return call.patiently(call.renewal(destination, request, rename=rename))


async def aupdate(
    pl: Any,
    destination: str | Mapping[str, Any],
    request: Source,
    settings: Settings | None = None,
    *,
    rename: bool = False,
    strict: bool = False,
    stop: CancelToken | None = None,
    watch: Watch | None = None,
    progress: bool = False,
) -> PlanetDestination:
    """:func:`update` for a running event loop, as :func:`acreate` is for :func:`create`."""
    call = _Call(pl, settings, stop, watch, progress=progress, strict=strict)
    return await in_thread(call.renewal(destination, request, rename=rename), call.stop, lost=_tell)


# ---- one call --------------------------------------------------------------------------------------------------------

Work = Callable[[], PlanetDestination]


class _Call:
    """What one call was given, and what Planet answers."""

    def __init__(
        self,
        pl: Any,
        settings: Settings | None,
        stop: CancelToken | None,
        watch: Watch | None,
        *,
        progress: bool,
        strict: bool,
    ) -> None:
        self.settings, self.stop = settings or Settings(), stop or CancelToken()
        self._watch, self._progress, self._strict = watch, progress, strict
        self.planet: Planet = planet_of(pl, seconds=self.settings.timeout, stop=self.stop, remember=self.settings.remember)
        preflight.refuse_endpoints(self.settings.endpoints, self.planet.root)
        self._answer: Mapping[str, Any] = {}

    def creation(self, request: Source, *, default: bool) -> Work:
        """The work of a create. Raises ValidatorError."""
        requested = preflight.only(batch.destinations(request), "create")

        def work() -> PlanetDestination:
            destination, _ = as_checked(requested, self.settings.options(requested.type))
            return self._run(preflight.creation(self.planet, destination, default=default, keep=self._keep))

        return work

    def renewal(self, known: str | Mapping[str, Any], request: Source, *, rename: bool) -> Work:
        """The work of an update. Raises ValidatorError."""
        requested = preflight.only(batch.destinations(_wrapped(request)), "update")
        id_ = known if isinstance(known, str) else str(known.get("id") or "")
        return lambda: self._run(self._renewed(id_, requested, rename=rename))

    def patiently(self, work: Work) -> PlanetDestination:
        """In a thread of its own, so that Ctrl-C or a notebook's interrupt is heard and waited out, as the commands do it."""
        context = contextvars.copy_context()
        call = Call(lambda: context.run(work))
        batch.patiently(call.result, self.stop)
        return call.result()

    def _keep(self, answer: Mapping[str, Any]) -> None:
        self._answer = answer

    def _renewed(self, id_: str, requested: Destination, *, rename: bool) -> Preflight:
        """Look up what Planet has, and what the update would make of it. Raises ValidatorError, CheckFailed."""
        early = preflight.renewal(self.planet, Existing(id_, "", requested.type), requested)
        try:
            self.planet.log_in()
            known = existing(self.planet, id_)
        except Undecided as lost:
            raise CheckFailed(early.unreached(self.settings, lost.why)) from None
        except Interrupted:
            raise CheckFailed(early.interrupted(self.settings)) from None
        name = given_name(requested)
        if rename and not name:
            raise ValidatorError("rename: the request gives no name")
        rename = rename and name != known.name
        if not rename and name not in ("", known.name):
            _LOG.warning("Planet keeps the name that %s has; rename=True changes it, and its reference", known.id)
        merged = merge(known, requested, rename=rename)
        destination, _ = as_checked(merged, self.settings.options(merged.type))
        return preflight.renewal(self.planet, known, destination, rename=rename, keep=self._keep)

    def _run(self, flight: Preflight) -> PlanetDestination:
        """Raises CheckFailed where nothing came of it."""
        try:
            report = flight.run(self._check, ignore=self.settings.ignore, strict=self._strict)
        except Undecided as lost:
            report = flight.unreached(self.settings, lost.why)
        except Interrupted:
            report = flight.interrupted(self.settings)
        except PlanetRefused as refusal:
            sentence = preflight.no_look(self.planet, refusal)
            raise ValidatorError(self._redactor(flight.destination).text(sentence)) from None
        redactor = self._redactor(flight.destination)
        report = redactor.value(report)  # Planet's answers may repeat what was sent
        if report.destinations[0].handoff.get("state") not in ("created", "updated"):
            raise CheckFailed(report)
        return PlanetDestination(redactor.value(dict(self._answer)), report)

    def _check(self, destination: Destination) -> Report:
        return check([destination], self.settings, stop=self.stop, watch=self._watch, progress=self._progress)

    def _redactor(self, destination: Destination) -> Redactor:
        secrets = tuple(secrets_of(destination))
        return Redactor((*secrets, *self.planet.secrets), public=batch.public_of(destination, secrets))


def _wrapped(request: Any) -> Any:
    """The parameters alone, as Planet's own notebook patches them, as a request."""
    from validator.sources import given

    if not given.is_model(request) and not isinstance(request, Mapping):
        return request
    fields = given.plain(request)
    return fields if _WHOLE & fields.keys() else {"parameters": fields}


def _tell(made: PlanetDestination) -> None:
    """What was made although nobody waits for it any more."""
    handoff = made.report.destinations[0].handoff
    _LOG.warning("%s at Planet all the same: %s", handoff.get("state"), handoff.get("ref"))
    tell_left(made.report)
