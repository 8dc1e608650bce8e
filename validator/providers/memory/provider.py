"""Planet has no type ``memory``: this is the worked example of how a type is added. See docs/guides/provider.md."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from validator.core import catalog
from validator.core.model import Finding, Fix, Operation
from validator.providers.base import Advice, Failure, Grant, Options, Provider, Wanted
from validator.providers.common.partial import judged
from validator.providers.memory.errors import RULES, classify, in_text, read_answer
from validator.providers.memory.parameters import MemoryParameters

if TYPE_CHECKING:
    from validator.providers.base import Bucket

NEEDED: Final = ("write", "read", "delete")


def lint(parameters: MemoryParameters, options: Options) -> Iterator[Finding]:
    """Names and address, each by itself: one that cannot be read costs no other its finding."""
    del options
    p = parameters
    yield from judged(lambda: _bucket(p.bucket), lambda: _endpoint(p.endpoint))


def _bucket(name: str) -> Iterator[Finding]:
    if not re.fullmatch(r"[a-z0-9-]{3,63}", name):
        detail = f"{name[:80]}: a bucket's name holds 3 to 63 lower-case letters, digits and hyphens."
        yield catalog.finding("bucket-name-invalid", detail=detail, pointer="/parameters/bucket")


def _endpoint(address: str) -> Iterator[Finding]:
    if not re.match(r"https?://[^/\s]", address):
        yield catalog.finding(
            "endpoint-invalid",
            detail="The endpoint is not the address of a store: it begins with http:// or https://.",
            pointer="/parameters/endpoint",
        )


def connect(parameters: MemoryParameters, options: Options) -> Bucket:
    """A bucket to talk to; no request is made. What speaks HTTP is loaded here, not with the module."""
    from validator.providers.memory.bucket import MemoryBucket

    return MemoryBucket(parameters, options)


def object_uri(parameters: MemoryParameters, key: str, options: Options) -> str:
    """The address of an object."""
    return f"{(options.endpoint or parameters.endpoint).rstrip('/')}/{parameters.bucket}/{key}"


def explain_finding(finding: str, parameters: MemoryParameters, failure: Failure | None, options: Options) -> Advice:
    """The fix for what the store's owner can fix."""
    del options
    if finding in ("write-denied", "read-denied", "delete-denied") and failure is not None:
        commands = (f"memory-store allow {parameters.bucket} {failure.operation.value}",)
        return Advice(fix=Fix(f"Allow the key to {failure.operation.value} in {parameters.bucket}.", commands))
    return Advice()


def removal(parameters: MemoryParameters, key: str, version: str | None) -> str:
    """The owner's command."""
    del version
    return f"memory-store rm {parameters.bucket}/{key}"


def grant(parameters: MemoryParameters, wanted: Wanted, options: Options) -> Grant:
    """The operations that a key needs, as the store writes them down."""
    del options
    if wanted.bucket_side or wanted.encryption_key or wanted.versions or wanted.multipart:
        raise ValueError("a memory store has nothing of that")
    document = {"bucket": parameters.bucket, "prefix": wanted.prefix, "allow": list(NEEDED)}
    return Grant(json.dumps(document, indent=2), (f"memory-store grant {parameters.bucket} --file grant.json",))


# --8<-- [start:value]
provider = Provider(
    name="memory",
    title="Memory store",
    Parameters=MemoryParameters,
    permissions={Operation.WRITE: "write", Operation.READ: "read", Operation.DELETE: "delete"},
    rules=RULES,
    lint=lint,
    connect=connect,
    classify=classify,
    object_uri=object_uri,
    explain_finding=explain_finding,
    removal=removal,
    read_answer=read_answer,
    in_text=in_text,
    grant=grant,
    grant_needs=("bucket",),
)
# --8<-- [end:value]
