"""Stores of many buckets for the measuring, and a wire that is as long as one to another continent."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from tests.support.conformance.azure_blob_storage import AzureStore
from tests.support.conformance.google_cloud_storage import EMAIL, KEY
from tests.support.s3_store import S3Store
from tests.support.wire import Answer, Request, Wire, authority
from validator.demo.emulators.gcs.accounts import Account
from validator.demo.emulators.gcs.api import Cloud
from validator.demo.emulators.http import Request as EmulatedRequest

S3, GCS, AZURE = "amazon_s3", "google_cloud_storage", "azure_blob_storage"
ADDRESSES = {S3: "", GCS: "https://storage.googleapis.com", AZURE: "https://imageryaccount.blob.core.windows.net"}
"""The vendors' own, as their SDKs take them."""
NAMES = (
    "*.s3.eu-central-1.amazonaws.com",
    "storage.googleapis.com",
    "oauth2.googleapis.com",
    "imageryaccount.blob.core.windows.net",
)
PLACE = {S3: "bucket", GCS: "bucket", AZURE: "container"}
LEADING = """
import socket
look_up = socket.getaddrinfo
def getaddrinfo(host, port, *more, **named):
    return look_up("127.0.0.1", {port} if port == 443 else port, *more, **named)
socket.getaddrinfo = getaddrinfo
"""
"""What a process is started with (``sitecustomize``) for which each vendor's name is a relay's: a proxy would be spoken to in another way."""


class Store:
    """Buckets that are there as soon as they are asked for."""

    def __init__(self, type_: str, *, tls: bool = False) -> None:
        self.type = type_
        self.wire = Wire(self.handle, tls=tls)
        self.seen_at(self.wire.url)
        made: Any = S3Store if type_ == S3 else AzureStore
        self.stores: defaultdict[str, Any] = defaultdict(made)

    def seen_at(self, url: str) -> None:
        """The address by which it is asked: Google's keys name it."""
        self.url = url
        self.account = Account(EMAIL, f"{url}/token", [KEY])
        self.account.allow("storage.objects.create", "storage.objects.get", "storage.objects.delete")
        self.cloud = Cloud(f"{url}/token", lambda: datetime.now(UTC))
        self.cloud.accounts[EMAIL] = self.account

    def handle(self, request: Request) -> Answer:
        self.wire.requests.clear()
        host = request.headers.get("host", "")
        if host.endswith(".amazonaws.com"):  # the bucket is in the host's name there
            request = replace(request, path=f"/{host.partition('.')[0]}{request.path}")
        if self.type != GCS:
            return self.stores[request.path.split("/")[1].partition("?")[0]].handle(request)
        reply = self.cloud.handle(EmulatedRequest(request.method, request.path, request.headers, request.body))
        return Answer(reply.status, reply.headers, reply.body)

    @contextmanager
    def under_vendors_names(self, delay: float) -> Iterator[tuple[str, dict[str, str]]]:
        """The address that a script is told, and the environment that leads what asks for the vendor's own names here: names and a CA."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority()[0].issue_cert(*NAMES).configure_cert(context)
        vendors = Wire(self.handle)
        vendors.server.socket = context.wrap_socket(vendors.server.socket, server_side=True, do_handshake_on_connect=False)
        self.seen_at("https://oauth2.googleapis.com")
        with vendors, far_away(vendors.port, delay) as relay, TemporaryDirectory() as folder:
            Path(folder, "sitecustomize.py").write_text(LEADING.format(port=urlsplit(relay).port), encoding="ascii")
            trust = dict.fromkeys(("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"), authority()[1])
            yield ADDRESSES[self.type], {"PYTHONPATH": folder, **trust}

    def sources(self, count: int) -> list[Any]:
        """Destinations of as many buckets."""
        usual = import_module(f"tests.support.conformance.{self.type}").case.source(self.wire)
        made = []
        for number in range(count):
            place = f"imagery-{number:04d}"
            parameters = {**usual["parameters"], PLACE[self.type]: place}
            if self.type == GCS:
                parameters["credentials"] = self.account.credentials()
                self.cloud.bucket(place)
            made.append({**usual, "name": f"{self.type} {number:04d}", "parameters": parameters})
        return made


def write(folder: Path, name: str, document: Any) -> str:
    path = folder / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


@contextmanager
def far_away(port: int, delay: float) -> Iterator[str]:
    """The address of a relay before the port: what is sent arrives half of ``delay`` seconds later, and opening a connection costs a ``delay``."""
    loop = asyncio.new_event_loop()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handshake: float) -> None:
        due = loop.time() + handshake
        with suppress(OSError):
            while data := await reader.read(65536):
                due = max(due, loop.time() + delay / 2)
                loop.call_at(due, writer.write, data)
        loop.call_at(max(due, loop.time() + delay / 2), writer.close)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", port)
        with suppress(asyncio.CancelledError):
            await asyncio.gather(carry(reader, to_writer, delay * 1.5), carry(to_reader, writer, 0))

    async def serve() -> asyncio.Server:
        return await asyncio.start_server(connected, "127.0.0.1", 0)

    async def end() -> None:
        server.close()
        ended = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
        for each in ended:
            each.cancel()
        await asyncio.gather(*ended, return_exceptions=True)

    server = loop.run_until_complete(serve())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
