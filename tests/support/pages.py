"""The pages of README and the documentation, taken apart into their fenced blocks.

A comment before a block says how it is held: ``<!-- run: good -->`` names the place where it is run (a key of ``tests.support.stage.SCENES``),
``<!-- not run: reason -->`` why it is not.
"""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT
from validator.core import catalog

FILES = [
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted(catalog.FOLDER.glob("*.md")),
]
CODES = ROOT / "docs" / "troubleshooting" / "codes.md"
"""A page of the site that is made when it is built."""
OPENS = re.compile(r"(?P<indent> *)(?P<fence>```+)(?P<language>.*)")


@dataclass(frozen=True)
class Fence:
    """One block of a page."""

    page: Path
    line: int
    language: str
    how: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def reason(self) -> str:
        """Why it is not run; empty where it is."""
        return self.how.removeprefix("not run: ") if self.how.startswith("not run: ") else ""

    @property
    def scene(self) -> str:
        return self.how.removeprefix("run: ") or "broken"

    @property
    def starts_a_store(self) -> bool:
        """A program that starts an emulator of its own needs no other."""
        return self.language == "python" and "Emulator(" in self.text

    def commands(self) -> Iterator[tuple[str, str]]:
        """Of a console: each command, and the output that is shown below it."""
        for part in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            while command.endswith("\\"):
                more, _, output = output.partition("\n")
                command = f"{command[:-1]} {more.strip()}"
            yield re.split(r" +# ", command)[0].strip(), output


def fences() -> Iterator[Fence]:
    """Every fenced block of every page."""
    for page in FILES:
        yield from fences_of(page, page.read_text(encoding="utf-8"))
    yield from fences_of(CODES, runpy.run_path(str(ROOT / "docs" / "codes.py"))["INTRODUCTION"])


def fences_of(page: Path, text: str) -> Iterator[Fence]:
    lines = iter(enumerate(text.splitlines(), start=1))
    comment = None
    for number, line in lines:
        opened = OPENS.fullmatch(line)
        if opened:
            end = opened["indent"] + opened["fence"]
            body: list[str] = []
            for _, each in lines:
                if each == end:
                    break
                body.append(each.removeprefix(opened["indent"]))
            else:
                raise AssertionError(f"{page}:{number}: this block does not end")
            how = comment[1].strip() if comment else ""
            yield Fence(page, number, opened["language"].strip(), how, "".join(f"{each}\n" for each in body))
        comment = re.fullmatch(r" *<!-- (.+?) -->", line)


def indented(text: str) -> Iterator[str]:
    """Code that is set off by four blanks alone, in no list and no fence: a block at a time."""
    block: list[str] = []
    inside = after_blank = listed = False
    for line in [*text.splitlines(), "end"]:
        if re.match(r" *```", line):
            inside = not inside
        code = not inside and line.startswith("    ") and not listed and (after_blank or block)
        if code:
            block.append(line[4:])
        elif line.strip():
            if block:
                yield "\n".join(block).strip()
            block = []
            listed = bool(re.match(r" *([-*]|\d+\.) ", line)) or (listed and line.startswith(" "))
        elif block:
            block.append("")
        after_blank = not line.strip()
