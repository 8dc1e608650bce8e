"""Where no answer comes, the report names the host, and says why a certificate is not trusted."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator

import azure.core.exceptions
import botocore.exceptions
import pytest
import requests
import urllib3

from tests.support.wire import TIMEOUT, Wire
from validator import check
from validator.checking.assemble import Settings
from validator.core.model import Kind
from validator.demo.emulators.gcs import StandIn
from validator.formats import render
from validator.providers.base import NEVER_SENT
from validator.providers.common.network_faults import no_answer, untrusted

TYPES = ("amazon_s3", "google_cloud_storage", "azure_blob_storage")


def parameters(type_: str, place: str, cloud: StandIn) -> dict[str, str]:
    account = cloud.account("planet")
    account.token_uri = f"{place}/token"
    return {
        "amazon_s3": {
            "bucket": "imagery-in", "aws_region": "eu-central-1",
            "aws_access_key_id": "AKIAQEXAMPLE2EXAMPLE", "aws_secret_access_key": "EXAMPLE/planet/validator/EXAMPLE+EXAM012",
        },
        "google_cloud_storage": {"bucket": "imagery-in", "credentials": account.credentials()},
        "azure_blob_storage": {
            "account": "imageryacct", "container": "imagery-in",
            "sas_token": "sv=2023-01-03&sr=c&sp=rwdl&se=2099-01-01T00:00:00Z&spr=https&sig=RVhBTVBMRUVYQU1QTEVFWEFNUExFRVhBTVBMRUVYQU0%3D",
        },
    }[type_]  # fmt: skip


def told(type_: str, place: str, cloud: StandIn) -> str:
    request = {"name": "my imagery", "type": type_, "parameters": parameters(type_, place, cloud)}
    settings = Settings(timeout=60.0, endpoints={type_: place})
    return re.sub(r"\s+", " ", render("text", check([request], settings), width=200))


@pytest.fixture
def cloud() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.mark.parametrize("type_", TYPES)
def test_a_port_that_nothing_listens_at(type_: str, cloud: StandIn) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        assert f"Nothing listens at {host}" in told(type_, f"http://{host}", cloud)


@pytest.mark.parametrize("type_", TYPES)
def test_a_certificate_of_an_unknown_authority(type_: str, cloud: StandIn) -> None:
    with Wire(lambda _: TIMEOUT, tls=True) as wire:
        said = told(type_, wire.url, cloud)
    assert (
        f"127.0.0.1:{wire.port} presented a certificate that is not trusted: the authority that signed it is not known here"
        in said
    )


@pytest.mark.parametrize("type_", TYPES)
def test_a_host_that_speaks_no_tls(type_: str, cloud: StandIn) -> None:
    with Wire(lambda _: TIMEOUT) as wire:
        said = told(type_, f"https://127.0.0.1:{wire.port}", cloud)
    assert f"127.0.0.1:{wire.port} does not speak TLS on this port" in said


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (18, "it is self-signed"),
        (10, "it has expired"),
        (62, "it is for another host name"),
        (99, "no authority that is trusted here has signed it"),
    ],
)
def test_why_a_certificate_is_not_trusted(code: int, why: str) -> None:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    error.verify_code = code
    assert untrusted(error, "store.example") == f"store.example presented a certificate that is not trusted: {why}"


def raised(error: Exception, behind: Exception | None = None) -> Exception:
    """The exception as a caller catches it."""
    try:
        raise error from behind
    except type(error) as caught:
        return caught


def unmade(number: int, said: str) -> Exception:
    """What urllib3 raises where the system makes no connection."""
    return raised(urllib3.exceptions.NewConnectionError(None, "x"), OSError(number, said))


def test_a_connection_that_was_never_made_has_carried_nothing() -> None:
    seen = no_answer(unmade(101, "Network is unreachable"))
    assert seen.message == "no connection to the host could be made from here (Network is unreachable)"
    assert seen.code in NEVER_SENT


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (raised(requests.ConnectionError("x"), socket.gaierror(socket.EAI_NONAME, "not known")), "dns"),
        (raised(requests.exceptions.SSLError("x"), ssl.SSLError("handshake")), "tls"),
        (raised(requests.exceptions.ConnectionError(urllib3.exceptions.MaxRetryError(None, "/", ssl.SSLError("x")))), "tls"),
        (raised(requests.exceptions.ReadTimeout("x")), "timeout"),
        (raised(azure.core.exceptions.ServiceResponseTimeoutError("x")), "timeout"),
        (raised(botocore.exceptions.ConnectTimeoutError(endpoint_url="https://a.example")), "timeout"),
        (raised(requests.exceptions.ProxyError("x"), ConnectionRefusedError(111, "refused")), "proxy"),
        (raised(botocore.exceptions.ProxyConnectionError(proxy_url="p", error=ConnectionRefusedError(111, "r"))), "proxy"),
        (raised(requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support.")), "proxy"),
        (raised(urllib3.exceptions.ProxySchemeUnknown("socks5")), "proxy"),
        (raised(requests.ConnectionError("x"), ConnectionRefusedError(111, "refused")), "refused"),
        (raised(azure.core.exceptions.ServiceRequestError("x")), "reset"),
        (raised(requests.exceptions.ChunkedEncodingError("x")), "reset"),
        (raised(OSError(113, "No route to host")), "reset"),
        (raised(unmade(113, "No route to host")), "unreachable"),
        (raised(unmade(101, "Network is unreachable")), "unreachable"),
        (
            raised(requests.ConnectionError("x"), unmade(1, "Operation not permitted")),
            "unreachable",
        ),  # of a firewall here: no file
        (raised(azure.core.exceptions.ServiceRequestError("x"), unmade(111, "refused")), "refused"),
        (raised(FileNotFoundError(2, "ca.pem")), "tls"),
    ],
)
def test_one_description_serves_every_library(error: Exception, code: str) -> None:
    seen = no_answer(error)
    assert (seen.kind, seen.code) == (Kind.UNREACHABLE, code)


@pytest.mark.parametrize(
    "error",
    [
        requests.exceptions.InvalidJSONError("what was answered is no JSON"),
        requests.exceptions.TooManyRedirects("x"),
        ValueError("x"),
        KeyError("x"),
        OSError("could not read a file"),
    ],
)
def test_what_no_network_says_is_no_fault_of_it(error: Exception) -> None:
    assert no_answer(raised(error)).kind is Kind.OTHER


@pytest.mark.parametrize(("names", "exists"), [(True, "no"), (False, "unknown")])
def test_a_name_is_missing_only_where_others_are_found(names: bool, exists: str) -> None:
    error = raised(requests.ConnectionError("x"), socket.gaierror(socket.EAI_NONAME, "not known"))
    assert no_answer(error, names=names).evidence["name_exists"] == exists
    error = raised(requests.ConnectionError("x"), socket.gaierror(socket.EAI_AGAIN, "try again"))
    assert no_answer(error, names=True).evidence["name_exists"] == "unknown"
