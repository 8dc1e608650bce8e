"""Service accounts of the stand-in: their keys, what they are allowed, and the token endpoint that verifies their signatures."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qs

from validator.demo.emulators.gcs.answers import no_token
from validator.demo.emulators.http import Refused

PLANET_NEEDS: Final = ("storage.objects.create", "storage.objects.get", "storage.objects.delete")
"""What Planet's account must be allowed to do."""
PROJECT: Final = "example-project"
AUDIENCE: Final = "https://oauth2.googleapis.com/token"
"""What google-auth writes into every assertion, wherever it sends it."""
TOLERANCE: Final = 300
"""Seconds that an assertion's time may be off. Google's own tolerance is not known."""


@dataclass(frozen=True, slots=True)
class AccountGrant:
    """Permissions on one bucket, or on all; with a prefix, only for objects whose names begin with it."""

    permissions: frozenset[str]
    bucket: str | None = None
    prefix: str = ""
    after: int = 0
    """Takes effect after so many decisions about the account: the time that a real grant needs to spread."""

    def covers(self, permission: str, bucket: str, name: str | None, decisions: int) -> bool:
        """Whether this grant allows it. A conditional one says nothing of the bucket as a whole."""
        if permission not in self.permissions or self.bucket not in (None, bucket) or decisions < self.after:
            return False
        return not self.prefix or (name is not None and name.startswith(self.prefix))


@dataclass(slots=True)
class ServiceKey:
    """One key of a service account."""

    id: str
    private: Any
    """An RSA private key of ``cryptography``."""
    enabled: bool = True


@dataclass(slots=True)
class Account:
    """A service account."""

    email: str
    token_uri: str
    keys: list[ServiceKey]
    enabled: bool = True
    grants: list[AccountGrant] = field(default_factory=list)
    decisions: int = 0
    """How often it was decided what this account may do."""

    def allow(self, *permissions: str, bucket: str | None = None, prefix: str = "", after: int = 0) -> Account:
        """Grant permissions; returns the account."""
        self.grants.append(AccountGrant(frozenset(permissions), bucket, prefix, after))
        return self

    def may(self, permission: str, bucket: str, name: str | None = None) -> bool:
        """Whether the account holds a permission on an object, or on the bucket itself where no name is given."""
        return any(grant.covers(permission, bucket, name, self.decisions) for grant in self.grants)

    def key_file(self, key: ServiceKey | None = None, **changes: Any) -> dict[str, Any]:
        """The key file as Google makes it; a change to None leaves the field out."""
        chosen = key or self.keys[0]
        document = {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": chosen.id,
            "private_key": pem(chosen.private),
            "client_email": self.email,
            "client_id": "100000000000000000000",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": self.token_uri,
            "universe_domain": "googleapis.com",
            **changes,
        }
        return {name: value for name, value in document.items() if value is not None}

    def credentials(self, key: ServiceKey | None = None, **changes: Any) -> str:
        """The key file as Planet takes it: base64 in one line."""
        return base64.b64encode(json.dumps(self.key_file(key, **changes), indent=2).encode()).decode()


@cache
def private_key(number: int, bits: int = 2048) -> Any:  # noqa: ARG001 - which of the keys
    """An RSA key of this process. Made once for each number: making one takes a tenth of a second, and each loading of it half of that."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(private: Any) -> str:
    """The key as a key file holds it."""
    from cryptography.hazmat.primitives import serialization

    made: bytes = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.decode()


def asserted(body: bytes, accounts: Mapping[str, Account], own_uri: str, now: datetime) -> Account:
    """Whose request for a token it is. Raises Refused."""
    form = parse_qs(body.decode("ascii", "replace"))
    assertion = form.get("assertion", [""])[0]
    try:
        signed, _, signature = assertion.rpartition(".")
        header, claims = (json.loads(_decode(part)) for part in signed.split("."))
        issuer, audience, begin, end = claims["iss"], claims["aud"], int(claims["iat"]), int(claims["exp"])
        proof = _decode(signature)
    except (ValueError, KeyError, TypeError):
        raise Refused(no_token("Bad Request", "invalid_request")) from None
    account = accounts.get(issuer)
    if account is None or not account.enabled:
        raise Refused(no_token("Invalid grant: account not found"))
    if not _signed(account, header.get("kid"), signed.encode(), proof):
        raise Refused(no_token("Invalid JWT Signature."))
    if audience not in (AUDIENCE, own_uri):
        raise Refused(no_token("Invalid JWT: Failed audience check."))
    time = now.timestamp()
    if end - begin > 3600 or begin > time + TOLERANCE or end < time - TOLERANCE or begin < time - 3600 - TOLERANCE:
        raise Refused(
            no_token(
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                "Check your iat and exp values in the JWT claim.",
            )
        )
    return account


def _signed(account: Account, key_id: str | None, signed: bytes, proof: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    for key in account.keys:
        if not key.enabled or (key_id is not None and key_id != key.id):
            continue
        try:
            key.private.public_key().verify(proof, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            continue
        return True
    return False


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
