"""What the operator's own login is asked for: to open a bucket, and to explain a failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from validator.core.model import Finding, Secret
from validator.core.values import Dataclass


class LoginFailed(Exception):
    """The operator's own login cannot be used; the message says what was looked for."""


class Login(Dataclass):
    """Leave to read with the operator's own login, and how far it goes."""

    profile: str | None
    """``--owner-profile``, where the cloud has profiles."""
    ask: Callable[[Callable[[], Any]], Any]
    """Runs one request within the time that is left; every request of an explanation goes through it."""
    remember: Callable[[str | Secret], None]
    """Takes each secret of the login, so that no report can hold it."""


class Explanation(Dataclass):
    """What the operator's login saw of a failure."""

    identity: str
    """Who looked; empty if nobody could."""
    findings: Sequence[Finding]
    """All findings, those that the look explained in their better form. The core keeps the old ones if these weigh less."""
    seen: Sequence[str] = ()
    """Facts, one line each."""
    unread: Sequence[str] = ()
    """What could not be read, one line each, with the permission that it takes."""
