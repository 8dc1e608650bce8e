"""What the stand-in shows in the demo."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from functools import partial

from validator.demo.emulators.oracle.emulator import OracleEmulator
from validator.demo.emulators.scenario import Scenario


@contextlib.contextmanager
def demo_scenarios() -> Iterator[Sequence[Scenario]]:
    """Destinations on one running stand-in, for ``planet-validator demo``."""
    with OracleEmulator() as oracle:
        good = oracle.bucket("imagery-in")
        lingering = oracle.bucket("imagery-used-before")
        oracle.put(lingering, "planetverify.txt", b"left by an earlier check\n")
        key = oracle.key()

        scenario = partial(Scenario, endpoints={"oracle_cloud_storage": oracle.url}, ca_bundle=oracle.ca_bundle)
        yield (
            scenario(
                "everything right",
                "Write, read back, delete: seen to work, and nothing is left.",
                oracle.destination(good, key),
                verdict="pass",
            ),
            scenario(
                "a key that cannot delete",
                "Oracle answers a refused delete as if the bucket were missing. A read of the same name shows that it is there, so nothing is written.",
                oracle.destination(good, oracle.key(without=["OBJECT_DELETE"])),
                finding="delete-denied",
            ),
            scenario(
                "a wrong namespace",
                "Missing bucket or missing permission: Oracle gives one answer to both, so the report names the candidates, and what decides.",
                oracle.destination(good, key, namespace="axother45678"),
                finding="bucket-or-permission-missing",
            ),
            scenario(
                "another key's secret",
                "Two messages share one error code: an unknown key, and a secret that does not fit.",
                oracle.destination(good, key, customer_secret_key=oracle.key().secret_key),
                finding="wrong-secret",
            ),
            scenario(
                "an old file and no OBJECT_OVERWRITE",
                "Planet would have to write over the file that lies there. The check tries that on a file of its own.",
                oracle.destination(lingering, oracle.key(without=["OBJECT_OVERWRITE"])),
                finding="overwrite-denied",
            ),
        )
