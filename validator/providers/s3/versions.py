"""The versions and delete markers that our own requests made in a bucket behind the S3 API: their removal, and what remains of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from validator.core.model import Kind, Residue, ResidueState
from validator.providers.base import is_own_name
from validator.providers.common.dates import http_date
from validator.providers.s3.errors import NOT_THE_API, denial, observe
from validator.providers.s3.http import REQUEST_ID_HEADERS, Answer, S3Error
from validator.providers.s3.listing import entries_of, lock_of, no_list

NULL: Final = "null"
"""S3's id of the version, or marker, that is written while the bucket keeps none."""
_MARKER: Final = "x-amz-delete-marker"


class Send(Protocol):
    """Makes one request: what the bucket's own method does."""

    def __call__(self, method: str, key: str = "", *, query: Sequence[tuple[str, str]] = ()) -> Answer:
        """Make one request. Raises S3Error."""


def must_be_done(answer: Answer) -> None:
    """A delete's own success is 204 without a body; some stores say 200, and then with their own headers.

    Raises:
        S3Error: for any other answer: something in between gave it, and the delete may not have been carried out.
    """
    if answer.status == 204 or (not answer.body and any(answer.headers.get(name) for name in REQUEST_ID_HEADERS)):
        return
    raise S3Error(
        status=answer.status,
        code=NOT_THE_API,
        message="the answer to the delete is not one that an object store gives",
        headers=answer.headers,
        asked="DELETE",
        body=answer.body[:200],
    )


def versioning_of(answer: Answer) -> str | None:
    """``Enabled`` or ``Suspended``, from the answer to ``?versioning``; empty for a bucket that never kept versions, None for an answer
    that does not say.
    """
    from validator.providers.common.xml import read

    root = read(answer.body)
    if root is None or root.name != "VersioningConfiguration" or not root.whole:
        return None
    status = root.first("Status").strip()
    return status if status in ("Enabled", "Suspended", "") else None


class Versions:
    """What was made, in the order in which it is to go: the versions of a name before the marker that hides them."""

    def __init__(self, send: Send, removal: Callable[[str, str | None], str]) -> None:
        self._send = send
        self._removal = removal
        self._pending: list[tuple[str, str, ResidueState]] = []
        self._remaining: list[Residue] = []
        self._order: dict[tuple[str, str], int] = {}
        """When each was made, as far as it is known."""
        self._bodies: dict[str, str] = {}
        """Key to the MD5 of what was written there: tells our versions from others'."""
        self._open: Counter[str] = Counter()
        """Writes that were sent and not answered by the store itself."""
        self._met: set[str] = set()
        """Names that nobody has, under which a write met an object: one more of ours, perhaps."""
        self._silent: Counter[str] = Counter()
        """Deletes of a name that was not there, answered without a word of a marker."""
        self._tells = False
        """Whether the store has told of a marker for a name that was not there: then silence means that none was made (Ceph, under a marker)."""
        self._lost: Counter[tuple[str, bool]] = Counter()
        """Deletes of names under which nothing was to go, and whether on a condition that cannot hold, that were sent and not answered by the
        store itself: where versions are kept, each may make a marker."""
        self._late: Counter[tuple[str, bool]] = Counter()
        """Those of them that got no answer at all: they may still be carried out, after every look."""
        self._began: datetime | None = None
        self.kept: bool | None = None
        """Whether the bucket keeps versions; None before any answer has shown it."""
        self.suspended = False
        """Whether it once kept them: a write or delete then replaces the version without an id."""
        self.nulls = False
        """Whether a write was answered with a version without an id: a delete would then leave a marker without one."""

    # ---- what was made -----------------------------------------------------------------------------------------------

    def writing(self, key: str, md5: str) -> None:
        """A write is about to be sent: until it is answered, nobody knows what it made."""
        self._bodies[key] = md5
        self._open[key] += 1

    def refused(self, key: str) -> None:
        """The write was answered in the API's own words: it made nothing."""
        self._open[key] -= 1

    def met(self, key: str) -> None:
        """A write of a name that nobody has was refused, since an object lies there; whose, could not be seen."""
        self._met.add(key)

    def written(self, key: str, answer: Answer) -> None:
        """A write was carried out."""
        self._saw(answer)
        self._open[key] = max(0, self._open[key] - 1)
        self.nulls |= answer.headers.get("x-amz-version-id") == NULL
        self.add(key, answer.version)

    def add(self, key: str, version: str | None) -> None:
        """A version that is ours."""
        if version and (key, version, ResidueState.VERSION) not in self._pending:
            self.kept = True
            self._order[key, version] = len(self._order)
            self._pending.insert(0, (key, version, ResidueState.VERSION))

    def deleting(self, key: str, *, conditional: bool) -> None:
        """A delete under which nothing is to go is about to be sent: until it is answered, nobody knows what it made."""
        self._lost[key, conditional] += 1
        self._late[key, conditional] += 1

    def answered(self, key: str, *, conditional: bool) -> None:
        """The delete was answered in the API's own words, whatever they are."""
        self._lost[key, conditional] -= 1
        self._late[key, conditional] -= 1

    def unclear(self, key: str, *, conditional: bool) -> None:
        """The delete was answered by somebody: carried out or not, it is over."""
        self._late[key, conditional] -= 1

    def refuses(self) -> None:
        """The store was seen to refuse what its condition forbids: no delete on one that cannot hold made anything."""
        self._lost = Counter({(key, conditional): count for (key, conditional), count in self._lost.items() if not conditional})

    def deleted(self, key: str, answer: Answer, *, absent: bool) -> None:
        """A delete was carried out. ``absent``: nothing is known to have lain there."""
        self._saw(answer)
        if answer.headers.get(_MARKER) == "true":
            version = answer.headers.get("x-amz-version-id", NULL)
            self.kept = self.kept or version != NULL
            self.suspended = self.suspended or version == NULL
            self._order[key, version] = len(self._order)
            self._pending.append((key, version, ResidueState.MARKER))
            self._tells = self._tells or absent
        elif absent and not self._tells and not answer.headers.get("x-amz-version-id"):
            self._silent[key] += 1  # OpenStack Swift makes a marker there and does not say so

    def _saw(self, answer: Answer) -> None:
        if self._began is None:
            self._began = _date(answer.headers.get("date", ""))
        if answer.version:
            self.kept = True

    # ---- its removal -------------------------------------------------------------------------------------------------

    def settle(self) -> Sequence[Residue]:
        """Remove all of it, where the key may; what remains. Raises what a busy store answers, to be called again."""
        self._complete()
        self.sweep()
        remaining, self._remaining = self._remaining, []
        return remaining

    def unsettled(self) -> Sequence[Residue]:
        """What has not been taken back yet, or may have been made. Asks nothing."""
        pending = [
            Residue(key, state, self._removal(key, version), version, "may remain") for key, version, state in self._pending
        ]
        return [*self._remaining, *pending, *(self._marker_may_come(key) for key in sorted({key for key, _ in +self._lost}))]

    def sweep(self) -> None:
        """Remove what is known of."""
        while self._pending:
            key, version, state = self._pending[0]
            stays = next((each for each in self._remaining if self._hides(key, version, state, each)), None)
            if stays is not None:
                # Without it the file would come back to light; of a locked one, nobody is even told how.
                locked = stays.state is ResidueState.LOCKED
                command = stays.remove_command if locked else self._removal(key, version)
                self._remaining.append(Residue(key, state, command, version, "it hides the version that stays"))
            elif version == NULL and not is_own_name(key):
                note = "versioning is suspended in this bucket: the delete left a marker in place of the file"
                self._remain(key, version, state, note)
            else:
                try:
                    must_be_done(self._send("DELETE", key, query=(("versionId", version),)))
                except S3Error as error:
                    self._not_swept(error, key, version, state)
            self._pending.pop(0)

    def _hides(self, key: str, version: str, state: ResidueState, left: Residue) -> bool:
        """Whether this is a marker that was made after the version that stays."""
        if state is not ResidueState.MARKER or left.key != key or left.state is ResidueState.MARKER:
            return False
        before = self._order.get((key, left.version_id or ""), 0)
        return self._order.get((key, version), before + 1) > before

    def _not_swept(self, error: S3Error, key: str, version: str, state: ResidueState) -> None:
        kind = observe(error).kind
        if kind in (Kind.TRANSIENT, Kind.UNREACHABLE):
            raise error
        if kind is Kind.ABSENT:
            return
        if kind is Kind.KEPT:
            self._remain(key, version, ResidueState.LOCKED, "object lock keeps it")
        elif "mfa" in error.message.lower():
            self._remain(key, version, state, "MFA delete is on: only the account's root user with its MFA device removes it")
        elif lock := self._lock(key, version, state):
            self._remain(key, version, ResidueState.LOCKED, lock)
        else:
            told = denial(error.message)
            named = told is not None and told.action == "s3:DeleteObjectVersion"
            note = "these credentials may not delete versions (s3:DeleteObjectVersion)"
            self._remain(key, version, state, note if named or state is ResidueState.MARKER else f"{note}, or a lock keeps it")

    def _lock(self, key: str, version: str, state: ResidueState) -> str:
        """What keeps the version, as far as its own headers tell: some stores refuse its delete without a word of that."""
        if state is ResidueState.MARKER:
            return ""
        try:
            return lock_of(self._send("HEAD", key, query=(("versionId", version),)).headers)
        except S3Error:
            return ""

    def _remain(self, key: str, version: str, state: ResidueState, note: str) -> None:
        self._remaining.append(Residue(key, state, self._removal(key, version), version, note))

    # ---- what was made without a word --------------------------------------------------------------------------------

    def _complete(self) -> None:
        """Look for what a lost answer, or a silent one, may have made. Only where versions are kept is there anything to find."""
        if +self._lost and not self.kept and not self._keeps_versions():
            self._lost.clear()
        lost = {key for key, _ in +self._lost}
        doubtful = lost | ({*(+self._open), *(+self._silent), *self._met} if self.kept or self.suspended else set())
        # Something in between may have sent it twice, and nobody was told.
        repeated = {key for key, _, state in self._pending if state is ResidueState.MARKER}
        for key in sorted(doubtful | repeated):
            try:
                found = list(self._listed(key))
            except S3Error as error:
                if observe(error).kind in (Kind.TRANSIENT, Kind.UNREACHABLE):
                    raise
                if key in lost:
                    self._remaining.append(self._marker_may_come(key))
                if key in doubtful - lost:
                    self._unseen(key, error)
            else:
                seen = self._ours_among(key, found, lost=key in lost)
                if key in lost and not seen and any(each == key for each, _ in +self._late):
                    self._remaining.append(self._marker_may_come(key))
            self._open.pop(key, None)
            self._silent.pop(key, None)
            self._met.discard(key)
        self._lost.clear()
        self._late.clear()

    def _keeps_versions(self) -> bool:
        """Whether the bucket keeps versions, or once did; also where it will not tell."""
        try:
            answer = self._send("GET", query=(("versioning", ""),))
        except S3Error as error:
            if observe(error).kind in (Kind.TRANSIENT, Kind.UNREACHABLE):
                raise
            return True
        return versioning_of(answer) != ""

    def _marker_may_come(self, key: str) -> Residue:
        nobodys = ", which nobody else has," * is_own_name(key)
        note = f"the answer to a delete of this name{nobodys} was lost: a marker may be there, or may yet come"
        return Residue(key, ResidueState.MARKER, self._removal(key, "list:"), None, note)

    def _ours_among(self, key: str, found: Sequence[tuple[str, str, str, datetime | None]], *, lost: bool) -> bool:
        """Take what is ours to what is to be removed, or tell it; whether there are markers that no answer told of."""
        known = {(each, version) for each, version, _ in self._pending}
        md5 = self._bodies.get(key, "")
        for name, version, etag, _ in found:
            ours = is_own_name(key) or (etag.strip('"').lower() == md5 and version != NULL)
            if name == "Version" and ours and (key, version) not in known:
                self._pending.insert(0, (key, version, ResidueState.VERSION))
        markers = [
            version
            for name, version, _, made in found
            if name == "DeleteMarker"
            and (version != NULL or is_own_name(key) or lost)
            and (key, version) not in known
            and (is_own_name(key) or self._since(made))
        ]
        if is_own_name(key) or (len(markers) <= self._silent[key] and not lost):
            self._pending += [(key, version, ResidueState.MARKER) for version in markers]
            return bool(markers)
        # More than ours were made in these seconds: which are ours cannot be told, so none is touched.
        for version in markers:
            self._remain(key, version, ResidueState.MARKER, "made while this check ran, by it or by another")
        return bool(markers)

    def _since(self, made: datetime | None) -> bool:
        return made is not None and self._began is not None and made >= self._began

    def _unseen(self, key: str, error: S3Error) -> None:
        silent = self._silent[key]
        state = ResidueState.MARKER if silent else ResidueState.VERSION
        what = (
            "the store makes a marker for a delete of what is not there, and does not say so"
            if silent
            else "the answer to a write was lost"
        )
        already = key not in self._met and any(each == key and kind is state for each, _, kind in self._pending)
        if silent or not already:
            denied = observe(error).kind is Kind.DENIED
            why = (
                "these credentials may not list versions (s3:ListBucketVersions)"
                if denied
                else "no list of versions could be read"
            )
            note = f"{what}; {why}, so it may or may not be there"
            self._remaining.append(Residue(key, state, self._removal(key, "list:"), None, note))

    def _listed(self, key: str) -> Iterator[tuple[str, str, str, datetime | None]]:
        from validator.providers.common.xml import read

        page = read(self._send("GET", query=(("versions", ""), ("max-keys", "400"), ("prefix", key))).body)
        if page is None or page.name != "ListVersionsResult" or not page.whole:
            raise no_list("ListVersionsResult", page)
        for name, fields in entries_of(page):
            if fields.get("Key") == key:
                yield name, fields.get("VersionId", NULL), fields.get("ETag", ""), _moment(fields.get("LastModified", ""))


def _date(text: str) -> datetime | None:
    return http_date(text)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
