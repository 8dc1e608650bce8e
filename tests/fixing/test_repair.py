"""Secrets repaired by whoever has them: the parts that a service tells, put together again, are what --fix writes."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from tests.support.damaged import AWS, CASES, SAS, destination
from validator.checking.assemble import Settings
from validator.checking.lint import examine
from validator.core.model import Secret
from validator.fixing.repair import apply, repairs


@pytest.mark.parametrize(("type_", "parameters"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_parts_make_what_fix_writes(type_: str, parameters: dict[str, str]) -> None:
    one, options = destination(type_, parameters), Settings().options(type_)
    wanted = {
        (found.name, operation.path): operation.value.reveal() if isinstance(operation.value, Secret) else operation.value
        for found in examine(one, options).findings
        if found.fix
        for operation in found.fix.patch
        if operation.secret
    }
    made = {(each.finding, each.pointer): apply(each, parameters[each.origin.split("/")[-1]]) for each in repairs(one, options)}
    assert made
    assert made == wanted


@pytest.mark.parametrize(("type_", "parameters"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_told_holds_no_part_of_a_secret(type_: str, parameters: dict[str, str]) -> None:
    for each in repairs(destination(type_, parameters), Settings().options(type_)):
        signs = [part for part in asdict(each)["parts"] if isinstance(part, str)]
        assert {character for sign in signs for character in sign} <= set("&=%?+/23BFD")
        assert max(map(len, signs), default=0) <= 3


def test_what_is_more_than_parts_and_signs_is_not_told() -> None:
    lower = {
        **AWS,
        "aws_access_key_id": "akiaqwertyuiopasdfgh",
        "aws_secret_access_key": "wJalrXUtnFEMIxK7MDENGbPxRfiCYzEXAMPLESEC",
    }
    assert repairs(destination("amazon_s3", lower), Settings().options("amazon_s3")) == []


def test_a_long_value_is_gone_through_once() -> None:
    long = {"account": "imageryaccount", "container": "imagery", "sas_token": "?" + "&" * 60_000 + SAS}
    repairs(destination("azure_blob_storage", long), Settings().options("azure_blob_storage"))
