"""Where the project lives is said in one place; nothing is linked to while that is empty."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support import sample_reports as sample
from validator.cli.commands import explain
from validator.core import catalog, home
from validator.formats import render

SITE = "https://docs.example.org/planet-validator"


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "urls", lambda: {"Documentation": SITE})


@pytest.fixture
def unnamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "urls", dict)


@pytest.mark.usefixtures("unnamed")
def test_without_an_address_nothing_is_linked() -> None:
    report = sample.report(sample.failing())
    assert "docs_url" not in render("json", report)
    sarif = render("sarif", report)
    assert "helpUri" not in sarif
    assert "informationUri" not in sarif
    assert "planet-validator explain" in sarif
    assert "More about" not in render("html", report)
    assert "](http" not in render("markdown", report)
    assert "docs_url" not in explain.as_json("delete-denied")


@pytest.mark.usefixtures("named")
def test_with_an_address_each_finding_of_ours_has_its_page() -> None:
    report = sample.report(sample.failing())
    name = report.destinations[0].findings[0].name
    page = f"{SITE}/findings/{name}/"
    assert json.loads(render("json", report))["destinations"][0]["findings"][0]["docs_url"] == page
    driver = json.loads(render("sarif", report))["runs"][0]["tool"]["driver"]
    assert driver["informationUri"] == f"{SITE}/"
    assert page in {each["helpUri"] for each in driver["rules"]}
    for form in ("html", "markdown"):
        assert page in render(form, report)
    assert json.loads(explain.as_json(name))["docs_url"] == page


def test_addresses_come_from_the_packages_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    told = ["Documentation, https://docs.example.org/x", "Repository, javascript:alert(1)", "Index, "]
    monkeypatch.setattr(metadata, "metadata", lambda name: SimpleNamespace(get_all=lambda field: told))
    home.urls.cache_clear()
    try:
        assert home.urls() == {"Documentation": "https://docs.example.org/x"}
    finally:
        home.urls.cache_clear()


def _installed_from(monkeypatch: pytest.MonkeyPatch, record: Any) -> str:
    text = record if isinstance(record, str) or record is None else json.dumps(record)
    monkeypatch.setattr(metadata, "distribution", lambda name: SimpleNamespace(read_text=lambda file: text))
    return home.install("demo")


@pytest.mark.usefixtures("unnamed")
@pytest.mark.parametrize(
    ("record", "command"),
    [
        ({"url": "file:///home/me/planet%20validator", "dir_info": {"editable": True}}, "pip install -e '/home/me/planet validator[demo]'"),
        ({"url": "file:///home/me/checkout", "dir_info": {}}, "pip install '/home/me/checkout[demo]'"),
        (
            {"url": "https://git.example.org/a.git", "vcs_info": {"vcs": "git", "commit_id": "0" * 40}},
            f"pip install 'planet-validator[demo] @ git+https://git.example.org/a.git@{'0' * 40}'",
        ),
        ({"url": "https://user:secret@git.example.org/a.git", "vcs_info": {"vcs": "git"}}, "pip install '.[demo]' in a checkout"),
        ({"url": "https://files.example.org/a.whl", "archive_info": {}}, "pip install '.[demo]' in a checkout"),
        ({"url": 7}, "pip install '.[demo]' in a checkout"),
        ("[]", "pip install '.[demo]' in a checkout"),
        ("no json", "pip install '.[demo]' in a checkout"),
        (None, "pip install '.[demo]' in a checkout"),
    ],
)  # fmt: skip
def test_the_command_that_adds_an_extra_is_this_installations(
    monkeypatch: pytest.MonkeyPatch, record: Any, command: str
) -> None:
    assert _installed_from(monkeypatch, record) == command
    assert shlex.split(command)[0] == "pip"


def test_a_package_of_an_index_is_installed_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "urls", lambda: {"Index": "https://index.example.org/planet-validator/"})
    assert home.install("demo") == "pip install 'planet-validator[demo]'"


def _texts() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    skipped = ("tests/", "requirements/", "CHANGELOG.md", "validator/demo/emulators/azurite/")
    return [ROOT / each for each in listed if each and not each.startswith(skipped) and (ROOT / each).is_file()]


def test_no_text_says_by_itself_where_the_project_lives() -> None:
    wrong = re.compile(r"planet-validator\.example|\bOWNER/|\bpip install (?:-\S+ )*'?planet-validator")
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in _texts()
        for match in wrong.finditer(path.read_bytes().decode("utf-8", "replace"))
    }
    assert not found
    assert catalog.finding("delete-denied").docs_url == ""
