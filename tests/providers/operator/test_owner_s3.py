"""``check --owner`` on AWS: moto's IAM answers, and AWS's own answers where moto has none (the simulator, permissions boundaries)."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.support import chance
from tests.support.findings import found
from tests.support.owner_cloud import BUCKET, OwnerCloud, iam, iam_refuses, owner_cloud, simulated
from tests.support.secret_forms import repeats
from tests.support.whole import whole
from tests.support.wire import Answer
from validator.core.model import Confidence, DestinationReport, Report, Verdict
from validator.demo.emulators.s3 import PLANET_NEEDS
from validator.formats import json as as_json
from validator.formats import text

pytestmark = pytest.mark.usefixtures("documented")

OBJECTS = f"arn:aws:s3:::{BUCKET}/*"
ALLOWED = {"Sid": "PlanetMay", "Effect": "Allow", "Action": list(PLANET_NEEDS), "Resource": OBJECTS}
DENIED = {"Sid": "NobodyDeletes", "Effect": "Deny", "Action": "s3:DeleteObject*", "Resource": OBJECTS}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnerCloud]:
    with owner_cloud(monkeypatch) as made:
        # moto has no simulator: by default it may not be asked, as is common.
        made.scripted["SimulatePrincipalPolicy"] = lambda form: iam_refuses("SimulatePrincipalPolicy")
        yield made


def view(report: DestinationReport) -> str:
    assert report.owner is not None
    return "\n".join((report.owner.identity, *report.owner.seen, *report.owner.unread))


def test_a_no_statement_allows_it(cloud: OwnerCloud) -> None:
    cloud.bucket()
    key = cloud.s3.user(
        "planet", policy=policy({"Sid": "Delivers", "Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": OBJECTS})
    )  # fmt: skip
    report = cloud.check(key)
    denied = found(report, "delete-denied")
    assert denied.confidence is Confidence.CONFIRMED
    assert (denied.evidence["layer"], denied.evidence["decision"]) == ("identity-based", "implicit")
    assert '"Delivers" of the inline policy emulated' in denied.detail
    assert json.loads(denied.evidence["owner_statement"])["Sid"] == "Delivers"
    assert denied.fix is not None
    assert denied.fix.commands[0].startswith("planet-validator policy ")
    assert "put-user-policy --user-name planet" in denied.fix.commands[1]
    assert report.verdict is Verdict.FAIL
    assert not report.wrote


def test_b_an_explicit_deny_in_the_users_policy(cloud: OwnerCloud) -> None:
    cloud.bucket()
    report = cloud.check(cloud.s3.user("planet", policy=policy(ALLOWED, DENIED)))
    denied = found(report, "delete-denied")
    assert denied.confidence is Confidence.CONFIRMED
    assert (denied.evidence["layer"], denied.evidence["decision"]) == ("identity-based", "explicit")
    assert json.loads(denied.evidence["owner_statement"]) == DENIED
    assert '"NobodyDeletes" of the inline policy emulated' in denied.detail
    assert denied.evidence["owner_policy"] == "the inline policy emulated"


def test_c_a_deny_in_the_bucket_policy(cloud: OwnerCloud) -> None:
    barred = {**DENIED, "Principal": "*"}
    cloud.bucket(
        policy({"Sid": "Other", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObjectAcl", "Resource": OBJECTS}, barred)
    )
    report = cloud.check(cloud.s3.user("planet", policy=policy(ALLOWED)))
    denied = found(report, "delete-denied")
    assert denied.confidence is Confidence.CONFIRMED
    assert (denied.evidence["layer"], denied.evidence["decision"]) == ("resource-based", "explicit")
    assert json.loads(denied.evidence["owner_statement"]) == barred
    assert '"NobodyDeletes" of the bucket policy' in denied.detail
    assert denied.fix is not None
    assert "ArnNotEquals" in denied.fix.grant
    assert "bucket policy: 2 statements" in view(report)


LIMIT = "arn:aws:iam::111122223333:policy/developers"


def bounded(cloud: OwnerCloud, limit: dict[str, Any], decision: Answer | None) -> DestinationReport:
    """A user with a boundary; moto keeps none, so IAM's answers about it are scripted."""
    cloud.bucket()
    key = cloud.s3.user("planet", policy=policy(ALLOWED), boundary=limit)
    user = (
        f"<User><Path>/</Path><UserName>planet</UserName><UserId>AIDAEXAMPLE</UserId><Arn>{key.arn}</Arn>"
        "<CreateDate>2026-01-01T00:00:00Z</CreateDate><PermissionsBoundary><PermissionsBoundaryType>PermissionsBoundaryPolicy"
        f"</PermissionsBoundaryType><PermissionsBoundaryArn>{LIMIT}</PermissionsBoundaryArn></PermissionsBoundary></User>"
    )
    version = (
        f"<PolicyVersion><Document>{quote(json.dumps(limit))}</Document><IsDefaultVersion>true</IsDefaultVersion>"
        "<VersionId>v3</VersionId><CreateDate>2026-01-01T00:00:00Z</CreateDate></PolicyVersion>"
    )
    cloud.scripted |= {
        "GetUser": lambda form: iam("GetUser", user),
        "GetPolicy": lambda form: iam(
            "GetPolicy", f"<Policy><Arn>{LIMIT}</Arn><DefaultVersionId>v3</DefaultVersionId></Policy>"
        ),
        "GetPolicyVersion": lambda form: iam("GetPolicyVersion", version),
    }
    if decision is not None:
        cloud.scripted["SimulatePrincipalPolicy"] = lambda form: decision
    return cloud.check(key)


@pytest.mark.parametrize("decision", [None, simulated("implicitDeny", boundary=False)], ids=["read", "simulated"])
def test_d_a_permissions_boundary(cloud: OwnerCloud, decision: Answer | None) -> None:
    limit = policy({"Sid": "NoDeletes", "Effect": "Allow", "Action": ["s3:Get*", "s3:Put*"], "Resource": "*"})
    denied = found(bounded(cloud, limit, decision), "delete-denied")
    assert denied.confidence is Confidence.CONFIRMED
    assert denied.evidence["layer"] == "permissions boundary"
    assert denied.evidence["owner_policy"] == LIMIT
    assert json.loads(denied.evidence["owner_statement"])["Sid"] == "NoDeletes"
    assert LIMIT in denied.detail


def test_d_a_boundary_that_denies(cloud: OwnerCloud) -> None:
    limit = policy({"Effect": "Allow", "Action": "*", "Resource": "*"}, DENIED)
    denied = found(bounded(cloud, limit, simulated("explicitDeny", boundary=False)), "delete-denied")
    assert (denied.evidence["layer"], denied.evidence["decision"]) == ("permissions boundary", "explicit")
    assert json.loads(denied.evidence["owner_statement"]) == DENIED


def test_the_report_says_who_looked_and_that_nothing_was_changed(cloud: OwnerCloud) -> None:
    cloud.bucket()
    report = cloud.check(cloud.s3.user("planet", policy=policy(ALLOWED, DENIED)))
    assert report.owner is not None
    assert report.owner.identity == f"arn:aws:iam::{cloud.s3.account}:user/owner"
    assert "could not read what IAM's simulator says: iam:SimulatePrincipalPolicy" in report.owner.unread
    assert {"versioning: off", "bucket policy: none"} <= set(report.owner.seen)
    assert any(each.startswith("access key: active") for each in report.owner.seen)
    assert {"GetCallerIdentity", "ListAccessKeys", "GetUserPolicy", "SimulatePrincipalPolicy"} <= set(cloud.asked)
    changing = [each for each in cloud.asked if not each.startswith(("Get", "List", "Simulate"))]
    assert changing == []
    assert {each.method for each in cloud.s3.requests if "planetverify" not in each.path} <= {"GET", "HEAD"}
    whole = Report(report.verdict, (report,), cloud_time(), 1.0, "0")
    printed = text.render(whole)
    assert f"As arn:aws:iam::{cloud.s3.account}:user/owner (--owner), nothing was changed:" in printed
    told = as_json.document(whole)["destinations"][0]["owner"]
    assert told["identity"] == report.owner.identity


def cloud_time() -> Any:
    from datetime import UTC, datetime

    return datetime(2026, 1, 1, tzinfo=UTC)


def test_without_being_asked_nobody_looks(cloud: OwnerCloud) -> None:
    cloud.bucket()
    report = cloud.check(cloud.s3.user("planet", policy=policy(ALLOWED, DENIED)), owner=False)
    assert report.owner is None
    assert cloud.asked == []


def test_after_a_pass_nobody_looks(cloud: OwnerCloud) -> None:
    cloud.bucket()
    report = cloud.check(cloud.s3.user("planet", policy=policy(ALLOWED)))
    assert (report.verdict, report.owner) == (Verdict.PASS, None)
    assert cloud.asked == []


def test_an_inactive_key_is_told_from_an_unknown_one(cloud: OwnerCloud) -> None:
    cloud.bucket()
    key = cloud.s3.user("planet", active=False)
    cloud.s3._world.store._iam.update_access_key("planet", key.access_key_id, "Inactive")
    report = cloud.check(key)
    disabled = found(report, "key-disabled")
    assert not [each for each in report.findings if each.name == "unknown-access-key"]
    assert disabled.fix is not None
    assert disabled.fix.commands == (
        f"aws iam update-access-key --user-name planet --status Active --access-key-id {key.access_key_id}",
    )
    assert report.verdict is Verdict.FAIL


def test_every_missing_permission_of_the_owner_is_a_line(cloud: OwnerCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.bucket()
    poor = cloud.s3.user("poor", policy=policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", poor.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", poor.secret_access_key)
    for action in ("ListAccessKeys", "GetUser", "ListUserPolicies", "ListAttachedUserPolicies", "ListGroupsForUser"):
        cloud.scripted[action] = lambda form: iam_refuses(form["Action"])
    with_owner = cloud.check(key := cloud.s3.user("planet", policy=policy(ALLOWED, DENIED)))
    assert with_owner.owner is not None
    assert {
        "could not read the bucket policy: s3:GetBucketPolicy",
        "could not read the bucket's encryption: s3:GetEncryptionConfiguration",
        "could not read the bucket's versioning: s3:GetBucketVersioning",
        "could not read the bucket's object lock: s3:GetBucketObjectLockConfiguration",
        "could not read the bucket's public access block: s3:GetBucketPublicAccessBlock",
        "could not read the key's state: iam:ListAccessKeys",
        "could not read the user planet: iam:GetUser",
        "could not read the user's own policies: iam:ListUserPolicies",
        "could not read the user's attached policies: iam:ListAttachedUserPolicies",
        "could not read the user's groups: iam:ListGroupsForUser",
    } <= set(with_owner.owner.unread)
    without = cloud.check(key, owner=False)
    assert (with_owner.verdict, [each.name for each in with_owner.findings]) == (
        without.verdict,
        [each.name for each in without.findings],
    )


def test_what_only_the_simulator_sees(cloud: OwnerCloud) -> None:
    cloud.bucket()
    key = cloud.s3.user("planet", policy=policy({**ALLOWED, "Action": ["s3:PutObject", "s3:GetObject"]}))
    # The user's policies as IAM shows them allow it all: what the front enforces stands for an organization's policy.
    cloud.s3._world.store._iam.put_user_policy("planet", "emulated", json.dumps(policy(ALLOWED)))
    cloud.scripted["SimulatePrincipalPolicy"] = lambda form: simulated("implicitDeny", organization=False)
    denied = found(cloud.check(key), "delete-denied")
    assert denied.evidence["layer"] == "service control"
    cloud.scripted["SimulatePrincipalPolicy"] = lambda form: simulated("allowed", source="emulated")
    report = cloud.check(key)
    assert "owner_statement" not in found(report, "delete-denied").evidence
    assert "IAM's simulator: s3:DeleteObject is allowed" in view(report)
    assert report.verdict is Verdict.FAIL


def test_a_condition_alone_convicts_nobody(cloud: OwnerCloud) -> None:
    """The bucket policy's deny may or may not hold here; the user's own policy lacks the action: that is the cause."""
    conditional = {**DENIED, "Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
    cloud.bucket(policy(conditional))
    key = cloud.s3.user("planet", policy=policy({**ALLOWED, "Action": ["s3:PutObject", "s3:GetObject"]}))
    assert found(cloud.check(key), "delete-denied").evidence["layer"] == "identity-based"


def test_a_leaked_key_is_named_as_such(cloud: OwnerCloud) -> None:
    """The quarantine policy denies delete and not write; its ARN is not always in the refusal."""
    cloud.bucket()
    quarantine = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
    key = cloud.s3.user("planet", policy=policy(ALLOWED, DENIED))
    cloud.s3._world.store._iam.put_user_policy("planet", "emulated", json.dumps(policy(ALLOWED)))
    version = (
        f"<PolicyVersion><Document>{quote(json.dumps(policy(DENIED)))}</Document><VersionId>v1</VersionId></PolicyVersion>"
    )
    attached = f"<AttachedPolicies><member><PolicyName>AWSCompromisedKeyQuarantineV3</PolicyName><PolicyArn>{quarantine}</PolicyArn></member></AttachedPolicies>"
    cloud.scripted |= {
        "ListAttachedUserPolicies": lambda form: iam("ListAttachedUserPolicies", attached),
        "GetPolicy": lambda form: iam("GetPolicy", f"<Policy><Arn>{quarantine}</Arn><DefaultVersionId>v1</DefaultVersionId></Policy>"),
        "GetPolicyVersion": lambda form: iam("GetPolicyVersion", version),
    }  # fmt: skip
    report = cloud.check(key)
    assert quarantine in found(report, "key-quarantined").evidence["owner_policy"]
    assert report.verdict is Verdict.FAIL


def test_no_login_is_a_line(cloud: OwnerCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.bucket()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    key = cloud.s3.user("planet", policy=policy(ALLOWED, DENIED))
    assert "no AWS login was found" in view(cloud.check(key))
    assert "the AWS profile absent cannot be used" in view(cloud.check(key, owner_profile="absent"))


def test_the_owners_secrets_are_nowhere(cloud: OwnerCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.bucket()
    token = "EXAMPLE-session-token-of-the-owner-0123456789"
    monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "EXAMPLE-secret-of-the-owner-0123456789ab")
    echo = f"<ErrorResponse><Error><Code>{token}</Code><Message>EXAMPLE-secret-of-the-owner-0123456789ab</Message></Error></ErrorResponse>"
    cloud.scripted = {
        action: lambda form: Answer(403, {"content-type": "text/xml"}, echo.encode())
        for action in ("GetCallerIdentity", "GetUser", "ListAccessKeys", "ListUserPolicies", "SimulatePrincipalPolicy")
    }
    report = cloud.check(cloud.s3.user("planet", policy=policy(ALLOWED, DENIED)))
    everything = whole(report)
    assert token not in everything
    assert "EXAMPLE-secret-of-the-owner" not in everything


def test_another_store_wants_a_profile_by_name(cloud: OwnerCloud) -> None:
    from validator import check
    from validator.checking.assemble import Settings
    from validator.core.model import Destination

    cloud.bucket()
    key = cloud.s3.user("planet", policy=policy(ALLOWED, DENIED))
    parameters = {
        "bucket": BUCKET, "endpoint": "https://objects.example.org", "region": "eu-central-1", "use_path_style": True,
        "access_key_id": key.access_key_id, "secret_access_key": key.secret_access_key,
    }  # fmt: skip
    settings = Settings(timeout=30, endpoints={"s3_compatible": cloud.s3.url}, owner=True)
    report = check([Destination("other", "s3_compatible", parameters)], settings).destinations[0]
    assert "--owner-profile NAME" in view(report)
    assert cloud.asked == []


def test_a_store_that_hangs_is_a_line_in_time(cloud: OwnerCloud) -> None:
    cloud.bucket()
    cloud.scripted["GetCallerIdentity"] = lambda form: Answer(fault="timeout")
    report = cloud.check(cloud.s3.user("planet", policy=policy(ALLOWED, DENIED)), timeout=8.0)
    assert report.duration_ms < 11_000
    assert report.verdict is Verdict.FAIL
    assert report.owner is not None
    assert any("GetCallerIdentity" in each or "no time" in each or "in time" in each for each in report.owner.unread)


def test_the_logins_own_logs_show_nothing_of_it(
    cloud: OwnerCloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever turns the SDK's logs on reads each request with its head: a session's token stands in it."""
    caplog.set_level(logging.DEBUG)
    token = base64.b64encode(chance.token_bytes(120)).decode()
    monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    cloud.bucket()
    cloud.check(cloud.s3.user("planet", policy=policy(DENIED)))
    said = [each for each in caplog.records if not each.name.startswith("moto")]  # which is the store
    assert "botocore.endpoint" in {each.name for each in said}
    assert not repeats("\n".join(each.getMessage() for each in said), token)
