"""Lint never raises, whatever stands in a source, and takes no time that grows faster than the source."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.cases import in_parts
from tests.support.judged import GOOD
from validator import providers
from validator.checking import lint as judging
from validator.checking.assemble import Settings, lint
from validator.core.errors import BadSource
from validator.core.model import Report
from validator.providers.base import declared
from validator.sources.loader import References, load, load_text

pytestmark = [
    pytest.mark.no_cover,  # thousands of cases through the same lines: tracing them triples their time
    pytest.mark.long,
]

ROOT = Path(__file__).parents[2]
MANY = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

PIECES = st.sampled_from(
    [
        "http://", "https://", "s3://", "gs://", "oci://", "arn:aws:s3:::", "//", "/", "[", "]", "[::1", "::1]", "%", "%zz", ":", ":99999", ":-1", "@",
        "?", "#", "&", "=", "sig=", "sv=2023-11-03", "se=", "st=9999", "sip=1", "sp=rwdl", "..", ".", "-", "_", " ", "\n", "\t", "\r", "\x0b", "\u2028",
        "\u200b", "\u00e9", "\u0130", "\uff0e", "xn--", "{", "}", "$", "${", "'", '"', "`", "\\", "\\n", "AKIA", "ASIA", "-----BEGIN", "eyJ", "ewo=",
        ".s3", "s3.", ".s3.amazonaws.com", ".blob.", "core.windows.net", ".oraclecloud.com", "objectstorage", "n/", "b/", "o/", "us-east-1", "eu", "0x7f", "1e9", "٣",
    ]
)  # fmt: skip
TEXT = st.characters(codec="utf-8", exclude_characters="\0")
"""A NUL and half a character are refused before, with the whole document."""
STRINGS = st.one_of(
    st.text(TEXT, max_size=60), st.lists(st.one_of(PIECES, st.text(TEXT, max_size=6)), max_size=12).map("".join)
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), STRINGS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(STRINGS, inner, max_size=3)),
    max_leaves=6,
)


def judged(document: Any) -> Report | None:
    try:
        loaded = load(document, references=References.none())
    except BadSource:
        return None
    report = lint(loaded)
    for each in report.destinations:
        assert "internal-error" not in [finding.name for finding in each.findings]
    return report


@pytest.mark.parametrize("kind", GOOD)
@MANY
@given(data=st.data())
def test_any_string_in_any_field(kind: str, data: st.DataObject) -> None:
    provider = providers.find(kind)
    assert provider is not None
    parameters: dict[str, Any] = {}
    for each in declared(provider.Parameters):
        strings = st.one_of(st.just(GOOD[kind].get(each.name, "")), STRINGS)
        parameters[each.name] = data.draw(strings if each.metadata["kind"] != "boolean" else st.booleans())
    report = judged({"name": "imagery", "type": kind, "parameters": parameters})
    assert report is not None


@pytest.mark.parametrize("kind", GOOD)
@MANY
@given(data=st.data())
def test_a_good_value_with_something_in_it(kind: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(GOOD[kind])))
    value = GOOD[kind][name]
    at, size = data.draw(st.integers(0, len(value))), data.draw(st.integers(0, 8))
    broken = value[:at] + data.draw(STRINGS) + value[at + size :]
    assert judged({"type": kind, "parameters": {**GOOD[kind], name: broken}}) is not None


@MANY
@given(document=VALUES, type_=st.one_of(st.sampled_from(sorted(GOOD)), STRINGS), names=st.lists(STRINGS, max_size=3))
def test_any_document(document: Any, type_: str, names: list[str]) -> None:
    judged({"name": document, "type": type_, "parameters": document})
    judged({"type": type_, "parameters": dict.fromkeys(names, document)})
    judged({"destinations": [document, {"type": type_, "parameters": document}]})
    judged({"delivery": {type_: document}})
    judged({"delivery": {"type": type_, "parameters": document}})


@pytest.mark.parametrize("example", sorted(each.name for each in (ROOT / "docs" / "examples").glob("*.json")))
@MANY
@given(data=st.data())
def test_every_example_with_something_else_in_a_place(example: str, data: st.DataObject) -> None:
    document = json.loads((ROOT / "docs" / "examples" / example).read_text())
    places: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting:
        each = waiting.pop()
        inside = list(each.items()) if isinstance(each, dict) else list(enumerate(each))
        places += [(each, key) for key, _ in inside]
        waiting += [item for _, item in inside if isinstance(item, dict | list)]
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = data.draw(VALUES)
    judged(document)


EXAMPLES = sorted(
    each
    for folder in ("docs/examples", "tests/examples/notebook")
    for each in (ROOT / folder).iterdir()
    if each.suffix in (".json", ".yaml", ".toml")
)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.name)
@MANY
@given(data=st.data())
def test_every_example_with_something_else_in_its_text(example: Path, data: st.DataObject) -> None:
    text = example.read_text(encoding="utf-8")
    for _ in range(data.draw(st.integers(1, 3))):
        at, size = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 6))
        text = text[:at] + data.draw(STRINGS) + text[at + size :]
    try:
        loaded = load_text(text, example.suffix, references=References.none())
    except BadSource:
        return
    for each in lint(loaded).destinations:
        assert "internal-error" not in [finding.name for finding in each.findings]


@pytest.mark.parametrize("bad", ["http://[", "https://[", "s3://[x]", "https://[::1", "https://x:y", "https://\u2100.example", "//[", "[", "https://a\u3002[b", "http://%"])  # fmt: skip
@in_parts("kind", GOOD)
def test_addresses_that_cannot_be_split_cost_no_other_its_report(kind: str, bad: str) -> None:
    for name in GOOD[kind]:
        request = {"type": kind, "parameters": {**GOOD[kind], name: bad}}
        report = judged([request, {"type": "amazon_s3", "parameters": GOOD["amazon_s3"]}])
        assert report is not None
        assert len(report.destinations) == 2
        assert report.destinations[1].target == "s3://imagery-in/planetverify.txt"


@pytest.mark.parametrize("uri", ["https://[", "http://[::1", "https://x:y/", "https://\u2100"])
def test_a_token_uri_that_cannot_be_split(uri: str) -> None:
    import base64

    from tests.support.google_key import key_file

    encoded = base64.b64encode(key_file(token_uri=uri).encode()).decode()
    report = judged({"type": "google_cloud_storage", "parameters": {"bucket": "imagery-in", "credentials": encoded}})
    assert report is not None
    assert "token-uri-unexpected" in [each.name for each in report.destinations[0].findings]


def test_a_fault_of_a_rule_costs_no_other_its_report(monkeypatch: pytest.MonkeyPatch) -> None:
    from validator.providers.s3 import lint_region

    def broken(region: str) -> Any:
        raise RuntimeError(f"EXAMPLE-secret {region}")

    monkeypatch.setattr(lint_region, "aws_region", broken)
    requests = [{"type": kind, "parameters": GOOD[kind]} for kind in ("amazon_s3", "s3_compatible")]
    report = lint(load(requests), Settings())
    first, second = report.destinations
    (found,) = [each for each in first.findings if each.name == "internal-error"]
    assert found.evidence == {"exception": "RuntimeError"}
    assert "EXAMPLE-secret" not in repr(found)
    assert first.verdict == "inconclusive"
    assert second.verdict == "pass"


# ---- bounded -----------------------------------------------------------------------------------------------------------

LENGTHS = (2_000, 4_000)


def steps(document: Any) -> int:
    """Lines of Python that judging takes: a measure that no load of the machine changes."""
    import sys

    count = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    loaded = load(document, references=References.none())
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        lint(loaded)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "made",
    [
        lambda size: {"type": "amazon_s3", "parameters": {f"p{index}": "x" for index in range(size)}},
        lambda size: {"type": "s3_compatible", "parameters": {f"access_key_{index}": "x" for index in range(size)}},
        lambda size: [{"name": f"n{index}"[:60], "type": "x", "parameters": {}} for index in range(size // 20)],
    ],
)  # fmt: skip
def test_many_names_take_time_that_grows_with_their_number(made: Any) -> None:
    small, large = (steps(made(size)) for size in LENGTHS)
    assert large < 3 * small


def test_thousands_of_unknown_parameters_are_counted_not_listed() -> None:
    report = judged({"type": "amazon_s3", "parameters": {**GOOD["amazon_s3"], **{f"p{index}": "x" for index in range(6_000)}}})
    assert report is not None
    found = [each for each in report.destinations[0].findings if each.name == "unknown-parameter"]
    assert len(found) == 21
    assert "5,980 more" in found[-1].detail


@pytest.mark.parametrize("kind", ["placeholder", "variable"])
def test_no_look_at_what_a_pattern_cannot_do_without_hides_what_it_matches(kind: str) -> None:
    """The patterns are compiled only for texts that hold one of a few words and signs."""
    written: Any = {"placeholder": judging._PLACEHOLDER, "variable": judging._VARIABLE}[kind]
    known = {"placeholder": judging._is_placeholder, "variable": judging._is_variable}[kind]

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.from_regex(re.compile(*written._written), fullmatch=True))
    def see(text: str) -> None:
        assert known(text)

    see()
