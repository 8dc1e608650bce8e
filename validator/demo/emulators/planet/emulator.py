"""The local Planet as its owner sees it: destinations that are there, faults to come, and what was asked."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from validator.demo.emulators.http import Reply, Request, Served, Server
from validator.demo.emulators.planet.destinations import DestinationRefused, Destinations, Stored, now
from validator.demo.emulators.planet.probe import verify


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that came in, and how it was answered."""

    method: str
    path: str
    status: int | None
    body: Mapping[str, Any] | None = None
    """As sent, secrets included: this is a stand-in."""


class PlanetEmulator(Served):
    """``with PlanetEmulator({"amazon_s3": s3.url}) as planet``: ``planet.url`` is the root, ``planet.key`` an API key.

    Args:
        endpoints: where the clouds are, by destination type. Without one for a type, a destination of it cannot pass the check.
        ca_bundle: to trust when an S3 endpoint speaks TLS.
        per_second: requests that one key may make in a second; Planet documents three.
    """

    def __init__(
        self, endpoints: Mapping[str, str] | None = None, *, ca_bundle: str | None = None, per_second: int = 3
    ) -> None:
        self.requests: list[Exchange] = []
        """What came in, in the order in which it was answered."""
        self.verify: Callable[[str, Mapping[str, Any]], str | None] = self._verify
        """The check; may be replaced by a test."""
        self.key = "PLAK" + secrets.token_hex(16)
        self.colleague = "PLAK" + secrets.token_hex(16)
        """The API key of another member of the same organisation, who owns nothing that ``key`` makes."""
        self._users = {self.key: 101, self.colleague: 102}
        self._endpoints, self._ca_bundle, self._per_second = dict(endpoints or {}), ca_bundle, per_second
        self.destinations = Destinations(self._check)
        self._faults: deque[tuple[str, str]] = deque()
        self._seen: dict[str, deque[float]] = {}
        self._turn = threading.Lock()
        self._server = Server(self.answer)
        self.url = self.destinations.url = self._server.url

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

    def answer(self, request: Request) -> Reply:
        """One after the other, as they come."""
        with self._turn:
            fault = self._faults.popleft()[1] if self._faults and self._faults[0][0] == request.method else ""
            sent: Any = None
            try:
                sent = json.loads(request.body) if request.body else None
                if fault == "lose-request":
                    reply = Reply(0)
                elif fault.isdigit():
                    reply = DestinationRefused(int(fault), "made-up fault").reply
                else:
                    reply = self._carry_out(request, sent)
            except DestinationRefused as refused:
                reply = refused.reply
            except ValueError:
                reply = DestinationRefused(400, "request body is not valid JSON").reply
            if fault == "lose-answer":
                reply = Reply(0)
            known = sent if isinstance(sent, dict) else None
            self.requests.append(Exchange(request.method, request.target, reply.status or None, known))
            return reply

    def _carry_out(self, request: Request, sent: Any) -> Reply:
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

    def _check(self, type_: str, parameters: Mapping[str, Any]) -> str | None:
        return self.verify(type_, parameters)

    def _verify(self, type_: str, parameters: Mapping[str, Any]) -> str | None:
        endpoint = self._endpoints.get(type_)
        if endpoint is None and type_ != "s3_compatible":
            return "this local Planet knows no cloud of that type"
        return verify(type_, parameters, endpoint, self._ca_bundle)
