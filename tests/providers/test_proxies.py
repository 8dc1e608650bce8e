"""Which proxy the environment names for an address, and what is said of one that is not spoken to."""

from __future__ import annotations

import pytest

from tests.support.wire import refused_port
from validator import Settings, check
from validator.providers.common.proxies import proxies_for


@pytest.fixture(autouse=True)
def none_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("address", "left_out"),
    [
        ("https://store.example", False),
        ("https://store.internal", True),
        ("https://a.store.internal/b", True),
        ("https://10.1.2.3/", True),
        ("http://10.1.2.3:9000/", True),
        ("https://11.1.2.3/", False),
        ("https://store.test:4443/", True),
        ("https://store.test/", False),
        ("https://secure.test/", True),
        ("https://[2001:db8::7]/", True),
        ("https://store.test:a/", False),
    ],
)
def test_no_proxy_names_hosts_ports_and_networks(address: str, left_out: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "store.internal, 10.0.0.0/8,store.test:4443,secure.test:443,2001:db8::/32,not/a/network")
    assert (proxies_for(address) == {}) is left_out


@pytest.mark.parametrize(
    ("named", "heeded"),
    [("http://proxy.example:3128", True), ("socks5://proxy.example:1080", False), ("SOCKS5h://proxy.example", False)],
)
def test_all_proxy_is_heeded_where_it_is_one_for_http(named: str, heeded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", named)
    assert proxies_for("https://store.example") == ({"all": named} if heeded else {})


AZURE = {
    "account": "acct1",
    "container": "imagery-in",
    "sas_token": f"sv=2023-11-03&sr=c&sp=rwdl&se=2099-01-01T00:00:00Z&sig={'EXAMPLEx' * 5}AAA%3D",
}
S3 = {"bucket": "imagery-in", "aws_region": "eu-central-1", "aws_access_key_id": "AKIAQEXAMPLE2EXAMPLE", "aws_secret_access_key": "EXAMPLE/" * 5}  # fmt: skip


@pytest.mark.parametrize(("type_", "parameters"), [("azure_blob_storage", AZURE), ("amazon_s3", S3)])
def test_a_socks_proxy_is_named_as_what_is_not_spoken_to(
    type_: str, parameters: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = f"socks5://127.0.0.1:{refused_port()}"
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("HTTP_PROXY", proxy)
    report = check(
        {"name": "mine", "type": type_, "parameters": parameters},
        Settings(endpoints={type_: "http://store.example"}, timeout=60),
    )
    (destination,) = report.destinations
    assert any("SOCKS is not supported" in each.detail for each in destination.findings), destination.findings
