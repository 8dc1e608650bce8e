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
    return _patiently(*_creation(pl, request, settings, default, strict, stop, watch, progress))


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
    return await in_thread(*_creation(pl, request, settings, default, strict, stop, watch, progress), lost=_tell)


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
    return _patiently(*_renewal(pl, destination, request, settings, rename, strict, stop, watch, progress))


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
    work = _renewal(pl, destination, request, settings, rename, strict, stop, watch, progress)
    return await in_thread(*work, lost=_tell)


# ---- one call --------------------------------------------------------------------------------------------------------

Work = tuple[Callable[[], PlanetDestination], CancelToken]


def _creation(
    pl: Any, request: Source, settings: Settings | None, default: bool, strict: bool,  # noqa: FBT001 - private, and passed on
    stop: CancelToken | None, watch: Watch | None, progress: bool,  # noqa: FBT001 - the same
) -> Work:  # fmt: skip
    call = _Call(pl, settings or Settings(), stop or CancelToken(), watch, progress=progress, strict=strict)
    requested = preflight.only(batch.destinations(request), "create")

    def work() -> PlanetDestination:
        destination, _ = as_checked(requested, call.settings.options(requested.type))
        return call.run(preflight.creation(call.planet, destination, default=default, keep=call.keep))

    return work, call.stop


def _renewal(
    pl: Any, known: str | Mapping[str, Any], request: Source, settings: Settings | None, rename: bool, strict: bool,  # noqa: FBT001 - the same
    stop: CancelToken | None, watch: Watch | None, progress: bool,  # noqa: FBT001 - the same
) -> Work:  # fmt: skip
    call = _Call(pl, settings or Settings(), stop or CancelToken(), watch, progress=progress, strict=strict)
    requested = preflight.only(batch.destinations(_wrapped(request)), "update")
    id_ = known if isinstance(known, str) else str(known.get("id") or "")

    def work() -> PlanetDestination:
        return call.run(call.renewal(id_, requested, rename=rename))

    return work, call.stop


class _Call:
    """What one call was given, and what Planet answers."""

    def __init__(
        self, pl: Any, settings: Settings, stop: CancelToken, watch: Watch | None, *, progress: bool, strict: bool
    ) -> None:
        self.settings, self.stop, self.strict = settings, stop, strict
        self.planet: Planet = planet_of(pl, seconds=settings.timeout, stop=stop, remember=settings.remember)
        preflight.refuse_endpoints(settings.endpoints, self.planet.root)
        self._watch, self._progress = watch, progress
        self._answer: Mapping[str, Any] = {}

    def keep(self, answer: Mapping[str, Any]) -> None:
        """Planet's own answer about the destination."""
        self._answer = answer

    def renewal(self, id_: str, requested: Destination, *, rename: bool) -> Preflight:
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
        return preflight.renewal(self.planet, known, destination, rename=rename, keep=self.keep)

    def run(self, flight: Preflight) -> PlanetDestination:
        """Raises CheckFailed where nothing came of it."""
        try:
            report = flight.run(self._check, ignore=self.settings.ignore, strict=self.strict)
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


def _patiently(work: Callable[[], PlanetDestination], stop: CancelToken) -> PlanetDestination:
    """In a thread of its own, so that Ctrl-C or a notebook's interrupt is heard and waited out, as the commands do it."""
    context = contextvars.copy_context()
    call = Call(lambda: context.run(work))
    batch.patiently(call.result, stop)
    return call.result()


def _tell(made: PlanetDestination) -> None:
    """What was made although nobody waits for it any more."""
    handoff = made.report.destinations[0].handoff
    _LOG.warning("%s at Planet all the same: %s", handoff.get("state"), handoff.get("ref"))
    tell_left(made.report)
