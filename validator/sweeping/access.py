"""Opens the bucket for a sweep: with the destination's own credentials, with its owner's, or with the operator's login."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from validator.checking.conversation import Conversation
from validator.checking.diagnosis import diagnose
from validator.core import catalog
from validator.core.deadline import Deadline, Interrupted, TimedOut
from validator.core.errors import ValidatorError
from validator.core.model import VERIFICATION_FILE, Finding, Kind, Mode, Observation, Operation, Severity, Step
from validator.core.values import replace
from validator.providers import missing
from validator.providers.base import Bucket, Failure, LoginFailed, Options
from validator.sweeping.scanner import LeftoverScanner
from validator.sweeping.subject import SweepSubject


class Access:
    """The connections of one destination's sweep, open for as long as the stack is."""

    def __init__(
        self,
        subject: SweepSubject,
        watch: Callable[[Step], None],
        stack: contextlib.ExitStack,
        deadline: Deadline,
    ) -> None:
        assert subject.provider is not None  # noqa: S101 - of what has no parameters nobody asks
        self._provider = subject.provider
        self._subject = subject
        self._watch = watch
        self._stack = stack
        self._deadline = deadline

    def suspect(self) -> LeftoverScanner | None:
        """The destination's own credentials; None where they are not even worth sending."""
        return self._opened(self._subject.parameters, self._provider.connect) if self._subject.usable else None

    def looker(self) -> LeftoverScanner | None:
        """The owner's: of another source, or the operator's login."""
        subject, login = self._subject, self._provider.login
        if subject.owner is not None:
            return self._opened(subject.owner, self._provider.connect)
        if login is None:
            why = f"the type {self._provider.name} has no login of its own: use --with OWNER_SOURCE"
        else:
            profile = subject.sweeping.profile
            try:
                return self._opened(subject.parameters, lambda known, options: login(known, options, profile, subject.hide))
            except LoginFailed as error:
                why = str(error)
        self._subject.findings.append(_no_login(why))
        return None

    def _opened(self, parameters: Any, connect: Callable[[Any, Options], Bucket]) -> LeftoverScanner | None:
        subject, provider = self._subject, self._provider
        options = subject.options(self._deadline)
        try:
            bucket = self._stack.enter_context(self._deadline.run(lambda: connect(parameters, options)))
        except (ValidatorError, LoginFailed):
            raise
        except Interrupted:
            self._subject.interrupted = True
            return None
        except ModuleNotFoundError as error:
            raise missing(subject.destination.type, error) from error
        except Exception as error:  # noqa: BLE001 - opening the connection may speak to the network as well
            timeout = isinstance(error, TimedOut)
            observation = Observation(Kind.UNREACHABLE, code="timeout") if timeout else provider.classify(error)
            failure = Failure(Operation.READ, VERIFICATION_FILE, Mode.PERFORMED, observation)
            finding = diagnose(provider, subject.parameters, failure, subject.options(None))
            self._subject.findings.append(replace(finding, severity=Severity.UNKNOWN))
            return None
        redactor = subject.redactor
        watch: Callable[[Step], None] = lambda step: self._watch(redactor.value(step) if redactor else step)  # noqa: E731 - as short as it gets
        return LeftoverScanner(Conversation(provider, parameters, bucket, options, self._deadline), watch)


def _no_login(why: str) -> Finding:
    return catalog.finding(
        "list-denied",
        detail=f"--owner: {why}.".replace("..", "."),
        severity=Severity.UNKNOWN,
        title="there is no login of the owner's to look with",
    )
