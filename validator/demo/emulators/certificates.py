"""A made-up certificate authority for one run: the emulators speak TLS with it, and nobody else ever trusts it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from validator.core.errors import MissingExtra


@contextmanager
def authority() -> Iterator[tuple[str, ssl.SSLContext]]:
    """What a client must trust, as the path of a file that only this user can read, and what a server of this machine needs.

    Raises:
        MissingExtra: if ``trustme`` is not installed.
    """
    try:
        from trustme import CA
    except ModuleNotFoundError as error:
        raise MissingExtra(f"the emulators make their certificates with {error.name}, which is not installed") from error
    issuer = CA(organization_name="planet-validator emulators (made up)")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    with issuer.cert_pem.tempfile() as bundle:
        yield bundle, context
