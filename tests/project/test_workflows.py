"""The workflows, the issue forms and what a release begins with: what can be told of them without running them.

That every action is named by its commit is shown by ``test_pins.py``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.conftest import ROOT
from tests.support.release import wrong
from validator.core.version import __version__

FOLDER = ROOT / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (FOLDER / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")
SAFE = {"contents: read"}
WRITES = {"id-token", "attestations", "packages", "pages"}


def schema(name: str) -> Any:
    """As schemastore publishes it; check-jsonschema carries a copy."""
    vendored = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{name}.json"
    return json.loads(vendored.read_text(encoding="utf-8"))


def read(path: Path) -> Any:
    # YAML 1.1 takes `on` for true.
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 - makes texts, lists and mappings alone


def typed(path: Path) -> Any:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if True in document:
        document["on"] = document.pop(True)
    return document


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in read(path)["jobs"].values():
        yield from job["steps"]


def test_there_are_workflows_for_ci_and_for_a_release() -> None:
    assert {path.stem for path in WORKFLOWS} == {"ci", "release"}
    matrix = read(FOLDER / "workflows" / "ci.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert [each.split("-")[0] for each in matrix["os"]] == ["ubuntu", "macos", "windows"]
    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        *((path, "github-workflows") for path in WORKFLOWS),
        *((path, "github-issue-forms") for path in FORMS),
        (FOLDER / "ISSUE_TEMPLATE" / "config.yml", "github-issue-config"),
        (ROOT / "action.yml", "github-actions"),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else value,
)
def test_a_file_is_what_its_schema_wants(path: Path, name: str) -> None:
    held = schema(name)
    jsonschema.validators.validator_for(held)(held).validate(typed(path))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_no_more_than_it_needs(path: Path) -> None:
    document = read(path)
    assert "pull_request_target" not in document["on"]
    assert document["permissions"] in ({}, {"contents": "read"})
    for name, job in document["jobs"].items():
        asked = {key for key, value in job.get("permissions", {}).items() if value == "write"}
        assert asked <= WRITES, name
        assert not asked or path.stem == "release", name
        assert job["timeout-minutes"], name
        assert all(
            step["with"]["persist-credentials"] == "false" for step in job["steps"] if "checkout@" in step.get("uses", "")
        ), name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_value_of_another_stands_in_a_shell_line(path: Path) -> None:
    for step in steps(path):
        assert "${{" not in step.get("run", ""), step  # through the environment, where it is a value and no code
    assert any("run" in step for step in steps(path))


def test_nothing_is_published_before_the_tests_and_a_person() -> None:
    jobs = read(FOLDER / "workflows" / "release.yml")["jobs"]
    assert any("release.py" in step.get("run", "") for step in jobs["build"]["steps"])
    assert any(step.get("run") == "./.ci/run" for step in jobs["build"]["steps"])
    assert "permissions" in jobs["build"]
    for name in ("publish", "image"):
        assert jobs[name]["environment"] == "release"
        assert jobs[name]["needs"] in ("build", "attest")
    assert jobs["attest"]["needs"] == "build"
    pushed = next(step for step in jobs["image"]["steps"] if step.get("id") == "push")
    assert pushed["with"]["platforms"] == "linux/amd64,linux/arm64"


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_a_form_asks_for_doctor_and_warns_of_secrets(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "planet-validator doctor" in text
    assert "ecrets" in text


def test_the_files_that_a_stranger_looks_for_lead_into_the_docs() -> None:
    for name in ("SECURITY.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            assert (ROOT / target).exists(), target


def test_only_the_tag_of_this_version_may_be_released(tmp_path: Path) -> None:
    assert wrong(f"v{__version__}") == ""
    assert __version__ in wrong("v9.9.9")
    assert wrong("main; rm -rf .")
    (tmp_path / "validator" / "core").mkdir(parents=True)
    (tmp_path / "validator" / "core" / "version.py").write_text('__version__ = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text("## [Unreleased]\n")
    assert "dated section" in wrong("v1.2.3", tmp_path)
    (tmp_path / "CHANGELOG.md").write_text("## [1.2.3] - 2026-01-31\n")
    assert wrong("v1.2.3", tmp_path) == ""
