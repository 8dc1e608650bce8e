"""The certificates that connections trust, read once: that takes longer than a connection is opened, and half a megabyte each time."""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from validator.providers.base import Options

FILES: Final = 8
"""How many files of certificates are remembered."""

_lock = threading.Lock()


def bundle_of(options: Options) -> str | None:
    """The CA certificates to trust, a file or a folder, as the user or the environment names them; None: the SDKs' own."""
    return options.ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")


def usual() -> str:
    """The file of certificates that the SDKs trust; empty where they bring their own."""
    try:
        import certifi
    except ImportError:
        return ""
    return certifi.where()


def context(bundle: str) -> Any:
    """urllib3's TLS context for those who trust this file of CA certificates; the same one for all, until the file changes.

    Raises OSError where it cannot be read, or holds no certificate.
    """
    status = Path(bundle).stat()
    with _lock:  # many destinations begin at the same time
        return _read(bundle, status.st_ino, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=FILES)
def _read(bundle: str, *_: int) -> Any:
    from urllib3.util import ALPN_PROTOCOLS, create_urllib3_context

    made = create_urllib3_context()
    made.set_alpn_protocols(ALPN_PROTOCOLS)
    made.load_verify_locations(bundle)
    return made
