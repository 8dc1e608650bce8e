"""What the service reads takes steps in proportion to its bytes, however it is written: no time is measured.

A step is a call, of Python or of C; a method of a text counts as many as the text has characters for each 64 of them. Regular
expressions are counted in ``tests/project/test_patterns.py``.
"""

from __future__ import annotations

import ast
import contextlib
import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from tests.support.cases import in_parts
from validator.service import api
from validator.service.middleware import Problem, ServiceSettings

pytestmark = pytest.mark.no_cover  # measured: other tests go through next to all of these lines

SETTINGS = ServiceSettings(token="EXAMPLE of a token")
SIZE = 600
"""Bytes of the smaller text; the larger has four times as many."""
WHOLE = {"count", "split", "splitlines", "replace", "translate", "lower", "upper", "casefold", "encode", "decode", "isascii"}
"""Methods that look at each character."""
PER_BYTE = 40
"""Steps for each byte, at most: ten million for a body as large as is taken, some seconds of a thread that lets the others go on."""
FIXED = 3_000
"""Steps that a text takes whatever its length, once everything is loaded."""


def many(each: str, *, between: str = "", around: str = "{}") -> Callable[[int], str]:
    before, _, after = around.partition("{}")
    return lambda size: before + between.join([each] * (size // (len(each) + len(between)) + 1)) + after


def numbered(each: str, *, around: str = "{}") -> Callable[[int], str]:
    before, _, after = around.partition("{}")
    return lambda size: before + "".join(each % number for number in range(size // len(each) + 1)) + after


BUCKET = '{"type": "amazon_s3", "parameters": {"bucket": "{}"}}'
SECRET = '{"type": "amazon_s3", "parameters": {"aws_secret_access_key": "{}"}}'
PARAMETERS = '{"type": "amazon_s3", "parameters": {{}"bucket": "a"}}'
YAML = "type: amazon_s3\nparameters:\n{}"
TEXTS: dict[str, dict[str, Callable[[int], str]]] = {
    ".json": {
        "objects": many("{}", between=",", around="[{}]"),
        "lists": many("[]", between=",", around="[{}]"),
        "deep": many("[" * 60 + "]" * 60, between=",", around="[{}]"),
        "destinations": many('{"type": "s3", "parameters": {}}', between=",", around="[{}]"),
        "parameters": numbered('"a%d": 1, ', around=PARAMETERS),
        "the same parameter": many('"a": 1, ', around=PARAMETERS),
        "comments": many("// x\n", around="{}[]"),
        "invisible": many("\u200b ", around="{}[]"),
        "single quotes": many("'a'", between=",", around="[{}]"),
        "typographic": many("\u201ca\u201d", between=",", around="[{}]"),
        "opened": many("\u201c", around="[{}"),
        "half characters": many('"\\ud800"', between=",", around="[{}]"),
        "numbers": many("1", between=",", around="[{}]"),
        "a bucket of s3": many(".s3", around=BUCKET),
        "a bucket of percent": many("%25", around=BUCKET),
        "a bucket of entities": many("&#38;", around=BUCKET),
        "a bucket of base64": many("QUFB", around=BUCKET),
        "a bucket of hexadecimal": many("2541", around=BUCKET),
        "a bucket of references": many("${A}", around=BUCKET),
        "a secret": many("aB3/", around=SECRET),
    },
    ".yaml": {
        "items": many("- a\n"),
        "flow": many("a", between=",", around="[{}]"),
        "parameters": numbered("  a%d: 1\n", around=YAML),
        "the same parameter": many("  a: 1\n", around=YAML),
        "documents": many("---\na\n"),
        "comments": many("# a\n\n", around="{}a: 1"),
        "anchors": numbered("- &a%d x\n"),
        "aliases": many("- *a\n", around="- &a x\n{}"),
        "merges": many("- {<<: *a}\n", around="- &a {b: 1, c: 1, d: 1, e: 1}\n{}"),
        "block": many("  x\n", around="a: |\n{}"),
        "opened": many("[", around="a: {}"),
    },
    ".toml": {
        "keys": numbered("a%d=1\n"),
        "dotted": numbered("a.b.c.d%d=1\n"),
        "deep": numbered("a." * 60 + "b%d=1\n"),
        "tables": numbered("[a%d]\n"),
        "arrays of tables": many("[[a]]\n"),
        "items": many("1", between=",", around="a=[{}]"),
        "lines": many("a\n", around='a="""{}"""'),
        "quotes": many("''a", around="a='''{}'''"),
        "blanks": many(" ", around="{}a=1"),
        "inline": numbered("a%d=1,", around="a={{}b=1}"),
    },
    "text/plain": {
        each: many(each)
        for each in (
            "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied\n",
            "<Error><Code>AccessDenied</Code></Error>", "<Error", "HTTP/1.1 403 Forbidden\n", '{"error":{"code":403,', "because no ",
            "arn:aws:s3:::a", "s3://a/b ", "Traceback (most recent call last):\n", "secret=EXAMPLEEXAMPLE ", "\\u003c", "&lt;", "%3C",
            "google.api_core.exceptions.Forbidden: 403 ", "x-amz-request-id: A\n",
        )
    },
}  # fmt: skip


def steps(work: Callable[[], Any]) -> int:
    """How many ``work`` takes."""
    count = 0

    def seen(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal count
        if event == "call":
            count += 1
        elif event == "c_call":
            text = arg.__self__ if arg.__name__ in WHOLE else None
            count += 1 + (len(text) // 64 if isinstance(text, str | bytes) else 0)

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def read(kind: str, text: str) -> None:
    """As the routes read it."""
    try:
        if kind == "text/plain":
            api._diagnose(text.encode(), kind)
        else:
            api._shown(api._read(text.encode("utf-8", "surrogatepass"), kind, SETTINGS), SETTINGS.check)
    except Problem:
        pass


@pytest.fixture(scope="module", autouse=True)
def everything_is_loaded() -> None:
    for kind in TEXTS:
        for made in (many("<Error><Code>AccessDenied</Code></Error>"), many('{"type": "s3", "parameters": {}}', around="[{}]")):
            read(kind, made(1))
    read(".json", BUCKET)
    read(".toml", "[parameters]\nbucket='a'")
    read(".yaml", "parameters: {bucket: a}")


@in_parts(("kind", "name"), [(kind, name) for kind, texts in TEXTS.items() for name in texts])
def test_steps_grow_with_the_bytes(kind: str, name: str) -> None:
    made = TEXTS[kind][name]
    small, large = made(SIZE), made(4 * SIZE)
    few = steps(lambda: read(kind, small))
    more = steps(lambda: read(kind, large))
    assert more <= 5 * few + FIXED
    assert more <= PER_BYTE * len(large.encode("utf-8", "surrogatepass")) + FIXED


def test_what_grows_with_the_square_is_seen() -> None:
    def lines(text: str) -> list[int]:
        return [text.count("\n", 0, at) for at in range(0, len(text), 2)]

    assert steps(lambda: lines("a\n" * 2000)) > 5 * steps(lambda: lines("a\n" * 500))


PYTHON = "request = {'type': 'amazon_s3', 'parameters': {'bucket': 'imagery-in'}}\n"


def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What Python's parser is called with from now on: it would keep the interpreter until it has ended."""
    given: list[int] = []
    parse = ast.parse

    def counted(text: str, *more: Any, **named: Any) -> Any:
        given.append(len(text))
        return parse(text, *more, **named)

    monkeypatch.setattr(ast, "parse", counted)
    return given


def notebook(*cells: str) -> str:
    code = [{"cell_type": "code", "source": each, "outputs": []} for each in cells]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": code})


@pytest.mark.parametrize("text", [PYTHON, notebook(PYTHON), PYTHON + "#" * (api.LONGEST_PROGRAM - 100)])
def test_short_programs_are_read(text: str) -> None:
    [found] = api._read(text.encode(), ".json", SETTINGS).destinations
    assert found.parameters["bucket"] == "imagery-in"


@pytest.mark.parametrize(
    "text",
    [
        PYTHON + "#" * api.LONGEST_PROGRAM,
        notebook(PYTHON, "#" * api.LONGEST_PROGRAM),
        notebook(*([PYTHON] * 1200)),
        PYTHON + "(" * 101 + ")" * 101,
        PYTHON + "[{" * 60,
        notebook("(" * 120),
    ],
)
def test_what_the_parser_may_keep_others_waiting_with_is_not_given_to_it(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = sizes(monkeypatch)
    with pytest.raises(Problem) as refused:
        api._read(text.encode(), ".json", SETTINGS)
    monkeypatch.undo()
    assert given == []
    said = " ".join(refused.value.document["errors"])
    assert ("planet-validator check FILE" in said) == (len(text) > api.LONGEST_PROGRAM), said


@pytest.mark.parametrize("line", ["(" * 100 + ")" * 100, "a" + ".a" * 500, "@a", "f(a=1, b c)", ">>> a", "```"])
def test_the_parser_is_called_a_few_times_with_so_much_at_most(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = sizes(monkeypatch)
    with contextlib.suppress(Problem):
        api._read((line + "\n").encode() * 5000, ".json", SETTINGS)  # too long
    with contextlib.suppress(Problem):
        api._read((line + "\n").encode() * (api.LONGEST_PROGRAM // (len(line) + 1)), ".json", SETTINGS)
    monkeypatch.undo()
    assert 0 < len(given) <= 6
    assert max(given) <= api.LONGEST_PROGRAM
