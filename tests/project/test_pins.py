"""What is installed or run by files of this repository is named by a hash: actions, images, packages; no install script runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

LISTS = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[\w,-]+\])?==(?P<version>[^ ;]+)(?P<marker> ; [^\\]+)?")
WORKFLOWS = [
    ROOT / "action.yml",
    ROOT / ".pre-commit-hooks.yaml",
    *sorted((ROOT / "docs" / "examples" / "ci").iterdir()),
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
]
TEXTS = [
    *WORKFLOWS, ROOT / "Dockerfile", ROOT / "Makefile", ROOT / ".ci" / "run", ROOT / "docker-compose.yml", ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "docs" / "examples").rglob("*.y*ml")),
]  # fmt: skip


COMMIT = re.compile(r"[0-9a-f]{40}")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(path: Path) -> dict[str, tuple[str, int]]:
    """Version and number of hashes, by name. Fails for a line that is neither a pin nor a hash."""
    found: dict[str, tuple[str, int]] = {}
    name = ""
    for line in path.read_text().splitlines():
        text = line.strip().removesuffix("\\").strip()
        if re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", text):
            version, hashes = found[name]
            found[name] = version, hashes + 1
        else:
            match = PIN.fullmatch(text)
            assert match, f"{path.name}: {line}"
            name = normal(match["name"])
            found[name] = match["version"], 0
    return found


def values(document: Any, *keys: str) -> Iterator[str]:
    if isinstance(document, dict):
        for key, value in document.items():
            if key in keys and isinstance(value, str):
                yield value
            yield from values(value, *keys)
    elif isinstance(document, list):
        for each in document:
            yield from values(each, *keys)


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_every_package_has_its_version_and_hashes(path: Path) -> None:
    found = pins(path)
    assert found
    assert [name for name, (_, hashes) in found.items() if not hashes] == []


def test_the_lists_hold_what_the_project_asks_for_in_the_versions_of_the_constraints() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    constraints = {
        normal(name): version.strip()
        for name, _, version in (line.partition("==") for line in (ROOT / "constraints.txt").read_text().splitlines())
        if version
    }
    # Not those that are there to differ: test_typer_range.py, and other programs for the bench.
    lists = [path for path in LISTS if path.stem != "typer-newest" and not path.stem.startswith("bench-")]
    for path in lists:
        for name, (version, _) in pins(path).items():
            assert constraints.get(name, version) == version, f"{path.name}: {name}: run `make lock`"
    extras = {
        "check": [],
        "service": ["service"],
        "demo": ["service", "demo"],
        "docs": ["docs"],
        "bench": ["bench"],
        "test": ["test"],
    }
    assert {path.stem for path in lists} == {*extras, "build"}
    for stem, wanted in extras.items():
        asked = [*project["dependencies"], *(each for extra in wanted for each in project["optional-dependencies"][extra])]
        names = {normal(re.match(r"[\w.-]+", each)[0]) for each in asked} - {"planet-validator"}
        assert names - set(pins(ROOT / "requirements" / f"{stem}.txt")) == set(), f"{stem}: run `make lock`"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_named_by_its_commit(path: Path) -> None:
    document = yaml.safe_load(path.read_text())
    # What is checked out at a commit is used from there.
    fetched = {f"./{each}" for each in values(document, "path") if all(map(COMMIT.fullmatch, values(document, "ref")))}
    for used in values(document, "uses", "rev"):
        assert re.fullmatch(r"([\w-]+/[\w-]+@)?[0-9a-f]{40}", used) or used in fetched, used
    for line in path.read_text().splitlines():
        if re.match(r"\s*-?\s*(uses: [^.]|rev:|ref:)", line):
            assert " # " in line, f"the version that the hash stands for is missing: {line.strip()}"


def test_every_image_is_named_by_its_digest() -> None:
    digest = re.compile(r"[\w./-]+(:[\w.-]+)?@sha256:[0-9a-f]{64}")
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    for image in re.findall(r"^FROM (\S+)|COPY --from=(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE):
        name = image[0] or image[1]
        assert name in stages or digest.fullmatch(name), name
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for each in services.values():
        assert "build" in each  # our own, or nothing
    for image in values(yaml.safe_load((ROOT / "docs/examples/ci/gitlab-ci.yml").read_text()), "image"):
        assert digest.fullmatch(image), image


def commands() -> Iterator[tuple[str, str]]:
    for path in TEXTS:
        joined = path.read_text().replace("\\\n", " ")
        for line in joined.splitlines():
            if not line.lstrip().startswith("#"):
                yield path.name, line


def test_no_package_brings_a_script_that_runs() -> None:
    found = [(name, line) for name, line in commands() if re.search(r"\bnpm (ci|install|i)\b", line)]
    assert len(found) >= 2
    for name, line in found:
        assert "npm ci" in line, f"{name}: {line}"
        assert "--ignore-scripts" in line, f"{name}: {line}"
    for lock in (ROOT / "tests/schemas/package-lock.json", ROOT / "validator/demo/emulators/azurite/package-lock.json"):
        for package, about in json.loads(lock.read_text())["packages"].items():
            assert not package or about.get("integrity", "").startswith("sha512-"), package


def test_what_is_installed_by_our_files_has_a_hash_or_is_ours() -> None:
    found = [
        (name, line)
        for name, line in commands()
        if re.search(r"\bpip\b.*\binstall\b", line)
        and name in {*(path.name for path in WORKFLOWS), "Dockerfile", "Makefile", "run"}
        and not re.match(r"\s*@?echo ", line)  # what a person is told
    ]
    assert len(found) >= 6
    for name, line in found:
        for each in re.split(r"&&|;", line):
            if re.search(r"\bpip\b.*\binstall\b", each):
                ours = (
                    "--no-deps" in each
                    and "--no-build-isolation" in each
                    and re.search(r"(-e \.|\s\.|GITHUB_ACTION_PATH\")\s*$", each)
                )
                assert "--require-hashes" in each or ours, f"{name}: {each.strip()}"


def test_every_python_of_a_pipeline_is_isolated() -> None:
    found = [
        (name, line)
        for name, line in commands()
        if name in {*(path.name for path in WORKFLOWS), "Dockerfile"} and re.search(r"python3?\"?(\.exe)?\S* +-[a-zA-Z]", line)
    ]
    assert len(found) >= 6
    for name, line in found:
        for each in re.finditer(r"python3?(?:\.exe)?\"?,? +\"?(-\w+)", line):
            assert each[1] == "-I", f"{name}: {line.strip()}"
    for name, line in commands():
        if name in {path.name for path in WORKFLOWS} and re.search(r"validator\"? +(\"?\$COMMAND\"?|check|lint)\b", line):
            assert "--no-config" in line, f"{name}: {line.strip()}"
