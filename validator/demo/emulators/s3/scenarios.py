"""What the emulator shows in the demo."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from validator.demo.emulators.s3.emulator import PLANET_NEEDS, REGION, S3Emulator, UserKey, sse_required
from validator.demo.emulators.scenario import Scenario


@contextlib.contextmanager
def demo_scenarios() -> Iterator[Sequence[Scenario]]:
    """Destinations of the types ``amazon_s3`` and ``s3_compatible`` on running emulators, the good one first.

    Raises:
        MissingExtra: if moto is not installed.
    """
    with S3Emulator() as s3, S3Emulator(tls=True) as other:
        planet = s3.user("planet")
        s3.bucket("imagery-in")
        s3.bucket("imagery-encrypted", policy=sse_required("imagery-encrypted"))
        s3.bucket("imagery-versioned", versioned=True)
        s3.bucket("imagery-littered", versioned=True)
        for _ in range(3):
            s3.put("imagery-littered", "planetverify.txt", b"left by an earlier verification")
        other.bucket("imagery-elsewhere")
        guest = other.user("planet", actions=(*PLANET_NEEDS, "s3:ListBucket"))
        no_delete = s3.user("planet-no-delete", actions=("s3:PutObject", "s3:GetObject"))

        def scenario(
            title: str, lesson: str, key: UserKey, finding: str, bucket: str = "imagery-in", region: str = REGION, **more: Any
        ) -> Scenario:
            request = key.destination(bucket, aws_region=region)
            return Scenario(title, lesson, request, {"amazon_s3": s3.url}, finding, **more)

        yield (
            Scenario(
                "everything right",
                "The key may write, read and delete. The check did what Planet will do, saw it succeed, and left the bucket as it was.",
                planet.destination("imagery-in"),
                {"amazon_s3": s3.url},
                verdict="pass",
            ),
            scenario(
                "a key that cannot delete",
                "The trap that this tool was made for: Planet's own check writes its file, cannot remove it, refuses the destination "
                "and leaves the file behind. This check asks first whether it could delete, and then writes nothing.",
                no_delete,
                "delete-denied",
                repair=lambda grant: s3.put_user_policy(no_delete, json.loads(grant)),
            ),
            scenario(
                "a key that cannot write",
                "Deleting is allowed, writing is not: the answer names the policy layer that would have to allow it.",
                s3.user("planet-no-write", actions=("s3:GetObject", "s3:DeleteObject")),
                "write-denied",
            ),
            scenario(
                "a wrong secret",
                "The key exists and the secret is not its own: no permission can fix that, so none is suggested.",
                UserKey(planet.access_key_id, planet.secret_access_key[::-1], planet.arn),
                "wrong-secret",
            ),
            scenario(
                "a wrong region",
                "The bucket is in eu-central-1 and the request says us-west-2. SDKs follow such a redirect silently; this check "
                "says so, and offers the patch.",
                planet,
                "wrong-region",
                region="us-west-2",
            ),
            scenario(
                "a policy that wants encryption",
                "The bucket's policy refuses a write that does not ask for encryption. A second write with the header got through, "
                "so explicit_sse is the answer.",
                planet,
                "encryption-header-required",
                "imagery-encrypted",
            ),
            scenario(
                "a bucket that keeps versions",
                "Planet would accept it, and every check of Planet's leaves an old version and a delete marker: worth knowing, no "
                "reason to fail.",
                planet,
                "versions-remain",
                "imagery-versioned",
                verdict="warn",
            ),
            scenario(
                "files that earlier verifications left behind",
                "The command sweep finds them, old versions included, says why each stayed and what Planet's next verification would "
                "meet. With --delete it removes what it listed, and nothing else.",
                s3.user("planet-sweeping", actions=("s3:PutObject", "s3:GetObject", "s3:ListBucketVersions")),
                "lingering-file",
                "imagery-littered",
                command="sweep",
            ),
            Scenario(
                "another store, everything right",
                "Any store that speaks S3. It may not honour S3's conditions, so the check looks whether the file is there before "
                "it asks for anything.",
                {
                    "name": "my imagery",
                    "type": "s3_compatible",
                    "parameters": {
                        "bucket": "imagery-elsewhere",
                        "endpoint": "https://objects.example.com",
                        "region": "eu-central-1",
                        "access_key_id": guest.access_key_id,
                        "secret_access_key": guest.secret_access_key,
                        "use_path_style": True,
                    },
                },
                {"s3_compatible": other.url},
                verdict="pass",
                ca_bundle=other.ca_bundle,
            ),
        )
