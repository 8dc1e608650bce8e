"""What our own requests made in a bucket behind the S3 API: each version and delete marker, as far as answers told of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from validator.core.model import ResidueState
from validator.providers.common.dates import http_date

if TYPE_CHECKING:
    from datetime import datetime

    from validator.providers.s3.http import Response

NULL: Final = "null"
"""S3's id of the version, or marker, that is written while the bucket keeps none."""
_MARKER: Final = "x-amz-delete-marker"


class VersionRecord:
    """Notes each write and delete as it is sent and answered. Sends nothing itself."""

    def __init__(self) -> None:
        self.pending: list[tuple[str, str, ResidueState]] = []
        """Key, version and kind, in the order in which they are to go: the versions of a name before the marker that hides them."""
        self.order: dict[tuple[str, str], int] = {}
        """When each was made, as far as it is known."""
        self.bodies: dict[str, str] = {}
        """Key to the MD5 of what was written there: tells our versions from others'."""
        self.unanswered: Counter[str] = Counter()
        """Writes that were sent and not answered by the store itself."""
        self.met_objects: set[str] = set()
        """Names that nobody has, under which a write met an object: one more of ours, perhaps."""
        self.silent: Counter[str] = Counter()
        """Deletes of a name that was not there, answered without a word of a marker."""
        self.tells = False
        """Whether the store has told of a marker for a name that was not there: then silence means that none was made (Ceph, under a marker)."""
        self.lost: Counter[tuple[str, bool]] = Counter()
        """Deletes of names under which nothing was to go, and whether on a condition that cannot hold, that were sent and not answered by the
        store itself: where versions are kept, each may make a marker."""
        self.late: Counter[tuple[str, bool]] = Counter()
        """Those of them that got no answer at all: they may still be carried out, after every look."""
        self.began: datetime | None = None
        self.kept: bool | None = None
        """Whether the bucket keeps versions; None before any answer has shown it."""
        self.suspended = False
        """Whether it once kept them: a write or delete then replaces the version without an id."""
        self.nulls = False
        """Whether a write was answered with a version without an id: a delete would then leave a marker without one."""

    def writing(self, key: str, md5: str) -> None:
        """A write is about to be sent: until it is answered, nobody knows what it made."""
        self.bodies[key] = md5
        self.unanswered[key] += 1

    def refused(self, key: str) -> None:
        """The write was answered in the API's own words: it made nothing."""
        self.unanswered[key] -= 1

    def met(self, key: str) -> None:
        """A write of a name that nobody has was refused, since an object lies there; whose, could not be seen."""
        self.met_objects.add(key)

    def written(self, key: str, answer: Response) -> None:
        """A write was carried out."""
        self._saw(answer)
        self.unanswered[key] = max(0, self.unanswered[key] - 1)
        self.nulls |= answer.headers.get("x-amz-version-id") == NULL
        self.add(key, answer.version)

    def add(self, key: str, version: str | None) -> None:
        """A version that is ours."""
        if version and (key, version, ResidueState.VERSION) not in self.pending:
            self.kept = True
            self.order[key, version] = len(self.order)
            self.pending.insert(0, (key, version, ResidueState.VERSION))

    def deleting(self, key: str, *, conditional: bool) -> None:
        """A delete under which nothing is to go is about to be sent: until it is answered, nobody knows what it made."""
        self.lost[key, conditional] += 1
        self.late[key, conditional] += 1

    def answered(self, key: str, *, conditional: bool) -> None:
        """The delete was answered in the API's own words, whatever they are."""
        self.lost[key, conditional] -= 1
        self.late[key, conditional] -= 1

    def unclear(self, key: str, *, conditional: bool) -> None:
        """The delete was answered by somebody: carried out or not, it is over."""
        self.late[key, conditional] -= 1

    def refuses(self) -> None:
        """The store was seen to refuse what its condition forbids: no delete on one that cannot hold made anything."""
        self.lost = Counter({(key, conditional): count for (key, conditional), count in self.lost.items() if not conditional})

    def deleted(self, key: str, answer: Response, *, absent: bool) -> None:
        """A delete was carried out. ``absent``: nothing is known to have lain there."""
        self._saw(answer)
        if answer.headers.get(_MARKER) == "true":
            version = answer.headers.get("x-amz-version-id", NULL)
            self.kept = self.kept or version != NULL
            self.suspended = self.suspended or version == NULL
            self.order[key, version] = len(self.order)
            self.pending.append((key, version, ResidueState.MARKER))
            self.tells = self.tells or absent
        elif absent and not self.tells and not answer.headers.get("x-amz-version-id"):
            self.silent[key] += 1  # OpenStack Swift makes a marker there and does not say so

    def _saw(self, answer: Response) -> None:
        if self.began is None:
            self.began = http_date(answer.headers.get("date", ""))
        if answer.version:
            self.kept = True
