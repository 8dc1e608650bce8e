"""A rotation of keys and a pull request that swaps one: what is new is what stops them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Ran, request, save
from tests.support.wire import refused_port
from validator.demo.emulators.s3 import S3Emulator, UserKey

# ---- the rotation gate -----------------------------------------------------------------------------------------------


def against(run: Any, s3: S3Emulator, old: UserKey, new: UserKey, *more: str, **changes: str) -> Ran:
    save("old.json", request(old))
    save("new.json", request(new, **changes))
    ran: Ran = run("check", "--against", "old.json", "new.json", "--endpoint", f"amazon_s3={s3.url}", *more)
    return ran


def test_a_rotation_that_loses_delete_fails(run: Any, s3: S3Emulator, good: UserKey, no_delete: UserKey) -> None:
    ran = against(run, s3, good, no_delete)
    assert ran.code == 1
    assert "Rotation of my imagery: lost delete-denied" in ran.out


def test_a_rotation_that_gains_says_so(run: Any, s3: S3Emulator, good: UserKey, no_delete: UserKey) -> None:
    ran = against(run, s3, no_delete, good)
    assert ran.code == 0
    assert "Rotation of my imagery: nothing was lost" in ran.out
    assert "gained: delete-denied is gone; read is granted now; delete is granted now" in " ".join(ran.out.split())


def test_a_warning_that_was_always_there_does_not_block(run: Any, s3: S3Emulator) -> None:
    old, new = (s3.user(f"no-read-{each}", actions=("s3:PutObject", "s3:DeleteObject")) for each in ("old", "new"))
    ran = against(run, s3, old, new, "--strict", "--proceed")
    assert ran.code == 0, ran.out
    assert "As with the old credential" in ran.out


def test_a_rotation_of_another_bucket_or_type_says_so(run: Any, s3: S3Emulator, good: UserKey) -> None:
    ran = against(run, s3, good, good, bucket="another-bucket")
    assert ran.code == 2
    assert "new.json is compared with old.json, and their bucket differs" in ran.err
    save("other.json", {**request(good), "type": "s3_compatible"})
    other = run("check", "--against", "old.json", "other.json")
    assert other.code == 2
    assert "their types differ" in other.err


def test_an_undecided_rotation_exits_3(run: Any, good: UserKey) -> None:
    save("old.json", request(good))
    save("new.json", request(good))
    nobody = f"amazon_s3=http://127.0.0.1:{refused_port()}"
    assert run("check", "--against", "old.json", "new.json", "--endpoint", nobody).code == 3


# ---- a pull request on GitHub ----------------------------------------------------------------------------------------


def test_a_pull_request_that_swaps_a_key_is_stopped_on_its_line(
    run: Any, s3: S3Emulator, no_delete: UserKey, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("IMAGERY_SECRET", no_delete.secret_access_key)
    source = save("d.json", request(no_delete, aws_secret_access_key="${IMAGERY_SECRET}", bucket="imagery-in "))
    endpoint = f"amazon_s3={s3.url}"
    ran = run("check", source, "-f", "github", "--endpoint", endpoint, "--allow-env", "IMAGERY_SECRET")
    assert ran.code == 1
    line = next(number for number, text in enumerate(Path(source).read_text().splitlines(), 1) if "bucket" in text)
    assert f"::error file=d.json,line={line},title=error stray-whitespace" in ran.out
    assert summary.read_text().startswith("before\n## planet-validator: FAIL")
    assert no_delete.secret_access_key not in ran.out + summary.read_text()
