"""Starts the HTTP service: where it listens, what it refuses, and how it ends."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

from validator.checking.assemble import Settings
from validator.core import address_guard, home
from validator.core.errors import MissingExtra, ValidatorError
from validator.core.terminal_text import visible
from validator.service.connections import Connections

TOKEN_VARIABLE = "PLANET_VALIDATOR_TOKEN"  # noqa: S105 - the variable's name
CONNECTIONS = 2048
"""At a time; more are answered 503 at once."""
SHORTEST_TOKEN = 16


def run(
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    allow_private_endpoints: bool = False,
    allowed_hosts: Sequence[str] = (),
    trusted_proxies: Sequence[str] = (),
    settings: Settings | None = None,
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),  # noqa: T201 - the command's own voice
) -> int:
    """Serve until SIGINT or SIGTERM; running checks are asked to end, and their deletes are made. Exit code 0.

    Raises ValidatorError for settings that would not be safe, MissingExtra without the extra ``[service]``.
    """
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        raise MissingExtra(f"the HTTP service needs an extra: {home.install('service')}") from error
    from validator.service.app import ServiceSettings, create_app, new_token

    configured = os.environ.get(TOKEN_VARIABLE, "").strip()
    if configured and (
        len(configured) < SHORTEST_TOKEN or not configured.isascii() or not configured.isprintable() or " " in configured
    ):
        raise ValidatorError(f"{TOKEN_VARIABLE} must be {SHORTEST_TOKEN} or more printable ASCII characters without spaces")
    if not configured and not _loopback(host):
        raise ValidatorError(
            f"listening on {host} needs a token of your own: set {TOKEN_VARIABLE}, for example to the output of `openssl rand -hex 32`"
        )
    token = configured or new_token()
    checking = settings or Settings(jobs=8)
    for proxy in trusted_proxies:
        try:
            ipaddress.ip_network(proxy, strict=False)
        except ValueError:
            raise ValidatorError(f"--trusted-proxy {visible(proxy)}: neither an IP address nor a network of them") from None
    listening = _listen(host, port)
    _no_core_dumps()
    _quiet_logs()
    connections = _room_for(CONNECTIONS)
    if not allow_private_endpoints:
        _no_proxies(say)
    hosts = frozenset({"localhost", host.lower(), *(each.lower() for each in allowed_hosts)})
    app = create_app(
        ServiceSettings(token=token, hosts=hosts, request_seconds=max(180.0, checking.timeout + 15), check=checking)
    )
    where = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/"
    say(f"planet-validator is listening on {where}")
    if configured:
        say(f"The bearer token is the one in {TOKEN_VARIABLE}.")
    else:
        say(f"Open {where}#token={token}")
        say(f"or send the header  Authorization: Bearer {token}")
    if allow_private_endpoints:
        say("Private, loopback and link-local endpoints are allowed (--allow-private-endpoints).")
    server = uvicorn.Server(configuration(app, checking.timeout, connections, trusted_proxies))
    server.capture_signals = nullcontext  # type: ignore[assignment,method-assign]  # it would end this process by the signal, not by a code

    def ending(sig: int, frame: Any) -> None:
        # Running checks are told to clean up as soon as the signal comes, not when the last connection has closed; and in a
        # thread, since a handler runs between two steps of the main thread, which may hold the very lock that is needed.
        threading.Thread(target=app.state.executor.hurry, daemon=True).start()
        server.handle_exit(sig, frame)

    async def main() -> None:
        if not allow_private_endpoints:
            address_guard.install()  # not before there is an event loop: on Windows it connects to itself
        await server.serve([listening])

    before = {each: signal.signal(each, ending) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        with listening:
            asyncio.run(main())
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    return 0


def configuration(app: Any, seconds: float, connections: int = CONNECTIONS, trusted_proxies: Sequence[str] = ()) -> Any:
    """How the server is set up; ``seconds`` is the time that a check may take."""
    import uvicorn
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
    from uvicorn.protocols.http.h11_impl import H11Protocol

    open_ = Connections(H11Protocol, max(1, connections // 2), trusted_proxies)
    # The forwarded address is believed behind the guard, which knows a connection by the real one.
    inner: Any = ProxyHeadersMiddleware(app, list(trusted_proxies)) if trusted_proxies else app
    return uvicorn.Config(
        open_.guard(inner),
        http=open_.protocol,  # type: ignore[arg-type]  # called for each connection, as a class would be
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=connections,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=int(seconds) + 5,
    )


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        # Named TCP, or asyncio leaves Nagle's algorithm on, and an answer's body waits 40 ms for its head's receipt.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            if os.name == "posix":
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(CONNECTIONS)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise ValidatorError(f"cannot listen on {host}, port {port}: {error.strerror or error}") from None
    return listening


def _no_core_dumps() -> None:
    # A dump of this process would hold the credentials of whoever is being checked. Programs that take dumps are told the limit as well.
    try:
        import resource
    except ModuleNotFoundError:  # Windows writes none of this kind
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _room_for(connections: int) -> int:
    """How many connections this process may hold, when checks need descriptors as well."""
    try:
        import resource
    except ModuleNotFoundError:
        return connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = connections * 2 if hard == resource.RLIM_INFINITY else min(hard, connections * 2)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        soft = limit
    return connections if soft == resource.RLIM_INFINITY else max(16, min(connections, soft // 2))


class _Plain(logging.Formatter):
    """Without tracebacks: an exception's text may hold what was submitted."""

    def format(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        plain = logging.makeLogRecord({**record.__dict__, "exc_info": None, "exc_text": None, "stack_info": None})
        return visible(super().format(plain)) + (f" ({kind})" if kind else "")


def _quiet_logs() -> None:
    """Logs of ours and of the server alone, without tracebacks; of a broken thread its kind of error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Plain("%(asctime)s %(levelname)s %(name)s %(message)s"))
    # SDKs put URLs into their logs, asyncio the text of exceptions.
    handler.addFilter(lambda record: record.name.partition(".")[0] in ("validator", "uvicorn"))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.INFO)
    warnings.simplefilter("ignore")
    log = logging.getLogger("validator.service.app")
    threading.excepthook = lambda failure: log.error("a thread ended with %s", failure.exc_type.__name__)


def _no_proxies(say: Callable[[str], None]) -> None:
    # Behind a proxy the address that is really reached is the proxy's to choose: it could not be judged here.
    names = [name for name in os.environ if name.lower() in ("http_proxy", "https_proxy", "all_proxy")]
    for name in names:
        del os.environ[name]
    if names:
        say(
            f"{', '.join(sorted(names))} ignored: behind a proxy, addresses cannot be judged (--allow-private-endpoints uses it)"
        )
