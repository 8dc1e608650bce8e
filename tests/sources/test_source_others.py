"""Documents that resemble other tools', and are sources; what is wrong with those is for the check of them to say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cases import in_parts
from tests.support.programs import read_as
from validator.core.errors import BadSource

pytestmark = pytest.mark.usefixtures("here")

S3 = {"bucket": "imagery-in", "aws_region": "eu-west-1", "aws_access_key_id": "EXAMPLE", "aws_secret_access_key": "EXAMPLE"}


@in_parts(
    "value",
    [
        {"type": "azure_blob_storage", "account": "imagery", "container": "in", "connectionString": "EXAMPLE"},
        {"amazon_s3": S3, "name": "x", "collection": "y"},
        {"amazon_s3": S3, "pipelines": []},
        {"name": "x", "type": "amazon_s3", "collection": "y", **S3},
        {"type": "amazon_s3", **S3, "meta": {"script": "deliver.sh"}},
        {each: {"type": "amazon_s3", "parameters": S3, "script": "deliver.sh"} for each in ("dev", "prod")},
    ],
)
def test_what_holds_a_destination_is_read_whatever_else_stands_in_it(value: Any) -> None:
    assert read_as("source.json", json.dumps(value))


@in_parts(
    ("name", "text", "said"),
    [
        ("o.json", json.dumps({"name": "x", "source": {}, "collection": "y"}), "has no delivery"),
        ("o.json", json.dumps({"bucket_name": "b", "aws_access_key_id": "c", "aws_region": "d"}), "none of type, parameters"),
        ("pasted", "sas: EXAMPLE\nsig: sig=EXAMPLE\ntype: azure_blob_storage\nparameters:\n\taccount: x\n", "line 5: .* a tab"),
        ("pasted", "# not by fetch(x)\ntype: azure_blob_storage\nparameters:\n\taccount: x\n", "line 4: .* a tab"),
        ("o.yaml", 'note: "a\n\u00a0 b"\nmore: 1\nlist: [1\nother: 2\n', "not YAML: [^n]"),
    ],
)
def test_its_own_fault_is_told(name: str, text: str, said: str) -> None:
    with pytest.raises(BadSource, match=said):
        read_as(name, text)


def test_an_address_that_only_names_amazon_is_another_stores() -> None:
    text = (
        "S3_BUCKET=imagery-in\nS3_REGION=auto\nS3_ACCESS_KEY_ID=EXAMPLE\nS3_SECRET_ACCESS_KEY=EXAMPLE\n"
        "S3_ENDPOINT=https://x.r2.cloudflarestorage.com/?amazonaws.com\n"
    )
    (found,) = read_as(".env", text)
    assert found.type == "s3_compatible"
