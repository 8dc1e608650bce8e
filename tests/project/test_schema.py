"""The schema of sources: valid itself, true of every example, and it refuses what lint refuses."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.conftest import ROOT
from validator import providers
from validator.sources.schema import schema

pytestmark = pytest.mark.no_cover  # measured: other tests go through these lines

EXAMPLES = sorted(
    path
    for path in (ROOT / "docs" / "examples").glob("*.*")
    if path.stem in (*providers.BUILT_IN, "many", "order", "subscription")
)


def of(path: Path) -> Any:
    text = path.read_text()
    return {".json": json.loads, ".yaml": yaml.safe_load, ".toml": tomllib.loads}[path.suffix](text)


def valid(value: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(schema()).is_valid(value))


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert json.loads(json.dumps(schema())) == schema()


@pytest.mark.parametrize("name", providers.BUILT_IN)
def test_a_types_page_shows_a_request_that_fits(name: str) -> None:
    page = (ROOT / "docs" / "providers" / f"{name}.md").read_text(encoding="utf-8")
    request = yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0])
    assert request["type"] == name
    assert valid(request)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_fit(path: Path) -> None:
    assert valid(of(path))


GOOD = of(ROOT / "docs" / "examples" / "amazon_s3.json")


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        [],
        {**GOOD, "type": "amazon"},
        {**GOOD, "type": "azure_blob_storage"},
        {**GOOD, "name": "ab"},
        {**GOOD, "colour": 1},
        {**GOOD, "parameters": {**GOOD["parameters"], "region": "x"}},
        {**GOOD, "parameters": {**GOOD["parameters"], "explicit_sse": "true"}},
        {**GOOD, "parameters": {"bucket": "x"}},
        {"delivery": {"amazon_s3": {"bucket": "x"}}},
        {"delivery": {"type": "amazon_s3", "parameters": {"bucket": "x"}}},
        {"destinations": [{"type": "gcs"}]},
    ],
)
def test_what_does_not_fit(wrong: Any) -> None:
    assert not valid(wrong)


def test_short_types_and_schema_keys_fit() -> None:
    assert valid({**GOOD, "type": "s3", "$schema": "x"})
    assert valid([GOOD, GOOD])


def test_every_parameter_is_described_and_no_secret_has_an_example_value() -> None:
    for name in providers.BUILT_IN:
        made = schema()["$defs"][f"{name}_parameters"]["properties"]
        assert made
        for each in made.values():
            assert each["description"]
            if each.get("writeOnly"):
                assert all(example.startswith("${") for example in each["examples"])
