"""Google's answers by their form, their sentence and the request: never by a word that a name may be."""

from __future__ import annotations

import json
import re

import pytest

from validator.core.model import Kind, Mode, Operation
from validator.providers.base import Failure
from validator.providers.gcs.advice import Case, said_of
from validator.providers.gcs.errors import by_permission, judged
from validator.providers.gcs.rules import BILLING

API = "https://storage.googleapis.com/storage/v1/b"
JSON = {"Content-Type": "application/json; charset=UTF-8"}


def google(
    status: int, message: str, reason: str = "", *, method: str = "DELETE", url: str = f"{API}/b/o/planetverify.txt"
) -> Kind:
    body = {"error": {"code": status, "message": message, "errors": [{"message": message, "reason": reason}]}}
    return judged(status, JSON, json.dumps(body).encode(), method, url).kind


def bench(
    status: int, message: str, *, method: str = "DELETE", url: str = f"{API}/b/o/planetverify.txt?ifGenerationMatch=1"
) -> Kind:
    """Google's own testbench sends the document as a string inside of another."""
    inner = json.dumps({"error": {"errors": [{"domain": "global", "message": message}]}})
    return judged(status, JSON, json.dumps({"code": status, "message": inner}).encode(), method, url).kind


@pytest.mark.parametrize("name", ["bucket", "planet-bucket-01", "the-bucket-does-not-exist", "no-such-bucket", "not-found"])
def test_an_object_of_a_bucket_called_bucket_is_absent(name: str) -> None:
    url = f"{API}/{name}/o/planetverify.txt?ifGenerationMatch=1"
    assert google(404, f"No such object: {name}/planetverify.txt", "notFound", url=url) is Kind.ABSENT
    assert bench(404, f"Object {name}/planetverify.txt does not exist.", url=url) is Kind.ABSENT


def test_an_absent_bucket_is_told_by_the_request_and_by_the_sentence() -> None:
    assert (
        google(404, "Not Found", "notFound", method="GET", url=f"{API}/b/iam/testPermissions?permissions=x") is Kind.NO_BUCKET
    )
    assert (
        google(404, "Not Found", "notFound", method="POST", url="https://x/upload/storage/v1/b/b/o?uploadType=media")
        is Kind.NO_BUCKET
    )
    assert google(404, "The specified bucket does not exist.", "notFound") is Kind.NO_BUCKET
    assert bench(404, "Bucket projects/_/buckets/b does not exist.") is Kind.NO_BUCKET


def test_a_key_of_cloud_kms_that_is_not_found_is_neither_bucket_nor_object() -> None:
    """An absent object is what an allowed rehearsal gets, and what shows that a file is gone: this shows neither."""
    upload = "https://x/upload/storage/v1/b/b/o?uploadType=multipart&ifGenerationMatch=0"
    for sentence in (
        "CryptoKey projects/p/locations/eu/keyRings/r/cryptoKeys/k not found.",
        "KeyRing projects/p/locations/eu/keyRings/r not found.",
    ):
        assert google(404, sentence, "notFound", method="POST", url=upload) is Kind.OTHER
        assert google(404, sentence, "notFound", url=f"{API}/b/o/planetverify.txt?ifGenerationMatch=1") is Kind.OTHER
        assert google(404, sentence, "notFound", method="GET") is Kind.OTHER
    assert google(404, "Bucket kms-key not found.", "notFound", method="POST", url=upload) is Kind.NO_BUCKET


def test_the_api_that_is_switched_off_is_the_one_that_google_names() -> None:
    sentence = (
        "Cloud Key Management Service (KMS) API has not been used in project 123456789012 before or it is disabled. Enable it by visiting "
        "https://console.developers.google.com/apis/api/cloudkms.googleapis.com/overview?project=123456789012 then retry."
    )
    seen = judged(403, JSON, json.dumps({"error": {"code": 403, "message": sentence}}).encode())
    told = said_of("api-disabled", Case(Failure(Operation.WRITE, "planetverify.txt", Mode.PERFORMED, seen), "imagery-in", None))
    assert told.detail.startswith("Cloud Key Management Service (KMS) API is switched off in the project 123456789012")
    assert told.fix is not None
    assert told.fix.commands == ("gcloud services enable cloudkms.googleapis.com --project=123456789012",)


def test_an_upload_on_condition_of_a_generation_may_miss_the_object() -> None:
    upload = "https://x/upload/storage/v1/b/b/o?uploadType=multipart&ifGenerationMatch="
    assert google(404, "Not Found", "notFound", method="POST", url=f"{upload}1") is Kind.ABSENT
    assert google(404, "No such object: b/planetverify.txt", "notFound", method="POST", url=f"{upload}0") is Kind.ABSENT
    assert google(404, "Not Found", "notFound", method="POST", url=f"{upload}0") is Kind.NO_BUCKET


def test_a_412_is_our_condition_only_in_words_that_say_so() -> None:
    upload = "https://x/upload/storage/v1/b/b/o?ifGenerationMatch=0"
    hold = "At least one of the pre-conditions you specified did not hold."
    assert google(412, hold, "conditionNotMet") is Kind.PRECONDITION
    assert google(412, hold, "conditionNotMet", method="POST", url=upload) is Kind.EXISTS
    assert google(412, "Precondition failed", "preconditionFailed") is Kind.PRECONDITION
    assert google(412, "", "conditionNotMet") is Kind.PRECONDITION
    assert bench(412, "Precondition validation failed. Expected = 1 vs Actual = 1700000000.") is Kind.PRECONDITION
    assert google(412, "Request violates constraint 'constraints/storage.x'", "conditionNotMet") is Kind.OTHER
    assert google(412, "Something else", "orgPolicyConstraintFailed") is Kind.OTHER
    assert judged(412, {"Content-Type": "text/html"}, b"<html>412</html>", "DELETE", f"{API}/b/o/x").kind is Kind.FOREIGN


@pytest.mark.parametrize("status", [429, 503])
def test_an_injected_fault_stays_a_fault(status: int) -> None:
    """Whatever the body is, and whatever the bucket is called."""
    url = f"{API}/bucket/o/planetverify.txt"
    assert bench(status, "Retry Test: Caused a 503 for bucket bucket", url=url) is Kind.TRANSIENT
    assert judged(status, {}, b"", "DELETE", url).kind is Kind.TRANSIENT


def test_a_refusal_in_other_words_is_no_missing_permission() -> None:
    def seen(message: str, reason: str = "forbidden") -> bool:
        body = {"error": {"code": 403, "message": message, "errors": [{"reason": reason}]}}
        return by_permission(judged(403, JSON, json.dumps(body).encode()))

    assert seen("Access denied.")
    assert seen("")
    assert seen("a@b.iam.gserviceaccount.com does not have storage.objects.delete access to the Google Cloud Storage object.")
    assert not seen("Provided scope(s) are not authorized")
    assert not seen("The bucket 'denied' does not have storage.objects.delete access today")
    assert not seen("There is an IP filtering condition that is preventing access to the resource.")


@pytest.mark.parametrize(("message", "disabled"), [
    ("Service account planet@p.iam.gserviceaccount.com does not have storage.objects.delete access; uniform bucket-level access is disabled.", False),
    ("Service account planet@p.iam.gserviceaccount.com has been disabled.", True),
    ("Permission denied: Consumer 'project:1' has been suspended.", True),
])  # fmt: skip
def test_a_missing_permission_is_no_disabled_account(message: str, disabled: bool) -> None:
    assert (re.search(BILLING, message, re.IGNORECASE | re.DOTALL) is not None) is disabled


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[" * 5000, b'{"error": []}', b'{"error": {"errors": [1]}}', b"<Error>", b"\xff" * 100, b"<Error><Code>"],
)
def test_any_body_is_taken(body: bytes) -> None:
    assert judged(403, {}, body).kind in (Kind.FOREIGN, Kind.DENIED)


def test_bytes_that_came_otherwise_are_not_told_as_a_token_that_did_not_arrive() -> None:
    said = 'Provided CRC32C "AAAAAA==" doesn\'t match calculated CRC32C "n/7wpQ==".'
    body = json.dumps({"error": {"code": 400, "message": said, "errors": [{"message": said, "reason": "invalid"}]}}).encode()
    failure = Failure(Operation.WRITE, "planetverify.txt", Mode.PERFORMED, judged(400, JSON, body, "POST", f"{API}/b/o"))
    assert not said_of("request-altered", Case(failure, "b", None)).detail
    refused = judged(401, JSON, b'{"error": {"code": 401, "message": "Login Required"}}', "GET", f"{API}/b/o/k")
    assert (
        "no credentials"
        in said_of("request-altered", Case(Failure(Operation.READ, "k", Mode.PERFORMED, refused), "b", None)).detail
    )


def test_a_bare_sentence_is_googles_whatever_its_label() -> None:
    sentence = b"sa@p.iam.gserviceaccount.com does not have storage.objects.get access to the Google Cloud Storage object."
    html = {"Content-Type": "text/html; charset=UTF-8", "Server": "UploadServer"}
    assert judged(403, html, sentence, "GET", f"{API}/b/o/k").kind is Kind.DENIED
    assert judged(403, html, b"Forbidden", "GET", f"{API}/b/o/k").kind is Kind.FOREIGN
    assert judged(403, html, b"<html>Permission 'storage", "GET", f"{API}/b/o/k").kind is Kind.FOREIGN


def test_a_code_that_breaks_off_is_nobodys() -> None:
    whole = (
        "<?xml version='1.0' encoding='UTF-8'?><Error><Code>UserProjectAccountProblem</Code><Message>Absent.</Message></Error>"
    )
    xml = {"Content-Type": "application/xml; charset=UTF-8"}
    for end in range(len(whole)):
        assert (judged(403, xml, whole[:end].encode()).kind is Kind.FOREIGN) == ("</Code>" not in whole[:end]), whole[:end]
