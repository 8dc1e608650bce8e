"""The owner's side reads no more, and waits no longer, than a check does: whatever answers in a cloud's place."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import boto3  # noqa: TID251 - the owner's side makes such clients
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.endless import LARGE, OVER, SLOW, Raw
from tests.support.wire import no_timer_stays, wait_until
from validator.core.deadline import CALL_LIMIT
from validator.core.model import Secret
from validator.providers.azure.client import make_client
from validator.providers.azure.parameters import AzureParameters
from validator.providers.base import Options
from validator.providers.common import bounded
from validator.providers.operator import login
from validator.providers.s3.http import bounded_sender

pytestmark = pytest.mark.no_cover  # measured: other tests go through next to all of these lines


def asked(server: Raw, seconds: float) -> Any:
    own = login.AwsLogin(boto3.Session(aws_access_key_id="EXAMPLE", aws_secret_access_key="EXAMPLE-made-up"), "EXAMPLE", None)
    client = own.client("sts", region="eu-central-1", endpoint=server.url, seconds=seconds, ca_bundle=None)
    client.meta.events.register("before-send", bounded_sender(lambda: seconds, None))
    return client.get_caller_identity


def peak_of(ask: Callable[[], Any]) -> int:
    """Bytes of memory that an answer which is refused takes at most."""
    tracemalloc.start()
    try:
        with pytest.raises(Exception):  # noqa: B017 - of whichever kind
            ask()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", SLOW)
def test_a_request_of_the_owners_at_amazon_ends(kind: str) -> None:
    with no_timer_stays(), Raw(SLOW[kind]) as server:
        ask = asked(server, OVER)
        with pytest.raises(Exception):  # noqa: B017 - of whichever kind: it ends
            ask()
        wait_until(lambda: server.gone == len(server.threads))


@pytest.mark.parametrize("kind", LARGE)
def test_an_answer_to_the_owner_at_amazon_is_bounded(kind: str) -> None:
    with Raw(LARGE[kind]) as server:
        ask = asked(server, CALL_LIMIT)
        peak = peak_of(ask)
    assert peak < 24 * bounded.LARGEST, f"{peak:,} bytes"


def is_bound(session: Any) -> bool:
    """Whether its requests are made as ``tests/providers/test_endless_answers.py`` tries them."""
    return all(isinstance(session.get_adapter(f"{scheme}://example.org"), bounded._adapter()) for scheme in ("http", "https"))


def test_sessions_of_the_other_clouds_are_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = SimpleNamespace(token="EXAMPLE-token-0001", refresh=lambda request: None)
    monkeypatch.setattr("google.auth.default", lambda scopes: (credentials, "project"))
    assert is_bound(login.google(lambda secret: None).session)

    own = login.AzureLogin(
        "somebody", {"account_name": "imagery", "account_key": "RVhBTVBMRQ=="}, "https://imagery.blob.core.windows.net"
    )
    parameters = AzureParameters("imagery", "container", Secret(""))
    with make_client(parameters, Options(seconds=lambda: 5.0), "", own) as client:
        client._pipeline._transport.open()
        assert is_bound(client._pipeline._transport.session)


@pytest.fixture(scope="module")
def tenancy() -> login.OracleLogin:
    """A profile with a throw-away key."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    config = {
        "user": "ocid1.user.oc1..example", "fingerprint": ":".join(["ab"] * 16), "tenancy": "ocid1.tenancy.oc1..example",
        "region": "us-ashburn-1", "key_content": private.decode(), "key_file": None, "pass_phrase": None,
        "additional_user_agent": "", "log_requests": False,
    }  # fmt: skip
    return login.OracleLogin(config, "DEFAULT")


def namespace_of(tenancy: login.OracleLogin, server: Raw, seconds: float) -> Any:
    client = tenancy.client("ObjectStorageClient", region="us-ashburn-1", endpoint=server.url, seconds=seconds, ca_bundle=None)
    return client.get_namespace


@pytest.mark.parametrize("kind", SLOW)
def test_a_request_of_the_owners_at_oracle_ends(tenancy: login.OracleLogin, kind: str) -> None:
    with no_timer_stays(), Raw(SLOW[kind]) as server:
        ask = namespace_of(tenancy, server, OVER)
        with pytest.raises(Exception):  # noqa: B017 - of whichever kind: it ends
            ask()
        wait_until(lambda: server.gone == len(server.threads))


@pytest.mark.parametrize("kind", LARGE)
def test_an_answer_to_the_owner_at_oracle_is_bounded(tenancy: login.OracleLogin, kind: str) -> None:
    with Raw(LARGE[kind]) as server:
        ask = namespace_of(tenancy, server, CALL_LIMIT)
        peak = peak_of(ask)
    assert server.heads
    assert peak < 24 * bounded.LARGEST, f"{peak:,} bytes"
