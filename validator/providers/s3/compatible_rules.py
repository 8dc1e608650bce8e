"""The decision table of S3-compatible stores: what their vendors say beside what Amazon says. The first row that matches decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from validator.core.model import Kind, Operation
from validator.providers.base import Rule
from validator.providers.s3.rules import (
    CALLS_CAP,
    DENIED,
    DENIED_CODES,
    FACTS,
    FULL,
    IDENTITY,
    MINIO,
    NETWORK,
    POSSIBLE,
    SETTINGS,
    SUSPENDED,
    likely,
)
from validator.providers.s3.sentences import SAID

_GARAGE: Final = "Garage, src/api/common/signature and src/api/s3"

COMPATIBLE: Final[Sequence[Rule]] = (
    Rule(
        "endpoint-of-another-type",
        kind=Kind.FOREIGN,
        evidence={"answered_by": "Azure.*"},
        source="Azure Blob Storage answers every request with x-ms-request-id",
    ),
    likely("endpoint-invalid", kind=Kind.DENIED, evidence={"address_of": ".+"}, source="vaersaagod/dospaces#9"),
    Rule(
        "endpoint-invalid",
        text=r"made to (?:the )?console port|must be made to api port|\(invalid hostname\)|^s3 request received in ui handler|\bthis endpoint belongs to .?sts\b",
        source="minio/mc#4523; pivotal-sadubois/tanzu-demo-hub#13; lakeFS, pkg/gateway/errors/errors.go",
    ),
    Rule(
        "endpoint-invalid",
        code="InvalidBucketName",
        evidence={"bucket_seen": r"v1|v1\.0|swift|minio|s3|api"},
        source="s3fs-fuse/s3fs-fuse#1182: a path of the endpoint was taken for the bucket",
    ),
    likely("endpoint-invalid", evidence={"code_says": "endpoint"}, source="OSS: NonStandardHostForbidden; COS: BucketAccelerateNotEnabled; OBS: BadDomainName"),
    likely("endpoint-invalid", status=400, text=r"^(?:amazon )?s3 transfer acceleration is (?:not|disabled)\b", source="AWS's error codes: InvalidRequest"),
    Rule("https-required", code="XMinioInsecureClientRequest", source=f"{MINIO}: ErrInsecureClientRequest"),
    Rule(
        "access-key-malformed",
        code=("InvalidArgument", "InvalidAccessKeyId"),
        text=r"credential access key has length|^malformed access key id",
        source="Cloudflare R2 (cloudflare/cloudflare-docs); Backblaze B2",
    ),
    likely(
        "not-an-access-key",
        code="InvalidSecurity",
        evidence={"server": "(?i)UploadServer"},
        source="Google's XML API: an OAuth client in place of an HMAC key",
    ),
    likely(
        "request-altered",
        code=("MalformedSecurityHeader", "InvalidArgument", "SignatureDoesNotMatch"),
        evidence={"details": r".*\b(?:[Hh]eaders? must be signed|not in the request|[Mm]issing (?:signed )?header)\b.*"},
        source="Google's XML API: what Message leaves unsaid stands in Details",
    ),
    likely(
        "request-altered",
        code=DENIED_CODES,
        evidence={"details": r"Anonymous (?:caller|users?) .*"},
        source="Google's XML API: a key was sent, and none arrived",
    ),
    Rule(
        "overwrite-denied",
        Operation.WRITE,
        code=DENIED_CODES,
        evidence={"details": r"\S+ does not have storage\.objects\.delete access .*"},
        source="Google's XML API: an overwrite needs the permission to delete as well",
    ),
    Rule("wrong-secret", code="AccessDenied", text=r"^(?:forbidden: )?invalid signature", source=_GARAGE),
    Rule("unknown-access-key", code="AccessDenied", text=r"^(?:forbidden: )?no such key\b", source=_GARAGE),
    likely(
        "key-disabled",
        evidence={"code_says": "key-off"},
        source="Alibaba's error codes: InvalidAccessKeyId.Inactive",
    ),
    Rule("key-disabled", code=("InvalidAccessKeyId", "UnauthorizedAccess"), text=r"\b(?:is|been) (?:disabled|inactive|deactivated)|\bkey (?:has |is )?expired\b", source=f"{MINIO}: ErrAccessKeyDisabled; OSS"),
    Rule("unexplained-refusal", code="AllAccessDisabled", text=r"\bno (?:\w{1,12} )?permission\b", confidence=POSSIBLE, source="Huawei's OBS error codes: one code for a missing permission and for a forbidden name"),
    *IDENTITY,
    Rule(
        "wrong-region",
        code=("InvalidRegionName", "InvalidRegion"),
        source="Cloudflare's R2 error codes; MinIO: ErrInvalidRegion; IBM's Cloud Object Storage",
    ),
    likely("wrong-region", evidence={"code_says": "region"}, source="codes that say it themselves"),
    Rule(
        "connection-lost",
        code=("ClientDisconnect", "ClientDisconnected", "ConnectionClosedByRequester", "UserNetworkTooSlow"),
        source="Cloudflare's R2, MinIO, SeaweedFS, Tencent's COS: the body did not arrive in time",
    ),
    likely(
        "unknown-access-key", evidence={"code_says": "whose"}, source="Alibaba's and Tencent's error codes"
    ),
    likely(
        "clock-skew",
        evidence={"code_says": "expired"},
        source="Tencent's COS, Kingsoft's KS3: the request, or the address that was signed",
    ),
    likely("unknown-access-key", status=401, code="Unauthorized", text=r"^(?:unauthorized)?[.!]?$", source=f"{FACTS} §5: Cloudflare R2"),
    Rule("throttled", code="AuthenticationLockout", source=f"{FACTS} §5: Wasabi locks an account for five minutes"),
    Rule(
        "account-disabled",
        code=(
            "AccountNotActivated", "UserSuspended", "UserDisable", "NotEntitled", "InArrearOrInsufficientBalance",
            "InArrearsOrInsufficientBalance", "DeregisterUserId", "AccountSuspended", "UserProjectAccountProblem",
        ),
        source=f"{FACTS} §5: Wasabi; Ceph; OSS EC 0003-00000801; Huawei's OBS and Cloudflare's R2 error codes",
    ),
    likely(
        "account-disabled",
        status=451,
        text=r"^(?:[^.]{0,60}unavailable ?for ?legal ?reasons)?\.?$",
        source="Tencent's COS error codes: an account in arrears; in other words IBM's store says that a file is kept",
    ),
    likely("account-disabled", status=(401, 402, 403, 423), text=SUSPENDED, source="what stores say of a suspended account"),
    Rule(
        "wrong-addressing-style",
        code=("SecondLevelDomainForbidden", "PathStyleDomainForbidden", "VirtualHostDomainRequired", "InvalidHostHeader", "PathStyleRequestNotAllowed"),
        source=f"{FACTS} §5.1: OSS, AWS; Tencent's COS, Huawei's OBS, CoreWeave",
    ),
    Rule(
        "wrong-addressing-style",
        kind=Kind.NO_BUCKET,
        evidence={"bucket_named": r"planetverify.*\.txt"},
        source=f"{FACTS} §5.1: the store took the key for the bucket",
    ),
    likely(
        "wrong-addressing-style",
        Operation.WRITE,
        code="NoSuchKey",
        evidence={"key_seen": r".+/planetverify[^/]*\.txt", "key_read": "(?:in a folder)?"},
        source="Huawei's OBS: the store took the bucket for a folder of the key",
    ),
    Rule(
        "endpoint-contains-bucket",
        Operation.WRITE,
        code="NoSuchKey",
        evidence={"key_read": ""},
        confidence=POSSIBLE,
        source="Tencent's COS: a write finds no key where none is named; IBM/ibm-cos-sdk-js#26: also at another region's endpoint",
    ),
    Rule("unexplained-refusal", Operation.WRITE, code="NoSuchKey", confidence=POSSIBLE, source="the key was read without the bucket, as it should be"),
    likely(
        "wrong-addressing-style",
        Operation.WRITE,
        code=("MalformedXML", "InvalidLocationConstraint"),
        source=f"{FACTS} §5.1: MinIO, Ceph: the write was read as the creation of a bucket",
    ),
    Rule(
        "wrong-region",
        code=("AccessDenied", "TemporaryRedirect", "InvalidArgument"),
        text=r"must be addressed using the specified endpoint|^invalid signing region",
        source="coderhaoxin/aliyun-oss#25; Wasabi",
    ),
    Rule("not-s3-enabled", status=(400, 401, 403), text=r"not s3[- ]enabled", source="WWBN/AVideo#5884: Backblaze B2"),
    Rule(
        "storage-full",
        code=(
            "QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage", "InsufficientStorageSpace",
            "InsufficientCapacity", "BucketMaxSizeExceeded", "CloudTotalAliveSizeQuotaExceed", "ExceededUsageLimit",
        ),
        source=f"Ceph; {MINIO}; Huawei's OBS error codes; Yandex",
    ),
    likely(
        "storage-full",
        status=403,
        text=CALLS_CAP,
        source="Backblaze B2: a cap on calls or downloads, which says nothing of space",
    ),
    Rule(
        "storage-full",
        status=(400, 403, 405, 409, 413, 507),
        text=FULL,
        source="Backblaze B2: caps; Dell ECS (grafana/tempo#3468); Garage, src/api/s3/put.rs; OpenStack Swift",
    ),
    Rule(
        "encryption-key-unavailable",
        code="InvalidArgument",
        text=r"kms is not configured|kms authorization failed|kms key id is invalid or not found",
        source=f"{MINIO}: ErrKMSNotConfigured, ErrKMSAuthFailure",
    ),
    likely("overwrite-denied", Operation.WRITE, code=("FileAlreadyExists", "ObjectAlreadyExists"), source="OSS: a bucket that forbids overwriting"),
    Rule("object-held", kind=Kind.KEPT, evidence={"kept_by": "hold"}, source="Google's XML API, error codes"),
    *SETTINGS,
    Rule("checksum-required", code="MissingContentMD5", source=f"{MINIO}: ErrMissingContentMD5"),
    likely("network-restricted", code=DENIED_CODES, text=NETWORK, source="Alibaba's OSS: EC 0003-00000104"),
    likely("account-disabled", evidence={"code_says": "account"}, source="OSS: InDebt, AbnormalBucketOwnerStatus; OBS: FrozenUserId"),
    likely("storage-full", Operation.WRITE, evidence={"code_says": "full"}, source="storj/gateway-st#50; codes that say it themselves"),
    Rule("requester-pays", code="UserProjectMissing", source="Google's XML API: requester pays"),
    *SAID,
    *DENIED,
)  # fmt: skip
