"""Draws the charts of ``docs/performance.md`` from what the benchmark measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple
from xml.sax.saxutils import escape

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
OURS, OTHER, TEXT, FAINT, PAPER = "#1f6f8b", "#a9b4bd", "#1d2329", "#59636e", "#ffffff"
WIDTH, LEFT, LINE = 720, 300, 30
FONT: Final = "font-family='-apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif'"


class Bar(NamedTuple):
    label: str
    value: float
    shown: str
    ours: bool


class Heading(NamedTuple):
    text: str


def chart(title: str, note: str, rows: Sequence[Bar | Heading]) -> str:
    """Horizontal bars on paper of its own, so that it reads the same on a light and on a dark page."""
    most = max(each.value for each in rows if isinstance(each, Bar))
    scale = (WIDTH - LEFT - 130) / most
    height = 70 + LINE * len(rows) + 10
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' role='img' aria-label='{escape(title)}' {FONT}>",
        f"<rect width='{WIDTH}' height='{height}' rx='8' fill='{PAPER}'/>",
        f"<text x='20' y='30' font-size='17' font-weight='600' fill='{TEXT}'>{escape(title)}</text>",
        f"<text x='20' y='52' font-size='13' fill='{FAINT}'>{escape(note)}</text>",
    ]
    for number, each in enumerate(rows):
        y = 70 + LINE * number
        if isinstance(each, Heading):
            parts.append(f"<text x='20' y='{y + 20}' font-size='14' font-weight='600' fill='{TEXT}'>{escape(each.text)}</text>")
            continue
        weight = " font-weight='600'" if each.ours else ""
        parts += [
            f"<text x='{LEFT - 12}' y='{y + 19}' font-size='13.5' text-anchor='end'{weight} fill='{TEXT}'>{escape(each.label)}</text>",
            f"<rect x='{LEFT}' y='{y + 5}' width='{max(2.0, each.value * scale):.1f}' height='20' rx='3' fill='{OURS if each.ours else OTHER}'/>",
            f"<text x='{LEFT + each.value * scale + 8:.1f}' y='{y + 20}' font-size='13' fill='{TEXT}'>{escape(each.shown)}</text>",
        ]
    return "\n".join([*parts, "</svg>", ""])


def draw(sections: Sequence[dict[str, Any]]) -> None:
    """Writes each chart whose sections were measured."""
    known = {each["key"]: each for each in sections}
    for name, title, note, rows in (
        ("performance-one", "One check, beside what else could be run", "Time of a new process on loopback, as a share of the plain SDK script's: shorter is better", list(_ratios(known))),
        ("performance-far", "One check, 80 ms away", "Milliseconds of a new process, start-up included", list(_far(known))),
        ("performance-many", "100 and 1,000 destinations", "Seconds of one process on loopback, and its memory", list(_many(known))),
    ):  # fmt: skip
        if rows:
            (IMAGES / f"{name}.svg").write_text(chart(title, note, rows), encoding="utf-8")


def _ours(name: str) -> bool:
    return name.startswith("planet-validator")


def _ratios(known: dict[str, Any]) -> Iterator[Bar | Heading]:
    for key, section in known.items():
        if key.startswith("tools-"):
            yield Heading(section["title"].replace(" in a new process", ""))
            for row in section["rows"]:
                yield Bar(row["name"], row["ratio"], f"{row['ratio']:.2f} x", _ours(row["name"]))


def _far(known: dict[str, Any]) -> Iterator[Bar | Heading]:
    for key, section in known.items():
        if key.startswith("far-"):
            yield Heading(section["title"].removeprefix("One check of ").partition(" in a new")[0])
            for row in section["rows"]:
                yield Bar(row["name"], row["ms"], f"{row['ms']:,} ms", _ours(row["name"]))


def _many(known: dict[str, Any]) -> Iterator[Bar | Heading]:
    for key, section in known.items():
        if key.startswith("many-"):
            yield Heading(section["title"].removeprefix("Many destinations of ").partition(" in one")[0])
            for row in section["rows"]:
                shown = f"{row['seconds']:.1f} s, {row['memory']} MiB"
                yield Bar(f"{row['count']:,} destinations", row["seconds"], shown, row["count"] > 100)
