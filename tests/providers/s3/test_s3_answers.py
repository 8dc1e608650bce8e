"""Answers of S3 stores in neutral words: refusals, regions, errors in every shape, and never an exception."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from tests.support.cases import in_parts
from tests.support.s3_store import USER
from validator.checking.diagnosis import diagnose
from validator.core.model import Confidence, Kind, Mode, Operation
from validator.providers.base import Failure, Options, Wanted
from validator.providers.common.xml import error_details
from validator.providers.s3 import errors
from validator.providers.s3.amazon import AmazonS3Parameters, provider
from validator.providers.s3.errors import account_of, classify, code_says, denial, region_expected
from validator.providers.s3.http import S3Error
from validator.providers.s3.rules import FULL, PLAIN
from validator.providers.s3.sentences import SAID

ON = 'on resource: "arn:aws:s3:::imagery-in/planetverify.txt"'
START = f"User: {USER} is not authorized to perform: s3:DeleteObject"


@pytest.mark.parametrize(("context", "decision", "layer"), [
    (f"{ON} because no identity-based policy allows the s3:DeleteObject action", "implicit", "identity-based"),
    (f"{ON} because no resource-based policy allows the s3:DeleteObject action", "implicit", "resource-based"),
    (f"{ON} because no permissions boundary allows the s3:DeleteObject action", "implicit", "permissions boundary"),
    (f"{ON} because no service control policy allows the s3:DeleteObject action", "implicit", "service control"),
    (f"{ON} because no session policy allows the s3:DeleteObject action", "implicit", "session"),
    ("because no VPC endpoint policy allows the s3:DeleteObject action", "implicit", "VPC endpoint"),
    (f"{ON} with an explicit deny in a resource-based policy", "explicit", "resource-based"),
    (f"{ON} with an explicit deny in an identity-based policy", "explicit", "identity-based"),
    (f"{ON} with an explicit deny in a service control policy", "explicit", "service control"),
    (f"{ON} with an explicit deny in a resource control policy", "explicit", "resource control"),
    (f"{ON} with an explicit deny in a permissions boundary", "explicit", "permissions boundary"),
    (f"{ON} with an explicit deny in a session policy", "explicit", "session"),
    (f"{ON} with an explicit deny in a VPC endpoint policy", "explicit", "VPC endpoint"),
    (f"{ON} with an explicit deny", "explicit", ""),
])  # fmt: skip
def test_every_layer_is_read(context: str, decision: str, layer: str) -> None:
    told = denial(f"{START}  {context}\n")
    assert (told["principal"], told["action"], told["decision"], told["layer"]) == (USER, "s3:DeleteObject", decision, layer)
    assert told["account"] == "111122223333"
    assert told["resource"] == ("arn:aws:s3:::imagery-in/planetverify.txt" if ON in context else "")


@pytest.mark.parametrize("joint", [", with policy ARN: ", ": "])
def test_the_policy_is_named(joint: str) -> None:
    told = denial(f"{START} {ON} with an explicit deny in an identity-based policy{joint}arn:aws:iam::aws:policy/X")
    assert told["policy_arn"] == "arn:aws:iam::aws:policy/X"
    assert told["layer"] == "identity-based"


def test_kms_and_unknown_reasons_are_kept() -> None:
    key = denial(
        f"User: {USER} is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:eu-central-1:1:key/k because no resource-based policy allows the kms:GenerateDataKey action"
    )
    assert (key["action"], key["resource"]) == ("kms:GenerateDataKey", "arn:aws:kms:eu-central-1:1:key/k")
    far = denial(
        f"User: {USER} is not authorized to perform: kms:Decrypt on this resource because the resource does not exist in this Region, no resource-based policies allow access"
    )
    assert far["because"].startswith("the resource does not exist")
    blocked = denial(f"{START} {ON} because public policies are blocked by the BlockPublicPolicy block public access setting")
    assert "BlockPublicPolicy" in blocked["because"]
    assert denial("Access Denied") == {}
    assert denial("") == {}


def test_the_account_is_in_the_key() -> None:
    assert account_of("ASIAY34FZKBOKMUTVV7A") == "609629065308"
    for key in ("AKIAIOSFODNN7EXAMPLE", "AKIASHORT", "", "AKIA1111111111111111", "GOOG1EXAMPLE"):
        assert account_of(key) == ""


@pytest.mark.parametrize(("status", "code", "message", "method", "condition", "kind"), [
    (403, "AccessDenied", "Access Denied", "DELETE", "If-Match", Kind.DENIED),
    (403, "InvalidAccessKeyId", "", "DELETE", "", Kind.UNAUTHENTICATED),
    (401, "Unauthorized", "", "GET", "", Kind.UNAUTHENTICATED),
    (412, "PreconditionFailed", "", "DELETE", "If-Match", Kind.PRECONDITION),
    (412, "PreconditionFailed", "", "PUT", "If-None-Match", Kind.EXISTS),
    (404, "NoSuchKey", "", "DELETE", "If-Match", Kind.ABSENT),
    (404, "NoSuchBucket", "", "DELETE", "", Kind.NO_BUCKET),
    (404, "", "", "GET", "", Kind.FOREIGN),
    (403, "", "", "GET", "", Kind.FOREIGN),
    (412, "", "", "DELETE", "If-Match", Kind.FOREIGN),
    (418, "", "", "GET", "", Kind.OTHER),
    (404, "NoSuchKey", "", "PUT", "", Kind.OTHER),
    (503, "SlowDown", "", "PUT", "", Kind.TRANSIENT),
    (502, "", "", "PUT", "", Kind.TRANSIENT),
    (409, "OperationAborted", "", "DELETE", "", Kind.TRANSIENT),
    (307, "TemporaryRedirect", "", "DELETE", "", Kind.TRANSIENT),
    (403, "AccessDenied", "Access Denied because object protected by object lock.", "DELETE", "", Kind.KEPT),
    (400, "InvalidRequest", "Object is WORM protected and cannot be overwritten", "DELETE", "", Kind.KEPT),
    (403, "AccessDenied", "Cannot delete a protected object because it's still within the retention period defined in the Bucket's Object Lock configuration.", "DELETE", "", Kind.KEPT),
    (403, "AccessDenied", "Object 'a/b' is under legal hold", "DELETE", "", Kind.KEPT),
    (403, "AccessDenied", "You may not delete 'retention period/legal hold cannot'", "DELETE", "", Kind.DENIED),
    (403, "AccessDenied", "no access to arn:aws:s3:::retention-data/x", "DELETE", "", Kind.DENIED),
])  # fmt: skip
def test_kinds(status: int, code: str, message: str, method: str, condition: str, kind: Kind) -> None:
    assert classify(S3Error(status=status, code=code, message=message, method=method, condition=condition)).kind is kind


def test_observe_is_total() -> None:
    for error in (
        ValueError("x"),
        RuntimeError(),
        S3Error(),
        S3Error(status=200),
        S3Error(status=599, headers={"date": "nonsense"}),
    ):
        assert classify(error).kind is not None
    assert classify(S3Error(fault="dns", message="m", evidence={"name_exists": "no"})).kind is Kind.UNREACHABLE
    assert classify(S3Error(fault="unsendable")).kind is Kind.OTHER


@pytest.mark.parametrize(("error", "region"), [
    (S3Error(status=301, headers={"x-amz-bucket-region": "eu-west-1"}), "eu-west-1"),
    (S3Error(status=400, details={"Region": "eu-west-1"}), "eu-west-1"),
    (S3Error(status=400, message="The authorization header is malformed; the region is wrong; expecting 'nl-ams'."), "nl-ams"),
    (S3Error(status=400, message="Authorization header malformed, unexpected scope: `20260101/x/s3/aws4_request`, expected: `20260101/garage/s3/aws4_request`"), "garage"),
    (S3Error(status=301, details={"Endpoint": "imagery-in.s3.ap-south-1.amazonaws.com"}), "ap-south-1"),
    (S3Error(status=301, details={"Endpoint": "imagery-in.s3-us-west-2.amazonaws.com"}), "us-west-2"),
    (S3Error(status=400), ""),
])  # fmt: skip
def test_the_right_region_is_read(error: S3Error, region: str) -> None:
    assert region_expected(error) == region


@pytest.mark.parametrize(("body", "wanted"), [
    (b"<Error><Code>A</Code><Message>a &lt;b&gt; &amp;amp; &#65; &#x41;</Message></Error>", {"Code": "A", "Message": "a <b> &amp; A A"}),
    (b'<?xml version="1.0"?><Error xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Code>A</Code></Error>', {"Code": "A"}),
    (b"<s3:Error><s3:Code>A</s3:Code></s3:Error>", {"Code": "A"}),
    (b"<Error><Code>A</Code><Mess", {"Code": "A"}),
    (b"<Error>&#99999999;<Code>&#x110000;&#xZZ;</Code></Error>", {"Code": "&#x110000;&#xZZ;"}),
    (b"<html><body>no</body></html>", {}),
    (b"\xff\xfe\x00", {}),
    (b"", {}),
])  # fmt: skip
def test_error_documents(body: bytes, wanted: dict[str, str]) -> None:
    assert error_details(body) == wanted


PARAMETERS = AmazonS3Parameters("imagery-in", "eu-central-1", "AKIAQEXAMPLE2EXAMPLE", None)  # type: ignore[arg-type]  # no secret is needed


def advice(message: str, operation: Operation = Operation.DELETE, **evidence: str) -> Any:
    seen = classify(S3Error(status=403, code="AccessDenied", message=message, method="DELETE", evidence=evidence))
    failure = Failure(operation, "planetverify.txt", Mode.REHEARSED, seen)
    name = next(rule for rule in provider.rules if rule.matches(failure))
    return name, provider.explain_finding(name.finding, PARAMETERS, failure, Options())


def test_a_missing_permission_gets_its_grant() -> None:
    rule, said = advice(f"{START} {ON} because no identity-based policy allows the s3:DeleteObject action")
    assert (rule.finding, rule.confidence) == ("delete-denied", Confidence.CONFIRMED)
    assert (
        f"{USER} has no identity-based policy that allows s3:DeleteObject on arn:aws:s3:::imagery-in/planetverify.txt."
        in said.detail
    )
    assert "leave planetverify.txt behind" in said.detail
    assert said.fix.commands == (
        "planet-validator policy SOURCE > grant.json",
        "aws iam put-user-policy --user-name planet --policy-name planet-imagery-in --policy-document file://grant.json",
    )
    assert '"arn:aws:s3:::imagery-in/*"' in said.fix.grant


def test_an_old_keys_account_has_to_be_asked_for() -> None:
    seen = classify(S3Error(status=403, code="AccessDenied", message="Access Denied", method="DELETE"))
    failure = Failure(Operation.DELETE, "planetverify.txt", Mode.REHEARSED, seen)
    said = provider.explain_finding(
        "delete-denied", replace(PARAMETERS, aws_access_key_id="AKIAIOSFODNN7EXAMPLE"), failure, Options()
    )
    look, number, simulate, *_ = said.fix.commands
    assert look.startswith("aws iam get-access-key-last-used --access-key-id ")
    assert number == "aws sts get-access-key-info --access-key-id AKIAIOSFODNN7EXAMPLE --query Account --output text"
    assert "simulate-principal-policy --policy-source-arn arn:aws:iam::ACCOUNT:user/USER" in simulate
    assert (
        "USER is the user that the first command names. ACCOUNT is the number that the second command prints."
        in said.fix.summary
    )


def test_a_bare_refusal_is_never_certain() -> None:
    rule, said = advice("Access Denied")
    assert (rule.finding, rule.confidence) == ("delete-denied", Confidence.LIKELY)
    assert "does not say why" in said.detail
    look, simulate, *_ = said.fix.commands
    assert look.startswith("aws iam get-access-key-last-used --access-key-id ")
    assert "simulate-principal-policy" in simulate
    assert "USER is the user that the first command names." in said.fix.summary
    assert any("put-user-policy --user-name USER " in each for each in said.fix.commands)


@pytest.mark.parametrize(("context", "wanted"), [
    ("with an explicit deny in a resource-based policy", "ArnNotEquals"),
    ("because no resource-based policy allows the s3:DeleteObject action", '"Principal"'),
    ("because no permissions boundary allows the s3:DeleteObject action", "aws iam get-user --user-name planet"),
    ("with an explicit deny in a service control policy, with policy ARN: arn:aws:organizations::1:policy/o-x/p-y", "administrator of the AWS Organization"),
    ("with an explicit deny in an identity-based policy", "list-attached-user-policies --user-name planet"),
])  # fmt: skip
def test_each_layer_has_its_own_fix(context: str, wanted: str) -> None:
    _, said = advice(f"{START} {ON} {context}")
    assert wanted in "\n".join((said.fix.summary, said.fix.grant, *said.fix.commands))


def test_grants_speak_of_their_partition() -> None:
    from validator.providers.s3.grants import identity_policy

    assert '"arn:aws-cn:s3:::b/*"' in identity_policy("b", "cn-north-1")
    wanted = Wanted(prefix="in/", multipart=True, versions=True, encryption_key="arn:aws:kms:eu-west-1:1:key/k")
    whole = identity_policy("b", "eu-west-1", wanted)
    for part in ("arn:aws:s3:::b/in/*", "arn:aws:s3:::b/planetverify.txt", "s3:AbortMultipartUpload", "s3:DeleteObjectVersion", "kms:GenerateDataKey", "s3.eu-west-1.amazonaws.com"):  # fmt: skip
        assert part in whole
    assert "s3:ListBucket" not in whole


@pytest.mark.parametrize(("message", "by_permission"), [
    ("", True),
    ("Access Denied.", True),
    ("User does not have permission to upload this object.", True),
    ("You don't have sufficient permissions to perform this action", True),
    ("Permission denied", True),
    ("The access key is not authorized to perform s3:PutObject", True),
    ("User doesn't have the right to access this resource.", True),
    ("Access denied from this network", False),
    ("You are not allowed to access this bucket from your IP address.", False),
    ("You do not have permission because your account is in arrears.", False),
    ("Not authorized to perform this operation until the retention period is over", False),
    ("Access denied: storage limit reached", False),
    ("This tenant has been moved", False),
])  # fmt: skip
def test_only_a_sentence_about_permissions_alone_is_a_missing_permission(message: str, by_permission: bool) -> None:
    assert (re.search(PLAIN, message, re.IGNORECASE) is not None) is by_permission


@pytest.mark.parametrize("part", ["a", " not authorized to perform", "permission ", "forbidden: ", "\u2026", "x" * 61 + " "])
def test_the_sentences_are_read_in_linear_time(part: str) -> None:
    assert re.search(PLAIN, part * 2000, re.IGNORECASE) is None


@in_parts(("code", "says"), [
    ("KMSKeyNotFoundException", "key"), ("KmsKeyDisabled", "key"), ("Forbidden.KmsServiceNotEnabled", "key"), ("KmsServiceNotEnabled", "key"),
    ("KMSAccessDeniedException", "key-denied"), ("KMS.AccessDeniedException", "key-denied"), ("KmsInDebt", "account"),
    ("ExpiredTokenException", "token"), ("AccessKeyIdAndSecurityTokenNotMatch", "token"), ("InvalidContinuationToken", ""),
    ("InvalidSignatureException", "signature"), ("TooManyWrongSignature", "signature"), ("InvalidAccessKeyId.Inactive", "key-off"),
    ("InvalidSecretId", "whose"), ("NotSupportedRegion", "region"), ("UnexpectedIPError", "network"), ("MembershipDenied", ""),
    ("BucketAccelerateNotEnabled", "endpoint"), ("QpsLimitExceeded", "busy"), ("ExceedUserQuota", "full"), ("OrganizationSuspended", "account"),
    ("Request has expired", "expired"), ("NoSuchKey", ""), ("AccessDenied", ""),
    ("RequestRateLimitExceeded", "busy"), ("RATE_LIMIT_EXCEEDED", "busy"), ("ApiQuotaExceeded", "busy"), ("ErrRequestBytesExceed", "busy"),
    ("CorporateQuotaExceeded", "full"), ("RequestSizeExceeded", ""), ("RequestTimeLimitExceeded", ""), ("ObjectSizeLimitExceeded", ""),
    ("NamespaceLimit", ""), ("StorageClassLimit", ""), ("EgressQuotaExceeded", ""), ("VIPDenied", ""), ("ContinuationTokenExpired", ""),
    ("SessionTokenExpired", "token"), ("NoSuchLegalHold", ""), ("ObjectUnderLegalHold", "kept"), ("BucketNotImmutable", ""), ("ImmutableStorageNotEnabled", ""),
])  # fmt: skip
def test_a_code_says_its_kind_by_its_own_words(code: str, says: str) -> None:
    assert code_says(code) == says


@pytest.mark.parametrize(("message", "full"), [
    ("the size limit of the bucket is reached", True), ("The storage is full.", True), ("no space left on device", True),
    ("Bucket full access denied", False), ("Storage full control is missing.", False), ("There is no quota policy that allows this.", False),
    ("Metadata size limit exceeded", False), ("Maximum object size limit exceeded", False), ("no space between the names of headers", False),
    ("There is no space left.", True), ("no space", True),
])  # fmt: skip
def test_a_store_is_full_where_it_says_so(message: str, full: bool) -> None:
    assert (re.search(FULL, message, re.IGNORECASE | re.DOTALL) is not None) is full


@pytest.mark.parametrize(("message", "finding"), [
    ("Your account is temporarily suspended", "account-disabled"), ("User is blocked by the bucket policy", ""), ("User may not delete: object locked", ""),
    ("Account cannot write: the bucket is locked", ""), ("Your account is locked", "account-disabled"),
    ("You have exceeded your storage quota.", "storage-full"), ("You have exceeded the maximum limit", ""), ("Your account exceeded the limit for PUT requests.", ""),
    ("Request body is too large", "request-too-large"), ("Request header is too large", ""),
])  # fmt: skip
def test_a_sentence_names_no_cause_that_it_only_touches(message: str, finding: str) -> None:
    assert (
        next((each.finding for each in SAID if re.search(each.text or "", message, re.IGNORECASE | re.DOTALL)), "") == finding
    )


def test_what_was_asked_on_another_name_is_told_of_that_name() -> None:
    seen = classify(
        S3Error(fault="timeout", message="no answer came", evidence={"asked_on": "planetverify-0a.txt"}, method="DELETE")
    )
    finding = diagnose(provider, PARAMETERS, Failure(Operation.DELETE, "planetverify.txt", Mode.REHEARSED, seen), Options())
    assert "the delete of planetverify-0a.txt" in finding.detail


def test_what_stands_in_details_alone_is_quoted() -> None:
    """Google's XML API: ``Message`` says that it refuses, ``Details`` say why."""
    details = {
        "Code": "AccessDenied",
        "Message": "Access denied.",
        "Details": "sa@p.example does not have storage.objects.create access.",
    }
    seen = classify(S3Error(status=403, code="AccessDenied", message="Access denied.", details=details, method="PUT"))
    finding = diagnose(provider, PARAMETERS, Failure(Operation.WRITE, "planetverify.txt", Mode.PERFORMED, seen), Options())
    assert finding.name == "write-denied"
    assert details["Details"] in finding.detail
    assert "does not say why" not in finding.detail


def test_the_codes_that_a_passing_check_meets_say_nothing_of_the_table() -> None:
    """They are passed over for the time that it takes to compile it; nothing but that is to come of it."""
    said = [kind for code in errors.MET_ON_A_PASS for kind, pattern in errors._CODE_SAYS if re.search(pattern, code)]
    assert said == []
    assert code_says("KMS.InternalException") == "fault"
