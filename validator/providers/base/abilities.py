"""What some buckets can do besides, and a check asks for where it needs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from validator.core.model import Residue
from validator.providers.base.bucket import Receipt


@runtime_checkable
class KnowsUnsettled(Protocol):
    """A bucket that can tell what ``cleanup_versions`` would look for and remove, when it cannot be reached any more."""

    def unsettled(self) -> Sequence[Residue]:
        """What requests of this run made or may have made, and nobody has seen gone. Makes no request."""


@runtime_checkable
class SupportsMultipart(Protocol):
    """A bucket on which ``--multipart`` can start an upload in parts, and abort it again: only ever a warning."""

    def start_multipart(self, key: str) -> str:
        """Start; the upload's id."""

    def abort_multipart(self, key: str, upload: str) -> None:
        """Abort: nothing remains."""


@runtime_checkable
class RehearsesAbort(Protocol):
    """A bucket on which it can be told, before an upload in parts is started, whether it could be aborted."""

    def rehearse_abort(self, key: str) -> None:
        """Abort an upload that nobody has started: returning, or what ``classify`` calls ABSENT, proves the permission."""


@runtime_checkable
class SupportsOverwrite(Protocol):
    """A bucket on which writing over an object takes a permission of its own that cannot be rehearsed. Where Planet would
    meet its file again, the core asks it of our own.
    """

    overwrite_permission: str
    """The provider's name of that permission."""

    def overwrite(self, key: str, body: bytes) -> Receipt:
        """Write once more over what ``write`` has just made under ``key``."""
