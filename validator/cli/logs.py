"""Logs on standard error, every record of which passes the redactor."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Iterator

from validator.cli import console
from validator.core.redaction import traced
from validator.core.terminal_text import visible


class _Filter(logging.Filter):
    """The redactor's filter, made when the first record comes: the secrets are known only after loading."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = console.masked(record.getMessage())
        record.args = None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = visible(console.masked(traced(record.exc_info[1])), newlines=True) if record.exc_info[1] else ""
            record.exc_info = None
        if record.stack_info:
            record.stack_info = visible(console.masked(record.stack_info), newlines=True)
        record.msg = visible(str(record.msg))
        return True


@contextlib.contextmanager
def logs(verbosity: int) -> Iterator[None]:
    """Logs on standard error for the time of a command: ``-v`` informs, ``-vv`` shows what the SDKs do; else there are none."""
    root = logging.getLogger()
    before, level, hook = root.handlers[:], root.level, threading.excepthook
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"))
    handler.addFilter(_Filter())
    root.handlers[:] = [handler]
    root.setLevel({0: logging.CRITICAL + 1, 1: logging.INFO}.get(max(0, verbosity), logging.DEBUG))
    # Google's SDK would advise to install OpenTelemetry, which a command only makes it believe to be missing (decision 0028).
    logging.getLogger("google.cloud.storage._opentelemetry_tracing").setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    threading.excepthook = lambda failure: console.unexpected(failure.exc_value, verbosity) if failure.exc_value else None
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        threading.excepthook = hook
        root.handlers[:] = before
        root.setLevel(level)
