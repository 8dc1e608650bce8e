"""What is seen of an Oracle destination offline."""

from __future__ import annotations

import ast
import base64
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support import chance
from tests.support.cases import in_parts
from validator import lint
from validator.checking.assemble import Settings
from validator.core.model import DestinationReport, Verdict
from validator.formats.json import render
from validator.providers.oracle import regions

KEY_ID = chance.token_hex(20)
SECRET = base64.b64encode(chance.token_bytes(32)).decode()


def judge(**changes: Any) -> DestinationReport:
    parameters = {
        "bucket": "imagery-in",
        "region": "us-ashburn-1",
        "namespace": "axaxnpcrorw5",
        "customer_access_key_id": KEY_ID,
        "customer_secret_key": SECRET,
        **changes,
    }
    report = lint(
        {"name": "oracle destination", "type": "oracle_cloud_storage", "parameters": parameters},
        Settings(ignore=frozenset({"plaintext-secret"})),
    )
    said = json.dumps(json.loads(render(report)))
    assert SECRET not in said
    return report.destinations[0]


def patched(one: DestinationReport) -> dict[str, Any]:
    return {
        each.path.removeprefix("/parameters/"): each.value
        for finding in one.findings
        for each in (finding.fix.patch if finding.fix else ())
    }


def test_a_good_one_has_nothing_to_say() -> None:
    assert judge().findings == ()
    assert judge(bucket="Imagery_In.2026-1").findings == ()
    assert judge(namespace="mycompany").findings == (), "old tenancies have their name as namespace"


@in_parts(
    ("changes", "finding", "patch"),
    [
        ({"bucket": "oci://imagery-in@axaxnpcrorw5/folder"}, "bucket-is-url", {"bucket": "imagery-in"}),
        ({"bucket": "s3://imagery-in/"}, "bucket-is-url", {"bucket": "imagery-in"}),
        (
            {"bucket": "https://axaxnpcrorw5.compat.objectstorage.us-ashburn-1.oraclecloud.com/imagery-in/a.tif"},
            "bucket-is-url",
            {"bucket": "imagery-in"},
        ),
        (
            {"bucket": "https://objectstorage.us-ashburn-1.oraclecloud.com/n/axaxnpcrorw5/b/imagery-in/o"},
            "bucket-is-url",
            {"bucket": "imagery-in"},
        ),
        ({"bucket": "https://example.com/imagery-in"}, "bucket-is-url", {}),
        (
            {"bucket": "https://cloud.oracle.com/object-storage/buckets/axaxnpcrorw5/imagery-in/objects?region=x"},
            "bucket-is-url",
            {},
        ),
        ({"bucket": "oci://imagery-in@idexample001"}, "bucket-is-url", {}),
        ({"bucket": "ocid1.bucket.oc1.iad.aaaaexample"}, "bucket-name-invalid", {}),
        ({"bucket": "axaxnpcrorw5/imagery-in"}, "bucket-name-invalid", {"bucket": "imagery-in"}),
        ({"bucket": "imagery-in/"}, "bucket-name-invalid", {"bucket": "imagery-in"}),
        ({"bucket": "imagery-in/folder"}, "bucket-name-invalid", {}),
        ({"bucket": "bücket"}, "bucket-name-invalid", {}),
        ({"bucket": "b" * 257}, "bucket-name-invalid", {}),
        ({"namespace": "AXAXNPCRORW5"}, "namespace-invalid", {"namespace": "axaxnpcrorw5"}),
        (
            {"namespace": "axaxnpcrorw5.compat.objectstorage.us-ashburn-1.oraclecloud.com"},
            "namespace-invalid",
            {"namespace": "axaxnpcrorw5"},
        ),
        ({"namespace": "/n/axaxnpcrorw5/b/imagery-in"}, "namespace-invalid", {"namespace": "axaxnpcrorw5"}),
        ({"namespace": "ocid1.tenancy.oc1..aaaaexample"}, "namespace-invalid", {}),
        ({"namespace": "us-ashburn-1"}, "namespace-invalid", {}),
        ({"namespace": "the company"}, "namespace-invalid", {}),
        ({"namespace": KEY_ID}, "namespace-invalid", {}),
        ({"region": "iad"}, "region-malformed", {"region": "us-ashburn-1"}),
        ({"region": "FRA"}, "region-malformed", {"region": "eu-frankfurt-1"}),
        ({"region": "US_ASHBURN_1"}, "region-malformed", {"region": "us-ashburn-1"}),
        ({"region": "us-east-1"}, "region-malformed", {}),
        ({"region": "eu-central-1"}, "region-malformed", {}),
        ({"region": "ap-southeast-2"}, "region-malformed", {}),
        ({"region": "Germany Central (Frankfurt)"}, "region-malformed", {}),
        ({"region": "Brazil East (Sao Paulo)"}, "region-malformed", {"region": "sa-saopaulo-1"}),
        ({"region": "us-ashburn-9"}, "region-unknown", {}),
        ({"region": "us-nowhere-1"}, "region-unknown", {}),
        ({"region": "us-gov-phoenix-1"}, "region-not-commercial", {}),
        ({"customer_access_key_id": "ocid1.user.oc1..aaaaexample"}, "not-an-access-key", {}),
        ({"customer_access_key_id": ":".join(["ab"] * 16)}, "not-an-access-key", {}),
        ({"customer_access_key_id": "AKIA" + "EXAMPLE12345"}, "not-an-access-key", {}),
        ({"customer_access_key_id": "somebody@example.com"}, "not-an-access-key", {}),
        ({"customer_access_key_id": KEY_ID[:-1]}, "credentials-unusual", {}),
        ({"customer_secret_key": SECRET[:-1]}, "credentials-unusual", {}),
        ({"customer_secret_key": "-----BEGIN RSA PRIVATE KEY-----\nEXAMPLE"}, "secret-malformed", {}),
        ({"customer_secret_key": "ocid1.credential.oc1..aaaaexample"}, "secret-malformed", {}),
        ({"customer_secret_key": KEY_ID}, "secret-malformed", {}),
        ({"customer_secret_key": "EXAMPLE<tok>[en]{1}"}, "credentials-unusual", {}),
    ],
)
def test_findings(changes: dict[str, str], finding: str, patch: dict[str, str]) -> None:
    one = judge(**changes)
    assert [each.name for each in one.findings] == [finding]
    assert patched(one) == patch
    only_warns = finding in ("credentials-unusual", "region-unknown", "region-not-commercial")
    assert one.verdict is (Verdict.WARN if only_warns else Verdict.FAIL)


def test_a_swapped_pair_is_swapped_back_without_being_shown() -> None:
    one = judge(customer_access_key_id=SECRET, customer_secret_key=KEY_ID)
    assert [each.name for each in one.findings] == ["swapped-credentials"]
    assert one.findings[0].fix is not None
    assert one.findings[0].fix.automatic
    assert all(each.secret for each in one.findings[0].fix.patch)
    assert SECRET not in repr(one)


@pytest.mark.parametrize(
    ("secret", "hint"),
    [
        (SECRET[:-1], "missing"),
        (chance.token_hex(20), "access key id"),
        (SECRET.replace("=", "%3D"), "URL-encoded"),
        ("EXAMPLE<tok>[en]{1}", "auth token"),
    ],
    ids=["cut", "an id", "escaped", "an auth token"],  # the values are made anew in each process
)
def test_an_unusual_secret_gets_a_hint(secret: str, hint: str) -> None:
    one = judge(customer_secret_key=secret)
    assert hint in one.findings[0].detail
    assert secret not in repr(one)


def test_hints_name_the_region_that_was_meant() -> None:
    assert "us-ashburn-1" in judge(region="us-asburn-1").findings[0].detail
    assert "home region" in judge(region="us-east-1").findings[0].detail
    assert "eu-frankfurt-1 or eu-frankfurt-2" in judge(region="Germany Central (Frankfurt)").findings[0].detail
    assert "oc3" in judge(region="us-gov-phoenix-1").findings[0].detail


def test_the_tables_are_whole() -> None:
    assert len(regions.REALM_OF) == len(regions.OF_SHORT_CODE) == 85
    assert set(regions.REALM_OF.values()) == set(regions.REALMS)
    assert regions.domain("uk-gov-london-1") == "oraclegovcloud.uk"
    assert regions.domain("eu-frankfurt-2") == "oraclecloud.eu"
    assert regions.domain("us-nowhere-1") == "oraclecloud.com"
    assert regions.OF_SHORT_CODE["nrt"] == "ap-tokyo-1"


def test_the_tables_are_those_of_the_package_where_it_is_installed() -> None:
    """Nothing is compared without the extra ``oci``; its file is read, because importing the package takes a fifth of a second."""
    spec = find_spec("oci")
    if spec is None or spec.origin is None:
        return
    tree = ast.parse((Path(spec.origin).parent / "regions_definitions.py").read_text())
    theirs = {
        each.targets[0].id: ast.literal_eval(each.value)
        for each in tree.body
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)
    }
    assert theirs["REALMS"].items() <= dict(regions.REALMS).items()
    assert dict(regions.REALM_OF).items() <= theirs["REGION_REALMS"].items()
    assert dict(regions.OF_SHORT_CODE).items() <= theirs["REGIONS_SHORT_NAMES"].items()


def test_an_address_asks_for_the_name_in_it_and_says_whose_it_is() -> None:
    page = "https://cloud.oracle.com/object-storage/buckets/axaxnpcrorw5/imagery-in/objects"
    assert judge(bucket=page).findings[0].detail.endswith("Did you mean imagery-in?")
    other = judge(bucket="oci://imagery-in@idexample001").findings[0].detail
    assert other.endswith("It is an address of the namespace idexample001, and namespace says axaxnpcrorw5.")
