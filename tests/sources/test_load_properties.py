"""Any document at all: BadSource or findings, never another exception, and never a secret in what is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.whole import whole
from validator.checking.assemble import lint
from validator.core.errors import BadSource
from validator.fixing import proposals
from validator.sources.document import ParseError
from validator.sources.forms import read
from validator.sources.loader import References, load
from validator.sources.parsers.json import read_json

pytestmark = [
    pytest.mark.no_cover,  # long, and through the same lines as shorter tests
    pytest.mark.usefixtures("here"),
]

CANARY = "kX9EXAMPLEq7Zr2Wv8Lm4Tn6Bc1Yd3Pf5Hs0Gj"
KEEP = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

GOOD: dict[str, Any] = {
    "name": "imagery",
    "type": "amazon_s3",
    "parameters": {
        "bucket": "imagery-in",
        "aws_region": "eu-central-1",
        "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12",
        "aws_secret_access_key": CANARY,
        "explicit_sse": True,
    },
}
TOML = f'name = "imagery"\ntype = "gcs"\n[parameters]\nbucket = "imagery-in"\ncredentials = "{CANARY}"\n'
TEXTS = {
    "dest.json": [
        json.dumps(GOOD, indent=1),
        json.dumps({"delivery": {"amazon_s3": GOOD["parameters"]}}),
        json.dumps({"destinations": [GOOD, GOOD]}),
        f"x = {GOOD!r}",
    ],
    "dest.yaml": [yaml.safe_dump(GOOD), yaml.safe_dump([GOOD], default_flow_style=True)],
    "dest.toml": [TOML],
}
KEYS = st.sampled_from(
    ["name", "type", "parameters", "destinations", "delivery", "hosting", "bucket", "credentials", "amazon_s3", "path_prefix", "_links", "${A}", ""]
) | st.text(max_size=8)  # fmt: skip
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["amazon_s3", "gcs", "destination", "${A}", "${file:/dev/null}", "<REDACTED>", "google_earth_engine"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)


def survives(name: str, data: bytes | str) -> None:
    """Load, judge and fix; everything that would be shown holds no part of the secret."""
    Path(name).write_bytes(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
    try:
        loaded = load(name, references=References(env={"A": CANARY}))
        report = lint(loaded)
        edits = proposals.propose(loaded.destinations, report, references=References(env={}))
        said = whole((report, edits, [each.problems for each in loaded.destinations])) + "".join(each.diff for each in edits)
    except BadSource as bad:
        said = repr(bad) + str(bad)
    assert not [CANARY[at : at + 12] for at in range(len(CANARY) - 11) if CANARY[at : at + 12] in said]


@KEEP
@given(st.sampled_from(sorted(TEXTS)), st.binary(max_size=200) | st.text(max_size=200))
def test_arbitrary_bytes(name: str, data: bytes | str) -> None:
    survives(name, data)


@KEEP
@given(VALUES)
def test_arbitrary_documents(value: Any) -> None:
    survives("dest.json", json.dumps(value))


@KEEP
@given(st.dictionaries(st.sampled_from(["name", "type", "parameters"]), VALUES, min_size=1), VALUES)
def test_almost_requests(value: Any, other: Any) -> None:
    survives("dest.json", json.dumps({**GOOD, **value}))
    survives("dest.yaml", yaml.safe_dump({**GOOD, "parameters": {**GOOD["parameters"], "bucket": other}}))


@KEEP
@given(st.data())
def test_mutated_good_ones(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(TEXTS)))
    text = data.draw(st.sampled_from(TEXTS[name]))
    secret = range(text.index(CANARY), text.index(CANARY) + len(CANARY))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        if at in secret:
            continue  # half a secret elsewhere is another value
        cut = data.draw(st.integers(0, 3)) if not set(range(at, at + 4)) & set(secret) else 0
        new = data.draw(st.sampled_from([*"{}[]:,\"'\n\t #&*!|>-=\\\0${}\u201c\u2019", "${A}", "\ud800", "null", "1" * 400]))
        text = text[:at] + new + text[at + cut :]
        at = text.find(CANARY)
        secret = range(at, at + len(CANARY))
    survives(name, text)


@KEEP
@given(VALUES)
def test_what_json_says_is_what_is_read(value: Any) -> None:
    text = json.dumps(value)
    try:
        done = read(text, "json")
    except ParseError:
        return  # half characters, NUL
    if not isinstance(value, str) and not done.faults:
        assert done.value == json.loads(text)
        assert not done.repairs
        for pointer, span in done.spans.items():
            inside = json.loads(text[span.start : span.end])
            target = done.value
            for part in pointer.split("/")[1:]:
                target = target[int(part)] if isinstance(target, list) else target[part.replace("~1", "/").replace("~0", "~")]
            assert inside == target


@KEEP
@given(st.text(alphabet="{}[]:,\"'01aTe.\\ \n-", max_size=40))
def test_nothing_that_is_json_is_refused_or_read_otherwise(text: str) -> None:
    try:
        strict = json.loads(text)
    except ValueError:
        return
    try:
        done = read_json(text)
    except ParseError as broken:
        assert "twice" in str(broken) or "digits" in str(broken) or "holds JSON" in str(broken)  # noqa: PT017 - either is right
        return
    assert done.value == strict or done.repairs
