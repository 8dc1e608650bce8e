"""What the command says of itself: help, explanations, schemas, the closest to what was misspelt."""

from __future__ import annotations

import json
import shlex
from typing import Any

import jsonschema
import pytest

from tests.conftest import ROOT
from tests.support.command import request, save
from validator.cli import app as cli
from validator.core import catalog
from validator.demo.emulators.s3 import UserKey

# ---- explain and schema ----------------------------------------------------------------------------------------------


def test_explain_prints_the_page(run: Any) -> None:
    assert run("explain", "delete-denied").out == catalog.FINDINGS["delete-denied"].page


def test_explain_is_lightly_formatted_on_a_terminal(run: Any) -> None:
    told = run("explain", "delete-denied", "--color", "always").out
    assert "\x1b[1m" in told
    assert "```" not in told


def test_explain_without_a_name_lists_every_finding(run: Any) -> None:
    told = run("explain").out
    for name in catalog.FINDINGS:
        assert f"  {name} " in told


def test_explain_suggests_the_closest(run: Any) -> None:
    assert "is delete-denied" in run("explain", "delete_deneid").err


def test_explain_speaks_json(run: Any) -> None:
    told = json.loads(run("explain", "delete-denied", "-f", "json").out)
    assert (told["name"], told["severity"]) == ("delete-denied", "error")
    assert told["page"].startswith("# delete-denied")
    assert len(json.loads(run("explain", "-f", "json").out)) == len(catalog.FINDINGS)


def test_schemas_are_schemas(run: Any) -> None:
    for of in ("source", "report"):
        jsonschema.Draft202012Validator.check_schema(json.loads(run("schema", "--of", of).out))


def test_version(run: Any) -> None:
    from validator import __version__

    assert run("--version").out == f"planet-validator {__version__}\n"


def test_the_guide_names_every_option_and_every_command() -> None:
    guide = (ROOT / "docs" / "guides" / "command-line.md").read_text()
    options = {name for each in cli.load("check").params for name in (*each.opts, *each.secondary_opts) if name[0] == "-"}
    assert options
    assert {name for name in options if f"`{name}" not in guide} == set()
    assert all(f"| `{name}" in guide for name in cli.COMMANDS)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_help(run: Any, name: str) -> None:
    ran = run(name, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"usage: planet-validator {name} ")
    assert f"  {name} " in run("--help").out


def test_a_misspelt_command_is_answered_with_the_closest(run: Any) -> None:
    assert "there is no command 'chekc': is check meant?" in run("chekc").err


def test_no_command_shows_help_and_exits_2(run: Any) -> None:
    ran = run()
    assert (ran.code, ran.out.splitlines()[0]) == (2, "usage: planet-validator COMMAND ...")


def test_options_may_stand_between_sources(run: Any, good: UserKey) -> None:
    save("a.json", request(good))
    save("b.json", request(good))
    assert len(run("lint", "a.json", "-q", "b.json").out.splitlines()) == 3


def test_help_is_one_screen(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = run("--help").out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line.endswith(":") and line[0] != " "] == [
        "Check a destination:", "Understand and correct:", "Hand over to Planet:", "Around it:", "General:", "Examples:",
    ]  # fmt: skip


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_help_has_two_examples_that_are_understood(run: Any, name: str) -> None:
    lines = run(name, "--help").out.splitlines()
    first = lines.index("Examples:") + 1
    examples = [line.strip().partition(" > ")[0] for line in lines[first : first + 2]]
    for each in examples:
        words = shlex.split(each)
        arguments = words[words.index("planet-validator") + 1 :]
        assert arguments[0] == name
        assert cli.load(name).make_context(name, arguments[1:]).params is not None
    assert not lines[first + 2 :] or lines[first + 2] == ""


def test_exit_codes_are_told_where_they_say_something(run: Any) -> None:
    telling = {name for name in cli.COMMANDS if "Exit codes:" in run(name, "--help").out}
    assert telling == {"check", "lint", "sweep", "create", "update", "list", "diagnose", "doctor"}


def test_help_names_the_variable_of_each_setting(run: Any) -> None:
    from validator.cli.settings import KEYS

    told = run("check", "--help").out
    for key in KEYS.values():
        assert (key.variable in told) is (f"--{key.name}" in told), key.name
    assert "PLANET_VALIDATOR_CONFIG" in told


def test_help_of_one_command_by_its_name(run: Any) -> None:
    assert run("help", "check").out == run("check", "--help").out
    assert run("help").out == run("--help").out == run("-h").out


def test_a_bare_v_for_version(run: Any) -> None:
    assert run("-V").out == run("--version").out
