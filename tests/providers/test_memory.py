"""What the worst answers cost a process: real ones are started, and their greatest resident memory is read.

Each has a bound of the issue's (150 MB above what the SDK takes, 300 MB for the service), and is found well below it.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.endless import HEAD, KINDS, LARGE, SOURCES, Play, Raw, once
from tests.support.service_runner import Served

pytestmark = [
    pytest.mark.no_cover,  # long, and through the same lines as shorter tests
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

MIB = 1024 * 1024
MESSAGE = b"<Error><Code>AccessDenied</Code><Message>%s</Message></Error>"


def filled(before: bytes, unit: bytes, after: bytes, size: int) -> bytes:
    return before + unit * ((size - len(before) - len(after)) // len(unit)) + after


def answer(status: int, body: bytes, kind: bytes = b"xml") -> Play:
    return once((HEAD % status).replace(b"xml", kind) + b"Content-Length: %d\r\n\r\n" % len(body) + body)


PLAIN = answer(403, MESSAGE % b"Access Denied")
WORST = {
    "objects": answer(200, filled(b'{"items":[', b'{"a":{}},', b"{}]}", MIB), b"json"),
    "elements": answer(200, filled(b"<ListBucketResult>", b"<Contents><Key>a</Key></Contents>", b"</ListBucketResult>", MIB)),
    "heads": once(b"HTTP/1.1 403 X\r\n" + b"".join(b"X-%d: %s\r\n" % (each, b"y" * 60_000) for each in range(90)) + b"\r\n"),
    "pairs": answer(403, MESSAGE % (b"41:" * 21_000)),
    "bomb": LARGE["bomb"],
}
CHECKS = """
import json, sys
from pathlib import Path
from validator.checking.assemble import Settings, check

def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024

type_, calls = sys.argv[1], json.load(sys.stdin)
peaks = []
for url, source in calls:
    report = check(source, Settings(timeout=20, endpoints={} if type_ == "s3_compatible" else {type_: url}))
    assert report.verdict in ("fail", "inconclusive"), report.verdict
    peaks.append(peak())
print(json.dumps(peaks))
"""


@pytest.mark.parametrize("type_", KINDS)
def test_a_check_of_the_worst_answers(type_: str) -> None:
    with ExitStack() as stack:
        servers = [stack.enter_context(Raw(play)) for play in (PLAIN, *WORST.values())]
        calls = [[each.url, SOURCES[type_](each)] for each in servers]
        done = subprocess.run(
            [sys.executable, "-c", CHECKS, type_],
            input=json.dumps(calls),
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert all(each.heads for each in servers)
    first, *after = json.loads(done.stdout)
    assert after[-1] - first < 150, dict(zip(WORST, after, strict=True))


@pytest.mark.parametrize("worst", ["objects", "elements"])
def test_the_service_with_64_requests_under_way(worst: str) -> None:
    """Those that it has no place for are told so; each has two destinations at a store that sends the worst."""
    told: list[int] = []
    with Raw(WORST[worst]) as store, Served(options=["--allow-private-endpoints", "--timeout", "6"]) as served:
        body = json.dumps([{**SOURCES["s3_compatible"](store), "name": f"destination {each}"} for each in (1, 2)])

        def ask(number: int) -> None:
            connection = http.client.HTTPConnection(
                "127.0.0.1", served.client.port, timeout=120, source_address=(f"127.0.0.{2 + number // 8}", 0)
            )
            headers = {"authorization": f"Bearer {served.token}", "content-type": "application/json"}
            connection.request("POST", "/v1/checks", body, headers)
            told.append(connection.getresponse().status)
            connection.close()

        threads = [threading.Thread(target=ask, args=(each,)) for each in range(64)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        peak = int(Path(f"/proc/{served.process.pid}/status").read_text().split("VmHWM:")[1].split()[0]) // 1024
    answers = Counter(told)
    assert set(answers) <= {200, 429}
    assert answers[200] >= 32
    assert answers.total() == 64
    assert store.heads
    assert peak < 300, f"{peak} MB"
