"""The login and the address of the client that a user of the planet SDK already has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from validator.core.deadline import CancelToken
from validator.core.errors import ValidatorError
from validator.planet.api import ROOT, Planet

BASE: Final = "/destinations/v1"
WANTED: Final = "the first argument is a planet.Planet, a planet.Session, a DestinationsClient, or None for the login of this machine's user"


def planet_of(client: Any, *, seconds: float, stop: CancelToken, remember: Callable[[str], None]) -> Planet:
    """The Destinations API as this client would reach it, with the user's login.

    The client itself sends nothing: it would follow redirects, send a create again after a lost answer, log bodies, and its
    connections belong to its own event loop. Raises ValidatorError for what is no client, or has an address that secrets must not go to.
    """
    auth, base = _login(client)
    root = base.removesuffix(BASE)
    return Planet(
        root, base=None if root != base else base, what="the client's base URL",
        auth=auth, seconds=seconds, stop=stop, remember=remember,
    )  # fmt: skip


def _login(client: Any) -> tuple[Any, str]:
    if client is None:
        return None, ROOT + BASE
    import planet

    service = client.destinations if isinstance(client, planet.Planet) else client
    service = (
        getattr(service, "_client", None) if type(service).__name__ == "DestinationsAPI" else service
    )  # the synchronous one
    if isinstance(service, planet.Session):
        return _auth(service), ROOT + BASE
    if isinstance(service, planet.DestinationsClient):
        return _auth(service._session), str(service._base_url)  # noqa: SLF001 - the SDK has no other way to them
    raise ValidatorError(f"this is of the type {type(client).__name__}: {WANTED}")


def _auth(session: Any) -> Any:
    return session._client.auth  # noqa: SLF001 - the same
