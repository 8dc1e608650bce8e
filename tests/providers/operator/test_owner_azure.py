"""``check --owner`` on Azure: Azurite with its account key, and a stand-in for the ``az`` command's output."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.support.findings import found
from tests.support.whole import whole
from tests.support.wire import Answer, Wire
from validator import check
from validator.checking.assemble import Settings
from validator.core.model import Confidence, DestinationReport, Secret, Verdict
from validator.demo.emulators.azurite import Azurite
from validator.providers.base import LoginFailed
from validator.providers.operator.login import AzureLogin, azure

NUMBERS = count(1)
ACCOUNT = {
    "name": "imageryaccount",
    "publicNetworkAccess": "Enabled",
    "allowSharedKeyAccess": False,
    "networkRuleSet": {"defaultAction": "Deny", "ipRules": [{"action": "Allow", "ipAddressOrRange": "192.0.2.7"}]},
}
"""Out of what ``az storage account show`` prints."""


@pytest.fixture(scope="module")
def azurite() -> Iterator[Azurite]:
    with Azurite() as running:
        yield running


@pytest.fixture
def container(azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(
        "AZURE_STORAGE_CONNECTION_STRING",
        f"DefaultEndpointsProtocol=http;AccountName={azurite.account};AccountKey={azurite.key};BlobEndpoint={azurite.url};",
    )
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return azurite.make(f"owned-{next(NUMBERS)}")


def az(folder: Path, monkeypatch: pytest.MonkeyPatch, **answers: Any) -> Path:
    """An ``az`` that answers by its second and third word, and writes down what it was asked."""
    log = folder / "asked"
    lines = [f"  '{words}') cat <<'EOF'\n{json.dumps(answer)}\nEOF\n  ;;" for words, answer in answers.items()]
    program = folder / "az"
    cases = "\n".join(lines)
    program.write_text(f'#!/bin/sh\necho "$@" >> {log}\ncase "$1-$2" in\n{cases}\n  *) exit 1;;\nesac\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return log


def run(azurite: Azurite, container: str, token: str, **settings: Any) -> DestinationReport:
    told = {"endpoints": {"azure_blob_storage": azurite.url}, "timeout": 60.0, "owner": True, **settings}
    return check(azurite.request("azure", container, token), Settings(**told)).destinations[0]


def test_a_stored_policy_without_delete_is_named(azurite: Azurite, container: str) -> None:
    azurite.policy(container, "planet", "rwl")
    report = run(azurite, container, azurite.sas(container, si="planet"))
    denied = found(report, "delete-denied")
    assert denied.confidence is Confidence.CONFIRMED
    assert denied.evidence["owner_statement"].startswith("planet: rwl, until 20")
    assert report.owner is not None
    assert "the account key of" in report.owner.identity
    assert {f"container {container}: it is there", "immutability: none"} <= set(report.owner.seen)
    assert any("az login with Reader" in each for each in report.owner.unread)
    assert (report.verdict, azurite.keys(container)) == (Verdict.FAIL, [])


def test_what_the_account_says_of_networks_and_keys(
    azurite: Azurite, container: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = az(tmp_path, monkeypatch, **{"storage-account": ACCOUNT})
    report = run(azurite, container, azurite.sas(container, "rwl"))
    assert report.owner is not None
    assert {"network rules: only 192.0.2.7", "access by account keys: off"} <= set(report.owner.seen)
    assert log.read_text().splitlines() == [f"storage account show --name {azurite.account} --output json --only-show-errors"]


def test_a_firewall_is_confirmed_by_the_accounts_own_rules(
    azurite: Azurite, container: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    az(tmp_path, monkeypatch, **{"storage-account": ACCOUNT})
    body = b"<?xml version='1.0' encoding='utf-8'?><Error><Code>AuthorizationFailure</Code><Message>This request is not authorized to perform this operation.</Message></Error>"
    headers = {"x-ms-error-code": "AuthorizationFailure", "x-ms-request-id": "EXAMPLE", "content-type": "application/xml"}
    with Wire(lambda request: Answer(403, headers, body)) as wire:
        endpoints = {"azure_blob_storage": f"{wire.url}/{azurite.account}"}
        closed = run(azurite, container, azurite.sas(container), endpoints=endpoints)
        without = run(azurite, container, azurite.sas(container), endpoints=endpoints, owner=False)
    restricted = found(closed, "network-restricted")
    assert restricted.confidence is Confidence.CONFIRMED
    assert "192.0.2.7" in restricted.detail
    assert found(without, "network-restricted").confidence is not Confidence.CONFIRMED
    assert closed.verdict.weight >= without.verdict.weight


def test_the_key_is_in_no_report(azurite: Azurite, container: str) -> None:
    report = run(azurite, container, azurite.sas(container, "rwl"))
    assert azurite.key not in whole(report)
    assert report.owner is not None
    assert report.owner.identity


def test_an_owners_key_that_is_wrong_is_lines(azurite: Azurite, container: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "AZURE_STORAGE_CONNECTION_STRING", f"AccountName={azurite.account};AccountKey=RVhBTVBMRQ==;BlobEndpoint={azurite.url}"
    )
    report = run(azurite, container, azurite.sas(container, "rwl"))
    assert report.owner is not None
    assert "could not read the container's settings: the account's key, or Storage Blob Data Reader" in report.owner.unread
    without = run(azurite, container, azurite.sas(container, "rwl"), owner=False)
    assert (report.verdict, [each.name for each in report.findings]) == (
        without.verdict,
        [each.name for each in without.findings],
    )


def test_no_login_is_a_line(azurite: Azurite, container: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_CONNECTION_STRING")
    report = run(azurite, container, azurite.sas(container, "rwl"))
    assert report.owner is not None
    assert (report.owner.identity, "run az login" in report.owner.unread[0]) == ("", True)


TOKEN = "EXAMPLE-token-of-the-az-command-0123456789"


def login(url: str) -> tuple[AzureLogin, list[str]]:
    kept: list[str] = []

    def remember(secret: str | Secret) -> None:
        kept.append(secret if isinstance(secret, str) else secret.reveal())

    return azure("imageryaccount", url, remember, 20.0), kept


def test_a_token_of_az_is_sent_to_azures_own_hosts_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    log = az(
        tmp_path,
        monkeypatch,
        **{"account-get-access-token": {"accessToken": TOKEN}, "account-show": {"name": "owner@example.org"}},
    )
    made, kept = login("https://imageryaccount.blob.core.windows.net")
    assert (made.identity, kept) == ("owner@example.org", [TOKEN])
    token = made.credential.get_token("https://storage.azure.com/.default")
    assert (token.token, token.expires_on > time.time()) == (TOKEN, True)
    log.unlink()
    for elsewhere in (
        "https://imageryaccount.blob.evil.example",
        "http://imageryaccount.blob.core.windows.net",
        "https://imageryaccount.blob.core.windows.net.evil.example",
        "https://other.blob.core.windows.net",
        "https://imageryaccount.blob.core.windows.net@evil.example",
    ):
        with pytest.raises(LoginFailed):
            login(elsewhere)
    assert not log.exists()
    assert TOKEN not in repr(replace(made))


def test_a_key_of_another_account_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "another")
    monkeypatch.setenv("AZURE_STORAGE_KEY", "RVhBTVBMRQ==")
    with pytest.raises(LoginFailed):
        login("https://imageryaccount.blob.core.windows.net")
