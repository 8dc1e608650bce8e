"""The S3 emulator, asked by a plain boto3 client: what it refuses, in which words, and that it lets the rest through."""

from __future__ import annotations

import base64
import hashlib
import logging
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from validator.core.errors import MissingExtra
from validator.demo.emulators.s3 import S3Emulator, UserKey, allow, sse_required

REGION = "eu-central-1"
FILE = "planetverify.txt"


@pytest.fixture
def s3() -> Iterator[S3Emulator]:
    with S3Emulator() as emulator:
        emulator.bucket("imagery-in")
        yield emulator


def client(s3: S3Emulator, key: UserKey, region: str = REGION, secret: str = "") -> Any:
    import boto3  # noqa: TID251 - the emulator is judged by a client that is not ours
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=s3.url,
        region_name=region,
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=secret or key.secret_access_key,
        verify=s3.ca_bundle,
        config=Config(
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def refused(call: Callable[..., Any], **arguments: Any) -> tuple[int, str, str]:
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as caught:
        call(**arguments)
    said = caught.value.response
    return said["ResponseMetadata"]["HTTPStatusCode"], said["Error"]["Code"], said["Error"].get("Message", "")


def md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def place(key: str = FILE, bucket: str = "imagery-in") -> dict[str, str]:
    return {"Bucket": bucket, "Key": key}


def test_a_good_key_writes_reads_and_deletes(s3: S3Emulator) -> None:
    c = client(s3, s3.user("planet"))
    assert c.put_object(**place(), Body=b"hello", ContentMD5=md5(b"hello"))["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    assert s3.objects("imagery-in") == {FILE: b"hello"}
    assert c.get_object(**place())["Body"].read() == b"hello"
    assert c.head_object(**place())["ContentLength"] == 5
    c.delete_object(**place())
    assert s3.objects("imagery-in") == {}
    assert [(each.method, each.status) for each in s3.requests] == [("PUT", 200), ("GET", 200), ("HEAD", 200), ("DELETE", 204)]


def test_keys_with_spaces_and_umlauts_are_signed_right(s3: S3Emulator) -> None:
    c = client(s3, s3.user("planet"))
    c.put_object(**place("a folder/größe+1 %.txt"), Body=b"x")
    assert list(s3.objects("imagery-in")) == ["a folder/größe+1 %.txt"]
    c.delete_object(**place("a folder/größe+1 %.txt"))
    assert s3.objects("imagery-in") == {}


def test_who_asks_is_verified(s3: S3Emulator) -> None:
    key = s3.user("planet")
    assert refused(client(s3, key, secret="wrong/EXAMPLE/wrong/EXAMPLE/wrong/EXAMPL").get_object, **place())[:2] == (
        403,
        "SignatureDoesNotMatch",
    )
    unknown = UserKey("AKIAEXAMPLEEXAMPLE22", key.secret_access_key, "")
    assert refused(client(s3, unknown).get_object, **place())[:2] == (403, "InvalidAccessKeyId")
    inactive = s3.user("sleeper", active=False)
    assert refused(client(s3, inactive).get_object, **place())[:2] == (403, "InvalidAccessKeyId")


def test_a_bucket_of_another_region_sends_the_request_there(s3: S3Emulator) -> None:
    from botocore.exceptions import ClientError

    key = s3.user("planet")
    for region, status, code in (("us-west-2", 301, "PermanentRedirect"), ("us-east-1", 400, "AuthorizationHeaderMalformed")):
        c = client(s3, key, region)
        c.meta.events.register_last(
            "before-parameter-build.s3",
            lambda params, context, **_: context.setdefault("s3_redirect", {}).update(redirected=True),
        )
        with pytest.raises(ClientError) as caught:
            c.put_object(**place(), Body=b"x")
        said = caught.value.response
        assert (said["ResponseMetadata"]["HTTPStatusCode"], said["Error"]["Code"]) == (status, code)
        assert said["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == REGION
    assert said["Error"]["Region"] == REGION
    assert s3.objects("imagery-in") == {}


def test_an_unsigned_look_up_learns_the_region_and_nothing_else(s3: S3Emulator) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(f"{s3.url}/imagery-in", method="HEAD"))
    with caught.value as said:
        assert (said.code, said.headers["x-amz-bucket-region"]) == (403, REGION)


def test_a_clock_that_is_wrong_is_told_so(s3: S3Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    import botocore.auth

    monkeypatch.setattr(
        botocore.auth,
        "get_current_datetime",
        lambda remove_tzinfo=True: datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1),
    )
    assert refused(client(s3, s3.user("planet")).get_object, **place())[:2] == (403, "RequestTimeTooSkewed")


def test_a_missing_permission_is_named_as_s3_names_it(s3: S3Emulator) -> None:
    key = s3.user("planet", actions=["s3:PutObject", "s3:GetObject"])
    status, code, message = refused(client(s3, key).delete_object, **place())
    assert (status, code) == (403, "AccessDenied")
    assert message == (
        f"User: arn:aws:iam::{s3.account}:user/planet is not authorized to perform: s3:DeleteObject on resource: "
        '"arn:aws:s3:::imagery-in/planetverify.txt" because no identity-based policy allows the s3:DeleteObject action'
    )


def test_a_conditional_delete_proves_the_permission_and_changes_nothing(s3: S3Emulator) -> None:
    c = client(s3, s3.user("planet"))
    assert refused(c.delete_object, **place(), IfMatch='"0"')[:2] == (404, "NoSuchKey")
    s3.put("imagery-in", FILE, b"older")
    assert refused(c.delete_object, **place(), IfMatch='"0"')[:2] == (412, "PreconditionFailed")
    only_delete = client(s3, s3.user("only-delete", actions=["s3:DeleteObject"]))
    assert "s3:GetObject" in refused(only_delete.delete_object, **place(), IfMatch='"0"')[2]
    assert refused(only_delete.delete_object, **place("absent"), IfMatch="*")[:2] == (404, "NoSuchKey")
    assert s3.objects("imagery-in") == {FILE: b"older"}
    only_delete.delete_object(**place(), IfMatch="*")
    assert s3.objects("imagery-in") == {}


def test_a_pinned_delete_removes_exactly_what_it_names(s3: S3Emulator) -> None:
    c = client(s3, s3.user("planet"))
    mine = c.put_object(**place(), Body=b"mine")["ETag"]
    s3.put("imagery-in", FILE, b"another's")
    assert refused(c.delete_object, **place(), IfMatch=mine)[:2] == (412, "PreconditionFailed")
    theirs = c.head_object(**place())["ETag"]
    c.delete_object(**place(), IfMatch=theirs)
    assert s3.objects("imagery-in") == {}


def test_conditional_writes_and_their_checksums(s3: S3Emulator) -> None:
    c = client(s3, s3.user("planet"))
    assert refused(c.put_object, **place(), Body=b"x", ContentMD5=md5(b"y"))[:2] == (400, "BadDigest")
    assert refused(c.put_object, **place(), Body=b"x", ContentMD5="AAAA")[:2] == (400, "InvalidDigest")
    assert refused(c.put_object, **place(), Body=b"x", IfMatch='"0"', ContentMD5=md5(b"y"))[:2] == (404, "NoSuchKey")
    assert s3.writes() == []
    c.put_object(**place(), Body=b"x", IfNoneMatch="*")
    assert refused(c.put_object, **place(), Body=b"y", IfNoneMatch="*")[:2] == (412, "PreconditionFailed")
    assert refused(c.put_object, **place(), Body=b"y", IfMatch='"0"')[:2] == (412, "PreconditionFailed")
    assert s3.objects("imagery-in") == {FILE: b"x"}


def test_an_absent_key_is_a_secret_without_the_right_to_list(s3: S3Emulator) -> None:
    assert "s3:ListBucket" in refused(client(s3, s3.user("planet")).get_object, **place())[2]
    lister = client(s3, s3.user("lister", actions=["s3:GetObject", "s3:ListBucket"]))
    assert refused(lister.get_object, **place())[:2] == (404, "NoSuchKey")
    assert lister.list_objects_v2(Bucket="imagery-in")["KeyCount"] == 0
    assert refused(lister.get_object, Bucket="no-such-bucket", Key="x")[:2] == (404, "NoSuchBucket")


def test_a_bucket_policy_may_ask_for_the_encryption_header(s3: S3Emulator) -> None:
    s3.bucket("sse-wanted", policy=sse_required("sse-wanted"))
    c = client(s3, s3.user("planet"))
    assert refused(c.put_object, **place(bucket="sse-wanted"), Body=b"x")[2].endswith(
        "with an explicit deny in a resource-based policy"
    )
    c.put_object(**place(bucket="sse-wanted"), Body=b"x", ServerSideEncryption="AES256")
    assert s3.objects("sse-wanted") == {FILE: b"x"}


def test_a_bucket_policy_alone_may_grant(s3: S3Emulator) -> None:
    key = s3.user("guest", actions=["s3:ListAllMyBuckets"])
    grant = {"Effect": "Allow", "Principal": {"AWS": key.arn}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::granting/*"}
    s3.bucket("granting", policy={"Version": "2012-10-17", "Statement": grant})
    c = client(s3, key)
    c.put_object(**place(bucket="granting"), Body=b"x")
    assert refused(c.delete_object, **place(bucket="granting"))[1] == "AccessDenied"


def test_a_boundary_limits_what_the_identity_policy_allows(s3: S3Emulator) -> None:
    c = client(s3, s3.user("bounded", boundary=allow("s3:PutObject", "s3:GetObject")))
    c.put_object(**place(), Body=b"x")
    assert refused(c.delete_object, **place())[2].endswith("because no permissions boundary allows the s3:DeleteObject action")


def test_a_condition_on_the_address_is_judged_by_the_address(s3: S3Emulator) -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": "*",
            "Condition": {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}},
        },
    }
    c = client(s3, s3.user("planet", policy=policy))
    assert refused(c.put_object, **place(), Body=b"x")[1] == "AccessDenied"
    s3.source_ip = "198.51.100.7"
    c.put_object(**place(), Body=b"x")


def test_versions_and_markers_stay_until_they_are_named(s3: S3Emulator) -> None:
    s3.bucket("kept", versioned=True)
    c = client(s3, s3.user("planet", actions=["s3:*"]))
    version = c.put_object(**place(bucket="kept"), Body=b"x")["VersionId"]
    marker = c.delete_object(**place(bucket="kept"))
    assert marker["DeleteMarker"]
    assert refused(c.delete_object, **place(bucket="kept"), IfMatch="*")[:2] == (412, "PreconditionFailed")
    assert s3.objects("kept") == {}
    assert [is_marker for _, _, is_marker in s3.versions("kept")] == [False, True]
    c.delete_object(**place(bucket="kept"), VersionId=version)
    c.delete_object(**place(bucket="kept"), VersionId=marker["VersionId"])
    assert s3.versions("kept") == []
    assert c.delete_object(**place(bucket="kept"))["DeleteMarker"]
    assert [is_marker for _, _, is_marker in s3.versions("kept")] == [True]


def test_versions_need_a_permission_of_their_own(s3: S3Emulator) -> None:
    s3.bucket("kept", versioned=True)
    c = client(s3, s3.user("planet"))
    version = c.put_object(**place(bucket="kept"), Body=b"x")["VersionId"]
    assert "s3:DeleteObjectVersion" in refused(c.delete_object, **place(bucket="kept"), VersionId=version)[2]


def test_default_retention_keeps_the_version(s3: S3Emulator) -> None:
    s3.bucket("worm", object_lock="GOVERNANCE")
    c = client(s3, s3.user("planet", actions=["s3:*"]))
    status, code, message = refused(c.put_object, **place(bucket="worm"), Body=b"x")
    assert (status, code) == (400, "InvalidRequest")
    assert "Object Lock parameters" in message
    version = c.put_object(**place(bucket="worm"), Body=b"x", ContentMD5=md5(b"x"))["VersionId"]
    c.delete_object(**place(bucket="worm"))
    assert "object protected by object lock" in refused(c.delete_object, **place(bucket="worm"), VersionId=version)[2]
    rule = c.get_object_lock_configuration(Bucket="worm")["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert (rule["Mode"], rule["Days"]) == ("GOVERNANCE", 1)
    mere = client(s3, s3.user("mere", actions=["s3:DeleteObjectVersion"]))
    bypass = {**place(bucket="worm"), "VersionId": version, "BypassGovernanceRetention": True}
    assert "s3:BypassGovernanceRetention" in refused(mere.delete_object, **bypass)[2]
    c.delete_object(**bypass)
    assert [is_marker for _, _, is_marker in s3.versions("worm")] == [True]


def test_moto_judges_as_well(s3: S3Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("validator.demo.emulators.s3.front.decide", lambda *_: "")
    writer = client(s3, s3.user("writer", actions=["s3:PutObject"]))
    writer.put_object(**place(), Body=b"x")
    assert refused(writer.delete_object, **place()) == (403, "AccessDenied", "Access Denied")
    assert s3.objects("imagery-in") == {FILE: b"x"}


def test_a_multipart_upload_starts_and_is_aborted(s3: S3Emulator) -> None:
    c = client(s3, s3.user("planet", actions=["s3:PutObject"]))
    upload = c.create_multipart_upload(**place())["UploadId"]
    assert "s3:AbortMultipartUpload" in refused(c.abort_multipart_upload, **place(), UploadId=upload)[2]
    owner = client(s3, s3.user("owner", actions=["s3:PutObject", "s3:AbortMultipartUpload"]))
    owner.abort_multipart_upload(**place(), UploadId=upload)


def test_tls_and_secure_transport() -> None:
    deny = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": "arn:aws:s3:::only-tls/*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    }
    with S3Emulator(tls=True) as secure:
        secure.bucket("only-tls", policy=deny)
        client(secure, secure.user("planet")).put_object(**place(bucket="only-tls"), Body=b"x")
        assert secure.url.startswith("https://")
    with S3Emulator() as plain:
        plain.bucket("only-tls", policy=deny)
        assert (
            refused(client(plain, plain.user("planet")).put_object, **place(bucket="only-tls"), Body=b"x")[1] == "AccessDenied"
        )


def test_two_emulators_share_a_process_and_leave_nothing_behind() -> None:
    from moto import settings

    before = settings.INITIAL_NO_AUTH_ACTION_COUNT
    handlers = list(logging.getLogger().handlers)
    with S3Emulator() as one:
        one.bucket("shared-name")
        key = one.user("planet")
        with S3Emulator() as two:
            assert one.account != two.account
            two.bucket("another-name")
            with pytest.raises(ValueError, match="shared-name"):
                two.bucket("shared-name")
            assert refused(client(two, key).get_object, **place(bucket="another-name"))[1] == "InvalidAccessKeyId"
        assert refused(client(one, key).delete_object, **place(bucket="shared-name"), IfMatch='"0"')[1] == "NoSuchKey"
    assert before == settings.INITIAL_NO_AUTH_ACTION_COUNT
    assert logging.getLogger().handlers == handlers
    with S3Emulator() as again:
        again.bucket("shared-name")
        assert again.objects("shared-name") == {}


def test_many_clients_at_a_time(s3: S3Emulator) -> None:
    c = client(s3, s3.user("planet"))

    def turn(number: int) -> None:
        c.put_object(**place(f"{number}.txt"), Body=str(number).encode())
        assert c.get_object(**place(f"{number}.txt"))["Body"].read() == str(number).encode()
        c.delete_object(**place(f"{number}.txt"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(turn, range(24)))
    assert s3.objects("imagery-in") == {}
    assert len(s3.requests) == 72


def test_the_hook_sees_an_answer_before_it_leaves(s3: S3Emulator) -> None:
    seen: list[tuple[str, dict[str, bytes]]] = []
    s3.before_answer = lambda exchange: seen.append((exchange.method, s3.objects("imagery-in")))
    client(s3, s3.user("planet")).put_object(**place(), Body=b"x")
    assert seen == [("PUT", {FILE: b"x"})]


def test_without_moto_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "moto", None)
    for name in [name for name in sys.modules if name.startswith("moto.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(MissingExtra, match=r"pip install .*\[demo\]"), S3Emulator():
        pass
