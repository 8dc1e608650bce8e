"""Texts that users see say what they mean in the field's own words."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cases import in_parts

ROOT = Path(__file__).parents[2]
AVOIDED = re.compile(
    r"\bmend(?:s|ed|ing)?\b|\bthat would do\b|\bcom(?:e|es|ing) to linger\b|\bleast grants?\b|(?<![-\w])reach(?:es|ed|ing)?(?!-)\b",
    re.IGNORECASE,
)


def test_the_words_are_found() -> None:
    for said in (
        "Mend it.",
        "the least grant",
        "a key that would do",
        "how it came to linger; it comes to linger",
        "Planet cannot reach it",
    ):
        assert AVOIDED.search(said), said
    for said in ("amended", "unreachable", "quota-reached", "this would download", "recommended"):
        assert not AVOIDED.search(said), said


def pages() -> Iterator[Path]:
    yield from (ROOT / "validator" / "findings").glob("*.md")
    yield from (ROOT / "validator" / "service" / "web").glob("*.html")
    yield from (each for each in (ROOT / "docs").rglob("*.md") if "decisions" not in each.parts)
    yield ROOT / "README.md"


@in_parts("page", sorted(pages()))
def test_pages(page: Path) -> None:
    text = re.sub(r"https?://\S+", "", page.read_text(encoding="utf-8"))
    assert not AVOIDED.findall(text)


def strings(source: str) -> Iterator[str]:
    """Every text in a module that is no docstring: what it may print."""
    tree = ast.parse(source)
    quiet = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)}
    yield from (
        each.value
        for each in ast.walk(tree)
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and id(each) not in quiet
    )


PRINTS = (
    "checking",
    "cli",
    "core",
    "diagnosing",
    "demo",
    "fixing",
    "formats",
    "planet",
    "providers",
    "service",
    "sources",
    "sweeping",
)
"""Rooms of the package; the emulators speak the clouds' own words."""


@pytest.mark.parametrize("room", PRINTS)
def test_what_modules_print(room: str) -> None:
    modules = [each for each in (ROOT / "validator" / room).rglob("*.py") if "emulators" not in each.parts]
    assert modules
    found = [
        (each.name, said)
        for each in modules
        for said in strings(each.read_text(encoding="utf-8"))
        # Sentences: a single word is a name, and what is matched is the clouds' own wording.
        if " " in said and not re.search(r"[\\|]", said) and AVOIDED.search(said)
    ]
    assert found == []


def test_what_the_page_says() -> None:
    for script in (ROOT / "validator" / "service" / "web").glob("*.js"):
        said = re.findall(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`', script.read_text(encoding="utf-8"))
        texts = [re.sub(r"\$\{[^}]*\}", "", a or b) for a, b in said]
        assert [each for each in texts if " " in each and AVOIDED.search(each)] == []


def test_the_schema() -> None:
    schema = json.loads((ROOT / "validator" / "report.schema.json").read_text(encoding="utf-8"))
    assert not AVOIDED.findall(json.dumps(schema))
