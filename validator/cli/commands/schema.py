"""The command ``schema``."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from validator.cli.options import command


@command(examples=["planet-validator schema > source.schema.json", "planet-validator schema --of report"])
def schema(
    *,
    of: Annotated[
        Literal["source", "report"],
        typer.Option(metavar="WHICH", help="source: what check reads (default); report: what -f json writes"),
    ] = "source",
) -> int:
    """Print a JSON Schema; the exit code."""
    import json

    from validator.cli import console

    if of == "report":
        from importlib.resources import files

        console.put((files("validator") / "report.schema.json").read_text(encoding="utf-8"))
    else:
        from validator.sources.schema import schema as made

        console.put(json.dumps(made(), indent=2) + "\n")
    return 0
