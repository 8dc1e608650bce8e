"""The general rules of lint: kinds, names, masks, placeholders and strays, whatever the type."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import memory
from tests.support.cases import in_parts
from tests.support.findings import names
from tests.support.memory import MemoryBucket, destination, memory_provider
from validator import lint, providers
from validator.checking.lint import Examined, examine
from validator.core.errors import MissingExtra
from validator.core.model import PatchOperation, Secret
from validator.providers.base import Options, misplaced_secrets

GOOD = {"bucket": "imagery-in", "key": "KEY1", "password": Secret("EXAMPLE-password-0001")}


@pytest.fixture(autouse=True)
def _memory(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = memory_provider(MemoryBucket())
    find = providers.find
    monkeypatch.setattr(providers, "find", lambda name: provider if name == "memory" else find(name))


def judge(changes: dict[str, Any] | None = None, *, without: str = "", type_: str = "memory") -> Examined:
    given = {key: value for key, value in {**GOOD, **(changes or {})}.items() if key != without}
    return examine(destination(type=type_, parameters=given), Options())


def patches(examined: Examined) -> list[PatchOperation]:
    return [operation for each in examined.findings for operation in (each.fix.patch if each.fix else ())]


def test_good_parameters_become_an_instance() -> None:
    examined = judge({"fancy": True})
    assert names(examined) == []
    assert examined.parameters.bucket == "imagery-in"
    assert examined.parameters.fancy is True
    assert examined.parameters.password == GOOD["password"]


def test_an_unknown_type_is_told_with_the_nearest() -> None:
    examined = judge(type_="amazon_s4")
    assert names(examined) == ["unknown-type"]
    assert "Did you mean amazon_s3?" in examined.findings[0].detail
    assert patches(examined) == [], "these are not its parameters: it is a guess"
    assert names(judge(type_="")) == ["unknown-type"]


def test_an_unknown_type_whose_parameters_fit_is_corrected() -> None:
    given = {"bucket": "imagery-in", "credentials": Secret("x")}
    examined = examine(destination(type="google-cloud-storage", parameters=given), Options())
    assert patches(examined) == [PatchOperation("replace", "/type", "google_cloud_storage")]


@in_parts(
    ("type_", "name", "said", "meant"),
    [
        ("google_cloud_storage", "access_key_id", "half of an HMAC key", "credentials"),
        ("google_cloud_storage", "hmac-secret", "half of an HMAC key", "credentials"),
        ("azure_blob_storage", "account_key", "opens the whole account", "sas_token"),
        ("azure_blob_storage", "Connection_String", "opens the whole account", "sas_token"),
        ("amazon_s3", "aws_session_token", "temporary credentials", "aws_secret_access_key"),
        ("s3_compatible", "profile", "reads no profile", "secret_access_key"),
        ("oracle_cloud_storage", "fingerprint", "API signing key", "customer_secret_key"),
    ],
)
def test_what_stands_in_a_credentials_place_is_told_by_its_name(type_: str, name: str, said: str, meant: str) -> None:
    examined = examine(destination(type=type_, parameters={name: Secret("EXAMPLE")}), Options())
    finding = next(each for each in examined.findings if each.name == "unknown-parameter")
    assert said in finding.detail
    assert finding.fix is not None
    assert finding.fix.summary == f"Remove it, and give {meant} instead."


def test_a_missing_parameter_is_named() -> None:
    examined = judge(without="bucket")
    assert names(examined) == ["missing-parameter"]
    assert examined.findings[0].evidence == {"parameter": "bucket"}
    assert examined.parameters is None


def test_an_unknown_parameter_is_told_with_the_nearest() -> None:
    examined = judge({"fancyy": True})
    assert names(examined) == ["unknown-parameter"]
    assert "fancy" in examined.findings[0].detail
    assert examined.findings[0].pointer == "/parameters/fancyy"


@pytest.mark.parametrize(
    ("changes", "patch"),
    [
        ({"bucket": 5}, None),
        ({"bucket": ["a"]}, None),
        ({"password": {"a": 1}}, None),
        ({"fancy": "true"}, True),
        ({"fancy": "False"}, False),
        ({"fancy": "yes"}, None),
    ],
)
def test_a_wrong_kind(changes: dict[str, Any], patch: Any) -> None:
    examined = judge(changes)
    assert names(examined) == ["wrong-parameter-kind"]
    fix = examined.findings[0].fix
    assert fix is not None
    assert [each.value for each in fix.patch] == ([] if patch is None else [patch])


@pytest.mark.parametrize("mask", ["<REDACTED>", "REDACTED", "********", "[redacted]", "xxxxxxxxxxxx"])
def test_a_mask_is_not_a_value(mask: str) -> None:
    examined = judge({"password": Secret(mask)})
    assert names(examined) == ["redacted-secret"]
    assert examined.parameters is None


@pytest.mark.parametrize(
    "text",
    [
        "<bucket-name>",
        "your-bucket-name",
        "my-bucket",
        "insert your bucket here",
        "enter-bucket-name",
        "{{ bucket }}",
        "CHANGEME",
        "todo",
        "bucket-name",
        "",
        "  ",
    ],
)
def test_a_placeholder_is_not_a_value(text: str) -> None:
    assert names(judge({"bucket": text})) == ["placeholder-value"]


@pytest.mark.parametrize(
    "text",
    [
        "%AWS_SECRET%", "$AWS_SECRET_ACCESS_KEY", "$env:AWS_SECRET", "{aws_secret}", "#{AWS_SECRET}#", "$(AWS_SECRET)", "__AWS_SECRET__",
        "@AWS_SECRET@", "os.environ['AWS_SECRET']", "process.env.AWS_SECRET", "env(AWS_SECRET)", "var.aws_secret", "op://geo/planet/secret",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:planet", "!Ref Secret", "%(secret)s", "projects/geo/secrets/planet/versions/1",
    ],
)  # fmt: skip
@in_parts(("type_", "name"), [("amazon_s3", "aws_secret_access_key"), ("s3_compatible", "secret_access_key")])
def test_a_variable_of_another_tool_is_told_and_masks_no_place(type_: str, name: str, text: str) -> None:
    """The pointer was masked, for the variable's name is a part of the parameter's; a secret of a store in general passed."""
    report = lint({"type": type_, "parameters": {name: text}})
    findings = [each for each in report.destinations[0].findings if each.pointer == f"/parameters/{name}"]
    told = next(each for each in findings if each.name == "placeholder-value")
    assert told.detail.startswith(name)
    assert "${NAME}" in told.detail
    assert "***" not in str(findings)


@pytest.mark.parametrize(
    "text", ["$web", "$root", "data.imagery", "env-data", "op-imagery", "file-drop", "percent100", "vault-2026"]
)
def test_a_name_is_no_variable(text: str) -> None:
    assert "placeholder-value" not in names(judge({"bucket": text}))


@pytest.mark.parametrize(
    ("type_", "name", "severity"), [("amazon_s3", "aws_access_key_id", "error"), ("s3_compatible", "access_key_id", "warning")]
)
def test_the_documentation_pair_is_a_placeholder(type_: str, name: str, severity: str) -> None:
    """Amazon has given it to nobody; another store may have been set up with it."""
    examined = examine(destination(type=type_, parameters={name: "AKIAIOSFODNN7EXAMPLE"}), Options())
    assert [each.severity for each in examined.findings if each.name == "placeholder-value"] == [severity]


@pytest.mark.parametrize(
    "text",
    ["imagery", "my-imagery", "put-data-2026", "add-ons", "enterprise", "my.bucket", "tokens", "todos-2026", "example-bucket"],
)
def test_ordinary_names_are_no_placeholders(text: str) -> None:
    assert names(judge({"bucket": text})) == []


@pytest.mark.parametrize(
    "text",
    [
        " imagery-in",
        "imagery-in\n",
        '"imagery-in"',
        "\u201cimagery-in\u201d",
        " 'imagery-in' ",
        '"imagery-in",',
        "'imagery-in' ;",
        "imagery-in\u200b",
        "\ufeffimagery-in \u00a0",
        "\u202a'imagery-in'\u202c",
    ],
)
def test_strays_are_told_and_repaired(text: str) -> None:
    examined = judge({"bucket": text})
    assert names(examined) == ["stray-whitespace"]
    fix = examined.findings[0].fix
    assert fix is not None
    assert fix.patch == (PatchOperation("replace", "/parameters/bucket", "imagery-in"),)
    assert examined.parameters.bucket == "imagery-in"


@pytest.mark.parametrize("text", ["imagery-in,", ",", '",', "'in,"])
def test_a_comma_that_follows_no_closing_quote_is_the_value_s_own(text: str) -> None:
    examined = judge({"password": Secret(text)})
    assert names(examined) == []
    assert examined.parameters.password.reveal() == text


@in_parts("text", ["imagery-in\u200b", "\u2060imagery-in"])
def test_a_stray_that_nobody_sees_is_told_as_such(text: str) -> None:
    (finding,) = judge({"bucket": text}).findings
    assert finding.detail == "bucket has characters that nobody sees around its value (11 characters, 10 of them the value)."


def test_a_strayed_secret_is_repaired_without_being_shown() -> None:
    examined = judge({"password": Secret("EXAMPLE-password-0001\n")})
    assert names(examined) == ["stray-whitespace"]
    fix = examined.findings[0].fix
    assert fix is not None
    assert fix.patch[0].secret
    assert "EXAMPLE-password" not in examined.findings[0].detail


def test_parameters_of_another_type() -> None:
    given = {"account": "a", "container": "c", "sas_token": Secret("sv=1&sig=EXAMPLE")}
    examined = examine(destination(type="google_cloud_storage", parameters=given), Options())
    assert names(examined)[0] == "type-mismatch"
    assert "account-name-invalid" in names(examined), "what else is wrong is told at once"
    fix = examined.findings[0].fix
    assert fix is not None
    assert fix.patch == (PatchOperation("replace", "/type", "azure_blob_storage"),)


def test_a_value_without_its_shape_is_treated_as_a_secret() -> None:
    from tests.support.memory import Parameters

    found = [
        each.reveal()
        for each in misplaced_secrets(Parameters, {"key": "EXAMPLE/secret+in+the+wrong+field", "password": Secret("p")})
    ]
    assert found == ["EXAMPLE/secret+in+the+wrong+field", "p"]
    assert [each.reveal() for each in misplaced_secrets(Parameters, {"key": "KEY1", "password": "p"})] == ["p"]


def test_a_third_partys_type_is_found_through_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(
        providers,
        "third_party",
        lambda: {"theirs": "tests.support.memory:provider", "broken": "no_such_package.mod:provider"},
    )
    providers.find.cache_clear()
    assert providers.find("theirs") is memory.provider
    assert "theirs" in providers.types()
    with pytest.raises(MissingExtra, match="no_such_package"):
        providers.find("broken")
    assert providers.find("nobody") is None
    providers.find.cache_clear()
