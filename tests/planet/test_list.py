"""``list``: what a local Planet has, beside local sources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from validator.demo.emulators.planet import PlanetEmulator


def s3(bucket: str = "imagery-in", key: str = "AKIAEXAMPLEEXAMPLE23", **changes: Any) -> dict[str, Any]:
    parameters = {"bucket": bucket, "aws_region": "eu-central-1", "aws_access_key_id": key, "aws_secret_access_key": "x" * 40}
    return {"type": "amazon_s3", "parameters": {**parameters, **changes}}


def azure(days: float, container: str = "planet") -> dict[str, Any]:
    end = f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%dT%H%%3A%M%%3A%SZ}"
    token = f"sv=2023-11-03&sr=c&sp=rwdl&se={end}&sig=RVhBTVBMRUVYQU1QTEVFWEFNUExFRVhBTVBMRUVYQU0%3D"
    return {
        "type": "azure_blob_storage",
        "parameters": {"account": "imageryaccount", "container": container, "sas_token": token},
    }


def save(path: str, request: Mapping[str, Any]) -> str:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text(json.dumps(request))
    return path


def test_everything_beside_everything(run: Any, planet: PlanetEmulator) -> None:
    north = planet.add({"name": "north", **s3()})
    sas = azure(9.5)
    south = planet.add({"name": "south", **sas})
    west = planet.add({"name": "west", **s3("west-bucket")}, archived=True)
    lone = planet.add({"name": "lone", **s3("lone-bucket")}, colleague=True)
    planet.destinations.default = north.id
    save("d/north.json", s3())
    save("d/south.json", sas)
    save("d/new.json", s3("new-bucket"))
    code, out, err = run("list", "d")
    assert (code, err) == (0, "")
    assert (
        out
        == (
            f"lone    amazon_s3    lone-bucket\n  pl:destinations/{lone.id}\n  no source\n\n"
            f"north    amazon_s3    imagery-in    default\n  pl:destinations/{north.id}\n  source: d/north.json\n\n"
            f"south    azure_blob_storage    imageryaccount/planet\n  pl:destinations/{south.id}\n  source: d/south.json\n"
            f"  its credential ends {sas['parameters']['sas_token'].partition('&se=')[2][:10]} "
        )
        + out.partition("its credential ends ")[2][11:]
    )
    assert "(in 9 days)" in out
    assert f"west    amazon_s3    west-bucket    archived since {west.archived[:10]}\n" in out
    assert "Not at Planet:\n  new-bucket    amazon_s3    new-bucket    d/new.json\n" in out
    assert out.endswith("\n3 destinations at Planet, and 1 archived: 2 with a source, 1 without. 1 source is not at Planet.\n")
    assert {each.method for each in planet.requests} == {"GET"}


def test_without_sources_and_in_one_line_each(run: Any, planet: PlanetEmulator) -> None:
    made = planet.add({"name": "north", **s3()})
    assert run("list") == (
        0,
        f"north    amazon_s3    imagery-in\n  pl:destinations/{made.id}\n\n1 destination at Planet.\n",
        "",
    )
    assert run("list", "-q") == (0, "north    amazon_s3    imagery-in\n1 destination at Planet.\n", "")


def test_for_programs(run: Any, planet: PlanetEmulator) -> None:
    made = planet.add({"name": "north", **azure(100)})
    save("north.json", {"name": "north", **azure(100)})
    code, out, _ = run("list", "north.json", "-f", "json")
    assert code == 0
    (told,) = json.loads(out)["destinations"]
    assert told.pop("credential_ends").endswith("Z")
    assert told == {
        "name": "north", "id": made.id, "ref": f"pl:destinations/{made.id}", "type": "azure_blob_storage",
        "bucket": "imageryaccount/planet", "archived": None, "default": False, "sources": ["north.json"],
        "sources_with_another_key": [],
    }  # fmt: skip
    assert json.loads(out)["not_at_planet"] == []


def test_a_name_decides_between_two_of_the_same_bucket(run: Any, planet: PlanetEmulator) -> None:
    planet.add({"name": "one", **s3()})
    planet.add({"name": "two", **s3()})
    save("two.json", {"name": "two", **s3()})
    save("any.json", s3())
    told = {
        each["name"]: each["sources"]
        for each in json.loads(run("list", "two.json", "any.json", "-f", "json")[1])["destinations"]
    }
    assert told == {"one": ["any.json"], "two": ["two.json", "any.json"]}


def test_another_key_is_no_source(run: Any, planet: PlanetEmulator) -> None:
    planet.add({"name": "north", **s3()})
    save("old.json", s3(key="AKIAEXAMPLEEXAMPLE99"))
    _, out, _ = run("list", "old.json")
    assert "\n  old.json: the same bucket with another key than Planet's\n" in out
    assert "0 with a source, 1 without. 0 sources are not at Planet." in out


@pytest.mark.parametrize(
    ("theirs", "ours", "same"),
    [
        (s3(), s3(aws_region="us-east-1"), True),  # a region may be corrected
        (s3("imagery-in"), s3("imagery-in/"), True),
        (s3(), s3("imagery-out"), False),
        (azure(9), azure(5), True),
        (azure(9), azure(9, "other"), False),
    ],
)
def test_which_source_is_for_which(
    run: Any, planet: PlanetEmulator, theirs: dict[str, Any], ours: dict[str, Any], same: bool
) -> None:
    planet.add(theirs)
    save("d.json", ours)
    (told,) = json.loads(run("list", "d.json", "-f", "json")[1])["destinations"]
    assert bool(told["sources"]) is same


def test_an_ended_token(run: Any, planet: PlanetEmulator) -> None:
    planet.add(azure(-3))
    assert "UTC (over)" in run("list", save("d.json", azure(-3)))[1]


def test_what_planet_says_is_shown_in_one_line(run: Any, planet: PlanetEmulator) -> None:
    planet.add({"name": "a\n\x1b[31mPASS", **s3()})
    _, out, _ = run("list", "-q")
    assert "\x1b" not in out
    assert len(out.splitlines()) == 2


@pytest.mark.parametrize("form", ["text", "json"])
def test_planet_cannot_be_asked(run: Any, planet: PlanetEmulator, form: str) -> None:
    for _ in range(3):
        planet.fault("GET", "lose-answer")
    code, out, err = run("list", "-f", form)
    assert (code, out) == (3, "")
    assert err.startswith("planet-validator: Planet could not be asked: ")


def test_no_login_and_a_refusal(run: Any, planet: PlanetEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    planet.fault("GET", "403")
    code, _, err = run("list")
    assert (code, "Planet does not let this login look" in err) == (2, True)
    monkeypatch.setenv("PL_API_KEY", "PLAK-EXAMPLE-wrong")
    code, _, err = run("list")
    assert (code, "PLAK-EXAMPLE-wrong" in err) == (2, False)
