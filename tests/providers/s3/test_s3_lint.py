"""Buckets, regions, endpoints and keys of the S3 types: each mistake that was seen in the wild, and none that is right."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cases import in_parts
from validator import Settings, lint
from validator.core.model import Severity

SECRET = "EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE12345"
AMAZON = {"bucket": "imagery-in", "aws_region": "eu-central-1", "aws_access_key_id": "AKIAQEXAMPLE2EXAMPLE", "aws_secret_access_key": SECRET}  # fmt: skip
OTHER = {"bucket": "imagery-in", "endpoint": "https://s3.example.com", "region": "us-east-1", "access_key_id": "EXAMPLEKEY", "secret_access_key": "EXAMPLE-secret"}  # fmt: skip


def found(kind: str, changes: dict[str, Any]) -> dict[str, Any]:
    parameters = {**(AMAZON if kind == "amazon_s3" else OTHER), **changes}
    report = lint({"name": "planet imagery", "type": kind, "parameters": parameters}, Settings())
    return {each.name: each for each in report.destinations[0].findings if each.name != "plaintext-secret"}


def patched(finding: Any) -> list[Any]:
    return [each.value for each in finding.fix.patch]


@pytest.mark.parametrize(("kind", "changes"), [
    ("amazon_s3", {}),
    ("amazon_s3", {"bucket": "dotted.imagery.in", "explicit_sse": True}),
    ("amazon_s3", {"bucket": "planet-abc-s3alias"}),
    ("amazon_s3", {"aws_region": "eusc-de-east-1"}),
    ("s3_compatible", {}),
    ("s3_compatible", {"bucket": "Imagery_In", "use_path_style": True}),
    ("s3_compatible", {"endpoint": "https://obs.eu-de.otc.t-systems.com", "region": "eu-de"}),
    ("s3_compatible", {"endpoint": "https://s3.fr-par.scw.cloud", "region": "fr-par"}),
    ("s3_compatible", {"endpoint": "https://account.r2.cloudflarestorage.com", "region": "auto"}),
    ("s3_compatible", {"endpoint": "https://192.0.2.7:9000", "use_path_style": True}),
    ("s3_compatible", {"endpoint": "https://s3.example.com/"}),
])  # fmt: skip
def test_nothing_is_said_of_what_is_right(kind: str, changes: dict[str, Any]) -> None:
    assert found(kind, changes) == {}


@pytest.mark.parametrize(("value", "name", "fixed"), [
    ("s3://imagery-in", "bucket-is-url", "imagery-in"),
    ("s3://imagery-in/some/prefix", "bucket-is-url", "imagery-in"),
    ("https://imagery-in.s3.eu-central-1.amazonaws.com/", "bucket-is-url", "imagery-in"),
    ("https://s3.eu-central-1.amazonaws.com/imagery-in", "bucket-is-url", "imagery-in"),
    ("https://s3-eu-west-1.amazonaws.com/imagery-in/x", "bucket-is-url", "imagery-in"),
    ("imagery-in.s3.amazonaws.com", "bucket-is-url", "imagery-in"),
    ("arn:aws:s3:::imagery-in", "bucket-is-url", "imagery-in"),
    ("arn:aws:s3:::imagery-in/*", "bucket-is-url", "imagery-in"),
    ("imagery-in/", "bucket-is-url", "imagery-in"),
    ("imagery-in/deliveries", "bucket-is-url", "imagery-in"),
    ("Imagery-In", "bucket-name-invalid", None),
    ("imagery_in", "bucket-name-invalid", None),
    ("im", "bucket-name-invalid", None),
    ("imagery..in", "bucket-name-invalid", None),
    ("192.168.5.4", "bucket-name-invalid", None),
    ("-imagery", "bucket-name-invalid", None),
    ("a" * 64, "bucket-name-invalid", None),
])  # fmt: skip
def test_buckets_of_amazon(value: str, name: str, fixed: str | None) -> None:
    findings = found("amazon_s3", {"bucket": value})
    assert list(findings) == [name]
    assert findings[name].severity is Severity.ERROR
    assert findings[name].pointer == "/parameters/bucket"
    assert patched(findings[name]) == ([fixed] if fixed else [])


@pytest.mark.parametrize(
    "value", ["arn:aws:s3:eu-west-1:111122223333:accesspoint/planet", "imagery--euw1-az1--x-s3", "planet-abc--ol-s3"]
)
def test_what_this_check_cannot_speak_to_is_no_error(value: str) -> None:
    assert found("amazon_s3", {"bucket": value})["bucket-name-invalid"].severity is Severity.UNKNOWN


@pytest.mark.parametrize("name", ["xn--imagery", "sthree-imagery", "amzn-s3-demo-imagery"])
def test_reserved_names_only_warn_since_a_bucket_may_be_older(name: str) -> None:
    assert found("amazon_s3", {"bucket": name})["bucket-name-invalid"].severity is Severity.WARNING


@pytest.mark.parametrize("region", ["nz-north-1", "zz-southeast-12", "us-foo-bar-1"])
def test_a_region_newer_than_this_version_only_warns(region: str) -> None:
    assert found("amazon_s3", {"aws_region": region})["region-unknown"].severity is Severity.WARNING


def test_an_international_host_is_a_host() -> None:
    assert found("s3_compatible", {"endpoint": "https://bücher.example.com"}) == {}


def test_old_names_in_us_east_1_only_warn() -> None:
    finding = found("amazon_s3", {"bucket": "Old_Imagery", "aws_region": "us-east-1"})["bucket-name-invalid"]
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(("value", "name", "fixed"), [
    ("us-east-1a", "region-malformed", "us-east-1"),
    ("EU", "region-malformed", "eu-west-1"),
    ("US Standard", "region-malformed", "us-east-1"),
    ("EU-CENTRAL-1", "region-malformed", "eu-central-1"),
    ("eu_central_1", "region-malformed", "eu-central-1"),
    ("eucentral1", "region-malformed", "eu-central-1"),
    ("Frankfurt", "region-malformed", "eu-central-1"),
    ("Europe (Frankfurt)", "region-malformed", "eu-central-1"),
    ("s3.eu-central-1.amazonaws.com", "region-malformed", "eu-central-1"),
    ("europe", "region-malformed", None),
    ("eu-central", "region-malformed", None),
    ("eu-central-9", "region-unknown", None),
    ("mx-north-1", "region-unknown", None),
])  # fmt: skip
def test_regions_of_amazon(value: str, name: str, fixed: str | None) -> None:
    findings = found("amazon_s3", {"aws_region": value})
    assert list(findings) == [name]
    assert findings[name].severity is (Severity.WARNING if name == "region-unknown" else Severity.ERROR)
    assert patched(findings[name]) == ([fixed] if fixed else [])


@in_parts(("changes", "name", "severity", "fixed"), [
    ({"endpoint": "s3.example.com"}, "endpoint-invalid", "error", ["https://s3.example.com"]),
    ({"endpoint": "minio.example.com:9000"}, "endpoint-invalid", "error", []),
    ({"endpoint": "ftp://s3.example.com"}, "endpoint-invalid", "error", []),
    ({"endpoint": "https://"}, "endpoint-invalid", "error", []),
    ({"endpoint": "https://s3.example.com:port"}, "endpoint-invalid", "error", []),
    ({"endpoint": "https://s3.example.com?x=1"}, "endpoint-invalid", "error", []),
    ({"endpoint": "https://key:EXAMPLEpassword@s3.example.com"}, "endpoint-invalid", "error", []),
    ({"endpoint": "https://s3.example.com/api"}, "endpoint-invalid", "warning", []),
    ({"endpoint": "http://s3.example.com"}, "endpoint-insecure", "warning", []),
    ({"endpoint": "http://s3.example.com:9000"}, "endpoint-insecure", "warning", []),
    ({"endpoint": "https://imagery-in.s3.example.com"}, "endpoint-contains-bucket", "warning", []),
    ({"endpoint": "https://s3.example.com/imagery-in"}, "endpoint-contains-bucket", "warning", []),
    ({"endpoint": "https://s3.example.com/base/imagery-in/"}, "endpoint-contains-bucket", "warning", []),
    ({"endpoint": "https://account.blob.core.windows.net"}, "endpoint-of-another-type", "error", []),
    ({"endpoint": "https://storage.googleapis.com"}, "endpoint-of-another-type", "warning", []),
    ({"endpoint": "https://s3.eu-central-1.amazonaws.com"}, "endpoint-of-another-type", "warning", []),
    ({"endpoint": "https://ns.compat.objectstorage.eu-frankfurt-1.oraclecloud.com", "region": "eu-frankfurt-1", "use_path_style": True}, "endpoint-of-another-type", "info", []),
    ({"endpoint": "https://obs.eu-de.otc.t-systems.com", "use_path_style": True}, "addressing-style-suspect", "warning", [False]),
    ({"endpoint": "https://oss-eu-central-1.aliyuncs.com", "use_path_style": True}, "addressing-style-suspect", "warning", [False]),
    ({"endpoint": "https://192.0.2.7"}, "addressing-style-suspect", "warning", [True]),
    ({"bucket": "dotted.imagery"}, "addressing-style-suspect", "warning", [True]),
    ({"endpoint": "https://s3.nl-ams.scw.cloud", "region": "fr-par"}, "region-unknown", "warning", ["nl-ams"]),
    ({"endpoint": "https://s3.eu-central-003.backblazeb2.com"}, "region-unknown", "warning", ["eu-central-003"]),
    ({"region": "eu central"}, "region-malformed", "error", []),
    ({"region": "eu/central"}, "region-malformed", "error", []),
    ({"bucket": "s3://imagery-in"}, "bucket-is-url", "error", ["imagery-in"]),
    ({"bucket": "imagery in", "use_path_style": True}, "bucket-name-invalid", "error", []),
])  # fmt: skip
def test_other_stores(changes: dict[str, Any], name: str, severity: str, fixed: list[Any]) -> None:
    findings = found("s3_compatible", changes)
    assert name in findings, findings
    assert findings[name].severity == severity
    assert patched(findings[name]) == fixed
    assert "EXAMPLEpassword" not in repr(findings)


def test_oracle_needs_path_style() -> None:
    host = "https://ns.compat.objectstorage.eu-frankfurt-1.oraclecloud.com"
    findings = found("s3_compatible", {"endpoint": host, "region": "eu-frankfurt-1"})
    assert patched(findings["addressing-style-suspect"]) == [True]
    assert findings["endpoint-of-another-type"].evidence["type"] == "oracle_cloud_storage"


def test_commands_beside_a_bucket_that_is_an_address_name_a_policy_that_iam_takes() -> None:
    findings = found("amazon_s3", {"bucket": "s3://imagery-in/planet", "aws_access_key_id": "ASIAQEXAMPLE2EXAMPLE"})
    (attach,) = (each for each in findings["temporary-credentials"].fix.commands if "put-user-policy" in each)
    assert "--policy-name planet-s3-imagery-in-planet " in attach


@pytest.mark.parametrize(("key_id", "secret", "name", "severity"), [
    (SECRET + "", "AKIAQEXAMPLE2EXAMPLE", None, None),
    ("wJalEXAMPLE/planet+EXAMPLEbPxRfiCYEXAMPL", "AKIAQEXAMPLE2EXAMPLE", "swapped-credentials", "error"),
    ("ASIAQEXAMPLE2EXAMPLE", SECRET, "temporary-credentials", "error"),
    ("AROAQEXAMPLE2EXAMPLE", SECRET, "not-an-access-key", "error"),
    ("AIDAQEXAMPLE2EXAMPLE", SECRET, "not-an-access-key", "error"),
    ("akiaqexample2example", SECRET, "access-key-malformed", "error"),
    ("AKIA EXAMPLE2EXAMPLE", SECRET, "access-key-malformed", "error"),
    ("AKIASHORT", SECRET, "access-key-malformed", "error"),
    ("AKIAQEXAMPLE2EXAMPLE22", SECRET, "access-key-malformed", "warning"),
    ("AKIAQEXAMPLE2EXAMPLE", "EXAMPLE%2Fplanet%2Fvalidator%2FEXAMPLE%2BEXAM01", "secret-malformed", "warning"),
    ("AKIAQEXAMPLE2EXAMPLE", "EXAMPLE%2Fplanet%2Fvalidator%2FEXAMPLE%2BEXAM012", "secret-malformed", "error"),
    ("AKIAQEXAMPLE2EXAMPLE", SECRET[:20] + "\n" + SECRET[20:], "secret-malformed", "error"),
    ("AKIAQEXAMPLE2EXAMPLE", SECRET[:39], "secret-malformed", "warning"),
    ("AKIAQEXAMPLE2EXAMPLE", "AKIAQEXAMPLE2EXAMPLE", "secret-malformed", "error"),
])  # fmt: skip
def test_keys_of_amazon(key_id: str, secret: str, name: str | None, severity: str | None) -> None:
    findings = found("amazon_s3", {"aws_access_key_id": key_id, "aws_secret_access_key": secret})
    if name is None:
        assert "swapped-credentials" not in findings  # all capitals: nobody can tell
        return
    assert name in findings, findings
    assert findings[name].severity == severity
    assert secret not in repr(findings)


def test_what_was_swapped_is_swapped_back() -> None:
    findings = found(
        "amazon_s3",
        {"aws_access_key_id": "wJalEXAMPLE/planet+EXAMPLEbPxRfiCYEXAMPL", "aws_secret_access_key": "AKIAQEXAMPLE2EXAMPLE"},
    )
    patch = findings["swapped-credentials"].fix.patch
    assert [each.path for each in patch] == ["/parameters/aws_access_key_id", "/parameters/aws_secret_access_key"]
    assert all(each.secret for each in patch)


@pytest.mark.parametrize(("key_id", "secret", "name"), [
    ("EXAMPLE KEY", "EXAMPLE-secret", "access-key-malformed"),
    ("EXAMPLEKEYé", "EXAMPLE-secret", "access-key-malformed"),
    ("EXAMPLE-same", "EXAMPLE-same", "secret-malformed"),
    ("EXAMPLEKEY", "EXAMPLE%2Fsecret", "secret-malformed"),
    ("EXAMPLEKEY", "EXAMPLE secret", "secret-malformed"),
    ("exampleEXAMPLE/example+EXAMPLEexample012", "EXAMPLEKEY0123456789", "swapped-credentials"),
])  # fmt: skip
def test_keys_of_other_stores(key_id: str, secret: str, name: str) -> None:
    findings = found("s3_compatible", {"access_key_id": key_id, "secret_access_key": secret})
    assert name in findings, findings
    assert secret not in repr(findings)


@pytest.mark.parametrize("endpoint", [
    "https://imagery-in.nyc3.cdn.digitaloceanspaces.com",
    f"https://pub-{'0a' * 16}.r2.dev",
    "https://f004.backblazeb2.com/file/imagery-in",
    "https://dash.cloudflare.com/1/r2/default/buckets/imagery-in",
    "https://eu-central-1.console.aws.amazon.com/s3/buckets/imagery-in",
])  # fmt: skip
def test_a_vendors_host_that_is_not_the_apis_is_told_and_no_part_of_it_proposed(endpoint: str) -> None:
    """A page of a console was asked about as if it were a store with one folder too many; a public address passed."""
    findings = found("s3_compatible", {"endpoint": endpoint})
    assert "not that of the S3 API" in findings["endpoint-invalid"].detail
    assert findings["endpoint-invalid"].severity is Severity.WARNING
    assert "endpoint-contains-bucket" not in findings
    assert "Did you mean" not in str(findings)
    assert "***" not in str(findings)


def test_hosts_that_only_resemble_them_are_stores() -> None:
    for host in ("nyc3.digitaloceanspaces.com", "s3.us-west-004.backblazeb2.com", "cdn.example.com", "console.example.com"):
        assert "endpoint-invalid" not in found("s3_compatible", {"endpoint": f"https://{host}"})
