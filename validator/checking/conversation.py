"""The one channel to a bucket: every request of a check, a sweep or an experiment is made here, within its time, and classified."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from validator.core import address_guard
from validator.core.deadline import Deadline, Interrupted, TimedOut
from validator.core.model import Kind, Observation
from validator.core.values import Dataclass, field
from validator.providers.base import NEVER_SENT, Bucket, Options, Provider, StoredObject, Unproven

ALLOWED: Final = frozenset({Kind.ABSENT, Kind.PRECONDITION, Kind.EXISTS, Kind.KEPT})
"""Answers to a rehearsal that only an authorised request gets."""

BACK_OFF: Final = (0.3, 1.0)
"""Seconds before each further try of a request that the provider was too busy for."""
CLEANING_BACK_OFF: Final = (0.3, 1.0, 2.0, 4.0, 8.0)
"""The same for clean-up, also where no answer came: our own file would stay."""


class _Unknown:
    """Whether an object is there could not be seen."""


UNKNOWN: Final = _Unknown()

Look = StoredObject | _Unknown | None
"""What lies under a key: an object, nothing, or what could not be seen."""


class Attempt(Dataclass):
    """What came of one request: a value, or an observation of why not."""

    seconds: float
    value: Any = None
    observation: Observation | None = None
    unproven: Unproven | None = None
    tries: int = 1
    earlier: Observation | None = None
    """What the try before the last came to."""
    error: Exception | None = field(default=None, repr=False, compare=False)
    """What the last try raised; for those who know its class."""

    @property
    def granted(self) -> bool:
        """The request was carried out."""
        return self.observation is None and self.unproven is None

    @property
    def allowed(self) -> bool:
        """For a rehearsal: only an authorised request is answered like this."""
        return self.granted or self.kind in ALLOWED

    @property
    def kind(self) -> Kind | None:
        """The observation's kind; None if the request was carried out, or nothing can be said."""
        return self.observation.kind if self.observation else None

    @property
    def may_have_written(self) -> bool:
        """For a write: no answer excludes that the object is there now, or comes to be. Only the API's own words do."""
        observation = self.observation
        if observation is None:
            return self.unproven is None
        if observation.status is None and observation.code in NEVER_SENT:
            return False  # no connection came about
        return not (self.final and 400 <= (observation.status or 0) < 500 and observation.status != 408)

    @property
    def in_doubt(self) -> bool:
        """This try, or the one before it, may have been carried out although no answer says so."""
        return any(
            each is not None
            and each.code not in NEVER_SENT
            and (each.status is None or each.status >= 500 or each.status < 400 or not each.code)
            for each in (self.observation, self.earlier)
        )

    @property
    def final(self) -> bool:
        """The API itself has answered: whatever it made of the request, it makes nothing more of it."""
        observation = self.observation
        if observation is None:
            return self.unproven is None
        # A gateway gives up on a request that the store behind it may still be carrying out.
        return observation.status not in (None, 502, 504) and bool(observation.code) and observation.kind is not Kind.FOREIGN


def forget(error: BaseException | None) -> None:
    """Let go of where an exception, and what led to it, was raised: those frames hold the exception, and all that the check holds."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


class Channel:
    """The time that is left to talk to one provider: each request within it, classified, and asked again where that may help."""

    def __init__(self, classify: Callable[[Exception], Observation], deadline: Deadline) -> None:
        self.deadline = deadline
        self.asked = 0
        """How often anything was asked."""
        self._classify = classify

    def ask(self, work: Callable[[], Any], *, cleaning: bool = False, retry: bool = True) -> Attempt:
        """Make one request, within the time, again where the provider was only busy.

        ``cleaning`` draws on the time that is kept for clean-up. Raises Interrupted, and NotImplementedError from a rehearsal.
        """
        back_off = CLEANING_BACK_OFF if cleaning else BACK_OFF
        self.asked += 1
        tries = 0
        earlier: Observation | None = None
        while True:
            tries += 1
            started = time.monotonic()
            try:
                value = self.deadline.run(work, cleaning=cleaning)
                return Attempt(time.monotonic() - started, value, tries=tries, earlier=earlier)
            except TimedOut as error:
                raised: Exception = error
                took = time.monotonic() - started
                message = f"no answer within {took:.0f} s" if took >= 1 else "the time was over before an answer came"
                observation = Observation(Kind.UNREACHABLE, code="timeout", message=message)
            except Unproven as error:
                return Attempt(time.monotonic() - started, unproven=error, tries=tries, error=error)
            except (Interrupted, NotImplementedError):
                raise
            except Exception as error:  # noqa: BLE001 - the one place where an SDK's exception becomes a value
                raised, observation = error, self.classify(error)
                forget(error)
            answer = Attempt(time.monotonic() - started, observation=observation, tries=tries, earlier=earlier, error=raised)
            earlier = observation
            # A refused write was not carried out: it may be asked again even where a second one could overwrite.
            again = observation.kind is Kind.TRANSIENT and (retry or not answer.may_have_written)
            again |= cleaning and observation.kind is Kind.UNREACHABLE and observation.code != "forbidden-address"
            # Whatever stood in between this once need not be all that ever answers there.
            again |= observation.kind is Kind.FOREIGN and tries == 1 and (retry or cleaning)
            if not again or tries > len(back_off):
                return answer
            if not self.deadline.rest(back_off[tries - 1], cleaning=cleaning):
                return answer

    def classify(self, error: Exception) -> Observation:
        """What an exception amounts to. Total: never raises."""
        if address_guard.refused(error):
            return Observation(Kind.UNREACHABLE, code="forbidden-address")
        return self._classify(error)


class Conversation(Channel):
    """One set of parameters, its open bucket, and the time that is left to talk to it."""

    def __init__(self, provider: Provider, parameters: Any, bucket: Bucket, options: Options, deadline: Deadline) -> None:
        super().__init__(provider.classify, deadline)
        self.provider = provider
        self.parameters = parameters
        self.bucket = bucket
        self.options = options

    def look(self, key: str, *, cleaning: bool = False) -> Look:
        """What lies under ``key``. Raises Interrupted."""
        answer = self.ask(lambda: self.bucket.stat(key), cleaning=cleaning)
        if answer.granted:
            stored: StoredObject | None = answer.value
            return stored
        return None if answer.kind is Kind.ABSENT else UNKNOWN
