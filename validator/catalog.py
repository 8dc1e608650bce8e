"""Every finding there is: its name, its weight, and the short text that terminal, reports and docs share.

The long text of a finding is its page, ``docs/findings/<name>.md``, which ships inside the package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from validator.model import Confidence, Finding, Fix, PatchOperation, Severity

DOCS = "https://planet-validator.example/findings/"
"""Where the pages are published; set by whoever publishes them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding, apart from any bucket."""

    name: str
    area: str
    severity: Severity
    title: str
    """States the problem, in words that go after the finding's name and a colon."""
    why: str
    """What Planet makes of it, one sentence."""
    fix: str
    """What to change, one sentence in the imperative."""


def entry(name: str) -> Entry:
    """The entry of a finding. Raises KeyError for a name that does not exist."""
    return FINDINGS[name]


def finding(
    name: str,
    *,
    detail: str = "",
    confidence: Confidence = Confidence.CONFIRMED,
    evidence: Mapping[str, str] | None = None,
    pointer: str = "",
    fix: Fix | None = None,
    patch: Sequence[PatchOperation] = (),
    commands: Sequence[str] = (),
) -> Finding:
    """A finding of this name, with the catalog's words wherever none better are given."""
    known = FINDINGS[name]
    mend = fix or Fix(known.fix)
    if patch:
        mend = replace(mend, patch=tuple(patch))
    if commands and not mend.commands:
        mend = replace(mend, commands=tuple(commands))
    return Finding(
        name=name,
        severity=known.severity,
        title=known.title,
        detail=detail or known.why,
        confidence=confidence,
        evidence=dict(evidence or {}),
        pointer=pointer,
        fix=mend,
        docs_url=f"{DOCS}{name}/",
    )


_E, _U, _W, _I = Severity.ERROR, Severity.UNKNOWN, Severity.WARNING, Severity.INFO

_ROWS: Mapping[str, Sequence[tuple[str, Severity, str, str, str]]] = {
    "source": (
        ("unknown-type", _E, "unknown type", "TEXT", "TEXT"),
        ("type-mismatch", _E, "type mismatch", "TEXT", "TEXT"),
        ("missing-parameter", _E, "missing parameter", "TEXT", "TEXT"),
        ("unknown-parameter", _E, "unknown parameter", "TEXT", "TEXT"),
        ("wrong-parameter-kind", _E, "wrong parameter kind", "TEXT", "TEXT"),
        ("unresolved-reference", _E, "unresolved reference", "TEXT", "TEXT"),
        ("redacted-secret", _E, "redacted secret", "TEXT", "TEXT"),
        ("placeholder-value", _E, "placeholder value", "TEXT", "TEXT"),
        ("stray-whitespace", _E, "stray whitespace", "TEXT", "TEXT"),
        ("name-invalid", _E, "name invalid", "TEXT", "TEXT"),
        ("plaintext-secret", _W, "plaintext secret", "TEXT", "TEXT"),
    ),
    "buckets, regions, endpoints": (
        ("bucket-name-invalid", _E, "bucket name invalid", "TEXT", "TEXT"),
        ("bucket-is-url", _E, "bucket is url", "TEXT", "TEXT"),
        ("region-unknown", _W, "region unknown", "TEXT", "TEXT"),
        ("region-malformed", _E, "region malformed", "TEXT", "TEXT"),
        ("endpoint-invalid", _E, "endpoint invalid", "TEXT", "TEXT"),
        ("endpoint-contains-bucket", _E, "endpoint contains bucket", "TEXT", "TEXT"),
        ("endpoint-insecure", _W, "endpoint insecure", "TEXT", "TEXT"),
        ("endpoint-of-another-type", _E, "endpoint of another type", "TEXT", "TEXT"),
        ("namespace-invalid", _E, "namespace invalid", "TEXT", "TEXT"),
        ("account-name-invalid", _E, "account name invalid", "TEXT", "TEXT"),
        ("addressing-style-suspect", _W, "addressing style suspect", "TEXT", "TEXT"),
    ),
    "keys": (
        ("swapped-credentials", _E, "swapped credentials", "TEXT", "TEXT"),
        ("temporary-credentials", _E, "temporary credentials", "TEXT", "TEXT"),
        ("not-an-access-key", _E, "not an access key", "TEXT", "TEXT"),
        ("access-key-malformed", _E, "access key malformed", "TEXT", "TEXT"),
        ("secret-malformed", _E, "secret malformed", "TEXT", "TEXT"),
    ),
    "GCS credential": (
        ("credentials-not-base64", _E, "credentials not base64", "TEXT", "TEXT"),
        ("credentials-wrapped", _W, "credentials wrapped", "TEXT", "TEXT"),
        ("credentials-double-encoded", _E, "credentials double encoded", "TEXT", "TEXT"),
        ("credentials-truncated", _E, "credentials truncated", "TEXT", "TEXT"),
        ("credentials-not-json", _E, "credentials not json", "TEXT", "TEXT"),
        ("credentials-wrong-kind", _E, "credentials wrong kind", "TEXT", "TEXT"),
        ("credentials-incomplete", _E, "credentials incomplete", "TEXT", "TEXT"),
        ("private-key-damaged", _E, "private key damaged", "TEXT", "TEXT"),
        ("token-uri-unexpected", _E, "token uri unexpected", "TEXT", "TEXT"),
    ),
    "SAS": (
        ("sas-malformed", _E, "sas malformed", "TEXT", "TEXT"),
        ("sas-is-url", _E, "sas is url", "TEXT", "TEXT"),
        ("sas-leading-question-mark", _W, "sas leading question mark", "TEXT", "TEXT"),
        ("sas-escaped", _E, "sas escaped", "TEXT", "TEXT"),
        ("sas-not-a-sas", _E, "sas not a sas", "TEXT", "TEXT"),
        ("sas-expired", _E, "sas expired", "TEXT", "TEXT"),
        ("sas-expiring", _W, "sas expiring", "TEXT", "TEXT"),
        ("sas-not-yet-valid", _E, "sas not yet valid", "TEXT", "TEXT"),
        ("sas-permission-missing", _E, "sas permission missing", "TEXT", "TEXT"),
        ("sas-wrong-service", _E, "sas wrong service", "TEXT", "TEXT"),
        ("sas-wrong-resource", _E, "sas wrong resource", "TEXT", "TEXT"),
        ("sas-ip-restricted", _E, "sas ip restricted", "TEXT", "TEXT"),
        ("sas-short-lived", _W, "sas short lived", "TEXT", "TEXT"),
        ("sas-bound-to-user", _E, "sas bound to user", "TEXT", "TEXT"),
        ("sas-broader-than-needed", _W, "sas broader than needed", "TEXT", "TEXT"),
        ("sas-policy-missing", _E, "sas policy missing", "TEXT", "TEXT"),
        ("sas-version-unsupported", _E, "sas version unsupported", "TEXT", "TEXT"),
    ),
    "identity, reach": (
        ("unknown-access-key", _E, "unknown access key", "TEXT", "TEXT"),
        ("wrong-secret", _E, "wrong secret", "TEXT", "TEXT"),
        ("key-disabled", _E, "key disabled", "TEXT", "TEXT"),
        ("account-disabled", _E, "account disabled", "TEXT", "TEXT"),
        ("key-quarantined", _E, "key quarantined", "TEXT", "TEXT"),
        ("clock-skew", _U, "clock skew", "TEXT", "TEXT"),
        ("host-not-found", _U, "host not found", "TEXT", "TEXT"),
        ("connection-refused", _U, "connection refused", "TEXT", "TEXT"),
        ("connection-lost", _U, "connection lost", "TEXT", "TEXT"),
        ("tls-failed", _U, "tls failed", "TEXT", "TEXT"),
        ("timed-out", _U, "timed out", "TEXT", "TEXT"),
        ("not-object-storage", _E, "not object storage", "TEXT", "TEXT"),
        ("bucket-not-found", _E, "bucket not found", "TEXT", "TEXT"),
        ("bucket-or-permission-missing", _E, "bucket or permission missing", "TEXT", "TEXT"),
        ("wrong-region", _E, "wrong region", "TEXT", "TEXT"),
        ("wrong-addressing-style", _E, "wrong addressing style", "TEXT", "TEXT"),
        ("request-altered", _E, "request altered", "TEXT", "TEXT"),
    ),
    "permissions, settings": (
        ("write-denied", _E, "write denied", "TEXT", "TEXT"),
        ("read-denied", _W, "read denied", "TEXT", "TEXT"),
        ("list-denied", _W, "list denied", "TEXT", "TEXT"),
        ("delete-denied", _E, "delete denied", "TEXT", "TEXT"),
        ("delete-unproven", _U, "delete unproven", "TEXT", "TEXT"),
        ("overwrite-denied", _E, "overwrite denied", "TEXT", "TEXT"),
        ("multipart-denied", _W, "multipart denied", "TEXT", "TEXT"),
        ("prefix-only", _E, "prefix only", "TEXT", "TEXT"),
        ("encryption-header-required", _E, "encryption header required", "TEXT", "TEXT"),
        ("encryption-key-denied", _E, "encryption key denied", "TEXT", "TEXT"),
        ("encryption-key-unavailable", _E, "encryption key unavailable", "TEXT", "TEXT"),
        ("retention-locked", _E, "retention locked", "TEXT", "TEXT"),
        ("object-held", _E, "object held", "TEXT", "TEXT"),
        ("network-restricted", _U, "network restricted", "TEXT", "TEXT"),
        ("requester-pays", _E, "requester pays", "TEXT", "TEXT"),
        ("checksum-required", _E, "checksum required", "TEXT", "TEXT"),
        ("content-corrupted", _E, "content corrupted", "TEXT", "TEXT"),
        ("storage-full", _E, "storage full", "TEXT", "TEXT"),
        ("not-s3-enabled", _E, "not s3 enabled", "TEXT", "TEXT"),
        ("request-too-large", _E, "request too large", "TEXT", "TEXT"),
        ("object-archived", _E, "object archived", "TEXT", "TEXT"),
        ("snapshots-present", _E, "snapshots present", "TEXT", "TEXT"),
        ("bucket-being-deleted", _E, "bucket being deleted", "TEXT", "TEXT"),
        ("api-disabled", _E, "api disabled", "TEXT", "TEXT"),
        ("blob-api-unavailable", _E, "blob api unavailable", "TEXT", "TEXT"),
        ("organization-policy", _E, "organization policy", "TEXT", "TEXT"),
    ),
    "leftovers": (
        ("lingering-file", _W, "lingering file", "TEXT", "TEXT"),
        ("residue-left", _E, "residue left", "TEXT", "TEXT"),
        ("versions-remain", _W, "versions remain", "TEXT", "TEXT"),
        ("not-the-verification-file", _W, "not the verification file", "TEXT", "TEXT"),
        ("file-replaced", _U, "file replaced", "TEXT", "TEXT"),
    ),
    "could not tell": (
        ("throttled", _U, "throttled", "TEXT", "TEXT"),
        ("provider-error", _U, "provider error", "TEXT", "TEXT"),
        ("unrecognised-answer", _U, "unrecognised answer", "TEXT", "TEXT"),
        ("interrupted", _U, "interrupted", "TEXT", "TEXT"),
    ),
    "Planet": (
        ("name-taken", _E, "name taken", "TEXT", "TEXT"),
        ("quota-reached", _E, "quota reached", "TEXT", "TEXT"),
        ("planet-unreachable", _U, "planet unreachable", "TEXT", "TEXT"),
        ("planet-rejected", _E, "planet rejected", "TEXT", "TEXT"),
    ),
}

FINDINGS: Mapping[str, Entry] = {
    name: Entry(name, area, severity, title, why, fix)
    for area, rows in _ROWS.items()
    for name, severity, title, why, fix in rows
}
