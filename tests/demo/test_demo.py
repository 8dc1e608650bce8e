"""The demo: everything on this machine, every verdict as its scenario says, and easy to read."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType

import pytest

from validator.core.deadline import CancelToken
from validator.core.errors import MissingExtra
from validator.demo import run as demo
from validator.demo.emulators.s3 import demo_scenarios
from validator.demo.emulators.scenario import Scenario

S3 = (demo.EMULATORS["s3"],)
LOST = Scenario(
    "a type that nobody knows", "Nothing is asked.", {"name": "lost", "type": "floppy_disk", "parameters": {}}, {}, "unknown-type"
)  # fmt: skip


def played(**options: object) -> tuple[int, str]:
    out = io.StringIO()
    code = demo.run(out=out, **options)  # type: ignore[arg-type]  # the options of run, whichever
    return code, out.getvalue()


def emulator(monkeypatch: pytest.MonkeyPatch, *scenarios: Scenario, error: Exception | None = None) -> str:
    module = ModuleType("made_up_emulator")

    @contextlib.contextmanager
    def offered() -> Iterator[Sequence[Scenario]]:
        if error is not None:
            raise error
        yield scenarios

    module.demo_scenarios = offered
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module.__name__


@pytest.fixture(scope="module")
def s3_demo() -> tuple[int, str]:
    return played(emulators=S3)


def test_every_s3_scenario_comes_to_its_verdict(s3_demo: tuple[int, str]) -> None:
    code, said = s3_demo
    assert code == 0, said
    assert "10 of 10 destinations came to the expected verdict." in said
    assert "NOT AS EXPECTED" not in said


def test_the_story_is_one_screen(s3_demo: tuple[int, str]) -> None:
    _, said = s3_demo
    lines = said.splitlines()
    broken, fixed = (
        lines.index("1. A key that cannot delete."),
        next(i for i, line in enumerate(lines) if line.startswith("2. ")),
    )
    verdicts = [(i, line[:4]) for i, line in enumerate(lines) if line[:4] in ("PASS", "FAIL")]
    assert [word for _, word in verdicts] == ["FAIL", "PASS"]
    assert broken < verdicts[0][0] < fixed < verdicts[1][0]
    table = lines.index("Amazon S3 and S3-compatible stores")
    assert sum(1 + max(0, len(line) - 1) // 80 for line in lines[: verdicts[1][0] + 1]) <= 24, "rows of the story"
    assert table < 26
    assert any("aws iam put-user-policy" in line for line in lines[broken:fixed])
    assert lines[lines.index("Now yours") + 1] == "  planet-validator check destination.json"
    too_long = [line for line in lines if len(line) > 80]
    # Only what is to be pasted may be longer.
    assert all(line.startswith("      ") for line in too_long), too_long


def test_every_other_scenario_is_one_line(s3_demo: tuple[int, str]) -> None:
    _, said = s3_demo
    assert said.count("planet-validator explain ") == 1
    assert "Endpoint: " not in said
    for finding in ("write-denied", "wrong-secret", "wrong-region", "encryption-header-required", "versions-remain"):
        assert len([line for line in said.splitlines() if line.endswith(f"  {finding}")]) == 1


def test_verbose_prints_every_report_and_no_secret() -> None:
    code, said = played(emulators=S3, verbosity=1)
    assert code == 0
    assert said.count("planet-validator explain ") >= 6
    with demo_scenarios() as scenarios:
        assert {each.request["type"] for each in scenarios} == {"amazon_s3", "s3_compatible"}
        secrets = [each.request["parameters"].get("aws_secret_access_key", "") for each in scenarios]
    assert all(secret not in said for secret in secrets if secret)


def test_an_unexpected_verdict_is_the_exit_code_and_is_shown_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    module = emulator(monkeypatch, LOST, Scenario("taken for good", "It is not.", LOST.request, {}, verdict="pass"))
    code, said = played(emulators=(("Made up", module),))
    assert code == 1
    assert "NOT AS EXPECTED: this should have been pass." in said
    assert "1 of 2 destinations came to the expected verdict." in said


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MissingExtra("this needs node, which is not installed"), "this needs node, which is not installed"),
        (RuntimeError("Azurite ended at once"), "Azurite ended at once"),
        (OSError("no port is free"), "no port is free"),
    ],
)
def test_what_cannot_be_started_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str) -> None:
    broken = emulator(monkeypatch, error=error)
    code, said = played(emulators=(("Made up", broken),))
    assert code == 2
    assert "Nothing could be checked." in said
    assert said.count(f"Left out: Made up: {reason}") == 1


def test_one_emulator_that_is_missing_does_not_fail_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    module = emulator(monkeypatch, LOST)
    code, said = played(
        emulators=(("Nobody's", "validator.demo.emulators.no_such_cloud"), ("Made up", module), ("Empty", "json"))
    )
    assert code == 0
    assert "Left out: Nobody's" in said
    assert "Left out: Empty: this installation has no emulator for it" in said


def test_quiet_prints_the_table_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = played(emulators=(("Made up", emulator(monkeypatch, LOST)),), verbosity=-1)
    assert code == 0
    assert LOST.lesson not in said
    assert "1 of 1 destinations came to the expected verdict." in said


def test_a_stop_ends_it() -> None:
    stop = CancelToken()
    stop.request()
    code, said = played(emulators=S3, stop=stop)
    assert code == 130
    assert "1. " not in said
    assert said.endswith("Stopped before the end.\n")


def test_ascii_and_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = Scenario("größer", "Ein Gruß.", LOST.request, {}, "unknown-type")
    _, said = played(emulators=(("Made up", emulator(monkeypatch, odd)),), ascii_only=True, colour=True)
    assert said.isascii()
    assert "\x1b[1m" in said


def test_it_ends_with_a_create_and_a_rotation() -> None:
    from validator.demo import planet

    code, said = played(emulators=S3, ending=(planet.TITLE, planet.acts))
    assert code == 0, said
    ending = said[said.index("Hand-off to Planet") :]
    assert "NOT AS EXPECTED" not in ending
    assert [line.split("  ")[-1].strip() for line in ending.splitlines()[1:6]] == [
        "not sent",
        "refused, file left behind",
        "created",
        "not sent",
        "updated",
    ]


def test_an_ending_that_goes_wrong_is_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    from validator.demo.planet import DemoStep

    module = emulator(monkeypatch, LOST)
    code, said = played(
        emulators=(("Made up", module),),
        ending=("The end", lambda: (each for each in [DemoStep("it", "broke", "Is bad.", False)])),
    )
    assert (code, said.count("NOT AS EXPECTED")) == (1, 1)
