"""Sources as people write them, each beside what a run of it sends: what is shown is true, and what is not shown is said.

The Python among them was run, with a client that notes what it is given; ``?`` is a bucket that only a run can tell.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.cases import in_parts
from validator.checking.assemble import lint
from validator.core.errors import BadSource
from validator.core.model import Secret
from validator.formats.json import render
from validator.sources.loader import load

TRUTHS = ROOT / "tests" / "examples" / "truths"
CASES: list[dict[str, Any]] = [
    case for name in ("sources.json", "forms.json") for case in json.loads((TRUTHS / name).read_text(encoding="utf-8"))
]


def key(number: str) -> str:
    return f"AKIAEXAMPLE{int(number):09d}"


def secret(number: str) -> str:
    return "EXAMPLEsecretEXAMPLEsecretEXAMPLE" + f"{int(number):07d}"


def filled(text: str) -> str:
    return re.sub("@([KS])([0-9])@", lambda match: (key if match[1] == "K" else secret)(match[2]), text)


def written(case: dict[str, Any]) -> str:
    Path(case["name"]).write_bytes(filled("".join(case["text"])).encode(case["encoding"]))
    for name, text in case["files"].items():
        Path(name).write_text(filled(text), encoding="utf-8")
    return str(case["name"])


def seen(name: str) -> tuple[list[tuple[str, str]], bool, str]:
    """Bucket and key of each destination, whether something was said not to be known, and all that a report shows."""
    try:
        loaded = load(name)
    except BadSource as bad:
        return [], True, str(bad)
    report = lint(loaded)
    found, loud = [], False
    for destination, told in zip(loaded.destinations, report.destinations, strict=True):
        unknown = {each.pointer for each in told.findings if each.name == "unresolved-reference"}
        loud = loud or bool(unknown) or any(each.name in ("unreadable-source", "unknown-type") for each in told.findings)
        if destination.type:
            values = [destination.parameters.get(each, "") for each in ("bucket", "aws_access_key_id")]
            bucket, access = (each.reveal() if isinstance(each, Secret) else str(each) for each in values)
            shown = "?" if "/parameters/bucket" in unknown else bucket
            found.append((shown, "?" if "/parameters/aws_access_key_id" in unknown else access))
    return found, loud, render(report)


@in_parts("case", CASES)
def test_what_is_shown_is_what_is_sent(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(mkdtemp(dir=tmp_path))
    for variable in ("ORG", "BUCKET", "REGION"):
        monkeypatch.delenv(variable, raising=False)
    found, loud, shown = seen(written(case))
    truth = [(set(buckets), key(number) if number else "?") for buckets, number in case["truth"]]
    assert not re.search(r"EXAMPLEsecret", shown)
    for bucket, access in found:
        may = [each for buckets, each in truth if bucket in (*buckets, "?")]
        assert may, (bucket, truth)
        assert access == "?" or access in may
    for buckets, access in truth:
        there = any(bucket in buckets and "?" not in (bucket, access) for bucket, _ in found)
        assert there or loud, (buckets, found)


def test_most_of_them_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ORG", raising=False)
    for name in (
        "p14_star.py",
        "p15_deepcopy_alias.py",
        "p23_or_merge.py",
        "p27_subscription_delivery_swap.py",
        "e02.env",
        "s16_commented.sh",
        "s17_split.sh",
        "a04_create_request_function.py",
        "a08_cell_reruns.ipynb",
        "d18_httpx.py",
        "d25_loop_shared.py",
        "d26_class_env.py",
        "e07_subst.sh",
        "e11_jq_arg.sh",
        "f02_crlf.env",
        "f06_utf16be.json",
        "f09_huge_comments.yaml",
        "f10_two_envs.yaml",
        "f12_lines.json",
    ):
        case = next(each for each in CASES if each["name"] == name)
        found, loud, _ = seen(written(case))
        assert not loud, name
        assert {bucket for bucket, _ in found} == {buckets[0] for buckets, _ in case["truth"]}, name


def test_a_reference_to_a_stored_destination_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its random id looked like a credential: it was masked, and with it the file's name and the command."""
    monkeypatch.chdir(tmp_path)
    ref = "pl:destinations/cp-gcs-6HRjBcW74jeH9SC4VElKqX"
    Path("my-destinations_1.json").write_text(
        json.dumps({"name": "o", "delivery": {"destination": {"ref": ref}}}), encoding="utf-8"
    )
    shown = render(lint(load("my-destinations_1.json")))
    assert "my-destinations_1.json" in shown
    assert ref in shown
    assert "planet-validator update cp-gcs-6HRjBcW74jeH9SC4VElKqX new-credentials.json" in shown
    assert "***" not in shown


@pytest.mark.parametrize(
    ("text", "alarm"),
    [
        ("def send(order):\n    pl.orders.create_order(order)\nsend(KNOWN)\n", False),
        ("def build():\n    return KNOWN\npl.orders.create_order(build())\n", False),
        ("pl.orders.create_order(KNOWN)\nrequests.post('https://api.planet.com/data/v1/quick-search', json=search())\n", False),
        ("pl.orders.create_order(KNOWN)\nrequests.post(hook, json=message())\n", False),
        ("for each in [KNOWN]:\n    pl.orders.create_order(each)\n", False),
        ("pl.orders.create_order(KNOWN)\npl.orders.create_order(pickle.load(file))\n", True),
        ("pl.orders.create_order(KNOWN)\nfor each in others():\n    pl.orders.create_order(each)\n", True),
        ("pl.orders.create_order(KNOWN)\nrequests.post('https://api.planet.com/compute/ops/orders/v2', json=other())\n", True),
        ("pl.orders.create_order(KNOWN)\npl.orders.create_order({'name': 'x', 'delivery': other()})\n", True),
        (
            "pl.orders.create_order(KNOWN)\nrequests.put('https://api.planet.com/subscriptions/v1/1', data=json.dumps(other()))\n",
            True,
        ),
    ],
)
def test_what_is_sent_and_not_known_is_said(text: str, alarm: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    known = "from planet import order_request\nimport json, pickle, requests\n" + filled(
        "order = {'name': 'o', 'delivery': order_request.amazon_s3('@K1@', '@S1@', 'known-b', 'us-west-2')}\n"
    )
    Path("order.py").write_text(known + text.replace("KNOWN", "order"), encoding="utf-8")
    found, loud, _ = seen("order.py")
    assert set(found) == {("known-b", key("1"))}
    assert loud is alarm
