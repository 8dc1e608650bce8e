"""TOML is recognised and read in time that grows with the text."""

from __future__ import annotations

import io
import sys

import pytest

from validator import load
from validator.sources.parsers import toml as _toml


@pytest.mark.parametrize(
    ("text", "toml"),
    [
        ("a = 1\n", True),
        ("# c\n\n  # d\n\n[table]\nx=1", True),
        ('[[destinations]] # one\nname = "x"', True),
        ("[1, 2]", False),
        ('{"a": 1}', False),
        ("a: 1", False),
        ("# only\n\n# comments\n", False),
        ("", False),
        ('"a.b" = "c"', True),
    ],
)
def test_what_looks_like_toml(text: str, toml: bool) -> None:
    assert _toml.looks_like(text) is toml


def test_yaml_below_paragraphs_of_comments_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `sops -d dest.yaml` prints it; the time doubled with every paragraph."""
    text = (
        "".join(f"# paragraph {number}\n\n" for number in range(5000)) + "name: x\ntype: amazon_s3\nparameters: {bucket: b}\n"
    )

    class Input:
        buffer = io.BytesIO(text.encode())

    monkeypatch.setattr(sys, "stdin", Input)
    assert load("-").destinations[0].name == "x"


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 60_000, " " * 60_000, "a" * 60_000, "a." * 63 + "b = 1", "[" + "a." * 62 + "b]", '"' * 60_000, "'" * 60_001,
        'a = """' + '"\\' * 30_000, "#" * 60_000, "a = " + "[" * 50, "a = '''" + "'" * 60_000,
    ],
)  # fmt: skip
def test_long_texts_are_passed_over_once(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in tokens: none is longer than what is left, and together they are the text."""
    seen = [match.span() for match in _toml._TOKEN.finditer(text)]
    assert sum(end - start for start, end in seen) == len(text)
    assert all(start == before for (_, before), (start, _) in zip([(0, 0), *seen], seen, strict=False))


@pytest.mark.parametrize("text", ["a." * 64 + "b = 1", "x = 1\n[" + "a ." * 64 + "b]", "y = {" + '"a".' * 64 + "b = 1}"])
def test_keys_of_too_many_parts_are_refused_with_their_line(text: str) -> None:
    with pytest.raises(_toml.BadToml, match="more than 64 parts") as told:
        _toml.loads(text)
    assert told.value.line == text.count("\n") + 1


@pytest.mark.parametrize("text", ['a = "' + "x." * 500 + '"', "# " + "a." * 500 + "\nb = 1", "a = [" + "1.5, " * 500 + "]"])
def test_dots_elsewhere_are_no_keys(text: str) -> None:
    assert _toml.loads(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = ", "invalid value"),
        ("a = 'EXAMPLE-secret", "expected"),
        ("a = 1\na = 2", "cannot overwrite a value"),
        ("a = 1" + "1" * 5000, "range"),
    ],
)
def test_what_is_wrong_is_said_without_quoting(text: str, said: str) -> None:
    with pytest.raises(_toml.BadToml, match=said) as told:
        _toml.loads(text)
    assert "EXAMPLE" not in str(told.value)
