"""``check --owner`` on Google: the stand-in, with answers of its IAM and Resource Manager APIs laid before it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.findings import found
from tests.support.whole import whole
from validator import check
from validator.checking.assemble import Settings
from validator.core.model import Confidence, DestinationReport, Verdict
from validator.demo.emulators.gcs import Account, StandIn, answers
from validator.demo.emulators.http import Reply

BUCKET = "imagery-owned"
PLANET = ("storage.objects.create", "storage.objects.get", "storage.objects.delete")
REFUSED = answers.error(403, "forbidden", "Permission denied on resource (or it may not exist).")


class Cloud:
    """The stand-in, and beside it what only an owner asks: by the path's end, in the form of the APIs' references."""

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self.scripted: dict[str, Any] = {}
        self.asked: list[tuple[str, str]] = []
        stand_in.intercept = self.intercept

    def intercept(self, method: str, target: str) -> Reply | None:
        path = target.partition("?")[0]
        for end, answer in self.scripted.items():
            if path.endswith(end):
                self.asked.append((method, path))
                return answer if isinstance(answer, Reply) else Reply.json(answer)
        if path.startswith("/v1/") or path.endswith("/iam"):
            self.asked.append((method, path))
            return REFUSED
        return None

    def check(self, account: Account, **settings: Any) -> DestinationReport:
        told = Settings(
            **{"timeout": 60.0, "endpoints": {"google_cloud_storage": self.stand_in.url}, "owner": True, **settings}
        )
        return check(self.stand_in.destination(account, BUCKET), told).destinations[0]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Cloud]:
    with StandIn() as stand_in:
        stand_in.bucket(BUCKET)
        owner = stand_in.account("owner").allow("storage.buckets.get")
        key = tmp_path / "owner.json"
        key.write_text(json.dumps(owner.key_file()))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
        monkeypatch.setenv("NO_GCE_CHECK", "true")
        yield Cloud(stand_in)


def bindings(role: str, member: str, **more: Any) -> dict[str, Any]:
    return {"version": 3, "etag": "EXAMPLE", "bindings": [{"role": role, "members": [f"serviceAccount:{member}"], **more}]}


def test_the_role_that_lacks_delete_is_named(cloud: Cloud) -> None:
    account = cloud.stand_in.account("planet").allow("storage.objects.create", "storage.objects.get", bucket=BUCKET)
    cloud.scripted["/iam"] = bindings("roles/storage.objectCreator", account.email)
    report = cloud.check(account)
    denied = found(report, "delete-denied")
    assert denied.confidence is Confidence.CONFIRMED
    assert "roles/storage.objectCreator on the bucket" in denied.detail
    assert denied.evidence["owner_roles"] == "roles/storage.objectCreator on the bucket"
    assert denied.fix is not None
    assert any(each.startswith("gcloud policy-troubleshoot iam //storage.googleapis.com/") for each in denied.fix.commands)
    assert report.owner is not None
    assert report.owner.identity == "owner@example-project.iam.gserviceaccount.com"
    assert any(each.startswith(f"bucket {BUCKET}: it is there") for each in report.owner.seen)
    assert report.verdict is Verdict.FAIL


@pytest.mark.parametrize("busy", [429, 503])
def test_the_owners_look_is_asked_again_where_it_was_only_busy(cloud: Cloud, busy: int) -> None:
    account = cloud.stand_in.account("planet").allow("storage.objects.create", "storage.objects.get", bucket=BUCKET)
    told = bindings("roles/storage.objectCreator", account.email)
    answered = iter([answers.error(busy, "backendError", "Try again."), Reply.json(told)])
    refused = cloud.intercept
    cloud.stand_in.intercept = lambda method, target: (
        next(answered, Reply.json(told)) if target.partition("?")[0].endswith("/iam") else refused(method, target)
    )
    assert found(cloud.check(account), "delete-denied").evidence["owner_roles"] == "roles/storage.objectCreator on the bucket"


def test_a_custom_role_and_the_project_are_read_as_well(cloud: Cloud) -> None:
    account = cloud.stand_in.account("planet").allow("storage.objects.create", "storage.objects.get", bucket=BUCKET)
    cloud.scripted |= {
        "/iam": bindings("projects/p/roles/planet", account.email),
        "/projects/p/roles/planet": {"name": "projects/p/roles/planet", "includedPermissions": ["storage.objects.create", "storage.buckets.get"]},
        f"/b/{BUCKET}": {"name": BUCKET, "location": "EU", "projectNumber": "123456789012"},
        "/projects/123456789012:getIamPolicy": bindings("roles/storage.objectViewer", account.email),
    }  # fmt: skip
    denied = found(cloud.check(account), "delete-denied")
    assert denied.evidence["owner_roles"] == (
        "projects/p/roles/planet on the bucket; roles/storage.objectViewer on the project 123456789012"
    )
    assert [method for method, path in cloud.asked if method != "GET" and not path.endswith(":getIamPolicy")] == []


def test_a_conditional_grant_explains_why_nothing_could_be_proven(cloud: Cloud) -> None:
    account = cloud.stand_in.account("planet").allow(*PLANET, bucket=BUCKET, prefix="planetverify.txt")
    expression = f'resource.name == "projects/_/buckets/{BUCKET}/objects/planetverify.txt"'
    cloud.scripted["/iam"] = bindings(
        "roles/storage.objectUser", account.email, condition={"title": "one file", "expression": expression}
    )
    report = cloud.check(account)
    unproven = found(report, "delete-unproven")
    assert expression in unproven.detail
    assert report.verdict is Verdict.INCONCLUSIVE


def test_a_grant_that_should_be_enough_is_said_to_be(cloud: Cloud) -> None:
    """The account's refusal stays: who reads the policy sees what it says, not what decides."""
    account = cloud.stand_in.account("planet").allow("storage.objects.create", "storage.objects.get", bucket=BUCKET)
    cloud.scripted["/iam"] = bindings("roles/storage.objectUser", account.email)
    report = cloud.check(account)
    assert "deny policy" in found(report, "delete-denied").detail
    assert report.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ({"disabled": True}, "disabled"),
        ({"disabled": True, "disableReason": "SERVICE_ACCOUNT_KEY_DISABLE_REASON_EXPOSED"}, "EXPOSED"),
        ({"validBeforeTime": "9999-12-31T23:59:59Z"}, "enabled until 9999"),
        (answers.error(404, "notFound", "Service account key does not exist."), "none of that id"),
    ],
)
def test_the_state_of_a_key(cloud: Cloud, key: Any, told: str) -> None:
    account = cloud.stand_in.account("planet").allow(*PLANET, bucket=BUCKET)
    account.keys[0].enabled = False
    cloud.scripted |= {
        f"/serviceAccounts/{account.email}": {"email": account.email, "projectId": "example-project"},
        f"/keys/{account.keys[0].id}": key,
    }
    report = cloud.check(account)
    dead = found(report, "key-disabled")
    assert dead.confidence is Confidence.CONFIRMED
    assert told in dead.detail
    assert account.keys[0].id not in whole(report)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"email": "planet", "disabled": True}, "is there, and disabled"),
        (answers.error(404, "notFound", "Unknown service account"), "There is no service account"),
    ],
)
def test_the_state_of_an_account(cloud: Cloud, answer: Any, told: str) -> None:
    account = cloud.stand_in.account("planet").allow(*PLANET, bucket=BUCKET)
    account.enabled = False
    cloud.scripted[f"/serviceAccounts/{account.email}"] = answer
    dead = found(cloud.check(account), "account-disabled")
    assert (dead.confidence, told in dead.detail) == (Confidence.CONFIRMED, True)


def test_retention_is_explained(cloud: Cloud) -> None:
    bucket = cloud.stand_in.bucket(BUCKET, retention_seconds=86400)
    account = cloud.stand_in.account("planet").allow(*PLANET, bucket=BUCKET)
    kept = found(cloud.check(account), "retention-locked")
    assert "86400 seconds, and is not locked" in kept.detail
    assert bucket.retention_seconds == 86400


def test_every_missing_permission_is_a_line(cloud: Cloud) -> None:
    account = cloud.stand_in.account("planet").allow("storage.objects.create", "storage.objects.get", bucket=BUCKET)
    cloud.scripted[f"/b/{BUCKET}"] = REFUSED
    report = cloud.check(account)
    assert report.owner is not None
    assert {
        "could not read the bucket's settings: storage.buckets.get",
        "could not read the bucket's IAM policy: storage.buckets.getIamPolicy",
        "could not read the service account: iam.serviceAccounts.get",
    } <= set(report.owner.unread)
    without = cloud.check(account, owner=False)
    assert (report.verdict, {each.name for each in report.findings}) == (
        without.verdict,
        {each.name for each in without.findings},
    )


def test_no_login_and_a_login_that_is_refused_are_lines(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    account = cloud.stand_in.account("planet").allow("storage.objects.create", bucket=BUCKET)
    dead = cloud.stand_in.account("dead")
    dead.enabled = False
    (tmp_path / "dead.json").write_text(json.dumps(dead.key_file()))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "dead.json"))
    refused = cloud.check(account).owner
    assert refused is not None
    assert (refused.identity, "was not accepted" in refused.unread[0]) == ("", True)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "absent.json"))
    absent = cloud.check(account).owner
    assert absent is not None
    assert "gcloud auth application-default login" in absent.unread[0]


def test_the_owners_token_goes_nowhere_else_and_into_no_report(cloud: Cloud) -> None:
    account = cloud.stand_in.account("planet").allow("storage.objects.create", bucket=BUCKET)
    report = cloud.check(account)
    tokens = cloud.stand_in.cloud.tokens
    assert {each.email.partition("@")[0] for each in tokens.values()} == {"owner", "planet"}
    assert not [token for token in tokens if token in whole(report)]
