"""The printed grants, applied: with the whole of one a check passes, without any one permission it fails or warns.

What is applied is what ``planet-validator policy`` prints, parsed as the cloud would. The stores are emulators that enforce permissions,
not the real clouds; KMS keys, other accounts and Oracle's group policies are not emulated, so their parts are not proven here.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from validator import check
from validator.checking.assemble import Settings
from validator.checking.policy import Wanted, grant
from validator.core.model import Destination, DestinationReport, Secret, Verdict
from validator.demo.emulators.azurite import Azurite
from validator.demo.emulators.gcs import StandIn
from validator.demo.emulators.oracle import OracleEmulator
from validator.demo.emulators.s3 import S3Emulator, UserKey
from validator.providers.azure.parameters import AzureParameters
from validator.providers.azure.provider import provider
from validator.providers.base import Options

BUCKET, REGION = "imagery-granted", "eu-central-1"
NUMBERS = count(1)


def names(report: DestinationReport) -> set[str]:
    return {each.name for each in report.findings}


def printed(type_: str, parameters: dict[str, str], **wanted: Any) -> Any:
    return json.loads(grant(Destination("d", type_, parameters), Wanted(**wanted)).document)


# ---- S3 --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def s3() -> Iterator[S3Emulator]:
    with S3Emulator() as emulator:
        yield emulator


def run_s3(s3: S3Emulator, key: UserKey, type_: str = "amazon_s3", prefix: str = "", **settings: Any) -> DestinationReport:
    if type_ == "amazon_s3":
        named = {"aws_region": REGION, "aws_access_key_id": key.access_key_id, "aws_secret_access_key": key.secret_access_key}
    else:
        named = {
            "region": REGION, "access_key_id": key.access_key_id, "secret_access_key": key.secret_access_key,
            "endpoint": "https://objects.example.org",
        }  # fmt: skip
    parameters = {"bucket": BUCKET, **named, **({} if type_ == "amazon_s3" else {"use_path_style": True})}
    told = Settings(timeout=60, endpoints={type_: s3.url}, **settings)
    return check([Destination("granted", type_, parameters, path_prefix=prefix)], told).destinations[0]


def without(document: dict[str, Any], action: str) -> dict[str, Any]:
    less = copy.deepcopy(document)
    for statement in less["Statement"]:
        statement["Action"] = [each for each in statement["Action"] if each != action]
    less["Statement"] = [each for each in less["Statement"] if each["Action"]]
    return less


AMAZON = {"bucket": BUCKET, "aws_region": REGION}
OTHER = {"bucket": BUCKET, "endpoint": "https://objects.example.org"}
LOSSES = {
    "s3:PutObject": ("write-denied", Verdict.FAIL),
    "s3:GetObject": ("read-denied", Verdict.WARN),
    "s3:DeleteObject": ("delete-denied", Verdict.FAIL),
}


@pytest.mark.parametrize("type_", ["amazon_s3", "s3_compatible"])
def test_s3_the_identity_policy_passes_and_holds_nothing_else(s3: S3Emulator, type_: str) -> None:
    s3.bucket(BUCKET, region=REGION)
    document = printed(type_, AMAZON if type_ == "amazon_s3" else OTHER)
    assert {action for each in document["Statement"] for action in each["Action"]} == set(LOSSES)
    assert [each["Resource"] for each in document["Statement"]] == [f"arn:aws:s3:::{BUCKET}/*"]
    assert run_s3(s3, s3.user("planet", policy=document), type_).verdict is Verdict.PASS


@pytest.mark.parametrize(("action", "expected"), LOSSES.items())
@pytest.mark.parametrize("type_", ["amazon_s3", "s3_compatible"])
def test_s3_without_any_one_action(s3: S3Emulator, type_: str, action: str, expected: tuple[str, Verdict]) -> None:
    s3.bucket(BUCKET, region=REGION)
    document = without(printed(type_, AMAZON if type_ == "amazon_s3" else OTHER), action)
    report = run_s3(s3, s3.user("planet", policy=document), type_)
    assert report.verdict is expected[1]
    assert expected[0] in names(report)
    assert s3.objects(BUCKET) == {}


def test_s3_a_grant_below_a_prefix_passes_there_and_at_the_root(s3: S3Emulator) -> None:
    s3.bucket(BUCKET, region=REGION)
    document = printed("amazon_s3", AMAZON, prefix="/orders/")
    key = s3.user("planet", policy=document)
    report = run_s3(s3, key, prefix="orders")
    assert report.verdict is Verdict.PASS
    assert {each.key for each in report.steps} == {"planetverify.txt", "orders/planetverify.txt"}
    assert run_s3(s3, key, prefix="elsewhere").verdict is Verdict.FAIL
    for resource in document["Statement"][0]["Resource"]:
        less = copy.deepcopy(document)
        less["Statement"][0]["Resource"].remove(resource)
        assert run_s3(s3, s3.user(f"less-{next(NUMBERS)}", policy=less), prefix="orders").verdict is Verdict.FAIL


def test_s3_multipart(s3: S3Emulator) -> None:
    s3.bucket(BUCKET, region=REGION)
    document = printed("amazon_s3", AMAZON, multipart=True)
    assert run_s3(s3, s3.user("planet", policy=document), multipart=True).verdict is Verdict.PASS
    less = without(document, "s3:AbortMultipartUpload")
    assert less == printed("amazon_s3", AMAZON)
    report = run_s3(s3, s3.user("less", policy=less), multipart=True)
    assert (report.verdict, names(report)) == (Verdict.WARN, {"multipart-denied"} | (names(report) & {"residue-left"}))


def test_s3_versions(s3: S3Emulator) -> None:
    s3.bucket(BUCKET, region=REGION, versioned=True)
    document = printed("amazon_s3", AMAZON, versions=True)
    report = run_s3(s3, s3.user("planet", policy=document))
    assert (report.verdict, report.residue) == (Verdict.PASS, ())
    less = run_s3(s3, s3.user("less", policy=without(document, "s3:DeleteObjectVersion")))
    assert (less.verdict, "versions-remain" in names(less)) == (Verdict.WARN, True)


def test_s3_the_bucket_policy_grants_by_itself_where_one_account_owns_both(s3: S3Emulator) -> None:
    """Two accounts are not emulated: there the user's own account must allow it as well, as the notes say."""
    key = s3.user("planet", actions=("sts:GetCallerIdentity",))
    document = printed("amazon_s3", AMAZON, bucket_side=True, principal=key.arn)
    s3.bucket(BUCKET, region=REGION, policy=document)
    assert run_s3(s3, key).verdict is Verdict.PASS
    assert run_s3(s3, s3.user("other", actions=("sts:GetCallerIdentity",))).verdict is Verdict.FAIL


@pytest.mark.parametrize(("action", "expected"), LOSSES.items())
def test_s3_the_bucket_policy_without_any_one_action(s3: S3Emulator, action: str, expected: tuple[str, Verdict]) -> None:
    key = s3.user("planet", actions=("sts:GetCallerIdentity",))
    s3.bucket(BUCKET, region=REGION, policy=without(printed("amazon_s3", AMAZON, bucket_side=True, principal=key.arn), action))
    report = run_s3(s3, key)
    assert (report.verdict, expected[0] in names(report)) == (expected[1], True)


# ---- Google ----------------------------------------------------------------------------------------------------------


def run_google(permissions: list[str], prefixes: tuple[str, ...] = ("",), **more: Any) -> DestinationReport:
    with StandIn() as cloud:
        bucket = cloud.bucket(BUCKET)
        account = cloud.account("planet")
        for prefix in prefixes:
            account.allow(*permissions, bucket=BUCKET, prefix=prefix)
        settings = Settings(timeout=60, endpoints={"google_cloud_storage": cloud.url}, **more)
        report = check(cloud.destination(account, bucket), settings).destinations[0]
        assert not bucket.objects
        return report


def test_google_the_custom_role_passes() -> None:
    role = printed("google_cloud_storage", {"bucket": BUCKET})
    assert run_google(role["includedPermissions"]).verdict is Verdict.PASS
    assert len(role["includedPermissions"]) == 3


@pytest.mark.parametrize(
    ("permission", "findings", "verdict"),
    [
        ("storage.objects.create", {"write-denied"}, Verdict.FAIL),
        ("storage.objects.get", {"read-denied"}, Verdict.WARN),
        ("storage.objects.delete", {"delete-denied"}, Verdict.FAIL),
    ],
)
def test_google_without_any_one_permission(permission: str, findings: set[str], verdict: Verdict) -> None:
    role = printed("google_cloud_storage", {"bucket": BUCKET})
    less = [each for each in role["includedPermissions"] if each != permission]
    report = run_google(less)
    assert report.verdict is verdict
    assert findings <= names(report)


def test_google_a_condition_on_names_is_what_its_note_says() -> None:
    """The stand-in answers testIamPermissions for the bucket as a whole, as the real one is known to."""
    made = grant(Destination("d", "google_cloud_storage", {"bucket": BUCKET}), Wanted(prefix="orders"))
    prefixes = tuple(re.findall(rf'"projects/_/buckets/{BUCKET}/objects/([^"]+)"', made.commands[-1]))
    assert prefixes == ("orders/", "planetverify.txt")
    permissions = json.loads(made.document)["includedPermissions"]
    assert "delete-unproven" in names(run_google(permissions, prefixes))
    assert any("delete-unproven" in note and "--proceed" in note for note in made.notes)
    assert run_google(permissions, prefixes, proceed=True).verdict is not Verdict.FAIL


# ---- Azure -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def azurite() -> Iterator[Azurite]:
    with Azurite() as running:
        yield running


def run_azure(azurite: Azurite, without_letter: str = "") -> DestinationReport:
    """The printed stored access policy, set with the account's key, and a SAS that names it."""
    from azure.storage.blob import AccessPolicy

    container = azurite.make(f"granted-{next(NUMBERS)}")
    document = printed("azure_blob_storage", {"account": azurite.account, "container": container})
    (name, stored), *none = document.items()
    assert none == []
    letters = "".join(each for each in stored["permission"] if each != without_letter)
    expiry = datetime.strptime(stored["expiry"], "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    with azurite.client(container) as client:
        client.set_container_access_policy({name: AccessPolicy(permission=letters, expiry=expiry, start=stored["start"])})
    token = azurite.sas(container, si=name, spr="https,http")
    settings = Settings(timeout=60, endpoints={"azure_blob_storage": azurite.url})
    return check(azurite.request("granted", container, token), settings).destinations[0]


def test_azure_the_stored_policy_passes(azurite: Azurite) -> None:
    assert run_azure(azurite).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("letter", "finding", "verdict"),
    [
        ("w", "write-denied", Verdict.FAIL),
        ("r", "read-denied", Verdict.WARN),
        ("d", "delete-denied", Verdict.FAIL),
        ("l", "list-denied", Verdict.WARN),
    ],
)
def test_azure_without_any_one_letter(azurite: Azurite, letter: str, finding: str, verdict: Verdict) -> None:
    report = run_azure(azurite, letter)
    assert report.verdict is verdict
    assert finding in names(report)


# ---- Oracle ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def oracle() -> Iterator[OracleEmulator]:
    with OracleEmulator() as running:
        running.bucket(BUCKET)
        yield running


def granted_by(statements: list[str]) -> set[str]:
    """The permissions that the statements allow on this bucket: ``read buckets`` is BUCKET_READ, as Oracle's reference has it."""
    held = set()
    for each in statements:
        assert f"target.bucket.name='{BUCKET}'" in each
        held |= {"BUCKET_READ"} if "to read buckets" in each else set(re.findall(r"request\.permission='(\w+)'", each))
    return held


def run_oracle(oracle: OracleEmulator, held: set[str]) -> DestinationReport:
    settings = Settings(timeout=60, endpoints={"oracle_cloud_storage": oracle.url}, ca_bundle=oracle.ca_bundle, multipart=True)
    return check(oracle.destination(BUCKET, oracle.key(*held)), settings).destinations[0]


ORACLE_LOSSES = {
    "OBJECT_CREATE": ("write-denied", Verdict.FAIL),
    "OBJECT_READ": ("read-denied", Verdict.WARN),
    "OBJECT_DELETE": ("delete-denied", Verdict.FAIL),
    "OBJECT_OVERWRITE": ("multipart-denied", Verdict.WARN),
}
ORACLE_UNSEEN = {"OBJECT_INSPECT", "BUCKET_READ"}
"""For the ends of an upload in parts, which no check makes: Oracle's reference asks for them, and nothing here can show it."""


def test_oracle_the_statements_pass(oracle: OracleEmulator) -> None:
    held = granted_by(printed("oracle_cloud_storage", {"bucket": BUCKET}))
    assert held == set(ORACLE_LOSSES) | ORACLE_UNSEEN
    assert run_oracle(oracle, held).verdict is Verdict.PASS


@pytest.mark.parametrize(("permission", "expected"), ORACLE_LOSSES.items())
def test_oracle_without_any_one_permission(oracle: OracleEmulator, permission: str, expected: tuple[str, Verdict]) -> None:
    report = run_oracle(oracle, granted_by(printed("oracle_cloud_storage", {"bucket": BUCKET})) - {permission})
    assert (report.verdict, expected[0] in names(report)) == (expected[1], True)


# ---- one source ------------------------------------------------------------------------------------------------------


def fixes(report: DestinationReport) -> set[str]:
    return {each.fix.grant for each in report.findings if each.fix and each.fix.grant}


def test_what_a_finding_prints_is_what_policy_prints(s3: S3Emulator, oracle: OracleEmulator) -> None:
    s3.bucket(BUCKET, region=REGION)
    denied = run_s3(s3, s3.user("planet", actions=("s3:PutObject", "s3:GetObject")))
    assert text_of("amazon_s3", AMAZON) in fixes(denied)
    assert text_of("google_cloud_storage", {"bucket": BUCKET}) in fixes(
        run_google(["storage.objects.create", "storage.objects.get"])
    )
    assert text_of("oracle_cloud_storage", {"bucket": BUCKET}) in fixes(
        run_oracle(oracle, {"OBJECT_READ", "OBJECT_CREATE", "OBJECT_OVERWRITE"})
    )


def test_what_azures_findings_print_is_what_policy_prints() -> None:
    place = {"account": "imageryaccount", "container": "imagery"}
    made = grant(Destination("d", "azure_blob_storage", place))
    bound = provider.explain_finding(
        "sas-policy-missing", AzureParameters(**place, sas_token=Secret("si=planet&sig=EXAMPLE")), None, Options()
    )
    assert bound.fix is not None
    assert bound.fix.commands == made.commands[:1]
    fresh = provider.explain_finding("sas-expired", AzureParameters(**place, sas_token=Secret("sig=EXAMPLE")), None, Options())
    assert fresh.fix is not None
    assert any(fresh.fix.commands[0] in note for note in made.notes)


def text_of(type_: str, parameters: dict[str, str]) -> str:
    return grant(Destination("d", type_, parameters)).document
