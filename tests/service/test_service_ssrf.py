"""A real ``planet-validator serve`` without --allow-private-endpoints: whatever is submitted, it connects to nothing of its own network."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cases import in_parts
from tests.support.google_key import key_file
from tests.support.service_runner import Served
from tests.support.wire import Answer, Request, Wire
from validator.providers import BUILT_IN

pytestmark = pytest.mark.no_cover  # long, and through the same lines as shorter tests

NAMES = Path(__file__).parents[1] / "support" / "serve_with_names.py"
REBOUND = ("127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:169.254.169.254", "fd00:ec2::254")


@pytest.fixture(scope="module")
def trap() -> Iterator[Wire]:
    """What must never be asked anything: a service of the machine itself."""
    with Wire(lambda _: Answer(200, {}, b"internal")) as wire:
        yield wire
        assert wire.requests == []


@pytest.fixture(scope="module")
def service() -> Iterator[Served]:
    with Served(("--timeout", "12")) as running:
        yield running


def credentials(**changes: Any) -> str:
    return base64.b64encode(key_file(**changes).encode()).decode()


SAS = "sv=2023-11-03&sr=c&sp=rwdl&se=2099-01-31T00%3A00%3A00Z&spr=https&sig=" + "RVhBTVBMRUVYQU1QTEVFWEFNUExFRVhBTVBMRUVYQU0%3D"
SECRET = "wJalrXUtnFEMIxK7MDENGbPxRfiCYzEXAMPLESEC"

USUAL: dict[str, dict[str, Any]] = {
    "amazon_s3": {
        "bucket": "imagery-in", "aws_region": "eu-central-1", "aws_access_key_id": "AKIAQWERTYUIOPASDFGH", "aws_secret_access_key": SECRET,
    },
    "s3_compatible": {
        "bucket": "imagery-in", "endpoint": "https://s3.example.net", "region": "eu-central-1", "access_key_id": "AKIAQWERTYUIOPASDFGH",
        "secret_access_key": SECRET,
    },
    "oracle_cloud_storage": {
        "bucket": "imagery-in", "namespace": "axexamplexa1", "region": "eu-frankfurt-1", "customer_access_key_id": "0123456789abcdef0123456789abcdef01234567",
        "customer_secret_key": "RVhBTVBMRUVYQU1QTEVFWEFNUExFRVhBTVBMRUVYQU0=",
    },
    "google_cloud_storage": {"bucket": "imagery-in", "credentials": credentials()},
    "azure_blob_storage": {"account": "imageryaccount", "container": "imagery-in", "sas_token": SAS},
}  # fmt: skip


def source(type_: str, **changes: Any) -> dict[str, Any]:
    return {"name": "somewhere else", "type": type_, "parameters": {**USUAL[type_], **changes}}


def names_of(report: Any) -> set[str]:
    return {each["name"] for each in report["destinations"][0]["findings"]}


HOSTS = [
    "127.0.0.1", "127.0.0.2", "localhost", "LOCALHOST.", "0.0.0.0",  # noqa: S104 - what is refused
    "0", "2130706433", "0x7f000001", "0x7f.0x0.0x0.0x1", "017700000001", "0177.0.0.01", "127.1",
    "127.0.1", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[::127.0.0.1]", "[2002:7f00:1::]", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "2852039166", "0xa9fea9fe", "[fe80::1]",
    "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "user@127.0.0.1", "127.0.0.1#@example.org", "example.org@127.0.0.1", "①②⑦.⓪.⓪.①", "127。0。0。1",
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["http", "https"])
@in_parts("host", HOSTS)
def test_an_endpoint_of_ones_own_network_is_refused(service: Served, trap: Wire, scheme: str, host: str) -> None:
    report = service.client.check(source("s3_compatible", endpoint=f"{scheme}://{host}:{trap.port}", use_path_style=True))
    # A host that no request may name is not sent to at all.
    assert report["verdict"] == "fail" or names_of(report) & {"endpoint-forbidden", "host-not-found", "unrecognised-answer"}, (
        report
    )
    assert report["verdict"] not in ("pass", "warn")
    assert trap.requests == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0177.0.0.1", "169.254.169.254", "10.0.0.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_the_report_says_so(service: Served, host: str) -> None:
    report = service.client.check(source("s3_compatible", endpoint=f"https://{host}", use_path_style=True))
    found = names_of(report)
    assert "endpoint-forbidden" in found or found & {"endpoint-invalid", "endpoint-insecure"}, found


@in_parts(
    ("type_", "changes"),
    [
        *(("azure_blob_storage", {"storage_endpoint_suffix": each}) for each in ("127.0.0.1", "localhost", "127.0.0.1:{port}", "127.0.0.1:{port}/", "x@127.0.0.1:{port}", "core.windows.net@127.0.0.1:{port}", "core.windows.net/../..", "169.254.169.254", "nip.example.org")),
        *(("azure_blob_storage", {"account": each}) for each in ("127.0.0.1:{port}/", "localhost:{port}#", "x@127.0.0.1:{port}/x", "127.0.0.1:{port}?")),
        *(("google_cloud_storage", {"credentials": {"token_uri": each}}) for each in ("http://127.0.0.1:{port}/token", "https://127.0.0.1:{port}/token", "http://169.254.169.254/computeMetadata/v1/", "http://oauth2.googleapis.com@127.0.0.1:{port}/", "file:///etc/passwd", "https://localhost/token")),
        ("google_cloud_storage", {"credentials": {"universe_domain": "127.0.0.1:{port}"}}),
        ("google_cloud_storage", {"credentials": {"universe_domain": "localhost:{port}/", "token_uri": "http://localhost:{port}/token"}}),
        *(("google_cloud_storage", {"credentials": {"type": each, "token_url": "http://127.0.0.1:{port}/", "credential_source": {"url": "http://127.0.0.1:{port}/"}, "service_account_impersonation_url": "http://127.0.0.1:{port}/"}}) for each in ("external_account", "authorized_user", "impersonated_service_account", "gdch_service_account")),
        *(("amazon_s3", {"aws_region": each}) for each in ("x@127.0.0.1:{port}/", "127.0.0.1:{port}/", "x.localhost#", "localhost", "eu-west-1.example.org#")),
        *(("amazon_s3", {"bucket": each}) for each in ("127.0.0.1:{port}/", "x@127.0.0.1:{port}/", "127.0.0.1:{port}#", "../127.0.0.1")),
        *(("oracle_cloud_storage", {"region": each}) for each in ("x@127.0.0.1:{port}/", "127.0.0.1:{port}/", "localhost#")),
        *(("oracle_cloud_storage", {"namespace": each}) for each in ("127.0.0.1:{port}/", "x@127.0.0.1:{port}/", "localhost:{port}#")),
        *(("s3_compatible", {"region": each}) for each in ("127.0.0.1:{port}/", "x@127.0.0.1:{port}/")),
        *(("s3_compatible", {"bucket": each}) for each in ("127.0.0.1:{port}/", "x@127.0.0.1:{port}/", "127.0.0.1:{port}#")),
    ],
)  # fmt: skip
def test_no_other_parameter_leads_there(service: Served, trap: Wire, type_: str, changes: dict[str, Any]) -> None:
    def filled(value: Any) -> Any:
        return json.loads(json.dumps(value).replace("{port}", str(trap.port)))

    changes = filled(changes)
    if "credentials" in changes:
        changes["credentials"] = credentials(**changes["credentials"])
    report = service.client.check(source(type_, **changes))
    # What looks sound goes to the real cloud's name, which this machine does not know.
    assert report["verdict"] in ("fail", "inconclusive")
    assert not [each for each in report["destinations"][0]["steps"] if each["outcome"] == "granted"]
    assert trap.requests == []


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a test writes what the services below take names for."""
    return tmp_path_factory.mktemp("names") / "names.json"


@pytest.fixture(scope="module")
def named(names: Path) -> Iterator[Served]:
    with Served(("--timeout", "60"), {"NAMES": str(names)}, NAMES) as running:
        yield running


@pytest.mark.parametrize("address", REBOUND)
def test_a_name_that_resolves_there_is_refused_for_every_type(named: Served, names: Path, address: str) -> None:
    names.write_text(json.dumps({"*": address}))
    for type_ in BUILT_IN:
        report = named.client.check(source(type_))
        assert names_of(report) == {"endpoint-forbidden"}, (type_, report)
        assert report["verdict"] in ("fail", "inconclusive")


@pytest.fixture(scope="module")
def public() -> Iterator[Wire]:
    """What the service below takes for a server of the internet."""
    with Wire(lambda _: Answer(500), host="127.0.0.2") as wire:
        yield wire


@pytest.fixture(scope="module")
def outgoing(names: Path, public: Wire) -> Iterator[Served]:
    outside = f"http://elsewhere.example.org:{public.port}"
    endpoints = (
        "--endpoint",
        f"google_cloud_storage={outside}",
        "--endpoint",
        f"azure_blob_storage={outside}/imageryaccount",
    )
    more = {"NAMES": str(names), "PUBLIC": "127.0.0.2"}
    with Served(("--timeout", "60", *endpoints), more, NAMES) as running:
        yield running


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_there_is_not_followed(outgoing: Served, names: Path, public: Wire, trap: Wire, status: int) -> None:
    def redirect(request: Request) -> Answer:
        return Answer(status, {"location": f"{trap.url}{request.path}", "x-amz-bucket-region": f"127.0.0.1:{trap.port}/"})

    names.write_text(json.dumps({"elsewhere.example.org": "127.0.0.2", "*": "127.0.0.1"}))
    public.handle = redirect
    outside = f"http://elsewhere.example.org:{public.port}"
    for each in (
        source("s3_compatible", endpoint=outside, use_path_style=True),
        source("google_cloud_storage", credentials=credentials(token_uri=f"{outside}/token")),
        source("azure_blob_storage"),
    ):
        before = len(public.requests)
        report = outgoing.client.check(each)
        assert len(public.requests) > before, "the first address must have been asked, or nothing is shown"
        assert report["verdict"] in ("fail", "inconclusive")
    assert trap.requests == []


def test_with_the_option_they_are_allowed(trap: Wire) -> None:
    with Wire(lambda _: Answer(403)) as private, Served(("--allow-private-endpoints", "--timeout", "60")) as service:
        service.client.check(source("s3_compatible", endpoint=private.url, use_path_style=True))
        assert private.requests
        assert any("allowed (--allow-private-endpoints)" in line for line in service.said)
