"""``check --owner`` on Oracle: the real ``oci`` SDK against answers of the native API, beside the stand-in of the S3 surface."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.findings import found
from tests.support.wire import Answer, Request, Wire, authority
from validator import check
from validator.checking.assemble import Settings
from validator.core import home
from validator.core.model import Confidence, DestinationReport, Verdict
from validator.demo.emulators import http
from validator.demo.emulators.oracle import CustomerKey, OracleEmulator

BUCKET, USER = "imagery-owned", "ocid1.user.oc1..exampleowner"
COMPARTMENT = "ocid1.compartment.oc1..example"
STATEMENT = "Allow group Delivery to read objects in compartment imagery where target.bucket.name='imagery-owned'"


class Cloud:
    """One address for both APIs: paths of the native one are answered here, all others by the stand-in."""

    def __init__(self, oracle: OracleEmulator) -> None:
        self.oracle = oracle
        self.wire: Any = None
        self.asked: list[str] = []
        self.refused: dict[str, tuple[int, str]] = {}
        """Path pattern to status and code."""
        self.rules: list[dict[str, Any]] = []
        self.policies: list[dict[str, Any]] = [{"name": "deliveries", "statements": [STATEMENT]}]
        self.keys: list[dict[str, Any]] = []

    def handle(self, request: Request) -> Answer:
        path = request.path.partition("?")[0]
        if not re.match(r"/n(/|$)|/20160918/", path):
            said = self.oracle.answer(http.Request(request.method, request.path, request.headers, request.body))
            return Answer(said.status, said.headers, said.body)
        self.asked.append(f"{request.method} {path}")
        assert request.headers["authorization"].startswith("Signature ")
        for pattern, (status, code) in self.refused.items():
            if re.search(pattern, path):
                return self._json({"code": code, "message": "Authorization failed or requested resource not found."}, status)
        return self._native(path)

    def _native(self, path: str) -> Answer:
        if path.rstrip("/") == "/n":
            return self._json(self.oracle.namespace)
        if path.endswith("/retentionRules"):
            return self._json({"items": self.rules})
        if path.endswith("/customerSecretKeys"):
            return self._json(self.keys)
        if path.endswith("/policies"):
            return self._json([{"compartmentId": COMPARTMENT, "id": "ocid1.policy.oc1..p", **each} for each in self.policies])
        namespace, bucket = re.fullmatch(r"/n/([^/]+)/b/([^/]+)", path).groups()  # type: ignore[union-attr]  # the paths there are
        if namespace != self.oracle.namespace or bucket not in self.oracle._buckets:
            return self._json(
                {"code": "BucketNotFound", "message": "Either the bucket does not exist or you are not authorized"}, 404
            )
        return self._json(
            {
                "namespace": namespace,
                "name": bucket,
                "compartmentId": COMPARTMENT,
                "versioning": "Disabled",
                "isReadOnly": False,
            }
        )

    @staticmethod
    def _json(value: Any, status: int = 200) -> Answer:
        return Answer(status, {"content-type": "application/json", "opc-request-id": "EXAMPLE"}, json.dumps(value).encode())

    def check(
        self, key: CustomerKey, bucket: str = BUCKET, changes: dict[str, str] | None = None, **settings: Any
    ) -> DestinationReport:
        source = self.oracle.destination(bucket, key, **(changes or {}))
        url = f"{self.wire.url}/{{region}}/{{namespace}}"
        told = {
            "timeout": 60.0,
            "endpoints": {"oracle_cloud_storage": url},
            "ca_bundle": self.wire.ca,
            "owner": True,
            **settings,
        }
        return check(source, Settings(**told)).destinations[0]


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A throw-away API key, and a configuration file that names it."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    folder = tmp_path_factory.mktemp("oci")
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    (folder / "key.pem").chmod(0o600)
    config = folder / "config"
    config.write_text(
        f"[DEFAULT]\nuser={USER}\nfingerprint={':'.join(['ab'] * 16)}\ntenancy=ocid1.tenancy.oc1..example\n"
        f"region=us-ashburn-1\nkey_file={folder / 'key.pem'}\n"
    )
    config.chmod(0o600)
    return config


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, profile: Path) -> Iterator[Cloud]:
    monkeypatch.setenv("OCI_CONFIG_FILE", str(profile))
    authority()
    with OracleEmulator() as oracle:
        oracle.bucket(BUCKET)
        made = Cloud(oracle)
        with Wire(made.handle, tls=True) as wire:
            made.wire = wire
            yield made


def test_a_missing_permission_is_told_with_the_policies_and_the_compartment(cloud: Cloud) -> None:
    report = cloud.check(cloud.oracle.key("OBJECT_READ", "OBJECT_CREATE"))
    denied = found(report, "delete-denied")
    assert denied.confidence is Confidence.CONFIRMED
    assert STATEMENT in denied.evidence["owner_statements"]
    assert denied.fix is not None
    assert f"in compartment id {COMPARTMENT} " in denied.fix.grant
    assert f'--compartment-id "{COMPARTMENT}"' in denied.fix.commands[-1]
    assert report.owner is not None
    assert report.owner.identity == f"the user {USER} (profile DEFAULT)"
    assert {"Vault key: none", "retention rules: none", f"policy deliveries: {STATEMENT}"} <= set(report.owner.seen)
    assert {each.split()[0] for each in cloud.asked} == {"GET"}
    assert (report.verdict, report.wrote) == (Verdict.FAIL, False)


def test_a_bucket_that_is_there_turns_the_riddle_into_a_missing_permission(cloud: Cloud) -> None:
    key = cloud.oracle.key("BUCKET_READ")
    riddle = found(cloud.check(key, owner=False), "bucket-or-permission-missing")
    solved = found(cloud.check(key), "bucket-or-permission-missing")
    assert solved.confidence is Confidence.CONFIRMED
    assert "has no permission on its objects" in solved.detail
    assert "\n1. " in riddle.detail
    assert "\n1. " not in solved.detail


def test_a_wrong_namespace_is_corrected(cloud: Cloud) -> None:
    report = cloud.check(cloud.oracle.key(), changes={"namespace": "axother45678"})
    wrong = found(report, "namespace-invalid")
    assert wrong.fix is not None
    assert [(each.path, each.value) for each in wrong.fix.patch] == [("/parameters/namespace", cloud.oracle.namespace)]
    assert not [each for each in report.findings if each.name == "bucket-or-permission-missing"]
    assert report.verdict is Verdict.FAIL


def test_a_bucket_that_nobody_sees_stays_a_riddle(cloud: Cloud) -> None:
    report = cloud.check(cloud.oracle.key(), bucket="imagery-elsewhere")
    riddle = found(report, "bucket-or-permission-missing")
    assert "most likely there is none of that name" in riddle.detail
    assert report.verdict is Verdict.FAIL


def test_a_retention_rule_is_named(cloud: Cloud) -> None:
    cloud.oracle.bucket("imagery-kept", retention=True)
    cloud.rules = [{"id": "1", "displayName": "keep-a-month", "duration": {"timeAmount": 30, "timeUnit": "DAYS"}, "timeRuleLocked": "2026-12-01T00:00:00Z"}]  # fmt: skip
    kept = found(cloud.check(cloud.oracle.key(), bucket="imagery-kept"), "retention-locked")
    assert kept.confidence is Confidence.CONFIRMED
    assert "keep-a-month (30 days, locked from 2026-12-01" in kept.detail


@pytest.mark.parametrize(("state", "name"), [("INACTIVE", "key-disabled"), ("ACTIVE", "unknown-access-key")])
def test_the_keys_state(cloud: Cloud, state: str, name: str) -> None:
    key = cloud.oracle.key(active=False)
    cloud.keys = [{"id": key.access_key_id, "displayName": "planet", "userId": USER, "lifecycleState": state, "timeCreated": "2026-01-01T00:00:00Z"}]  # fmt: skip
    report = cloud.check(key)
    assert {each.name for each in report.findings} - {"plaintext-secret"} == {name}
    assert found(report, name).evidence["owner_key_state"] == state
    assert report.verdict is Verdict.FAIL


def test_another_users_key_is_a_line(cloud: Cloud) -> None:
    owner = cloud.check(cloud.oracle.key(active=False)).owner
    assert owner is not None
    assert any("is not of this login's user" in each for each in owner.unread)


def test_every_missing_permission_is_a_line(cloud: Cloud) -> None:
    key = cloud.oracle.key("OBJECT_READ", "OBJECT_CREATE")
    cloud.refused = {r"/b/[^/]+$": (403, "NotAuthorized"), "customerSecretKeys": (404, "NotAuthorizedOrNotFound")}
    report = cloud.check(key)
    assert report.owner is not None
    assert "could not read the bucket: BUCKET_READ" in report.owner.unread
    assert any(each.startswith("could not read the login's own Customer Secret Keys") for each in report.owner.unread)
    without = cloud.check(key, owner=False)
    assert (report.verdict, [each.name for each in report.findings]) == (
        without.verdict,
        [each.name for each in without.findings],
    )


def test_without_the_extra_the_message_names_it(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "oci", None)
    report = cloud.check(cloud.oracle.key("OBJECT_READ", "OBJECT_CREATE"))
    assert report.owner is not None
    assert report.owner.unread[0].endswith(home.install("oci"))
    assert report.verdict is Verdict.FAIL


def test_a_profile_that_is_not_there_is_a_line(cloud: Cloud) -> None:
    owner = cloud.check(cloud.oracle.key("OBJECT_READ"), owner_profile="absent").owner
    assert owner is not None
    assert "the profile absent of" in owner.unread[0]
    assert cloud.asked == []
