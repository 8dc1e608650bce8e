"""Shell scripts beside what a run of them sends: each was run by bash, with a ``planet`` and a ``curl`` that note what they are given.

``OUTER`` was ``outer-b`` in the environment; nothing else was set.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.cases import in_parts
from validator.core.errors import BadSource
from validator.sources.document import ParseError
from validator.sources.loader import References, load_all
from validator.sources.parsers.shell import commands_in

CASES: list[dict[str, Any]] = json.loads((ROOT / "tests" / "examples" / "truths" / "scripts.json").read_text(encoding="utf-8"))


@in_parts("case", CASES)
def test_nothing_is_read_that_is_not_sent(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(mkdtemp(dir=tmp_path))
    for name, text in case["files"].items():
        Path(name).write_text(text)
    Path("s.sh").write_text(case["script"] + "\n")
    known, loud = [], False
    try:
        found = load_all(["s.sh"], references=References(env={"OUTER": "outer-b"})).destinations
    except BadSource:
        found, loud = (), True
    for each in found:
        unknown = {one.pointer for one in each.problems if one.name == "unresolved-reference"}
        loud = loud or bool(unknown) or not each.type
        if each.type and "/parameters/bucket" not in unknown:
            known.append(each.parameters.get("bucket"))
    assert set(known) <= set(case["truth"])
    assert loud or set(known) == set(case["truth"])


def test_a_good_part_of_them_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    read = 0
    for case in CASES:
        for name, text in case["files"].items():
            Path(name).write_text(text)
        Path("s.sh").write_text(case["script"] + "\n")
        try:
            found = load_all(["s.sh"], references=References(env={"OUTER": "outer-b"})).destinations
        except BadSource:
            continue
        read += bool(case["truth"]) and {each.parameters.get("bucket") for each in found} == set(case["truth"])
    assert read >= 37


@pytest.mark.no_cover  # long, and through the same lines as shorter tests
@pytest.mark.parametrize(
    "script",
    [
        "f() {\n" + "".join(f"A{index}=1\n" for index in range(1000)) + "}\n" + "f\n" * 1000,
        "".join(f"A{index}=1\n" for index in range(1000)) + "eval x\n" * 1000,
        "".join(f"A{index}=1\n" for index in range(1000)) + ". ./x\n" * 1000,
        "{ " * 1000 + "".join(f"A{index}=1; " for index in range(1000)) + "} " * 1000,
        "".join(f"A{index}=$(x)\n" for index in range(6000)),
    ],
    ids=["function", "eval", "source", "blocks", "substitution"],
)
def test_what_commands_may_change_is_looked_through_in_bounded_steps(script: str) -> None:
    with pytest.raises(ParseError, match="too long to be followed"):
        commands_in(script)
