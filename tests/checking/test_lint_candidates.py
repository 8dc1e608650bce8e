"""A proposal is a candidate: ``--fix`` writes what a vendor documents, and asks about the rest. Never the wrong bucket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cases import in_parts
from tests.support.judged import GOOD, errors, judged
from validator.cli import app as cli
from validator.cli import console
from validator.core.model import Severity
from validator.sources.loader import load

R2 = "https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com"
ORACLE_HOST = "https://axaxnpcrorw5.compat.objectstorage.eu-frankfurt-1.oraclecloud.com"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    yield
    console.forget()


def fixed(kind: str, changes: dict[str, Any]) -> dict[str, Any]:
    """What ``lint --fix`` makes of the changed parameters."""
    request = {"name": "imagery", "type": kind, "parameters": {**GOOD[kind], **changes}}
    Path("d.json").write_text(json.dumps(request))
    cli.run(["lint", "--fix", "d.json"])
    after = json.loads(Path("d.json").read_text())
    assert {**after, "parameters": {}} == {**request, "parameters": {}}
    return {name: value for name, value in after["parameters"].items() if value != request["parameters"].get(name)}


# ---- endpoints ---------------------------------------------------------------------------------------------------------

GOOD_ENDPOINTS = [
    ("https://storage.yandexcloud.net", "storage"),
    ("https://storage.yandexcloud.net", "imagery-in"),
    ("https://storage.googleapis.com", "storage"),
    ("https://project.supabase.co/storage/v1/s3", "storage"),
    ("https://project.storage.supabase.co/storage/v1/s3", "project"),
    ("https://supabase.example.com/storage/v1/s3", "storage"),
    ("https://supabase.example.com/storage/v1/s3/", "s3"),
    (R2, "0123456789abcdef0123456789abcdef"),
    ("https://account.r2.cloudflarestorage.com", "account"),
    ("https://account.eu.r2.cloudflarestorage.com", "account"),
    ("https://account.eu.r2.cloudflarestorage.com", "eu"),
    ("https://nyc3.digitaloceanspaces.com", "nyc3"),
    ("https://s3.wasabisys.com", "s3"),
    ("https://s3.eu-central-003.backblazeb2.com", "s3"),
    ("https://s3.fr-par.scw.cloud", "fr-par"),
    ("https://obs.eu-de.otc.t-systems.com", "obs"),
    ("https://s3.gra.io.cloud.ovh.net", "s3"),
    ("https://us-east-1.linodeobjects.com", "us-east-1-data"),
    ("https://oss-eu-central-1.aliyuncs.com", "oss"),
    ("https://s3.example.com:8443", "imagery-in"),
    ("https://cwobject.com", "cwobject"),
    (ORACLE_HOST, "axaxnpcrorw5"),
]


@pytest.mark.parametrize(("endpoint", "bucket"), GOOD_ENDPOINTS)
@in_parts("path_style", [True, False])
def test_a_good_endpoint_is_neither_refused_nor_rewritten(endpoint: str, bucket: str, path_style: bool) -> None:
    changes = {"endpoint": endpoint, "bucket": bucket, "use_path_style": path_style}
    report = judged("s3_compatible", {**GOOD["s3_compatible"], **changes})
    assert not errors(report)
    assert not [each for each in report.findings if each.name in ("endpoint-contains-bucket", "endpoint-invalid")]
    assert fixed("s3_compatible", changes) == {}


@pytest.mark.parametrize(
    ("endpoint", "bucket"),
    [
        ("https://store.example.com/imagery-in/kaos", "imagery-in"),
        ("https://store.example.com/imagery-in/kaos", "kaos"),
        ("https://store.example.com/imagery-in", "imagery-in"),
        ("https://store.example.com/s3/imagery-in/", "imagery-in"),
        ("https://imagery-in.store.example.com", "imagery-in"),
        ("https://store.example.com/s3", "imagery-in"),
        ("https://nyc3.digitaloceanspaces.com/imagery-in/kaos", "imagery-in"),
        ("https://nyc3.digitaloceanspaces.com/imagery-in/kaos", "kaos"),
        ("https://kaos.nyc3.digitaloceanspaces.com", "imagery-in"),
        ("https://kaos.storage.yandexcloud.net", "imagery-in"),
        (f"{R2}/kaos", "imagery-in"),
        ("https://imagery-in.nyc3.digitaloceanspaces.com/planet", "imagery-in"),
        ("https://project.supabase.co/storage/v1/s3/imagery-in/kaos", "imagery-in"),
        ("https://imagery-in.nyc3.cdn.digitaloceanspaces.com", "imagery-in"),
        ("https://imagery-in.website-us-east-1.linodeobjects.com", "imagery-in"),
        ("http://store.example.com", "imagery-in"),
        ("http://store.example.com:9000", "imagery-in"),
    ],
)
def test_what_may_be_meant_is_asked_and_never_written(endpoint: str, bucket: str) -> None:
    changes = {"endpoint": endpoint, "bucket": bucket, "use_path_style": True}
    report = judged("s3_compatible", {**GOOD["s3_compatible"], **changes})
    assert not errors(report), "a store could accept it: the check goes on"
    assert [each for each in report.findings if each.name.startswith("endpoint-")]
    assert not any(each.fix and each.fix.automatic for each in report.findings)
    assert fixed("s3_compatible", changes) == {}


@pytest.mark.parametrize(
    ("endpoint", "root"),
    [
        ("https://imagery-in.nyc3.digitaloceanspaces.com", "https://nyc3.digitaloceanspaces.com"),
        ("https://imagery-in.nyc3.digitaloceanspaces.com/", "https://nyc3.digitaloceanspaces.com"),
        ("https://imagery-in.storage.yandexcloud.net", "https://storage.yandexcloud.net"),
        ("https://storage.yandexcloud.net/imagery-in", "https://storage.yandexcloud.net"),
        (f"https://imagery-in.{R2[8:]}", R2),
        (f"{R2}/imagery-in", R2),
        ("https://account.eu.r2.cloudflarestorage.com/imagery-in", "https://account.eu.r2.cloudflarestorage.com"),
        ("https://imagery-in.s3.fr-par.scw.cloud", "https://s3.fr-par.scw.cloud"),
        ("https://s3.eu-central-2.wasabisys.com/imagery-in", "https://s3.eu-central-2.wasabisys.com"),
        ("https://project.supabase.co/storage/v1/s3/imagery-in", "https://project.supabase.co/storage/v1/s3"),
    ],
)
def test_a_documented_form_is_put_right(endpoint: str, root: str) -> None:
    report = judged("s3_compatible", {**GOOD["s3_compatible"], "endpoint": endpoint})
    assert "endpoint-contains-bucket" in errors(report)
    assert fixed("s3_compatible", {"endpoint": endpoint}) == {"endpoint": root}


# ---- buckets -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("s3_compatible", {"bucket": "https://imagery-in.nyc3.digitaloceanspaces.com/planet"}),
        ("s3_compatible", {"bucket": f"{R2}/imagery-in", "endpoint": "https://other.r2.cloudflarestorage.com"}),
        ("s3_compatible", {"bucket": "https://store.example.com/imagery-in/kaos", "endpoint": "https://store.example.com"}),
        ("s3_compatible", {"bucket": "https://s3.eu-west-1.amazonaws.com/imagery-in"}),
        ("s3_compatible", {"bucket": "imagery-in/kaos"}),
        ("s3_compatible", {"bucket": "PROJECT/imagery-in"}),
        ("amazon_s3", {"bucket": "https://imagery-in.nyc3.digitaloceanspaces.com/planet"}),
        ("amazon_s3", {"bucket": "https://store.example.com/imagery-in"}),
        ("amazon_s3", {"bucket": "https://s3.eu-west-1.amazonaws.com:9000/imagery-in"}),
        ("amazon_s3", {"bucket": "store.example.com/imagery-in"}),
        ("amazon_s3", {"bucket": "111122223333/imagery-in"}),
        ("amazon_s3", {"bucket": "Imagery-In"}),
        ("amazon_s3", {"bucket": "gs://imagery-in"}),
        ("amazon_s3", {"bucket": "AKIAQEXAMPLE2EXAMPLE"}),
        ("google_cloud_storage", {"bucket": "s3://imagery-in"}),
        ("google_cloud_storage", {"bucket": "Imagery-In"}),
        ("azure_blob_storage", {"container": "https://otheraccount.blob.core.windows.net/imagery-in"}),
        ("azure_blob_storage", {"container": "Imagery-In"}),
        ("oracle_cloud_storage", {"bucket": "oci://imagery-in@othertenancy"}),
        (
            "oracle_cloud_storage",
            {"bucket": "https://objectstorage.eu-frankfurt-1.oraclecloud.com/n/othertenancy/b/imagery-in/o"},
        ),
        ("oracle_cloud_storage", {"region": "frankfort"}),
    ],
)
def test_a_bucket_is_never_cut_out_by_guessing(kind: str, changes: dict[str, str]) -> None:
    report = judged(kind, {**GOOD[kind], **changes})
    assert errors(report)
    assert fixed(kind, changes) == {}


@pytest.mark.parametrize(
    ("kind", "changes", "after"),
    [
        ("amazon_s3", {"bucket": "https://imagery-in.s3.eu-west-1.amazonaws.com/planet"}, "imagery-in"),
        ("amazon_s3", {"bucket": "https://s3.amazonaws.com/imagery-in"}, "imagery-in"),
        ("amazon_s3", {"bucket": "https://my.s3.s3.dualstack.eu-west-1.amazonaws.com/"}, "my.s3"),
        ("amazon_s3", {"bucket": "https://eu-west-1.console.aws.amazon.com/s3/buckets/imagery-in?region=x"}, "imagery-in"),
        ("amazon_s3", {"bucket": "arn:aws:s3:::imagery-in/*"}, "imagery-in"),
        ("amazon_s3", {"bucket": "imagery-in/"}, "imagery-in"),
        ("s3_compatible", {"bucket": "s3://imagery-in/kaos"}, "imagery-in"),
        (
            "s3_compatible",
            {
                "bucket": "https://imagery-in.nyc3.digitaloceanspaces.com/planet",
                "endpoint": "https://nyc3.digitaloceanspaces.com",
            },
            "imagery-in",
        ),
        ("s3_compatible", {"bucket": f"{R2}/imagery-in", "endpoint": R2}, "imagery-in"),
        ("google_cloud_storage", {"bucket": "https://storage.googleapis.com/imagery-in/kaos"}, "imagery-in"),
        ("azure_blob_storage", {"container": "https://imageryaccount.blob.core.windows.net/imagery-in"}, "imagery-in"),
        ("oracle_cloud_storage", {"bucket": "oci://imagery-in@axaxnpcrorw5/kaos"}, "imagery-in"),
    ],
)
def test_a_bucket_in_a_documented_address_is_put_right(kind: str, changes: dict[str, str], after: str) -> None:
    assert fixed(kind, changes) == {"container" if "container" in changes else "bucket": after}


# ---- swapped values ----------------------------------------------------------------------------------------------------


def rotations(kind: str, *names: str) -> dict[str, str]:
    values = [GOOD[kind][name] for name in names]
    return dict(zip(names, [*values[1:], values[0]], strict=True))


LONG_KEY = "e" + "EXAMPLE" * 60


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("amazon_s3", ("aws_access_key_id", "aws_secret_access_key")),
        ("amazon_s3", ("bucket", "aws_region")),
        ("amazon_s3", ("bucket", "aws_access_key_id", "aws_secret_access_key")),
        ("amazon_s3", ("bucket", "aws_region", "aws_access_key_id", "aws_secret_access_key")),
        ("amazon_s3", ("aws_secret_access_key", "aws_region", "bucket", "aws_access_key_id")),
        ("s3_compatible", ("bucket", "endpoint")),
        ("s3_compatible", ("endpoint", "region")),
        ("s3_compatible", ("bucket", "region")),
        ("s3_compatible", ("bucket", "endpoint", "region")),
        ("oracle_cloud_storage", ("customer_access_key_id", "customer_secret_key")),
        ("oracle_cloud_storage", ("region", "customer_access_key_id", "customer_secret_key")),
        ("azure_blob_storage", ("container", "sas_token")),
        ("azure_blob_storage", ("account", "sas_token")),
        ("google_cloud_storage", ("bucket", "credentials")),
    ],
)
def test_every_permutation_is_known_and_put_back(monkeypatch: pytest.MonkeyPatch, kind: str, names: tuple[str, ...]) -> None:
    if kind == "google_cloud_storage":
        monkeypatch.setitem(GOOD, kind, {"bucket": "imagery-in", "credentials": LONG_KEY})
    changes = rotations(kind, *names)
    report = judged(kind, {**GOOD[kind], **changes})
    (found,) = [each for each in report.findings if each.name == "swapped-credentials"]
    assert found.fix is not None
    assert found.fix.automatic
    assert {each.path.removeprefix("/parameters/") for each in found.fix.patch} == set(names)
    assert all(each.secret for each in found.fix.patch), "no report shows them"
    assert not [each for each in report.findings if each is not found and each.pointer.removeprefix("/parameters/") in names]
    assert fixed(kind, changes) == {name: GOOD[kind][name] for name in names}


@pytest.mark.parametrize(
    ("key_id", "secret"),
    [
        ("AKIAQEXAMPLE2EXAMPLE", "EXAMPLE/planet+EXAMPLE/planet+EXAMPLE123"),
        ("GOOG1EXAMPLEEXAMPLEEXAMPLEEXAMPLE", "EXAMPLE/planet+EXAMPLE/planet+EXAMPLE123"),
        ("0123456789abcdef" * 2, "0123456789abcdef" * 4),
        ("0123456789abcdef" * 2, "0123456789abcdef" * 3),
        ("DO00EXAMPLEEXAMPLE12", "EXAMPLE/planet+EXAMPLE/planet+EXAMPLE123abc"),
        ("SCWEXAMPLEEXAMPLE123", "01234567-89ab-cdef-0123-456789abcdef"),
        ("0040123456789abcdef012345", "K004EXAMPLE/planet+EXAMPLE/plan"),
    ],
)
def test_keys_of_known_stores_are_told_from_their_secrets(key_id: str, secret: str) -> None:
    good = {"access_key_id": key_id, "secret_access_key": secret}
    assert not errors(judged("s3_compatible", {**GOOD["s3_compatible"], **good}))
    swapped = {"access_key_id": secret, "secret_access_key": key_id}
    assert errors(judged("s3_compatible", {**GOOD["s3_compatible"], **swapped})) == {"swapped-credentials"}
    assert fixed("s3_compatible", swapped) == good


@pytest.mark.parametrize(("key_id", "secret"), [("minio", "minio123"), ("0123456789abcdef" * 2, "fedcba9876543210" * 2), ("admin", "AKIAQEXAMPLE2EXAMPLE"), ("a" * 40, "b" * 40)])  # fmt: skip
def test_keys_that_cannot_be_told_apart_are_left(key_id: str, secret: str) -> None:
    changes = {"access_key_id": key_id, "secret_access_key": secret}
    assert not errors(judged("s3_compatible", {**GOOD["s3_compatible"], **changes}))
    assert fixed("s3_compatible", changes) == {}


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        (rotations("amazon_s3", "aws_access_key_id", "aws_secret_access_key"), {"aws_region": "nowhere!"}),
        (rotations("amazon_s3", "aws_access_key_id", "aws_secret_access_key"), {"bucket": "imagery in"}),
        (rotations("amazon_s3", "bucket", "aws_region"), {"aws_secret_access_key": "EXAMPLE-of-no-shape"}),
    ],
)
def test_values_are_put_back_only_when_every_field_is_right_then(changes: dict[str, str], more: dict[str, str]) -> None:
    report = judged("amazon_s3", {**GOOD["amazon_s3"], **changes, **more})
    (found,) = [each for each in report.findings if each.name == "swapped-credentials"]
    assert found.fix is not None
    assert not found.fix.patch
    assert fixed("amazon_s3", {**changes, **more}) == {}


@pytest.mark.parametrize("kind", GOOD)
def test_values_in_their_own_fields_are_never_called_swapped(kind: str) -> None:
    for name in GOOD[kind]:
        for value in ("", "x", "imagery", "us-east-1", "AKIAQEXAMPLE2EXAMPLE", "https://s3.example.com"):
            report = judged(kind, {**GOOD[kind], name: value})
            assert "swapped-credentials" not in [each.name for each in report.findings], (name, value)


# ---- reachable for Planet ------------------------------------------------------------------------------------------------


@in_parts(
    "host",
    [
        "http://minio:9000", "https://10.1.2.3", "https://172.16.0.9:9000", "https://192.168.1.2", "https://127.0.0.1:9000", "https://127.1",
        "http://localhost:9000", "https://[::1]:9000", "https://[fd12:3456::1]", "https://[fe80::1]", "https://[::ffff:10.0.0.1]", "https://169.254.1.1",
        "https://100.64.0.7", "https://0.0.0.0", "https://2130706433", "https://minio.storage.svc.cluster.local", "https://minio.storage.svc:9000",
        "https://nas.local", "https://store.internal", "https://store.lan", "https://minio.default.svc.example.com",
        "https://oss-eu-central-1-internal.aliyuncs.com", "https://s3.private.eu-de.cloud-object-storage.appdomain.cloud",
        "https://bucket.vpce-1a2b-3c4d.s3.eu-west-1.vpce.amazonaws.com", "https://storage-internal.example.com",
    ],
)  # fmt: skip
def test_an_endpoint_that_planet_cannot_reach_warns(host: str) -> None:
    report = judged("s3_compatible", {**GOOD["s3_compatible"], "endpoint": host, "use_path_style": True})
    (found,) = [each for each in report.findings if each.name == "endpoint-unreachable-for-planet"]
    assert found.severity is Severity.WARNING
    assert found.pointer == "/parameters/endpoint"


@pytest.mark.parametrize(
    "host",
    ["https://s3.example.com", "https://8.8.8.8", "https://192.0.2.7:9000", "https://[2001:db8::1]", "https://internal.example.com", R2, "https://local.example.com"],
)  # fmt: skip
def test_a_public_endpoint_does_not(host: str) -> None:
    report = judged("s3_compatible", {**GOOD["s3_compatible"], "endpoint": host, "use_path_style": True})
    assert "endpoint-unreachable-for-planet" not in [each.name for each in report.findings]


def test_another_endpoint_of_this_run_is_not_judged() -> None:
    from validator.checking.assemble import Settings, lint

    told = Settings(endpoints={"s3_compatible": "http://localhost:9000", "amazon_s3": "http://localhost:9000"})
    for kind in ("s3_compatible", "amazon_s3"):
        report = lint(load({"type": kind, "parameters": GOOD[kind]}), told).destinations[0]
        assert "endpoint-unreachable-for-planet" not in [each.name for each in report.findings]
