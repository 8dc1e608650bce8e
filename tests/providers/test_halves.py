"""A key's id or secret that holds the other half as well, or their names: said with what belongs where, and never shown."""

from __future__ import annotations

import json

from tests.support.cases import in_parts
from validator import lint
from validator.core.model import Severity
from validator.formats import text

KEY, SECRET = "AKIAEXAMPLEEXAMPLE12", "EXAMPLE/" + "k" * 32
HALVES = {
    "amazon_s3": ("aws_access_key_id", "aws_secret_access_key"),
    "s3_compatible": ("access_key_id", "secret_access_key"),
    "oracle_cloud_storage": ("customer_access_key_id", "customer_secret_key"),
}


@in_parts(
    ("value", "what"),
    [
        (f"{KEY}:{SECRET}", "a key's id and its secret, with a colon between them"),
        (f"{KEY}, {SECRET}", "a key's id and its secret, with a comma between them"),
        (f"{KEY}\t{SECRET}", "a key's id and its secret, with a blank between them"),
        (f"[default]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n", "a piece of a file"),
        (f"AWS_SECRET_ACCESS_KEY={SECRET}", "a piece of a file, of settings"),
        (f"export AWS_ACCESS_KEY_ID={KEY}", "a piece of a file, of settings"),
        (f"Secret access key: {SECRET}", "a piece of a file, of settings or of a page"),
        (f"Access Key ID:\n{KEY}", "a piece of a file, of settings or of a page"),
        (json.dumps({"AccessKey": {"AccessKeyId": KEY, "SecretAccessKey": SECRET}}), "what a command printed"),
        (json.dumps({"Credentials": {"SecretAccessKey": SECRET}}, indent=1), "what a command printed"),
    ],
)
def test_a_half_that_holds_more_says_what_belongs_where(value: str, what: str) -> None:
    for type_, names in HALVES.items():
        for name, finding in zip(names, ("access-key-malformed", "secret-malformed"), strict=True):
            report = lint({"type": type_, "parameters": {name: value}})
            (told,) = (each for each in report.destinations[0].findings if each.name == finding)
            assert told.detail.startswith(f"{name} holds {what}")
            assert told.fix is not None
            assert told.fix.summary == f"Put the id alone into {names[0]}, and the secret alone into {names[1]}."
            assert not told.fix.patch
            assert type_ == "s3_compatible" or told.severity is (Severity.ERROR if type_ == "amazon_s3" else Severity.WARNING)
            assert SECRET not in text.render(report)


def test_a_secret_behind_its_own_id_whatever_the_stores_form() -> None:
    parameters = {"access_key_id": "geo.delivery-EXAMPLE", "secret_access_key": "geo.delivery-EXAMPLE:" + "EXAMPLE" * 5}
    findings = lint({"type": "s3_compatible", "parameters": parameters}).destinations[0].findings
    assert "a key's id and its secret" in next(each for each in findings if each.name == "secret-malformed").detail


@in_parts("value", ["tenant$user:sub", "project:user-EXAMPLE", "my=secret;EXAMPLE", "a,b|c EXAMPLE"])
def test_what_stores_of_ones_own_may_have_is_no_pair(value: str) -> None:
    parameters = {"access_key_id": value.replace(" ", ""), "secret_access_key": value}
    findings = lint({"type": "s3_compatible", "parameters": parameters}).destinations[0].findings
    assert not [each for each in findings if " holds " in each.detail]
