"""Commands that a fix prints: what is known is filled in, and of every other word it is said where its value is found."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.pasted import unexplained
from validator import lint, providers
from validator.checking.policy import grant
from validator.core import catalog
from validator.core.model import Destination, Finding, Fix, Kind, Mode, Observation, Operation, Secret
from validator.core.values import replace
from validator.providers.base import Failure, Options, Wanted
from validator.providers.gcs import advice as gcs
from validator.providers.gcs import grants as gcs_grants
from validator.providers.gcs.case import Case
from validator.providers.gcs.service_account import ServiceAccountKey

KEY = "AKIAQEXAMPLE2EXAMPLE"
AMAZON: dict[str, Any] = {
    "bucket": "imagery-in", "aws_region": "eu-central-1",
    "aws_access_key_id": KEY, "aws_secret_access_key": Secret("EXAMPLE/planet/validator/EXAMPLE+EXAM012"),
}  # fmt: skip
KMS = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
EMAIL = "planet@imagery-prod.iam.gserviceaccount.com"


def amazon(finding: str, code: str, message: str = "", **evidence: str) -> Fix:
    provider = providers.find("amazon_s3")
    assert provider is not None
    observation = Observation(kind=Kind.DENIED, status=403, code=code, message=message, evidence=evidence)
    failure = Failure(Operation.WRITE, "planetverify.txt", Mode.PERFORMED, observation)
    said = provider.explain_finding(finding, provider.Parameters(**AMAZON), failure, Options())
    assert said.fix is not None
    return explained(finding, said.fix)


def explained(finding: str, fix: Fix) -> Fix:
    assert unexplained([replace(catalog.finding(finding), fix=fix)]) == []
    return fix


def linted(type_: str = "amazon_s3", **changes: Any) -> Finding:
    (found,) = lint([Destination("imagery", type_, {**AMAZON, **changes})]).destinations[0].findings
    assert found.fix is not None
    explained(found.name, found.fix)
    return found


@pytest.mark.parametrize(
    ("finding", "code"), [("wrong-secret", "SignatureDoesNotMatch"), ("unknown-access-key", "InvalidAccessKeyId")]
)
def test_the_user_of_a_key_is_asked_for_by_the_key(finding: str, code: str) -> None:
    fix = amazon(finding, code)
    assert fix.commands[0] == f"aws iam get-access-key-last-used --access-key-id {KEY} --query UserName --output text"


def test_a_kms_key_is_the_one_that_the_refusal_names() -> None:
    named = amazon("encryption-key-unavailable", "KMS.DisabledException", f"{KMS} is disabled.")
    assert named.commands[1:] == (f"aws kms describe-key --key-id {KMS}", f"aws kms enable-key --key-id {KMS}")
    assert "KEY_ID" in amazon("encryption-key-unavailable", "KMS.DisabledException", "It is disabled.").summary
    denied = amazon("encryption-key-denied", "AccessDenied", action="kms:Decrypt")
    assert "KEY_ARN is the key that this shows: aws s3api get-bucket-encryption --bucket imagery-in" in denied.summary


@pytest.mark.parametrize("id_", ["ASIAQEXAMPLE2EXAMPLE", "AROAQEXAMPLE2EXAMPLE"])
def test_where_there_is_no_user_the_commands_make_one(id_: str) -> None:
    found = linted(aws_access_key_id=id_)
    assert found.fix is not None
    create, policy, *rest = found.fix.commands
    assert create == "aws iam create-user --user-name planet"
    assert policy.startswith("planet-validator policy ")
    assert rest == [
        "aws iam put-user-policy --user-name planet --policy-name planet-imagery-in --policy-document file://grant.json",
        "aws iam create-access-key --user-name planet",
    ]


def test_a_users_id_leads_to_the_user() -> None:
    found = linted(aws_access_key_id="AIDAQEXAMPLE2EXAMPLE")
    assert found.fix is not None
    assert "UserId=='AIDAQEXAMPLE2EXAMPLE'" in found.fix.commands[0]


def test_two_buckets_of_one_user_have_a_policy_each() -> None:
    made = [
        grant(Destination("", "amazon_s3", {**AMAZON, "bucket": each}), Wanted(principal="planet")).commands
        for each in ("one", "two")
    ]
    assert ["--policy-name planet-one " in each for each in made[0]] == [True]
    assert ["--policy-name planet-two " in each for each in made[1]] == [True]


def google(finding: str, message: str = "", *, email: str = EMAIL, known: bool = True, **evidence: str) -> Fix:
    observation = Observation(kind=Kind.DENIED, status=403, code="", message=message, evidence=evidence)
    key = ServiceAccountKey(email, "", "") if known else None
    failure = Failure(Operation.WRITE, "planetverify.txt", Mode.PERFORMED, observation)
    said = gcs.said_of(finding, Case(failure, "imagery-in", key))
    assert said.fix is not None
    return explained(finding, said.fix)


@pytest.mark.parametrize(
    ("message", "project"),
    [
        ("The project to be billed is associated with a closed billing account.", "imagery-prod"),
        ("The billing account for the owning project is disabled in state closed: projects/123456789012.", "123456789012"),
        ("Permission denied on project 'billing-of-ours'.", "billing-of-ours"),
        ("A project that nobody names.", "imagery-prod"),
    ],
)
def test_the_project_is_the_one_that_google_names_or_the_accounts(message: str, project: str) -> None:
    fix = google("account-disabled", message)
    assert f"gcloud billing projects link {project} --billing-account=BILLING_ACCOUNT" in fix.commands
    own = "imagery-prod is the service account's project: if the bucket is of another, put that one's id in its place."
    assert (own in fix.summary) is (project == "imagery-prod")


@pytest.mark.parametrize(
    ("email", "project"),
    [
        (EMAIL, "imagery-prod"),
        ("planet@prod.example.com.iam.gserviceaccount.com", "PROJECT"),
        ("planet@prod-1.example.com.iam.gserviceaccount.com", "example.com:prod-1"),
        ("123456789012-compute@developer.gserviceaccount.com", "PROJECT"),
        ("somebody@example.com", "PROJECT"),
    ],
)
def test_the_project_of_a_service_account(email: str, project: str) -> None:
    assert gcs_grants.project_of(email) == project
    explained("account-disabled", google("account-disabled", email=email))
    made = grant(
        Destination("", "google_cloud_storage", {"bucket": "imagery-in", "credentials": Secret("")}), Wanted(principal=email)
    )
    assert f"--project={project} " in made.commands[0]
    assert project in made.notes[0]


@pytest.mark.parametrize("finding", ["encryption-key-denied", "network-restricted", "credentials-wrong-kind", "api-disabled"])
@pytest.mark.parametrize("known", [True, False])
def test_every_other_word_of_googles_commands_is_explained(finding: str, known: bool) -> None:
    google(finding, known=known)


def test_azures_resource_group_is_asked_for_by_the_command_itself() -> None:
    from validator.providers.azure.leftovers import lifecycle

    (command,) = explained("lingering-file", lifecycle("imageryacct", "imagery")).commands
    assert '--resource-group "$(az storage account show --name imageryacct --query resourceGroup --output tsv)"' in command
