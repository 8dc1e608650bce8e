"""What Azure's answers mean: an ordered table from the service's own codes to findings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from validator.core.model import Confidence, Kind, Mode, Operation, Severity
from validator.providers.azure.sas import KNOWN as FIELDS
from validator.providers.base.rules import Rule, likely, possible

LEASES: Final = (
    "LeaseIdMissing",
    "LeaseIdMismatchWithBlobOperation",
    "LeaseLost",
    "LeaseIdMismatchWithLeaseOperation",
    "LeaseNotPresentWithBlobOperation",
    "LeaseNotPresentWithContainerOperation",
    "LeaseNotPresentWithLeaseOperation",
    "LeaseIdMismatchWithContainerOperation",
    "LeaseAlreadyPresent",
    "LeaseIsBreakingAndCannotBeAcquired",
    "LeaseIsBreakingAndCannotBeChanged",
    "LeaseIsBrokenAndCannotBeRenewed",
    "InfiniteLeaseDurationRequired",
)
_LOCKS: Final = ("BlobImmutableDueToPolicy", "BlobImmutableDueToLegalHold", "SnapshotsPresent", "PendingCopyOperation", *LEASES)
_ARCHIVED: Final = ("BlobArchived", "BlobBeingRehydrated")
_KEY_VAULT: Final = (
    "KeyVaultEncryptionKeyNotFound",
    "KeyVaultVaultNotFound",
    "KeyVaultAccessTokenCannotBeAcquired",
    "KeyVaultServiceUnavailable",
)
_CUSTOMER_KEY: Final = (
    "BlobUsesCustomerSpecifiedEncryption",
    "BlobCustomerSpecifiedEncryptionMismatch",
    "BlobDoesNotUseCustomerSpecifiedEncryption",
)
"""The file there is encrypted with a key, or a scope, that its writer named; the request named none."""
_NO_CREDENTIAL: Final = ("NoAuthenticationInformation", "PublicAccessNotPermitted")
_BAD_NAME: Final = ("InvalidResourceName", "OutOfRangeInput", "InvalidUri")
OTHER_TYPES: Final = (
    "InvalidBlobType",
    "ResourceTypeMismatch",
    "PathConflict",
    "OperationNotSupportedOnDirectory",
    "DirectoryIsNotEmpty",
)
"""What lies under the name is no block blob."""
_NO_BLOB_API: Final = (
    "BlobOperationNotSupported",
    "BlobTypeNotSupported",
    "BlobApiNotYetSupportedForHierarchicalNamespaceAccounts",
    "FeatureNotYetSupportedForHierarchicalNamespaceAccounts",
    "UnsupportedForHierarchicalNamespaceAccounts",
    "BlobAccessTierNotSupportedForAccountType",
    "EndpointUnsupportedAccountFeatures",
    "HierarchicalNamespaceNotEnabled",
    *OTHER_TYPES,
)
_BEING_DELETED: Final = ("ContainerBeingDeleted", "FilesystemBeingDeleted")
_PASSING: Final = ("ServerBusy", "OperationTimedOut", "InternalError", "AccountBeingCreated", "SystemInUse")

KINDS: Final[Mapping[str, Kind]] = {
    "BlobNotFound": Kind.ABSENT,
    "PathNotFound": Kind.ABSENT,
    "ContainerNotFound": Kind.NO_BUCKET,
    "FilesystemNotFound": Kind.NO_BUCKET,
    **dict.fromkeys(_BEING_DELETED, Kind.NO_BUCKET),
    "ConditionNotMet": Kind.PRECONDITION,
    "BlobAlreadyExists": Kind.EXISTS,
    "PathAlreadyExists": Kind.EXISTS,
    **dict.fromkeys(_LOCKS, Kind.KEPT),
    "AuthenticationFailed": Kind.UNAUTHENTICATED,
    "InvalidAuthenticationInfo": Kind.UNAUTHENTICATED,
    "KeyBasedAuthenticationNotPermitted": Kind.UNAUTHENTICATED,
    **dict.fromkeys(_NO_CREDENTIAL, Kind.UNAUTHENTICATED),
    "AuthorizationPermissionMismatch": Kind.DENIED,
    "AuthorizationResourceTypeMismatch": Kind.DENIED,
    "UnauthorizedBlobOverwrite": Kind.DENIED,
    **dict.fromkeys(_PASSING, Kind.TRANSIENT),
}

_FAILED: Final = "AuthenticationFailed"
_MISMATCH: Final = "AuthorizationPermissionMismatch"
_USUAL: Final = r"^(?:This request is not authorized to perform this operation(?: using this permission)?\.?)?$"
"""The one sentence of a missing permission and of a firewall. In other words the same code says something else."""
_SENTENCE: Final = r"^(?:Server failed to authenticate the request\.[^.]{0,200}signature\.? ?)?"
"""The sentence before every AuthenticationErrorDetail: a pattern begins after it, so that no name in the detail can match."""
FIREWALL: Final = rf"{_USUAL}|^This request is not authorized by network security perimeter|failed to authenticate"
"""What AuthorizationFailure is known to say."""
_REFUSED: Final = r"(?:Server )?failed to authenticate"
_SERVER: Final = "the validation texts of Azure's own server, seen in its development storage"


def _detail(finding: str, text: str, source: str, **more: Any) -> Rule:
    return Rule(finding, code=_FAILED, text=_SENTENCE + text, source=source, **more)


RULES: Final = (
    Rule("https-required", code=("AuthorizationProtocolMismatch", "AccountRequiresHttps"), source="azure.md 2.3"),
    Rule("tls-failed", code="TlsVersionNotPermitted", source="learn.microsoft.com: minimum TLS version"),
    Rule("sas-expired", code=_FAILED, evidence={"time": "over"}, source="azure.md 2.4"),
    Rule("sas-not-yet-valid", code=_FAILED, evidence={"time": "early"}, source="azure.md 2.4"),
    _detail("sas-not-yet-valid", r"Start time is after the current time", _SERVER),
    _detail("sas-expired", r"Signature not valid in the specified (?:key )?time frame", "azure.md 2.4", confidence=Confidence.LIKELY),
    _detail("sas-expiration-policy", r"Policy violated by", "microsoft/AzureStorageExplorer#8845"),
    _detail(
        "sas-malformed", r"Signature did not match", "on the write alone, after another request was accepted: the token's fields, not its key",
        operation=Operation.WRITE, mode=Mode.PERFORMED, confidence=Confidence.POSSIBLE,
    ),
    _detail("wrong-secret", r"Signature did not match", "azure.md 2.4"),
    _detail("sas-malformed", r"Signature size is invalid", _SERVER),
    _detail("key-disabled", r"Signature validation failed\. Signature key not found", "Azure/azure-sdk-for-js#7600", confidence=Confidence.LIKELY),
    _detail("sas-not-a-sas", r"The MAC signature found in the", "the request came with an account key's signature"),
    _detail("sas-malformed", r"\w+ is (?:mandatory|optional but cannot be empty)", "azure.md 2.4"),
    _detail("sas-malformed", r"Signed \w{1,20}(?: \w{1,20}){0,2} (?:must be specified|(?:is )?not valid|is (?:missing|required|empty))", _SERVER),
    _detail("sas-malformed", r"Access without signed identifier cannot have time window", f"{_SERVER}: a token without sv"),
    _detail("sas-version-unsupported", r".{0,40} is (?:not well formed|either not in the correct format)", "azure.md 1.4 O30", evidence={"field": "sv"}),
    _detail("sas-malformed", r"(?:SAS field .{1,40} is|Signature fields|'?\w{1,32}'? (?:is|are)) not well formed", "azure.md 2.4"),
    _detail("sas-policy-missing", r"SAS identifier cannot be found", "azure.md 2.4"),
    _detail("sas-policy-conflict", r"(?:Access policy )?fields can be associated with signature or SAS identifier but not both", "azure.md 2.4"),
    _detail("sas-wrong-resource", r"The specified signed resource is not allowed", "azure.md 2.4", severity=Severity.ERROR),
    possible("wrong-secret", code=_FAILED, text=_SENTENCE + "$", source="no detail: an answer to HEAD, an old cloud"),
    # Azurite alone: it says AuthorizationFailure, with the words of AuthenticationFailed and no detail, to everything that is wrong with a token.
    likely(
        "sas-policy-missing", code="AuthorizationFailure", text=_REFUSED, evidence={"names_policy": "yes"},
        source="Azurite 3.35.0, seen",
    ),
    likely("wrong-secret", code="AuthorizationFailure", text=_REFUSED, source="Azurite 3.35.0, seen"),
    Rule(
        "network-restricted", code="AuthorizationFailure", text=r"^This request is not authorized by network security perimeter",
        source="a public log of 2026-08-21",
    ),
    likely("network-restricted", code="AuthorizationFailure", text=_USUAL, source="azure.md 2.3"),
    Rule("sas-ip-restricted", code="AuthorizationSourceIPMismatch", source="azure.md 2.3"),
    Rule("sas-wrong-service", code="AuthorizationServiceMismatch", source="azure.md 2.3"),
    Rule("sas-wrong-resource", code="AuthorizationResourceTypeMismatch", source="azure.md 2.3"),
    Rule("key-disabled", code="KeyBasedAuthenticationNotPermitted", source="azure.md 2.3"),
    likely(
        "request-altered", code="InvalidAuthenticationInfo", severity=Severity.UNKNOWN,
        source="an Authorization header came with it, which a SAS needs none of",
    ),
    Rule(
        "account-disabled", code=("AccountIsDisabled", "InsufficientAccountPermissions", "ContainerDisabled", "ReadOnlyDisabledSubscription"),
        source="azure.md 2.3; the last is Azure Resource Manager's",
    ),
    Rule("organization-policy", code="RequestDisallowedByPolicy", source="Azure Policy, in Azure Resource Manager's words"),
    Rule("encryption-key-unavailable", code=(*_KEY_VAULT, *_CUSTOMER_KEY), source="azure.md 2.3"),
    Rule("encryption-header-required", code="RequestForbiddenByContainerEncryptionPolicy", source="azure.md 2.3"),
    Rule("overwrite-denied", code="UnauthorizedBlobOverwrite", source="azure.md 2.3"),
    Rule(
        "overwrite-denied", operation=Operation.WRITE, mode=Mode.REHEARSED, code=_MISMATCH, text=_USUAL, granted=Operation.WRITE,
        source="Azurite 3.35.0, seen: c without w, and the file exists",
    ),
    Rule("multipart-denied", form="multipart", code=_MISMATCH, text=_USUAL, source="azure.md 1.3: blocks need w"),
    *(Rule(f"{operation}-denied", operation, code=_MISMATCH, text=_USUAL, source="azure.md 6") for operation in Operation),
    Rule("bucket-not-found", code=("ContainerNotFound", "FilesystemNotFound"), source="azure.md 2.3"),
    Rule("bucket-being-deleted", code=_BEING_DELETED, source="azure.md 2.3"),
    Rule("sas-malformed", code=_NO_CREDENTIAL, source="azure.md 2.3: no sig arrived"),
    Rule("sas-malformed", code="ResourceNotFound", evidence={"signed": "no"}, source="azure.md 2.3: what an anonymous request gets"),
    likely("sas-version-unsupported", code="ResourceNotFound", evidence={"signed": "before 2015-04-05"}, source="azure.md O29: a refusal as 404"),
    possible("unexplained-refusal", code="ResourceNotFound", source="Azure/azure-sdk-for-net#8859: what must not be seen is said not to be there"),
    Rule("sas-version-unsupported", code="InvalidQueryParameterValue", evidence={"queryparametername": "sv"}, source="azure.md 1.4 O30"),
    Rule("sas-malformed", code="InvalidQueryParameterValue", evidence={"queryparametername": "|".join(sorted(FIELDS))}, source="a field of the token"),
    Rule("bucket-name-invalid", code=_BAD_NAME, source="azure.md 1.5"),
    Rule("retention-locked", code="BlobImmutableDueToPolicy", source="azure.md 2.3"),
    Rule("object-held", code=("BlobImmutableDueToLegalHold", "PendingCopyOperation", *LEASES), source="azure.md 2.3"),
    Rule("snapshots-present", code="SnapshotsPresent", source="azure.md 2.3"),
    Rule("object-archived", code=_ARCHIVED, source="azure.md 2.3"),
    Rule("blob-api-unavailable", code=_NO_BLOB_API, source="azure.md 2.3; blob-service-error-codes; fabric accounts with a hierarchical namespace"),
    likely("not-object-storage", code="UnsupportedHttpVerb", source="another service of the account, such as its website"),
    Rule("request-too-large", code=("RequestBodyTooLarge", "RequestEntityTooLarge", "ContentLengthLargerThanTierLimit"), source="common-rest-api-error-codes"),
    likely(
        "request-altered", code=("Md5Mismatch", "InvalidMd5", "Crc64Mismatch", "BothCrc64AndMd5HeaderPresent", "MissingRequiredHeader", "MissingContentLengthHeader"),
        severity=Severity.UNKNOWN, source="other bytes or headers arrived than were sent: a middlebox on the way from here need not be on Planet's",
    ),
    Rule(
        "request-unsupported", code=("UnsupportedHeader", "UnsupportedQueryParameter", "ConditionHeadersNotSupported", "MultipleConditionHeadersNotSupported"),
        source="common-rest-api-error-codes",
    ),
    Rule("request-unsupported", code="InvalidHeaderValue", evidence={"headername": "(?i)x-ms-version"}, source="a server older than the API's version that is asked for"),
    Rule("storage-full", status=507, source="RFC 4918"),
    Rule("provider-error", code=("AccountBeingCreated", "SystemInUse"), source="common-rest-api-error-codes"),
)  # fmt: skip
"""First match wins. What stands in none of the rows is unknown, never a permission that is missing."""

CODES: Final = frozenset(code for rule in RULES for code in ((rule.code,) if isinstance(rule.code, str) else rule.code or ()))
"""Codes that some row knows."""

CONCERN_WHOLE: Final = frozenset({
    "blob-api-unavailable", "sas-expired", "sas-not-yet-valid", "sas-wrong-service", "sas-policy-missing", "sas-policy-conflict",
    "sas-version-unsupported",
})  # fmt: skip
"""See :attr:`validator.providers.base.Provider.concern_whole`."""
