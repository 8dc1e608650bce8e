"""Draws what README and the first page show: a check of their example, run on the local emulator, as a terminal shows it.

``python docs/picture.py`` writes ``docs/images/report.svg`` anew. A test runs the same and compares.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PICTURE: Final = ROOT / "docs" / "images" / "report.svg"
COMMAND: Final = "planet-validator check dest.json"
COLUMNS: Final = 84
TIME: Final = 30.0
"""Milliseconds that a request took, as it is shown: what was measured differs from run to run."""
FONT: Final = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Fonts that a viewer would fetch from elsewhere."""


def source() -> str:
    """The destination that README shows."""
    found = re.search(r"```json\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found, "README.md shows a destination"  # noqa: S101 - a script of this repository
    return found[1]


def example(*, colour: bool = False, width: int = 80) -> str:
    """The text report of README's destination, on the emulator, for a key that cannot delete."""
    from validator import Settings, check
    from validator.demo.emulators.s3 import S3Emulator
    from validator.formats.text import render

    with S3Emulator() as s3, tempfile.TemporaryDirectory() as folder:
        s3.bucket("imagery-in")
        key = s3.user("planet", actions=["s3:PutObject", "s3:GetObject"])
        secrets = {"PLANET_KEY_ID": key.access_key_id, "PLANET_SECRET": key.secret_access_key}
        with _surroundings(Path(folder), secrets):
            Path("dest.json").write_text(source(), encoding="utf-8")
            report = check("dest.json", Settings(endpoints={"amazon_s3": s3.url}))
    seen = report.destinations[0]
    steps = [replace(step, duration_ms=TIME if step.duration_ms else step.duration_ms) for step in seen.steps]
    text = render(replace(report, destinations=[replace(seen, steps=steps)]), colour=colour, width=width)
    # A reader speaks to Amazon: the line about the emulator's address is not for them.
    text = re.sub(r"^.*Endpoint: .*\n\n", "", text, flags=re.MULTILINE)
    return text.replace(s3.account, "111122223333")


def drawn() -> str:
    """The picture, as SVG: the same for the same report, and loading nothing."""
    from rich.console import Console
    from rich.text import Text

    with Path(os.devnull).open("w", encoding="utf-8") as nothing:
        console = Console(
            record=True, width=COLUMNS, file=nothing, force_terminal=True, color_system="truecolor", legacy_windows=False
        )
        console.print(Text.assemble(("$ ", "dim"), (COMMAND, "bold")), highlight=False)
        console.print(Text.from_ansi(example(colour=True, width=COLUMNS)), highlight=False)
        svg = console.export_svg(title="planet-validator", unique_id="report")
    return FONT.sub("", svg).replace("Fira Code", "ui-monospace")


@contextmanager
def _surroundings(folder: Path, variables: dict[str, str]) -> Iterator[None]:
    before, where = {name: os.environ.get(name) for name in variables}, Path.cwd()
    os.environ.update(variables)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(where)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


if __name__ == "__main__":
    PICTURE.write_text(drawn(), encoding="utf-8")
    sys.stdout.write(f"wrote {PICTURE}\n")
