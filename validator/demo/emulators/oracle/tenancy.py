"""What a tenancy holds: keys and their permissions, buckets and objects; and its refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal
from xml.sax.saxutils import escape

from validator.demo.emulators.http import Refused, Reply

PERMISSIONS: Final = ("OBJECT_INSPECT", "OBJECT_READ", "OBJECT_CREATE", "OBJECT_OVERWRITE", "OBJECT_DELETE", "BUCKET_READ")
"""What a key can be given: the names that Oracle's policies use."""

UNKNOWN_KEY: Final = (
    "The secret key required to complete authentication could not be found. The region must be specified if this is not the "
    "home region for the tenancy."
)
WRONG_SECRET: Final = "The required information to complete authentication was not provided."
NO_BUCKET: Final = "The specified bucket does not exist."


@dataclass(frozen=True, slots=True)
class Habits:
    """Where the real service's behaviour is not known, what this one does."""

    absent_delete: Literal[204, 404] = 204
    """The status for a delete of an object that is not there, when deletes are allowed."""
    conditions: Literal["ignored", "honoured", "refused"] = "ignored"
    """What becomes of ``If-Match`` on a delete; refused is 501."""


@dataclass(frozen=True, slots=True)
class CustomerKey:
    """A Customer Secret Key, made up for this run."""

    access_key_id: str
    secret_key: str = field(repr=False)


@dataclass(slots=True)
class Holder:
    """Somebody who has a key."""

    key: CustomerKey
    permissions: frozenset[str]
    active: bool
    unknown_for: int


@dataclass(slots=True)
class Bucket:
    """One bucket, and what lies in it."""

    region: str
    retention: bool
    versioned: bool
    vault_key: bool
    objects: dict[str, bytes] = field(default_factory=dict)
    versions: list[str] = field(default_factory=list)
    uploads: dict[str, str] = field(default_factory=dict)


class OracleRefused(Refused):
    """A request that is not carried out, with the answer to give."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(Reply.xml(f"<Error><Message>{escape(message)}</Message><Code>{code}</Code></Error>", status))


def no_bucket() -> OracleRefused:
    """What a missing bucket and most missing permissions are answered with."""
    return OracleRefused(404, "NoSuchBucket", NO_BUCKET)


def not_implemented(message: str = "A header you provided implies functionality that is not implemented.") -> OracleRefused:
    """What a request of an unknown kind is answered with."""
    return OracleRefused(501, "NotImplemented", message)


def unauthenticated(message: str) -> OracleRefused:
    """The one code for an unknown key and for a wrong secret."""
    return OracleRefused(403, "SignatureDoesNotMatch", message)
