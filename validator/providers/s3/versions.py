"""The versions and delete markers that our own requests made in a bucket behind the S3 API: their removal, and what remains of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from validator.core.model import Kind, Residue, ResidueState
from validator.providers.base import is_own_name
from validator.providers.common.dates import iso_date
from validator.providers.s3.errors import NO_ANSWER, kind_of, not_the_api, refused_action
from validator.providers.s3.http import REQUEST_ID_HEADERS, Response, S3Error
from validator.providers.s3.version_record import NULL, VersionRecord


class Send(Protocol):
    """Makes one request: what the bucket's own method does."""

    def __call__(
        self, method: str, key: str = "", *, query: Sequence[tuple[str, str]] = (), headers: Mapping[str, str] | None = None
    ) -> Response:
        """Make one request. Raises S3Error."""


def must_be_done(answer: Response) -> None:
    """A delete's own success is 204 without a body; some stores say 200, and then with their own headers.

    Raises:
        S3Error: for any other answer: something in between gave it, and the delete may not have been carried out.
    """
    if answer.status == 204 or (not answer.body and any(answer.headers.get(name) for name in REQUEST_ID_HEADERS)):
        return
    raise not_the_api(answer, "DELETE", "the answer to the delete is not one that an object store gives")


def versioning_of(answer: Response) -> str | None:
    """``Enabled`` or ``Suspended``, from the answer to ``?versioning``; empty for a bucket that never kept versions, None for an answer
    that does not say.
    """
    from validator.providers.common.xml import read

    root = read(answer.body)
    if root is None or root.name != "VersioningConfiguration" or not root.whole:
        return None
    status = root.first("Status").strip()
    return status if status in ("Enabled", "Suspended", "") else None


class VersionCleanup(VersionRecord):
    """Removes what it has noted, where the key may, and tells what remains."""

    def __init__(self, send: Send, removal: Callable[[str, str | None], str]) -> None:
        super().__init__()
        self._send = send
        self._removal = removal
        self._remaining: list[Residue] = []

    def cleanup_versions(self) -> Sequence[Residue]:
        """Remove all of it, where the key may; what remains. Raises what a busy store answers, to be called again."""
        self._complete()
        self.sweep()
        remaining, self._remaining = self._remaining, []
        return remaining

    def unsettled(self) -> Sequence[Residue]:
        """What has not been taken back yet, or may have been made. Asks nothing."""
        pending = [
            Residue(key, state, self._removal(key, version), version, "may remain") for key, version, state in self.pending
        ]
        return [
            *self._remaining,
            *pending,
            *(self._marker_may_come(key) for key in sorted({key for key, _ in +self.lost})),
        ]

    def sweep(self) -> None:
        """Remove what is known of."""
        while self.pending:
            key, version, state = self.pending[0]
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
            self.pending.pop(0)

    def _hides(self, key: str, version: str, state: ResidueState, left: Residue) -> bool:
        """Whether this is a marker that was made after the version that stays."""
        if state is not ResidueState.MARKER or left.key != key or left.state is ResidueState.MARKER:
            return False
        before = self.order.get((key, left.version_id or ""), 0)
        return self.order.get((key, version), before + 1) > before

    def _not_swept(self, error: S3Error, key: str, version: str, state: ResidueState) -> None:
        kind = kind_of(error)
        if kind in NO_ANSWER:
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
            named = refused_action(error) == "s3:DeleteObjectVersion"
            note = "these credentials may not delete versions (s3:DeleteObjectVersion)"
            self._remain(key, version, state, note if named or state is ResidueState.MARKER else f"{note}, or a lock keeps it")

    def _lock(self, key: str, version: str, state: ResidueState) -> str:
        """What keeps the version, as far as its own headers tell: some stores refuse its delete without a word of that."""
        if state is ResidueState.MARKER:
            return ""
        from validator.providers.s3.listing import lock_of

        try:
            return lock_of(self._send("HEAD", key, query=(("versionId", version),)).headers)
        except S3Error:
            return ""

    def _remain(self, key: str, version: str, state: ResidueState, note: str) -> None:
        self._remaining.append(Residue(key, state, self._removal(key, version), version, note))

    # ---- what was made without a word --------------------------------------------------------------------------------

    def _complete(self) -> None:
        """Look for what a lost answer, or a silent one, may have made. Only where versions are kept is there anything to find."""
        if +self.lost and not self.kept and not self._keeps_versions():
            self.lost.clear()
        lost = {key for key, _ in +self.lost}
        doubtful = lost | ({*(+self.unanswered), *(+self.silent), *self.met_objects} if self.kept or self.suspended else set())
        # Something in between may have sent it twice, and nobody was told.
        repeated = {key for key, _, state in self.pending if state is ResidueState.MARKER}
        for key in sorted(doubtful | repeated):
            try:
                versions = list(self._listed(key))
            except S3Error as error:
                if kind_of(error) in NO_ANSWER:
                    raise
                if key in lost:
                    self._remaining.append(self._marker_may_come(key))
                if key in doubtful - lost:
                    self._unseen(key, error)
            else:
                complete = self._ours_among(key, versions, lost=key in lost)
                if key in lost and not complete and any(each == key for each, _ in +self.late):
                    self._remaining.append(self._marker_may_come(key))
            self.unanswered.pop(key, None)
            self.silent.pop(key, None)
            self.met_objects.discard(key)
        self.lost.clear()
        self.late.clear()

    def _keeps_versions(self) -> bool:
        """Whether the bucket keeps versions, or once did; also where it will not tell."""
        try:
            answer = self._send("GET", query=(("versioning", ""),))
        except S3Error as error:
            if kind_of(error) in NO_ANSWER:
                raise
            return True
        return versioning_of(answer) != ""

    def _marker_may_come(self, key: str) -> Residue:
        nobodys = ", which nobody else has," * is_own_name(key)
        note = f"the answer to a delete of this name{nobodys} was lost: it may be there, or may yet come"
        return Residue(key, ResidueState.MARKER, self._removal(key, "list:"), None, note)

    def _ours_among(self, key: str, versions: Sequence[tuple[str, str, str, datetime | None]], *, lost: bool) -> bool:
        """Take what is ours to what is to be removed, or tell it; whether there are markers that no answer told of."""
        known = {(each, version) for each, version, _ in self.pending}
        md5 = self.bodies.get(key, "")
        for name, version, etag, _ in versions:
            ours = is_own_name(key) or (etag.strip('"').lower() == md5 and version != NULL)
            if name == "Version" and ours and (key, version) not in known:
                self.pending.insert(0, (key, version, ResidueState.VERSION))
        markers = [
            version
            for name, version, _, made in versions
            if name == "DeleteMarker"
            and (version != NULL or is_own_name(key) or lost)
            and (key, version) not in known
            and (is_own_name(key) or self._since(made))
        ]
        if is_own_name(key) or (len(markers) <= self.silent[key] and not lost):
            self.pending += [(key, version, ResidueState.MARKER) for version in markers]
        else:
            # More than ours were made in these seconds: which are ours cannot be told, so none is touched.
            for version in markers:
                self._remain(key, version, ResidueState.MARKER, "made while this check ran, by it or by another")
        return bool(markers)

    def _since(self, made: datetime | None) -> bool:
        return made is not None and self.began is not None and made >= self.began

    def _unseen(self, key: str, error: S3Error) -> None:
        if self.silent[key]:
            state = ResidueState.MARKER
            what = "the store makes a marker for a delete of what is not there, and does not say so"
        else:
            state, what = ResidueState.VERSION, "the answer to a write was lost"
            if key not in self.met_objects and any(each == key and kind is state for each, _, kind in self.pending):
                return  # it is known by now
        denied = kind_of(error) is Kind.DENIED
        why = (
            "these credentials may not list versions (s3:ListBucketVersions)" if denied else "no list of versions could be read"
        )
        note = f"{what}; {why}, so it may or may not be there"
        self._remaining.append(Residue(key, state, self._removal(key, "list:"), None, note))

    def _listed(self, key: str) -> Iterator[tuple[str, str, str, datetime | None]]:
        from validator.providers.s3.listing import entries_of, page_of

        answer = self._send("GET", query=(("versions", ""), ("max-keys", "400"), ("prefix", key)))
        page = page_of(answer, "ListVersionsResult")
        for name, fields in entries_of(page):
            if fields.get("Key") == key:
                yield name, fields.get("VersionId", NULL), fields.get("ETag", ""), iso_date(fields.get("LastModified", ""))
