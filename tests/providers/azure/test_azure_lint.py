"""Every rule about a SAS token and its names, seen without a network."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.cases import in_parts
from tests.support.conformance.azure_blob_storage import QUOTED, SIGNATURE
from tests.support.whole import whole
from validator.checking.assemble import Settings, check
from validator.checking.lint import examine
from validator.core.model import Destination, Finding, Secret
from validator.formats import FORMATS, render
from validator.providers.base import Options

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SAS = {"sv": "2023-11-03", "sr": "c", "sp": "rwdl", "spr": "https", "se": "2027-11-30T00%3A00%3A00Z", "sig": QUOTED}
POLICY = {"sv": "2023-11-03", "sr": "c", "si": "planet", "sig": QUOTED}
ACCOUNT = {"sv": "2023-11-03", "ss": "b", "srt": "co", "sp": "rwdlc", "se": "2027-11-30", "sig": QUOTED}
GUID = "00000000-0000-0000-0000-000000000000"
DELEGATION = {
    **SAS, "skoid": GUID, "sktid": GUID, "skt": "2026-11-21T00:00:00Z", "ske": "2027-12-01T00:00:00Z", "sks": "b", "skv": "2023-11-03",
}  # fmt: skip
PLANETS_SAMPLE = "sv=2017-04-17u0026si=writersr=cu0026sig=LGqc"
ACCOUNT_KEY = base64.b64encode(hashlib.sha512(b"EXAMPLE, made up").digest()).decode()


def token(fields: dict[str, str], **changes: str | None) -> str:
    return "&".join(f"{name}={value}" for name, value in {**fields, **changes}.items() if value is not None)


def findings(sas: str, *, expires_within: int = 14, **changes: Any) -> list[Finding]:
    parameters = {"account": "imageryaccount", "container": "imagery", "sas_token": Secret(sas), **changes}
    destination = Destination("azure", "azure_blob_storage", parameters)
    return list(examine(destination, Options(now=NOW, expires_within=expires_within)).findings)


def told(found: list[Finding]) -> list[tuple[str, str]]:
    return [(each.name, str(each.severity)) for each in found]


@pytest.mark.parametrize(
    "good",
    [
        token(SAS),
        token(SAS, st="2026-11-22T11:00:00Z"),
        token(SAS, spr="https,http"),
        token(SAS, sp="rcwdl"),
        token(SAS, sr="d", sdd="0"),
        token(SAS, scid=GUID, rscc="no-cache"),
        token(POLICY),
    ],
)
def test_nothing_to_say(good: str) -> None:
    assert told(findings(good)) == []


@in_parts(
    ("rule", "sas", "expected"),
    [
        ("O1", "?" + token(SAS), [("sas-leading-question-mark", "warning")]),
        ("O2", f"https://imageryaccount.blob.core.windows.net/imagery?{token(SAS)}", [("sas-is-url", "error")]),
        ("O3", f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={ACCOUNT_KEY};EndpointSuffix=core.windows.net", [("sas-not-a-sas", "error")]),
        ("O3", f"BlobEndpoint=https://a.blob.core.windows.net/;SharedAccessSignature={token(SAS)}", [("sas-not-a-sas", "error")]),
        ("O4", ACCOUNT_KEY, [("sas-not-a-sas", "error")]),
        ("O5", token(SAS).replace("&", "\\u0026"), [("sas-escaped", "error")]),
        ("O5", token(SAS).replace("&", "u0026"), [("sas-escaped", "error")]),
        ("O5", token(SAS).replace("&", "&amp;"), [("sas-escaped", "error")]),
        ("O5", token(SAS).replace("&", "%26").replace("=", "%3D"), [("sas-escaped", "error")]),
        ("O6", "sv=2023-11-03", [("sas-malformed", "error")]),
        ("O7", token(SAS) + "\n", [("stray-whitespace", "error")]),
        ("O7", "\ufeff" + token(SAS), [("stray-whitespace", "error")]),
        ("O7", f"'{token(SAS)}'", [("stray-whitespace", "error")]),
        ("O8", token(SAS, sig="+" + SIGNATURE[1:]), [("sas-escaped", "error")]),
        ("O9", token(SAS, sig=QUOTED.replace("%", "%25")), [("sas-escaped", "error")]),
        ("O10", token(SAS, sig=QUOTED[:30]), [("sas-malformed", "error")]),
        ("O10", token(SAS, sig="ab" * 32), [("sas-malformed", "error")]),
        ("O11", token(SAS, sv=None), [("sas-malformed", "error")]),
        ("O11", token(SAS, sig=None), [("sas-malformed", "error")]),
        ("O11", token(SAS, sp=None), [("sas-malformed", "error")]),
        ("O11", token(SAS, se=None), [("sas-malformed", "error")]),
        ("O11", token(SAS, sr=None), [("sas-malformed", "error")]),
        ("O11", token(SAS) + "&sp=rwdl", [("sas-malformed", "error")]),
        ("O11", token(SAS) + "&", [("sas-malformed", "error")]),
        ("O11", token(SAS, zz="1"), [("sas-malformed", "warning")]),
        ("O11", token(SAS, se="soon"), [("sas-malformed", "error")]),
        ("O12", token(SAS, se="2026-11-01T00:00:00Z"), [("sas-expired", "error")]),
        ("O12", token(SAS, se="2026-12-01T00:00:00Z"), [("sas-expiring", "warning")]),
        ("O13", token(SAS, st="2026-12-01T00:00:00Z"), [("sas-not-yet-valid", "error")]),
        ("O13", token(SAS, st="2026-11-22T12:10:00Z"), [("sas-not-yet-valid", "warning")]),
        ("O14", token(SAS, st="2028-01-01T00:00:00Z"), [("sas-malformed", "error")]),
        ("O15", token(DELEGATION), [("sas-short-lived", "warning")]),
        ("O15", token(DELEGATION, ske="2026-11-27T00:00:00Z"), [("sas-expiring", "warning"), ("sas-short-lived", "warning")]),
        ("O15", token(DELEGATION, ske="2026-11-22T00:00:00Z"), [("sas-expired", "error"), ("sas-short-lived", "warning")]),
        ("O15", token(DELEGATION, skv=None), [("sas-malformed", "error"), ("sas-short-lived", "warning")]),
        ("O16", token(SAS, sp="rwl"), [("sas-permission-missing", "error")]),
        ("O16", token(SAS, sp="rdl"), [("sas-permission-missing", "error")]),
        ("O16", token(SAS, sp="rcdl"), [("sas-permission-missing", "warning")]),
        ("O16", token(SAS, sp="rcl"), [("sas-permission-missing", "error"), ("sas-permission-missing", "warning")]),
        ("O16", token(SAS, sp="wdl"), [("sas-permission-missing", "warning")]),
        ("O16", token(SAS, sp="rwd"), [("sas-permission-missing", "warning")]),
        ("O17", token(SAS, sp="racwdxyl"), [("sas-broader-than-needed", "warning")]),
        ("O18", token(SAS, sp="rdwl"), [("sas-malformed", "error")]),
        ("O18", token(SAS, sp="rwdll"), [("sas-malformed", "error")]),
        ("O18", token(SAS, sp="rwdlz"), [("sas-malformed", "error")]),
        ("O19", token(SAS, sr="b"), [("sas-wrong-resource", "error")]),
        ("O20", token(SAS, sr="d", sdd="1"), [("sas-wrong-resource", "error")]),
        ("O22", token(ACCOUNT, ss="qt"), [("sas-wrong-service", "error"), ("sas-broader-than-needed", "warning")]),
        ("O23", token(ACCOUNT, srt="c"), [("sas-wrong-resource", "error"), ("sas-broader-than-needed", "warning")]),
        ("O23", token(ACCOUNT, srt="o"), [("sas-wrong-resource", "warning"), ("sas-broader-than-needed", "warning")]),
        ("O24", token(ACCOUNT), [("sas-broader-than-needed", "warning")]),
        ("O25", token(SAS, spr="http"), [("sas-malformed", "error")]),
        ("O26", token(SAS, sip="203.0.113.7"), [("sas-ip-restricted", "error")]),
        ("O27", token(POLICY, sp="rwdl"), [("sas-policy-conflict", "warning")]),
        ("O28", token(DELEGATION, sduoid=GUID), [("sas-bound-to-user", "error"), ("sas-short-lived", "warning")]),
        ("O28", token(SAS, srh="x-ms-meta"), [("sas-bound-to-user", "error")]),
        ("O29", token(SAS, sv="2014-02-14"), [("sas-version-unsupported", "error")]),
        ("O31", token(SAS, sig="***"), [("redacted-secret", "error"), ("sas-malformed", "error")]),
        ("O31", token(SAS, sig="..."), [("placeholder-value", "error"), ("sas-malformed", "error")]),
        ("O31", json.dumps({"sas": "x"}), [("sas-not-a-sas", "error")]),
        ("files", token(SAS, sr="s"), [("sas-wrong-service", "error")]),
        ("tables", token(SAS, sr=None, tn="t", spk="a"), [("sas-wrong-service", "error")]),
        ("non-ASCII", token(SAS, sp="rwd\u217c"), [("sas-malformed", "error"), ("sas-malformed", "error")]),
    ],
)  # fmt: skip
def test_rules(rule: str, sas: str, expected: list[tuple[str, str]]) -> None:
    assert told(findings(sas)) == expected


@pytest.mark.parametrize(
    "damaged",
    [
        "?" + token(SAS),
        token(SAS) + " ",
        token(SAS).replace("&", "u0026"),
        token(SAS).replace("&", "&amp;"),
        '"' + token(SAS) + '"',
    ],
)
def test_certain_repairs_are_proposed(damaged: str) -> None:
    (found,) = findings(damaged)
    assert found.fix is not None
    (operation,) = found.fix.patch
    assert (operation.op, operation.path, operation.value, operation.secret) == (
        "replace", "/parameters/sas_token", token(SAS), True,
    )  # fmt: skip


def test_a_url_of_another_account_asks_and_changes_the_token_alone() -> None:
    found = findings(f"https://realaccount.blob.core.windows.net/deliveries?{token(SAS)}", container="imagery")
    patches = {each.path: each.value for one in found if one.fix for each in one.fix.patch}
    assert patches == {"/parameters/sas_token": token(SAS)}
    asked = " ".join(each.detail for each in found)
    assert "Did you mean realaccount?" in asked
    assert "Did you mean deliveries?" in asked


def test_planets_own_sample_is_recognised_and_repaired() -> None:
    found = findings(PLANETS_SAMPLE)
    assert {"sas-escaped", "placeholder-value"} <= {each.name for each in found}
    (patch,) = [each.fix.patch for each in found if each.name == "sas-escaped" and each.fix]
    assert patch[0].value == "sv=2017-04-17&si=writer&sr=c&sig=LGqc"


def test_what_a_policy_hides_is_not_asked_for() -> None:
    assert told(findings(token(POLICY))) == []


def test_the_expiry_counts_against_the_option() -> None:
    sas = token(SAS, se="2026-12-20T00:00:00Z")
    assert told(findings(sas)) == []
    assert told(findings(sas, expires_within=30)) == [("sas-expiring", "warning")]


def test_c_without_w_is_explained() -> None:
    (_, warning) = findings(token(SAS, sp="rcl"))
    assert "never overwritten nor uploaded in blocks" in warning.detail


@pytest.mark.parametrize(
    ("changes", "name", "patched"),
    [
        ({"account": "Imagery_Account"}, "account-name-invalid", None),
        ({"account": "imageryaccount.blob.core.windows.net"}, "account-name-invalid", "imageryaccount"),
        ({"account": "https://imageryaccount.blob.core.windows.net/"}, "account-name-invalid", "imageryaccount"),
        ({"account": ACCOUNT_KEY}, "account-name-invalid", None),
        ({"container": "Imagery"}, "bucket-name-invalid", None),
        ({"container": "im"}, "bucket-name-invalid", None),
        ({"container": "a--b"}, "bucket-name-invalid", None),
        ({"container": "imagery/"}, "bucket-name-invalid", "imagery"),
        ({"container": "imagery/folder"}, "bucket-name-invalid", None),
        ({"container": "https://imageryaccount.blob.core.windows.net/imagery"}, "bucket-is-url", "imagery"),
        ({"container": "abfss://imagery@imageryaccount.dfs.core.windows.net/planet"}, "bucket-is-url", "imagery"),
        ({"container": "wasbs://imagery@imageryaccount.blob.core.windows.net"}, "bucket-is-url", "imagery"),
        ({"container": "abfss://imagery@otheraccount.dfs.core.windows.net"}, "bucket-is-url", None),
        (
            {"account": "/subscriptions/1/resourceGroups/geo/providers/Microsoft.Storage/storageAccounts/imageryaccount"},
            "account-name-invalid",
            "imageryaccount",
        ),
        ({"storage_endpoint_suffix": "blob.core.windows.net"}, "endpoint-invalid", "core.windows.net"),
        ({"storage_endpoint_suffix": ".core.windows.net"}, "endpoint-invalid", "core.windows.net"),
        ({"storage_endpoint_suffix": "https://core.usgovcloudapi.net/"}, "endpoint-invalid", "core.usgovcloudapi.net"),
        ({"storage_endpoint_suffix": "imageryaccount.dfs.core.windows.net"}, "endpoint-invalid", "core.windows.net"),
        ({"storage_endpoint_suffix": "core windows net"}, "endpoint-invalid", None),
        ({"storage_endpoint_suffix": "s3.amazonaws.com"}, "endpoint-of-another-type", None),
    ],
)
def test_names(changes: dict[str, str], name: str, patched: str | None) -> None:
    (found,) = findings(token(SAS), **changes)
    assert found.name == name
    values = [each.value for each in found.fix.patch] if found.fix else []
    assert values == ([patched] if patched else [])
    assert ACCOUNT_KEY[:8] not in found.detail


def test_a_token_that_stands_in_the_containers_address_alone_is_not_lost() -> None:
    address = "https://imageryaccount.blob.core.windows.net/imagery?" + token(SAS)
    (alone,) = [each for each in findings("EXAMPLE", container=address) if each.name == "bucket-is-url"]
    assert alone.fix is None or not alone.fix.patch
    assert "belongs into sas_token: move it there first" in alone.detail
    (twice,) = findings(token(SAS), container=address)
    assert twice.fix is not None
    assert [each.value for each in twice.fix.patch] == ["imagery"]


@pytest.mark.parametrize(
    ("container", "why"),
    [
        (
            "imagery/planet",
            "it holds a path; is imagery meant? The folder goes into the path_prefix of the order's delivery: planet.",
        ),
        ("i_m/planet", "it holds a path; a folder goes into the path_prefix of the order's delivery."),
        ("i", "it has 1 character; 3 to 63 are allowed."),
    ],
)
def test_why_a_container_has_no_such_name(container: str, why: str) -> None:
    (found,) = findings(token(SAS), container=container)
    assert found.detail == f"container is no container's name: {why}"


@pytest.mark.parametrize(
    "suffix", ["core.windows.net", "core.chinacloudapi.cn", "core.usgovcloudapi.net", "core.cloudapi.de", "azure.stack.example"]
)
@pytest.mark.parametrize("container", ["imagery", "$root", "a1b", "planet-deliveries-2026"])
def test_names_that_are_fine(suffix: str, container: str) -> None:
    assert told(findings(token(SAS), container=container, storage_endpoint_suffix=suffix)) == []


@pytest.mark.parametrize(
    "bad",
    [
        ACCOUNT_KEY,
        f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={ACCOUNT_KEY};EndpointSuffix=core.windows.net",
        token(ACCOUNT, ss="q"),
        token(SAS, sr="f"),
        token(SAS, sr="b"),
        "sv=2023-11-03&sig=" + base64.b64encode(hashlib.shake_256(b"EXAMPLE").digest(750_000)).decode(),
        token(SAS, sig=QUOTED + "\u00e9"),
        token(SAS) + f"&sig={QUOTED}",
    ],
    ids=["key", "connection string", "queues", "files", "blob", "1 MB", "non-ASCII", "twice"],
)
def test_bad_input_fails_without_a_network_and_unseen(bad: str) -> None:
    """The connection would be refused at once: nothing listens, and the report would say so."""
    source = {
        "name": "azure",
        "type": "azure_blob_storage",
        "parameters": {"account": "imageryaccount", "container": "imagery", "sas_token": bad},
    }
    started = time.monotonic()
    report = check(source, Settings(endpoints={"azure_blob_storage": "http://127.0.0.1:9"}))
    assert time.monotonic() - started < 60
    assert report.verdict == "fail"
    assert report.destinations[0].steps == ()
    assert all(each.name.startswith("sas-") for each in report.destinations[0].findings)
    said = "".join(render(name, report) for name in FORMATS) + whole(report)
    for secret in (ACCOUNT_KEY, SIGNATURE, QUOTED, bad[-300:]):
        for start in range(0, len(secret) - 12, 7):
            piece = secret[start : start + 12]
            assert piece not in said or piece in "DefaultEndpointsProtocol=https;AccountName=a;sv=2023-11-03&spr=https", piece


def test_lint_loads_no_sdk() -> None:
    import subprocess

    code = (
        "import sys; from validator.checking.assemble import lint; "
        "lint({'name': 'a', 'type': 'azure_blob_storage', 'parameters': {'account': 'imageryaccount', 'container': 'imagery', 'sas_token': 'x=1'}}); "
        "assert not {'azure', 'azure.core', 'requests', 'urllib3'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.parametrize(
    "address", ["https://otheraccount.blob.core.windows.net/imagery", "abfss://imagery@otheraccount.dfs.core.windows.net/a"]
)
def test_an_address_of_another_account_says_so(address: str) -> None:
    (found,) = findings(token(SAS), container=address)
    assert (
        "Did you mean imagery? It is an address of the account otheraccount, and account says imageryaccount." in found.detail
    )
