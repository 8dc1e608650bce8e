"""The command line: one module for each command below ``commands``."""

from __future__ import annotations

import os
import sys


def flush() -> None:
    """Write standard output out. A reader that went away (``| head``) is no error, and must not become one when Python ends."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
