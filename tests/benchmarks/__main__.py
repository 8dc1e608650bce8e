"""``make bench``: what a user waits for, beside what else could be run. Ratios hold on any machine; milliseconds only on this one.

``python -m tests.benchmarks --runs 7 --only one,far --draw`` measures some of it, and draws the charts of ``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import logging
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from tests.benchmarks.charts import draw
from tests.benchmarks.load import HEADER, destination, load, stored
from tests.benchmarks.measure import VALIDATOR, Results, Run, compare, run
from tests.benchmarks.others import BESIDE, Other, beside_azure, beside_google, beside_s3, installed
from tests.benchmarks.scripts import AZURE_ONE, GCS_ONE, LOADED, MANY, OTHERS, S3_ONE
from tests.benchmarks.stores import AZURE, GCS, S3, Store, far_away, write
from tests.support.service_runner import Served
from validator.demo.emulators.azurite import Azurite, AzuriteMissing

NAMES = {S3: "Amazon S3", GCS: "Google Cloud Storage", AZURE: "Azure Blob Storage"}
SCRIPTS = {S3: ("boto3", S3_ONE), GCS: ("google-cloud-storage", GCS_ONE), AZURE: ("azure-storage-blob", AZURE_ONE)}
DELAY = 0.08
"""Seconds there and back, as to another continent."""


class Bench:
    def __init__(self, folder: Path, runs: int, results: Results) -> None:
        self.folder = folder
        self.runs = runs
        self.results = results

    def start(self) -> None:
        """Commands that ask no network."""
        many = self.folder / "many"
        many.mkdir()
        for number, each in enumerate(Store(S3).sources(50)):
            write(many, f"{number}.json", each)
        taken = compare({
            "python -c pass": lambda: run([sys.executable, "-c", "pass"]),
            "planet-validator --help": lambda: run([VALIDATOR, "--help"]),
            "planet-validator --version": lambda: run([VALIDATOR, "--version"]),
            "planet-validator explain delete-denied": lambda: run([VALIDATOR, "explain", "delete-denied"]),
            "planet-validator lint of 50 files": lambda: run([VALIDATOR, "lint", "-q", str(many)]),
        }, self.runs)  # fmt: skip
        self.results.ratios("start", "Without a network", taken, "python -c pass")

    def tools(self) -> None:
        """Beside what a user would take instead, against stores that any tool can ask: S3 is moto, Google's over TLS, Azure is Azurite."""
        programs = installed()
        for name in dict.fromkeys(name for names in BESIDE.values() for name in names if name not in programs):
            self.results.left_out(name, "not installed")
        body = str(self.folder / "body.txt")
        Path(body).write_text("x" * 60, encoding="ascii")
        with moto() as (url, login):
            key = {name.lower(): login[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
            parameters = {"bucket": "imagery-in", "aws_region": "us-east-1", **key}
            others = beside_s3(programs, body, url, "imagery-in", login)
            self.beside("tools", S3, parameters, url, ", against moto", others=others)
        store = Store(GCS, tls=True)
        with store.wire as wire:
            store.account.allow("storage.objects.list")  # gsutil looks first what is there
            parameters = store.sources(1)[0]["parameters"]
            key_file = base64.b64decode(parameters["credentials"])
            others = beside_google(programs, body, wire.url, parameters["bucket"], key_file, wire.ca)
            self.beside("tools", GCS, parameters, wire.url, ", over TLS", {"REQUESTS_CA_BUNDLE": wire.ca}, others)
        try:
            with Azurite() as azurite:
                parameters = azurite.request("bench", azurite.make("imagery"), azurite.sas("imagery"))["parameters"]
                others = beside_azure(programs, body, azurite.url, "imagery", parameters["sas_token"])
                self.beside("tools", AZURE, parameters, azurite.url, ", against Azurite", others=others)
        except AzuriteMissing as missing:
            self.results.left_out(NAMES[AZURE], str(missing))

    def one(self) -> None:
        """A check in a new process against the SDK's plain script, on loopback."""
        for type_ in SCRIPTS:
            store = Store(type_)
            with store.wire:
                self.beside("one", type_, store.sources(1)[0]["parameters"], store.wire.url)

    def own(self) -> None:
        """A check of Amazon S3 against the loading of what it loads of others: the rest is ours, seven requests included."""
        store = Store(S3)
        with store.wire:
            file, names = write(self.folder, "own.json", store.sources(1)[0]), str(self.folder / "loaded")
            arguments = ("check", file, "--endpoint", f"{S3}={store.wire.url}")
            run([sys.executable, "-c", LOADED, *arguments, names])
            base = "Python, and the modules of others alone"
            taken = compare({
                base: lambda: run([sys.executable, "-c", OTHERS, names]),
                "planet-validator check": lambda: run([VALIDATOR, *arguments]),
            }, self.runs)  # fmt: skip
        self.results.ratios("own", "One check of Amazon S3, and what of it is others'", taken, base)

    def far(self) -> None:
        """The same over a wire as long as one to another continent, under the vendors' own names, as users have it."""
        for type_ in SCRIPTS:
            store = Store(type_)
            with store.under_vendors_names(DELAY) as (address, environment):
                parameters = store.sources(1)[0]["parameters"]
                self.beside("far", type_, parameters, address, f", {DELAY * 1000:.0f} ms away", environment)

    def beside(
        self,
        key: str,
        type_: str,
        parameters: Mapping[str, str],
        address: str,
        where: str = "",
        environment: Mapping[str, str] = MappingProxyType({}),
        others: Iterable[Other] = (),
    ) -> None:
        """One check beside the plain script, and beside other tools. An address of this machine is no vendor's: the check is told it."""
        file = write(self.folder, f"{type_}.json", {"name": "bench", "type": type_, "parameters": parameters})
        options = ("--endpoint", f"{type_}={address}") if "127.0.0.1" in address else ()
        library, script = SCRIPTS[type_]
        base = f"{library}: put, delete"
        candidates: dict[str, Callable[[], Run]] = {
            base: lambda: run([sys.executable, "-c", script, file, address], **environment),
            "planet-validator check": lambda: run([VALIDATOR, "check", file, *options], **environment),
        }
        candidates |= {each.name: each.run for each in others}
        title = f"One check of {NAMES[type_]} in a new process{where}"
        self.results.ratios(f"{key}-{type_}", title, compare(candidates, self.runs), base)

    def mixed(self) -> None:
        """50 destinations of three clouds against the SDKs with 16 threads."""
        with self.fifty(0) as (file, endpoints, options):
            base = "the SDKs, 16 threads: put, delete"
            taken = compare({
                base: lambda: run([sys.executable, "-c", MANY, file, json.dumps(endpoints)]),
                "planet-validator check": lambda: run([VALIDATOR, "check", "-q", file, *options]),
            }, max(2, self.runs // 2))  # fmt: skip
        self.results.ratios("mixed", "50 destinations of three clouds in one process", taken, base)

    def jobs(self) -> None:
        """The same with other numbers of them at a time, near and far."""
        for delay in (0, DELAY):
            with self.fifty(delay) as (file, _, options):
                taken = compare({
                    f"--jobs {jobs}": lambda jobs=jobs: run([VALIDATOR, "check", "-q", file, "--jobs", str(jobs), *options])
                    for jobs in (4, 8, 16, 32)
                }, max(2, self.runs // 2))  # fmt: skip
            where = f", {delay * 1000:.0f} ms away" if delay else ""
            self.results.ratios(
                f"jobs-{delay * 1000:.0f}", f"50 destinations of three clouds in one process{where}", taken, "--jobs 16"
            )

    @contextmanager
    def fifty(self, delay: float) -> Iterator[tuple[str, dict[str, str], list[str]]]:
        """50 destinations of three clouds: their file, the addresses by type, and the options that name these."""
        stores = {type_: Store(type_) for type_ in SCRIPTS}
        endpoints: dict[str, str] = {}
        with ExitStack() as stack:
            for type_, store in stores.items():
                stack.enter_context(store.wire)
                endpoints[type_] = stack.enter_context(far_away(store.wire.port, delay)) if delay else store.wire.url
                store.seen_at(endpoints[type_])
            sources = [each for type_, count in ((S3, 17), (GCS, 17), (AZURE, 16)) for each in stores[type_].sources(count)]
            file = write(self.folder, f"mixed-{delay}.json", sources)
            yield file, endpoints, [part for type_, url in endpoints.items() for part in ("--endpoint", f"{type_}={url}")]

    def many(self) -> None:
        """100 and 1,000 destinations of a cloud: time, memory and descriptors."""
        for type_ in SCRIPTS:
            rows = {}
            for count in (100, 1000):
                store = Store(type_)
                with store.wire:
                    sources = store.sources(count)
                    folder = self.folder / f"{type_}-{count}"
                    folder.mkdir()
                    for number in range(0, count, 100):
                        write(folder, f"{number}.json", sources[number : number + 100])
                    command = [VALIDATOR, "check", "-q", str(folder), "--endpoint", f"{type_}={store.wire.url}"]
                    rows[count] = run(command, watch=True)
            self.results.growth(f"many-{type_}", f"Many destinations of {NAMES[type_]} in one process", rows)

    def service(self) -> None:
        """Checks a second of the HTTP service, by the number of clients."""
        rows = []
        print(f"\nThe service\n{HEADER}", flush=True)
        with (
            stored("memory", 64) as (url, key),
            Served(("--allow-private-endpoints", "--endpoint", f"{S3}={url}", "--timeout", "60")) as service,
        ):
            sources = [destination(number, key) for number in range(64)]
            asyncio.run(load(service, sources[:16], 50))
            for clients, checks in ((1, 100), (16, 600), (64, 600)):
                seen = asyncio.run(load(service, sources[:clients], checks))
                print(seen.row(f"{clients} at a time"), flush=True)
                slow = statistics.quantiles(seen.seconds, n=100)[98]
                rows.append(
                    {
                        "clients": clients,
                        "per_second": round(len(seen.seconds) / seen.took),
                        "p99_ms": round(slow * 1000),
                        "memory": round(max(seen.memory)),
                    }
                )
        self.results.sections.append({"key": "service", "title": "The HTTP service", "rows": rows})


@contextmanager
def moto() -> Iterator[tuple[str, dict[str, str]]]:
    import boto3  # noqa: TID251 - the yardstick, not the check
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        login = {
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEBENCH0001", "AWS_SECRET_ACCESS_KEY": "EXAMPLE" + "bench" * 6 + "abc",
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1",
        }  # fmt: skip
        key = {"aws_access_key_id": login["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": login["AWS_SECRET_ACCESS_KEY"]}
        boto3.client("s3", endpoint_url=url, region_name="us-east-1", **key).create_bucket(Bucket="imagery-in")
        yield url, login
    finally:
        server.stop()


def main() -> None:
    parts = ("start", "tools", "one", "own", "far", "mixed", "jobs", "many", "service")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", default=",".join(parts), help=f"some of {', '.join(parts)}")
    parser.add_argument("--json", type=Path, default=None, help="write what was measured to this file")
    parser.add_argument("--draw", action="store_true", help="draw the charts of docs/performance.md from it")
    asked = parser.parse_args()
    about = {"python": platform.python_version(), "cores": os.cpu_count(), "date": datetime.now(UTC).date().isoformat()}
    print(f"Python {about['python']}, {about['cores']} cores, load {os.getloadavg()[0]:.1f} before", flush=True)
    results = Results()
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), asked.runs, results)
        for part in asked.only.split(","):
            getattr(bench, part)()
    if asked.json:
        results.write(asked.json, **about)
    if asked.draw:
        draw(results.sections)


if __name__ == "__main__":
    main()
