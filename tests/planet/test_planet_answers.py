"""Answers of Planet's that hold anything in any field: what is documented is read, the rest is nothing, and no command is made of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.planet_api import GOOD
from tests.support.wire import Answer, Request, Wire
from validator.cli import app, console
from validator.planet import answers, api

WRONG: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, "", "x", "; touch EXAMPLE #", "../../x", "\x1b[31m\r\n::error::x", "\u202e\u2028", "A" * 100_000, [], [1], {}, {"a": [1]}, [[]],
)  # fmt: skip
TEXTS = ("id", "pl:ref", "name", "type", "created", "updated")


def test_a_documented_answer_stays_as_it_is() -> None:
    assert answers.destination(GOOD) == GOOD


@pytest.mark.parametrize("field", GOOD)
def test_what_is_not_of_its_type_is_left_out(field: str) -> None:
    for value in WRONG:
        told = answers.destination({**GOOD, field: value})
        assert all(isinstance(told.get(each, ""), str) and len(told.get(each, "")) <= answers.LONGEST for each in TEXTS)
        assert answers.is_id(told["id"])
        assert answers.is_id(told.get("pl:ref", GOOD["pl:ref"]).removeprefix(answers.REFERENCE))
        assert isinstance(told.get("default", False), bool)
        assert all(isinstance(told.get(each, {}), dict) for each in ("parameters", "permissions", "ownership"))
        assert not value or field != "archived" or told["archived"] == "unknown"


def test_an_answer_without_an_id_and_reference_names_no_destination() -> None:
    assert "id" not in answers.destination({**GOOD, "id": ["x"], "pl:ref": "pl:destinations/; touch EXAMPLE"})


@pytest.mark.parametrize("value", WRONG)
def test_parameters_are_words_and_flags(value: Any) -> None:
    told = answers.destination({**GOOD, "parameters": {"bucket": value}})["parameters"]
    assert all(isinstance(each, str | bool) and len(str(each)) <= answers.LONGEST for each in told.values())


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_has_no_id_is_counted(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(api, "PACE", 0.0)
    monkeypatch.setenv("PL_API_KEY", "PLAK-EXAMPLE")
    listed = [GOOD, {**GOOD, "id": "; touch EXAMPLE #"}, "EXAMPLE", None, {}]
    with Wire(
        lambda _: Answer(200, {"content-type": "application/json"}, json.dumps({"destinations": listed}).encode())
    ) as wire:
        monkeypatch.setenv("PLANET_VALIDATOR_PLANET_URL", wire.url)
        Path("dest.json").write_text(json.dumps({"type": "amazon_s3", "name": "new one", "parameters": {"bucket": "other"}}))
        assert app.run(["list", "-f", form]) == 0
        told = capsys.readouterr().out
        assert app.run(["check", "--all-from-planet", "dest.json"]) == 3
        checked = capsys.readouterr().err
    said = "3 further entries of Planet's list have no usable id: left out.\n"
    assert json.loads(told)["without_id"] == 3 if form == "json" else told.endswith(f"1 destination at Planet. {said}")
    assert checked.endswith(said)
    console.forget()


@pytest.mark.parametrize("command", ["list", "create", "update"])
@pytest.mark.parametrize("field", ["id", "parameters", "permissions", "archived"])
def test_no_command_ends_in_a_fault_of_ours(
    command: str, field: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(api, "PACE", 0.0)
    monkeypatch.setenv("PL_API_KEY", "PLAK-EXAMPLE")
    Path("dest.json").write_text(json.dumps({"type": "amazon_s3", "name": "new one", "parameters": {"bucket": "imagery-in"}}))

    wrong: list[Any] = []

    def answer(request: Request) -> Answer:
        told: Any = {**GOOD, field: wrong[-1]}
        if request.method == "GET" and request.path.partition("?")[0].endswith("/v1"):
            told = {"destinations": [told]}
        return Answer(201 if request.method == "POST" else 200, {"content-type": "application/json"}, json.dumps(told).encode())

    arguments = {"list": ["list"], "create": ["create", "dest.json"], "update": ["update", GOOD["id"], "dest.json"]}[command]
    with Wire(answer) as wire:
        monkeypatch.setenv("PLANET_VALIDATOR_PLANET_URL", wire.url)
        for each in ("; touch EXAMPLE #", ["x"]):
            wrong.append(each)
            code = app.run(arguments)
            said = capsys.readouterr()
            assert code in (0, 1, 2, 3)
            assert "unexpected" not in said.err, said.err
            assert "touch EXAMPLE" not in said.out + said.err
    console.forget()
