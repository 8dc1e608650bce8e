"""What the library takes: paths of every kind, mappings, lists, generators, and the planet SDK's own models."""

from __future__ import annotations

import json
from collections import OrderedDict
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any

import pytest

from validator import check, lint, load
from validator.checking.fleet import partition
from validator.core.errors import BadSource
from validator.core.model import Secret
from validator.sources.loader import Loaded

PARAMETERS = {
    "bucket": "imagery-in",
    "aws_region": "eu-central-1",
    "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "EXAMPLE/" * 5,
}
REQUEST = {"name": "mine", "type": "amazon_s3", "parameters": PARAMETERS}


class Named:
    def __init__(self, path: Any) -> None:
        self.path = path

    def __fspath__(self) -> Any:
        return self.path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "dest.json"
    path.write_text(json.dumps(REQUEST))
    return path


@pytest.mark.parametrize("kind", [str, Path, PurePath, Named])
def test_paths_of_every_kind(file: Path, kind: Any) -> None:
    loaded = load(kind(str(file)))
    assert [each.name for each in loaded.destinations] == ["mine"]
    assert loaded.files == (str(file),)
    assert lint(kind(str(file))).destinations[0].name == "mine"
    assert len(load([kind(str(file)), str(file.parent)]).destinations) == 1  # the folder holds the same file


def models() -> dict[str, Any]:
    from planet.types import destinations as sdk
    from pydantic import BaseModel, SecretStr

    class Kept(BaseModel):
        name: str
        type: sdk.DestinationType
        parameters: dict[str, SecretStr]

    request = sdk.DestinationRequest(name="mine", type="amazon_s3", parameters=PARAMETERS)
    return {
        "model": request,
        "parameters": {"name": "mine", "type": sdk.DestinationType.amazon_s3, "parameters": sdk.AmazonS3Params(**PARAMETERS)},
        "secret strings": Kept(name="mine", type="amazon_s3", parameters=PARAMETERS),
        "model in a list": [request],
        "models in a mapping": {"destinations": [request]},
    }


@pytest.mark.parametrize(
    "given",
    [
        REQUEST, OrderedDict(REQUEST), MappingProxyType(REQUEST), [REQUEST], (REQUEST,), {"destinations": [REQUEST]}, iter([REQUEST]),
        (each for each in [REQUEST]), {"a": REQUEST}.values(), [[REQUEST][0]], *models().values(),
    ],
)  # fmt: skip
def test_values_of_every_kind(given: Any) -> None:
    (destination,) = load(given).destinations
    assert (destination.name, destination.type) == ("mine", "amazon_s3")
    assert destination.parameters["bucket"] == "imagery-in"
    assert destination.parameters["aws_secret_access_key"] == Secret(PARAMETERS["aws_secret_access_key"])
    assert [each.name for each in destination.problems] == []


def test_what_planet_gave_back_is_still_told_from_a_request() -> None:
    from planet.types.destinations import Destination

    answer = {
        **REQUEST, "id": "mine-1", "pl:ref": "pl:destinations/mine-1", "created": "2026-01-01T00:00:00Z", "updated": "2026-01-01T00:00:00Z",
        "archived": None, "default": False, "ownership": {"is_owner": True, "owner_id": 1}, "permissions": {"can_write": True},
        "_links": {"_self": "https://api.planet.com/destinations/v1/mine-1"},
        "parameters": {**PARAMETERS, "aws_secret_access_key": "<REDACTED>"},
    }  # fmt: skip
    found = lint(Destination(**answer)).destinations[0].findings
    assert "redacted-secret" in [each.name for each in found]


def test_a_list_of_several_kinds(file: Path) -> None:
    both = load([str(file), REQUEST, load(REQUEST), load(REQUEST).destinations[0]])
    assert [each.source for each in both.destinations] == [str(file), "-", "-", "-"]
    assert load(both) is both
    assert load(both.destinations[0]).destinations == both.destinations[:1]


@pytest.mark.parametrize("function", [check, lint, load])
@pytest.mark.parametrize("empty", [list, tuple, dict, lambda: iter(()), lambda: {"destinations": []}])
def test_nothing_is_refused_not_passed(function: Any, empty: Any) -> None:
    with pytest.raises(BadSource):
        function(empty())


@pytest.mark.parametrize("function", [check, lint])
def test_what_was_loaded_empty_is_refused_as_well(function: Any) -> None:
    with pytest.raises(BadSource, match="there is no destination"):
        function(Loaded(()))


@pytest.mark.parametrize("wrong", [None, 7, b"dest.json", Named(b"dest.json"), object(), [7], [None], [[]]])
def test_what_is_no_source_is_refused_in_a_line_that_does_not_quote_it(wrong: Any) -> None:
    with pytest.raises(BadSource) as bad:
        load(wrong)
    assert "\n" not in str(bad.value)
    assert "dest.json" not in str(bad.value)


@pytest.mark.parametrize(
    "text",
    [
        '{"parameters": {"password": "EXAMPLE-secret"}}', ' [{"password": "EXAMPLE-secret"}]', "password: EXAMPLE-secret\n",
        json.dumps({"password": "EXAMPLE-secret" * 1000}), "EXAMPLE-secret" * 1000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("function", [check, lint, load, lambda source: partition(source, 2)])
def test_a_request_as_text_is_no_path_and_not_shown(function: Any, text: str) -> None:
    for source in (text, [text], [text, "none.json"]):
        with pytest.raises(BadSource, match="a text is given where the path of a file is expected") as bad:
            function(source)
        assert "EXAMPLE" not in str(bad.value)


def test_a_file_may_be_called_what_it_likes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("{a}\n.json").write_text(json.dumps(REQUEST))
    assert len(load("{a}\n.json").destinations) == 1
    with pytest.raises(BadSource, match="File name too long"):
        load("x" * 300)


def test_a_client_is_no_source() -> None:
    from planet import Auth, Planet, Session

    with pytest.raises(BadSource, match="of the type Planet"):
        check(Planet(Session(auth=Auth.from_key("PLAK-EXAMPLE"))))  # type: ignore[arg-type]  # that is the mistake


def test_an_endless_list_is_no_source() -> None:
    from itertools import repeat

    with pytest.raises(BadSource, match="more than"):
        load(repeat(REQUEST))
