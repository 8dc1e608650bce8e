"""What lies under a name in an Oracle bucket, as far as its S3 Compatibility API shows it; and the removal of what was listed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from validator.core.model import VERIFICATION_FILE, Fix, Operation
from validator.providers.base import Leftover, LeftoverKind, Receipt, StoredObject, UnseenPart, is_swept
from validator.providers.oracle.errors import refused
from validator.providers.s3.http import S3Error

Stat = Callable[[str], StoredObject | None]
Page = Callable[[str, str], tuple[Sequence[StoredObject], str]]
"""Objects that begin with a prefix, after a name; and the name after which the next page begins, or nothing."""

UNSEEN = (
    UnseenPart("old versions, unfinished uploads and retention rules (Oracle's S3 Compatibility API does not show them: oci os object "
        "list-object-versions, oci os retention-rule list)"),
)  # fmt: skip


_RULE = (
    "An active retention rule would refuse that, and only the owner can see one. Let a rule like this one clear the name away by itself (add it to the rules that are there: what is set replaces "
    "them all)."
)


def lifecycle(where: str, retention: str) -> Fix:
    """The owner's rule that clears the verification file and its old versions away after a day.

    Args:
        where: the options of oci that name the bucket.
        retention: the command that lists the bucket's retention rules.
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
    return Fix(_RULE, (retention, f"oci os object-lifecycle-policy get {where}"), json.dumps(rules, indent=2))


def leftovers(stat: Stat, page: Page, key: str, *, everywhere: bool) -> Iterator[Sequence[Leftover | UnseenPart]]:
    """See the seam."""
    if everywhere:
        after = ""
        try:
            while True:
                entries, after = page("", after)
                yield [_leftover(each) for each in entries if is_swept(each.key, key, everywhere=True)]
                if not after:
                    break
        except S3Error as error:
            if not refused(error):
                raise
            yield (UnseenPart("the rest of the bucket (OBJECT_INSPECT)", error, itself=True),)
    else:
        try:
            there = stat(key)
        except S3Error as error:
            if not refused(error):
                raise
            yield (UnseenPart("the file itself (OBJECT_READ, OBJECT_INSPECT)", error, itself=True),)
        else:
            yield [_leftover(there)] if there else []
    yield UNSEEN


def remove(stat: Stat, read: Callable[[str], bytes], delete: Callable[[str, Receipt, bytes], None], leftover: Leftover) -> None:
    """See the seam. Whether Oracle honours a condition on a delete is not known: so the object is looked at first."""
    there = stat(leftover.key)
    if there is None:
        raise S3Error(status=404, code="NoSuchKey", message="there is no such object", method=Operation.DELETE.upper())
    if there.pin.strip('"') != leftover.pin.strip('"') or not leftover.pin or there.size != leftover.size:
        raise S3Error(
            status=412,
            code="PreconditionFailed",
            message="the object under this name is not the one that was listed",
            method=Operation.DELETE.upper(),
        )
    delete(leftover.key, Receipt(there.pin, there.version), there.body if there.body is not None else read(leftover.key))


def _leftover(stored: StoredObject) -> Leftover:
    return Leftover(
        stored.key, LeftoverKind.CURRENT, stored.size, stored.modified, stored.version, stored.pin, versioned=bool(stored.version),
        body=stored.body,
    )  # fmt: skip
