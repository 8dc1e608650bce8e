"""One Oracle bucket over the S3 Compatibility API: path style, plain signed bodies, single deletes, and never HEAD."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Self

from validator.core.model import VERIFICATION_FILE, Confidence, Kind, Operation, Residue, ResidueState
from validator.providers.base import Experiment, Failure, Found, Gap, Obstacle, Receipt, Remnant, Unproven, is_own_name
from validator.providers.common.conditions import Belief, Conditions
from validator.providers.common.dates import http_date
from validator.providers.common.xml import read as read_xml
from validator.providers.oracle.errors import Doubtful, condition_refused, native, not_authenticated, observe, own, refused
from validator.providers.oracle.rules import ABSENT, BUCKET, NOT_SEEN, OVER, SEEN
from validator.providers.s3.http import Answer, Client, S3Error
from validator.providers.s3.settings import Settings

MADE_UP: Final = f'"{"0" * 32}"'
"""An ETag that no object has. Whether Oracle looks at it on a delete is not known, so it is never all that protects an object."""
PEEK: Final = 1024
"""Bytes of an object that was already there which are read: a verification file is no longer."""


class OracleBucket:
    """The seam's bucket. Remembers whether any signed request found the bucket: only that tells a 404 from a 404."""

    # Oracle documents no create-only write for this API; a condition that is ignored would promise what is not kept.
    creates_only = False
    overwrite_permission = "OBJECT_OVERWRITE"

    def __init__(self, client: Client, removal: Callable[[str, str | None], str]) -> None:
        self._client = client
        self._removal = removal
        self._found = False
        self._refused_alike = False
        self._doubted: set[str] = set()
        self.conditions = Conditions()
        self._last_read: tuple[str, bytes] | None = None
        self._free: set[str] = set()
        """Names under which a look found no object."""
        self._marked: set[str] = set()
        """Names of which the store said that a delete marker lies there."""
        self._settings = Settings(client.send)
        self._written: dict[str, str] = {}
        """Names under which our own object lies, with its ETag."""
        self._made: list[tuple[str, str, ResidueState]] = []
        """Every version and marker that a request of ours made, in the store's own words."""
        self._lost: Counter[str] = Counter()
        """Deletes that were sent and not answered by the store itself: where versions are kept, each may make a marker."""
        self._open: Counter[str] = Counter()
        """Writes of which the same is true: each may make a version."""

    @property
    def honours_conditions(self) -> bool:
        """See the seam. Documented nowhere for this API: believed when seen."""
        return self.conditions.delete.holds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        """Connections are the process's."""

    # ---- asking ------------------------------------------------------------------------------------------------------

    def _send(
        self,
        what: str,
        method: str,
        key: str = "",
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """One request. ``what`` names the step: an answer that contradicts what was seen is doubted once for each."""
        try:
            answer = self._client.send(method, key, query=query, headers=headers, body=body)
        except S3Error as error:
            native(error)
            if own(error) and (error.code in ABSENT or error.status == 412):
                self._found = True
            error.evidence[BUCKET] = SEEN if self._found else NOT_SEEN
            if self._doubts(what, error):
                raise Doubtful(error) from None
            raise
        if not _plausible(method, query, answer):
            raise S3Error(
                status=answer.status,
                message="an answer came that Oracle does not give: something in between answered",
                headers=answer.headers,
                evidence={BUCKET: SEEN if self._found else NOT_SEEN},
                asked=method,
                body=answer.body[:4096],
            )
        self._found = True
        return answer

    def _doubts(self, what: str, error: S3Error) -> bool:
        """Oracle was seen to deny a working key, or a bucket that is there, once in a while: ask again before believing it."""
        if not_authenticated(error):
            what = what if self._found else "authentication"
        elif not (self._found and refused(error)):
            return False
        if what in self._doubted:
            return False
        self._doubted.add(what)
        return True

    # ---- the seam ----------------------------------------------------------------------------------------------------

    def find(self, key: str) -> Found | None:
        """Look with GET: its 404 says what is missing, that of HEAD does not. Without OBJECT_READ, the list may tell."""
        self._free.discard(key)
        try:
            answer = self._send("find", "GET", key, headers={"Range": f"bytes=0-{PEEK - 1}"})
        except S3Error as error:
            if error.code in ABSENT:
                self._free.add(key)
                if error.headers.get("x-amz-delete-marker") == "true":
                    self._marked.add(key)
                return None
            if error.status == 416:  # no byte to give: an empty object
                self._found = True
                return Found(key, 0)
            if not refused(error):
                raise
            listed = self._listed(key)
            if listed is None:
                self._refused_alike = True
                raise
            found = next((each for each in listed if each.key == key), None)
            if found is None:
                self._free.add(key)
            return found
        return _found(key, answer)

    def rehearse(self, operation: Operation, key: str) -> None:
        """Delete what is not there, with a condition that cannot hold besides. The code, not the status, is the answer."""
        if operation is not Operation.DELETE:
            raise NotImplementedError("Oracle documents no condition on writes: a rehearsed write might be carried out")
        try:
            self._delete_nothing(key)
        except S3Error as error:
            if not refused(error) or self._found:
                raise
            self._witness(error)
            error.evidence[BUCKET] = SEEN if self._found else NOT_SEEN
            raise

    def _delete_nothing(self, key: str) -> None:
        mine, nobodys = key in self._written, is_own_name(key)
        if not (mine or nobodys or self.conditions.delete.holds or key in self._free):
            raise Unproven(
                f"whether {key} may be deleted could not be asked: this store was not seen to honour a condition on a delete, and may not "
                "be asked to delete what may be another's"
            )
        if self.conditions.delete.sent:
            try:
                self._delete("rehearsal", key, MADE_UP)
            except S3Error as error:
                if error.status == 412 and (mine or nobodys or key in self._free):
                    self.conditions.delete = Belief.SEEN
                if not condition_refused(error):
                    raise
                self.conditions.delete = Belief.UNSUPPORTED
                if mine:
                    raise
            else:
                if mine:
                    self.conditions.delete = Belief.IGNORED
                return
        # Nothing lies there: without its condition, the delete removes as little.
        self._delete("rehearsal", key)

    def _delete(self, what: str, key: str, if_match: str = "") -> None:
        self._lost[key] += 1
        try:
            answer = self._send(what, "DELETE", key, headers={"If-Match": if_match} if if_match else None)
        except (S3Error, Doubtful) as error:
            self._lost[key] -= _is_answered(error)
            raise
        self._lost[key] -= 1
        told = answer.headers.get("x-amz-version-id")
        # A store that has suspended its versions leaves a marker without an id of its own.
        if answer.version is not None or (told and answer.headers.get("x-amz-delete-marker") == "true"):
            self._made.append((key, told or "", ResidueState.MARKER))
        self._written.pop(key, None)

    def _wrote(self, key: str, answer: Answer) -> Receipt:
        if answer.version is not None:
            self._made.append((key, answer.version, ResidueState.VERSION))
        self._written[key] = answer.etag
        self._free.discard(key)
        return Receipt(answer.etag, answer.version)

    def _witness(self, error: S3Error) -> None:
        """The delete was answered as if there were no bucket: is there one? Raises Unproven if nobody can say."""
        if self._refused_alike:
            return
        try:
            self._refused_alike = self._listed("") is None
        except (S3Error, Doubtful) as other:
            raise Unproven(
                "the delete was answered as if there were no such bucket, and no other answer shows whether there is",
                {"delete": f"{error.status} {error.code}", "witness": str(other)},
            ) from None

    def _listed(self, prefix: str) -> Sequence[Found] | None:
        """Objects that begin with ``prefix``; None if listing is refused too."""
        try:
            answer = self._send("list", "GET", query=(("max-keys", "20"), ("prefix", prefix)))
        except S3Error as error:
            if refused(error):
                return None
            raise
        return _contents(answer.body)

    def write(self, key: str, body: bytes) -> Receipt:
        """Write in the plain form: the whole body signed, its length stated, no chunks and no trailing checksum."""
        return self._wrote(key, self._put("write", key, body))

    def _put(self, what: str, key: str, body: bytes) -> Answer:
        self._open[key] += 1
        try:
            answer = self._send(what, "PUT", key, body=body)
        except (S3Error, Doubtful) as error:
            self._open[key] -= _is_answered(error)
            raise
        self._open[key] -= 1
        return answer

    def overwrite(self, key: str, body: bytes) -> Receipt:
        """Write over our own file: OBJECT_OVERWRITE is another permission than OBJECT_CREATE."""
        try:
            answer = self._put("overwrite", key, body)
        except S3Error as error:
            error.evidence[OVER] = "yes"
            raise
        return self._wrote(key, answer)

    def read(self, key: str) -> bytes:
        """The object's bytes."""
        body = self._send("read", "GET", key).body
        self._last_read = (key, body)
        return body

    def list(self, prefix: str) -> Sequence[str]:
        """Not part of what Planet asks of Oracle, hence never called by the core."""
        answer = self._send("list", "GET", query=(("prefix", prefix),))
        return [each.key for each in _contents(answer.body)]

    def delete(self, key: str, receipt: Receipt | None, body: bytes) -> None:
        """Pinned to our ETag. Where Oracle does not take that, or the write's answer was lost, the bytes decide."""
        if receipt is not None and receipt.pin and self.conditions.delete.sent:
            read, self._last_read = self._last_read, None
            try:
                return self._delete("delete", key, receipt.pin)
            except S3Error as error:
                if condition_refused(error):
                    self.conditions.delete, self._last_read = Belief.UNSUPPORTED, read
                # A store that compares ETags in a way of its own would refuse us our own file. What lies there now is to be seen now.
                elif error.status != 412 or not self._is_own_name(key, body):
                    raise
        ours = self._is_own_name(key, body)
        # Where nothing can be read, the answer to our own write, a moment ago, has to do.
        if not (receipt is not None if ours is None else ours):
            raise S3Error(
                status=412, code="PreconditionFailed", message="it could not be seen that the file is ours", asked="DELETE"
            )
        return self._delete("delete", key)

    def _is_own_name(self, key: str, body: bytes) -> bool | None:
        """Whether the object holds our bytes; None where it can neither be read nor listed. Raises that it is absent."""
        last, self._last_read = (
            self._last_read,
            None,
        )  # it says so once: after a request that came to nothing, another's may lie there
        if last == (key, body):
            return True
        try:
            return self._send("look", "GET", key).body == body
        except S3Error as error:
            if not refused(error):
                raise
        if key.rpartition("/")[2] != VERIFICATION_FILE:
            return True  # nobody else has a name with our random part
        listed = next((each for each in self._listed(key) or () if each.key == key), None)
        # An ETag that is no MD5 says nothing.
        return True if listed and listed.pin.strip('"') == hashlib.md5(body, usedforsecurity=False).hexdigest() else None

    def obstacles(self) -> Sequence[Obstacle]:
        """Default retention, where the store behind an endpoint tells of one. Oracle's own retention rules cannot be read through this API."""
        return self._settings.retention()

    def risk(self, key: str) -> str:
        """See the seam: versions that a marker hides, as far as the store tells of them. Oracle's own API does not."""
        if is_own_name(key):
            return ""
        status = self._settings.ask_versioning()
        if status == "Suspended" and (key in self._marked or not self._settings.hides_nothing(key)):
            return (
                f"versioning is suspended in this bucket, and an older version may lie hidden under {key}, which a write or a delete "
                "there would destroy"
            )
        if status is None and key in self._marked:
            return f"a delete marker lies under {key}, and may hide a version that a write or a delete there would destroy"
        return ""

    def settle(self, key: str, receipt: Receipt | None) -> Sequence[Residue]:  # noqa: ARG002 - what was made is noted as it is made
        """Say what remains. Nothing is purged: that the API takes a version id on a delete is documented nowhere."""
        if (+self._lost or +self._open) and not self._made and self._settings.ask_versioning() == "":
            self._lost.clear()
            self._open.clear()
        remains = self.unsettled()
        self._made, self._lost, self._open = [], Counter(), Counter()
        return remains

    def unsettled(self) -> Sequence[Residue]:
        """See the seam."""
        may = "where the bucket keeps versions, one may be there, or may yet come"
        return [
            *(Residue(name, state, self._removal(name, version), version) for name, version, state in self._made),
            *(
                Residue(name, state, self._removal(name, "list:"), None, f"the answer to a {what} of this name was lost: {may}")
                for names, state, what in (
                    (self._open, ResidueState.VERSION, "write"),
                    (self._lost, ResidueState.MARKER, "delete"),
                )
                for name in +names
            ),
        ]

    def experiments(self, failure: Failure) -> Iterator[Experiment]:
        """None: another region or namespace is another host, and guessing them would knock at strangers' doors."""
        del failure
        return iter(())

    # ---- what was there before ---------------------------------------------------------------------------------------

    presence = Confidence.POSSIBLE

    def remnants(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Remnant | Gap]]:
        """The current objects: this API shows nothing else."""
        from validator.providers.oracle.leftovers import remnants

        return remnants(self.find, self._page, key, everywhere=everywhere)

    def remove(self, remnant: Remnant) -> None:
        """Remove an object that still is what was listed."""
        from validator.providers.oracle.leftovers import remove

        remove(self.find, self.read, self.delete, remnant)

    def _page(self, prefix: str, after: str) -> tuple[Sequence[Found], str]:
        """A page of the list, in the older form, which every store knows; and after which name the next one begins."""
        query = (("max-keys", "400"), ("prefix", prefix), *((("marker", after),) if after else ()))
        body = self._send("list", "GET", query=query).body
        found = _contents(body)
        return found, found[-1].key if found and b"<IsTruncated>true</IsTruncated>" in body else ""

    # ---- uploads in parts --------------------------------------------------------------------------------------------

    def rehearse_abort(self, key: str) -> None:
        """Abort an upload that nobody has started."""
        self._send("abort", "DELETE", key, query=(("uploadId", secrets.token_hex(16)),))

    def start_multipart(self, key: str) -> str:
        """Start an upload: needs OBJECT_OVERWRITE besides OBJECT_CREATE."""
        answer = self._send("start", "POST", key, query=(("uploads", ""),))
        root = read_xml(answer.body)
        upload = "" if root is None else root.first("UploadId")
        assert upload, "an answer without it is not taken for Oracle's"  # noqa: S101 - _plausible has looked
        return upload

    def abort_multipart(self, key: str, upload: str) -> None:
        """Abort it again."""
        self._send("abort", "DELETE", key, query=(("uploadId", upload),))


def _is_answered(error: S3Error | Doubtful) -> bool:
    """Whether the API itself has refused it: then nothing comes of it any more."""
    return isinstance(error, Doubtful) or observe(error).kind not in (Kind.TRANSIENT, Kind.UNREACHABLE, Kind.FOREIGN)


def _plausible(method: str, query: Sequence[tuple[str, str]], answer: Answer) -> bool:
    """Whether a success is one that the API gives: a proxy or a guest network says 200 to anything."""
    if method == "DELETE":
        return answer.status == 204 or bool(answer.headers.get("x-amz-request-id") or answer.headers.get("opc-request-id"))
    if method == "POST":
        return b"<UploadId>" in answer.body
    if query:
        return b"ListBucketResult" in answer.body
    return bool(answer.etag)


def _found(key: str, answer: Answer) -> Found:
    total = answer.headers.get("content-range", "").rpartition("/")[2]
    stated = total if total.isdigit() else answer.headers.get("content-length", "")
    size = int(stated) if stated.isdigit() else None
    modified = http_date(answer.headers.get("last-modified", ""))
    whole = answer.body if size == len(answer.body) else None
    return Found(key, size, modified, answer.version, answer.etag, whole)


def _contents(body: bytes) -> list[Found]:
    root = read_xml(body)
    rows = [] if root is None else [each.leaves() for each in root.every("Contents")]
    return [_listing(fields) for fields in rows]


def _listing(fields: Mapping[str, str]) -> Found:
    size = fields.get("Size", "").strip()
    return Found(fields.get("Key", ""), int(size) if size.isdigit() else None, pin=fields.get("ETag", "").strip())
