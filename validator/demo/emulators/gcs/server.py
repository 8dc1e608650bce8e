"""The stand-in as its owner sees it: accounts and buckets to make, a URL to ask, and what was asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

from validator.demo.emulators.gcs.accounts import Account
from validator.demo.emulators.gcs.api import Cloud
from validator.demo.emulators.gcs.state import Bucket
from validator.demo.emulators.http import Emulator, Reply, Request


class StandIn(Emulator):
    """``with StandIn() as cloud``: accounts and buckets to make, a URL to ask, and what was asked.

    Args:
        host: address to listen on.
        port: 0 is a free one.
        url: where others reach it, if that is elsewhere; key files name it as their token address.

    Not a security boundary: it speaks plain HTTP, and its private keys live in this process.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, url: str = "") -> None:
        super().__init__(address=(host, port))
        self.clock_offset = 0.0
        """Seconds that this cloud's clock is ahead of ours."""
        self.intercept: Callable[[str, str], Reply | None] = lambda method, target: None
        """Answers in place of the cloud, by method and target, unless it returns None."""
        self._known_as = url

    def now(self) -> datetime:
        """This cloud's time."""
        return super().now() + timedelta(seconds=self.clock_offset)

    def account(self, name: str) -> Account:
        """A new service account with one key and no permissions."""
        return self.cloud.account(name)

    def bucket(self, name: str, **settings: Any) -> Bucket:
        """A new bucket; the settings are fields of Bucket."""
        return self.cloud.bucket(name, **settings)

    def destination(
        self, account: Account, bucket: Bucket | str, name: str = "gcs destination", **changes: str
    ) -> dict[str, Any]:
        """A Destinations request for this account and bucket; ``changes`` replace parameters."""
        place = bucket if isinstance(bucket, str) else bucket.name
        parameters = {"bucket": place, "credentials": account.credentials(), **changes}
        return {"name": name, "type": "google_cloud_storage", "parameters": parameters}

    def _begin(self, url: str, stack: ExitStack) -> None:
        super()._begin(self._known_as or url, stack)
        self.cloud = Cloud(f"{self.url}/token", self.now)

    def _carry_out(self, request: Request) -> Reply:
        return self.intercept(request.method, request.target) or self.cloud.handle(request)
