"""``diagnose``: the corpus as people have it, Planet's own refusals, hostile text, and what must not come out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import validator
from tests.support.answered import Entry, entries
from tests.support.kept_texts import WRAPPERS, texts
from validator.cli.app import run
from validator.core.errors import ValidatorError
from validator.core.model import Operation
from validator.diagnosing.diagnosis import LONGEST, Diagnosis, diagnose

LOST: Mapping[str, str] = {
    "s3-list-requester-pays": "another request of the same check told it",
    "s3-put-bad-digest": "another request of the same check told it",
    "b2-get-absent-key-without-listbuckets": "the operation",
    "b2-delete-not-entitled": "the operation",
    "az-delete-mismatch": "the operation",
    "do-any-cdn-endpoint": "the endpoint of the destination",
    "swift-any-v1-auth-path": "the endpoint of the destination",
    "cos-list-endpoint-contains-bucket": "the endpoint of the destination",
    "minio-any-took-key-for-bucket": "the bucket of the destination",
    "azure-any-asked-as-s3": "the headers",
    "cos-any-arrears-451": "the status",
    "az-any-fabric-quota": "the status",
    "oci-write-chunked": "the status",
    "oci-any-sign-up-required": "the status",
    "oci-any-too-many": "the status",
    "oci-delete-masked": "the other answers of the check, without which Oracle's 404 says no more",
    "oci-write-masked": "the other answers of the check",
    "oci-read-masked": "the other answers of the check",
    "oci-write-once-refused": "that it came once and never again",
    "iam-api-any-error-response": "the element around the error",
    "gcs-delete-hold-reason": "the reason, which gcloud does not print",
    "gcs-any-country": "the reason",
    "gcs-put-csek": "the reason",
    "gcs-put-org-policy": "the reason",
    "gcs-put-rate-403": "the reason",
    "gcs-any-ssl": "the reason",
    "az-any-anonymous-404": "the request's query",
    "az-any-old-token-404": "the request's query",
    "ceph-delete-signature-only": "another request of the same check told it",
    "cloudian-write-signature-only": "another request of the same check told it",
    "cos-b14-legal-reasons": "the status",
    "scality15-any-vault-account": "the status",
    "b6b-gcs-xml-put-header-not-in-request": "the details",
    "b6b-gcs-xml-put-header-must-be-signed": "the details",
}
"""What a check sees and a text in some form has not: there the same answer cannot be told as well."""

STRANGE: frozenset[str] = frozenset(
    {"envoy-301-http-to-https", "go-any-http-to-https", "garage-any-web-port", "traefik-any-404", "k8s-any-default-backend"}
    | {
        "fastapi-any-404-json",
        "bare-delete-412",
        "gcs-read-requester-pays-text",
        "b14c-oci-any-401-empty",
        "b14c-oci-any-not-authenticated-code-only",
    }
)
"""Bare words of a stranger, or none: inside of Planet's own message nothing tells that they were a store's."""


def named(found: Diagnosis, operation: str) -> set[str]:
    """The findings that are told for this operation."""
    told = {each.finding.name for each in found.answers}
    other = {each.alternatives[operation] for each in found.answers if operation in each.alternatives}
    return other or told


def judged(entry: Entry, text: str) -> list[str]:
    found = diagnose(text, type=entry.provider)
    operation = entry.operation if entry.operation in tuple(Operation) else "write"
    names = named(found, operation)
    wrong = [] if not entry.expect or names & set(entry.expect) else [f"none of {entry.expect}, but {sorted(names)}"]
    return wrong + [f"{name} misleads" for name in names & set(entry.never)]


@pytest.mark.long
@pytest.mark.no_cover  # long, and through the same lines as shorter tests
@pytest.mark.parametrize("provider", sorted(WRAPPERS))
def test_the_corpus_in_every_form(provider: str) -> None:
    wrong: list[str] = []
    tried = 0
    for entry in entries(provider):
        for form, text in texts(entry):
            if entry.id in LOST or (form == "planet" and entry.id in STRANGE):
                continue
            tried += 1
            wrong += [f"{entry.id} ({form}): {each}" for each in judged(entry, text)]
    assert tried > 30
    assert len(wrong) <= tried * 0.03, "\n".join(wrong)


def test_what_a_tool_says_is_told_apart() -> None:
    cases = {
        "boto3": ("An error occurred (NoSuchBucket) when calling the DeleteObject operation: The specified bucket does not exist", "amazon_s3", "bucket-not-found"),
        "s5cmd": ('ERROR "rm s3://imagery-in/a": InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.\n\tstatus code: 403, request id: A, host id: B', "amazon_s3", "unknown-access-key"),
        "java": ("Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: A; S3 Extended Request ID: B) PutObject", "amazon_s3", "write-denied"),
        "gsutil": ("AccessDeniedException: 403 The project to be billed is associated with a closed billing account.", "google_cloud_storage", "account-disabled"),
        "gcloud auth": ("ERROR: (gcloud.auth.activate-service-account) There was a problem refreshing your current auth tokens: invalid_grant: Invalid JWT Signature.", "google_cloud_storage", "key-disabled"),
        "azcopy": ("RESPONSE Status: 403 This request is not authorized to perform this operation.\nX-Ms-Error-Code: [AuthorizationFailure]\n", "azure_blob_storage", "network-restricted"),
        "python repr": ("{'Error': {'Code': 'SlowDown', 'Message': 'Please reduce your request rate.'}, 'ResponseMetadata': {'HTTPStatusCode': 503}}", "amazon_s3", "throttled"),
        "logged": (r'"body": "<Error><Code>AccountIsDisabled</Code><Message>The specified account is disabled.\nRequestId:488a0a8e-712f-1017\nTime:2021-06-04T14:02:28Z</Message></Error>"', "azure_blob_storage", "account-disabled"),
        "escaped": ("&lt;Error&gt;&lt;Code&gt;AllAccessDisabled&lt;/Code&gt;&lt;Message&gt;x&lt;/Message&gt;&lt;/Error&gt; amazonaws.com", "amazon_s3", None),
        "curl": ("curl: (6) Could not resolve host: imagery.blob.core.windows.net", "azure_blob_storage", "host-not-found"),
        "x509": ('Put "https://minio.example.com/b/k": x509: certificate signed by unknown authority', "s3_compatible", "tls-failed"),
    }  # fmt: skip
    for case, (text, type_, finding) in cases.items():
        answers = diagnose(text).answers
        assert len(answers) == 1, case
        assert answers[0].type == type_, case
        assert finding is None or answers[0].finding.name == finding, case


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ('Failed to create destination: {"code": 409, "message": "A destination with that name already exists"}', "name-taken"),
        ('{"code": 400, "message": "You have reached the maximum number of destinations"}', "quota-reached"),
        ('planet.exceptions.BadQuery: {"code": 400, "message": "could not verify the destination"}', "planet-rejected"),
        ('{"general": [{"message": "Unable to accept order"}], "field": {}}', "planet-rejected"),
        ('{"code": 503, "message": "try later"}', "planet-unreachable"),
        (
            '{"state": "failed", "last_message": "upload failed", "error_hints": ["AccessDenied: Access Denied\\n\\tstatus code: 403, request id: X, host id: Y"]}',
            "write-denied",
        ),
    ],
)
def test_planets_own_refusals(text: str, finding: str) -> None:
    assert [each.finding.name for each in diagnose(text).answers] == [finding]


@pytest.mark.parametrize(
    ("code", "message", "finding", "type_"),
    [
        (
            "BucketMaxSizeExceeded",
            "You have attempted to exceed the max size configured for the bucket.",
            "storage-full",
            "s3_compatible",
        ),
        ("InDebt", "Current user is indebted", "account-disabled", "s3_compatible"),
        ("AccessDenied", "Forbidden: No such key: GK31c2f218a2e44f485b94239e", "unknown-access-key", "s3_compatible"),
        ("AccessDenied", "Access Denied", "write-denied", "amazon_s3"),
        ("AccessDenied", "Words that no store is known to use.", "unexplained-refusal", "amazon_s3"),
    ],
)
def test_a_vendors_words_are_known_where_no_type_is_told(code: str, message: str, finding: str, type_: str) -> None:
    """Amazon's table is asked first; where it knows nothing of the words and nothing tells Amazon, the other stores' table is."""
    (answer,) = diagnose(f"<Error><Code>{code}</Code><Message>{message}</Message></Error>").answers
    assert (answer.finding.name, answer.type) == (finding, type_)
    assert any("Whose store" in each for each in answer.unknown)
    (told,) = diagnose(
        f"arn:aws:s3:::imagery-in <Error><Code>{code}</Code><Message>{message}</Message></Error>", type="s3"
    ).answers
    assert told.type == "amazon_s3"


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        ("LeaseAlreadyPresent", "object-held"),
        ("MissingRequiredHeader", "request-altered"),
        ("InvalidAuthenticationInfo", "request-altered"),
        ("ContainerNotFound", "bucket-not-found"),
    ],
)
def test_a_code_of_azures_names_azure(code: str, finding: str) -> None:
    """Without the elements of S3's documents: a store of the S3 kind that uses the word as well is not Azure."""
    (answer,) = diagnose(f"<Error><Code>{code}</Code><Message>Some words.</Message></Error>").answers
    assert (answer.type, answer.finding.name) == ("azure_blob_storage", finding)
    (other,) = diagnose(f"<Error><Code>{code}</Code><Message>Some words.</Message><HostId>x</HostId></Error>").answers
    assert other.type != "azure_blob_storage"


def test_what_is_not_told_is_said() -> None:
    (answer,) = diagnose("<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>").answers
    assert answer.operation is None
    assert answer.alternatives["delete"] == "delete-denied"
    assert answer.finding.confidence != "confirmed"
    said = " ".join(answer.unknown)
    for missing in ("Whose store", "HTTP status", "Which operation", "The bucket", "nothing was asked"):
        assert missing in said
    (named_,) = diagnose(
        "aws: s3://imagery-in/a An error occurred (AccessDenied) when calling the DeleteObject operation: Access Denied"
    ).answers
    assert (named_.finding.name, named_.operation) == ("delete-denied", "delete")
    assert "imagery-in" in named_.finding.detail


def test_a_type_that_is_given_decides() -> None:
    text = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    assert {diagnose(text, type=name).answers[0].type for name in ("ocs", "oracle_cloud_storage")} == {"oracle_cloud_storage"}
    assert diagnose(text, type="s3").answers[0].type == "amazon_s3"
    with pytest.raises(ValidatorError, match="no destination type"):
        diagnose(text, type="ftp")


SECRETS = ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "h8Jq2mVx0Zs4Rt6Yb1Nc3Wd5Lf7Kg9PpaQeUoIyT2c4%3D")


def test_no_secret_of_the_text_comes_out() -> None:
    text = (
        f"aws_secret_access_key={SECRETS[0]}\nAuthorization: Bearer ya29.EXAMPLE-token-EXAMPLE\n"
        f"GET https://imagery.blob.core.windows.net/c/k?sv=2023-11-03&sig={SECRETS[1]}\n"
        f"An error occurred (SignatureDoesNotMatch) when calling the PutObject operation: secret {SECRETS[0]} sig={SECRETS[1]} Bearer ya29.EXAMPLE-token-EXAMPLE"
    )
    found = diagnose(text)
    assert found.answers
    for secret in (*SECRETS, "ya29.EXAMPLE-token-EXAMPLE"):
        assert secret not in repr(found)


HOSTILE = (
    "<Error>" * 40_000,
    "<Error><Code>" * 20_000,
    '{"error":' * 30_000,
    "{" * LONGEST,
    '"error": {' * 25_000,
    "An error occurred (" * 13_000,
    "A" * LONGEST,
    "\\" * LONGEST,
    "\\u0022" * 40_000,
    "a: " * 80_000,
    " status code: 403, request id:" * 8_000,
    "ErrorCode:Aaaaa " * 16_000,
    "HTTP/1.1 403 x\n" * 17_000,
    "x does not have storage.objects.create access to " * 5_000,
    "https://" * 32_000,
    " (Service: S3; Status Code: 403;" * 8_000,
    "invalid_grant " * 18_000,
    "\x00" * LONGEST,
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_comes_to_an_end(text: str) -> None:
    """Each is the most that is looked at, made to make a pattern go over it again and again."""
    assert len(diagnose(text[:LONGEST]).answers) <= 5


def test_a_long_text_is_judged_by_its_end() -> None:
    text = (
        "INFO all is well\n" * 50_000
        + "An error occurred (NoSuchBucket) when calling the PutObject operation: The specified bucket does not exist\n"
    )
    found = diagnose(text)
    assert found.cut
    assert [each.finding.name for each in found.answers] == ["bucket-not-found"]


# ---- the command -----------------------------------------------------------------------------------------------------


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "error.log"
    path.write_text(
        "googleapi: Error 403: There is an IP filtering condition that is preventing access to the resource., forbidden\n"
    )
    assert run(["diagnose", str(path)]) == 0
    said = capsys.readouterr().out
    assert said.lstrip().startswith("unsure network-restricted:"), "cause first"
    assert "Not known:" in said
    assert run(["diagnose", str(path), "-f", "json", "--type", "gcs"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["answers"][0]["finding"]["name"] == "network-restricted"
    assert document["answers"][0]["provider"]["http_status"] == 403
    path.write_text("googleapi: Error 403: Something that nobody has seen, forbidden\n")
    assert run(["diagnose", "-q", str(path)]) == 3
    assert "unexplained-refusal" in capsys.readouterr().out
    path.write_text("all is well\n")
    assert run(["diagnose", str(path)]) == 2
    assert run(["diagnose", str(tmp_path / "none")]) == 2
    assert run(["diagnose", "-f", "sarif", str(path)]) == 2


def test_standard_input_and_no_network() -> None:
    code = (
        "import socket, sys\nsocket.socket = None\nfrom validator.cli.app import run\nstatus = run(['diagnose'])\n"
        "loaded = {name.partition('.')[0] for name in sys.modules} & {'boto3', 'azure', 'google', 'oci', 'planet', 'requests', 'httpx'}\n"
        "print(sorted(loaded)); sys.exit(status)\n"
    )
    text = "An error occurred (ExpiredToken) when calling the PutObject operation: The provided token has expired.\n"
    done = subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "temporary-credentials" in done.stdout
    assert done.stdout.endswith("[]\n"), "no SDK is loaded"


def test_the_library() -> None:
    found = validator.diagnose("<Error><Code>NoSuchBucket</Code><Message>x</Message></Error>")
    assert isinstance(found, validator.Diagnosis)
    assert isinstance(found.answers[0], validator.Diagnosed)
    assert found.recognised
    import validator.checking.diagnosis as module

    assert callable(validator.diagnose), "the function stays, whichever is imported first"
    assert module is not None


@pytest.mark.parametrize("said", [
    "Transaction cap exceeded, see the Caps &amp; Alerts page to increase your cap",
    "Cannot download file, download bandwidth or transaction (Class B) cap exceeded. See the Caps &amp; Alerts page.",
])  # fmt: skip
def test_a_cap_on_calls_is_answered_by_raising_the_cap(said: str) -> None:
    (found,) = diagnose(f"<Error><Code>AccessDenied</Code><Message>{said}</Message></Error>", type="s3_compatible").answers
    assert (found.finding.name, found.finding.confidence) == ("storage-full", "likely")
    assert "space was not the question" in found.finding.detail
    assert found.finding.fix is not None
    assert "Raise that cap" in found.finding.fix.summary
    (space,) = diagnose(
        "<Error><Code>AccessDenied</Code><Message>Cannot upload files, storage cap exceeded.</Message></Error>",
        type="s3_compatible",
    ).answers
    assert (space.finding.name, space.finding.confidence) == ("storage-full", "confirmed")
    assert space.finding.fix is None or "cap" not in space.finding.fix.summary


def test_a_permission_on_the_billed_project_is_no_refusal_of_the_operation() -> None:
    said = "planet@example-project.iam.gserviceaccount.com does not have serviceusage.services.use access to the Google Cloud project."
    (found,) = diagnose(
        f'{{"error": {{"code": 403, "message": "{said}", "errors": [{{"reason": "forbidden"}}]}}}}', type="gcs"
    ).answers
    assert (found.finding.name, found.finding.confidence) == ("requester-pays", "possible")
    assert "serviceusage.services.use" in found.finding.detail
    assert found.finding.fix is not None
    assert any("roles/serviceusage.serviceUsageConsumer" in each for each in found.finding.fix.commands)
