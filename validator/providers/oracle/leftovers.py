"""What lies under a name in an Oracle bucket, as far as its S3 Compatibility API shows it; and the removal of what was listed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from validator.core.model import VERIFICATION_FILE, Fix, Operation
from validator.providers.base import Leftover, LeftoverKind, Receipt, StoredObject, UnseenPart, is_swept
from validator.providers.base.leftovers import RULE
from validator.providers.oracle.bucket_requests import BucketRequests
from validator.providers.oracle.errors import refused
from validator.providers.s3.http import S3Error

UNSEEN = (
    UnseenPart("old versions, unfinished uploads and retention rules (Oracle's S3 Compatibility API does not show them: oci os object "
        "list-object-versions, oci os retention-rule list)"),
)  # fmt: skip


def lifecycle(*commands: str) -> Fix:
    """The owner's rule that clears the verification file and its old versions away after a day.

    Args:
        commands: they list the bucket's retention rules, and the rules of this kind that it has.
    """
    rules = [
        {
            "name": f"planetverify-{target}",
            "action": "DELETE",
            "target": target,
            "timeAmount": 1,
            "timeUnit": "DAYS",
            "isEnabled": True,
            "objectNameFilter": {"inclusionPrefixes": [VERIFICATION_FILE]},
        }
        for target in ("objects", "previous-object-versions")
    ]
    summary = f"An active retention rule would refuse that, and only the owner can see one. {RULE}"
    return Fix(summary, commands, json.dumps(rules, indent=2))


def leftovers(requests: BucketRequests, key: str, *, everywhere: bool) -> Iterator[Sequence[Leftover | UnseenPart]]:
    """See the seam."""
    try:
        if everywhere:
            for entries in requests.pages():
                yield [_leftover(each) for each in entries if is_swept(each.key, key, everywhere=True)]
        else:
            there = requests.stat(key)
            yield [_leftover(there)] if there else []
    except S3Error as error:
        if not refused(error):
            raise
        what = "the rest of the bucket (OBJECT_INSPECT)" if everywhere else "the file itself (OBJECT_READ, OBJECT_INSPECT)"
        yield (UnseenPart(what, error, itself=True),)
    yield UNSEEN


def remove(
    requests: BucketRequests, read: Callable[[str], bytes], delete: Callable[[str, Receipt, bytes], None], leftover: Leftover
) -> None:
    """See the seam. Whether Oracle honours a condition on a delete is not known: so the object is looked at first."""
    there = requests.stat(leftover.key)
    if there is None:
        raise S3Error(status=404, code="NoSuchKey", message="there is no such object", method=Operation.DELETE.upper())
    if there.pin.strip('"') != leftover.pin.strip('"') or not leftover.pin or there.size != leftover.size:
        raise S3Error(
            status=412,
            code="PreconditionFailed",
            message="the object under this name is not the one that was listed",
            method=Operation.DELETE.upper(),
        )
    body = there.body if there.body is not None else read(leftover.key)
    delete(leftover.key, Receipt(there.pin, there.version), body)


def _leftover(stored: StoredObject) -> Leftover:
    return Leftover(
        stored.key, LeftoverKind.CURRENT, stored.size, stored.modified, stored.version, stored.pin, versioned=bool(stored.version),
        body=stored.body,
    )  # fmt: skip
