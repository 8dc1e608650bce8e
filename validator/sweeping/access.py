"""Opens the bucket for a sweep: with the destination's own credentials, with its owner's, or with the operator's login."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from validator.checking.diagnosis import diagnose
from validator.core import catalog
from validator.core.deadline import Deadline, Interrupted, TimedOut
from validator.core.errors import ValidatorError
from validator.core.model import VERIFICATION_FILE, Finding, Kind, Mode, Observation, Operation, Severity, Step
from validator.core.values import replace
from validator.providers import missing
from validator.providers.base import Bucket, Failure, LoginFailed, Options
from validator.sweeping.scanner import LeftoverScanner
from validator.sweeping.state import SweepState
from validator.sweeping.subject import SweepSubject


class Access:
    """The connections of one destination's sweep, open for as long as the stack is."""

    def __init__(
        self,
        subject: SweepSubject,
        state: SweepState,
        watch: Callable[[Step], None],
        stack: contextlib.ExitStack,
        deadline: Deadline,
    ) -> None:
        self._subject = subject
        self._state = state
        self._watch = watch
        self._stack = stack
        self._deadline = deadline

    def suspect(self) -> LeftoverScanner | None:
        """The destination's own credentials; None where they are not even worth sending."""
        provider = self._subject.provider
        if provider is None or not self._subject.usable:
            return None
        parameters, options = self._subject.parameters, self._subject.options(self._deadline)
        bucket = self._opened(lambda: provider.connect(parameters, options))
        return None if bucket is None else self._scanner(parameters, bucket, options)

    def looker(self) -> LeftoverScanner | None:
        """The owner's: of another source, or the operator's login."""
        provider, options = self._subject.provider, self._subject.options(self._deadline)
        if provider is None:
            return None
        if self._subject.owner is not None:
            parameters = self._subject.owner
            bucket = self._opened(lambda: provider.connect(parameters, options))
            return None if bucket is None else self._scanner(parameters, bucket, options)
        parameters = self._subject.parameters
        login = provider.login
        if login is None:
            self._state.findings.append(_no_login(f"the type {provider.name} has no login of its own: use --with OWNER_SOURCE"))
            return None
        try:
            bucket = self._opened(lambda: login(parameters, options, self._subject.sweeping.profile, self._subject.hide))
        except LoginFailed as error:
            self._state.findings.append(_no_login(str(error)))
            return None
        return None if bucket is None else self._scanner(parameters, bucket, options)

    def _opened(self, connect: Callable[[], Bucket]) -> Bucket | None:
        provider = self._subject.provider
        try:
            return self._stack.enter_context(self._deadline.run(connect))
        except (ValidatorError, LoginFailed):
            raise
        except Interrupted:
            self._state.interrupted = True
        except ModuleNotFoundError as error:
            raise missing(self._subject.destination.type, error) from error
        except Exception as error:  # noqa: BLE001 - opening the connection may speak to the network as well
            observation = Observation(Kind.UNREACHABLE, code="timeout") if isinstance(error, TimedOut) else None
            if provider is not None:
                failure = Failure(Operation.READ, VERIFICATION_FILE, Mode.PERFORMED, observation or provider.classify(error))
                finding = diagnose(provider, self._subject.parameters, failure, self._subject.options(None))
                self._state.findings.append(replace(finding, severity=Severity.UNKNOWN))
        return None

    def _scanner(self, parameters: Any, bucket: Bucket, options: Options) -> LeftoverScanner:
        assert self._subject.provider is not None  # noqa: S101 - whoever opened the bucket has looked
        redactor = self._subject.redactor
        watch: Callable[[Step], None] = lambda step: self._watch(redactor.value(step) if redactor else step)  # noqa: E731 - as short as it gets
        return LeftoverScanner(self._subject.provider, parameters, bucket, options, self._deadline, watch=watch)


def _no_login(why: str) -> Finding:
    finding = catalog.finding("list-denied", detail=f"--owner: {why}.".replace("..", "."))
    return replace(finding, severity=Severity.UNKNOWN, title="there is no login of the owner's to look with")
