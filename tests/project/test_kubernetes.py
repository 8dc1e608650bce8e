"""The manifests, held against the schemas that Kubernetes publishes (by way of the npm package kubernetes-models)."""

from __future__ import annotations

import copy
import json
import re
import runpy
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from validator.checking.assemble import Settings

pytestmark = pytest.mark.no_cover  # measured: other tests go through these lines

FOLDER = ROOT / "docs" / "examples" / "deployment"
MANIFESTS = sorted(path for path in FOLDER.glob("*.yaml") if "apiVersion" in path.read_text())
SCHEMAS = ROOT / "tests" / "schemas"
FREE = frozenset({"labels", "matchLabels", "selector", "limits", "requests", "annotations"})
"""Members whose own names are the writer's."""


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text()))


def wrong(given: list[dict[str, Any]]) -> str:
    node = shutil.which("node")
    assert node, "node runs the schemas"
    done = subprocess.run(
        [node, "kubernetes.cjs"], cwd=SCHEMAS, input=json.dumps(given), capture_output=True, text=True, check=True
    )
    return done.stdout


def names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {
            *value, *(name for key, each in value.items() if key not in FREE for name in names(each)),
        }  # fmt: skip
    return {name for each in value for name in names(each)} if isinstance(value, list) else set()


@cache
def declared() -> set[str]:
    """Every name that the schemas' types declare."""
    packages = SCHEMAS / "node_modules"
    types = [*packages.glob("kubernetes-models/*/v1/*.d.ts"), *packages.glob("kubernetes-models/v1/*.d.ts")]
    types += packages.glob("@kubernetes-models/apimachinery/**/*.d.ts")
    return {name for each in types for name in re.findall(r'^\s+"?(\w+)"?\??:', each.read_text(), re.MULTILINE)}


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_a_manifest_is_what_the_schema_says(path: Path) -> None:
    assert documents(path)
    assert wrong(documents(path)) == ""


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_every_name_in_it_is_one_of_kubernetes(path: Path) -> None:
    """The schemas let unknown names pass, and so does an older API server: a misspelt limit would limit nothing."""
    assert names(documents(path)) - declared() == set()
    assert "completionMod" not in declared()


def test_the_schema_finds_what_is_wrong() -> None:
    (fleet,) = documents(FOLDER / "fleet.yaml")
    changes: list[dict[str, Any]] = [
        {"completions": "8"}, {"template": {"spec": {}}}, {"podFailurePolicy": {"rules": [{}]}},
    ]  # fmt: skip
    broken = [copy.deepcopy(fleet) for _ in changes]
    for each, change in zip(broken, changes, strict=True):
        each["spec"]["jobTemplate"]["spec"].update(change)
    told = wrong(broken)
    assert len(re.findall("^CronJob: ", told, re.MULTILINE)) == len(changes), told


def test_the_fleets_job_checks_a_part_each_and_a_lost_one_again() -> None:
    (fleet,) = documents(FOLDER / "fleet.yaml")
    job = fleet["spec"]["jobTemplate"]["spec"]
    pod = job["template"]["spec"]
    (container,) = pod["containers"]
    assert job["completionMode"] == "Indexed"
    assert job["backoffLimitPerIndex"] == 1
    (rule,) = job["podFailurePolicy"]["rules"]
    assert rule == {
        "action": "FailIndex",
        "onExitCodes": {"containerName": container["name"], "operator": "In", "values": [1, 2, 3]},
    }
    assert pod["terminationGracePeriodSeconds"] > Settings().timeout + 5
    assert container["args"][0] == "check"
    assert container["args"][-1] == "/fleet/part-$(PART).yaml"
    assert container["env"][0]["name"] == "PART"
    assert "job-completion-index" in container["env"][0]["valueFrom"]["fieldRef"]["fieldPath"]


def test_the_parts_are_files_of_references_that_check_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from validator import load

    source = tmp_path / "destinations.yaml"
    source.write_text((ROOT / "docs" / "examples" / "many.yaml").read_text())
    done = runpy.run_path(str(ROOT / "examples" / "fleet_parts.py"))["main"](str(source), "8", str(tmp_path / "parts"))
    assert done == 0
    made = sorted((tmp_path / "parts").iterdir())
    assert capsys.readouterr().out == f"{len(made)} parts: completions of the Job\n"
    assert [each.name for each in made] == [f"part-{number}.yaml" for number in range(len(made))]
    assert "${" in "".join(each.read_text() for each in made)
    assert len(load(made).destinations) == len(load(source).destinations)
