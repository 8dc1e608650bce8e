"""What docker-compose.yml fills its emulators with: buckets, made-up keys, and sources to paste into the page.

``python -m validator.demo.emulators.playground gcs`` is the stand-in for Google Cloud Storage as a server of its own, ``... s3`` that
for Amazon S3; ``... seed`` makes containers on a running Azurite. All print the sources. Not for anything but trying out: whoever
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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from validator.demo.emulators import gcs as google
from validator.demo.emulators.azurite import Azurite
from validator.demo.emulators.s3 import PLANET_NEEDS, S3Emulator

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


def s3_sources(s3: S3Emulator) -> Iterator[Source]:
    """The same on the stand-in for Amazon S3."""
    bucket = s3.bucket(BUCKET)
    yield s3.user("planet").destination(bucket, "s3: good")
    yield s3.user("planet-no-delete", actions=PLANET_NEEDS[:2]).destination(bucket, "s3: cannot delete")


def azurite_sources(azurite: Azurite) -> Iterator[Source]:
    """A container, a SAS with everything that Planet needs, and one that cannot delete."""
    from azure.core.exceptions import ResourceExistsError

    with suppress(ResourceExistsError):
        azurite.make(BUCKET)
    yield azurite.request("azure: good", BUCKET, azurite.sas(BUCKET))
    yield azurite.request("azure: cannot delete", BUCKET, azurite.sas(BUCKET, "rwl"))


def main(arguments: Sequence[str]) -> int:
    """Run one of the commands; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m validator.demo.emulators.playground", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, port in (("gcs", 4443), ("s3", 5000)):
        server = commands.add_parser(name)
        server.add_argument("--host", default="127.0.0.1")
        server.add_argument("--port", type=int, default=port)
    commands.choices["gcs"].add_argument("--url", default="", help="where others find it")
    seed = commands.add_parser("seed")
    seed.add_argument("--azurite", required=True, metavar="URL", help="the account's URL; its key is in AZURITE_KEY")
    options = parser.parse_args(arguments)
    if options.command == "seed":
        _wait_for(options.azurite)
        _print([*azurite_sources(RemoteAzurite(options.azurite, os.environ["AZURITE_KEY"]))])
        return 0
    ended = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda number, frame: ended.set())
    if options.command == "gcs":
        with google.StandIn(options.host, options.port, options.url) as cloud:
            _print([*gcs_sources(cloud)])
            ended.wait()
    else:
        with S3Emulator(address=(options.host, options.port)) as s3:
            _print([*s3_sources(s3)])
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
