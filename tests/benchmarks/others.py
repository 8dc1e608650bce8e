"""What a user would take instead: command lines of other tools that write a file and delete it, for those that are installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tests.benchmarks.measure import BIN, Run, run
from tests.benchmarks.stores import AZURE, GCS, S3

BESIDE: Final = {S3: ("aws", "s5cmd", "rclone"), GCS: ("gsutil", "rclone"), AZURE: ("az", "rclone")}
"""By type, the programs that it is compared with."""
OWN: Final = {"gsutil": "bench-gsutil", "az": "bench-azure-cli"}
"""Programs in environments of their own beside ours, by the names that the Makefile gives these."""
KEY: Final = "planetverify.txt"


class Other(NamedTuple):
    """A tool and its commands, run one after the other."""

    name: str
    commands: tuple[list[str], ...]
    environment: Mapping[str, str]

    def run(self) -> Run:
        first, *more = (run(each, **self.environment) for each in self.commands)
        return sum(more, first)


def installed(place: Path = BIN) -> dict[str, str]:
    """The programs that are there, by name. Those with an environment of their own are looked for nowhere else: a machine's may be signed in."""
    paths = {name: f"{place}:{os.environ['PATH']}" for names in BESIDE.values() for name in names}
    paths |= {name: str(place.parent / folder / "bin") for name, folder in OWN.items()}
    found = {name: shutil.which(name, path=path) for name, path in paths.items()}
    return {name: program for name, program in found.items() if program}


def beside_s3(programs: Mapping[str, str], body: str, url: str, bucket: str, login: Mapping[str, str]) -> Iterator[Other]:
    if aws := programs.get("aws"):
        at = ["--bucket", bucket, "--key", KEY, "--endpoint-url", url]
        commands = [aws, "s3api", "put-object", *at, "--body", body], [aws, "s3api", "delete-object", *at]
        yield Other("aws s3api put-object + delete-object", commands, login)
    if s5cmd := programs.get("s5cmd"):
        tool, there = [s5cmd, "--endpoint-url", url], f"s3://{bucket}/{KEY}"
        yield Other("s5cmd cp + rm", ([*tool, "cp", body, there], [*tool, "rm", there]), login)
    if clone := programs.get("rclone"):
        store = {"PROVIDER": "Other", "ENV_AUTH": "true", "FORCE_PATH_STYLE": "true", "ENDPOINT": url, "REGION": "us-east-1"}
        yield rclone(clone, body, f":s3:{bucket}/{KEY}", {**login, **named("RCLONE_S3_", **store, NO_CHECK_BUCKET="true")})


def beside_google(programs: Mapping[str, str], body: str, url: str, bucket: str, key: bytes, ca: str) -> Iterator[Other]:
    """Over TLS alone, as gsutil speaks. ``key``: the key file's content, which is kept beside the body."""
    folder = Path(body).parent
    key_file = folder / "key.json"
    key_file.write_bytes(key)
    if gsutil := programs.get("gsutil"):
        host, _, port = url.removeprefix("https://").partition(":")
        settings = folder / "boto"
        settings.write_text(
            f"[Credentials]\ngs_service_key_file = {key_file}\ngs_json_host = {host}\ngs_json_port = {port}\n"
            f"[OAuth2]\nprovider_token_uri = {url}/token\n"
            f"[Boto]\nca_certificates_file = {ca}\nhttps_validate_certificates = True\n"
            f"[GSUtil]\nprefer_api = json\nstate_dir = {folder / 'gsutil'}\nsoftware_update_check_period = 0\n",
            encoding="utf-8",
        )
        there = f"gs://{bucket}/{KEY}"
        commands = [gsutil, "-q", "cp", body, there], [gsutil, "-q", "rm", there]
        yield Other("gsutil cp + rm", commands, {"BOTO_CONFIG": str(settings)})
    if clone := programs.get("rclone"):
        # Its own default asks for an access list of the object, which many buckets have switched off.
        store = {"SERVICE_ACCOUNT_FILE": str(key_file), "ENDPOINT": f"{url}/storage/v1/", "BUCKET_POLICY_ONLY": "true"}
        environment = named("RCLONE_GCS_", **store, NO_CHECK_BUCKET="true")
        yield rclone(clone, body, f":gcs:{bucket}/{KEY}", {**environment, "RCLONE_CA_CERT": ca})


def beside_azure(programs: Mapping[str, str], body: str, url: str, container: str, token: str) -> Iterator[Other]:
    if az := programs.get("az"):
        there = ["--container-name", container, "--name", KEY, "--output", "none"]
        blob = [az, "storage", "blob"]
        environment = named(
            "AZURE_",
            STORAGE_CONNECTION_STRING=f"BlobEndpoint={url};SharedAccessSignature={token}",
            CONFIG_DIR=str(Path(body).parent / "az"),
            CORE_COLLECT_TELEMETRY="no",
            CORE_SURVEY_MESSAGE="no",
            EXTENSION_USE_DYNAMIC_INSTALL="no",
            LOGGING_ENABLE_LOG_FILE="no",
        )
        commands = [*blob, "upload", *there, "--file", body, "--no-progress"], [*blob, "delete", *there]
        yield Other("az storage blob upload + delete", commands, environment)
    if clone := programs.get("rclone"):
        yield rclone(
            clone, body, f":azureblob:{container}/{KEY}", named("RCLONE_AZUREBLOB_", SAS_URL=f"{url}/{container}?{token}")
        )


def rclone(program: str, body: str, there: str, environment: Mapping[str, str]) -> Other:
    return Other("rclone copyto + deletefile", ([program, "copyto", body, there], [program, "deletefile", there]), environment)


def named(prefix: str, **values: str) -> dict[str, str]:
    """Settings as variables of the environment: what is secret stands in no command line."""
    return {f"{prefix}{name}": value for name, value in values.items()}
