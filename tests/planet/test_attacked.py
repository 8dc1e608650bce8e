"""Whatever answers in Planet's place, each command that asks it ends in words: nothing of it is obeyed, followed, repeated or kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.endless import HEAD, Raw, endless
from tests.support.planet_api import GOOD
from tests.support.wire import Answer, Wire
from validator.cli import app, console
from validator.planet import api
from validator.planet.answers import DEEPEST, destination

pytestmark = pytest.mark.no_cover  # measured: other tests go through next to all of these lines

KEY = "PLAK" + "0123456789abcdef" * 2
SECRET = "kP9x/EXAMPLEtWq0+vvR7bYs1mN3cUd5eFg6hJk8"
HOSTILE = "\x1b[31m\r\n::error::x\u202e\u2028##vso[task.complete]<script>"
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "list": ("list", "dest.json"),
    "list json": ("list", "-f", "json", "dest.json"),
    "create": ("create", "dest.json", "--timeout", "60"),
    "update": ("update", GOOD["id"], "dest.json", "--timeout", "60"),
    "check all": ("check", "--all-from-planet", "dest.json", "--timeout", "60"),
    "init": ("init", "--from-planet", GOOD["id"], "-"),
    "doctor": ("doctor", "--timeout", "60", "--endpoint", "amazon_s3=http://127.0.0.1:9"),
}


def told(answer: Any, status: int = 200, **headers: str) -> Answer:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return Answer(
        status, {"content-type": "application/json", **{name.replace("_", "-"): each for name, each in headers.items()}}, body
    )


def both(one: Mapping[str, Any]) -> dict[str, Any]:
    """What is an answer to either question: one destination, and a list of it."""
    return {**one, "destinations": [one]}


def nested(levels: int, within: bytes = b"%s") -> bytes:
    return within % (b'{"a":' * levels + b"1" + b"}" * levels)


ONE = b'{"id": "a1", "name": "x", "type": "amazon_s3", "more": %s}'
SMALL: Mapping[str, Answer] = {
    "deep": told(b"[" * 200_000),
    "deep in a list": told(b'{"destinations": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}"),
    "deep in a field": told(nested(900, ONE)),
    "deep in a list's field": told(nested(900, b'{"destinations": [' + ONE + b"]}")),
    "hostile": told(both({**GOOD, "name": HOSTILE, "type": HOSTILE, "created": HOSTILE, "parameters": {"bucket": HOSTILE, HOSTILE: HOSTILE}})),
    "hostile bucket": told(both({**GOOD, "parameters": {**GOOD["parameters"], "bucket": HOSTILE, "aws_region": HOSTILE}})),
    "hostile refusal": told({"message": f"{HOSTILE} {KEY} {SECRET}", "code": HOSTILE}, 400),
    "hostile page": Answer(403, {"content-type": "text/html"}, f"{HOSTILE}{KEY}{SECRET}".encode() * 500),
    "secrets": told(both({**GOOD, "name": KEY + SECRET, "parameters": {**GOOD["parameters"], "aws_access_key_id": KEY, "aws_region": SECRET}})),
    "secret id": told(both({**GOOD, "id": KEY, "pl:ref": f"pl:destinations/{KEY}"})),
    "later": told({"message": "slow"}, 429, retry_after="999999999"),
    "much later": told({"message": "slow"}, 503, retry_after="Fri, 31 Dec 9999 23:59:59 GMT"),
    "packed": told(b"x", content_encoding="gzip"),
    "packed refusal": told(b"x", 400, content_encoding="br"),
    "nothing": told(None),
    "a number": told(5),
    "no numbers": told(b'{"destinations": NaN, "id": Infinity}'),
    "a long number": told(b'{"destinations": [{"id": ' + b"9" * 5000 + b"}]}"),
    "half characters": told(both({**GOOD, "name": "\ud800", "type": "\ud800", "parameters": {"\ud800": "\ud800", "bucket": "\udfff"}})),
    **{
        f"in {charset!a}": Answer(status, {"content-type": f"application/json; charset={charset}"}, b'\xff\xfe{"a":1}')
        for charset, status in (("utf-7", 200), ("zlib_codec", 400), ("hex", 400), ("undefined", 403), ("a\x7fb", 200))
    },
}  # fmt: skip


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(api, "PACE", 0.0)
    monkeypatch.setattr(api, "PAUSE", 0.0)
    monkeypatch.setenv("PL_API_KEY", KEY)
    parameters = {**GOOD["parameters"], "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": SECRET}
    # No bucket is asked: a name that no bucket can have fails beforehand.
    Path("dest.json").write_text(
        json.dumps({"type": "amazon_s3", "name": "new one", "parameters": {**parameters, "bucket": "A B"}})
    )
    yield
    console.forget()


def outcome(command: str, url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """How a command ends, having shown nothing of what must not be shown."""
    monkeypatch.setenv("PLANET_VALIDATOR_PLANET_URL", url)
    code = app.run([*COMMANDS[command]])
    out, err = capsys.readouterr()
    said = out + err
    assert code in (0, 1, 2, 3)
    assert "unexpected" not in said, said[-500:]
    knows_the_source = command not in ("init", "doctor")
    assert not [
        each for each in (KEY, *([SECRET] if knows_the_source else []), "\x1b", "\u202e", "\u2028", "##vso[") if each in said
    ]
    assert not [line for line in said.splitlines() if line.lstrip().startswith("::")]
    assert len(said) < 100_000
    return code, said


@pytest.mark.parametrize("kind", SMALL)
def test_an_answer_in_planets_place(kind: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    turn = list(SMALL).index(kind)
    commands = (
        [*COMMANDS]
        if "hostile" in kind or "secret" in kind
        else [[*COMMANDS][(3 * turn + each) % len(COMMANDS)] for each in range(3)]
    )
    with Wire(lambda _: SMALL[kind]) as wire:
        for command in commands:
            wire.requests.clear()
            outcome(command, wire.url, capsys, monkeypatch)
            assert 1 <= len(wire.requests) <= 12, f"{command}: {len(wire.requests)} requests"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_command_follows(status: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with Wire(lambda _: told({"destinations": []})) as elsewhere:
        for command in [*COMMANDS][status % 2 :: 2]:
            with Wire(lambda _: told({}, status, location=f"{elsewhere.url}/destinations/v1/x")) as wire:
                outcome(command, wire.url, capsys, monkeypatch)
                assert wire.requests, command
        assert not elsewhere.requests


LARGE: Mapping[str, Callable[[], bytes]] = {
    "100,000 destinations": lambda: b",".join(json.dumps({**GOOD, "id": f"d{each}"}).encode() for each in range(100_000))[: api.LARGEST - 100].rpartition(b",{")[0],
    "a list of nothing": lambda: b",".join([b"{}"] * (api.MOST // 2 + 1)),
    "a list of names without values": lambda: b",".join([b'{"":0}'] * (api.MOST // 2 + 1)),
    "one name": lambda: json.dumps({**GOOD, "name": "x" * api.LARGEST}).encode(),
}  # fmt: skip


@pytest.mark.parametrize("kind", LARGE)
def test_an_answer_larger_than_any_of_planets(
    kind: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = told(b'{"destinations": [%s]}' % LARGE[kind]())
    with Wire(lambda _: answer) as wire:
        code, said = outcome("list", wire.url, capsys, monkeypatch)
    assert (code, "Planet's answer is larger than any answer of Planet's" in said) == (3, True)


def test_ten_thousand_destinations_are_read(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    listed = [{**GOOD, "id": f"d{each}", "pl:ref": f"pl:destinations/d{each}"} for each in range(10_000)]
    with Wire(lambda _: told({"destinations": listed})) as wire:
        assert len(api.Planet(wire.url, pace=0.0).destinations()) == 10_000


@pytest.mark.parametrize("kind", ["body", "heads", "continue", "extension"])
def test_an_answer_without_an_end(kind: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    play = {
        "body": endless(HEAD.replace(b"xml", b"json") % 200 + b"\r\n[", b'"' + b"x" * 65536),
        "heads": endless(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 1000),
        "continue": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 10, 0.01),
        "extension": endless(HEAD % 200 + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 65536),
    }[kind]
    with Raw(play) as server:
        monkeypatch.setenv("PLANET_VALIDATOR_TIMEOUT", "1")
        code, _ = outcome("list", server.url, capsys, monkeypatch)
    assert code == 3


def test_what_is_nested_deeply_is_not_kept() -> None:
    deep: Any = 1
    for _ in range(DEEPEST):
        deep = {"a": deep}
    assert "more" not in destination({**GOOD, "more": deep})
    assert destination({**GOOD, "more": deep["a"]})["more"] == deep["a"]
