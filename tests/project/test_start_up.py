"""What a cold check of each type loads, counted: a slip is seen without a clock. The times are in docs/performance.md."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.conformance.case import Case
from tests.support.wire import Wire

pytestmark = pytest.mark.no_cover  # what it runs, it runs in other processes

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import gc, json, sys, threading
sys.argv = ["planet-validator", *sys.argv[1:]]
started, start = [], threading.Thread.start
def noted(thread):
    started.append(getattr(thread._target, "__module__", None) or type(thread).__module__)
    start(thread)
threading.Thread.start = noted
from validator.__main__ import main, prepare
prepare()
collected = sum(each["collections"] for each in gc.get_stats())
code = main()
collected = sum(each["collections"] for each in gc.get_stats()) - collected
every = [name for name, module in sys.modules.items() if module is not None]
from validator.cli.spared import LATER
run = [name for name in LATER if name in every and "__getattr__" not in vars(sys.modules[name])]
ours = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "validator"}
classes = {each for name, module in ours.items() for each in vars(module).values() if isinstance(each, type) and each.__module__ == name}
compiled = [f"{each.__module__}.{each.__name__}" for each in classes if type(each) is type and "__dataclass_params__" in vars(each)]
print(json.dumps([code, every, sorted(ours), len(classes), sorted(compiled), collected, sorted(set(started)), run]), file=sys.stderr)
"""


class Budget(NamedTuple):
    """At most so many; a little above what there is."""

    modules: int
    """Of our own."""
    classes: int
    sdk: int
    """Modules of the SDK and of what it speaks through."""


SDK = {
    "s3": ("boto3", "botocore", "urllib3"),
    "gcs": ("google", "requests", "urllib3"),
    "azure": ("azure", "requests", "urllib3", "isodate"),
}
BUDGETS = {
    "amazon_s3": ("s3", Budget(105, 151, 45)),
    "s3_compatible": ("s3", Budget(109, 154, 45)),
    "oracle_cloud_storage": ("s3", Budget(107, 146, 45)),
    "google_cloud_storage": ("gcs", Budget(101, 143, 200)),
    "azure_blob_storage": ("azure", Budget(106, 140, 199)),
}
OTHERS = {"s3": ("google", "azure"), "gcs": ("boto3", "botocore", "azure"), "azure": ("boto3", "botocore", "google")}
NEVER = (
    "rich", "yaml", "tomlkit", "pydantic", "msgspec", "jinja2", "planet", "oci", "moto", "starlette", "click", "platformdirs", "OpenSSL", "aiohttp", "yarl", "opentelemetry", "chardet", "charset_normalizer", "_strptime",
)  # fmt: skip
"""Modules of others that no passing check needs."""
ROOMS = (
    "validator.demo", "validator.diagnosing", "validator.planet", "validator.service", "validator.sweeping",
    "validator.checking.causes", "validator.checking.experiments", "validator.checking.owner",
    "validator.checking.retry", "validator.checking.rotation", "validator.checking.waiting", "validator.formats.html", "validator.formats.sarif", "validator.formats.junit",
    "validator.formats.markdown", "validator.formats.github", "validator.providers.operator", "validator.sources.parsers.python",
    "validator.sources.parsers.shell", "validator.sources.parsers.notebook", "validator.sources.parsers.env", "validator.sources.evaluation",
    "validator.sources.expressions", "validator.sources.git_index", "validator.fixing", "validator.providers.s3.rules",
    "validator.providers.s3.compatible_rules", "validator.providers.base.leftovers", "validator.providers.base.owner",
    "validator.providers.base.abilities",
)  # fmt: skip
"""Of ours: other commands, and what only a refusal, another format or another kind of source needs."""


class Loaded(NamedTuple):
    every: list[str]
    ours: list[str]
    classes: int
    compiled: list[str]
    collected: int
    """How often all that is loaded was gone through for garbage."""
    started: list[str]
    """The modules whose functions were run in threads."""
    run: list[str]
    """What is to be run later, and was."""


@cache
def loaded(type_: str, folder: Path) -> Loaded:
    case: Case = importlib.import_module(f"tests.support.conformance.{type_}").case
    with Wire(case.store().handle, tls=case.tls) as wire:
        settings = case.settings(wire)
        (folder / f"{type_}.json").write_text(json.dumps(case.source(wire)))
        arguments = ["check", f"{type_}.json", *(f"--endpoint={name}={url}" for name, url in settings.endpoints.items())]
        arguments += [f"--ca-bundle={settings.ca_bundle}"] if settings.ca_bundle else []
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments], cwd=folder, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    code, *found = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stdout + done.stderr
    return Loaded(*found)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("start-up")


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("type_", BUDGETS)
def test_a_cold_check_stays_within_its_budget(type_: str, folder: Path) -> None:
    cloud, budget = BUDGETS[type_]
    found = loaded(type_, folder)
    sdk = [name for name in found.every if name.partition(".")[0] in SDK[cloud]]
    counted: Any = Budget(len(found.ours), found.classes, len(sdk))
    assert all(have <= most for have, most in zip(counted, budget, strict=True)), (counted, budget, found.ours)
    assert all(have > most * 0.8 for have, most in zip(counted, budget, strict=True)), (
        f"lower the budget to hold this: {counted}"
    )


@pytest.mark.parametrize("type_", BUDGETS)
def test_a_cold_check_looks_for_no_garbage(type_: str, folder: Path) -> None:
    assert loaded(type_, folder).collected == 0


@pytest.mark.parametrize("type_", BUDGETS)
def test_a_cold_check_starts_no_thread_for_an_sdk(type_: str, folder: Path) -> None:
    started = loaded(type_, folder).started
    assert started  # ours, in a context: Python's own function
    assert [each for each in started if each.partition(".")[0] in SDK[BUDGETS[type_][0]]] == []


@pytest.mark.parametrize("type_", BUDGETS)
def test_a_cold_check_compiles_no_class(type_: str, folder: Path) -> None:
    assert loaded(type_, folder).compiled == []


@pytest.mark.parametrize("type_", BUDGETS)
def test_a_cold_check_loads_nothing_of_other_commands_clouds_and_failures(type_: str, folder: Path) -> None:
    cloud = BUDGETS[type_][0]
    found = loaded(type_, folder)
    never = [*NEVER, *OTHERS[cloud], *ROOMS]
    assert [name for name in found.every for each in never if within(name, each)] == []
    rooms = {"s3": ("s3", "oracle"), "gcs": ("gcs",), "azure": ("azure",)}[cloud]
    others = [each for each in ("s3", "oracle", "gcs", "azure", "memory") if each not in rooms]
    assert [name for name in found.ours for each in others if within(name, f"validator.providers.{each}")] == []


@pytest.mark.parametrize("type_", BUDGETS)
def test_a_cold_check_runs_nothing_that_it_may_leave(type_: str, folder: Path) -> None:
    found = loaded(type_, folder)
    cloud = BUDGETS[type_][0]
    # The address of the test's store is one, requests' cookies have dates, and Azure's SDK tells what machine it runs on, of which it asks a command.
    asked = {
        "s3": ["ipaddress"],
        "gcs": ["calendar", "ipaddress"],
        "azure": ["calendar", "email.policy", "ipaddress", "selectors", "subprocess"],
    }
    assert [each for each in found.run if each not in asked[cloud]] == []
    assert cloud != "s3" or "importlib.metadata" not in found.every
