"""What of this machine decides whether a check can work: its clock, its way to the network, its packages, its Planet login."""

from __future__ import annotations

import os
import platform
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from validator import providers
from validator.core import home
from validator.core.deadline import Call, CancelToken, Interrupted, TimedOut
from validator.core.errors import ValidatorError
from validator.core.sentences import many
from validator.core.values import Dataclass, field
from validator.core.version import __version__
from validator.planet.api import NO_LOGIN, ROOT, NotLoggedIn, Planet, PlanetRefused, Undecided
from validator.providers.common.dates import http_date
from validator.providers.common.network_faults import chain

OK: Final = "ok"
NOTE: Final = "note"
BAD: Final = "error"

PACKAGES: Final[Mapping[str, str]] = {
    "boto3": "s3", "google-cloud-storage": "gcs", "azure-storage-blob": "azure", "planet": "planet"
}  # fmt: skip
"""The SDKs, and the extra that brings each."""
CA_VARIABLES: Final = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
NO_PROXY: Final = "none in the environment"
AHEAD: Final = 300.0
"""Seconds. Clouds refuse signatures that are 5 (Google) to 15 minutes (Amazon) off."""
WORTH_A_NOTE: Final = 30.0
"""Seconds."""


def hosts() -> Mapping[str, str]:
    """The hosts of our own types that are every customer's; ``--endpoint`` names another."""
    known = {name: provider.host for name in providers.BUILT_IN if (provider := providers.find(name)) is not None}
    return {name: root for name, root in known.items() if root}


class Line(Dataclass):
    """One thing that was looked at."""

    state: str
    """``OK``, ``NOTE`` or ``BAD``."""
    what: str
    text: str
    do: str = ""


class Machine(Dataclass):
    """Where to look, and with what."""

    hosts: Mapping[str, str] = field(default_factory=hosts)
    """Roots of stores, by type: where the clock is read."""
    planet: Planet = field(default_factory=Planet)
    ca_bundle: str | None = None
    seconds: float = 10.0
    """For each request."""
    stop: CancelToken = field(default_factory=CancelToken)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    resolve: Callable[[str, int], Any] = socket.getaddrinfo
    version: Callable[[str], str] = metadata.version


def look(machine: Machine) -> Iterator[Line]:
    """One line after the other, as each is known. Raises Interrupted."""
    yield Line(OK, "version", f"planet-validator {__version__}, Python {platform.python_version()}, {platform.system()}")
    yield from packages(machine)
    yield from proxies(machine.environ)
    yield from authorities(machine)
    for root in dict.fromkeys((*machine.hosts.values(), machine.planet.root)):
        yield from host(machine, root)
    yield login(machine)


def packages(machine: Machine) -> Iterator[Line]:
    """The SDKs."""
    for name, extra in PACKAGES.items():
        try:
            yield Line(OK, "SDK", f"{name} {machine.version(name)}")
        except metadata.PackageNotFoundError:
            yield Line(NOTE, "SDK", f"{name} is not installed", home.install(extra))


def proxies(environ: Mapping[str, str]) -> Iterator[Line]:
    """What the environment says of a proxy, without its user and password."""
    named = {name: value for name, value in environ.items() if re.fullmatch(r"(?i)(https?|all)_proxy", name) and value}
    if not named:
        yield Line(OK, "proxy", NO_PROXY)
    for name, value in sorted(named.items()):
        try:
            parts = urlsplit(value if "://" in value else f"http://{value}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if host is None:
            yield Line(BAD, "proxy", f"{name} is no address", f"unset {name}, or set it to http://HOST:PORT")
        else:
            around = environ.get("no_proxy") or environ.get("NO_PROXY")
            yield Line(
                OK, "proxy", f"{name} is {host}{f':{port}' if port else ''}{', but not for every host' if around else ''}"
            )


def authorities(machine: Machine) -> Iterator[Line]:
    """Which CA certificates are trusted."""
    if machine.ca_bundle:
        yield _bundle("--ca-bundle", machine.ca_bundle)
        return
    named = {name: machine.environ[name] for name in CA_VARIABLES if machine.environ.get(name)}
    for name, path in named.items():
        yield _bundle(name, path)
    if not named:
        yield Line(OK, "CA", "the SDKs' own certificates; a company's proxy needs its own: --ca-bundle FILE")


def _bundle(name: str, path: str) -> Line:
    try:
        if not Path(path).is_dir():
            ssl.create_default_context(cafile=path)
    except (OSError, ValueError):
        return Line(BAD, "CA", f"{name} names no file of certificates", f"let {name} name a file in PEM form")
    return Line(OK, "CA", f"{name} is {path}")


def host(machine: Machine, root: str) -> Iterator[Line]:
    """Its name, its certificate, and its clock against this machine's. The request says nothing of the user."""
    parts = urlsplit(root)
    name = parts.hostname or ""
    try:
        Call(lambda: machine.resolve(name, parts.port or 443)).wait(machine.seconds, machine.stop)
        yield Line(OK, "DNS", f"{name} is known")
    except (OSError, UnicodeError, TimedOut):
        if any(each.text != NO_PROXY for each in proxies(machine.environ)):
            yield Line(NOTE, "DNS", f"{name} is not known here; behind a proxy that may be right")
        else:
            yield Line(BAD, "DNS", f"{name} is not known here", "look at this machine's DNS (resolv.conf, VPN)")
    try:
        before = machine.now()
        date = Call(lambda: _date(machine, root)).wait(machine.seconds + 1, machine.stop)
        after = machine.now()
    except Interrupted:
        raise
    except Exception as error:  # noqa: BLE001 - whatever keeps an answer away is one line; its text may quote a proxy's password
        yield _unanswered(name, error)
        return
    yield _clock(name, date, before, after)


def _date(machine: Machine, root: str) -> datetime | None:
    import requests

    answer = requests.head(
        f"{root}/",
        headers={"User-Agent": "planet-validator"},
        auth=lambda request: request,  # or it would look into ~/.netrc, and send what it finds there
        timeout=machine.seconds,
        verify=machine.ca_bundle or next((machine.environ[each] for each in CA_VARIABLES if machine.environ.get(each)), True),
    )
    text = answer.headers.get("Date")
    return http_date(text) if text else None


def _unanswered(name: str, error: Exception) -> Line:
    behind = [*chain(error)]
    for each in behind:
        if isinstance(each, ssl.SSLCertVerificationError):
            return Line(
                BAD, "CA", f"the certificate of {name} is not trusted: {each.verify_message}",
                "where a company's proxy signs it, give its certificates with --ca-bundle FILE",
            )  # fmt: skip
    late = any(isinstance(each, TimedOut) or "Timeout" in type(each).__name__ for each in behind)
    first: list[BaseException] = [each for each in behind if isinstance(each, OSError)] or [error]
    kind = "no answer in time" if late else f"no answer ({type(first[-1]).__name__})"
    return Line(BAD, "network", f"{name}: {kind}", "look at firewall, proxy and VPN: HTTPS to it must be open")


def _clock(name: str, date: datetime | None, before: datetime, after: datetime) -> Line:
    if date is None:
        return Line(NOTE, "clock", f"{name} does not tell the time")
    # A Date is in whole seconds, and was made between the question and the answer.
    if date > after:
        off = (after - date).total_seconds()
    else:
        off = max(0.0, (before - date).total_seconds() - 1)
    if abs(off) < 1:
        return Line(OK, "clock", f"as {name}'s")
    text = f"{_span(abs(off))} {'ahead of' if off > 0 else 'behind'} {name}'s"
    if abs(off) < WORTH_A_NOTE:
        return Line(OK, "clock", text)
    return Line(BAD if abs(off) >= AHEAD else NOTE, "clock", text, "set this machine's clock (timedatectl set-ntp true)")


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def login(machine: Machine) -> Line:
    """Whether Planet knows who asks. Raises Interrupted."""
    planet = machine.planet
    try:
        planet.log_in()
        count = len(planet.destinations(tries=1))
    except NotLoggedIn as error:
        if str(error).startswith(NO_LOGIN):
            return Line(NOTE, "Planet login", str(error), "nothing, unless you want create, update or list, which need it")
        return Line(BAD, "Planet login", str(error), "set PL_API_KEY, or log in again: planet auth login")
    except PlanetRefused as refusal:
        text = f"Planet does not let it look at the organisation's destinations ({refusal.status})"
        return Line(BAD, "Planet login", text, "ask an administrator of your organisation")
    except Undecided as lost:
        return Line(BAD, "Planet login", f"Planet could not be asked: {lost.why}", "the lines above say what is in the way")
    except ValidatorError as error:
        return Line(NOTE, "Planet login", str(error))
    where = "" if planet.root == ROOT else f" at {planet.root}"
    return Line(OK, "Planet login", f"it works{where}: {many(count, 'destination')}")
