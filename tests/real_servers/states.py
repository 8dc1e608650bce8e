"""What may lie in a bucket before a check; each function makes it, as the bucket's owner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.real_servers.truth import KEY

Content = Callable[[Any, str], None]


def _versioning(owner: Any, bucket: str, status: str) -> None:
    owner.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def plain(owner: Any, bucket: str) -> None:
    """Nothing."""


def versioned(owner: Any, bucket: str) -> None:
    _versioning(owner, bucket, "Enabled")


def suspended(owner: Any, bucket: str) -> None:
    _versioning(owner, bucket, "Enabled")
    _versioning(owner, bucket, "Suspended")


def older(owner: Any, bucket: str) -> None:
    owner.put_object(Bucket=bucket, Key=KEY, Body=b"another's")


def older_versioned(owner: Any, bucket: str) -> None:
    versioned(owner, bucket)
    older(owner, bucket)


def older_suspended(owner: Any, bucket: str) -> None:
    older_versioned(owner, bucket)
    _versioning(owner, bucket, "Suspended")


def older_null_suspended(owner: Any, bucket: str) -> None:
    """The null version is the current one."""
    older(owner, bucket)
    suspended(owner, bucket)


def under_a_marker(owner: Any, bucket: str) -> None:
    older_versioned(owner, bucket)
    owner.delete_object(Bucket=bucket, Key=KEY)


def hidden_null(owner: Any, bucket: str) -> None:
    """A null version under a marker, in a bucket whose versioning is suspended: a write or a delete would destroy it."""
    older(owner, bucket)
    versioned(owner, bucket)
    owner.delete_object(Bucket=bucket, Key=KEY)
    _versioning(owner, bucket, "Suspended")


def null_under_a_version(owner: Any, bucket: str) -> None:
    """A null version under a newer one, in a suspended bucket."""
    older(owner, bucket)
    versioned(owner, bucket)
    owner.put_object(Bucket=bucket, Key=KEY, Body=b"another's, newer")
    _versioning(owner, bucket, "Suspended")


CONTENTS: tuple[Content, ...] = (
    plain,
    versioned,
    suspended,
    older,
    older_versioned,
    older_suspended,
    older_null_suspended,
    under_a_marker,
    hidden_null,
    null_under_a_version,
)
