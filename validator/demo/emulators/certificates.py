"""A made-up certificate authority for one run: the emulators speak TLS with it, and nobody else ever trusts it."""

from __future__ import annotations

import ssl
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Self

from validator.core.errors import MissingExtra

if TYPE_CHECKING:
    from trustme import CA


class Authority:
    """``with Authority() as authority``: ``authority.bundle`` is what a client must trust, ``authority.server()`` what a server needs.

    Its certificate lies in a temporary folder that only this user can read, and that is removed at the end.

    Raises:
        MissingExtra: on entering, if ``trustme`` is not installed.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._issuer: CA | None = None

    def __enter__(self) -> Self:
        try:
            from trustme import CA
        except ModuleNotFoundError as error:
            raise MissingExtra(f"the emulators make their certificates with {error.name}, which is not installed") from error
        self._issuer = CA(organization_name="planet-validator emulators (made up)")
        self._folder = Path(mkdtemp(prefix="planet-validator-ca-"))
        self._issuer.cert_pem.write_to_path(self.bundle)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._folder is not None:
            rmtree(self._folder, ignore_errors=True)
        self._folder = self._issuer = None

    @property
    def bundle(self) -> str:
        """Path of the authority's certificate, for ``--ca-bundle``."""
        assert self._folder is not None, "used outside of its with block"  # noqa: S101 - a mistake of the programmer
        return str(self._folder / "ca.pem")

    def server(self, *names: str) -> ssl.SSLContext:
        """A context for a server of these host names and addresses; by default 127.0.0.1 and localhost."""
        assert self._issuer is not None, "used outside of its with block"  # noqa: S101 - a mistake of the programmer
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._issuer.issue_cert(*(names or ("127.0.0.1", "localhost"))).configure_cert(context)
        return context
