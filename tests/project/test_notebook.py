"""The documentation's notebook, run as a reader runs it: its outputs are fresh, no secret is in the file, and an interrupted cell cleans up.

One kernel for all of it, with every cloud's stand-in in it: the costliest part is its start.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.conftest import ROOT
from tests.support.notebooks import client, outputs, read, steady
from tests.support.secret_forms import forms, repeats
from tests.support.wire import wait_until

pytestmark = [
    pytest.mark.no_cover,  # what it runs, it runs in the kernel
    pytest.mark.together,
]

SLOW = """
import threading, time
from pathlib import Path
local.s3.bucket("imagery-slow")
slow = {"name": "slow", "type": "amazon_s3", "parameters": {**place, **new_creds, "bucket": "imagery-slow"}}
def hold(exchange):
    if exchange.method == "PUT" and exchange.status < 300 and "imagery-slow" in exchange.path:
        Path(SIGN).touch()
        threading.Event().wait(100)
local.s3.before_answer = hold
"""
NASTY = (
    # What IPython itself would quote: the variables of every frame.
    "%xmode Verbose",
    'validator.planet.create(pl, {**slow, "parameters": {**slow["parameters"], "bucket": "imagery-not-there"}}, settings)',
    'await validator.planet.acreate(pl, {**slow, "parameters": {**slow["parameters"], "bucket": "imagery-not-there"}}, settings)',
    "validator.planet.create(pl, [slow, slow], settings)",
    "validator.planet.create(slow, pl, settings)",
    "await validator.acheck([slow, {}, [slow]], settings)",
    "validator.load(slow)",
    "validator.load(slow).destinations[0]",
    "local",
    "settings",
    "[report, failed, destination.report.destinations]",
    "print(report, repr(report), failed)",
    "from rich import print as shown\nshown(report)",
    "validator.planet.update(pl, destination, new_creds, settings)",
)


@dataclass
class Ran:
    notebook: Any
    """The documentation's cells, as they ran."""
    nasty: Any
    """Further cells, which must not leak either."""
    interrupted: dict[str, Any]
    secrets: list[str]


def cell(source: str) -> Any:
    return nbformat.v4.new_code_cell(source.strip())


async def run(folder: Path) -> Ran:
    notebook = read()
    *told, closing = notebook.cells
    further = [cell(each) for each in (SLOW.replace("SIGN", repr(str(folder / "sign"))), *NASTY)]
    holding = [cell("validator.check(slow, settings)"), cell("await validator.acheck(slow, settings)")]
    left = cell("print(local.s3.objects('imagery-slow'), [each for each in local.s3.objects('imagery-in')])")
    spoken = cell(
        f"import json; json.dump([*local.environment.values(), local.planet.key], open({str(folder / 'secrets.json')!r}, 'w'))"
    )
    every = nbformat.v4.new_notebook(cells=[*told, spoken, *further, *holding, left, closing])
    at = {id(each): number for number, each in enumerate(every.cells)}
    running = client(every, allow_errors=True)
    seen: dict[str, Any] = {}
    async with running.async_setup_kernel(cleanup_kc=True):
        for number, each in enumerate(every.cells):
            if each not in holding:
                await running.async_execute_cell(each, number)
                continue
            sign = folder / "sign"
            sign.unlink(missing_ok=True)
            task = asyncio.ensure_future(running.async_execute_cell(each, at[id(each)]))
            await asyncio.to_thread(wait_until, sign.exists, 100)
            await running.km.interrupt_kernel()
            await task
            seen[each.source] = each.outputs
    seen["left"] = left.outputs
    return Ran(
        nbformat.v4.new_notebook(cells=[*told, closing]),
        nbformat.v4.new_notebook(cells=further + holding),
        seen,
        json.loads((folder / "secrets.json").read_text()),
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return asyncio.run(run(tmp_path_factory.mktemp("notebook")))


def test_its_outputs_are_what_it_shows_when_it_is_run(ran: Ran) -> None:
    """``python -m tests.support.notebooks`` writes them anew."""
    assert outputs(ran.notebook) == outputs(read())


def test_no_cell_ends_in_an_error(ran: Ran) -> None:
    kinds = [each.output_type for one in ran.notebook.cells if one.cell_type == "code" for each in one.outputs]
    assert "error" not in kinds
    assert "stream" in kinds


def test_it_shows_all_five_types_a_failure_a_warning_and_the_hand_over() -> None:
    stored = read()
    text = "\n".join(each.source for each in stored.cells)
    shown = json.dumps([each.get("outputs") for each in stored.cells])
    for type_ in ("amazon_s3", "google_cloud_storage", "azure_blob_storage", "oracle_cloud_storage", "s3_compatible"):
        assert f'"type": "{type_}"' in text
        assert type_ in shown
    for said in ("delete-denied", "credentials-wrapped", "Created at Planet", "Updated at Planet", "pl:destinations/"):
        assert said in shown, said


@pytest.mark.parametrize("what", ["notebook", "nasty", "stored"])
def test_no_secret_is_in_the_file_in_any_encoding(ran: Ran, what: str) -> None:
    shown = {"notebook": ran.notebook, "nasty": ran.nasty, "stored": read()}[what]
    text = nbformat.writes(shown)
    plain = json.dumps(json.loads(text), ensure_ascii=False) + "".join(_strings(json.loads(text)))
    assert len(ran.secrets) == 9
    for secret in ran.secrets:
        if secret.startswith("AKIA") or (len(secret) == 40 and secret.isalnum() and secret.islower()):
            continue  # the id of a key, which reports name
        assert not [form for form in forms(secret) if form in plain and len(form) >= 10]
        if len(secret) < 200:  # a key file's parts are among the forms
            assert repeats(plain, secret) == ""


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


def test_a_failed_hand_over_shows_its_report_in_place_of_a_traceback(ran: Ran) -> None:
    failing = [each for each in ran.nasty.cells if "imagery-not-there" in each.source]
    assert len(failing) == 2
    for each in failing:
        (error,) = [output for output in each.outputs if output.output_type == "error"]
        assert error.ename == "CheckFailed"
        traceback = "\n".join(error.traceback)
        assert "bucket-not-found" in traceback
        assert "Nothing was created at Planet" in traceback
        assert "slow" not in traceback.replace("imagery-slow", "").split("bucket-not-found")[0]


def test_an_interrupted_cell_cleans_up_and_shows_what_was_seen(ran: Ran) -> None:
    plain = ran.interrupted["validator.check(slow, settings)"]
    (shown,) = [each for each in plain if each.output_type == "execute_result"]
    assert "Interrupted" in shown.data["text/html"]
    assert "interrupted" in shown.data["text/plain"]
    awaited = ran.interrupted["await validator.acheck(slow, settings)"]
    (error,) = [each for each in awaited if each.output_type == "error"]
    assert error.ename == "CancelledError"
    assert "stopped, and cleaned up" in error.traceback[0]
    assert "Interrupted" in "\n".join(error.traceback)
    (left,) = ran.interrupted["left"]
    assert left.text.strip() == "{} []"


def test_the_site_shows_it_with_its_outputs() -> None:
    import runpy

    hooks = runpy.run_path(str(ROOT / "docs" / "hooks.py"))
    page = hooks["notebook_page"]((ROOT / "docs" / "notebooks" / "preflight.ipynb").read_text(encoding="utf-8"))
    assert page.startswith("# Check a destination before Planet does")
    assert page.count("```python") == len([each for each in read().cells if each.cell_type == "code"]) + 1
    assert steady("127.0.0.1:4321 took 12 ms") == "127.0.0.1:PORT took TIME"
