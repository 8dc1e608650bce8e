"""What `make bench` compares with: the commands of other tools, what is left out, and the chart. Nothing is measured here."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.benchmarks import __main__ as bench
from tests.benchmarks import charts, measure, others
from tests.benchmarks.measure import Results, Run
from tests.conftest import ROOT

pytestmark = pytest.mark.no_cover  # no line of the product is run here

PROGRAMS = {name: f"/opt/EXAMPLE/{name}" for names in others.BESIDE.values() for name in names}
LOGIN = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "EXAMPLE-secret"}
TOKEN = "sv=2023-11-03&sig=EXAMPLE"


def s3(programs: dict[str, str], body: str) -> Iterator[others.Other]:
    return others.beside_s3(programs, body, "http://127.0.0.1:1", "imagery", LOGIN)


def google(programs: dict[str, str], body: str) -> Iterator[others.Other]:
    return others.beside_google(
        programs, body, "https://127.0.0.1:1", "imagery", b'{"private_key": "EXAMPLE"}', "/EXAMPLE/ca.pem"
    )


def azure(programs: dict[str, str], body: str) -> Iterator[others.Other]:
    return others.beside_azure(programs, body, "http://127.0.0.1:1/EXAMPLE", "imagery", TOKEN)


EACH = {others.S3: s3, others.GCS: google, others.AZURE: azure}


@pytest.mark.parametrize("type_", EACH)
def test_each_tool_writes_and_deletes_with_its_secrets_in_no_command_line(type_: str, tmp_path: Path) -> None:
    body = str(tmp_path / "body.txt")
    made = list(EACH[type_](PROGRAMS, body))
    assert [each.commands[0][0] for each in made] == [PROGRAMS[name] for name in others.BESIDE[type_]]
    for each in made:
        write, delete = each.commands
        assert body in write
        assert body not in delete
        assert write[0] == delete[0]
        assert all("planetverify.txt" in " ".join(command) for command in each.commands)
        assert not [word for command in each.commands for word in command[1:] if "secret" in word or "sig=" in word]


@pytest.mark.parametrize("type_", EACH)
def test_a_tool_that_is_not_installed_is_not_compared(type_: str, tmp_path: Path) -> None:
    for name in others.BESIDE[type_]:
        assert len(list(EACH[type_]({name: name}, str(tmp_path / "body.txt")))) == 1
    assert list(EACH[type_]({}, str(tmp_path / "body.txt"))) == []


def test_gsutil_is_led_to_the_stand_in_and_keeps_its_state_beside_it(tmp_path: Path) -> None:
    (tool,) = google({"gsutil": "gsutil"}, str(tmp_path / "body.txt"))
    settings = ConfigParser()
    settings.read(tool.environment["BOTO_CONFIG"])
    assert Path(settings["Credentials"]["gs_service_key_file"]).read_bytes() == b'{"private_key": "EXAMPLE"}'
    assert (settings["Credentials"]["gs_json_host"], settings["Credentials"]["gs_json_port"]) == ("127.0.0.1", "1")
    assert settings["OAuth2"]["provider_token_uri"] == "https://127.0.0.1:1/token"
    assert (settings["Boto"]["ca_certificates_file"], settings["Boto"]["https_validate_certificates"]) == (
        "/EXAMPLE/ca.pem",
        "True",
    )
    assert (settings["GSUtil"]["prefer_api"], settings["GSUtil"]["software_update_check_period"]) == ("json", "0")
    assert Path(settings["GSUtil"]["state_dir"]).is_relative_to(tmp_path)


def test_az_tells_nobody_of_its_use_and_keeps_its_settings_beside_the_file(tmp_path: Path) -> None:
    (tool,) = azure({"az": "az"}, str(tmp_path / "body.txt"))
    assert tool.environment["AZURE_CORE_COLLECT_TELEMETRY"] == "no"
    assert tool.environment["AZURE_EXTENSION_USE_DYNAMIC_INSTALL"] == "no"
    assert Path(tool.environment["AZURE_CONFIG_DIR"]).is_relative_to(tmp_path)
    assert TOKEN in tool.environment["AZURE_STORAGE_CONNECTION_STRING"]


def test_gsutil_and_az_are_taken_from_environments_of_their_own_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def program(folder: str, name: str) -> str:
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n", encoding="ascii")
        path.chmod(0o755)
        return str(path)

    machine = {name: program("machine", name) for name in PROGRAMS}
    monkeypatch.setenv("PATH", str(tmp_path / "machine"))
    place = tmp_path / "venv" / "bin"
    assert others.installed(place) == {name: machine[name] for name in ("aws", "s5cmd", "rclone")}
    ours = {name: program(f"venv/{folder}/bin", name) for name, folder in others.OWN.items()}
    ours["aws"] = program("venv/bin", "aws")
    assert others.installed(place) == {**{name: machine[name] for name in ("s5cmd", "rclone")}, **ours}


def test_the_makefile_installs_them_where_they_are_looked_for_and_for_the_bench_alone() -> None:
    def told(target: str) -> str:
        command = ["make", "--dry-run", "--always-make", target]
        plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # this may be a make's child
        return subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, text=True, check=True, timeout=60).stdout

    wanted = told("bench")
    for folder in others.OWN.values():
        assert re.search(rf"venv \S*{folder}\b", wanted)
        assert f"-r requirements/{folder}.txt" in wanted
    for target in ("tools", "test", "lint", "docs"):
        assert "bench" not in told(target)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would be run: each takes as many seconds as its program's name has letters."""
    commands: list[list[str]] = []

    def run(command: list[str], **environment: Any) -> Run:
        commands.append(command)
        return Run(len(Path(command[0]).name), 1.0, 1.0)

    @contextmanager
    def moto() -> Iterator[tuple[str, dict[str, str]]]:
        yield "http://127.0.0.1:1", LOGIN

    @contextmanager
    def azurite() -> Iterator[Any]:
        parameters = {"account": "example", "container": "imagery", "sas_token": TOKEN}
        made = {"make": lambda name: name, "sas": lambda container: TOKEN, "request": lambda *_: {"parameters": parameters}}
        yield SimpleNamespace(url="http://127.0.0.1:1/example", **made)

    monkeypatch.setattr(bench, "moto", moto)
    monkeypatch.setattr(bench, "Azurite", azurite)
    monkeypatch.setattr(bench, "run", run)
    monkeypatch.setattr(others, "run", run)
    return commands


def measured(tmp_path: Path) -> Results:
    results = Results()
    bench.Bench(tmp_path, 1, results).tools()
    return results


def test_all_take_turns_in_one_section_of_each_type(
    ran: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "installed", lambda: PROGRAMS)
    sections = measured(tmp_path).sections
    assert [each["key"] for each in sections] == [f"tools-{type_}" for type_ in EACH]
    for each, type_ in zip(sections, EACH, strict=True):
        names = [row["name"] for row in each["rows"]]
        assert names[0] == each["base"]
        assert names[1] == "planet-validator check"
        assert [name.split()[0] for name in names[2:]] == list(others.BESIDE[type_])
        # Both of a tool's commands count.
        assert [row["ms"] for row in each["rows"][2:]] == [2000 * len(name) for name in others.BESIDE[type_]]
    checks = [command for command in ran if command[:2] == [measure.VALIDATOR, "check"]]
    assert [command[-1].partition("=")[0] for command in checks[::2]] == list(EACH)


def test_what_is_not_installed_is_told_once(ran: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Any:
        raise bench.AzuriteMissing("node was not found")

    monkeypatch.setattr(bench, "installed", lambda: {"aws": "aws"})
    monkeypatch.setattr(bench, "Azurite", missing)
    sections = measured(tmp_path).sections
    left = [(each["title"], each["why"]) for each in sections if each["key"] == "left-out"]
    assert left == [
        *((name, "not installed") for name in ("s5cmd", "rclone", "gsutil", "az")),
        ("Azure Blob Storage", "node was not found"),
    ]
    assert [each["key"] for each in sections if each["rows"]] == ["tools-amazon_s3", "tools-google_cloud_storage"]


def test_the_chart_shows_each_of_them(ran: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "installed", lambda: PROGRAMS)
    monkeypatch.setattr(charts, "IMAGES", tmp_path)
    sections = measured(tmp_path).sections
    charts.draw(sections)
    assert [path.name for path in tmp_path.glob("*.svg")] == ["performance-one.svg"]  # the others' parts were not measured
    root = ET.parse(tmp_path / "performance-one.svg").getroot()  # noqa: S314 - drawn a line before
    shown = ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    rows = [row for each in sections for row in each["rows"]]
    for row in rows:
        assert row["name"] in shown
        assert f"{row['ratio']:.2f} x" in shown
    bars = [float(each.attrib["width"]) for each in root.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert max(bars) / bars[0] == pytest.approx(max(row["ratio"] for row in rows), rel=0.01)
    ours = [each.attrib["fill"] for each in root.iter("{http://www.w3.org/2000/svg}rect")].count(charts.OURS)
    assert ours == len(EACH)
