"""Paths of another system in reports: what a Windows machine would print, told without one."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath

import pytest

from validator.cli import outputs
from validator.core.errors import BadSource
from validator.formats import phrases
from validator.sources.loader import load

WORKSPACE = r"D:\a\imagery\imagery"


@pytest.mark.parametrize(
    ("source", "shown", "address"),
    [
        (r"destinations\north.json", "destinations/north.json", "destinations/north.json"),
        (r".\destinations\..\north one.json", "north one.json", "north%20one.json"),
        (r"D:\a\imagery\imagery\destinations\north.json", "destinations/north.json", "destinations/north.json"),
        (r"d:\A\imagery\imagery\north.json", "north.json", "north.json"),
        (r"C:\Users\me\north one.json", "C:/Users/me/north one.json", "file:///C:/Users/me/north%20one.json"),
        (r"\\server\share\north.json", "//server/share/north.json", "file://server/share/north.json"),
    ],
)
def test_a_path_of_windows_has_forward_slashes_and_is_relative_to_the_workspace(
    source: str, shown: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", WORKSPACE)
    assert phrases.relative(source, PureWindowsPath) == shown
    assert phrases.uri(source, PureWindowsPath) == address


@pytest.mark.parametrize(
    ("source", "shown", "address"),
    [
        ("./destinations/../north one.json", "north one.json", "north%20one.json"),
        ("/elsewhere/north one.json", "/elsewhere/north one.json", "file:///elsewhere/north%20one.json"),
        # Not a scheme, wherever it is read: a colon of a name is written out.
        ("C:north.json", "C:north.json", "C%3Anorth.json"),
        ("http://north.json", "http:/north.json", "http%3A/north.json"),
    ],
)
def test_a_path_of_other_systems_keeps_its_own_signs(source: str, shown: str, address: str) -> None:
    assert phrases.relative(source, PurePosixPath) == shown
    assert phrases.uri(source, PurePosixPath) == address


def test_a_drive_is_neither_the_format_of_a_report_nor_the_scheme_of_a_source() -> None:
    both = outputs.parse([r"junit:C:\report.xml", r"C:\report.txt"], "text")
    assert [(each.format, each.path) for each in both] == [("junit", r"C:\report.xml"), ("text", r"C:\report.txt")]
    with pytest.raises(BadSource, match="there is no such file"):
        load(r"C:\destinations\north.json")
