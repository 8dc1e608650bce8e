"""A client of google-cloud-storage's, made hermetic: no ambient credentials, hosts, look-ups or background calls, and no retries."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import parse_qs

from validator.providers.base import Options
from validator.providers.common.bounded import direct
from validator.providers.common.conditions import Conditions
from validator.providers.common.early import Early
from validator.providers.common.proxies import proxies_for
from validator.providers.common.trust import bundle_of
from validator.providers.gcs.errors import OtherUniverse, TokenRefused, UnexpectedAnswer
from validator.providers.gcs.service_account import UNIVERSE, ServiceAccountKey

ENDPOINT: Final = "https://storage.googleapis.com"
_MTLS: Final = "https://storage.mtls.googleapis.com/"
SCOPE: Final = "https://www.googleapis.com/auth/devstorage.full_control"
"""What the SDK's own client asks for. The scope limits nothing: the account's grants do."""


class Transport:
    """The HTTP session under the SDK: asks for a token once, sends it to one host only, and follows no redirect."""

    def __init__(self, credentials: Any, root: str, options: Options, early: Early) -> None:
        self.credentials = credentials
        self.root = root
        self.options = options
        self.early = early
        self.session = direct(options.seconds)
        self.verify: str | bool = bundle_of(options) or True
        self._proxies: dict[str, Any] = {}
        self._remembered: str | None = None
        """The token that is masked in what is told of this destination."""

    def authorize(self) -> str:
        """A token: the one at hand if it holds, which another destination may have asked for. Raises TokenRefused, and what requests raises."""
        if not self.credentials.valid:
            self.credentials.refresh(self._token)
        token: str = self.credentials.token
        if token and token != self._remembered:
            self.options.remember(token)
            self._remembered = token
        return token

    def request(self, method: str, url: str, **more: Any) -> Any:
        """As ``requests.Session.request``. Raises what requests raises, and TokenRefused."""
        if url.startswith(_MTLS):  # what GOOGLE_API_USE_MTLS_ENDPOINT=always makes of any address
            url = f"{self.root}/{url.removeprefix(_MTLS)}"
        if not url.startswith(self.root + "/"):
            raise UnexpectedAnswer(f"the SDK asked for another host than {self.root}")
        token = self.authorize()
        self.options.seconds()  # raises where the token took so long that nobody waits any more
        more["headers"] = {**(more.get("headers") or {}), "authorization": f"Bearer {token}"}
        response = self._send(method, url, **more)
        if method == "DELETE" and 200 <= response.status_code < 300 and not _done(response):
            raise UnexpectedAnswer(f"a delete was answered with {response.status_code}, as Google does not answer one")
        if "alt=media" in url and 200 <= response.status_code < 300 and not _googles(response):
            response.close()  # nobody reads it, and what is not read stays open
            raise UnexpectedAnswer(f"a download was answered with {response.status_code}, without any header of Google's")
        return response

    def _token(self, url: str, method: str = "POST", body: Any = None, headers: Any = None, **_: Any) -> Any:
        seconds = patience(self.options)
        for assertion in parse_qs(body.decode() if isinstance(body, bytes) else str(body or "")).get("assertion", ()):
            self.options.remember(assertion)
        response = self._send(method, url, data=body, headers=headers, timeout=seconds)
        # Judged here, before google-auth would try again on its own or lose the answer's Date.
        try:
            token = response.json().get("access_token")
        except (ValueError, AttributeError):
            token = None
        if isinstance(token, str):
            self.options.remember(token)
        if response.status_code != 200 or not isinstance(token, str) or not token:
            raise TokenRefused(response.status_code, response.headers, response.content)
        # What google-auth asks of a transport's response.
        return SimpleNamespace(status=response.status_code, headers=response.headers, data=response.content)

    def _send(self, method: str, url: str, **more: Any) -> Any:
        host = "/".join(url.split("/", 3)[:3])
        if host not in self._proxies:
            self._proxies[host] = proxies_for(url)
        return self.session.request(method, url, verify=self.verify, proxies=self._proxies[host], **more)

    def close(self) -> None:
        """Close the connections."""
        self.early.close()
        self.session.close()


def _done(response: Any) -> bool:
    """Google answers a delete with 204 and nothing; its testbench with 200 and nothing, under Google's own headers."""
    return response.status_code == 204 or (not response.content and _googles(response))


def _googles(response: Any) -> bool:
    """Whether the answer has a header that only Google sends, and whoever plays it."""
    return any(name.lower().startswith(("x-goog-", "x-guploader-")) for name in response.headers)


def patience(options: Options, least: float = 0.1) -> tuple[float, float]:
    """Seconds to wait for a connection, and for each part of an answer."""
    seconds = max(least, options.seconds())
    return seconds, seconds


def client(key: ServiceAccountKey, options: Options) -> tuple[Any, Transport]:
    """A ``google.cloud.storage.Client`` and its transport: it speaks for this key and to this endpoint, whatever the environment says.

    Raises ValueError for a private key that cannot be loaded, OtherUniverse for a key of another Google cloud.
    """
    if key.universe != UNIVERSE:
        raise OtherUniverse(f"the key belongs to the universe {key.universe}, not to {UNIVERSE}")
    if (credentials := options.shared.get(key)) is not None:
        return client_of(credentials, options)
    # At Google's own address two requests go out at the same time once there is a token.
    store = [root(options)] * (1 if options.endpoint else 2)
    with Early.beside("google.cloud.storage", [key.token_uri, *store], bundle_of(options), options.seconds) as early:
        from google.oauth2 import service_account

        credentials = service_account.Credentials(  # type: ignore[no-untyped-call]  # untyped upstream
            _signer(key), service_account_email=key.email, token_uri=key.token_uri, scopes=[SCOPE]
        )
        # One token for all that this account is to check: the token says who asks, and nothing of what for.
        options.shared[key] = credentials
        return client_of(credentials, options, early)


def _signer(key: ServiceAccountKey) -> Any:
    """As google-auth makes one. Its way tests anew whether the key's factors are primes: 60 ms of work, more than all else in a check.

    The numbers of a key are held against each other before it comes here, and what it signs for is judged by Google.
    """
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from google.auth.crypt import RSASigner

    private = load_pem_private_key(key.private_key.encode(), None, unsafe_skip_rsa_key_validation=True)
    return RSASigner(private, key.key_id or None)  # type: ignore[no-untyped-call]  # untyped upstream


def client_of(credentials: Any, options: Options, early: Early | None = None) -> tuple[Any, Transport]:
    """The same for credentials of google-auth's that are made already; and the transport, for whoever closes it."""
    address = root(options)
    transport = Transport(credentials, address, options, early or Early())
    made = _client_class()(project=None, credentials=credentials, client_options={"api_endpoint": address}, _http=transport)
    return made, transport


def root(options: Options) -> str:
    """The address that is asked, without a slash at its end."""
    return (options.endpoint or ENDPOINT).rstrip("/")


class Connection:
    """One bucket, spoken to through the SDK, and what the requests of one run have shown of it."""

    def __init__(self, made: tuple[Any, Transport], name: str, options: Options) -> None:
        self.client, self.transport = made
        self.options = options
        self.bucket = self.client.bucket(name)
        self.conditions = Conditions.at(documented=options.endpoint is None)
        self.free: set[str] = set()
        """Names under which a look found no object."""
        self.written: dict[str, int] = {}
        """Names under which our own object lies, with its generation."""

    def how(self, least: float = 0.1) -> Mapping[str, Any]:
        """What each request is made with: its time-outs, ``least`` seconds at least, and no retries."""
        return {"timeout": patience(self.options, least), "retry": None}


@cache
def _client_class() -> type[Any]:
    from google.api_core.exceptions import NotFound
    from google.cloud import storage

    class HermeticClient(storage.Client):  # type: ignore[misc]  # untyped upstream
        def get_bucket(self, *_: Any, **__: Any) -> Any:
            """Since 3.11 a thread of the SDK's own asks for the bucket's metadata: with a permission that Planet does not need.

            Where it is told that there is none, it remembers nothing, and never asks whether the bucket is gone either.
            """
            raise NotFound("the metadata of a bucket is not asked for")  # type: ignore[no-untyped-call]  # untyped upstream

    return HermeticClient
