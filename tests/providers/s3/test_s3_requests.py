"""What goes on the wire is what a real boto3 client would send: same method, address, signed headers and signature."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import botocore.auth
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from validator.core.model import Operation, Secret
from validator.providers.base import Options, Receipt
from validator.providers.common.ahead import Ahead
from validator.providers.s3 import http as wire
from validator.providers.s3 import regions
from validator.providers.s3.amazon import AmazonS3Parameters
from validator.providers.s3.amazon import provider as amazon
from validator.providers.s3.compatible import S3CompatibleParameters
from validator.providers.s3.compatible import provider as compatible

KEY_ID, SECRET = "AKIAQEXAMPLE2EXAMPLE", "EXAMPLE/planet/validator/REQUESTS+secret"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FILE = "planetverify.txt"
BODY = b"planet-validator EXAMPLE\n"
MD5 = "VBF+mPO6vBsAyWfMyWfMyA=="

UNLIKE = {"user-agent", "expect", "amz-sdk-invocation-id", "amz-sdk-request", "x-amz-security-token", "content-length"}
"""The differences that are meant: who we are, no waiting for 100-continue, and the SDK's count of its own retries."""


@dataclass(frozen=True)
class Sent:
    method: str
    address: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    signature: str


def sent(request: Any) -> Sent:
    parts = urlsplit(request.url)
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in dict(request.headers).items()
    }
    authorization = headers.pop("authorization", "")
    return Sent(
        request.method,
        f"{parts.scheme}://{parts.netloc}{parts.path or '/'}",
        tuple(sorted(parse_qsl(parts.query, keep_blank_values=True))),
        {name: value for name, value in headers.items() if name not in UNLIKE},
        authorization,
    )


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both sign at the same moment, so that the signatures themselves can be compared."""
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: NOW.replace(tzinfo=None))


class Raw:
    def stream(self, *args: object, **kwargs: object) -> list[bytes]:
        return [b""]

    def read(self, *args: object, **kwargs: object) -> bytes:
        return b""


@cache
def session() -> Any:
    """Hermetic, as facts/s3.md §4.1 says."""
    made = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    for name in ("config_file", "credentials_file"):
        made.set_config_variable(name, os.devnull)
    return made


@cache
def client(region: str, endpoint: str | None, style: str) -> tuple[Any, list[Any]]:
    """A real client, and what it was about to send."""
    made = session().create_client(
        "s3",
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=SECRET,
        config=Config(
            ignore_configured_endpoint_urls=True,
            retries={"total_max_attempts": 1, "mode": "standard"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": style, "payload_signing_enabled": True, "us_east_1_regional_endpoint": "regional"},
        ),
    )
    caught: list[Any] = []

    def catch(request: Any, **_: object) -> AWSResponse:
        caught.append(request)
        return AWSResponse(request.url, 200, {"ETag": '"x"'}, Raw())

    made.meta.events.register_first("before-send.s3", catch)
    return made, caught


def of_boto(call: Callable[[Any], Any], *, region: str, endpoint: str | None, style: str) -> Sent:
    made, caught = client(region, endpoint, style)
    caught.clear()
    call(made)
    return sent(caught[0])


def of_ours(call: Callable[[Any], Any], bucket: Any, monkeypatch: pytest.MonkeyPatch) -> Sent:
    caught: list[Any] = []

    def exchange(method: str, url: str, headers: Any, body: bytes, **_: Any) -> Any:
        caught.append(SimpleNamespace(method=method, url=url, headers=headers, body=body))
        raise ConnectionResetError

    monkeypatch.setattr(wire, "exchange", exchange)
    with pytest.raises(wire.S3Error):
        call(bucket)
    return sent(caught[0])


SSE = {"ServerSideEncryption": "AES256"}
CALLS: Sequence[tuple[str, Callable[[Any, str], Any], Callable[[Any], Any]]] = (
    ("delete", lambda c, b: c.delete_object(Bucket=b, Key=FILE), lambda o: o.requests.delete(FILE)),
    ("delete pinned", lambda c, b: c.delete_object(Bucket=b, Key=FILE, IfMatch='"abc"'), lambda o: o.delete(FILE, Receipt('"abc"'), BODY)),
    ("delete version", lambda c, b: c.delete_object(Bucket=b, Key=FILE, VersionId="v/1+"), lambda o: o.requests.send("DELETE", FILE, query=(("versionId", "v/1+"),))),
    ("write", lambda c, b: c.put_object(Bucket=b, Key=FILE, Body=BODY, ContentMD5=wire_md5(), IfNoneMatch="*"), lambda o: o.write(FILE, BODY)),
    ("write below", lambda c, b: c.put_object(Bucket=b, Key=f"a b/é+~/{FILE}", Body=BODY, ContentMD5=wire_md5(), IfNoneMatch="*"), lambda o: o.write(f"a b/é+~/{FILE}", BODY)),
    ("read", lambda c, b: c.get_object(Bucket=b, Key=FILE), lambda o: o.read(FILE)),
    ("stat", lambda c, b: c.get_object(Bucket=b, Key=FILE, Range="bytes=0-4095"), lambda o: o.stat(FILE)),
    ("list", lambda c, b: c.list_objects_v2(Bucket=b, Prefix="planet verify"), lambda o: o.list("planet verify")),
    ("start", lambda c, b: c.create_multipart_upload(Bucket=b, Key=FILE), lambda o: o.start_multipart(FILE)),
    ("abort", lambda c, b: c.abort_multipart_upload(Bucket=b, Key=FILE, UploadId="up/1+="), lambda o: o.abort_multipart(FILE, "up/1+=")),
)  # fmt: skip


def wire_md5() -> str:
    from validator.providers.s3.bucket_requests import content_md5

    return content_md5(BODY)


def agree(ours: Sent, theirs: Sent, *, query: bool = True) -> None:
    assert ours.method == theirs.method
    assert ours.address == theirs.address
    if query:
        assert ours.query == theirs.query
        assert ours.headers == theirs.headers
        assert ours.signature == theirs.signature


PLACES = [
    *(("amazon", region, None, "imagery-in") for region in ("us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1", "us-iso-east-1", "us-isob-east-1")),
    ("amazon", "eu-central-1", None, "dotted.imagery.in"),
    ("amazon", "us-east-1", None, "Old_Bucket"),
    ("amazon", "eu-central-1", "http://127.0.0.1:9000", "imagery-in"),
    ("virtual", "us-east-1", "https://s3.example.com", "imagery-in"),
    ("virtual", "us-east-1", "https://s3.example.com:9443/base", "imagery-in"),
    ("virtual", "us-east-1", "https://s3.example.com", "dotted.imagery.in"),
    ("virtual", "us-east-1", "https://192.0.2.7:9000", "imagery-in"),
    ("virtual", "auto", "https://account.r2.cloudflarestorage.com", "imagery-in"),
    ("path", "us-east-1", "https://s3.example.com", "imagery-in"),
    ("path", "garage", "http://s3.example.com:3900/", "imagery_in"),
    ("path", "us-east-1", "https://s3.example.com/base/", "dotted.imagery.in"),
    ("path", "us-east-1", "https://[2001:db8::1]:9000", "imagery-in"),
]  # fmt: skip


def bucket_of(kind: str, region: str, endpoint: str | None, name: str, *, sse: bool = False) -> Any:
    if kind == "amazon":
        return amazon.connect(AmazonS3Parameters(name, region, KEY_ID, Secret(SECRET), sse), Options(endpoint=endpoint))
    assert endpoint
    values = S3CompatibleParameters(name, endpoint, region, KEY_ID, Secret(SECRET), use_path_style=kind == "path")
    return compatible.connect(values, Options())


@pytest.mark.parametrize(("kind", "region", "endpoint", "name"), PLACES)
def test_the_request_is_botos(kind: str, region: str, endpoint: str | None, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    style = "path" if kind == "path" else "virtual"
    for what, boto, ours in CALLS:
        theirs = of_boto(lambda client: boto(client, name), region=region, endpoint=endpoint, style=style)  # noqa: B023 - called at once
        mine = of_ours(ours, bucket_of(kind, region, endpoint, name), monkeypatch)
        # boto3 asks for url-encoded keys in a listing, which changes the query alone.
        agree(mine, theirs, query=what != "list")


def test_the_encryption_header_is_botos(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = of_boto(
        lambda c: c.put_object(Bucket="imagery-in", Key=FILE, Body=BODY, ContentMD5=wire_md5(), IfNoneMatch="*", **SSE),
        region="eu-central-1",
        endpoint=None,
        style="virtual",
    )
    mine = of_ours(
        lambda o: o.write(FILE, BODY), bucket_of("amazon", "eu-central-1", None, "imagery-in", sse=True), monkeypatch
    )
    agree(mine, theirs)
    assert mine.headers["x-amz-server-side-encryption"] == "AES256"


def test_object_lock_is_asked_as_boto_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = of_boto(
        lambda c: c.get_object_lock_configuration(Bucket="imagery-in"), region="eu-central-1", endpoint=None, style="virtual"
    )
    bucket = bucket_of("amazon", "eu-central-1", None, "imagery-in")
    caught: list[Any] = []

    def exchange(method: str, url: str, headers: Any, body: bytes, **_: Any) -> Any:
        caught.append(SimpleNamespace(method=method, url=url, headers=headers, body=body))
        raise ConnectionResetError

    monkeypatch.setattr(wire, "exchange", exchange)
    assert bucket.retention_blockers() == ()  # what cannot be read decides nothing
    agree(sent(caught[0]), theirs)


def test_the_region_is_asked_for_without_a_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = bucket_of("amazon", "eu-central-1", None, "imagery-in")
    mine = of_ours(lambda o: o.requests.client.send("HEAD", signed=False), bucket, monkeypatch)
    assert (mine.method, mine.address) == ("HEAD", "https://imagery-in.s3.eu-central-1.amazonaws.com/")
    assert not mine.signature
    assert not any(KEY_ID in value for value in mine.headers.values())


def test_a_write_is_whole_signed_and_without_trailers(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = of_ours(lambda o: o.write(FILE, BODY), bucket_of("amazon", "eu-central-1", None, "imagery-in"), monkeypatch)
    assert len(mine.headers["x-amz-content-sha256"]) == 64
    assert not {"transfer-encoding", "content-encoding", "x-amz-trailer", "x-amz-sdk-checksum-algorithm"} & set(mine.headers)


def test_the_rehearsals_carry_what_cannot_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = bucket_of("amazon", "eu-central-1", None, "imagery-in")
    monkeypatch.setattr(Ahead, "ask", lambda *_: None)  # its own requests alone
    delete = of_ours(lambda o: o.rehearse(Operation.DELETE, FILE), bucket, monkeypatch)
    write = of_ours(lambda o: o.rehearse(Operation.WRITE, FILE), bucket, monkeypatch)
    assert delete.method == "DELETE"
    assert write.method == "PUT"
    assert len(delete.headers["if-match"]) == len(write.headers["if-match"]) == 34
    assert delete.headers["if-match"] != write.headers["if-match"]
    assert write.headers["content-md5"] != wire_md5()
    assert "if-match" in delete.signature


def test_the_table_of_regions_is_botocores() -> None:
    """Regenerate validator/providers/s3/regions.py when botocore learns a region."""
    import botocore.loaders

    loader = botocore.loaders.Loader()
    known = {each["partition"]: each for each in loader.load_data("endpoints")["partitions"]}
    shapes = {each["id"]: each for each in loader.load_data("partitions")["partitions"]}
    assert [each.name for each in regions.PARTITIONS] == list(known)
    for each in regions.PARTITIONS:
        served = {region for region in known[each.name]["services"]["s3"]["endpoints"] if region in known[each.name]["regions"]}
        others = {region for region in shapes[each.name]["regions"] if not region.endswith("-global")}
        assert set(each.regions) == served | others
        assert {region: place for region, place in each.regions.items() if place} == {
            region: known[each.name]["regions"][region]["description"] for region in served
        }
        assert each.suffix == known[each.name]["dnsSuffix"]
        assert shapes[each.name]["regionRegex"].replace("\\-", "-") == f"^{each.shape}$"
