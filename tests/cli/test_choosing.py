"""``--select`` and ``--fail-fast``: fewer destinations, and never a pass that was not seen. Short types wherever a type is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from validator.checking.assemble import Settings, check
from validator.core.model import Destination, Verdict
from validator.demo.emulators.s3 import S3Emulator, UserKey

pytestmark = pytest.mark.usefixtures("at_s3")


def request(name: str, key: UserKey, **changes: str) -> dict[str, Any]:
    parameters = {
        "bucket": "imagery-in", "aws_region": "eu-central-1",
        "aws_access_key_id": key.access_key_id, "aws_secret_access_key": key.secret_access_key,
    }  # fmt: skip
    return {"name": name, "type": "amazon_s3", "parameters": {**parameters, **changes}}


def save(*requests: dict[str, Any], path: str = "d.json") -> str:
    Path(path).write_text(json.dumps(list(requests), indent=2))
    return path


def verdicts(text: str) -> dict[str, str]:
    return {each["name"]: each["verdict"] for each in json.loads(text)["destinations"]}


# ---- select ----------------------------------------------------------------------------------------------------------


def test_only_the_selected_destination_is_asked(run: Any, s3: S3Emulator, good: UserKey, no_delete: UserKey) -> None:
    source = save(request("north", good), request("south, east", no_delete), request("west", good))
    before = len(s3.requests)
    code, out, _ = run("check", source, "-f", "json", "--select", "west")
    assert (code, verdicts(out)) == (0, {"west": "pass"})
    alone = len(s3.requests) - before
    code, out, _ = run("check", source, "-f", "json", "--select", "north", "--select", "west")
    assert (code, verdicts(out)) == (0, {"north": "pass", "west": "pass"})
    assert len(s3.requests) - before == 3 * alone
    # A name may hold what parts a list elsewhere.
    code, out, _ = run("lint", source, "-f", "json", "--select", "south, east")
    assert (code, list(verdicts(out))) == (0, ["south, east"])


@pytest.mark.parametrize("command", ["check", "lint", "sweep"])
def test_a_name_that_is_not_there_exits_2(run: Any, s3: S3Emulator, good: UserKey, command: str) -> None:
    source = save(request("north", good), request("west", good))
    before = len(s3.requests)
    code, out, err = run(command, source, "--select", "west", "--select", "nroth")
    assert (code, out) == (2, "")
    assert "--select: no destination is called 'nroth': is 'north' meant?" in err
    assert "there are 'north', 'west'" in run(command, source, "--select", "x")[2]
    assert len(s3.requests) == before


def test_select_chooses_the_one_to_hand_over(run: Any, good: UserKey) -> None:
    source = save(request("north", good), request("west", good))
    code, _, err = run("create", source, "--dry-run", "--planet-url", "http://127.0.0.1:9")
    assert code == 2
    assert "choose one with --select NAME" in err
    code, _, err = run("create", source, "--dry-run", "--planet-url", "http://127.0.0.1:9", "--select", "west")
    assert "create takes one destination" not in err


def test_select_narrows_what_fix_writes(run: Any, good: UserKey) -> None:
    source = save(request("north", good, bucket="imagery-in "), request("west", good, bucket=" imagery-in"))
    code, out, _ = run("lint", source, "--fix", "--select", "west", "-f", "json")
    assert (code, verdicts(out)) == (0, {"west": "pass"})
    assert [each["parameters"]["bucket"] for each in json.loads(Path(source).read_text())] == ["imagery-in ", "imagery-in"]


def test_a_rotation_of_a_selected_destination(run: Any, good: UserKey, no_delete: UserKey) -> None:
    old = save(request("north", good), request("west", good), path="old.json")
    new = save(request("north", no_delete), request("west", good), path="new.json")
    assert run("check", "--against", old, new, "--select", "west")[0] == 0
    assert run("check", "--against", old, new)[0] == 1


def test_what_is_not_selected_keeps_its_secrets(run: Any, good: UserKey, no_delete: UserKey) -> None:
    source = save(request("north", good), request("west", no_delete))
    told = run("lint", source, "--select", "west", "-vv")
    assert good.secret_access_key not in told[1] + told[2]


# ---- fail-fast -------------------------------------------------------------------------------------------------------


def test_after_a_failure_no_further_destination_is_asked(run: Any, s3: S3Emulator, good: UserKey, no_delete: UserKey) -> None:
    source = save(
        request("first", good), request("second", no_delete), request("third", good), request("fourth", good, bucket="X")
    )
    before = len(s3.requests)
    code, out, _ = run("check", source, "-f", "json", "--fail-fast", "--jobs", "1")
    assert code == 1
    # What the source alone says is still said: a bucket cannot be called X.
    assert verdicts(out) == {"first": "pass", "second": "fail", "third": "inconclusive", "fourth": "fail"}
    third = json.loads(out)["destinations"][2]
    assert [each["name"] for each in third["findings"]] == ["not-checked"]
    assert third["steps"] == []
    asked = len(s3.requests) - before
    run("check", source, "-f", "json", "--jobs", "1", "--select", "first", "--select", "second")
    assert len(s3.requests) - before == 2 * asked


def test_what_is_not_asked_never_passes_whatever_is_ignored(run: Any, good: UserKey, no_delete: UserKey) -> None:
    source = save(request("first", no_delete), request("second", good))
    code, out, _ = run("check", source, "-f", "json", "--fail-fast", "--jobs", "1", "--ignore", "not-checked")
    assert (code, verdicts(out)) == (1, {"first": "fail", "second": "inconclusive"})


def test_a_warning_is_enough_only_where_warnings_fail(run: Any, s3: S3Emulator, good: UserKey) -> None:
    warned = s3.user("planet-no-read", actions=("s3:PutObject", "s3:DeleteObject"))
    source = save(request("first", warned), request("second", good))
    options = ("-f", "json", "--fail-fast", "--jobs", "1", "--proceed")
    assert list(verdicts(run("check", source, *options)[1]).values()) == ["warn", "pass"]
    assert list(verdicts(run("check", source, *options, "--strict")[1]).values()) == ["warn", "inconclusive"]


def test_the_text_says_what_was_not_asked(run: Any, good: UserKey, no_delete: UserKey) -> None:
    source = save(request("first", no_delete), request("second", good))
    _, out, _ = run("check", source, "--fail-fast", "--jobs", "1")
    assert "not-checked" in out
    assert "second" in out
    quiet = run("check", source, "--fail-fast", "--jobs", "1", "-q")[1]
    assert "UNSURE" in quiet
    assert "1 could not be decided" in quiet


def test_fail_fast_does_not_go_with_a_rotation(run: Any, good: UserKey) -> None:
    source = save(request("first", good))
    code, _, err = run("check", source, "--against", source, "--fail-fast")
    assert code == 2
    assert "--fail-fast and --against cannot be used together" in err


def test_the_library_can_stop_early_too(s3: S3Emulator, good: UserKey, no_delete: UserKey) -> None:
    made = [
        Destination(each["name"], each["type"], each["parameters"]) for each in (request("a", no_delete), request("b", good))
    ]
    settings = Settings(endpoints={"s3": s3.url}, jobs=1, enough=frozenset({Verdict.FAIL}))
    assert [each.verdict for each in check(made, settings).destinations] == [Verdict.FAIL, Verdict.INCONCLUSIVE]


# ---- short types -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("short", "whole", "bucket"),
    [
        ("s3", "amazon_s3", ("--bucket", "imagery-in")),
        ("S3", "amazon_s3", ("--bucket", "imagery-in")),
        ("gcs", "google_cloud_storage", ("--bucket", "imagery-in", "--for", "planet@example.iam.gserviceaccount.com")),
        ("azure", "azure_blob_storage", ("--account", "imagery", "--container", "imagery-in")),
        ("ocs", "oracle_cloud_storage", ("--bucket", "imagery-in", "--namespace", "axexample", "--region", "eu-frankfurt-1")),
    ],
)  # fmt: skip
def test_short_types_stand_for_whole_ones(run: Any, short: str, whole: str, bucket: tuple[str, ...]) -> None:
    assert run("policy", "--type", short, *bucket) == run("policy", "--type", whole, *bucket)
    nobody = "http://127.0.0.1:9"
    Path("d.json").write_text(json.dumps({"name": "n", "type": short.lower(), "parameters": {}}))
    code, out, _ = run("lint", "d.json", "-f", "json", "--endpoint", f"{short}={nobody}")
    (told,) = json.loads(out)["destinations"]
    assert (code, told["type"], told["endpoint_override"]) == (1, whole, nobody)
