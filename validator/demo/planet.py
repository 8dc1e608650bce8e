"""How the demo ends: good and broken destinations are handed to a local Planet, which checks them for itself."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

TITLE = "Hand-off to Planet"


@dataclass(frozen=True, slots=True)
class DemoStep:
    """One thing that was done, and what came of it."""

    title: str
    came: str
    """What came of it, in two or three words."""
    text: str
    expected: bool


def acts() -> Generator[DemoStep]:
    """A create and a rotation, each first with a key that cannot delete. Raises MissingExtra where moto is not installed."""
    from planet import Auth

    from validator.checking.assemble import Settings, check
    from validator.core.model import Destination, DestinationReport
    from validator.demo.emulators.planet import PlanetEmulator
    from validator.demo.emulators.s3 import S3Emulator, UserKey
    from validator.planet import handoff
    from validator.planet.api import Planet, PlanetRefused
    from validator.planet.existing import existing, merge, outlook
    from validator.sources.loader import load

    with S3Emulator() as s3, PlanetEmulator({"amazon_s3": s3.url}, per_second=1000) as local:
        for bucket in ("imagery-handed-over", "imagery-left-dirty"):
            s3.bucket(bucket)
        good, next_one = s3.user("planet-this-year"), s3.user("planet-next-year")
        broken = s3.user("planet-without-delete", actions=("s3:PutObject", "s3:GetObject"))
        api = Planet(local.url, auth=Auth.from_key(local.key), pace=0.0)

        def source(key: UserKey) -> Destination:
            return load(key.destination("imagery-handed-over")).destinations[0]

        def checked(destination: Destination) -> DestinationReport:
            return check([destination], Settings(timeout=30.0, endpoints={"amazon_s3": s3.url})).destinations[0]

        def changes() -> int:
            return len(local.sent("POST", "PATCH", "PUT"))

        refused = checked(source(broken))
        yield DemoStep(
            "create, with a key that cannot delete",
            "not sent",
            "The check fails, so Planet is sent nothing, and the bucket is as it was.",
            not handoff.ready(refused, strict=False) and changes() == 0 and not s3.objects("imagery-handed-over"),
        )

        try:
            api.create(broken.destination("imagery-left-dirty"))
            left = False
        except PlanetRefused:
            left = list(s3.objects("imagery-left-dirty")) == ["planetverify.txt"]
        yield DemoStep(
            "the same key, sent to Planet without a check",
            "refused, file left behind",
            "The local Planet's own check writes planetverify.txt, cannot delete it, and refuses. The file stays behind.",
            left and not local.stored,
        )

        destination = source(good)
        known = outlook(api, destination.name).known
        made = handoff.create(api, destination, checked(destination), known).handoff
        yield DemoStep(
            "create, with everything right",
            "created",
            f"The check passes, the name is free, and Planet's own check agrees. Orders and subscriptions may use {made.get('ref')}",
            made["state"] == "created" and not s3.objects("imagery-handed-over"),
        )

        if made["state"] != "created":
            return
        before = changes()
        there = existing(api, made["id"])
        rotated = merge(there, source(broken))
        yield DemoStep(
            "update, to a key that cannot delete",
            "not sent",
            "The check of the new key fails, so Planet keeps the old one, and deliveries go on.",
            not handoff.ready(checked(rotated), strict=False) and changes() == before,
        )

        rotated = merge(there, source(next_one))
        after = handoff.update(api, there, rotated, checked(rotated)).handoff
        yield DemoStep(
            "update, to next year's key",
            "updated",
            "The check passes, and Planet has the new key under the same reference.",
            after["state"] == "updated"
            and after["ref"] == made["ref"]
            and local.stored[0].parameters["aws_access_key_id"] == next_one.access_key_id,
        )
