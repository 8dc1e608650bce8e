"""The stand-in as its owner sees it: accounts and buckets to make, a URL to ask, and what was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from validator.demo.emulators.gcs.accounts import Account
from validator.demo.emulators.gcs.api import Cloud
from validator.demo.emulators.gcs.state import Bucket
from validator.demo.emulators.http import Reply, Request, Served, Server


class StandIn(Served):
    """``with StandIn() as cloud``: accounts and buckets to make, a URL to ask, and what was asked.

    Args:
        host: address to listen on.
        port: 0 is a free one.
        url: where others reach it, if that is elsewhere; key files name it as their token address.

    Not a security boundary: it speaks plain HTTP, and its private keys live in this process.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, url: str = "") -> None:
        self.clock_offset = 0.0
        """Seconds that this cloud's clock is ahead of ours."""
        self.requests: list[tuple[str, str]] = []
        """Method and target of everything that was asked, in order."""
        self.intercept: Callable[[str, str], Reply | None] = lambda method, target: None
        """Answers in place of the cloud, by method and target, unless it returns None."""
        self._turn = threading.Lock()
        self._server = Server(self._answer, address=(host, port), now=self.now)
        self.url = url or self._server.url
        self.cloud = Cloud(f"{self.url}/token", self.now)

    def now(self) -> datetime:
        """This cloud's time."""
        return datetime.now(UTC) + timedelta(seconds=self.clock_offset)

    def account(self, name: str) -> Account:
        """A new service account with one key and no permissions."""
        return self.cloud.account(name)

    def bucket(self, name: str, **settings: Any) -> Bucket:
        """A new bucket; the settings are fields of Bucket."""
        return self.cloud.bucket(name, **settings)

    def destination(self, account: Account, bucket: Bucket | str, name: str = "gcs destination") -> dict[str, Any]:
        """A Destinations request for this account and bucket."""
        place = bucket if isinstance(bucket, str) else bucket.name
        parameters = {"bucket": place, "credentials": account.credentials()}
        return {"name": name, "type": "google_cloud_storage", "parameters": parameters}

    def _answer(self, request: Request) -> Reply:
        with self._turn:
            self.requests.append((request.method, request.target))
            return self.intercept(request.method, request.target) or self.cloud.handle(request)
