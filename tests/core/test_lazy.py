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


VENDORS = [
    *(f"{each}{'EXAM' * 4}" for each in ["AKIA", "ASIA", "aroa", "AIDA", "AGPA", "AIPA", "ANPA", "ANVA", "APKA", "ABIA", "ACCA", "ASCA", "LTAI", "AKID", "goog1"]),
    *(f"{each}{'EXAM' * 8}" for each in ["AIza", "ya29.", "1//", "GOCSPX-", "YCA", "tid_", "tsec_", "github_pat_", "glpat-", "hvs.", "rk_live_", "sk_live_"]),
    *(f"{each}{'decade' * 4}" for each in ["dop_v1_", "doo_v1_", "EXO", "PLAK", "gho_", "ghp_", "ghr_", "ghs_", "ghu_"]),
    *(f"xox{each}-EXAMEXAMEXAM" for each in "abeprs"),
    "DOEXAMPLEEXAMPLEEXAM", "SCWEXAMPLEEXAMPLEEXA", "K001EXAMPLEEXAMPLEEXAMPLEEXAMPL", "00decadedecadedecadeadded",
]  # fmt: skip
"""One of each form that vendors give their credentials: of no words, but of no randomness either."""


@pytest.mark.parametrize("text", VENDORS)
def test_each_vendor_s_form_is_looked_for(text: str) -> None:
    assert credentials_in(text) == [(0, len(text))]
    assert credentials_in(f"x {text} y") == [(2, len(text) + 2)]


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


def test_a_package_lists_the_names_that_it_has_not_loaded_yet() -> None:
    from validator.providers import base

    assert {"Bucket", "Provider", "Leftover"} <= set(dir(base))
