"""What to say and what to do where a store refuses for the sake of encryption: the key, its policy, the header."""

from __future__ import annotations

import re
from collections.abc import Mapping
from shlex import quote
from typing import TYPE_CHECKING, Final

from validator.core.model import Fix, PatchOperation
from validator.core.quoting import quoted
from validator.providers.base import Advice, Wanted
from validator.providers.s3 import grants

if TYPE_CHECKING:
    from validator.providers.s3.subject import Subject


def key_denied(subject: Subject) -> Advice:
    """The key's user may not use the key that the bucket encrypts with."""
    resource, action = subject.seen("resource"), subject.seen("action")
    key = resource or "KEY_ARN"
    which = "" if resource else f" KEY_ARN is the key that this shows: {_encryption(subject)}"
    if not action:
        return Advice(
            f"The bucket encrypts with a key that these credentials may not use, or that is not there.{subject.says}",
            Fix("Allow this key's user to use the encryption key, and see that it is in the bucket's region."),
        )
    text = f"The bucket encrypts with a KMS key, and {subject.who} may not use {action}{f' on {key}' if resource else ''}"
    look = f"aws kms get-key-policy --key-id {quote(key)} --output text"
    if subject.seen("decision") == "explicit":
        layer = subject.seen("layer") or "key's or another"
        fix = Fix(
            f"Take the denial out of the {layer} policy, or this user out of it: no further grant can outweigh it.{which}",
            (look,),
        )
        return Advice(f"{text}: something denies it. Planet could not write.", fix)
    commands, user = subject.attach(f"--kms-key {quote(key)}")
    return Advice(
        f"{text}. Planet could not write.",
        Fix(
            f"Allow both actions for this user, and, if the key's own policy does not leave that to IAM, there as well.{user}{which}",
            (*commands, look),
            grants.identity_policy(subject.bucket, subject.region, Wanted(encryption_key=key)),
        ),
    )


_KMS_KEY: Final = re.compile(r"arn:aws[a-z-]{0,12}:kms:[a-z0-9-]{5,30}:\d{12}:key/[\w-]{8,80}", re.ASCII)
_LOOK: Final = "aws kms describe-key --key-id KEY_ID"
_KEY_REPAIR: Final = (
    "Look at the key, then enable it, cancel its deletion, or give the bucket another.",
    (_LOOK, "aws kms enable-key --key-id KEY_ID"),
)
_KEY_REPAIRS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "KMS.DisabledException": ("Enable the key.", (_LOOK, "aws kms enable-key --key-id KEY_ID")),
    "KMS.KMSInvalidStateException": (
        "Look at the key's state; if it is to be deleted, cancel that and enable it, or give the bucket another key.",
        (_LOOK, "aws kms cancel-key-deletion --key-id KEY_ID", "aws kms enable-key --key-id KEY_ID"),
    ),
    "KMS.NotFoundException": ("Give the bucket a key that exists in its region, by the key's whole ARN.", ()),
    "KMS.InvalidKeyUsageException": ("Give the bucket a symmetric key that is made to encrypt.", (_LOOK,)),
}
"""By KMS's own code: what that state of a key asks for."""


def _encryption(subject: Subject) -> str:
    return f"aws s3api get-bucket-encryption --bucket {quote(subject.bucket)}"


def key_unavailable(subject: Subject) -> Advice:
    """The key cannot be used by anybody, or the store cannot encrypt."""
    if not subject.amazon:
        return Advice(f"The store cannot encrypt what is written to {subject.bucket}.{subject.says}")
    why = quoted(subject.failure.observation) if subject.failure else "it is disabled, about to be deleted, or not there."
    summary, commands = _KEY_REPAIRS.get(subject.code, _KEY_REPAIR)
    named = _KMS_KEY.search(subject.message)
    key = quote(named[0]) if named else "KEY_ID"
    if commands and not named:
        summary += " KEY_ID is the KMSMasterKeyID that the first command shows."
    return Advice(
        f"The KMS key that the bucket encrypts with cannot be used: {why} Nothing can be written until that is settled; deleting still works.",
        Fix(summary, (_encryption(subject), *(each.replace("KEY_ID", key) for each in commands))),
    )


def header_required(subject: Subject) -> Advice:
    """A policy wants the header that explicit_sse sends."""
    return Advice(
        f"The policy of {subject.bucket} refuses a write without the encryption header, and took one with it.",
        Fix("Set explicit_sse to true.", patch=(PatchOperation("add", "/parameters/explicit_sse", value=True),)),
        "/parameters/explicit_sse",
    )
