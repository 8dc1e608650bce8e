"""``make bench``: what a user waits for, beside what else could be run. Ratios hold on any machine; milliseconds only on this one."""

from __future__ import annotations

import json
import logging
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.benchmarks.scripts import AZURE_ONE, GCS_ONE, S3_MANY, S3_ONE
from tests.support.wire import Wire

BIN = Path(sys.executable).parent
VALIDATOR = str(BIN / "planet-validator")
QUIET = {
    name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "REQUESTS_CA", "SSL_CERT", "PYTHON"))
}
QUIET["HOME"] = tempfile.mkdtemp(prefix="bench-home-")


def seconds(command: Sequence[str], *, code: int = 0, **environment: str) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env={**QUIET, **environment}, check=False)
    took = time.perf_counter() - started
    if done.returncode != code:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr[-500:]}{done.stdout[-300:]}")
    return took


def compare(rows: Mapping[str, Callable[[], float]], runs: int) -> dict[str, float]:
    """Medians; the candidates take turns, so that a busy moment of the machine hits them alike."""
    took: dict[str, list[float]] = {name: [] for name in rows}
    for measure in rows.values():
        measure()  # once for the caches
    for _ in range(runs):
        for name, measure in rows.items():
            took[name].append(measure())
    return {name: statistics.median(each) for name, each in took.items()}


def show(title: str, medians: Mapping[str, float], base: str) -> None:
    print(f"\n{title}")
    for name, median in medians.items():
        print(f"  {name:<44} {median * 1000:>9.0f} ms   {median / medians[base]:>6.2f} x {base if name != base else '(base)'}")


def start_up() -> None:
    rows = {
        "python -c pass": lambda: seconds([sys.executable, "-c", "pass"]),
        "planet-validator --help": lambda: seconds([VALIDATOR, "--help"]),
        "planet-validator --version": lambda: seconds([VALIDATOR, "--version"]),
        "planet-validator explain delete-denied": lambda: seconds([VALIDATOR, "explain", "delete-denied"]),
    }
    show("Start (budget: 200 ms; explain 150 ms)", compare(rows, 9), "python -c pass")


def write(folder: Path, name: str, document: Any) -> str:
    path = folder / name
    path.write_text(json.dumps(document))
    return str(path)


def one_s3(folder: Path) -> None:
    """Against moto alone: the other tools ask what our front does not answer."""
    import boto3  # noqa: TID251 - the yardstick, not the check
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        login = {
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEBENCH0001",
            "AWS_SECRET_ACCESS_KEY": "EXAMPLE" + "bench" * 6 + "abc",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
        }
        boto3.client(
            "s3",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id=login["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=login["AWS_SECRET_ACCESS_KEY"],
        ).create_bucket(Bucket="imagery-in")
        parameters = {
            "bucket": "imagery-in",
            "aws_region": "us-east-1",
            "aws_access_key_id": login["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": login["AWS_SECRET_ACCESS_KEY"],
        }
        source = write(folder, "s3.json", {"name": "bench", "type": "amazon_s3", "parameters": parameters})
        body = write(folder, "body.txt", "x" * 60)
        rows: dict[str, Callable[[], float]] = {
            "boto3: client, put, delete": lambda: seconds([sys.executable, "-c", S3_ONE, source, url]),
            "planet-validator check (5 requests)": lambda: seconds(
                [VALIDATOR, "check", source, "--endpoint", f"amazon_s3={url}"]
            ),
        }
        aws, s5cmd, rclone = shutil.which("aws", path=f"{BIN}:{os.environ['PATH']}"), BIN / "s5cmd", shutil.which("rclone")
        place = ["--bucket", "imagery-in", "--key", "planetverify.txt", "--endpoint-url", url]
        if aws:
            rows["aws s3api put-object + delete-object"] = lambda: (
                seconds([aws, "s3api", "put-object", *place, "--body", body], **login)
                + seconds([aws, "s3api", "delete-object", *place], **login)
            )
        if s5cmd.exists():
            tool = [str(s5cmd), "--endpoint-url", url]
            rows["s5cmd cp + rm"] = lambda: (
                seconds([*tool, "cp", body, "s3://imagery-in/planetverify.txt"], **login)
                + seconds([*tool, "rm", "s3://imagery-in/planetverify.txt"], **login)
            )
        if rclone:
            remote = (
                f":s3,provider=Other,env_auth,force_path_style,endpoint='{url}',region=us-east-1:imagery-in/planetverify.txt"
            )
            flags = ["--s3-no-check-bucket"]
            rows["rclone copyto + deletefile"] = lambda: (
                seconds([rclone, *flags, "copyto", body, remote], **login)
                + seconds([rclone, *flags, "deletefile", remote], **login)
            )
        for name, found in (("aws", aws), ("s5cmd", s5cmd.exists()), ("rclone", rclone)):
            if not found:
                print(f"  ({name} is not installed: left out)")
        show(
            "One S3 check, cold process, against moto (budget: 0.6 x boto3; in the end 1.0 x s5cmd)",
            compare(rows, 7),
            "boto3: client, put, delete",
        )
    finally:
        server.stop()


def one_wire(folder: Path, type_: str, script: str, budget: str) -> None:
    """Against the scripted server, so that what is measured is the client."""
    case = import_module(f"tests.support.conformance.{type_}").case
    store = case.store()
    with Wire(store.handle) as wire:
        settings = case.settings(wire)
        endpoint = settings.endpoints.get(type_, wire.url)
        source = write(folder, f"{type_}.json", case.source(wire))
        rows = {
            "plain SDK script: put, delete": lambda: seconds([sys.executable, "-c", script, source, endpoint]),
            "planet-validator check": lambda: seconds([VALIDATOR, "check", source, "--endpoint", f"{type_}={endpoint}"]),
        }
        medians = compare(rows, 7)
        before = len(wire.requests)
        seconds([VALIDATOR, "check", source, "--endpoint", f"{type_}={endpoint}"])
        show(
            f"One {type_} check, cold process, {len(wire.requests) - before} requests (budget: {budget})",
            medians,
            "plain SDK script: put, delete",
        )


def many_s3(folder: Path) -> None:
    case = import_module("tests.support.conformance.amazon_s3").case
    store = Many()
    with Wire(store.handle) as wire:
        endpoint = wire.url
        usual = case.source(wire)
        sources = {
            count: write(folder, f"{count}.json", [
                {**usual, "name": f"d{i:04d}", "parameters": {**usual["parameters"], "bucket": f"imagery-{i:04d}"}} for i in range(count)
            ])
            for count in (50, 100, 1000)
        }  # fmt: skip

        def check(count: int) -> float:
            return seconds([VALIDATOR, "check", "-q", sources[count], "--endpoint", f"amazon_s3={endpoint}"])

        rows = {
            "boto3: shared session, 16 threads": lambda: seconds([sys.executable, "-c", S3_MANY, sources[50], endpoint]),
            "planet-validator check": lambda: check(50),
        }
        show(
            "50 S3 destinations, one process (budget: 1.0 x; ours makes 5 requests each, boto3 two)",
            compare(rows, 5),
            "boto3: shared session, 16 threads",
        )
        hundred, thousand = (measured(lambda count=count: check(count)) for count in (100, 1000))
        print("\nMany (linear: 10 x the time; flat: 1 x the memory)")
        print(f"  100 destinations  {hundred[0]:>6.2f} s  {hundred[1]:>6.0f} MiB")
        print(
            f"  1000 destinations {thousand[0]:>6.2f} s  {thousand[1]:>6.0f} MiB   {thousand[0] / hundred[0]:.1f} x the time, {thousand[1] / hundred[1]:.2f} x the memory"
        )


class Many:
    """The S3 case's store, one for each bucket."""

    def __init__(self) -> None:
        self.case = import_module("tests.support.conformance.amazon_s3").case
        self.stores: dict[str, Any] = {}

    def handle(self, request: Any) -> Any:
        bucket = request.path.split("/")[1].partition("?")[0]
        return self.stores.setdefault(bucket, self.case.store()).handle(request)


def measured(work: Callable[[], float]) -> tuple[float, float]:
    """Seconds, and the peak memory in MiB of the child alone."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        took = work()
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        os.write(writer, json.dumps([took, peak]).encode())
        os._exit(0)
    os.waitpid(child, 0)
    took, peak = json.loads(os.read(reader, 200))
    return took, peak


def lint_fifty(folder: Path) -> None:
    case = import_module("tests.support.conformance.amazon_s3").case
    many = folder / "many"
    many.mkdir()
    with Wire(case.store().handle) as wire:
        for i in range(50):
            write(many, f"{i}.json", case.source(wire))
    rows = {
        "python -c pass": lambda: seconds([sys.executable, "-c", "pass"]),
        "planet-validator lint of 50 files": lambda: seconds([VALIDATOR, "lint", "-q", str(many)]),
    }
    show("Lint (budget: 300 ms)", compare(rows, 7), "python -c pass")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start_up()
        lint_fifty(folder)
        one_s3(folder)
        one_wire(folder, "amazon_s3", S3_ONE, "0.6 x")
        one_wire(folder, "google_cloud_storage", GCS_ONE, "1.0 x")
        one_wire(folder, "azure_blob_storage", AZURE_ONE, "1.0 x")
        many_s3(folder)


if __name__ == "__main__":
    main()
