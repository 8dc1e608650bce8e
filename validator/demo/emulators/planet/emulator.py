"""The local Planet as its owner sees it: destinations that are there, faults to come, and what was asked."""

from __future__ import annotations

import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

from validator.demo.emulators.http import Emulator, Exchange, Reply, Request
from validator.demo.emulators.planet.destinations import DestinationRefused, Destinations, Stored, now
from validator.demo.emulators.planet.probe import verify


class PlanetEmulator(Emulator):
    """``with PlanetEmulator({"amazon_s3": s3.url}) as planet``: ``planet.url`` is the root, ``planet.key`` an API key.

    Args:
        endpoints: where the clouds are, by destination type. Without one for a type, a destination of it cannot pass the check.
        ca_bundle: to trust when an S3 endpoint speaks TLS.
        per_second: requests that one key may make in a second; Planet documents three.
    """

    def __init__(
        self, endpoints: Mapping[str, str] | None = None, *, ca_bundle: str | None = None, per_second: int = 3
    ) -> None:
        super().__init__()
        self.verify: Callable[[str, Mapping[str, Any]], str | None] = partial(
            verify, endpoints=dict(endpoints or {}), ca_bundle=ca_bundle
        )
        """The check; may be replaced by a test."""
        self.key = "PLAK" + secrets.token_hex(16)
        self.colleague = "PLAK" + secrets.token_hex(16)
        """The API key of another member of the same organisation, who owns nothing that ``key`` makes."""
        self._users = {self.key: 101, self.colleague: 102}
        self._per_second = per_second
        self.destinations = Destinations(lambda type_, parameters: self.verify(type_, parameters))  # noqa: PLW0108 - looked up anew: it may be replaced
        self._faults: deque[tuple[str, str]] = deque()
        self._seen: dict[str, deque[float]] = {}

    def _begin(self, url: str, stack: ExitStack) -> None:
        super()._begin(url, stack)
        self.destinations.url = url

    def fault(self, method: str, what: str) -> None:
        """What happens to the next request of this method, once; several faults wait in line.

        ``lose-answer``: it is carried out, and the connection closes without an answer. ``lose-request``: it closes before anything
        is done. A number: that status, and nothing is done.
        """
        self._faults.append((method, what))

    def sent(self, *methods: str) -> list[Exchange]:
        """The requests of these methods."""
        return [each for each in self.requests if each.method in methods]

    @property
    def stored(self) -> list[Stored]:
        """Every destination, archived ones included."""
        return list(self.destinations.stored.values())

    @property
    def default(self) -> str | None:
        """The id of the default destination."""
        return self.destinations.default

    def add(self, request: Mapping[str, Any], *, colleague: bool = False, archived: bool = False) -> Stored:
        """A destination that is there already; nobody checks it."""
        made = self.destinations.add(dict(request), self._users[self.colleague if colleague else self.key])
        if archived:
            made.archived = now()
        return made

    # ---- one request -------------------------------------------------------------------------------------------------

    def _carry_out(self, request: Request) -> Reply:
        fault = self._faults.popleft()[1] if self._faults and self._faults[0][0] == request.method else ""
        if fault == "lose-request":
            return Reply(0)
        if fault.isdigit():
            raise DestinationRefused(int(fault), "made-up fault")
        try:
            reply = self._answer(request)
        except DestinationRefused as refused:
            reply = refused.reply
        return Reply(0) if fault == "lose-answer" else reply

    def _answer(self, request: Request) -> Reply:
        try:
            sent = json.loads(request.body) if request.body else None
        except ValueError:
            raise DestinationRefused(400, "request body is not valid JSON") from None
        authorization = request.headers.get("authorization", "")
        user = self._users.get(authorization.removeprefix("api-key ").strip())
        if user is None:
            raise DestinationRefused(401, "invalid credentials")
        self._slow_down(authorization)
        return self.destinations.answer(request.method, request.target, sent, user)

    def _slow_down(self, authorization: str) -> None:
        now = time.monotonic()
        times = self._seen.setdefault(authorization, deque())
        while times and now - times[0] >= 1.0:
            times.popleft()
        times.append(now)
        if len(times) > self._per_second:
            raise DestinationRefused(429, "rate limit exceeded")
