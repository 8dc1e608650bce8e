"""``jq`` and ``envsubst``, which make requests out of variables in scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.programs import GOOD, plain, read
from validator.core.errors import BadSource

pytestmark = pytest.mark.usefixtures("here")

JQ = """'{name: "one of ours", type: "amazon_s3", parameters: {$bucket, "aws_region": "eu-west-1", aws_access_key_id: $key,
  aws_secret_access_key: "EXAMPLE", explicit_sse: $sse}}'"""
GIVEN = """--arg bucket "$BUCKET" --argjson sse true --arg key 'AKIA"EXAMPLE'"""
TO_PLANET = "https://api.planet.com/destinations/v1"


@pytest.mark.parametrize(
    "text",
    [
        f"jq -n {GIVEN} {JQ} | curl -d @- {TO_PLANET}\n",
        f"jq --null-input -c {JQ} {GIVEN} | curl --json @- {TO_PLANET}\n",
        f'PAYLOAD=$(jq -nc {GIVEN} {JQ})\ncurl -d "$PAYLOAD" {TO_PLANET}\n',
        f"jq -n {GIVEN} {JQ} > order.json\ncurl -d @order.json {TO_PLANET}\n",
        f'curl -d "$(jq -n {GIVEN} {JQ})" {TO_PLANET}\n',
        f"jq -n {GIVEN} --arg bucket other {JQ} | curl -d @- {TO_PLANET}\n",  # the first of one name counts
    ],
)
def test_what_jq_puts_together_is_read(text: str) -> None:
    (found,) = read(text, "send.sh", env={"BUCKET": 'imagery"in'})
    assert plain(found) == {
        "bucket": 'imagery"in',
        "aws_region": "eu-west-1",
        "aws_access_key_id": 'AKIA"EXAMPLE',
        "aws_secret_access_key": "EXAMPLE",
        "explicit_sse": True,
    }


@pytest.mark.parametrize(
    "program",
    [
        f"jq {GIVEN} {JQ} base.json",  # its input is a file's
        f"jq -n {GIVEN} {JQ.replace('$bucket,', 'bucket: ($bucket + $key),')}",
        f"jq -n {GIVEN} {JQ.replace('$bucket,', 'bucket: $other,')}",
        f"jq -n {GIVEN} {JQ.replace('EXAMPLE', chr(92) + '($key)')}",
        f"jq -n {GIVEN} {JQ[:-1]} | .name = 1'",
        f"jq -n {GIVEN} --slurpfile x y.json {JQ}",
        f"jq -n {GIVEN} {JQ.replace('$sse', 'env.SSE')}",
        "jq '.parameters.bucket = \"other\"' base.json",
        "envsubst < base.json",
    ],
)
def test_what_jq_works_out_is_said(program: str) -> None:
    Path("base.json").write_text(json.dumps(GOOD))
    with pytest.raises(BadSource, match="is not known"):
        read(f"{program} | curl -d @- {TO_PLANET}\n", "send.sh", env={"BUCKET": "imagery-in"})


def test_the_template_of_envsubst_is_proposed_as_a_source() -> None:
    with pytest.raises(BadSource, match=r"name its template as the source: \$\{NAME\} in it is a reference"):
        read(f"envsubst < base.json | curl -d @- {TO_PLANET}\n", "send.sh")
