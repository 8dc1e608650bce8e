"""Reports that show themselves: in a cell, in rich, in ``print`` and at a prompt; the same rendering as ``-f html``."""

from __future__ import annotations

import io
import pickle
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from rich.console import Console

from tests.support import sample_reports as sample
from validator.core.model import Fix, Report
from validator.formats import render
from validator.formats.display import MOST
from validator.formats.html import STYLE, fragment

NASTY = "<script>alert(1)</script>\x1b[31m\u202e</style>::warning::"
NASTY_REPORT = sample.report(
    sample.failing(
        name=NASTY, source=NASTY, target=NASTY, type=NASTY, pointer=NASTY, endpoint_override=NASTY, notes=(NASTY,),
        findings=(sample.denied(detail=NASTY, evidence={"x": NASTY}, fix=Fix(NASTY, (NASTY,), NASTY)),),
        handoff={"state": NASTY, "name": NASTY, "ref": NASTY},
    )
)  # fmt: skip


class Piece(HTMLParser):
    """The elements of a piece of HTML, each opened and closed in turn."""

    VOID = frozenset({"br", "hr", "img", "meta", "link", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words += data


@pytest.mark.parametrize(
    "shown", [sample.MIXED, NASTY_REPORT, sample.report(), replace(sample.MIXED, interrupted=True), *sample.MIXED.destinations]
)
def test_a_cell_shows_a_piece_that_runs_nothing_and_fetches_nothing(shown: Any) -> None:
    text = shown._repr_html_()
    piece = Piece(text)
    assert not set(piece.tags) & {"script", "img", "link", "iframe", "object", "form", "base", "svg", "html", "body", "meta"}
    # Headings of a cell's output would stand in the notebook's table of contents.
    assert not set(piece.tags) & {"h1", "h2", "h3", "h4"}
    assert not {name for name, _ in piece.attributes if name.startswith("on") or name in ("src", "style", "srcset", "action")}
    assert all(str(value).startswith("https://") for name, value in piece.attributes if name == "href")
    assert "url(" not in text
    assert "@import" not in text
    assert piece.tags.count("style") == 1


def test_the_cells_piece_is_the_page_without_its_frame() -> None:
    page, piece = render("html", sample.MIXED), sample.MIXED._repr_html_()
    shown = piece.partition("</style>")[2].strip()
    assert shown in page
    assert STYLE in page
    assert "color-scheme:light dark" in page


def test_every_rule_is_kept_to_our_own_element() -> None:
    for rule in STYLE.splitlines():
        selectors, _, body = rule.partition("{")
        assert all(each.startswith("div.planet-validator") for each in selectors.split(",")), rule
        # Nothing has a ground without ink of its own, nor ink without a ground: both would be lost in the other theme.
        if "color:#" in body.replace("background:", "").replace("border-color:", ""):
            assert "background:#" in body


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((light(one), light(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_what_has_a_colour_is_legible_on_it() -> None:
    grounds = re.findall(r"\.tag[^{]*\{[^}]*background:(#[0-9a-f]{6})", STYLE)
    assert len(grounds) == 5
    assert all(contrast(each, "#ffffff") >= 4.5 for each in grounds)


def test_the_cell_shows_verdict_steps_findings_fixes_and_residue() -> None:
    words = Piece(sample.MIXED._repr_html_()).words
    for said in (
        "FAIL", "5 destinations: 2 fail", "s3:DeleteObject", "403 AccessDenied", "these credentials cannot delete",
        "Allow s3:DeleteObject for this user.", "aws iam put-user-policy --user-name planet", '/parameters/aws_region becomes "eu-west-1"',
        "left behind by this check", "aws s3api delete-object --bucket imagery-in", "the network path from Planet was not tested",
    ):  # fmt: skip
        assert said in words, said
    assert words.index("delete-denied") < words.index("sas-expiring")


def test_what_is_long_is_folded_away() -> None:
    long = "\n".join(f"aws line {number}" for number in range(40))
    shown = Piece(
        sample.report(sample.failing(findings=(sample.denied(fix=Fix("Do this.", (long, "aws short"), "{}")),)))._repr_html_()
    )
    assert "A command of 40 lines" in shown.words
    many = sample.report(*(sample.failing(name=f"d{number}") for number in range(3 * MOST)))
    cell, page = many._repr_html_(), render("html", many)
    assert cell.count('<details class="destination"') == MOST
    assert page.count('<details class="destination"') == 3 * MOST
    assert f"All {3 * MOST} destinations" in cell
    assert f"{2 * MOST} further destinations are in the table alone" in Piece(cell).words
    passing = sample.report(*(sample.destination(f"d{number}") for number in range(3)))
    assert '<details class="destination"' not in passing._repr_html_()
    assert '<details class="destination" open>' in sample.destination()._repr_html_()


def test_names_bring_no_markup_and_no_commands() -> None:
    text = NASTY_REPORT._repr_html_()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    for shown in (text, str(NASTY_REPORT), repr(NASTY_REPORT), repr(NASTY_REPORT.destinations[0])):
        assert not set(shown) & set("\x1b\r\x00\u202e")


def test_the_bundle_gives_what_is_asked_for() -> None:
    assert set(sample.MIXED._repr_mimebundle_()) == {"text/html", "text/plain"}
    assert sample.MIXED._repr_mimebundle_(include={"text/plain"}) == {"text/plain": str(sample.MIXED)}
    assert set(sample.MIXED._repr_mimebundle_(exclude={"text/plain"})) == {"text/html"}
    assert set(sample.MIXED._repr_mimebundle_(include=None, exclude=None, further=1)) == {"text/html", "text/plain"}


def test_print_shows_the_text_report_and_the_prompt_a_line() -> None:
    assert str(sample.MIXED) == render("text", sample.MIXED).rstrip("\n")
    assert (
        repr(sample.MIXED) == "<Report FAIL: 5 destinations: 2 fail, 1 could not be decided, 1 passes with warnings, 1 passes>"
    )
    assert repr(replace(sample.report(), interrupted=True)) == "<Report PASS: 0 destinations: nothing to say, interrupted>"
    assert repr([*sample.MIXED.destinations][:2]) == (
        "[<DestinationReport FAIL: s3 destination: delete-denied, wrong-region>, <DestinationReport UNSURE: slow: throttled>]"
    )
    assert str(sample.MIXED.destinations[0]) in str(sample.report(sample.MIXED.destinations[0]))


@pytest.mark.parametrize("width", [50, 100])
def test_rich_shows_the_text_report_in_its_width_and_with_its_colours(width: int) -> None:
    plain = io.StringIO()
    Console(file=plain, width=width).print(sample.MIXED)
    shown = plain.getvalue().splitlines()
    assert max(map(len, shown)) <= width
    # Nothing is cut off: a command that is longer goes on in the next line.
    assert re.sub(r"\s", "", "".join(shown)) == re.sub(r"\s", "", render("text", sample.MIXED, width=width))
    coloured = io.StringIO()
    Console(file=coloured, width=width, force_terminal=True, color_system="standard").print(sample.MIXED.destinations[0])
    assert "\x1b[1;31mFAIL" in coloured.getvalue()


def test_a_report_is_the_same_after_a_journey() -> None:
    back: Report = pickle.loads(pickle.dumps(sample.MIXED))  # noqa: S301 - our own
    assert back == sample.MIXED
    assert back._repr_html_() == sample.MIXED._repr_html_()


@pytest.mark.parametrize(
    ("state", "said"), [("created", "Created at Planet"), ("not-created", "Nothing was created"), ("unknown", "It is not known whether")]
)  # fmt: skip
def test_what_became_of_it_at_planet_is_shown(state: str, said: str) -> None:
    told = sample.destination(handoff={"action": "create", "state": state, "ref": "pl:destinations/mine-1", "name": "mine"})
    words = Piece(fragment(sample.report(told))).words
    assert said in words
    assert "pl:destinations/mine-1" in words
