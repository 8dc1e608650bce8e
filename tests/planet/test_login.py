"""The Planet login of a service account or a person: real ``planet_auth``, real sockets, and whatever answers in the login server's place."""

from __future__ import annotations

import base64
import json
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests

from tests.support.endless import LARGE, OVER, SLOW, Raw
from tests.support.wire import Answer, Request, Wire, no_timer_stays, wait_until
from validator.planet.api import NotLoggedIn, Planet, Undecided
from validator.planet.login import LONGEST
from validator.providers.common import bounded

SERVICE: Mapping[str, Any] = {
    "client_type": "oidc_client_credentials_secret", "client_id": "EXAMPLE-client", "client_secret": "EXAMPLE-client-secret",
    "scopes": ["planet"], "audiences": ["https://api.example.com/"],
}  # fmt: skip
PERSON: Mapping[str, Any] = {
    "client_type": "oidc_device_code",
    "client_id": "EXAMPLE-client",
    "scopes": ["planet", "offline_access"],
}
TOKEN: Mapping[str, Any] = {"access_token": "EXAMPLE-access", "token_type": "Bearer", "expires_in": 3600}


def told(answer: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, {"content-type": "application/json", **headers}, json.dumps(answer).encode())


class Logins:
    """A login server and a Planet in one, and the profile that leads there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token: Callable[[Request], Answer] = lambda request: told(TOKEN)
        self.discovery: Callable[[Request], Answer] = lambda request: told({"token_endpoint": f"{self.wire.url}/token"})
        self.wire = Wire(self.answer)

    def answer(self, request: Request) -> Answer:
        if request.path.startswith("/.well-known"):
            return self.discovery(request)
        if request.path == "/token":
            return self.token(request)
        known = request.headers.get("authorization") == f"Bearer {TOKEN['access_token']}"
        return told({"destinations": []}) if known else told({"message": "who are you?"}, 401)

    def profile(self, kind: Mapping[str, Any], token: Mapping[str, Any] | None = None, **more: Any) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "auth_client.json").write_text(json.dumps({**kind, "auth_server": self.wire.url, **more}))
        if token:
            (self.folder / "token.json").write_text(json.dumps(token))

    def asked(self, seconds: float = 10.0) -> Any:
        return Planet(self.wire.url, pace=0, pause=0, seconds=seconds).destinations(tries=1)

    def forms(self) -> list[dict[str, list[str]]]:
        return [parse_qs(each.body.decode()) for each in self.wire.requests if each.path == "/token"]


@pytest.fixture
def logins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Logins]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PL_AUTH_PROFILE", "example")
    monkeypatch.delenv("PL_API_KEY", raising=False)
    made = Logins(tmp_path / ".planet" / "example")
    with made.wire:
        yield made


def test_a_service_account_is_given_a_token_and_keeps_it(logins: Logins) -> None:
    logins.profile(SERVICE)
    assert logins.asked() == []
    assert logins.asked() == []
    assert [each.path for each in logins.wire.requests if "destinations" not in each.path] == [
        "/.well-known/openid-configuration",
        "/token",
    ]
    (form,) = logins.forms()
    assert form == {
        "grant_type": ["client_credentials"], "scope": ["planet"], "audience": ["https://api.example.com/"],
        "client_id": ["EXAMPLE-client"], "client_secret": ["EXAMPLE-client-secret"],
    }  # fmt: skip
    assert json.loads((logins.folder / "token.json").read_text()).items() >= TOKEN.items()


def test_a_person_whose_token_is_over_is_given_a_new_one(logins: Logins) -> None:
    logins.profile(PERSON, {**TOKEN, "access_token": "EXAMPLE-old", "refresh_token": "EXAMPLE-refresh", "_iat": 1, "_exp": 2})
    logins.token = lambda request: told({**TOKEN, "refresh_token": "EXAMPLE-next"})
    assert logins.asked() == []
    assert logins.forms() == [
        {"grant_type": ["refresh_token"], "refresh_token": ["EXAMPLE-refresh"], "client_id": ["EXAMPLE-client"]}
    ]
    assert json.loads((logins.folder / "token.json").read_text())["refresh_token"] == "EXAMPLE-next"


def test_a_client_that_signs_with_its_secret_in_the_head(logins: Logins) -> None:
    kind = {**SERVICE, "client_type": "oidc_device_code_secret"}
    logins.profile(kind, {"refresh_token": "EXAMPLE-refresh", "_iat": 1, "_exp": 2})
    assert logins.asked() == []
    (request,) = (each for each in logins.wire.requests if each.path == "/token")
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"EXAMPLE-client:EXAMPLE-client-secret").decode()


def test_nobody_is_logged_in(logins: Logins) -> None:
    logins.profile(PERSON)
    with pytest.raises(NotLoggedIn, match="no Planet login was found"):
        logins.asked()
    assert not logins.wire.requests


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_of_the_login_is_followed(logins: Logins, status: int) -> None:
    with Wire(lambda request: told(TOKEN)) as elsewhere:
        for at in ("token", "discovery"):
            logins.profile(SERVICE)
            setattr(logins, at, lambda request: told({}, status, location=f"{elsewhere.url}/token"))
            with pytest.raises(NotLoggedIn):
                logins.asked()
        assert not elsewhere.requests


WRONG: Mapping[str, Answer] = {
    "not JSON": Answer(200, {"content-type": "application/json"}, b"{"),
    "deep": Answer(200, {"content-type": "application/json"}, b"[" * 100_000),
    "a list": told([TOKEN]),
    "no object": told("EXAMPLE-access"),
    "an error": told({"error": "invalid_client", "error_description": "EXAMPLE-client-secret"}, 400),
    "an error, called a success": told({"error": "invalid_client"}),
    "come again in thirty years": told({}, 429, **{"retry-after": "999999999"}),
    "a fault": told({}, 503, **{"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}),
    "no time": told({"access_token": "EXAMPLE-access"}),
    **{f"expires_in {value!r}": told({**TOKEN, "expires_in": value}) for value in ("3600", True, -1, [], {}, 1e300)},
    **{f"access_token {value!r:.20}": told({**TOKEN, "access_token": value}) for value in (1, [], {"a": 1}, "a\r\nb: c", "\u202e", "A" * (LONGEST + 1))},
    "refresh_token []": told({**TOKEN, "refresh_token": ["x"]}),
    "scope": told({**TOKEN, "scope": "A" * (LONGEST + 1)}),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_token_logs_nobody_in_and_is_not_kept(logins: Logins, kind: str) -> None:
    logins.profile(SERVICE)
    logins.token = lambda request: WRONG[kind]
    with pytest.raises(NotLoggedIn) as raised:
        logins.asked()
    assert "EXAMPLE" not in str(raised.value)
    assert len(logins.forms()) == 1, "asked once, whatever it is told"
    assert not (logins.folder / "token.json").exists()


@pytest.mark.parametrize(
    "endpoint", [None, 1, ["https://x"], "", "file:///etc/passwd", "ftp://127.0.0.1/x", "//127.0.0.1/token"]
)
def test_a_login_server_that_names_no_token_endpoint(logins: Logins, endpoint: Any) -> None:
    logins.profile(SERVICE)
    logins.discovery = lambda request: told({"token_endpoint": endpoint})
    with pytest.raises(NotLoggedIn):
        logins.asked()
    assert not logins.forms()


@pytest.mark.parametrize("kind", SLOW)
def test_a_login_server_that_takes_its_time_keeps_no_thread(logins: Logins, kind: str) -> None:
    with no_timer_stays(), Raw(SLOW[kind]) as server:
        logins.profile(SERVICE, token_endpoint=f"{server.url}/token")
        with pytest.raises((NotLoggedIn, Undecided)):
            logins.asked(OVER)
        wait_until(lambda: server.gone == len(server.threads))


@pytest.mark.parametrize("kind", LARGE)
def test_an_answer_of_the_login_server_is_bounded(logins: Logins, kind: str) -> None:
    import planet  # noqa: F401 - what it loads is not measured

    with Raw(LARGE[kind]) as server:
        logins.profile(SERVICE, token_endpoint=f"{server.url}/token")
        tracemalloc.start()
        try:
            with pytest.raises((NotLoggedIn, Undecided)):
                logins.asked()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert server.heads
    assert peak < 24 * bounded.LARGEST, f"{peak:,} bytes"


def test_a_netrc_of_the_user_is_not_used(logins: Logins, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login EXAMPLE password EXAMPLE\n")
    assert requests.utils.get_netrc_auth(logins.wire.url), "the file is where requests looks"
    logins.profile(SERVICE)
    assert logins.asked() == []
    assert not any("authorization" in each.headers for each in logins.wire.requests if "destinations" not in each.path)
