"""The login of this machine's user at Planet, by public names of the SDK's login library; what it asks of the login server is bounded.

The library itself follows redirects with the secrets, reads answers to their end, waits as long as an answer tells it to, and keeps all of
one. Its clients ask for tokens at ``token_client()``, which is given here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from validator.providers.common import bounded

LONGEST: Final = 32 * 1024
"""Characters of a token."""
_DISCOVERY: Final = ".well-known/openid-configuration"


class TokenRefused(Exception):
    """The login server gave no token, or nothing that can be used as one."""


class TokenEndpoint:
    """Asks an OAuth token endpoint (RFC 6749) as ``planet_auth``'s own client for it does: once, where it is, and for no more than tokens.

    Args:
        config: ``planet_auth.OidcAuthClientConfig``, which says where the login server is.
        seconds: for one request.
    """

    def __init__(self, config: Any, seconds: Callable[[], float]) -> None:
        self._config = config
        self._seconds = seconds
        self._session = bounded.session(seconds)

    def get_token_from_refresh(
        self,
        client_id: str,  # noqa: ARG002 - the signature of the client in whose place this stands; ``auth_enricher`` knows it as well
        refresh_token: str,
        requested_scopes: Sequence[str] | None = None,
        auth_enricher: Callable[..., Any] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """New tokens for a refresh token. Raises TokenRefused, and what requests raises."""
        fields = {"grant_type": "refresh_token", "refresh_token": refresh_token, "scope": _words(requested_scopes)}
        return self._tokens(fields, auth_enricher, extra)

    def get_token_from_client_credentials(
        self,
        client_id: str,  # noqa: ARG002 - the same
        requested_scopes: Sequence[str] | None = None,
        requested_audiences: Sequence[str] | None = None,
        auth_enricher: Callable[..., Any] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Tokens for a client's own secret or key. Raises as the other does."""
        scope, audience = _words(requested_scopes), _words(requested_audiences)
        return self._tokens({"grant_type": "client_credentials", "scope": scope, "audience": audience}, auth_enricher, extra)

    def _tokens(
        self, fields: Mapping[str, Any], enrich: Callable[..., Any] | None, extra: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        address = self._address()
        form: Mapping[str, Any] = {name: value for name, value in {**(extra or {}), **fields}.items() if value is not None}
        form, authorise = enrich(form, address) if enrich else (form, None)
        return _read(self._answer("POST", address, data=form, auth=authorise or _as_it_is))

    def _address(self) -> str:
        server = self._config.auth_server()
        known = self._config.token_endpoint() or self._answer("GET", f"{server.rstrip('/')}/{_DISCOVERY}", auth=_as_it_is).get(
            "token_endpoint"
        )
        if not isinstance(known, str) or not known.startswith(
            ("https://", *(["http://"] if server.startswith("http://") else []))
        ):
            raise TokenRefused("the login server names no token endpoint that secrets may be sent to")
        return known

    def _answer(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        response = self._session.request(
            method, address, headers={"accept": "application/json"}, timeout=self._seconds(), allow_redirects=False, **more
        )
        try:
            answer = response.json() if response.status_code == 200 else None
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise TokenRefused(f"the login server answered {response.status_code}")
        return answer


def find(seconds: Callable[[], float]) -> Any:
    """What signs requests for the user (``PL_API_KEY``, profiles, OAuth), an ``httpx.Auth``; None where nobody is logged in.

    Nothing is asked before a request has to be signed. Raises what the library does for a profile that cannot be used.
    """
    import planet  # noqa: F401 - it tells the login library of Planet's own profiles, and has to be there first
    from planet_auth import OidcAuthClient
    from planet_auth_utils import PlanetAuthFactory

    context = PlanetAuthFactory.initialize_auth_client_context()
    client = context.auth_client()
    if isinstance(client, OidcAuthClient):
        endpoint = TokenEndpoint(client.config(), seconds)
        client.token_client = lambda: endpoint  # type: ignore[method-assign]  # a public method, in whose place another is put
    return context.request_authenticator() if context.request_authenticator_is_ready() else None


def _as_it_is(request: Any) -> Any:
    """Without this, requests would look into ~/.netrc, and send what it finds there."""
    return request


def _words(words: Sequence[str] | None) -> str | None:
    return " ".join(words) if words else None


def _read(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The tokens of an answer, which the library writes to the user's own file. Raises TokenRefused."""
    seconds = answer.get("expires_in")
    tokens = {name: answer[name] for name in ("access_token", "refresh_token", "id_token") if answer.get(name)}
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int | float)
        or not 0 < seconds < 1e9
        or "access_token" not in tokens
    ):
        raise TokenRefused("the login server's answer is no token")
    words = {name: answer[name] for name in ("token_type", "scope") if isinstance(answer.get(name), str)}
    for value in (*tokens.values(), *words.values()):
        if not isinstance(value, str) or len(value) > LONGEST or not (value.isascii() and value.isprintable()):
            raise TokenRefused("the login server's answer is no token")
    return {**tokens, **words, "expires_in": seconds}
