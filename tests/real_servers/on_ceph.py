"""`make conformance-ceph`: the shipped check on a real Ceph Object Gateway, held against a plain PUT and DELETE."""

from __future__ import annotations

import json
from collections.abc import Iterator
from secrets import token_hex
from typing import Any

import pytest

from tests.real_servers.ceph import Ceph
from tests.real_servers.states import CONTENTS, Content, older, plain, versioned
from tests.real_servers.truth import KEY, broken, checked, client, everything, plainly
from validator import Verdict

ORACLE = "oracle_cloud_storage"
KINDS = ("amazon_s3", "s3_compatible", ORACLE)
OBJECT = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
MORE = ("s3:GetObjectVersion", "s3:DeleteObjectVersion", "s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketVersioning")
GRANTS: dict[str, tuple[str, ...] | None] = {
    "owner": None,
    "all": (*OBJECT, *MORE),
    "no version": OBJECT,
    "no delete": tuple(each for each in (*OBJECT, *MORE) if "Delete" not in each),
    "no read": ("s3:PutObject", "s3:DeleteObject"),
    "no read, all else": (
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:ListBucket",
        "s3:ListBucketVersions",
    ),
    "read only": ("s3:GetObject", "s3:ListBucket"),
    "delete only": ("s3:GetObject", "s3:DeleteObject", "s3:ListBucket"),
    "not this delete": (*OBJECT, *MORE),
    "not this write": (*OBJECT, *MORE),
    "nothing": (),
}
DENIED = {"not this delete": "s3:DeleteObject", "not this write": "s3:PutObject"}


@pytest.fixture(scope="module")
def ceph() -> Iterator[Ceph]:
    with Ceph() as server:
        yield server


def made(ceph: Ceph, content: Content, grant: str, kind: str, **more: Any) -> tuple[Any, str, tuple[str, str]]:
    """The owner's client, a new bucket in that state, and the keys to check with."""
    owner, bucket = client(ceph.endpoint, ceph.region, ceph.keys("owner")), f"imagery-{token_hex(6)}"
    owner.create_bucket(Bucket=bucket, **more)
    content(owner, bucket)
    actions = GRANTS[grant]
    if actions is None:
        return owner, bucket, ceph.keys("owner", kind)
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    guest = {"AWS": ["arn:aws:iam:::user/guest"]}
    statements: list[dict[str, Any]] = []
    if actions:
        statements.append({"Effect": "Allow", "Principal": guest, "Action": list(actions), "Resource": resources})
    if grant in DENIED:
        resource = f"arn:aws:s3:::{bucket}/{KEY}"
        statements.append({"Effect": "Deny", "Principal": guest, "Action": [DENIED[grant]], "Resource": [resource]})
    if statements:
        owner.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return owner, bucket, ceph.keys("guest", kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("grant", GRANTS)
@pytest.mark.parametrize("content", CONTENTS, ids=lambda each: each.__name__)
def test_no_promise_is_broken(ceph: Ceph, content: Content, grant: str, kind: str) -> None:
    _, bucket, keys = made(ceph, content, grant, kind)
    truth = plainly(client(ceph.endpoint, ceph.region, keys), bucket)
    owner, bucket, keys = made(ceph, content, grant, kind)
    before = everything(owner, bucket)
    report = checked(kind, ceph.endpoint, ceph.region, bucket, keys)
    after = everything(owner, bucket)
    said = (report.verdict.value, [(each.name, each.detail) for each in report.findings], report.residue)
    assert not broken(report, truth, before, after), (truth, said)
    if (
        content in (plain, versioned) and grant in ("owner", "all") and kind != ORACLE
    ):  # it says what remains, and purges nothing
        assert (report.verdict, after) == (Verdict.PASS, before), said
    if content is older and grant in (
        "owner",
        "all",
    ):  # Ceph 16 ignores If-Match on a delete: of this very file nothing can be told
        assert (report.verdict, after) == (Verdict.INCONCLUSIVE, before), said


@pytest.mark.parametrize("kind", KINDS)
def test_default_retention_is_asked_first_and_nothing_is_written(ceph: Ceph, kind: str) -> None:
    owner, bucket, keys = made(ceph, plain, "owner", kind, ObjectLockEnabledForBucket=True)
    retention = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
    owner.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=retention)
    report = checked(kind, ceph.endpoint, ceph.region, bucket, keys)
    assert report.verdict is Verdict.INCONCLUSIVE, report
    # Oracle's kind tells of the marker that its rehearsal has made, and takes nothing away by a version's id.
    assert [each.name for each in report.findings] == ["retention-locked", *(["versions-remain"] if kind == ORACLE else [])]
    left = everything(owner, bucket)
    assert {each.kind for each in left} == ({"marker"} if kind == ORACLE else set())
    report = checked(kind, ceph.endpoint, ceph.region, bucket, keys, proceed=True)
    after = everything(owner, bucket)
    assert not broken(report, "", left, after), report
    assert report.verdict is Verdict.WARN, report


@pytest.mark.parametrize("kind", KINDS[:2])
def test_a_bucket_quota_is_told_as_such(ceph: Ceph, kind: str) -> None:
    owner, bucket, keys = made(ceph, plain, "owner", kind)
    owner.put_object(Bucket=bucket, Key="imagery.tif", Body=b"imagery")
    ceph.admin("quota", "set", "--quota-scope=bucket", f"--bucket={bucket}", "--max-objects=1")
    ceph.admin("quota", "enable", "--quota-scope=bucket", f"--bucket={bucket}")
    truth = plainly(client(ceph.endpoint, ceph.region, keys), bucket)
    assert truth
    before = everything(owner, bucket)
    report = checked(kind, ceph.endpoint, ceph.region, bucket, keys)
    assert not broken(report, truth, before, everything(owner, bucket)), report
    assert [each.name for each in report.findings if each.severity.value == "error"] == ["storage-full"], report.findings
