"""The command ``serve``."""

from __future__ import annotations

import gc
import os
from typing import Annotated

import typer

from validator.cli.options import Given, command

JOBS = 8
"""Destinations of one request at a time: there are many requests."""
PYTHONS_OWN = (700, 10, 10)
"""When to look for garbage. A command that ends does it less often; a process that runs on would grow."""


@command(
    settings=("endpoint", "timeout", "jobs", "ca-bundle"),
    examples=["planet-validator serve", "planet-validator serve --host 0.0.0.0 --port 8080 --allowed-host checks.example"],
)
def serve(
    given: Given,
    *,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="address to listen on (default 127.0.0.1)", show_default=False)
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="default 8080; 0 picks a free one", show_default=False)
    ] = 8080,
    allow_private_endpoints: Annotated[
        bool, typer.Option("--allow-private-endpoints", help="also check endpoints on private and loopback addresses")
    ] = False,
    allowed_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="answer under this host name as well. Repeatable")
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="believe this proxy, or network of them, whom it asks for. Repeatable"),
    ] = None,
) -> int:
    """Serve until a signal comes; the exit code."""
    from validator.checking.assemble import Settings
    from validator.cli import configuration
    from validator.service.server import run

    gc.set_threshold(*PYTHONS_OWN)

    values = configuration.settle(given.settings, os.environ, None)
    return run(
        host=host,
        port=port,
        allow_private_endpoints=allow_private_endpoints,
        allowed_hosts=tuple(allowed_host or ()),
        trusted_proxies=tuple(trusted_proxy or ()),
        settings=Settings(
            timeout=values["timeout"],
            jobs=values["jobs"] if "jobs" in values.origins else JOBS,
            endpoints=values["endpoint"],
            ca_bundle=values["ca-bundle"],
        ),
    )
