"""What docker-compose.yml fills its emulators with: buckets, made-up keys, and sources to paste into the page.

``python -m validator.demo.emulators.playground gcs`` is the stand-in for Google Cloud Storage as a server of its own;
``... seed`` makes users and buckets on a running moto and Azurite. Both print the sources. Not for anything but trying out: whoever
reaches these servers, or reads what is printed, holds every key.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from validator.demo.emulators import gcs as google
from validator.demo.emulators.azurite import Azurite
from validator.demo.emulators.s3 import PLANET_NEEDS, REGION, UserKey, allow

BUCKET: Final = "imagery-in"
PATIENCE: Final = 60.0
"""Seconds that a server may take to listen."""

Source = Mapping[str, Any]


class RemoteAzurite(Azurite):
    """An Azurite that somebody else has started."""

    def __init__(self, url: str, key: str) -> None:
        super().__init__(urlsplit(url).path.strip("/"))
        self.key = key
        self._url = url

    @property
    def url(self) -> str:
        """The account's URL."""
        return self._url


def gcs_sources(cloud: google.StandIn) -> Iterator[Source]:
    """A bucket, an account that may do what Planet needs, and one that cannot delete."""
    bucket = cloud.bucket(BUCKET)
    yield cloud.destination(cloud.account("planet").allow(*google.PLANET_NEEDS), bucket, "google: good")
    yield cloud.destination(cloud.account("planet-no-delete").allow(*google.PLANET_NEEDS[:2]), bucket, "google: cannot delete")


def moto_sources(url: str) -> Iterator[Source]:
    """The same on moto; from then on it enforces what its users may do."""
    from botocore.session import get_session

    session = get_session()

    def client(service: str) -> Any:
        return session.create_client(
            service, region_name=REGION, endpoint_url=url, aws_access_key_id="EXAMPLE", aws_secret_access_key="EXAMPLE"
        )

    _moto(url, "reset-auth", b"inf")  # it may have been filled before
    _moto(url, "reset")
    client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    iam = client("iam")
    for name, title, actions in (
        ("planet", "s3: good", PLANET_NEEDS),
        ("planet-no-delete", "s3: cannot delete", PLANET_NEEDS[:2]),
    ):
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="planet", PolicyDocument=json.dumps(allow(*actions)))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        yield UserKey(key["AccessKeyId"], key["SecretAccessKey"], name).destination(BUCKET, title)
    _moto(url, "reset-auth", b"0")


def _moto(url: str, what: str, body: bytes = b"") -> None:
    kind = {"content-type": "text/plain"}  # urllib's own would be read as a form
    request = urllib.request.Request(f"{url}/moto-api/{what}", body, kind, method="POST")  # noqa: S310 - moto's own address
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - the same
        pass


def azurite_sources(azurite: Azurite) -> Iterator[Source]:
    """A container, a SAS with everything that Planet needs, and one that cannot delete."""
    from azure.core.exceptions import ResourceExistsError

    with suppress(ResourceExistsError):
        azurite.make(BUCKET)
    yield azurite.request("azure: good", BUCKET, azurite.sas(BUCKET))
    yield azurite.request("azure: cannot delete", BUCKET, azurite.sas(BUCKET, "rwl"))


def main(arguments: Sequence[str]) -> int:
    """Run one of the two commands; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m validator.demo.emulators.playground", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    gcs = commands.add_parser("gcs")
    gcs.add_argument("--host", default="127.0.0.1")
    gcs.add_argument("--port", type=int, default=4443)
    gcs.add_argument("--url", default="", help="where others find it")
    seed = commands.add_parser("seed")
    seed.add_argument("--moto", required=True, metavar="URL")
    seed.add_argument("--azurite", required=True, metavar="URL", help="the account's URL; its key is in AZURITE_KEY")
    options = parser.parse_args(arguments)
    if options.command == "gcs":
        return _serve(google.StandIn(options.host, options.port, options.url))
    for url in (options.moto, options.azurite):
        _wait_for(url)
    _print([*moto_sources(options.moto), *azurite_sources(RemoteAzurite(options.azurite, os.environ["AZURITE_KEY"]))])
    return 0


def _serve(cloud: google.StandIn) -> int:
    ended = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda number, frame: ended.set())
    with cloud:
        _print([*gcs_sources(cloud)])
        ended.wait()
    return 0


def _print(sources: Sequence[Source]) -> None:
    sys.stdout.write("Paste any of these into the page; the keys are made up and open these emulators alone.\n")
    for source in sources:
        sys.stdout.write(json.dumps(source) + "\n")
    sys.stdout.flush()


def _wait_for(url: str) -> None:
    place = urlsplit(url)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection((place.hostname or "", place.port or 80), timeout=2).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
