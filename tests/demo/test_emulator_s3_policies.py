"""The policy evaluator of the S3 stand-in by itself."""

from __future__ import annotations

from typing import Any

import pytest

from validator.demo.emulators.s3.iam import AccessRequest, Policy, Principal, decide

WHO = Principal("arn:aws:iam::111122223333:user/planet", "111122223333", "planet")
THING = "arn:aws:s3:::imagery-in/planetverify.txt"


def statement(effect: str = "Allow", **parts: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::imagery-in/*", **parts}


def verdict(*statements: dict[str, Any], resource: list[dict[str, Any]] | None = None, **context: str) -> str:
    policies = [Policy({"Version": "2012-10-17", "Statement": list(statements)})] if statements else []
    bucket = None if resource is None else Policy({"Statement": resource})
    return decide(
        AccessRequest(WHO, "s3:PutObject", THING, {k.replace("__", ":"): v for k, v in context.items()}), policies, None, bucket
    )


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"StringEquals": {"s3:x": ["a", "b"]}}, {"s3__x": "b"}, True),
        ({"StringEquals": {"s3:x": "a"}}, {}, False),
        ({"StringNotEquals": {"s3:x": "a"}}, {}, True),
        ({"StringNotEquals": {"s3:x": "a"}}, {"s3__x": "a"}, False),
        ({"StringEqualsIfExists": {"s3:x": "a"}}, {}, True),
        ({"StringLike": {"s3:x": "in*?"}}, {"s3__x": "incoming"}, True),
        ({"StringLike": {"s3:x": "[ab]"}}, {"s3__x": "a"}, False),
        ({"StringEqualsIgnoreCase": {"s3:x": "AES256"}}, {"s3__x": "aes256"}, True),
        ({"Null": {"s3:x": "true"}}, {}, True),
        ({"Null": {"s3:x": False}}, {}, False),
        ({"Bool": {"s3:x": True}}, {"s3__x": "true"}, True),
        ({"NotIpAddress": {"s3:x": "10.0.0.0/8"}}, {"s3__x": "192.0.2.1"}, True),
        ({"ArnNotEquals": {"aws:principalarn": "arn:aws:iam::*:user/planet"}}, {"aws__principalarn": WHO.arn}, False),
        ({"NumericLessThan": {"s3:x": "10"}}, {"s3__x": "9"}, True),
        ({"DateGreaterThan": {"s3:x": "2026-01-01T00:00:00Z"}}, {"s3__x": "2026-06-01T00:00:00Z"}, True),
    ],
)
def test_conditions(condition: dict[str, Any], context: dict[str, str], holds: bool) -> None:
    assert (verdict(statement(Condition=condition), **context) == "") == holds


def test_layers() -> None:
    assert verdict() == "because no identity-based policy allows the s3:PutObject action"
    assert verdict(statement()) == ""
    assert verdict(statement(), statement("Deny")) == "with an explicit deny in an identity-based policy"
    assert verdict(statement(Action=["S3:put*"])) == ""
    assert verdict(statement(Resource="arn:aws:s3:::Imagery-in/*")) != ""
    assert verdict({"Effect": "Allow", "NotAction": "s3:Delete*", "NotResource": "arn:aws:s3:::other/*"}) == ""
    assert verdict(statement(Resource="arn:aws:s3:::imagery-in/${aws:username}*"), aws__username="planet") == ""
    everyone = statement("Deny", Principal={"AWS": "arn:aws:iam::111122223333:root"})
    assert verdict(statement(), resource=[everyone]) == "with an explicit deny in a resource-based policy"
    assert verdict(statement(), resource=[statement("Deny", NotPrincipal={"AWS": WHO.arn})]) == ""
    assert verdict(resource=[statement(Principal={"AWS": "arn:aws:iam::111122223333:root"})]) != ""
    assert verdict(resource=[statement(Principal="*")]) == ""


def test_what_cannot_be_judged_is_not_skipped() -> None:
    with pytest.raises(ValueError, match="ForAllValues"):
        Policy({"Statement": statement(Condition={"ForAllValues:StringEquals": {"s3:x": "a"}})})
    with pytest.raises(ValueError, match="Surprise"):
        Policy({"Statement": statement(Surprise=1)})
