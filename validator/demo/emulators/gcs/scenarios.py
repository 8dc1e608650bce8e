"""What `demo` shows of Google Cloud Storage: destinations that pass, and the ways in which they commonly do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from validator.demo.emulators.gcs.server import StandIn
from validator.demo.emulators.scenario import Scenario

_CREATE, _GET, _DELETE = "storage.objects.create", "storage.objects.get", "storage.objects.delete"
_TYPE: Final = "google_cloud_storage"


@contextmanager
def demo_scenarios() -> Iterator[Sequence[Scenario]]:
    """Start a stand-in, and yield the scenarios that speak to it. It ends with the context."""
    with StandIn() as cloud:
        endpoints = {_TYPE: cloud.url}
        full = cloud.account("planet").allow(_CREATE, _GET, _DELETE)
        creator = cloud.account("creator-and-viewer").allow(_CREATE, _GET)
        narrow = cloud.account("only-below-planet").allow(_CREATE, _GET, _DELETE, prefix="planet/")
        retired = cloud.account("retired-key").allow(_CREATE, _GET, _DELETE)
        retired.keys[0].enabled = False
        plain = cloud.bucket("imagery-in")
        used = cloud.bucket("imagery-used")
        used.put("planetverify.txt", b"left by an earlier check", cloud.now())
        kept = cloud.bucket("imagery-kept", retention_seconds=86_400)
        reader = cloud.account("planet-and-settings").allow(_CREATE, _GET, _DELETE, "storage.buckets.get")

        def scenario(title: str, lesson: str, request: dict[str, Any], verdict: str, finding: str | None = None) -> Scenario:
            return Scenario(title, lesson, {**request, "name": title}, endpoints, None, verdict, finding)

        wrapped = cloud.destination(full, plain)
        wrapped["parameters"] = {
            **wrapped["parameters"],
            "credentials": full.credentials()[:76] + "\n" + full.credentials()[76:],
        }
        yield [
            scenario("the three permissions", "create, get and delete on the bucket are all that Planet needs", cloud.destination(full, plain), "pass"),
            scenario("cannot delete", "objectCreator and objectViewer together still lack delete", cloud.destination(creator, plain), "fail", "delete-denied"),
            scenario("cannot write over a lingering file", "no condition protects that file at an address that is not Google's own, so it is not tried", cloud.destination(creator, used), "inconclusive", "delete-unproven"),
            scenario("a grant for one folder", "Planet's check writes at the root of the bucket", cloud.destination(narrow, plain), "fail", "delete-denied"),
            scenario("a disabled key", "the key file looks well, and Google refuses its signature", cloud.destination(retired, plain), "fail", "key-disabled"),
            scenario("a bucket that keeps everything", "what cannot be deleted is not written in the first place", cloud.destination(reader, kept), "fail", "retention-locked"),
            scenario("credentials in several lines", "GNU base64 wraps at 76 characters unless told -w0", wrapped, "warn", "credentials-wrapped"),
            scenario("no such bucket", "bucket names are the same for all of Google Cloud", cloud.destination(full, "imagery-inn"), "fail", "bucket-not-found"),
        ]  # fmt: skip
