"""Loops over what is written down, and plain classes as settings: each program is run, with a client that notes what it is given.

What is read must be what was sent, value for value; where it is not read, that must be said.
"""

from __future__ import annotations

import contextlib
import copy
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from validator.core.errors import BadSource
from validator.sources.loader import load

START = "from dataclasses import dataclass\n"
REGION = '"eu-west-1"'
KEY = '"aws_access_key_id": "AKIAEXAMPLEEXAMPLE12", "aws_secret_access_key": "EXAMPLE"'


def written(text: str) -> str:
    """``@<bucket | region>`` sends a request, ``#<bucket | region>`` is one."""

    def request(match: re.Match[str]) -> str:
        bucket, _, region = match[2].partition(" | ")
        made = f'{{"name": "one of ours", "type": "amazon_s3", "parameters": {{"bucket": {bucket}, "aws_region": {region or REGION}, {KEY}}}}}'
        return made if match[1] == "#" else f"pl.destinations.create_destination({made})"

    return START + re.sub(r"([@#])<([^>]*)>", request, text)


def truth(program: str) -> list[str]:
    """What a run sends."""
    noted: list[Any] = []
    client = SimpleNamespace(destinations=SimpleNamespace(create_destination=lambda d: noted.append(copy.deepcopy(d))))
    with contextlib.suppress(SystemExit):
        exec(compile(program, "order.py", "exec"), {"pl": client, "__name__": "__main__"})  # noqa: S102 - a text of this file
    return [each["parameters"]["bucket"] for each in noted]


def read() -> tuple[list[str], bool]:
    """The buckets that are known, and whether anything is said not to be."""
    try:
        found = load("order.py").destinations
    except BadSource:
        return [], True
    names = {each.name for one in found for each in one.problems}
    known = [str(each.parameters["bucket"]) for each in found if each.type and each.parameters["bucket"]]
    return known, bool(names & {"unresolved-reference", "unreadable-source"})


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


CONFIG = 'class Config:\n    BUCKET = "one"\n    REGION = "eu-west-1"\n'
DATA = '@dataclass\nclass Dest:\n    bucket: str = "one"\n    region: str = "eu-west-1"\n'

READ = [
    'for b in ["one", "two"]:\n    @<b>\n',
    'for b in ("one", "two"):\n    d = #<b>\n    pl.destinations.create_destination(d)\n',
    'NAMES = ["one", "two"]\nfor b in NAMES:\n    @<b>\n',
    'for name, region in [("one", "a"), ("two", "b")]:\n    @<name | region>\n',
    'ALL = {"one": "eu-west-1", "two": "eu-west-2"}\nfor b, r in ALL.items():\n    @<b | r>\n',
    'ALL = {"one": {"region": "a"}, "two": {"region": "b"}}\nfor b in ALL:\n    @<b | ALL[b]["region"]>\n',
    'ALL = {"x": "one", "y": "two"}\nfor b in ALL.values():\n    @<b>\n',
    'DESTS = [{"b": "one"}, {"b": "two"}]\nfor d in DESTS:\n    d["c"] = d["b"] + "-more"\nfor d in DESTS:\n    @<d["c"]>\n',
    'last = "none"\nfor b in ["one", "two"]:\n    last = b\n@<last>\n',
    'for b in ["one", "two"]:\n    pass\nelse:\n    b = b + "-end"\n@<b>\n',
    'NAMES = ["one", "two"]\nmade = [#<b> for b in NAMES]\nfor each in made:\n    pl.destinations.create_destination(each)\n',
    'ALL = {"one": ("a", 1), "two": ("b", 2)}\nmade = [#<b | r> for b, (r, n) in ALL.items()]\nfor each in made:\n    pl.destinations.create_destination(each)\n',
    'for env in ["dev", "prod"]:\n    for zone in ("a", "b"):\n        @<f"{env}-{zone}">\n',
    'for i in [1, 2]:\n    @<f"imagery-{i:02d}">\n',
    'for i in [1, 2]:\n    @<"imagery-{:03d}-{}".format(i, "x")>\n',
    'for b in []:\n    @<b>\n@<"one">\n',
    'for b in ["one", "two"]:\n    try:\n        @<b>\n    except ValueError:\n        print("no")\n',
    CONFIG + "@<Config.BUCKET | Config.REGION>\n",
    CONFIG + "cfg = Config()\n@<cfg.BUCKET>\n",
    CONFIG + 'Config.BUCKET = "two"\n@<Config.BUCKET>\n',
    CONFIG + 'cfg = Config()\ncfg.BUCKET = "two"\n@<cfg.BUCKET>\n@<Config.BUCKET>\n',
    CONFIG + 'class Prod(Config):\n    BUCKET = "two"\n@<Prod.BUCKET | Prod.REGION>\n',
    'class Outer:\n    class S3:\n        BUCKET = "one"\n@<Outer.S3.BUCKET>\n',
    CONFIG + "def go():\n    @<Config.BUCKET>\ngo()\n",
    DATA + "d = Dest()\n@<d.bucket | d.region>\n",
    DATA + 'd = Dest("two", region="x")\n@<d.bucket | d.region>\n',
    DATA + 'ALL = [Dest("one"), Dest(bucket="two")]\nfor d in ALL:\n    @<d.bucket>\n',
    DATA.replace("@dataclass", "@dataclass(frozen=True)") + 'd = Dest("two")\n@<d.bucket>\n',
]
"""Programs of which everything is read."""

SAID = [
    'for b in ["one", "two"]:\n    if b == "one":\n        continue\n    @<b>\n',
    'for b in ["one", "two"]:\n    if b == "one":\n        break\n@<b>\n',
    'NAMES = ["one", "two"]\nfor b in NAMES:\n    if len(NAMES) < 3:\n        NAMES.append("three")\n    @<b>\n',
    'NAMES = ["one", "two"]\nother = NAMES\nfor b in NAMES:\n    if len(NAMES) < 3:\n        other.append("three")\n    @<b>\n',
    'NAMES = ["one", "two"]\nother = NAMES\nfor b in NAMES:\n    other[1] = "three"\n    @<b>\n',
    'NAMES = ["one", "two"]\ndef change(x):\n    x[1] = "three"\nfor b in NAMES:\n    change(NAMES)\n    @<b>\n',
    'for b in sorted(["two", "one"]):\n    @<b>\n',
    'for b in ["one", "two"]:\n    x = b if b == "one" else "other"\n    @<x>\n',
    'NAMES = ["one", "two"]\nmade = [#<b> for b in NAMES if b != "one"]\nfor each in made:\n    pl.destinations.create_destination(each)\n',
    'class Config:\n    def __init__(self):\n        self.BUCKET = "two"\n    BUCKET = "one"\ncfg = Config()\n@<cfg.BUCKET>\n',
    CONFIG + 'def change():\n    Config.BUCKET = "two"\nchange()\n@<Config.BUCKET>\n',
    CONFIG + 'setattr(Config, "BUCKET", "two")\n@<Config.BUCKET>\n',
    CONFIG + 'cfg = Config()\ndef change(c):\n    c.BUCKET = "two"\nchange(cfg)\n@<cfg.BUCKET>\n',
    CONFIG + 'cfg = Config()\nConfig.BUCKET = "two"\n@<cfg.BUCKET>\n',
    CONFIG + 'cfg = Config()\nvars(cfg).update(BUCKET="two")\n@<cfg.BUCKET>\n',
    CONFIG + 'cfg = Config()\ncfg.__dict__["BUCKET"] = "two"\n@<cfg.BUCKET>\n',
    CONFIG + 'def go():\n    @<Config.BUCKET>\n    Config.BUCKET = "two"\ngo()\n',
    CONFIG + 'cfg = Config()\nother = {"cfg": cfg}\nif len(other):\n    other["cfg"].BUCKET = "two"\n@<cfg.BUCKET>\n',
    'class Meta(type):\n    def __getattribute__(self, name):\n        return "two"\nclass Config(metaclass=Meta):\n    BUCKET = "one"\n@<Config.BUCKET>\n',
    'class Config:\n    BUCKET = "one"\n    def __getattribute__(self, name):\n        return "two"\n@<Config().BUCKET>\n',
    'from enum import Enum\nclass Config(str, Enum):\n    BUCKET = "one"\n@<Config.BUCKET.value>\n',
    'def other(cls):\n    cls.BUCKET = "two"\n    return cls\n@other\n' + CONFIG + "@<Config.BUCKET>\n",
    'class Config:\n    BUCKET = "one"\n    def load(self):\n        self.BUCKET = "two"\ncfg = Config()\ncfg.load()\n@<cfg.BUCKET>\n',
    'class Config:\n    BUCKET = "one"\n    @classmethod\n    def load(cls):\n        cls.BUCKET = "two"\nConfig.load()\n@<Config.BUCKET>\n',
    'class Config:\n    @property\n    def bucket(self):\n        return "two"\n@<Config().bucket>\n',
    CONFIG + 'class Prod(Config):\n    pass\nConfig.BUCKET = "two"\n@<Prod.BUCKET>\n',
    DATA + 'class Sub(Dest):\n    pass\n@<Sub("two").bucket>\n',
    DATA.replace("    region", '    def __post_init__(self):\n        self.bucket = "two"\n    region') + "@<Dest().bucket>\n",
    CONFIG + 'if len("x"):\n    Config.BUCKET = "two"\n@<Config.BUCKET>\n',
    CONFIG + 'cfg = Config()\nfor cfg.BUCKET in ["two", "three"]:\n    if cfg.BUCKET == "two":\n        break\n@<cfg.BUCKET>\n',
    CONFIG + 'Config = type("Config", (), {"BUCKET": "two"})\n@<Config.BUCKET>\n',
    CONFIG + "del Config.BUCKET\ntry:\n    @<Config.BUCKET>\nexcept AttributeError:\n    pass\n",
]
"""Programs of which something is not followed."""


@pytest.mark.parametrize("text", READ)
def test_what_is_certain_is_read(text: str) -> None:
    Path("order.py").write_text(written(text))
    known, loud = read()
    assert (known, loud) == (truth(written(text)), False)


@pytest.mark.parametrize("text", SAID)
def test_what_only_a_run_shows_is_said(text: str) -> None:
    Path("order.py").write_text(written(text))
    known, loud = read()
    assert loud
    assert set(known) <= set(truth(written(text)))


def test_many_rounds_are_not_followed_one_by_one() -> None:
    names = [f"b-{number}" for number in range(51)]
    Path("order.py").write_text(written(f"for b in {names}:\n    @<b>\n"))
    assert read() == ([], True)
