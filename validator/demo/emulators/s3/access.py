"""Who signed a request: AWS Signature Version 4 taken apart, compared, and refused in S3's own words."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from xml.sax.saxutils import escape

from validator.demo.emulators import sigv4
from validator.demo.emulators.http import Refused, Reply, Request
from validator.demo.emulators.s3.iam import Policy, Principal
from validator.demo.emulators.s3.store import Store

SKEW: Final = timedelta(minutes=15)
"""S3 refuses a request whose date is further off than this."""


@dataclass(frozen=True, slots=True)
class S3Request(Request):
    """One request to S3. Path-style addressing alone."""

    source_ip: str
    """What ``aws:SourceIp`` says."""
    tls: bool

    @property
    def bucket(self) -> str:
        """The first part of the path."""
        return self.path.partition("/")[0]

    @property
    def key(self) -> str:
        """The rest of the path."""
        return self.path.partition("/")[2]


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign requests."""

    principal: Principal
    secret: str
    policies: Sequence[Policy]
    active: bool = True
    boundary: Policy | None = None


@dataclass(slots=True)
class EmulatorState:
    """What the emulator's owner has set up; the front only reads it."""

    store: Store
    users: dict[str, User] = field(default_factory=dict)
    """By access key id."""
    policies: dict[str, Policy] = field(default_factory=dict)
    """Bucket policies, by bucket."""


class Refusal(Refused):
    """An answer that is not moto's."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None, **more: str) -> None:
        request_id = secrets.token_hex(8).upper()
        elements = {"Code": code, "Message": message, **more, "RequestId": request_id}
        inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in elements.items())
        super().__init__(Reply.xml(f"<Error>{inner}</Error>", status, **{"x-amz-request-id": request_id, **(headers or {})}))


def authenticated(world: EmulatorState, request: S3Request) -> User:
    """Who signed a request. Raises Refusal."""
    if not request.headers.get("authorization"):
        raise Refusal(403, "AccessDenied", "Access Denied")  # unsigned: nothing here is public
    signature = sigv4.read(request)
    if signature is None:
        raise Refusal(
            400,
            "AuthorizationHeaderMalformed",
            'The authorization header is malformed; expecting AWS4-HMAC-SHA256 and "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
        )
    user = world.users.get(signature.access_key)
    if user is None or not user.active:
        # An inactive key and an unknown one look the same from outside.
        raise Refusal(
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            AWSAccessKeyId=signature.access_key,
        )
    _right_region(world, request, signature.region)
    sent = request.headers.get("x-amz-date", "")
    now = datetime.now(UTC)
    try:
        skew = abs(now - datetime.strptime(sent, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))
    except ValueError:
        raise Refusal(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header") from None
    if skew > SKEW:
        raise Refusal(
            403,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            RequestTime=sent,
            ServerTime=f"{now:%Y-%m-%dT%H:%M:%SZ}",
            MaxAllowedSkewMilliseconds=str(int(SKEW.total_seconds() * 1000)),
        )
    if not signature.is_of(request, user.secret):
        raise Refusal(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
            AWSAccessKeyId=signature.access_key,
        )
    stated = request.headers.get("x-amz-content-sha256", "")
    if re.fullmatch(r"[0-9a-f]{64}", stated) and stated != hashlib.sha256(request.body).hexdigest():
        raise Refusal(
            400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."
        )
    return user


def region_of(world: EmulatorState, request: S3Request) -> str | None:
    """Where the bucket lies; None if there is none."""
    bucket = world.store.bucket(request.bucket)
    return None if bucket is None else str(bucket.region_name)


def _right_region(world: EmulatorState, request: S3Request, signed_for: str) -> None:
    """One address stands here for the endpoints of every region: the one that was signed for is taken to be the one that was asked."""
    region = region_of(world, request)
    if region is None or signed_for == region:
        return
    there = {"x-amz-bucket-region": region}
    if signed_for == "us-east-1":  # the global endpoint finds the bucket, and then sees the wrong scope
        raise Refusal(
            400,
            "AuthorizationHeaderMalformed",
            f"The authorization header is malformed; the region '{signed_for}' is wrong; expecting '{region}'",
            there,
            Region=region,
        )
    raise Refusal(
        301,
        "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint. "
        "Please send all future requests to this endpoint.",
        there,
        Endpoint=f"{request.bucket}.s3.{region}.amazonaws.com",
        Bucket=request.bucket,
    )
