"""The stand-in itself, asked by a plain google-cloud-storage client and by plain requests."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from validator.checking.assemble import Settings, check
from validator.demo.emulators.gcs import Account, StandIn, demo_scenarios

ALL = ("storage.objects.create", "storage.objects.get", "storage.objects.delete", "storage.objects.list", "storage.buckets.get")


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setenv("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
    with StandIn() as made:
        yield made


@pytest.fixture
def plain(cloud: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Make the SDK's own client for an account, with nothing of ours in it."""
    from google.cloud import storage
    from google.oauth2 import service_account

    class Credentials(service_account.Credentials):
        def _is_regional_access_boundary_lookup_required(self) -> bool:
            return False  # it would leave this machine

    opened: list[Any] = []

    def make(account: Account) -> Any:
        credentials = Credentials.from_service_account_info(account.key_file())
        made = storage.Client(project=None, credentials=credentials, client_options={"api_endpoint": cloud.url})
        opened.append(made)
        return made

    yield make
    for each in opened:
        each._http._auth_request.session.close()
        each.close()


def status(work: Any) -> tuple[int, str]:
    with pytest.raises(Exception) as caught:
        work()
    response = caught.value.response
    try:
        return response.status_code, response.json()["error"]["errors"][0]["reason"]
    except ValueError:
        return response.status_code, response.text


def test_the_unmodified_sdk_uploads_reads_lists_and_deletes(cloud: StandIn, plain: Any) -> None:
    state = cloud.bucket("imagery-in")
    bucket = plain(cloud.account("planet").allow(*ALL)).bucket("imagery-in")
    blob = bucket.blob("folder/a file.txt")
    blob.upload_from_string(b"line\r\n--\nend\r\n", content_type="text/x-example")
    assert state.objects["folder/a file.txt"].data == b"line\r\n--\nend\r\n"
    assert state.objects["folder/a file.txt"].content_type == "text/x-example"
    assert bucket.blob("folder/a file.txt").download_as_bytes() == b"line\r\n--\nend\r\n"
    assert [each.name for each in bucket.list_blobs(prefix="folder/")] == ["folder/a file.txt"]
    bucket.reload()
    assert bucket.versioning_enabled is False
    assert bucket.test_iam_permissions(["storage.objects.get", "storage.buckets.delete"]) == ["storage.objects.get"]
    blob.delete()
    assert state.objects == {}
    assert len(state.soft_deleted) == 1


def test_a_resumable_upload(cloud: StandIn, plain: Any) -> None:
    state = cloud.bucket("imagery-in")
    bucket = plain(cloud.account("planet").allow("storage.objects.create")).bucket("imagery-in")
    with bucket.blob("large.bin").open("wb", chunk_size=262_144) as file:
        file.write(b"x" * 1000)
    assert state.objects["large.bin"].data == b"x" * 1000
    session = bucket.blob("other.bin").create_resumable_upload_session(size=3)
    cancelled = requests.delete(session, headers={"authorization": f"Bearer {next(iter(cloud.cloud.tokens))}"}, timeout=60)
    assert cancelled.status_code == 499
    assert "other.bin" not in state.objects


def test_a_media_upload(cloud: StandIn, plain: Any) -> None:
    state = cloud.bucket("imagery-in")
    plain(cloud.account("planet").allow(*ALL)).bucket("imagery-in").test_iam_permissions(["storage.objects.get"])
    bearer = {"authorization": f"Bearer {next(iter(cloud.cloud.tokens))}", "content-type": "text/plain"}
    place = f"{cloud.url}/upload/storage/v1/b/imagery-in/o"
    sent = requests.post(
        place, params={"uploadType": "media", "name": "a.txt"}, data=iter([b"in ", b"chunks"]), headers=bearer, timeout=5
    )
    assert sent.json()["size"] == "9"
    assert state.objects["a.txt"].data == b"in chunks"
    assert requests.post(place, params={"uploadType": "media"}, data=b"", headers=bearer, timeout=60).status_code == 400
    assert requests.put(f"{cloud.url}/storage/v1/b/imagery-in/o/a.txt", headers=bearer, timeout=60).status_code == 405
    assert requests.get(f"{cloud.url}/elsewhere", headers=bearer, timeout=60).status_code == 404


@pytest.mark.parametrize(
    ("boundary", "body"),
    [
        ("'==1=='", b'--==1==\nContent-Type: application/json\n\n{"name": "a.txt"}\n--==1==\nContent-Type: text/plain\n\nin\r\n\n--==1==--\n'),
        ("1f", b'--1f\r\nContent-Type: application/json\r\n\r\n{"name": "a.txt"}\n\r\n--1f\r\n\r\nin\r\n\r\n--1f--\r\n'),
    ],
    ids=["gsutil", "rclone"],
)  # fmt: skip
def test_an_upload_of_two_parts_as_other_programs_send_it(cloud: StandIn, plain: Any, boundary: str, body: bytes) -> None:
    state = cloud.bucket("imagery-in")
    plain(cloud.account("planet").allow(*ALL)).bucket("imagery-in").test_iam_permissions(["storage.objects.get"])
    bearer = {"authorization": f"Bearer {next(iter(cloud.cloud.tokens))}"}
    sent = requests.post(
        f"{cloud.url}/upload/storage/v1/b/imagery-in/o",
        params={"uploadType": "multipart"},
        data=body,
        headers={**bearer, "content-type": f"multipart/related; boundary={boundary}"},
        timeout=60,
    )
    assert sent.status_code == 200, sent.text
    assert state.objects["a.txt"].data == b"in\r\n"


def test_generations_and_conditions(cloud: StandIn, plain: Any) -> None:
    state = cloud.bucket("imagery-in", versioning=True)
    bucket = plain(cloud.account("planet").allow(*ALL)).bucket("imagery-in")
    first = state.put("a.txt", b"1", cloud.now())
    second = state.put("a.txt", b"2", cloud.now())
    assert second.generation > first.generation
    assert bucket.blob("a.txt", generation=first.generation).download_as_bytes() == b"1"
    assert status(lambda: bucket.blob("a.txt").upload_from_string(b"3", if_generation_match=0, retry=None)) == (
        412,
        "conditionNotMet",
    )
    assert status(lambda: bucket.blob("a.txt").upload_from_string(b"3", if_generation_match=1, retry=None)) == (
        412,
        "conditionNotMet",
    )
    assert status(lambda: bucket.blob("a.txt").delete(if_generation_match=first.generation, retry=None)) == (
        412,
        "conditionNotMet",
    )
    assert status(lambda: bucket.blob("b.txt").delete(if_generation_match=1, retry=None)) == (404, "notFound")
    bucket.blob("a.txt").delete(retry=None)
    assert state.objects == {}
    assert len(state.noncurrent) == 2
    bucket.blob("a.txt", generation=first.generation).delete(retry=None)
    assert state.noncurrent == [second]
    assert {each.name for each in bucket.list_blobs(versions=True)} == {"a.txt"}


def test_permissions_by_operation_and_by_name(cloud: StandIn, plain: Any) -> None:
    state = cloud.bucket("imagery-in")
    state.put("a.txt", b"1", cloud.now())
    bucket = plain(cloud.account("creator").allow("storage.objects.create")).bucket("imagery-in")
    with pytest.raises(Exception, match=r"creator@\S+ does not have storage\.objects\.delete access"):
        bucket.blob("a.txt").upload_from_string(b"2", retry=None)
    assert status(lambda: bucket.blob("a.txt").upload_from_string(b"2", if_generation_match=0, retry=None))[0] == 412
    assert status(lambda: bucket.blob("absent.txt").delete(retry=None)) == (403, "forbidden")
    told = status(lambda: bucket.blob("a.txt").download_as_bytes(retry=None))
    assert told[0] == 403
    assert told[1].startswith("creator@")  # a download is refused in bare words
    assert status(lambda: bucket.reload(retry=None)) == (403, "forbidden")
    narrow = plain(cloud.account("narrow").allow(*ALL, prefix="planet/")).bucket("imagery-in")
    narrow.blob("planet/a.txt").upload_from_string(b"1", retry=None)
    assert status(lambda: narrow.blob("a.txt").download_as_bytes(retry=None))[0] == 403
    assert narrow.test_iam_permissions(["storage.objects.create"]) == []
    other = plain(cloud.account("other").allow(*ALL, bucket="another")).bucket("imagery-in")
    assert status(lambda: other.blob("a.txt").reload(retry=None)) == (403, "forbidden")
    assert state.objects["a.txt"].data == b"1"


def test_holds_retention_and_rate(cloud: StandIn, plain: Any) -> None:
    state = cloud.bucket("imagery-in")
    bucket = plain(cloud.account("planet").allow(*ALL)).bucket("imagery-in")
    kept = state.put("a.txt", b"1", cloud.now())
    kept.event_based_hold = True
    with pytest.raises(Exception, match="under active Event-Based hold"):
        bucket.blob("a.txt").delete(retry=None)
    with pytest.raises(Exception, match="under active Event-Based hold"):
        bucket.blob("a.txt").upload_from_string(b"2", retry=None)
    kept.event_based_hold, kept.retained_until = False, cloud.now() + timedelta(hours=1)
    assert status(lambda: bucket.blob("a.txt").delete(retry=None)) == (403, "retentionPolicyNotMet")
    assert status(lambda: bucket.blob("a.txt").delete(if_generation_match=1, retry=None)) == (412, "conditionNotMet")
    cloud.clock_offset = 7200
    state.busy = 1
    assert status(lambda: bucket.blob("a.txt").delete(retry=None)) == (429, "rateLimitExceeded")
    bucket.blob("a.txt").delete(retry=None)
    assert state.objects == {}


def test_a_wrong_checksum_is_refused(cloud: StandIn, plain: Any) -> None:
    state = cloud.bucket("imagery-in")
    blob = plain(cloud.account("planet").allow(*ALL)).bucket("imagery-in").blob("a.txt")
    blob.crc32c = "AAAAAA=="
    assert status(lambda: blob.upload_from_string(b"1", checksum=None, retry=None)) == (400, "invalid")
    assert state.objects == {}


def test_who_has_no_token_gets_nothing(cloud: StandIn) -> None:
    cloud.bucket("imagery-in")
    place = f"{cloud.url}/storage/v1/b/imagery-in/o/a.txt"
    assert requests.get(place, timeout=60).status_code == 401
    assert "Anonymous caller" in requests.get(place, timeout=60).text
    assert (
        requests.get(place, headers={"authorization": "Bearer ya29.EXAMPLE"}, timeout=60).json()["error"]["errors"][0]["reason"]
        == "authError"
    )


def _assertion(account: Account, **claims: Any) -> str:
    from google.auth import crypt, jwt

    key = account.keys[0]
    signer = crypt.RSASigner.from_string(account.key_file()["private_key"], key.id)
    return jwt.encode(signer, {"iss": account.email, "aud": "https://oauth2.googleapis.com/token", **claims}).decode()


def test_the_token_endpoint_verifies(cloud: StandIn) -> None:
    account, other = cloud.account("planet"), cloud.account("other")

    def ask(assertion: str) -> tuple[int, str]:
        answer = requests.post(f"{cloud.url}/token", data={"assertion": assertion}, timeout=60)
        document = answer.json()
        return answer.status_code, document.get("error_description") or document["token_type"]

    now = int(cloud.now().timestamp())
    good = {"iat": now, "exp": now + 3600}
    assert ask(_assertion(account, **good)) == (200, "Bearer")
    assert ask(_assertion(account, **good, iss=other.email)) == (400, "Invalid JWT Signature.")
    assert ask(_assertion(account, **good, iss="nobody@example.com")) == (400, "Invalid grant: account not found")
    assert ask(_assertion(account, **{**good, "aud": "https://example.com"})) == (400, "Invalid JWT: Failed audience check.")
    for wrong in (
        {"iat": now - 9000, "exp": now - 5400},
        {"iat": now + 900, "exp": now + 4500},
        {"iat": now, "exp": now + 7200},
    ):
        assert "reasonable timeframe" in ask(_assertion(account, **wrong))[1]
    head, claims, signature = _assertion(account, **good).split(".")
    forged = base64.urlsafe_b64encode(json.dumps({"iss": account.email, **good, "aud": "x"}).encode()).rstrip(b"=").decode()
    assert ask(f"{head}.{forged}.{signature}") == (400, "Invalid JWT Signature.")
    for nonsense in ("", "a.b.c", f"{head}.{claims}", "...."):
        assert ask(nonsense) == (400, "Bad Request")


def test_a_grant_takes_effect_late(cloud: StandIn, plain: Any) -> None:
    cloud.bucket("imagery-in")
    bucket = plain(cloud.account("planet").allow("storage.objects.create", after=3)).bucket("imagery-in")
    assert [bucket.test_iam_permissions(["storage.objects.create"]) for _ in range(4)] == [
        [],
        [],
        ["storage.objects.create"],
        ["storage.objects.create"],
    ]


def test_the_demo_s_scenarios_come_true() -> None:
    with demo_scenarios() as scenarios:
        for each in scenarios:
            one = check(dict(each.request), Settings(endpoints=each.endpoints)).destinations[0]
            assert one.verdict == each.verdict, (each.title, [finding.name for finding in one.findings])
            assert each.finding is None or each.finding in [finding.name for finding in one.findings], (
                each.title,
                [finding.name for finding in one.findings],
            )
