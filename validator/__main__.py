"""The command ``planet-validator``, also as ``python -m validator``."""

from __future__ import annotations

import gc
import os
import sys
from typing import Final

GARBAGE: Final = 50_000
"""So many objects more than were let go are looked through for garbage; Python's own number is made for programs that run on."""


def main() -> int:
    """Run the command line; its exit code."""
    from validator.cli.app import run

    return run(sys.argv[1:])


def command() -> None:
    """Run the command line and end the process."""
    # What is loaded stays: going through it for garbage after each 700 objects is a tenth of a check.
    gc.set_threshold(GARBAGE)
    try:
        code = main()
    except KeyboardInterrupt:  # between the last byte and here: everything is done and told
        code = 130
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            code = code or 3
    if "coverage" in sys.modules:
        sys.exit(code)  # which writes its measurements when Python ends
    # Taking a process apart module by module is a tenth of a check's time, and everything is done.
    os._exit(code)


if __name__ == "__main__":
    command()
