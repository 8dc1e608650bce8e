"""The options that ``create`` and ``update`` share."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from validator.cli.options import ASKING

HANDING_OVER: Final = ("planet-url", *ASKING, "retries", "wait", "proceed")

LookAlone = Annotated[bool, typer.Option("--dry-run", help="look and check alone: change nothing at Planet")]
