"""Access keys and secrets of the S3 types, judged by themselves: no network, no SDK."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, partial
from typing import Final
from urllib.parse import unquote

from validator.core import catalog
from validator.core.model import Confidence, Finding, Fix, Secret, Severity
from validator.core.sentences import many
from validator.core.values import replace
from validator.providers.s3.errors import account_of

AMAZON_EXAMPLES: Final = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
"""The pair of AWS's own documentation: everybody has pasted it once, and some stores of their own were set up with it."""
INSTEAD: Final = {
    "session_token aws_session_token security_token": (
        "It is part of temporary credentials, which end within hours; Planet takes the long-lived key of a user."
    ),
    "profile aws_profile role_arn aws_role_arn external_id": "Planet takes on no role and reads no profile; it takes the key of a user.",
}
"""Names of what people have in the place of a key, and what is to be said of it."""
AMAZON: Final = ("aws_access_key_id", "aws_secret_access_key")
OTHERS: Final = ("access_key_id", "secret_access_key")
_NOT_KEYS: Final = {
    "AROA": "the id of a role", "AIDA": "the id of a user", "AGPA": "the id of a group", "AIPA": "the id of an instance profile",
    "ANPA": "the id of a managed policy", "ANVA": "the id of a policy version", "ASCA": "the id of a certificate",
    "APKA": "the id of a public key", "ABIA": "the id of a bearer token", "ACCA": "the id of a context credential",
}  # fmt: skip
_QUOTES: Final = "\"'`\u2018\u2019\u201c\u201d"


def looks_like_aws_id(text: str) -> bool:
    """An access key id of Amazon's."""
    return text.startswith(("AKIA", "ASIA")) and 16 <= len(text) <= 32 and text.isascii() and text.isalnum() and text.isupper()


def looks_like_aws_secret(text: str) -> bool:
    """A secret access key of Amazon's."""
    return _is_forty(text) and text != text.upper() and (text != text.lower() or "/" in text or "+" in text)


def _is_forty(text: str) -> bool:
    """Forty letters, digits, ``/`` and ``+``. Without a pattern, as what each check asks is: none is compiled then (decision 0028)."""
    return len(text) == 40 and text.isascii() and text.replace("/", "a").replace("+", "a").isalnum()


@cache
def _pairs() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    """What ids and secrets of known stores look like."""
    return (
        (re.compile(r"(?:A[KS]IA)?[A-Z0-9]{16,24}"), re.compile(r"[A-Za-z0-9/+=]{40}")),  # Amazon, Wasabi, MinIO, Ceph
        (re.compile(r"GOOG1[A-Z0-9]{20,60}"), re.compile(r"[A-Za-z0-9/+]{40}")),  # Google's HMAC keys
        (re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{64}")),  # Cloudflare R2
        (re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{48}")),  # IBM
        (re.compile(r"DO[A-Z0-9]{18}"), re.compile(r"[A-Za-z0-9/+]{43}")),  # DigitalOcean
        (re.compile(r"SCW[A-Z0-9]{17}"), re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")),  # Scaleway
        (re.compile(r"[0-9a-f]{25}"), re.compile(r"K\d{3}[A-Za-z0-9/+]{27}")),  # Backblaze
        (re.compile(r"[0-9a-f]{40}"), re.compile(r"[A-Za-z0-9/+]{43}=")),  # Oracle
    )


def looks_like_any_id(text: str) -> bool:
    """An access key id of whatever store, or at least no secret that is known by its looks, address or region."""
    mixed = len(text) <= 128 and text != text.upper()  # of capitals alone, nobody can tell
    secret = mixed and any(each.fullmatch(text) for _, each in _pairs()) and not _is_known_id(text)
    return re.fullmatch(r"[A-Za-z0-9_.:$@-]{3,128}", text) is not None and not secret and "://" not in text


def looks_like_any_secret(text: str) -> bool:
    """A secret of whatever store, or at least neither an id that is known by its looks nor an address."""
    return not _is_known_id(text) and not re.match(r"(?i)https?://", text)


def of_both(text: str, names: tuple[str, str], half: int, *, other: str = "", certain: bool = False) -> Finding | None:
    """The finding where one half of a key (0 the id, 1 the secret, in the parameters ``names``) holds the other as well, or its name.

    ``other``: the id, beside the secret.
    """
    if text.isalnum() or (not any(each in text for each in ":=,;|") and len(text.split()) < 2):
        return None
    from validator.providers.common import halves

    what = halves.described(text, _pairs(), other)
    return halves.finding(what, names, half, certain=certain) if what else None


def _is_known_id(text: str) -> bool:
    return len(text) <= 128 and any(each.fullmatch(text) for each, _ in _pairs())


def aws_id(key_id: str, bucket: str) -> Iterator[Finding]:
    """The id of an access key of Amazon's, which is for this bucket."""
    pointer = f"/parameters/{AMAZON[0]}"
    finding = partial(catalog.finding, pointer=pointer)
    plain = key_id.isascii() and key_id.isalnum()
    if key_id.startswith("ASIA"):
        account = account_of(key_id)
        yield finding(
            "temporary-credentials",
            detail="The access key id begins with ASIA: it belongs to a session that ends within hours, and works only with a session "
            "token, for which Planet has no parameter.",
            evidence={"prefix": "ASIA", **({"account": account} if account else {})},
            fix=_new_key("its long-term key", bucket),
        )
    elif key_id[:4] in _NOT_KEYS and re.fullmatch(r"[A-Z0-9]{16,128}", key_id):
        yield finding(
            "not-an-access-key",
            detail=f"The access key id begins with {key_id[:4]}: it is {_NOT_KEYS[key_id[:4]]}, not a key.",
            evidence={"prefix": key_id[:4]},
            fix=_keys_of(key_id) if key_id.startswith("AIDA") else _new_key("its key", bucket),
        )
    elif found := of_both(key_id, AMAZON, 0, certain=True):
        yield found
    elif plain and key_id.startswith("akia") and len(key_id) == 20 and key_id.islower():
        yield finding(
            "access-key-malformed",
            detail="The access key id: access key ids are written in capitals.",
            patch=catalog.replacement(pointer, key_id.upper(), secret=True),
        )
    elif not (16 <= len(key_id) <= 128 and key_id.isascii() and key_id.replace("_", "a").isalnum()):
        yield finding(
            "access-key-malformed",
            detail=f"The access key id has {many(len(key_id), 'character')}{_strange(key_id)}; it has 20, capitals and digits.",
            evidence=_length(key_id),
        )
    elif key_id.startswith("AKIA") and not (plain and len(key_id) == 20 and key_id.isupper()):
        yield finding(
            "access-key-malformed",
            detail=f"The access key id has {many(len(key_id), 'character')}; keys that begin with AKIA have 20, capitals and digits.",
            confidence=Confidence.LIKELY,
            evidence=_length(key_id),
            severity=Severity.WARNING,
        )


def _new_key(which: str, bucket: str) -> Fix:
    from validator.providers.s3 import grants  # a text is made where something is wrong alone

    return Fix(f"Make a user for Planet alone, and give Planet {which}.", grants.new_user(bucket))


def _keys_of(user_id: str) -> Fix:
    return Fix(
        "Use the id of one of this user's keys, which begins with AKIA, with its secret. USER is the user that the first command names.",
        (
            f"aws iam list-users --query \"Users[?UserId=='{user_id}'].UserName\" --output text",
            "aws iam list-access-keys --user-name USER",
        ),
    )


def aws_secret(key_id: str, secret: Secret) -> Iterator[Finding]:
    """The secret of a key of Amazon's. ``key_id`` may be empty: not known."""
    pointer, value = f"/parameters/{AMAZON[1]}", secret.reveal()
    finding = partial(catalog.finding, "secret-malformed", pointer=pointer)
    if _is_forty(value):
        return
    cleaned = re.sub(rf"[\s{_QUOTES}]", "", unquote(value) if "%" in value else value)
    if value == key_id or looks_like_aws_id(value):
        yield finding(detail="The secret access key holds an access key id.")
    elif _is_forty(cleaned):
        yield finding(
            detail=f"The secret access key has {many(len(value), 'character')} instead of 40: {_harm(value)}.",
            patch=catalog.replacement(pointer, cleaned, secret=True),
            evidence=_length(value),
        )
    elif found := of_both(value, AMAZON, 1, other=key_id, certain=True):
        yield found
    else:
        yield replace(
            finding(
                detail=f"The secret access key has {many(len(value), 'character')}; AWS gives out 40, letters, digits, / and +.",
                confidence=Confidence.LIKELY,
                evidence=_length(value),
                severity=Severity.WARNING,
            ),
            title="the secret key does not look like one of Amazon's",
        )


def other_id(key_id: str) -> Iterator[Finding]:
    """The id of a key whose shape is the store's own: only what cannot work anywhere."""
    sent = re.fullmatch(r"[\x21-\x7e]+", key_id)
    if found := of_both(key_id, OTHERS, 0, certain=not sent):
        yield found
    elif not sent:
        yield catalog.finding(
            "access-key-malformed",
            detail=f"The access key id cannot be sent in a request{_strange(key_id)}.",
            pointer="/parameters/access_key_id",
            evidence=_length(key_id),
        )


def other_secret(key_id: str, secret: Secret) -> Iterator[Finding]:
    """The secret of such a key. ``key_id`` may be empty: not known."""
    pointer, value = "/parameters/secret_access_key", secret.reveal()
    finding = partial(
        catalog.finding, "secret-malformed", pointer=pointer, confidence=Confidence.LIKELY, severity=Severity.WARNING
    )
    if value == key_id:
        yield finding(detail="The secret is the same as the access key id.")
    elif found := of_both(value, OTHERS, 1, other=key_id):
        yield found
    elif re.search(r"\s", value) or re.search(r"%2[BbFf]|%3[Dd]", value):
        cleaned = re.sub(r"\s", "", unquote(value) if "%" in value else value)
        yield finding(
            detail=f"The secret looks damaged: {_harm(value)}.",
            patch=catalog.replacement(pointer, cleaned, secret=True),
            evidence=_length(value),
        )


def _length(text: str) -> dict[str, str]:
    return {"length": str(len(text))}


def _strange(text: str) -> str:
    """What kind of character does not belong there, without showing it."""
    if re.search(r"\s", text):
        return ", whitespace among them"
    if re.search(r"[^\x20-\x7e]", text):
        return ", some of them not ASCII"
    if re.search(r"\W", text):
        return ", punctuation among them"
    return ""


def _harm(value: str) -> str:
    if re.search(r"%[0-9A-Fa-f]{2}", value):
        return "it was URL-encoded on its way, so that / became %2F or + became %2B"
    if re.search(r"\s", value):
        return "there is whitespace within it"
    return "there are quotes within it"
