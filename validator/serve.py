"""Starts the HTTP service: where it listens, what it refuses, and how it ends."""

from __future__ import annotations

import ipaddress
import logging
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from validator import guard
from validator.check import Settings
from validator.model import MissingExtra, ValidatorError

TOKEN_VARIABLE = "PLANET_VALIDATOR_TOKEN"  # noqa: S105 - the variable's name
HEADER_SECONDS = 10.0
"""A request's head must have arrived within this time; a connection that sends nothing for as long is closed."""
SHORTEST_TOKEN = 16


def run(
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    allow_private_endpoints: bool = False,
    allowed_hosts: Sequence[str] = (),
    settings: Settings | None = None,
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),  # noqa: T201 - the command's own voice
) -> int:
    """Serve until SIGINT or SIGTERM; running checks finish, their deletes included. Exit code 0.

    Raises ValidatorError for settings that would not be safe, MissingExtra without the extra ``[service]``.
    """
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        raise MissingExtra("the HTTP service needs an extra: pip install 'planet-validator[service]'") from error
    from validator.service import ServiceSettings, create_app, new_token

    given = os.environ.get(TOKEN_VARIABLE, "")
    if given and len(given) < SHORTEST_TOKEN:
        raise ValidatorError(f"{TOKEN_VARIABLE} is shorter than {SHORTEST_TOKEN} characters: too easy to guess")
    if not given and not _loopback(host):
        raise ValidatorError(
            f"listening on {host} needs a token of your own: set {TOKEN_VARIABLE}, for example to the output of `openssl rand -hex 32`"
        )
    token = given or new_token()
    _no_core_dumps()
    if not allow_private_endpoints:
        _no_proxies(say)
        guard.install()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    for name in ("urllib3", "botocore", "azure", "google", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    hosts = frozenset({"127.0.0.1", "localhost", "[::1]", _bracketed(host), *(each.lower() for each in allowed_hosts)})
    app = create_app(ServiceSettings(token=token, hosts=hosts, check=settings or Settings(jobs=8)))
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=_patient_protocol(),
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        limit_concurrency=512,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=int((settings or Settings()).timeout) + 5,
    )
    where = f"http://{_bracketed(host)}:{port}/"
    say(f"planet-validator is listening on {where}")
    if given:
        say(f"The bearer token is the one in {TOKEN_VARIABLE}.")
    else:
        say(f"Open {where}#token={token}")
        say(f"or send the header  Authorization: Bearer {token}")
    if allow_private_endpoints:
        say("Private, loopback and link-local endpoints are allowed (--allow-private-endpoints).")
    server = uvicorn.Server(config)
    # Running checks are told to clean up as soon as the signal comes, not when the last connection has closed.
    leave = server.handle_exit

    def ending(sig: int, frame: Any) -> None:
        app.state.desk.stop.request()
        leave(sig, frame)

    server.handle_exit = ending  # type: ignore[method-assign]  # uvicorn offers no other place
    server.run()
    return 0


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host.lower()


def _no_core_dumps() -> None:
    # A dump of this process would hold the credentials of whoever is being checked.
    try:
        import resource
    except ModuleNotFoundError:  # Windows writes none of this kind
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _no_proxies(say: Callable[[str], None]) -> None:
    # Behind a proxy the address that is really reached is the proxy's to choose: it could not be judged here.
    names = [name for name in os.environ if name.lower() in ("http_proxy", "https_proxy", "all_proxy")]
    for name in names:
        del os.environ[name]
    if names:
        say(
            f"{', '.join(sorted(names))} ignored: behind a proxy, addresses cannot be judged (--allow-private-endpoints uses it)"
        )


def _patient_protocol() -> type[Any]:
    """The server's own HTTP/1.1, which also hangs up on a client that does not finish its request's head."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Protocol(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._hang_up = self.loop.call_later(HEADER_SECONDS, self._too_slow)

        def _too_slow(self) -> None:
            if self.cycle is None and not self.transport.is_closing():
                self.transport.close()

        def connection_lost(self, exc: Exception | None) -> None:
            self._hang_up.cancel()
            super().connection_lost(exc)

    return Protocol
