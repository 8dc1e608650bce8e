"""The command ``planet-validator``, also as ``python -m validator``."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from typing import Final

LOADING: Final = 250_000
"""So many objects more than were let go are looked through for garbage; Python's own number is made for programs that run on.

Those of all modules of a command and of the largest SDK are some 70,000, and stay.
"""


def main() -> int:
    """Run the command line; its exit code."""
    from validator.cli.app import run

    return run(sys.argv[1:])


def prepare() -> None:
    """Make this process one that runs a command and ends (decision 0028)."""
    from validator.cli.spared import spare

    spare()
    # What is loaded stays: going through it for garbage after each 700 objects is a tenth of a check, and once is as much again.
    gc.set_threshold(LOADING)
    # botocore takes the original of a class from here, and the same from urllib3 itself where this is missing. Where pyOpenSSL is
    # installed, it and much of cryptography would load for it: a fifth of a check. Nothing of a command's speaks TLS through pyOpenSSL.
    sys.modules.setdefault("urllib3.contrib.pyopenssl", None)  # type: ignore[arg-type]  # None: as if it were not installed
    # Azure's SDK looks for the first two on behalf of its asynchronous clients: where they are installed, they are a quarter of a check. Nothing
    # here makes such a client, of Azure's or of Oracle's, whose SDK brings them. Google's looks for the third to trace its calls.
    for name in ("aiohttp", "yarl", "opentelemetry"):
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # the same
    # requests looks for what guesses the encoding of a text, and goes by UTF-8 without it, which it warns of: a twentieth of a check of Google's or
    # Azure's. What their APIs answer is UTF-8.
    for name in ("chardet", "charset_normalizer"):
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # the same
    warnings.filterwarnings("ignore", message="Unable to find", module="requests")
    # Google's SDK starts a thread before each request to ask what a trace would tell of the bucket. No trace is made here (above), and the
    # client answers such a thread itself; starting it is what costs, above all where many destinations are checked at a time.
    os.environ["DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA"] = "true"


def command() -> None:
    """Run the command line and end the process."""
    prepare()
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
