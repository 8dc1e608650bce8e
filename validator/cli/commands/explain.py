"""What a finding means and how to fix it, from the catalog."""

from __future__ import annotations

import os
import re
import sys
from typing import Annotated, Any

import typer

from validator.cli.options import Form, Given, command
from validator.cli.settings import complete_findings
from validator.core import catalog
from validator.core.errors import ValidatorError


@command(settings=("color",), examples=["planet-validator explain delete-denied", "planet-validator explain -f json"])
def explain(
    given: Given,
    finding: Annotated[
        str | None, typer.Argument(metavar="FINDING", help="its name; none lists them all", autocompletion=complete_findings)
    ] = None,
    *,
    form: Form = "text",
) -> int:
    """Tell of one finding, or of all; the exit code."""
    from validator.cli import configuration, console

    colour = console.colours(configuration.one("color", given.settings, os.environ), sys.stdout, os.environ)
    if form == "json":
        text = as_json(finding)
    elif finding:
        text = one(finding, colour=colour, width=console.width(sys.stdout, os.environ))
    else:
        text = every(colour=colour)
    console.put(text)
    return 0


def entry(name: str) -> catalog.Entry:
    """The entry of a finding. Raises ValidatorError for a name that does not exist, with the closest that does."""
    known = catalog.FINDINGS.get(name)
    if known is None:
        from difflib import get_close_matches

        close = get_close_matches(name.lower().replace("_", "-").replace(" ", "-"), catalog.FINDINGS, n=3, cutoff=0.5)
        hint = f"is {' or '.join(close)} meant?" if close else "`planet-validator explain` lists them all"
        raise ValidatorError(f"there is no finding {name!r}: {hint}")
    return known


def as_json(name: str | None) -> str:
    """One finding with its page, or all without."""
    import json

    if name:
        known = entry(name)
        value: Any = {**known.document(), "page": known.page}
    else:
        value = [each.document() for each in catalog.by_area()]
    return json.dumps(value, indent=2) + "\n"


def one(name: str, *, colour: bool = False, width: int = 80) -> str:
    """A finding's page."""
    text = entry(name).page
    return dressed(text, width=width) if colour else text


def every(*, colour: bool = False) -> str:
    """All findings, by area."""
    widest = max(len(name) for name in catalog.FINDINGS)
    lines: list[str] = []
    area = ""
    for known in catalog.by_area():
        if known.area != area:
            area = known.area
            lines += ["", _bold(area, colour=colour)] if lines else [_bold(area, colour=colour)]
        lines.append(f"  {known.name:<{widest}}  {known.title}")
    return "\n".join([*lines, "", "planet-validator explain FINDING tells more of one.", ""])


def dressed(markdown: str, *, width: int = 80) -> str:
    """Markdown, lightly formatted for a terminal: headings bold, code marked, nothing rearranged but paragraphs wrapped."""
    import textwrap

    lines: list[str] = []
    code = False
    for line in markdown.splitlines():
        if line.lstrip().startswith("```"):
            code = not code
        elif code:
            lines.append(f"    \x1b[36m{line}\x1b[0m")
        elif match := re.match(r"#+\s+(.*)", line):
            lines.append(_bold(match[1], colour=True))
        elif not line.strip() or line.startswith(("|", "    ")):
            lines.append(line)
        else:
            hang = "  " if re.match(r"[-*] |\d+\. ", line) else ""
            wrapped = textwrap.wrap(
                line, width, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
            )  # fmt: skip
            text = re.sub(r"\[([^\[\]]{1,200})\]\(([^()]{1,300})\)", r"\1", "\n".join(wrapped))
            text = re.sub(r"\*\*([^*]+)\*\*", "\x1b[1m\\1\x1b[22m", text)
            lines.append(re.sub(r"`([^`]+)`", "\x1b[36m\\1\x1b[39m", text))
    return "\n".join(lines) + "\n"


def _bold(text: str, *, colour: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if colour else text
