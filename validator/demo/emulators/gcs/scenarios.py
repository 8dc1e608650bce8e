"""What `demo` shows of Google Cloud Storage: destinations that pass, and the ways in which they commonly do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from validator.demo.emulators.gcs.accounts import PLANET_NEEDS, Account
from validator.demo.emulators.gcs.server import StandIn
from validator.demo.emulators.gcs.state import Bucket
from validator.demo.emulators.scenario import Scenario


@contextmanager
def demo_scenarios() -> Iterator[Sequence[Scenario]]:
    """Start a stand-in, and yield the scenarios that speak to it. It ends with the context."""
    with StandIn() as cloud:
        full = cloud.account("planet").allow(*PLANET_NEEDS)
        whole = full.credentials()
        creator = cloud.account("creator-and-viewer").allow(*PLANET_NEEDS[:2])
        narrow = cloud.account("only-below-planet").allow(*PLANET_NEEDS, prefix="planet/")
        retired = cloud.account("retired-key").allow(*PLANET_NEEDS)
        retired.keys[0].enabled = False
        plain = cloud.bucket("imagery-in")
        used = cloud.bucket("imagery-used")
        used.put("planetverify.txt", b"left by an earlier check", cloud.now())
        kept = cloud.bucket("imagery-kept", retention_seconds=86_400)
        reader = cloud.account("planet-and-settings").allow(*PLANET_NEEDS, "storage.buckets.get")

        def scenario(
            title: str,
            lesson: str,
            account: Account,
            bucket: Bucket | str,
            finding: str | None,
            verdict: str = "fail",
            **changes: str,
        ) -> Scenario:
            request = cloud.destination(account, bucket, title, **changes)
            return Scenario(title, lesson, request, {"google_cloud_storage": cloud.url}, finding, verdict)

        yield [
            scenario("the three permissions", "create, get and delete on the bucket are all that Planet needs", full, plain, None, "pass"),
            scenario("cannot delete", "objectCreator and objectViewer together still lack delete", creator, plain, "delete-denied"),
            scenario("cannot write over a lingering file", "no condition protects that file at an address that is not Google's own, so it is not tried", creator, used, "delete-unproven", "inconclusive"),
            scenario("a grant for one folder", "Planet's check writes at the root of the bucket", narrow, plain, "delete-denied"),
            scenario("a disabled key", "the key file looks well, and Google refuses its signature", retired, plain, "key-disabled"),
            scenario("a bucket that keeps everything", "what cannot be deleted is not written in the first place", reader, kept, "retention-locked"),
            scenario("credentials in several lines", "GNU base64 wraps at 76 characters unless told -w0", full, plain, "credentials-wrapped", "warn", credentials="\n".join((whole[:76], whole[76:]))),
            scenario("no such bucket", "bucket names are the same for all of Google Cloud", full, "imagery-inn", "bucket-not-found"),
        ]  # fmt: skip
