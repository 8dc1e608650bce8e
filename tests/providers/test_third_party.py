"""A provider package of somebody else's: made here, put on the path, and used by every command and by the conformance suite."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.conformance.memory import KEY, MemoryStore, source
from tests.support.installed import NAME, on_path, third_party
from tests.support.wire import Wire
from validator import providers
from validator.cli import app as cli
from validator.demo.emulators.planet import PlanetEmulator
from validator.demo.emulators.planet.destinations import TYPES, TypeFields
from validator.diagnosing import looks
from validator.diagnosing.diagnosis import diagnose
from validator.planet import api

FILE = "planetverify.txt"


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Path]:
    folder = third_party(tmp_path / "site")
    with on_path(folder):
        looks.of_types.cache_clear()
        yield folder
    looks.of_types.cache_clear()
    for name in [each for each in sys.modules if each.partition(".")[0] == NAME]:
        del sys.modules[name]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def wire(store: MemoryStore) -> Iterator[Wire]:
    with Wire(store.handle) as wire:
        yield wire


@pytest.fixture
def run(
    installed: Path, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    monkeypatch.chdir(tmp_path)

    def go(command: str, *options: str, **changes: Any) -> tuple[int, str]:
        Path("dest.json").write_text(json.dumps(source(wire, **changes)))
        code = cli.run([command, "dest.json", *options])
        told = capsys.readouterr()
        assert KEY not in told.out + told.err
        return code, told.out + told.err

    return go


def report(said: str) -> Mapping[str, Any]:
    told: Mapping[str, Any] = json.JSONDecoder().raw_decode(said)[0]["destinations"][0]
    return told


def test_check_passes_and_leaves_nothing(run: Any, store: MemoryStore) -> None:
    code, said = run("check", "-f", "json", "-q")
    assert (code, report(said)["verdict"]) == (0, "pass")
    assert report(said)["target"].endswith(f"/imagery-in/{FILE}")
    assert store.objects == {}
    code, said = run("check", bucket="another-one")
    assert code == 1
    assert "bucket-not-found" in said


def test_it_is_the_third_partys_own_code(installed: Path) -> None:
    provider = providers.find("memory")
    assert provider is not None
    assert provider.connect.__module__ == f"{NAME}.provider"
    assert "memory" in providers.types()


def test_a_broken_package_keeps_no_other_answer_from_being_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_example.py").write_text("raise TypeError('made for another version')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(providers, "third_party", lambda: {"broken": "broken_example:provider"})
    looks.of_types.cache_clear()
    try:
        (answer,) = diagnose("An error occurred (AccessDenied) when calling the DeleteObject operation: Access Denied").answers
    finally:
        looks.of_types.cache_clear()
    assert answer.finding.name == "delete-denied"


def test_lint_judges_its_parameters(run: Any) -> None:
    assert run("lint")[0] == 0
    code, said = run("lint", bucket="Imagery In", endpoint="nowhere")
    assert code == 1
    assert "bucket-name-invalid" in said
    assert "endpoint-invalid" in said


def test_sweep_finds_and_removes_what_lingers(run: Any, store: MemoryStore) -> None:
    store.objects = {FILE: b"older", f"deliveries/{FILE}": b"older", "imagery.tif": b"x" * 3000}
    code, said = run("sweep", "--everywhere")
    assert code == 1
    assert f"deliveries/{FILE}" in said
    assert "memory-store rm imagery-in/" in said
    assert len(store.objects) == 3
    assert run("sweep", "--everywhere", "--delete", "--yes")[0] == 0
    assert list(store.objects) == ["imagery.tif"]


def test_diagnose_knows_its_answers_in_a_log(installed: Path) -> None:
    (told,) = diagnose('DELETE /imagery-in/x -> 403 {"code": "not-allowed", "message": "not with this key"}').answers
    assert (told.type, told.finding.name, told.status) == ("memory", "delete-denied", 403)


def test_its_answers_are_known_without_its_sdk(installed: Path) -> None:
    code = f"import sys; sys.path.append({str(installed)!r}); from {NAME}.provider import provider; provider.in_text(); print('requests' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


def test_policy_prints_its_grant(run: Any) -> None:
    code, said = run("policy")
    assert code == 0
    assert json.loads(said)["allow"] == ["write", "read", "delete"]
    assert "memory-store grant imagery-in --file grant.json" in run("policy", "--as", "commands")[1]
    code, said = run("policy", "--bucket-policy")
    assert code == 2
    assert "nothing of that" in said


def test_create_hands_it_to_planet(run: Any, store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "PACE", 0.0)
    monkeypatch.setitem(TYPES, "memory", TypeFields(("bucket", "endpoint"), ("key",)))  # type: ignore[arg-type]  # a Mapping to readers
    with PlanetEmulator({}, per_second=1000) as planet:
        planet.verify = lambda type_, parameters: None
        monkeypatch.setenv("PL_API_KEY", planet.key)
        code, said = run("create", "--planet-url", planet.url)
        assert code == 0, said
        (made,) = planet.stored
        assert (made.type, made.parameters["key"]) == ("memory", KEY)
        assert cli.run(["update", made.id, "dest.json", "--planet-url", planet.url]) == 0
        assert planet.sent("PATCH")[0].sent
    assert store.objects == {}


def test_the_conformance_suite_runs_on_it(installed: Path) -> None:
    """In a process of its own, as its author would: the package is on the path, and the suite takes it for the type's."""
    script = "import sys, pytest; code = pytest.main(sys.argv[1:]); import validator.providers as p; print(p.find('memory')); sys.exit(code)"
    chosen = "memory and (healthy or rule or rows or denied or no-bucket or already)"
    ran = subprocess.run(
        [sys.executable, "-c", script, "-q", "-p", "no:cacheprovider", str(ROOT / "tests/providers/test_conformance.py"), "-k", chosen],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(installed)}, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert " passed" in ran.stdout
    assert NAME in ran.stdout, "the package that was tested is the third party's"
