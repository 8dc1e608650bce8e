"""``python -m tests.benchmarks.endurance``: the HTTP service in trouble on loopback, and over many checks; what is left is counted.

The service is a process of its own; the clients and the store share this one, and all of them the machine's cores. A line a scenario: what
was done, and what came of it. Nothing here asserts a duration.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import secrets
import socket
import statistics
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx

from tests.benchmarks.load import destination, hanging
from tests.support.s3_store import S3Store, denied, step
from tests.support.secret_forms import forms
from tests.support.service_runner import Served
from tests.support.wire import TIMEOUT, Answer, Request, Wire, wait_until

SECRET = secrets.token_urlsafe(30)[:40].translate({45: "+", 95: "/"})  # in the alphabet of Amazon's secrets
KEY = ("AKIAQWERTYUIOPASDFGH", SECRET)


class Stores:
    """A store for each bucket; one whose name ends in ``-kept`` refuses every delete. ``reached`` is told of every write."""

    def __init__(self) -> None:
        self.stores: defaultdict[str, S3Store] = defaultdict(S3Store)
        self.reached = threading.Semaphore(0)
        self.let_go = threading.Event()
        self.let_go.set()

    def handle(self, request: Request) -> Answer:
        self.wire.requests.clear()
        bucket = request.path.split("/")[1]
        if bucket.endswith("-kept") and request.method == "DELETE":
            return denied(step(request))
        answer = self.stores[bucket].handle(request)
        if request.method == "PUT":
            self.reached.release()
            self.let_go.wait(30)
        return answer

    def left(self) -> int:
        return sum(len(each.objects) for each in self.stores.values())

    def __enter__(self) -> Self:
        self.wire = Wire(self.handle)
        self.wire.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self.wire.__exit__(*exc)


def descriptors(service: Served) -> int:
    return len(list(Path(f"/proc/{service.process.pid}/fd").iterdir()))


@contextlib.contextmanager
def served(stores: Stores) -> Iterator[Served]:
    options = ("--allow-private-endpoints", "--endpoint", f"amazon_s3={stores.wire.url}", "--timeout", "30")
    with Served(options) as service:
        yield service


def client(service: Served, address: str) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {service.token}", "content-type": "application/json"}
    transport = httpx.AsyncHTTPTransport(local_address=address, limits=httpx.Limits(max_connections=None))
    return httpx.AsyncClient(
        transport=transport, timeout=120, headers=headers, base_url=f"http://127.0.0.1:{service.client.port}"
    )


def percent(values: list[float], part: int) -> str:
    return f"{statistics.quantiles(values, n=100)[part - 1] * 1000:,.0f} ms" if len(values) > 1 else "none"


async def timed(each: httpx.AsyncClient, source: Any) -> tuple[httpx.Response, float]:
    began = time.perf_counter()
    answer = await each.post("/v1/checks", json=source)
    return answer, time.perf_counter() - began


def crowd(service: Served) -> str:
    """1,000 clients of four addresses at once, and one of a fifth, who asks one thing after the other."""

    async def all_at_once() -> tuple[list[tuple[httpx.Response, float]], list[tuple[httpx.Response, float]]]:
        async with contextlib.AsyncExitStack() as stack:
            many = [await stack.enter_async_context(client(service, f"127.0.0.{2 + n}")) for n in range(4)]
            other = await stack.enter_async_context(client(service, "127.0.0.9"))
            flood = asyncio.gather(*(timed(many[n % 4], destination(n, KEY)) for n in range(1000)))
            alone = [await timed(other, destination(2000 + n, KEY)) for n in range(10)]
            return await flood, alone

    flood, alone = asyncio.run(all_at_once())
    statuses = Counter(answer.status_code for answer, _ in flood)
    waits = {answer.headers.get("retry-after") for answer, _ in flood if answer.status_code == 429}
    quick = percent([took for answer, took in flood if answer.status_code == 429], 95)
    others = Counter(answer.status_code for answer, _ in alone)
    return f"{dict(statuses)}; 429 within {quick} (95 %), Retry-After {waits}; the fifth: {dict(others)}, median {percent([t for _, t in alone], 50)}"


def slow(service: Served) -> str:
    """Half heads and half bodies, held open: they are hung up on, and nobody else waits."""
    port = service.client.port
    head = f"POST /v1/checks HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {service.token}\r\ncontent-length: 100\r\n"
    half = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(400)]
    for number, each in enumerate(half):
        each.sendall(head.encode() if number % 2 else f"{head}content-type: application/json\r\n\r\n{{".encode())
    healthy = []
    for _ in range(50):
        began = time.perf_counter()
        assert service.client.ask("GET", "/healthz").status == 200
        healthy.append(time.perf_counter() - began)
    ended: Counter[str] = Counter()
    for each in half:
        with contextlib.suppress(ConnectionResetError):
            ended[each.recv(12).decode() or "closed"] += 1
        each.close()
    return f"{dict(ended)}; /healthz meanwhile {percent(healthy, 95)} (95 %)"


def broken(service: Served) -> str:
    """Bytes that are no HTTP, and connections that are reset."""
    for number in range(500):
        with socket.create_connection(("127.0.0.1", service.client.port), timeout=30) as each:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # close by a reset
            each.sendall(os.urandom(200) if number % 2 else b"GET / HTTP/1.1\r\nhost: local")
    return f"/healthz: {service.client.ask('GET', '/healthz').status}"


def leave(service: Served, stores: Stores) -> str:
    """Clients that hang up when their file has just been written."""
    gone = 0
    for round_ in range(10):
        stores.let_go.clear()
        many = []
        for number in range(8):
            body = json.dumps(destination(3000 + 8 * round_ + number, KEY)).encode()
            each = socket.create_connection(("127.0.0.1", service.client.port), timeout=30)
            head = f"POST /v1/checks HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {service.token}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
            each.sendall(head.encode() + body)
            many.append(each)
        for _ in many:
            assert stores.reached.acquire(timeout=30)
        for each in many:
            each.close()
        gone += len(many)
        stores.let_go.set()
        wait_until(lambda: b"in_flight 0.0" in service.client.ask("GET", "/metrics").body, 60)
        while stores.reached.acquire(blocking=False):
            pass
    return f"{gone} left in mid-check; files left behind: {stores.left()}"


def ending(service: Served, stores: Stores) -> str:
    """SIGTERM while 8 checks have just written."""
    while stores.reached.acquire(blocking=False):
        pass
    stores.let_go.clear()
    threads = [threading.Thread(target=lambda n=n: service.client.ask("POST", "/v1/checks", destination(4000 + n, KEY))) for n in range(8)]  # type: ignore[misc]  # fmt: skip
    for each in threads:
        each.start()
    for _ in threads:
        assert stores.reached.acquire(timeout=30)
    written = stores.left()
    began = time.perf_counter()
    service.process.terminate()
    stores.let_go.set()
    code = service.process.wait(60)
    took = time.perf_counter() - began
    for each in threads:
        each.join(30)
    return f"{written} files were written; exit code {code} after {took:.1f} s; files left behind: {stores.left()}"


def hung(service: Served) -> str:
    """8 checks of a provider that never answers, and 200 of one that does."""

    async def both() -> list[tuple[httpx.Response, float]]:
        async with client(service, "127.0.0.9") as stuck, client(service, "127.0.0.2") as quick:
            tasks = [asyncio.create_task(timed(stuck, hanging(never.url, n))) for n in range(8)]
            await asyncio.sleep(0.5)
            done = []
            for n in range(50):
                done += await asyncio.gather(*(timed(quick, destination(5000 + 4 * n + k, KEY)) for k in range(4)))
            assert not any(each.done() for each in tasks), "the provider must have hung all the while"
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            return done

    with Wire(lambda _: TIMEOUT) as never:
        done = asyncio.run(both())
        verdicts = Counter(answer.json().get("verdict") for answer, _ in done)
    return f"{dict(verdicts)}, median {percent([t for _, t in done], 50)}, 95 % {percent([t for _, t in done], 95)}"


def long(service: Served, checks: int, every: float) -> str:
    """Checks of 8 clients, one begun ``every`` so many seconds, a third of which fail; memory and descriptors are looked at on the way."""
    verdicts: Counter[str] = Counter()
    rows: list[tuple[int, float, int]] = []
    began = time.perf_counter()

    async def work() -> None:
        todo = iter(range(checks))

        async def one(each: httpx.AsyncClient) -> None:
            for number in todo:
                await asyncio.sleep(max(0.0, began + number * every - time.perf_counter()))
                source = destination(6000 + number % 97, KEY)
                if number % 3 == 0:
                    source["parameters"]["bucket"] += "-kept"
                answer, _ = await timed(each, source)
                verdicts[answer.json().get("verdict", str(answer.status_code))] += 1
                if (done := sum(verdicts.values())) % (checks // 10) == 0:
                    rows.append((done, service.memory(), descriptors(service)))

        async with client(service, "127.0.0.2") as a, client(service, "127.0.0.3") as b:
            await asyncio.gather(*(one(each) for each in (a, b) for _ in range(4)))

    asyncio.run(work())
    took = time.perf_counter() - began
    series = ", ".join(f"{done:,}: {memory:.0f} MB, {open_}" for done, memory, open_ in rows)
    return f"{checks:,} checks in {took:.0f} s ({dict(verdicts)}); memory and descriptors after so many: {series}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=3600, help="how many, by default an hour of one each second")
    parser.add_argument("--every", type=float, default=0.0, help="seconds from one check to the next; 0: as fast as they go")
    told = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}", flush=True)
    said: list[str] = []
    with Stores() as stores, served(stores) as service:
        service.client.check(destination(1, KEY))  # what is loaded once is loaded
        scenarios = {
            "a crowd": lambda: crowd(service), "slow clients": lambda: slow(service), "broken clients": lambda: broken(service),
            "clients that leave": lambda: leave(service, stores), "a provider that hangs": lambda: hung(service),
            "many checks": lambda: long(service, told.checks, told.every), "SIGTERM": lambda: ending(service, stores),
        }  # fmt: skip
        for name, run in scenarios.items():
            before = service.memory()
            came = run()
            alive = service.process.poll() is None
            memory = f"memory {before:.0f} -> {service.memory():.0f} MB, {descriptors(service)} descriptors; " if alive else ""
            print(f"- {name}: {came}; {memory}files left: {stores.left()}", flush=True)
        said = list(service.said)
    text = "".join(said)
    shown = [form for form in forms(SECRET) if form in text]
    print(f"- the log: {len(said):,} lines; forms of the secret in it: {len(shown)}; the token in it: {service.token in text}")


if __name__ == "__main__":
    main()
