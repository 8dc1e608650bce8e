"""``python -m tests.benchmarks.load``: the HTTP service under load on loopback; bounded in number and time.

Three processes on one machine: this load generator, ``planet-validator serve``, and the store (the S3 emulator, or a store in memory that costs
next to nothing). They share its cores, so what is measured is less than the service alone could do.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.s3_store import S3Store
from tests.support.service_runner import Served
from tests.support.wire import TIMEOUT, Answer, Request, Wire

LONGEST = 240.0
"""Seconds for one measurement."""
CLIENTS = 4
"""Addresses that the load comes from: the limits count each for itself."""


def store_process(kind: str, buckets: int, said: Any) -> None:
    """The store; tells its address and key, and ends with the process that started it."""
    with ExitStack() as stack:
        if kind == "emulator":
            from validator.demo.emulators.s3 import S3Emulator

            s3 = stack.enter_context(S3Emulator())
            for number in range(buckets):
                s3.bucket(f"imagery-{number}")
            key = s3.user("planet")
            said.put((s3.url, key.access_key_id, key.secret_access_key))
        else:
            stores: defaultdict[str, S3Store] = defaultdict(S3Store)

            def handle(request: Request) -> Answer:
                wire.requests.clear()
                return stores[request.path.split("/")[1]].handle(request)

            wire = stack.enter_context(Wire(handle))
            said.put((wire.url, "AKIAQWERTYUIOPASDFGH", "EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMP"))
        time.sleep(10 * LONGEST)


@dataclass
class Seen:
    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    wrong: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    took: float = 0.0

    def row(self, title: str) -> str:
        if len(self.seconds) < 2:
            return f"| {title} | no figures: {self.wrong[:1]} |"
        cut = statistics.quantiles(self.seconds, n=100)
        return (
            f"| {title} | {len(self.seconds):,} | {len(self.seconds) / self.took:.0f} | {cut[49] * 1000:.0f} | {cut[94] * 1000:.0f} "
            f"| {cut[98] * 1000:.0f} | {self.memory[0]:.0f} | {max(self.memory):.0f} | {self.memory[-1]:.0f} |"
        )


HEADER = "| | checks | checks/s | p50 ms | p95 ms | p99 ms | MB at first | MB at most | MB at last |\n|---|---|---|---|---|---|---|---|---|"


async def load(service: Served, sources: list[Any], checks: int) -> Seen:
    """Each source is checked again and again, one at a time, all of them side by side; a refused one is asked again."""
    seen = Seen(memory=[service.memory()])
    left = checks
    began = time.perf_counter()

    async def worker(number: int, client: httpx.AsyncClient) -> None:
        nonlocal left
        body = json.dumps(sources[number])
        headers = {"authorization": f"Bearer {service.token}", "content-type": "application/json"}
        while left > 0 and time.perf_counter() - began < LONGEST:
            left -= 1
            started = time.perf_counter()
            answer = await client.post(f"http://127.0.0.1:{service.client.port}/v1/checks", content=body, headers=headers)
            if answer.status_code == 429:
                seen.refused += 1
                left += 1
                await asyncio.sleep(0.01)
                continue
            seen.seconds.append(time.perf_counter() - started)
            report = answer.json()
            if report.get("verdict") != "pass":
                seen.wrong.append(answer.text[:2000])
            if len(seen.seconds) % 100 == 0:
                seen.memory.append(service.memory())

    async with AllOf(
        [
            httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(local_address=f"127.0.0.{2 + n}"), timeout=90)
            for n in range(CLIENTS)
        ]
    ) as clients:
        await asyncio.gather(*(worker(number, clients[number % CLIENTS]) for number in range(len(sources))))
    seen.took = time.perf_counter() - began
    seen.memory.append(service.memory())
    return seen


class AllOf:
    def __init__(self, clients: list[httpx.AsyncClient]) -> None:
        self.clients = clients

    async def __aenter__(self) -> list[httpx.AsyncClient]:
        return self.clients

    async def __aexit__(self, *exc: object) -> None:
        for each in self.clients:
            await each.aclose()


def destination(number: int, key: tuple[str, str]) -> Any:
    parameters = {
        "bucket": f"imagery-{number}",
        "aws_region": "eu-central-1",
        "aws_access_key_id": key[0],
        "aws_secret_access_key": key[1],
    }
    return {"name": f"imagery {number}", "type": "amazon_s3", "parameters": parameters}


def hanging(url: str, number: int) -> Any:
    parameters = {
        "bucket": f"hanging-{number}", "endpoint": url, "region": "eu-central-1", "access_key_id": "EXAMPLEKEY1234567890",
        "secret_access_key": "EXAMPLE-secret-secret", "use_path_style": True,
    }  # fmt: skip
    return {"name": f"hanging {number}", "type": "s3_compatible", "parameters": parameters}


async def beside(service: Served, sources: list[Any], checks: int, url: str, count: int) -> Seen:
    """The same while ``count`` checks of a store that never answers are under way all the time, from an address of their own."""
    headers = {"authorization": f"Bearer {service.token}", "content-type": "application/json"}

    async def hang(number: int, client: httpx.AsyncClient) -> None:
        while True:
            await client.post(f"http://127.0.0.1:{service.client.port}/v1/checks", json=hanging(url, number), headers=headers)

    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(local_address="127.0.0.9"), timeout=90) as client:
        tasks = [asyncio.create_task(hang(number, client)) for number in range(count)]
        await asyncio.sleep(1)
        try:
            return await load(service, sources, checks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def stored(kind: str, buckets: int) -> Iterator[tuple[str, tuple[str, str]]]:
    """Address and key of a store in a process of its own."""
    context = multiprocessing.get_context("spawn")
    said: Any = context.Queue()
    process = context.Process(target=store_process, args=(kind, buckets, said), daemon=True)
    process.start()
    try:
        url, *key = said.get(timeout=60)
        yield url, (key[0], key[1])
    finally:
        process.terminate()
        process.join(10)


def measure(kind: str, checks: int, parallel: int) -> None:
    with stored(kind, parallel) as (url, key):
        sources = [destination(number, key) for number in range(parallel)]
        options = ("--allow-private-endpoints", "--endpoint", f"amazon_s3={url}", "--timeout", "30")
        with Wire(lambda _: TIMEOUT) as never, Served(options) as service:
            asyncio.run(load(service, sources, 100))  # what is loaded once is loaded
            for title, seen in (
                (f"{kind}, one at a time", asyncio.run(load(service, sources[:1], max(2, checks // 10)))),
                (f"{kind}, {parallel} at a time", asyncio.run(load(service, sources, checks))),
                ("the same, beside 8 checks that hang", asyncio.run(beside(service, sources, checks // 2, never.url, 8))),
            ):
                print(seen.row(title), flush=True)
                if seen.wrong:
                    print(f"NOT PASSED: {len(seen.wrong)}; the first: {seen.wrong[0]}")
                if seen.refused:
                    print(f"refused with 429 and asked again: {seen.refused}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=2000)
    parser.add_argument("--parallel", type=int, default=16)
    parser.add_argument("--store", choices=("emulator", "memory", "both"), default="both")
    told = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}\n\n{HEADER}")
    for kind in ("memory", "emulator") if told.store == "both" else (told.store,):
        measure(kind, told.checks, told.parallel)


if __name__ == "__main__":
    main()
