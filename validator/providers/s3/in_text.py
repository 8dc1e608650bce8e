"""How answers of the S3 API look in text that somebody kept: Amazon's, and other stores'."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from validator.core.model import Operation
from validator.core.values import replace
from validator.providers.base.in_text import REST, InText, KeptAnswer, ToolForm, ToolMessage
from validator.providers.common import kept
from validator.providers.common.kept import xml

FORM: Final = "s3"
_CODED: Final = r"(?:^|[\s\"'(])(?!Error\b|ERROR\b)(?P<code>[A-Z][A-Za-z][A-Za-z0-9.]{1,60}): ?(?P<message>[^\n]{0,800})"
_SAID: Final = r"(?:^|\n|: )(?P<message>[^\n:]{1,400})$"
_CODE: Final = r"(?P<code>[A-Za-z][\w.]{1,80})"
_WRAPPED: Final = r"(?P<message>[^\n]{0,2000}(?:\n\s{0,20}(?:User: |is not |on |with an? |because |action)[^\n]{0,600}){0,6})"
"""The message, where somebody broke the lines of AWS's long sentence."""

_TOOLS: Final = (
    ToolForm("a boto3 ClientError, or a message of the aws command", rf"An error occurred \((?P<code>[\w.][\w .-]{{0,80}})\)(?: \([^)\n]{{1,80}}\))? when calling the (?P<asked>\w{{1,60}}) operation(?: \([^)\n]{{1,80}}\))?:?\s?{_WRAPPED}"),
    ToolForm("an error of the AWS SDK for Go", rf"operation error S3: (?P<asked>\w{{1,60}}),[^\n]{{0,120}}?StatusCode: (?P<status>\d{{3}}), RequestID: [^,\n]{{0,100}}, HostID: [^,\n]{{0,200}}, (?:api error )?{_CODE}: ?{REST}"),
    ToolForm("a message of rclone, s5cmd or another tool on the AWS SDK for Go", r"\s{1,8}status code: (?P<status>\d{3}), request id:", before=_CODED),
    ToolForm("an error of the AWS SDK for Java", r" \(Service: (?:Amazon )?S3[;,] Status Code: (?P<status>\d{3})[;,](?: Error Code: (?P<code>[\w.]{1,80});)?", before=_SAID),
    ToolForm("a message of s3cmd", rf"S3 error: (?P<status>\d{{3}}) \((?P<code>\w{{1,80}})\):? ?{REST}"),
    ToolForm("the response of a boto3 ClientError", r"'Error': \{'(?:Code': '(?P<code>[\w.-]{1,80})', 'Message': '(?P<message>[^'\n]{0,1000})|Message': '(?P<message2>[^'\n]{0,1000})', 'Code': '(?P<code2>[\w.-]{1,80}))'"),
    ToolForm("an error of the AWS SDK for JavaScript", r"\$(?:metadata|response)\b['\"]?:", before=_CODED),
    ToolForm("a message of mc", r"mc: <ERROR> [^\n]{0,300}?[`'.] (?P<message>(?:Access Denied|(?:The (?:specified|Access Key|request)|Storage backend has|Bucket quota )[^\n]{0,300})\.?)"),
    ToolForm("a sentence of AWS's", r"(?P<message>User: (?:arn:\S{1,300}|anonymous)\s{1,20}is\s{1,20}not authorized to perform: s3:\w{1,60}[^\n]{0,1000}(?:\n\s{0,20}(?:on |with an? |because |action)[^\n]{0,600}){0,4})", 403),
)  # fmt: skip

STATUSES: Final = ((r"XMinioBackendDown", 503), *kept.STATUSES)
PLACES: Final = (
    re.compile(r"\bs3://(?P<bucket>[a-z0-9][a-z0-9._-]{1,221})(?:/(?P<key>[^\s'\"]{1,300}))?"),
    re.compile(r"arn:aws[\w-]{0,12}:s3:::(?P<bucket>[a-z0-9][a-z0-9.-]{1,62})(?:/(?P<key>[^\s'\"*]{1,300}))?"),
    re.compile(
        r"https?://(?P<bucket>[a-z0-9][a-z0-9.-]{1,62})\.s3[.-][a-z0-9.-]{0,40}amazonaws\.com(?:/(?P<key>[^\s'\"?]{1,300}))?"
    ),
    re.compile(r"<BucketName>(?P<bucket>[a-z0-9][a-z0-9.-]{1,62})</BucketName>"),
)
REGION: Final = re.compile(r"\b(?P<region>(?:[a-z]{2}|us-gov|us-iso\w?)-[a-z]+-\d)\b")


def _document(value: Mapping[str, Any]) -> KeptAnswer | None:
    inner = value.get("Error")
    if isinstance(inner, dict) and isinstance(inner.get("Code"), str):
        made = _kept(inner["Code"], str(inner.get("Message") or ""), "the response of a boto3 ClientError")
        meta = value.get("ResponseMetadata")
        meta = meta if isinstance(meta, dict) else {}
        status, headers = meta.get("HTTPStatusCode"), meta.get("HTTPHeaders")
        known = {str(name).lower(): str(text) for name, text in headers.items()} if isinstance(headers, dict) else {}
        return replace(made, status=status if isinstance(status, int) else None, headers=known)
    if isinstance(value.get("Code"), str) and isinstance(value.get("Message"), str):
        return _kept(value["Code"], value["Message"], "a JSON body")
    return None


def _kept(code: str, message: str, where: str) -> KeptAnswer:
    return KeptAnswer(FORM, where, body=xml({"Code": code, "Message": message}), code=code, message=message)


def _body(message: ToolMessage) -> bytes:
    return xml({"Code": message.code, "Message": message.message})


_AMAZON: Final = InText(
    form=FORM,
    alone=False,
    signs=re.compile(r"(?i)amazonaws\.com|\barn:aws|x-amz-bucket-region|\baws (?:s3|s3api)\b|with an explicit deny in an? "),
    document=_document,
    tools=_TOOLS,
    sentences={
        "Access Denied": "AccessDenied",
        "The specified bucket does not exist": "NoSuchBucket",
        "The Access Key Id you provided does not exist": "InvalidAccessKeyId",
        "The request signature we calculated does not match": "SignatureDoesNotMatch",
        "The specified key does not exist": "NoSuchKey",
        "is not authorized to perform: s3:": "AccessDenied",
        "minimum free d": "XMinioStorageFull",
        "Bucket quota exceeded": "XMinioAdminBucketQuotaExceeded",
    },
    body=_body,
    asks={
        Operation.DELETE: r"DeleteObjects?\b|\bdelete_object",
        Operation.LIST: r"ListObjects(?:V2)?\b|ListBucket\b|\blist_objects",
        Operation.WRITE: r"PutObject\b|CreateMultipartUpload|UploadPart\b",
        Operation.READ: r"(?:Get|Head)Object\b",
    },
    statuses=STATUSES,
    places=(*PLACES, re.compile(REGION.pattern.replace("region", "aws_region"))),
    stand_ins={"aws_region": "REGION"},
)
"""Amazon's; what tools print of it, they print of every store of the S3 API."""

_COMPATIBLE: Final = InText(
    form=FORM,
    alone=False,
    signs=re.compile(
        r"(?i)r2\.cloudflarestorage|wasabisys|backblazeb2|digitaloceanspaces|minio|linodeobjects|scw\.cloud|aliyuncs|myhuaweicloud|myqcloud|ceph"
        r"|\btx[0-9a-f]{18,}-|--endpoint-url|endpoint_url|ovh\.net|idrivee2|exo\.io|contabo|vultrobjects|your-objectstorage"
    ),
    statuses=STATUSES,
    places=(*PLACES, REGION),
    stand_ins={"endpoint": "https://ENDPOINT"},
)


def amazon() -> InText:
    """See the seam."""
    return _AMAZON


def compatible() -> InText:
    """See the seam."""
    return _COMPATIBLE
