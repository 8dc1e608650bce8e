"""Talks to Planet's Destinations API through the planet SDK: bounded, slowly enough, without a retry that could do a thing twice."""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import logging
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from validator.core import home
from validator.core.deadline import Call, CancelToken, Deadline, Interrupted, TimedOut
from validator.core.errors import MissingExtra, ValidatorError
from validator.planet import answers, login

ROOT: Final = "https://api.planet.com"
PACE: Final = 0.4
"""Seconds between two requests: Planet allows a user three in a second."""
PAUSE: Final = 1.0
"""Seconds before a question is asked again; doubled before the third time."""
ASKED: Final = 3
"""How often a question that changes nothing is asked at most."""
LARGEST: Final = 16 * 1024 * 1024
"""Bytes of an answer: ten thousand destinations."""
MOST: Final = 400_000
"""Values in an answer, as many as they have: a document of the smallest ones takes two hundred times its own size in memory."""
NO_LOGIN: Final = "no Planet login was found: set PL_API_KEY, or log in once with: planet auth login"

_CHATTY: Final = ("planet", "planet_auth", "planet_auth_utils", "httpx", "httpcore", "asyncio")
"""Loggers of the SDK. At DEBUG one of them tells request bodies, secrets included."""


class NotLoggedIn(ValidatorError):
    """Planet does not know who asks; the message says how to log in."""


@dataclass
class PlanetRefused(Exception):
    """Planet answered, and said no."""

    status: int
    message: str
    """Planet's own words, not yet redacted."""
    as_documented: bool = True
    """It has the form of the API's errors. Anything else may be of whatever stands between, after Planet has done what it was asked."""


@dataclass
class Undecided(Exception):
    """No answer that decides anything."""

    why: str
    sent: bool
    """Whether Planet may have carried the request out all the same."""
    busy: bool = False
    """Planet refused to look at it just now: it may be sent again."""


PlanetClient = Any
"""``planet.DestinationsClient``; the SDK is imported where it is used."""


class Planet:
    """The Destinations API of one Planet, for one user.

    Args:
        root: of the API, without a path below it.
        base: of the Destinations API itself, where it does not lie where Planet has it below the root.
        what: what the root is called where it is refused.
        seconds: for each request.
        stop: ends questions at the first request to stop; what changes something is only given up at the second.
        auth: the SDK's ``Auth``; by default what the user is logged in with (``PL_API_KEY``, profiles, OAuth).
        pace: seconds between two requests; ``PACE`` by default.
        pause: seconds before a question is asked again; ``PAUSE`` by default.
        remember: takes what the login sends, so that no report can hold it.
    """

    def __init__(
        self,
        root: str = ROOT,
        *,
        base: str | None = None,
        what: str = "--planet-url",
        seconds: float = 60.0,
        stop: CancelToken | None = None,
        auth: Any = None,
        pace: float | None = None,
        pause: float | None = None,
        remember: Callable[[str], None] = lambda secret: None,
    ) -> None:
        self.root = checked_root(root, what)
        self.what = what
        self._base = base or f"{self.root}/destinations/v1"
        self.stop = stop or CancelToken()
        self.pause = PAUSE if pause is None else pause
        self._pace = PACE if pace is None else pace
        self._seconds = seconds
        self._auth = auth
        self._last = float("-inf")
        self._remember = remember
        self.secrets: set[str] = set()
        """What the login has sent: Planet may repeat it."""

    def log_in(self) -> None:
        """Find the login, asking Planet nothing but, for OAuth, a fresh token. Raises NotLoggedIn, Undecided, Interrupted."""

        def find() -> Any:
            from planet import Auth

            if self._auth is None:
                return login.find(lambda: self._seconds)
            # A client's own kind of login need not know whether it is ready.
            return self._auth if not isinstance(self._auth, Auth) or self._auth.is_initialized() else None

        with _QUIET_LOGGERS:
            try:
                self._auth = Call(find).wait(self._seconds, self.stop)
            except TimedOut:
                raise Undecided("the login could not be renewed in time", sent=False) from None
            except Interrupted:
                raise
            except ModuleNotFoundError as error:
                raise MissingExtra(
                    f"Planet's API needs the package {error.name}, which is not installed: {home.install('planet')}"
                ) from None
            except Exception as error:  # noqa: BLE001 - whatever the SDK's login raises, its text may hold a token
                raise NotLoggedIn(f"{NO_LOGIN} ({type(error).__name__})") from None
        if self._auth is None:
            raise NotLoggedIn(NO_LOGIN)

    # ---- questions ---------------------------------------------------------------------------------------------------

    def destinations(
        self, *, archived: bool = False, tries: int = ASKED, cleaning: bool = False
    ) -> Sequence[Mapping[str, Any]]:
        """What the organisation has; with ``archived`` the archived ones are among them.

        Only the second request to stop ends it while ``cleaning``. Raises NotLoggedIn, PlanetRefused, Undecided, Interrupted.
        """
        answer = self._ask(
            lambda client: client.list_destinations(archived=True if archived else None), tries, cleaning=cleaning
        )
        listed = answer.get("destinations")
        if not isinstance(listed, list):
            raise Undecided("Planet's answer holds no list of destinations", sent=True)
        return [answers.destination(each if isinstance(each, dict) else {}) for each in listed]

    def destination(self, id_: str) -> Mapping[str, Any]:
        """One destination; ``default`` is the organisation's default. Raises as :meth:`destinations` does."""
        if id_ == "default":
            return answers.destination(self._ask(lambda client: client.get_default_destination()))
        return answers.destination(self._ask(lambda client: client.get_destination(id_)))

    # ---- changes: none is sent again after an answer that was lost ---------------------------------------------------

    def create(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Create a destination: one request. Raises NotLoggedIn, PlanetRefused, Undecided, Interrupted."""
        return answers.destination(self._tell(lambda client: client.create_destination(dict(request)), tries=1))

    def patch(self, id_: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change a destination. Raises as :meth:`create` does."""
        return answers.destination(self._tell(lambda client: client.patch_destination(id_, dict(request))))

    def make_default(self, id_: str) -> Mapping[str, Any]:
        """Make a destination the organisation's default. Raises as :meth:`create` does."""
        return answers.destination(self._tell(lambda client: client.set_default_destination(id_)))

    # ------------------------------------------------------------------------------------------------------------------

    def _ask(
        self, question: Callable[[PlanetClient], Awaitable[Any]], tries: int = ASKED, *, cleaning: bool = False
    ) -> Mapping[str, Any]:
        for left in reversed(range(tries)):
            try:
                if not self._paced(cleaning=cleaning):
                    raise Interrupted
                return self._once(question, level=2 if cleaning else 1)
            except Undecided:
                if not left or not self.rest(self.pause * 2 ** (tries - 1 - left), cleaning=cleaning):
                    raise
        raise AssertionError("a question is asked at least once")

    def _tell(self, change: Callable[[PlanetClient], Awaitable[Any]], tries: int = ASKED) -> Mapping[str, Any]:
        for left in reversed(range(tries)):
            if not self._paced(cleaning=False):
                raise Undecided("stopped before the request was sent", sent=False)
            try:
                return self._once(change, level=2)
            except PlanetRefused as refusal:
                if refusal.as_documented:
                    raise
                why = f'an answer came that is not the API\'s own ({refusal.status}): "{answers.cut(refusal.message, 300)}"'
                raise Undecided(why, sent=True) from None
            except Undecided as lost:
                if not lost.busy or not left or not self.rest(self.pause * 2 ** (tries - 1 - left)):
                    raise
        raise AssertionError("a change is sent at least once")

    def _paced(self, *, cleaning: bool) -> bool:
        if self._auth is None:
            self.log_in()
        rested = self.rest(self._last + self._pace - time.monotonic(), cleaning=cleaning)
        self._last = time.monotonic()
        return rested and self.stop.level < (2 if cleaning else 1)

    async def _sent(self, request: Any) -> None:
        """Whatever kind of login it is: what it adds to a request is a secret, known before an answer can repeat it."""
        scheme, _, secret = request.headers.get("authorization", "").rpartition(" ")
        secrets = {secret}
        if scheme.lower() == "basic":
            with contextlib.suppress(ValueError):
                secrets |= set(base64.b64decode(secret).decode("utf-8", "replace").split(":", 1))
        for each in secrets - self.secrets - {""}:
            self.secrets.add(each)
            self._remember(each)

    def rest(self, seconds: float, *, cleaning: bool = False) -> bool:
        """Wait; False where somebody asks to stop."""
        return seconds <= 0 or Deadline(3 * seconds + 60, self.stop).pause(seconds, cleaning=cleaning)

    def _once(self, work: Callable[[PlanetClient], Awaitable[Any]], *, level: int) -> Mapping[str, Any]:
        with _QUIET_LOGGERS:
            try:
                answer = Call(lambda: self._converse(work)).wait(self._seconds + 1, self.stop, level)
            except (TimedOut, TimeoutError):
                raise Undecided(f"Planet gave no answer in {self._seconds:g} s", sent=True) from None
            except Interrupted:
                raise
            except Exception as error:  # noqa: BLE001 - classified below; its text may hold what was sent
                raise _classified(error) from None
        if not isinstance(answer, dict):
            raise Undecided("Planet's answer is not an object", sent=True)
        return answer

    def _converse(self, work: Callable[[PlanetClient], Awaitable[Any]]) -> Any:
        import asyncio

        from planet import DestinationsClient, Session

        async def conversation() -> Any:
            async with asyncio.timeout(self._seconds):
                async with Session(auth=self._auth, read_timeout_secs=self._seconds) as session:
                    session.max_retries = 0  # the SDK would send a POST again after a read timeout
                    # A redirect would carry the secrets to whatever host it names.
                    session._client.follow_redirects = False  # noqa: SLF001 - the SDK has no switch for it
                    _bound(session._client)  # noqa: SLF001 - the same
                    session._client.event_hooks["request"].append(self._sent)  # noqa: SLF001 - the same
                    return await work(DestinationsClient(session, self._base))

        with _QUIET_LOGGERS:
            return asyncio.run(conversation())


def _bound(client: Any) -> None:
    """Let no answer of Planet's be larger than it can be: neither as it comes, nor unpacked."""
    import httpx

    class BoundedStream(httpx.AsyncByteStream):
        def __init__(self, stream: Any) -> None:
            self.stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = values = 0
            async for part in self.stream:
                size += len(part)
                values += sum(part.count(each) for each in (b",", b"[", b"{"))
                if size > LARGEST or values > MOST:
                    raise httpx.DecodingError("the answer is too large")
                yield part

        async def aclose(self) -> None:
            await self.stream.aclose()

    async def ask(request: Any) -> None:
        request.headers["accept-encoding"] = "identity"

    async def look(response: Any) -> None:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise httpx.DecodingError("the answer is packed, and nobody asked for that")
        response.stream = BoundedStream(response.stream)
        response.encoding = "utf-8"  # as JSON is: the answer names others, such as zlib

    hooks = client.event_hooks
    client.event_hooks = {"request": [*hooks["request"], ask], "response": [look, *hooks["response"]]}


def checked_root(root: str, what: str = "--planet-url") -> str:
    """The root without a slash at its end. Raises ValidatorError for one that secrets must not be sent to."""
    parts = urlsplit(root)
    try:
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        host = ""
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment or parts.username:
        raise ValidatorError(f"{what} must be the root of an API, such as {ROOT}")
    if parts.scheme == "http" and not _on_this_machine(host):
        raise ValidatorError(f"{what} must begin with https://: secrets would be sent in the clear")
    if "/destinations/" in parts.path + "/":
        raise ValidatorError(f"{what} is the root alone, such as {ROOT}: /destinations/v1 is added to it")
    return root.rstrip("/")


def _on_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _QuietLoggers:
    """The levels of the SDK's loggers before the first of those who want silence, given back by the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = 0
        self._levels: dict[str, int] = {}

    def __enter__(self) -> None:
        with self._lock:
            self._wanted += 1
            if self._wanted > 1:
                return
            for name in _CHATTY:
                logger = logging.getLogger(name)
                self._levels[name] = logger.level
                logger.setLevel(logging.CRITICAL if name.startswith("planet_auth") else logging.WARNING)

    def __exit__(self, *exc: object) -> None:
        with self._lock:
            self._wanted -= 1
            if not self._wanted:
                for name, level in self._levels.items():
                    logging.getLogger(name).setLevel(level)


_QUIET_LOGGERS: Final = _QuietLoggers()
"""Wanted by whoever waits and by the thread that speaks: either may be the last."""


def _classified(error: Exception) -> Exception:
    import httpx
    from planet.exceptions import APIError

    if isinstance(error, APIError):
        return _answered(_status(error), str(error))
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.UnsupportedProtocol | httpx.ProxyError):
        return Undecided("no connection to Planet's API came about", sent=False)
    if isinstance(error, httpx.DecodingError):
        return Undecided("Planet's answer is larger than any answer of Planet's, or packed", sent=True)
    if isinstance(error, httpx.HTTPError):
        return Undecided("the connection to Planet's API broke", sent=True)
    if isinstance(error, ValueError | RecursionError):
        return Undecided("Planet's answer is not JSON", sent=True)
    if type(error).__module__.startswith("planet_auth"):
        return NotLoggedIn(f"the Planet login could not be used: log in again with: planet auth login ({type(error).__name__})")
    return Undecided(f"something unexpected happened in the planet SDK ({type(error).__name__})", sent=True)


def _status(error: Exception) -> int:
    # The SDK raises some statuses as one class; the HTTP error that it translates still knows.
    response = getattr(error.__context__, "response", None)
    return int(getattr(response, "status_code", 0))


def _answered(status: int, body: str) -> Exception:
    if status == 401:
        return NotLoggedIn(
            "Planet does not accept this login (401): set PL_API_KEY to a valid key, or log in again with: planet auth login"
        )
    if status == 429:
        return Undecided("Planet asks to come again later (429)", sent=False, busy=True)
    if status in (0, 408) or status >= 500:
        return Undecided(f"Planet's API has a fault of its own ({status or 'no status'})", sent=True)
    return PlanetRefused(status, answers.words(body), as_documented=answers.is_an_error(body))
