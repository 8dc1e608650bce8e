"""The container's client: what goes over the wire, what stays out of it, and what an answer is made of."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.support.conformance.azure_blob_storage import AzureStore, case, error, settings, source, step
from tests.support.conformance.case import DELETE, REHEARSE_DELETE, WRITE
from tests.support.findings import names
from tests.support.whole import whole
from tests.support.wire import RESET, Answer, Request, Wire, refused_port
from validator.checking.assemble import Settings, check
from validator.core.model import DestinationReport, Kind, Operation, Secret
from validator.providers.azure.client import API_VERSION
from validator.providers.azure.errors import classify
from validator.providers.azure.parameters import AzureParameters
from validator.providers.azure.provider import provider
from validator.providers.azure.rehearsal import NO_ETAG
from validator.providers.base import Options

pytestmark = pytest.mark.usefixtures("documented")
"""What is played here is the vendor's own address."""

TOKEN = source(None)["parameters"]["sas_token"]  # type: ignore[arg-type]  # the source looks at no wire
PARAMETERS = AzureParameters("imageryaccount", "imagery", Secret(TOKEN))


def played(handle: Callable[[Request], Answer], **changes: Any) -> tuple[DestinationReport, list[Request]]:
    with Wire(handle) as wire:
        report = check(source(wire, **changes), replace(settings(wire), timeout=60))
        return report.destinations[0], list(wire.requests)


def scripted(answers: dict[str, list[Answer]], store: AzureStore) -> Callable[[Request], Answer]:
    """The store, but for each step its own answers first; with ``carried_out`` the store acts all the same."""

    def handle(request: Request) -> Answer:
        waiting = answers.get(step(request))
        if not waiting:
            return store.handle(request)
        answer = waiting.pop(0)
        if answer.carried_out:
            store.handle(request)
        return answer

    return handle


def test_what_is_sent() -> None:
    store = AzureStore()
    report, requests = played(store.handle)
    assert report.verdict == "pass"
    assert [step(each) for each in requests] == [REHEARSE_DELETE, WRITE, "read", "list", DELETE]
    for each in requests:
        assert each.path.startswith("/imagery")
        assert each.headers["x-ms-version"] == API_VERSION
        # Version 1, the SDK's own, holds the address of the machine's network card.
        assert UUID(each.headers["x-ms-client-request-id"]).version == 4
        assert "authorization" not in each.headers
        assert TOKEN in each.path, "the token goes out as it is, byte for byte"
    rehearsal, write, *_, delete = requests
    assert rehearsal.headers["if-match"] == NO_ETAG
    assert write.headers["if-none-match"] == "*"
    assert delete.headers["if-match"] == store.etag("planetverify.txt")


def test_nothing_ambient_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login EXAMPLE password EXAMPLE\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", "AccountName=EXAMPLE;AccountKey=EXAMPLE")
    monkeypatch.setenv("AZURE_STORAGE_KEY", "EXAMPLE")
    monkeypatch.setenv("AZURE_HTTP_USER_AGENT", "EXAMPLE-agent")
    report, requests = played(AzureStore().handle)
    assert report.verdict == "pass"
    for each in requests:
        assert "authorization" not in each.headers
        assert "EXAMPLE" not in each.headers["user-agent"]


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Wire(lambda request: error(403, "AuthorizationFailure")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        report = check(source(proxy), Settings(endpoints={"azure_blob_storage": "http://azure.example"}, timeout=60))
        assert names(report.destinations[0]) == ["network-restricted"]
        assert proxy.requests[0].path.startswith("http://azure.example/imagery/")


def test_no_log_holds_the_signature(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    played(AzureStore().handle)
    assert "connectionpool" in caplog.text, "the log that prints whole URLs was not written: nothing was tested"
    for secret in case.secrets:
        assert secret not in caplog.text


def test_our_own_write_after_a_lost_answer_is_no_conflict() -> None:
    """The first try arrived and the store was too busy to say so; the second meets our own file."""
    store = AzureStore()
    report, requests = played(scripted({WRITE: [replace(error(503, "ServerBusy"), carried_out=True)]}, store))
    assert report.verdict == "pass", names(report)
    assert [step(each) for each in requests].count(WRITE) == 2
    assert store.objects == {}


def test_the_same_without_read_is_known_by_the_list() -> None:
    store = AzureStore()
    denied = [error(403, "AuthorizationPermissionMismatch")] * 9
    report, _ = played(
        scripted({WRITE: [replace(error(503, "ServerBusy"), carried_out=True)], "stat": denied, "read": list(denied)}, store)
    )
    assert report.verdict == "warn"
    assert names(report) == ["read-denied"]
    assert store.objects == {}


def test_a_lost_write_is_taken_back_by_the_list_where_reading_is_refused() -> None:
    store = AzureStore()
    denied = [error(403, "AuthorizationPermissionMismatch")] * 9
    report, _ = played(scripted({WRITE: [replace(RESET, carried_out=True)], "stat": denied}, store))
    assert report.verdict == "inconclusive"
    assert store.objects == {}
    assert "residue-left" not in names(report)


def test_another_file_is_not_taken_for_ours() -> None:
    store = AzureStore()

    def handle(request: Request) -> Answer:
        if step(request) == WRITE:
            store.objects["planetverify.txt"] = b"somebody was faster"
            return RESET
        return store.handle(request)

    report, _ = played(handle)
    assert store.objects == {"planetverify.txt": b"somebody was faster"}
    assert report.verdict in ("inconclusive", "fail")


def test_a_name_that_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(host: str, *rest: Any, **more: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    report = check(source(None), Settings(timeout=60)).destinations[0]  # type: ignore[arg-type]  # no wire is looked at
    assert (report.verdict, names(report)) == ("inconclusive", ["host-not-found"])
    assert report.findings[0].evidence["name_exists"] == "unknown"


def test_a_name_that_does_not_exist_while_others_do(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def some(host: str, *rest: Any, **more: Any) -> Any:
        if host.startswith("imageryaccount."):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", some)
    report = check(source(None), Settings(timeout=60)).destinations[0]  # type: ignore[arg-type]  # no wire is looked at
    assert (report.verdict, names(report)) == ("fail", ["host-not-found"])
    assert "account show --name imageryaccount" in report.findings[0].fix.commands[0]  # type: ignore[union-attr]  # it has one


def test_a_closed_port() -> None:
    told = Settings(endpoints={"azure_blob_storage": f"http://127.0.0.1:{refused_port()}"}, timeout=60)
    report = check(source(None), told).destinations[0]  # type: ignore[arg-type]  # no wire is looked at
    assert (report.verdict, names(report)) == ("inconclusive", ["connection-refused"])


def test_a_certificate_that_nobody_vouches_for() -> None:
    with Wire(AzureStore().handle, tls=True) as wire:
        report = check(source(wire), replace(settings(wire), timeout=60)).destinations[0]
        assert (report.verdict, names(report)) == ("inconclusive", ["tls-failed"])
        trusting = replace(settings(wire), timeout=60, ca_bundle=wire.ca)
        assert check(source(wire), trusting).verdict == "pass"


def test_an_answer_that_is_not_azures_proves_nothing() -> None:
    """A proxy's 404, 412 or 403 grants and refuses nothing."""
    for status in (403, 404, 409, 412):
        html = Answer(status, {"content-type": "text/html"}, b"<html>EXAMPLE gateway</html>")
        report, requests = played(lambda request, html=html: html)  # type: ignore[misc]  # bound on purpose
        assert report.verdict == "inconclusive", status
        assert names(report) == ["not-object-storage"]
        assert report.findings[0].severity == "unknown", "a proxy on our way says nothing of Planet's"
        assert [step(each) for each in requests] == [REHEARSE_DELETE] * 2, "asked once more: it may have stood there by chance"


def test_azures_words_without_azures_request_id_prove_nothing() -> None:
    told = error(404, "BlobNotFound")
    told = replace(told, headers={name: value for name, value in told.headers.items() if name != "x-ms-request-id"})
    report, requests = played(lambda request: told)
    assert (report.verdict, names(report)) == ("inconclusive", ["not-object-storage"])
    assert "without Azure's x-ms-request-id" in report.findings[0].evidence["answered_by"]
    assert len(requests) == 2


def test_the_server_time_is_evidence_and_no_excuse() -> None:
    """Our clock goes into no SAS: a wrong one must not turn a refusal into a doubt."""
    detail = "Signature did not match. String to sign used was rwdl"
    report, _ = played(lambda request: error(403, "AuthenticationFailed", detail, date="Sun, 22 Nov 2020 22:38:00 GMT"))
    assert (report.verdict, names(report)) == ("fail", ["wrong-secret"])
    assert "server_time" in report.findings[0].evidence


def test_the_string_to_sign_tells_what_was_addressed_and_no_more() -> None:
    detail = "Signature did not match. String to sign used was rwdl\n\n2126-01-31\n/blob/imageryaccount/imagery\n\n"
    report, _ = played(lambda request: error(403, "AuthenticationFailed", detail))
    assert report.findings[0].evidence["signed_for"] == "/blob/imageryaccount/imagery"
    assert "String to sign" not in whole(report)


@pytest.mark.parametrize(
    "wrong", [ValueError("EXAMPLE"), RuntimeError(), KeyError("x"), OSError(5, "EXAMPLE"), Exception(object())]
)
def test_observe_takes_anything(wrong: Exception) -> None:
    assert classify(wrong).kind in (Kind.OTHER, Kind.UNREACHABLE)


def test_commands_can_be_pasted() -> None:
    command = provider.removal(AzureParameters("a b", "c;d", Secret("x")), "e'f.txt", "2026")
    assert (
        command == "az storage blob delete --account-name 'a b' --container-name 'c;d' --name 'e'\"'\"'f.txt' --version-id 2026"
    )


def test_the_target_is_a_url_without_the_token() -> None:
    assert provider.object_uri(PARAMETERS, "planetverify.txt", Options()) == (
        "https://imageryaccount.blob.core.windows.net/imagery/planetverify.txt"
    )
    assert (
        provider.object_uri(PARAMETERS, "k", Options(endpoint="http://127.0.0.1:1/acc/")) == "http://127.0.0.1:1/acc/imagery/k"
    )


def test_read_and_list_cannot_be_rehearsed() -> None:
    with provider.connect(PARAMETERS, Options()) as bucket:
        for operation in (Operation.READ, Operation.LIST):
            with pytest.raises(NotImplementedError):
                bucket.rehearse(operation, "planetverify.txt")


def test_a_list_that_cannot_be_read_is_no_request_that_could_not_be_sent() -> None:
    from azure.core.exceptions import DeserializationError

    seen = classify(DeserializationError("XML is invalid"))
    assert "cannot be read" in seen.message
    assert seen.kind is Kind.OTHER
