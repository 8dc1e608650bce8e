"""Patterns that are compiled when they are first used, and looks that are not looked for where they cannot be."""

from __future__ import annotations

import copy
import re

import pytest

from validator.core import lazy
from validator.core.secret_shapes import credentials_in


def test_a_pattern_is_what_re_compiles() -> None:
    pattern = lazy.compile(r"(?P<letter>[a-z])(\d)?", re.IGNORECASE)
    assert vars(pattern).keys() == {"_written"}
    assert [match[0] for match in pattern.finditer("a1 B")] == ["a1", "B"]
    assert (pattern.pattern, pattern.groups, pattern.sub("x", "a1")) == (r"(?P<letter>[a-z])(\d)?", 2, "x")
    assert pattern.flags & re.IGNORECASE
    assert copy.copy(pattern).fullmatch("C") is not None
    assert lazy.compile(b"[0-9]").search(b"a1") is not None
    with pytest.raises(AttributeError):
        _ = pattern.other


@pytest.mark.parametrize(
    "text",
    [
        "tid_EXAMPLE_10",  # the shortest of all vendors'
        "1//EXAMPLEEXAMPLEEXAMPL",
        "Bearer\u2003EXAMPLE/token",
        "bearer\tEXAMPLE/token",
        "secret%3DEXAMPLE1",
        "pwd: EXAMPLE1",
        "sig=EXAMPLE1",
        "https://h/p/EXAMPLEPAR/n/x",
        "s3://me:EXAMPLE@h",
        "-----BEGIN PRIVATE KEY-----",
        "eyJEXAMPLE1.EXAMPLE2",
        "0123456789abcdef0123456789ABCDEF",
        "q9Zx7Lk2Vb8Wp4Tn",
    ],
)
def test_what_a_look_cannot_do_without_is_no_more_than_that(text: str) -> None:
    assert credentials_in(text) != [], text
    assert credentials_in(f"x {text} y") != [], text
