"""Made-up secrets of every kind, drawn by chance, and ordinary destinations that hold none that looks like one."""

from __future__ import annotations

import base64
import json
import string
from collections.abc import Mapping
from typing import Any

from tests.support import chance

LETTERS = string.ascii_letters + string.digits
CAPITALS = string.ascii_uppercase + "234567"
HEX = "0123456789abcdef"


def drawn(alphabet: str, size: int) -> str:
    """Random characters, among them letters and, where the alphabet has them, digits, as keys have."""
    while True:
        made = "".join(chance.choice(alphabet) for _ in range(size))
        if any(each.isalpha() for each in made) and sum(each.isdigit() for each in made) > 1:
            return made


def key_file() -> str:
    body = base64.b64encode(chance.token_bytes(1200)).decode()
    lines = "\n".join(body[place : place + 64] for place in range(0, len(body), 64))
    return json.dumps(
        {
            "type": "service_account", "project_id": "example-project", "private_key_id": chance.token_hex(20),
            "private_key": f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n",
            "client_email": "planet@example-project.iam.gserviceaccount.com", "token_uri": "https://oauth2.googleapis.com/token",
        }
    )  # fmt: skip


def signature() -> str:
    return base64.b64encode(chance.token_bytes(32)).decode()


def kinds() -> Mapping[str, tuple[str, str]]:
    """Each kind of credential: the text as it is pasted, and the part of it that nobody may see."""
    sas, presigned, par = signature(), chance.token_hex(32), chance.token_urlsafe(48)
    google, key = key_file(), base64.b64encode(chance.token_bytes(64)).decode()
    lines = json.loads(google)["private_key"].splitlines()
    quoted = sas.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    made = {
        "amazon secret": drawn(LETTERS + "/+", 40),
        "amazon key id": "AKIA" + drawn(CAPITALS, 16),
        "amazon session key id": "ASIA" + drawn(CAPITALS, 16),
        "amazon session token": "IQoJb3JpZ2luX2Vj" + base64.b64encode(chance.token_bytes(300)).decode(),
        "oracle secret": signature(),
        "oracle key id": chance.token_hex(20),
        "google hmac id": "GOOG1E" + drawn(CAPITALS, 55),
        "google hmac secret": drawn(LETTERS + "/+", 40),
        "google token": "ya29." + chance.token_urlsafe(90),
        "google api key": "AIza" + drawn(LETTERS, 35),
        "azure key": key,
        "spaces key id": "DO" + drawn(string.ascii_uppercase + string.digits, 18),
        "spaces secret": drawn(LETTERS + "/+", 43),
        "backblaze key id": "00" + chance.token_hex(12)[:23],
        "backblaze key": "K00" + drawn(LETTERS + "/+", 28).replace("K", "L"),
        "cloudflare secret": chance.token_hex(32),
        "ovh secret": chance.token_hex(16),
        "minio secret": drawn(LETTERS, 40),
        "wasabi secret": drawn(LETTERS, 40),
        "scaleway key id": "SCW" + drawn(CAPITALS, 17),
        "exoscale secret": chance.token_urlsafe(32),
        "alibaba key id": "LTAI" + drawn(LETTERS, 20),
        "ibm secret": chance.token_hex(24),
        "planet key": "PLAK" + chance.token_hex(16),
    }
    if not made["backblaze key"][3].isdigit():
        made["backblaze key"] = "K00" + chance.choice("1245") + made["backblaze key"][4:]
    token = ".".join(
        base64.urlsafe_b64encode(each).decode().rstrip("=")
        for each in (b'{"alg":"RS256"}', b'{"sub":"EXAMPLE"}', chance.token_bytes(64))
    )
    return {
        **{name: (text, text) for name, text in made.items()},
        "sas": (f"sv=2023-11-03&sr=c&sp=rwdl&se=2126-01-31T00%3A00%3A00Z&sig={quoted}", sas),
        "sas address": (f"https://imagery.blob.core.windows.net/c?sv=2023-11-03&sr=c&sp=rwdl&se=2126-01-31T00%3A00%3A00Z&sig={quoted}", sas),
        "pre-signed address": (
            f"https://imagery-in.s3.amazonaws.com/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260101T000000Z&X-Amz-Signature={presigned}", presigned,
        ),
        "oracle par": (f"https://objectstorage.us-ashburn-1.oraclecloud.com/p/{par}/n/axaxnpcrorw5/b/imagery-in/o/", par),
        "azure connection string": (f"DefaultEndpointsProtocol=https;AccountName=imagery;AccountKey={key};EndpointSuffix=core.windows.net", key),
        "key file": (google, lines[5]),
        "key file in base64": (base64.b64encode(google.encode()).decode(), lines[5]),
        "pem": (json.loads(google)["private_key"], lines[5]),
        "bearer token": (f"Bearer {token}", token.rpartition(".")[2]),
        "login in an address": (f"https://user:{drawn(LETTERS, 14)}@s3.example.com", ""),
    }  # fmt: skip


NAMES = (
    "default", "admin", "storage", "production", "imagery", "imagery-in", "planet", "planet-deliveries", "deliveries-prod", "backup", "archive",
    "my-company-planetscope-eu-central-1", "acme-geo-analytics-production", "data-lake-raw-zone-prod-001", "cf-templates-1abcd2efgh3i-us-east-1",
    "elasticbeanstalk-us-east-1-123456789012", "cdk-hnb659fds-assets-123456789012-us-east-1", "terraform-20240101123456789000000001",
    "imagery-7f3a9c2e", "planet-delivery-3f9a0c1d", "tenant-5d41402a", "kartverket-ortofoto-nord-2023", "przemyslowe-obrazy-warszawa",
    "usgs-landsat-collection2-level2", "geoserver-mosaics-nrw", "hydro-qc-lidar-mtm8", "wetransfer-sync", "k8s-cluster-logs", "abcdefghijklmnop",
    "minio", "minioadmin", "test", "testing123", "bucket", "container", "namespace", "account", "region", "endpoint", "credentials", "secret", "secrets",
    "token", "password", "delete", "denied", "quota", "expired", "null", "true", "example", "sample-data",
)  # fmt: skip
ACCOUNTS = (
    "imageryaccount",
    "stplanetprodweu001",
    "storage",
    "default",
    "csb10032000abc123def",
    "dbstoragezyqxj3kq4uqhk",
    "admin",
    "stgimageryneu",
    "planet",
    "stg4f8a7c9d0e1b2a3c",
)
ENDPOINTS = (
    "https://s3.us-west-004.backblazeb2.com", "https://fra1.digitaloceanspaces.com", "https://s3.eu-central-1.wasabisys.com",
    "https://minio.example.com:9000", "https://ams1.vultrobjects.com", "https://sos-ch-gva-2.exo.io", "https://s3.fr-par.scw.cloud",
    "https://kaos.ceph.rz.example.edu", "https://abcdefghijklmnopqrst.supabase.co/storage/v1/s3",
)  # fmt: skip
REGIONS = ("us-east-1", "eu-central-1", "ap-southeast-2", "us-gov-west-1", "me-central-1")
WEAK = ("minioadmin", "password", "admin123", "storage", "production", "changeme", "default", "letmein123")
"""Bad secrets that people really have, equal to names that they really have."""


def ordinary(count: int) -> list[dict[str, Any]]:
    """Ordinary destinations, no two alike; some have a name or a word as their secret."""
    made: list[dict[str, Any]] = []
    while len(made) < count:
        number = len(made)
        name = NAMES[number % len(NAMES)]
        secret = WEAK[number // 5 % len(WEAK)] if number % 3 == 0 else drawn(LETTERS + "/+", 40)
        region = REGIONS[number % len(REGIONS)]
        choice = (
            ("amazon_s3", {"bucket": name, "aws_region": region, "aws_access_key_id": "AKIA" + drawn(CAPITALS, 16), "aws_secret_access_key": secret}),
            ("s3_compatible", {"bucket": name, "endpoint": ENDPOINTS[number % len(ENDPOINTS)], "region": region, "access_key_id": drawn(HEX, 32), "secret_access_key": secret}),
            ("s3_compatible", {
                "bucket": name, "endpoint": f"https://{chance.token_hex(16)}.r2.cloudflarestorage.com", "region": "auto", "access_key_id": chance.token_hex(16), "secret_access_key": chance.token_hex(32),
            }),
            ("oracle_cloud_storage", {"bucket": name, "region": "us-ashburn-1", "namespace": "axaxnpcrorw5", "customer_access_key_id": chance.token_hex(20), "customer_secret_key": secret}),
            ("azure_blob_storage", {"account": ACCOUNTS[number % len(ACCOUNTS)], "container": name, "sas_token": f"sv=2023-11-03&sr=c&sp=rwl&se=2020-01-31T00%3A00%3A00Z&sig={secret}"}),
            ("google_cloud_storage", {"bucket": name, "credentials": base64.b64encode(key_file().encode()).decode()}),
        )[number % 6]  # fmt: skip
        made.append(
            {"name": f"{name} {number}"[:63] if number % 2 else name.ljust(3, "x"), "type": choice[0], "parameters": choice[1]}
        )
    return made
