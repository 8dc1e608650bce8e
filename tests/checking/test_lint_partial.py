"""Lint judges all that is known, value by value: what is missing costs only the rules that need it, and is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cases import in_parts
from tests.support.judged import AMAZON, AZURE, GOOD, OTHER, errors, judged
from validator.checking.assemble import Settings, check, lint
from validator.cli import app as cli
from validator.cli import console
from validator.core.model import Severity
from validator.sources.loader import References, load

SECRETS = {
    "amazon_s3": ("aws_access_key_id", "aws_secret_access_key"),
    "s3_compatible": ("access_key_id", "secret_access_key"),
    "oracle_cloud_storage": ("customer_access_key_id", "customer_secret_key"),
    "azure_blob_storage": ("sas_token",),
    "google_cloud_storage": ("credentials",),
}
BAD = [
    ("amazon_s3", {"bucket": "Imagery_A"}, {"bucket-name-invalid"}),
    ("amazon_s3", {"bucket": "s3://imagery-a"}, {"bucket-is-url"}),
    ("amazon_s3", {"aws_region": "Frankfurt"}, {"region-malformed"}),
    ("amazon_s3", {"aws_region": "Frankfurt", "bucket": "Imagery_A"}, {"region-malformed", "bucket-name-invalid"}),
    ("amazon_s3", {"bucket": " imagery-a"}, {"stray-whitespace"}),
    ("s3_compatible", {"endpoint": "s3.example.com"}, {"endpoint-invalid"}),
    ("s3_compatible", {"endpoint": "https://account.blob.core.windows.net"}, {"endpoint-of-another-type"}),
    ("s3_compatible", {"bucket": "imagery a"}, {"bucket-name-invalid"}),
    ("s3_compatible", {"region": "eu central"}, {"region-malformed"}),
    ("oracle_cloud_storage", {"namespace": "ocid1.tenancy.oc1..aaaaexample"}, {"namespace-invalid"}),
    ("oracle_cloud_storage", {"region": "us-east-1"}, {"region-malformed"}),
    ("oracle_cloud_storage", {"bucket": "a b"}, {"bucket-name-invalid"}),
    ("azure_blob_storage", {"account": "my account!"}, {"account-name-invalid"}),
    ("azure_blob_storage", {"container": "Imagery"}, {"bucket-name-invalid"}),
    ("azure_blob_storage", {"storage_endpoint_suffix": "https://x"}, {"endpoint-invalid"}),
    ("google_cloud_storage", {"bucket": "Imagery A"}, {"bucket-name-invalid"}),
]


@pytest.mark.parametrize(("kind", "changes", "names"), BAD)
def test_what_is_wrong_is_seen_although_the_secrets_come_from_elsewhere(
    kind: str, changes: dict[str, str], names: set[str]
) -> None:
    away = {name: f"${{PLANET_{name.upper()}}}" for name in SECRETS[kind]}
    with_secrets = errors(judged(kind, {**GOOD[kind], **changes})) - {"credentials-not-json"}
    report = judged(kind, {**GOOD[kind], **changes, **away})
    assert names <= with_secrets
    assert errors(report) == with_secrets, "the same as with the real secrets"
    assert report.verdict == "fail"


@pytest.mark.parametrize("kind", GOOD)
def test_each_value_that_is_missing_alone_hides_nothing_else(kind: str) -> None:
    wrong = {**GOOD[kind], "bucket" if "bucket" in GOOD[kind] else "container": "no bucket ?"}
    for name in GOOD[kind]:
        report = judged(kind, {**wrong, name: "${NOT_SET}"})
        assert name in report.not_judged
        assert name in ("bucket", "container") or "bucket-name-invalid" in errors(report), name


@pytest.mark.parametrize("kind", GOOD)
def test_the_rules_of_a_secret_are_kept_where_the_names_are_missing(kind: str) -> None:
    wrong = {
        "amazon_s3": {"aws_access_key_id": "AROAQEXAMPLE2EXAMPLE"},
        "s3_compatible": {"access_key_id": "EXAMPLE KEY"},
        "oracle_cloud_storage": {"customer_access_key_id": "somebody@example.com"},
        "azure_blob_storage": {"sas_token": "sv=2023-11-03&sr=c&sp=rwdl&se=2020-01-31&sig=" + "A" * 43 + "%3D"},
        "google_cloud_storage": {"credentials": "AIzaEXAMPLE"},
    }[kind]
    bare = {name: value if name in SECRETS[kind] else "${NOT_SET}" for name, value in {**GOOD[kind], **wrong}.items()}
    assert errors(judged(kind, bare)), "the secret alone shows it"


@pytest.mark.parametrize("mask", ["<your-bucket>", "<REDACTED>", "bucket name", ""])
def test_a_placeholder_does_not_hide_the_faults_after_it(mask: str) -> None:
    report = judged(
        "amazon_s3", {**AMAZON, "bucket": mask, "aws_region": "Frankfurt", "aws_access_key_id": "ASIAQEXAMPLE2EXAMPLE"}
    )
    assert {"region-malformed", "temporary-credentials"} < errors(report)


def test_a_missing_or_misshapen_parameter_does_not_either() -> None:
    for changes in ({"bucket": None}, {"bucket": 5}, {"bucket": ["a"]}):
        assert "region-malformed" in errors(judged("amazon_s3", {**AMAZON, **changes, "aws_region": "Frankfurt"}))


def test_what_was_not_judged_is_said_in_every_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PLANET_KEY", raising=False)
    away = {**AMAZON, "aws_access_key_id": "${PLANET_KEY}", "aws_secret_access_key": "${PLANET_SECRET}"}
    Path("d.json").write_text(json.dumps({"type": "amazon_s3", "parameters": away}))
    said = "2 values come from the environment and were not judged"
    for form in ("text", "markdown", "github"):
        assert cli.run(["lint", "--ignore", "unresolved-reference", "-f", form, "d.json"]) == 0
        assert said in capsys.readouterr().out.replace("\n", " ")
    cli.run(["lint", "--ignore", "unresolved-reference", "-q", "d.json"])
    assert said in capsys.readouterr().out
    cli.run(["lint", "--ignore", "unresolved-reference", "-f", "json", "d.json"])
    (one,) = json.loads(capsys.readouterr().out)["destinations"]
    assert one["not_judged"] == {"aws_access_key_id": "the environment", "aws_secret_access_key": "the environment"}
    cli.run(["lint", "--ignore", "unresolved-reference", "-f", "junit", "d.json"])
    assert "not_judged" in capsys.readouterr().out
    for changes in ({"bucket": "Imagery_A"}, {"aws_region": "Frankfurt"}, {"bucket": "s3://imagery-a"}):
        Path("d.json").write_text(json.dumps({"type": "amazon_s3", "parameters": {**away, **changes}}))
        assert cli.run(["lint", "--ignore", "unresolved-reference", "d.json"]) == 1
    capsys.readouterr()
    console.forget()


def test_where_the_values_are_is_told() -> None:
    report = judged("google_cloud_storage", {"bucket": "${NOT_SET}", "credentials": "${base64file:no-such.json}"})
    assert report.not_judged == {"bucket": "the environment", "credentials": "files"}


def test_a_type_or_a_prefix_from_elsewhere_is_said_too() -> None:
    loaded = load({"type": "${NOT_SET}", "parameters": AMAZON}, references=References(env={}))
    report = lint(loaded, Settings(ignore=frozenset({"unresolved-reference"}))).destinations[0]
    assert not errors(report)
    assert report.not_judged == {"type": "the environment"}
    order = {"delivery": {"amazon_s3": {**AMAZON, "path_prefix": "${NOT_SET}"}}}
    report = lint(load(order, references=References(env={}))).destinations[0]
    assert report.not_judged == {"path_prefix": "the environment"}


def test_a_check_without_all_values_never_passes() -> None:
    loaded = load(
        {"type": "amazon_s3", "parameters": {**AMAZON, "aws_secret_access_key": "${NOT_SET}"}}, references=References(env={})
    )
    report = check(loaded, Settings(ignore=frozenset({"unresolved-reference"})))
    assert report.verdict == "inconclusive"
    assert not report.destinations[0].steps
    assert report.destinations[0].not_judged == {"aws_secret_access_key": "the environment"}


# ---- heuristics warn --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["amazon_s3", "s3_compatible", "oracle_cloud_storage", "google_cloud_storage"])
@in_parts("name", ["my-bucket", "your-bucket", "todo", "changeme", "placeholder", "bucket-name", "insert-your-bucket", "xxxxxxxx"])  # fmt: skip
def test_a_name_that_a_store_may_have_only_warns(kind: str, name: str) -> None:
    report = judged(kind, {**GOOD[kind], "bucket": name})
    (found,) = [each for each in report.findings if each.name in ("placeholder-value", "redacted-secret")]
    assert found.severity is Severity.WARNING
    assert found.pointer == "/parameters/bucket"
    assert report.target, "the check would go on with it"


@pytest.mark.parametrize(
    ("kind", "changes", "error"),
    [
        ("amazon_s3", {"bucket": "bucket name"}, True),
        ("oracle_cloud_storage", {"namespace": "namespace"}, True),
        ("oracle_cloud_storage", {"customer_secret_key": "customer_secret_key"}, True),
        ("azure_blob_storage", {"sas_token": "token"}, True),
        ("s3_compatible", {"endpoint": "endpoint"}, True),
        ("s3_compatible", {"bucket": "{{ bucket }}"}, True),
        ("s3_compatible", {"bucket": "..."}, True),
        ("amazon_s3", {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}, True),
        ("s3_compatible", {"access_key_id": "AKIAIOSFODNN7EXAMPLE"}, False),
        ("s3_compatible", {"access_key_id": "access_key"}, False),
        ("s3_compatible", {"secret_access_key": "changeme"}, False),
    ],
)
def test_an_error_only_where_it_is_impossible_or_planets_own_text(kind: str, changes: dict[str, str], error: bool) -> None:
    found = [each for each in judged(kind, {**GOOD[kind], **changes}).findings if each.name == "placeholder-value"]
    assert [each.severity is Severity.ERROR for each in found] == [error]


@pytest.mark.parametrize("name", ["PROJECT:imagery", "tenant$user:imagery-in", ":imagery", "imagery+in", "imagéry"])
def test_names_of_other_stores_do_not_fail(name: str) -> None:
    assert not errors(judged("s3_compatible", {**OTHER, "bucket": name, "use_path_style": True}))


@pytest.mark.parametrize(
    ("addresses", "restricted"),
    [
        ("0.0.0.0-255.255.255.255", False),
        ("0.0.0.1-255.255.255.254", False),
        ("1.0.0.0-223.255.255.255", False),
        ("0.0.0.0-127.255.255.255", True),
        ("203.0.113.7", True),
        ("198.51.100.0-198.51.100.255", True),
        ("everywhere", True),
    ],
)
def test_the_whole_internet_is_no_restriction(addresses: str, restricted: bool) -> None:
    report = judged("azure_blob_storage", {**AZURE, "sas_token": f"{AZURE['sas_token']}&sip={addresses}"})
    assert ("sas-ip-restricted" in errors(report)) is restricted


@pytest.mark.parametrize("secret", ["EXAMPLE-secret'", '"EXAMPLE-secret', "`EXAMPLE-secret"])
def test_one_quote_mark_may_be_a_secrets_own(secret: str) -> None:
    assert not errors(judged("s3_compatible", {**OTHER, "secret_access_key": secret}))
