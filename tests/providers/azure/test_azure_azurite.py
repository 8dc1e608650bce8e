"""Whole checks against a running Azurite: real tokens, real permissions. Without node these tests fail, they do not skip."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import count

import pytest

from tests.support.emulated import account_sas
from tests.support.findings import names
from validator.checking.assemble import Settings, check
from validator.core.model import VERIFICATION_FILE, DestinationReport, Operation, Outcome, Secret
from validator.demo.emulators import azurite as module
from validator.demo.emulators.azurite import Azurite, AzuriteMissing, demo_scenarios
from validator.providers.azure.parameters import AzureParameters
from validator.providers.azure.provider import provider
from validator.providers.base import Options

pytestmark = pytest.mark.usefixtures("documented")
"""What is played here is the vendor's own address."""

NUMBERS = count(1)


@pytest.fixture(scope="module")
def azurite() -> Iterator[Azurite]:
    with Azurite() as running:
        yield running


@pytest.fixture
def container(azurite: Azurite) -> str:
    return azurite.make(f"imagery-{next(NUMBERS)}")


def run(azurite: Azurite, container: str, token: str, **settings: object) -> DestinationReport:
    told = Settings(endpoints={"azure_blob_storage": azurite.url}, timeout=60, **settings)  # type: ignore[arg-type]  # fields of Settings
    report = check(azurite.request("azure", container, token), told)
    return report.destinations[0]


def test_rwdl_passes_with_six_requests(azurite: Azurite, container: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="urllib3.connectionpool")
    report = run(azurite, container, azurite.sas(container))
    requests = [each.getMessage() for each in caplog.records if "HTTP/1.1" in each.getMessage()]
    assert 5 <= len(requests) <= 6, requests
    assert (report.verdict, names(report)) == ("pass", [])
    assert [(each.operation, each.outcome) for each in report.steps if each.mode == "performed"] == [
        (operation, Outcome.GRANTED) for operation in (Operation.WRITE, Operation.READ, Operation.LIST, Operation.DELETE)
    ]
    assert azurite.keys(container) == []


def test_rwl_is_found_out_before_anything_is_written(azurite: Azurite, container: str) -> None:
    report = run(azurite, container, azurite.sas(container, "rwl"))
    assert report.verdict == "fail"
    assert set(names(report)) == {"delete-denied", "sas-permission-missing"}
    assert not report.wrote
    assert not [each for each in report.steps if each.mode == "performed" and each.outcome != "skipped"]
    assert azurite.keys(container) == []


def test_rcl_fails_for_delete_and_is_told_of_c_without_w(azurite: Azurite, container: str) -> None:
    report = run(azurite, container, azurite.sas(container, "rcl"))
    assert report.verdict == "fail"
    assert "delete-denied" in names(report)
    assert any("never overwritten nor uploaded in blocks" in each.detail for each in report.findings)
    assert azurite.keys(container) == []


def test_rwd_passes_with_the_list_warning(azurite: Azurite, container: str) -> None:
    report = run(azurite, container, azurite.sas(container, "rwd"))
    assert report.verdict == "warn"
    assert set(names(report)) == {"list-denied", "sas-permission-missing"}
    assert {str(each.severity) for each in report.findings} == {"warning"}
    assert azurite.keys(container) == []


def test_wdl_without_read_passes_with_the_read_warning(azurite: Azurite, container: str) -> None:
    """Nothing can be read back, and the list finds out whether a file is there."""
    report = run(azurite, container, azurite.sas(container, "wdl"))
    assert report.verdict == "warn"
    assert set(names(report)) == {"read-denied", "sas-permission-missing"}


def test_wd_alone_passes_with_both_warnings(azurite: Azurite, container: str) -> None:
    report = run(azurite, container, azurite.sas(container, "wd"))
    assert report.verdict == "warn"
    assert {"read-denied", "list-denied"} <= set(names(report))
    assert azurite.keys(container) == []


def test_rdl_cannot_write(azurite: Azurite, container: str) -> None:
    report = run(azurite, container, azurite.sas(container, "rdl"))
    assert report.verdict == "fail"
    assert {"write-denied", "sas-permission-missing"} <= set(names(report))


def test_an_account_sas_passes_with_a_warning(azurite: Azurite, container: str) -> None:
    report = run(azurite, container, account_sas(azurite))
    assert (report.verdict, names(report)) == ("warn", ["sas-broader-than-needed"])


@pytest.mark.parametrize(("given", "name"), [({"days": -1}, "sas-expired"), ({"starts": 1}, "sas-not-yet-valid")])
def test_times(azurite: Azurite, container: str, given: dict[str, float], name: str) -> None:
    report = run(azurite, container, azurite.sas(container, **given))  # type: ignore[arg-type]  # numbers of days
    assert (report.verdict, names(report)) == ("fail", [name])


def test_a_wrong_signature(azurite: Azurite, container: str) -> None:
    """Azurite's word for it is the firewall's; what it says beside it gives it away."""
    report = run(azurite, container, azurite.sas("another-container"))
    assert (report.verdict, names(report)) == ("fail", ["wrong-secret"])


def test_https_only_over_http_says_nothing_about_the_destination(azurite: Azurite, container: str) -> None:
    report = run(azurite, container, azurite.sas(container, spr="https"))
    assert (report.verdict, names(report)) == ("inconclusive", ["https-required"])


def test_a_stored_policy(azurite: Azurite, container: str) -> None:
    azurite.policy(container, "planet", "rwdl")
    token = azurite.sas(container, si="planet")
    assert run(azurite, container, token).verdict == "pass"
    azurite.policy(container, "planet", "rwl")
    refused = run(azurite, container, token)
    assert (refused.verdict, names(refused)) == ("fail", ["delete-denied"])
    assert "policy update" in refused.findings[0].fix.commands[0]  # type: ignore[union-attr]  # every finding has a fix
    azurite.policy(container, "planet", None)
    revoked = run(azurite, container, token)
    assert (revoked.verdict, names(revoked)) == ("fail", ["sas-policy-missing"])


def test_a_leased_file_is_left_alone(azurite: Azurite, container: str) -> None:
    azurite.put(container, VERIFICATION_FILE, b"an older one")
    azurite.lease(container, VERIFICATION_FILE)
    report = run(azurite, container, azurite.sas(container))
    assert report.verdict == "fail"
    assert set(names(report)) == {"object-held", "lingering-file"}
    assert azurite.keys(container) == [VERIFICATION_FILE]


def test_a_lingering_file_is_left_alone_and_the_check_made_beside_it(azurite: Azurite, container: str) -> None:
    azurite.put(container, VERIFICATION_FILE, b"an older one")
    report = run(azurite, container, azurite.sas(container))
    assert (report.verdict, names(report)) == ("warn", ["lingering-file"])
    assert azurite.keys(container) == [VERIFICATION_FILE]


def test_c_without_w_cannot_overwrite_a_lingering_file(azurite: Azurite, container: str) -> None:
    azurite.put(container, VERIFICATION_FILE, b"an older one")
    report = run(azurite, container, azurite.sas(container, "rcdl"))
    assert report.verdict == "fail"
    assert {"overwrite-denied", "lingering-file"} <= set(names(report))
    assert azurite.keys(container) == [VERIFICATION_FILE]


def test_blocks(azurite: Azurite, container: str) -> None:
    report = run(azurite, container, azurite.sas(container), multipart=True)
    assert (report.verdict, names(report)) == ("pass", [])
    assert [each.outcome for each in report.steps if each.form == "multipart"] == [Outcome.GRANTED, Outcome.GRANTED]
    without = run(azurite, container, azurite.sas(container, "rcdl"), multipart=True)
    assert without.verdict == "warn"
    assert set(names(without)) == {"multipart-denied", "sas-permission-missing"}
    with azurite.client(container) as client:
        assert [each.name for each in client.list_blobs(include=["uncommittedblobs"])] == []


def test_a_container_that_is_not_there(azurite: Azurite) -> None:
    report = run(azurite, "not-there", azurite.sas("not-there"))
    assert (report.verdict, names(report)) == ("fail", ["bucket-not-found"])


def test_a_repaired_token_works(azurite: Azurite, container: str) -> None:
    damaged = azurite.sas(container).replace("&", "u0026")
    report = run(azurite, container, damaged)
    assert (report.verdict, names(report)) == ("fail", ["sas-escaped"])
    parameters = AzureParameters(azurite.account, container, Secret(damaged))
    (found,) = provider.lint(parameters, Options())
    assert found.fix is not None
    assert run(azurite, container, found.fix.patch[0].value).verdict == "pass"
    assert run(azurite, container, "?" + azurite.sas(container)).verdict == "warn"


def test_a_prefix(azurite: Azurite, container: str) -> None:
    report = run(azurite, container, azurite.sas(container), prefixes=("orders/2026",))
    assert report.verdict == "pass"
    assert {each.key for each in report.steps} == {VERIFICATION_FILE, f"orders/2026/{VERIFICATION_FILE}"}
    assert azurite.keys(container) == []


def test_the_demo_shows_what_it_says() -> None:
    with demo_scenarios() as scenarios:
        for each in scenarios:
            report = check(dict(each.request), Settings(endpoints=each.endpoints))
            assert report.verdict == each.verdict, each.title
            found = names(report.destinations[0])
            assert each.finding in found if each.finding else not found, each.title


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(module, "MAIN", module.HOME / "not-installed.js")
    with pytest.raises(AzuriteMissing, match="npm ci"), Azurite():
        raise AssertionError("it must not start")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(AzuriteMissing, match="node"), Azurite():
        raise AssertionError("it must not start")


def test_it_stops_and_leaves_no_process() -> None:
    with Azurite() as running:
        process = running._process
        assert process is not None
        assert process.poll() is None
    assert process.poll() is not None


def test_the_lock_holds_no_download_address() -> None:
    text = (module.HOME / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert '"version": "3.35.0"' in text
