"""``check --all-from-planet`` and ``init --from-planet``: what a local Planet has, checked on a local S3 and written as a source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from validator.demo.emulators.planet import PlanetEmulator
from validator.demo.emulators.s3 import S3Emulator, UserKey


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Emulator]:
    with S3Emulator() as emulator:
        emulator.bucket("imagery-in")
        emulator.bucket("imagery-two")
        yield emulator


@pytest.fixture(scope="module")
def good(s3: S3Emulator) -> UserKey:
    return s3.user("planet-stored")


@pytest.fixture
def planet(planet: PlanetEmulator, monkeypatch: pytest.MonkeyPatch, s3: S3Emulator) -> Iterator[PlanetEmulator]:
    monkeypatch.setenv("PLANET_VALIDATOR_ENDPOINT", f"s3={s3.url}")
    yield planet
    assert {each.method for each in planet.requests} <= {"GET"}


def request(key: UserKey, name: str | None = None, **changes: Any) -> dict[str, Any]:
    parameters = {
        "bucket": "imagery-in", "aws_region": "eu-central-1",
        "aws_access_key_id": key.access_key_id, "aws_secret_access_key": key.secret_access_key,
    }  # fmt: skip
    return {**({"name": name} if name else {}), "type": "amazon_s3", "parameters": {**parameters, **changes}}


def save(path: str, made: dict[str, Any]) -> str:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text(json.dumps(made))
    return path


def verdicts(text: str) -> dict[str, str]:
    return {each["name"]: each["verdict"] for each in json.loads(text)["destinations"]}


# ---- check -----------------------------------------------------------------------------------------------------------


def test_each_that_has_a_source_is_checked_and_the_others_are_named(run: Any, planet: PlanetEmulator, good: UserKey) -> None:
    planet.add(request(good, "north"))
    planet.add(request(good, "lone", bucket="imagery-two"))
    planet.add(request(good, "gone", bucket="imagery-two"), archived=True)
    save("d/any.json", request(good))
    save("d/new.json", request(good, bucket="not-at-planet"))
    code, out, err = run("check", "--all-from-planet", "d", "-f", "json")
    assert (code, verdicts(out)) == (0, {"north": "pass"})
    assert "Planet has 2 destinations: 1 checked, 1 without a source.\n  lone    amazon_s3    imagery-two\n" in err
    assert "Planet shows no secret" in err
    code, out, _ = run("check", "--all-from-planet", "d", "--strict")
    assert (code, "PASS  north" in out, "1 without a source" in out) == (1, True, True)


def test_what_planet_has_is_checked_not_what_the_source_says(run: Any, planet: PlanetEmulator, good: UserKey) -> None:
    planet.add(request(good, "north", aws_region="us-west-2"))
    code, out, _ = run("check", "--all-from-planet", save("d.json", request(good)), "-f", "json")
    assert (code, verdicts(out)) == (1, {"north": "fail"})
    assert "wrong-region" in out


def test_another_key_is_not_taken(run: Any, planet: PlanetEmulator, good: UserKey, s3: S3Emulator) -> None:
    planet.add(request(good, "north"))
    before = len(s3.requests)
    code, out, err = run("check", "--all-from-planet", save("d.json", request(s3.user("another"))))
    assert (code, out) == (3, "")
    assert (
        "0 checked, 1 without a source.\n  north    amazon_s3    imagery-in\n    d.json has another key than Planet's\n" in err
    )
    assert len(s3.requests) == before


def test_one_that_is_selected(run: Any, planet: PlanetEmulator, good: UserKey) -> None:
    planet.add(request(good, "north"))
    planet.add(request(good, "two", bucket="imagery-two"))
    save("d/north.json", request(good, "north"))
    save("d/two.json", request(good, "two", bucket="imagery-two"))
    code, out, err = run("check", "--all-from-planet", "d", "--select", "two", "-f", "json", "--strict")
    assert (code, verdicts(out), "1 checked, 0 without" in err) == (0, {"two": "pass"}, True)


def test_planet_must_answer_and_other_work_is_refused(
    run: Any, planet: PlanetEmulator, good: UserKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = save("d.json", request(good))
    for option in (("--fix",), ("--against", source)):
        assert run("check", "--all-from-planet", source, *option)[0] == 2
    for _ in range(3):
        planet.fault("GET", "lose-answer")
    assert run("check", "--all-from-planet", source)[0] == 3
    monkeypatch.delenv("PLANET_VALIDATOR_PLANET_URL")
    code, _, err = run("check", "--all-from-planet", source)
    assert (code, "--endpoint is refused here" in err) == (2, True)


# ---- init ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.parametrize("suffix", [".yaml", ".toml", ".json"])
def test_a_source_of_what_planet_knows(
    run: Any, planet: PlanetEmulator, good: UserKey, suffix: str, archived: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = planet.add(request(good, 'no"rth ${HOME}', explicit_sse=True), colleague=True, archived=archived)
    code, out, err = run("init", "--from-planet", made.id, f"d{suffix}")
    assert (code, out) == (0, "")
    text = Path(f"d{suffix}").read_text()
    assert good.secret_access_key not in text
    assert "REDACTED" not in text
    assert good.access_key_id in text
    assert "AWS_SECRET_ACCESS_KEY is not in it." in err
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", good.secret_access_key)
    code, out, _ = run("check", f"d{suffix}", "-f", "json")
    assert (code, verdicts(out)) == (0, {'no"rth ${HOME}': "pass"})


def test_to_standard_output_by_reference(run: Any, planet: PlanetEmulator, good: UserKey) -> None:
    made = planet.add(request(good, "north"))
    code, out, err = run("init", "--from-planet", f"pl:destinations/{made.id}")
    assert (code, err) == (0, "")
    assert 'name: "north"\n' in out
    assert '\n  aws_secret_access_key: "${AWS_SECRET_ACCESS_KEY}"\n' in out


def test_what_is_refused(run: Any, planet: PlanetEmulator, good: UserKey) -> None:
    made = planet.add(request(good, "north"))
    Path("there.yaml").write_text("mine")
    for arguments, said in (
        (("nothing-of-the-kind",), "your organisation has no destination"),
        ((made.id, "there.yaml"), "exists already"),
        ((made.id, "s3", "d.yaml"), "takes a FILE alone"),
        ((made.id, "d.yaml", "--write-secrets"), "Planet gives no secret back"),
    ):
        code, out, err = run("init", "--from-planet", *arguments)
        assert (code, out, said in err) == (2, "", True), err
    assert run("init")[0] == 2
    for _ in range(3):
        planet.fault("GET", "lose-answer")
    assert run("init", "--from-planet", made.id, "d.yaml")[0] == 3
    assert not Path("d.yaml").exists()
