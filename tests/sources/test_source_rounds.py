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

from tests.support.cases import in_parts
from validator.core.errors import BadSource
from validator.sources.document import ParseError
from validator.sources.loader import load
from validator.sources.parsers.python import read_python
from validator.sources.payloads import NoDestination

pytestmark = pytest.mark.usefixtures("here")

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


MIXED = [
    'NAMES=["one","two"]\nfor b in NAMES:\n    NAMES = ["x"]\n    @<b>\n',
    'D={"a":"one","b":"two"}\nfor k in D:\n    D = {"a":"three","b":"four"}\n    @<D[k]>\n',
    'for i,b in [(1,"one"),(2,"two")]:\n    if i == 1:\n        x = b\n    @<x>\n',
    'x="zero"\nfor b in ["one","two"]:\n    if b == "two":\n        x = b\n@<x>\n',
    'def f(items):\n    for b in items:\n        @<b>\nf(["one","two"])\n',
    'def f():\n    for b in ["one","two"]:\n        @<b>\nf()\n',
    'def f():\n    for b in ["one","two"]:\n        return b\n@<f()>\n',
    'd = #<"start">\nfor b in ["one","two"]:\n    d["parameters"]["bucket"] = b\npl.destinations.create_destination(d)\n',
    'ds = []\nfor b in ["one","two"]:\n    d = #<"start">\n    d["parameters"]["bucket"] = b\n    ds.append(d)\nfor d in ds:\n    pl.destinations.create_destination(d)\n',
    'base = {"bucket": "zero"}\nds = []\nfor b in ["one","two"]:\n    base["bucket"] = b\n    ds.append(base)\nfor d in ds:\n    @<d["bucket"]>\n',
    'for b in ["one","two"]:\n    with open("/dev/null") as f:\n        @<b>\n',
    'for b in ["one","two"]:\n    for c in ["x"]:\n        if c == "x":\n            break\n    @<b + c>\n',
    'for b in ["one","two"]:\n    while True:\n        break\n    @<b>\n',
    'fs = [lambda: b for b in ["one","two"]]\n@<fs[0]()>\n',
    'fs = []\nfor b in ["one","two"]:\n    def g():\n        @<b>\n    fs.append(g)\nfor f in fs:\n    f()\n',
    'def g():\n    @<b>\nfor b in ["one","two"]:\n    g()\n',
    'for b in ["one","two"]:\n    try:\n        if b == "one":\n            raise ValueError\n        @<b>\n    except ValueError:\n        pass\n',
    'for b in ["one","two"]:\n    try:\n        b = b + "-x"\n        raise ValueError\n    except ValueError:\n        b = "caught"\n    @<b>\n',
    'for b in ["one","two"]:\n    b = b.upper()\n    @<b>\n',
    'it = iter(["one","two"])\nfor b in it:\n    next(it)\n    @<b>\n',
    'L=["one","two"]\nfor b in L[:]:\n    L.remove(b)\n    @<b>\n',
    'L=[["one"],["two"]]\nfor x in L:\n    x.append("y")\nfor x in L:\n    @<x[0]>\n',
    'L=[["one"],["two"]]\nfor x in L:\n    x.insert(0,"y")\nfor x in L:\n    @<x[0]>\n',
    'D={"a":{"n":"one"},"b":{"n":"two"}}\nfor k,v in D.items():\n    v["n"] = v["n"] + k\n@<D["b"]["n"]>\n',
    'D={"a":"one","b":"two"}\nfor k,v in D.items():\n    D[k] = v + "-x"\n    @<v>\n@<D["a"]>\n',
    'D={"a":"one"}\nD.update({"b":"two"})\nfor v in D.values():\n    @<v>\n',
    'D={"a":"one","b":"two"}\ndel D["a"]\nfor v in D.values():\n    @<v>\n',
    'for a, *rest in [("one","x"),("two","y")]:\n    @<rest[0]>\n',
    'for (a, b), c in [(("one","x"),"y")]:\n    @<a + b + c>\n',
    'names = [n + "-x" for n in ["one","two"]]\nL = names\nfor n in L:\n    @<n>\n',
    'names = [n for n in ("one","two")][::-1]\nfor n in names:\n    @<n>\n',
    'x = "outer"\nys = [x for x in ["one"]]\nL=["a"]\nzs = [x for x in L]\n@<x>\n',
    'L=["one","two"]\nM=[L.append("three") or b for b in L if len(L) < 6]\nfor b in M:\n    @<b>\n',
    'L=["one","two"]\nO=L\nM=[(O.__setitem__(1,"three"), b)[1] for b in L]\nfor b in M:\n    @<b>\n',
    'import sys\nfor b in ["one","two"]:\n    @<b>\n    sys.exit()\n',
    'import sys\nfor b in ["one","two"]:\n    if b == "two":\n        sys.exit()\n    @<b>\n',
    'for b in ["one"]:\n    assert b\n    @<b>\n',
    'global_b = "one"\ndef set_b():\n    global global_b\n    global_b = "two"\nfor i in [1,2]:\n    @<global_b>\n    set_b()\n',
    'class A:\n    b = "one"\na = A()\nc = a\nc.b = "two"\n@<a.b>\n',
    'class A:\n    b = "one"\na = A()\nA.b = "two"\n@<a.b>\n',
    'class A:\n    b = "one"\na = A()\nobject.__setattr__(a, "b", "two")\n@<a.b>\n',
    'class A:\n    b = "one"\nclass B(A):\n    pass\nclass C(B):\n    pass\nA.b = "two"\n@<C.b>\n',
    'class A:\n    b = "one"\nclass B(A):\n    pass\nclass C(B):\n    pass\nc = C()\nA.b = "two"\n@<c.b>\n',
    'class A:\n    b = "one"\na = A()\na.b = "three"\nA.b = "two"\n@<a.b>\n',
    'class A:\n    items = {"b": "one"}\nA.items["b"] = "two"\n@<A.items["b"]>\n',
    'class A:\n    items = {"b": "one"}\nx = A()\nx.items["b"] = "two"\n@<A().items["b"]>\n',
    'class A:\n    b = "one"\nclass B(A):\n    pass\nclass C(A):\n    b = "three"\nclass D(B, C):\n    pass\n@<D.b>\n',
    'class A:\n    b = "one"\n    c = b + "-x"\nA.b = "two"\n@<A.c>\n',
    'class A:\n    b: str\n    b = "one"\n@<A.b>\n',
    'class A:\n    b = "one"\n    class Meta:\n        b = "two"\n@<A.Meta.b>\n',
    'class A:\n    b = "one"\n    def b(self):\n        return "two"\n@<A().b()>\n',
    'class A:\n    b = "one"\nexec("A.b = \'two\'")\n@<A.b>\n',
    'class A:\n    b = "one"\nA.__dict__\ntype.__setattr__(A, "b", "two")\n@<A.b>\n',
    'class A:\n    b = "one"\ndef f(x=A):\n    x.b = "two"\nf()\n@<A.b>\n',
    'class A:\n    b = "one"\n[A][0].b = "two"\n@<A.b>\n',
    'class A:\n    b = "one"\n(lambda k: setattr(k, "b", "two"))(A)\n@<A.b>\n',
    'class A:\n    b = "one"\n    def __getattr__(self, n):\n        return "two"\n@<A().zzz>\n',
    'class A:\n    b = "one"\nclass A:\n    b = "two"\n@<A.b>\n',
    'class A:\n    b = "one"\nif len("x"):\n    class A:\n        b = "two"\n@<A.b>\n',
    'class A:\n    b = "one"\n    def f(self):\n        A.b = "two"\nA().f()\n@<A.b>\n',
    'class A:\n    b = "one"\n    @staticmethod\n    def f():\n        A.b = "two"\nA.f()\n@<A.b>\n',
    'class A(dict):\n    b = "one"\n@<A.b>\n',
    'class A:\n    b = "one"\n    def __set_name__(self, o, n):\n        o.c = "two"\nclass B:\n    c = A()\n@<B.c>\n',
    '@dataclass\nclass A:\n    b: str = "one"\n    c: str = "x"\na = A("two")\na.b += "-y"\n@<a.b>\n',
    '@dataclass\nclass A:\n    b: str = "one"\n    c: str = ""\n    def __post_init__(self):\n        self.c = self.b + "-post"\n@<A("two").c>\n',
    '@dataclass(init=False)\nclass A:\n    b: str = "one"\n    def __init__(self, x):\n        self.b = x\n@<A("two").b>\n',
    'from dataclasses import field\n@dataclass\nclass A:\n    b: list = field(default_factory=lambda: ["one"])\n@<A().b[0]>\n',
    'from typing import ClassVar\n@dataclass\nclass A:\n    k: ClassVar[str] = "kk"\n    b: str = "one"\n@<A("two").b>\n',
    'from typing import NamedTuple\nclass A(NamedTuple):\n    b: str = "one"\n@<A("two").b>\n',
    'class A:\n    b = "one"\n    def __new__(cls):\n        o = object.__new__(cls)\n        o.b = "two"\n        return o\n@<A().b>\n',
    'class A:\n    b = "one"\nfor k, v in {"b": "two"}.items():\n    setattr(A, k, v)\n@<A.b>\n',
    'class A:\n    b = "one"\nx = A\nx.b = "two"\n@<A.b>\n',
    'class A:\n    b = "one"\nd = {"k": A}\nd["k"].b = "two"\n@<A.b>\n',
    'class A:\n    b = "one"\ndel A\nclass A:\n    b = "three"\n@<A.b>\n',
    'class A:\n    b = "one"\n    b = b + "-two"\n@<A.b>\n',
    'class A:\n    for b in ["one", "two"]:\n        pass\n@<A.b>\n',
    '@<"{:,}".format(1000)>\n',
    '@<"%03d-%s" % (3, "x")>\n',
    '@<f"{True}-x">\n',
    '@<f"{1.5}-x">\n',
    '@<f"{10:x}-{255:04X}">\n',
    '@<f"{None}-x">\n',
    '@<"{!r}".format("x")>\n',
    '@<f"{chr(97)!s}">\n',
]
"""Programs of which it matters alone that nothing else is read than what is sent, and that what is not read is said."""


@in_parts("text", MIXED)
def test_nothing_is_read_that_is_not_sent(text: str) -> None:
    Path("order.py").write_text(written(text))
    known, loud = read()
    sent = truth(written(text))
    assert set(known) <= set(sent)
    assert loud or set(known) == set(sent)


@in_parts("text", READ)
def test_what_is_certain_is_read(text: str) -> None:
    Path("order.py").write_text(written(text))
    known, loud = read()
    assert (known, loud) == (truth(written(text)), False)


@in_parts("text", SAID)
def test_what_only_a_run_shows_is_said(text: str) -> None:
    Path("order.py").write_text(written(text))
    known, loud = read()
    assert loud
    assert set(known) <= set(truth(written(text)))


def test_many_rounds_are_not_followed_one_by_one() -> None:
    names = [f"b-{number}" for number in range(51)]
    Path("order.py").write_text(written(f"for b in {names}:\n    @<b>\n"))
    assert read() == ([], True)


@pytest.mark.parametrize("each", ["class B{}(A):\n    pass\n", "x{} = A()\n"])
def test_classes_with_the_members_of_all_above_are_counted(each: str) -> None:
    members = "".join(f"    a{index} = 1\n" for index in range(1000))
    text = f"class A:\n{members}{''.join(each.format(index) for index in range(1000))}"
    with pytest.raises(NoDestination):
        read_python(f"class A:\n{members}{each.format(0)}")
    with pytest.raises(ParseError, match="too long to be followed"):
        read_python(text)
