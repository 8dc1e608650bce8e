"""One Oracle bucket over the S3 Compatibility API: path style, plain signed bodies, single deletes, and never HEAD."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from validator.core.model import VERIFICATION_FILE, Confidence, Operation, Residue, ResidueState
from validator.providers.base import Experiment, Failure, Options, Receipt, RetentionBlocker, StoredObject, is_own_name
from validator.providers.common.conditions import Belief, Conditioned, nobodys
from validator.providers.common.xml import read as read_xml
from validator.providers.oracle.addresses import host_of, removal
from validator.providers.oracle.bucket_requests import BucketRequests, contents_of, is_answered
from validator.providers.oracle.errors import condition_refused, refused
from validator.providers.oracle.parameters import OracleParameters
from validator.providers.oracle.rehearsal import MADE_UP, BucketRehearsal
from validator.providers.oracle.rules import OVER
from validator.providers.s3.http import AccessKey, BucketAddress, S3Client, S3Error
from validator.providers.s3.settings import BucketSettings
from validator.providers.s3.version_record import NULL

if TYPE_CHECKING:
    from validator.providers.base import Leftover, UnseenPart
    from validator.providers.common.early import Early

_DESTROYED: Final = "which a write or a delete there might destroy"


class OracleBucket(Conditioned):
    """See :class:`validator.providers.base.Bucket`."""

    overwrite_permission = "OBJECT_OVERWRITE"

    def __init__(self, client: S3Client, removal: Callable[[str, str | None], str], early: Early) -> None:
        self._early = early
        self.requests = BucketRequests(client)
        self.conditions = self.requests.conditions
        self._rehearsal = BucketRehearsal(self.requests)
        self._removal = removal
        self._last_read: tuple[str, bytes] | None = None
        self._settings = BucketSettings(client.send)
        self._surveyed = ""
        """The name that nobody has, of which a delete has shown whether the bucket leaves markers."""

    @property
    def creates_exclusively(self) -> bool:
        """Oracle documents no create-only write for this API; a condition that is ignored would promise what is not kept."""
        return False

    def __exit__(self, *exc: object) -> None:
        """Connections are the process's, but for what was opened early and never used."""
        self._early.close()

    # ---- the seam ----------------------------------------------------------------------------------------------------

    def stat(self, key: str) -> StoredObject | None:
        """See the seam."""
        return self.requests.stat(key)

    def rehearse(self, operation: Operation, key: str) -> None:
        """See the seam."""
        self._rehearsal.rehearse(operation, key)

    def write(self, key: str, body: bytes) -> Receipt:
        """Write in the plain form: the whole body signed, its length stated, no chunks and no trailing checksum."""
        return self.requests.put("write", key, body)

    def overwrite(self, key: str, body: bytes) -> Receipt:
        """Write over our own file: OBJECT_OVERWRITE is another permission than OBJECT_CREATE."""
        try:
            return self.requests.put("overwrite", key, body)
        except S3Error as error:
            error.evidence[OVER] = "yes"
            raise

    def read(self, key: str) -> bytes:
        """The object's bytes."""
        body = self.requests.send("read", "GET", key).body
        self._last_read = (key, body)
        return body

    def list(self, prefix: str) -> Sequence[str]:
        """Not part of what Planet asks of Oracle, hence never called by the core."""
        answer = self.requests.send("list", "GET", query=(("prefix", prefix),))
        return [each.key for each in contents_of(answer.body)]

    def delete(self, key: str, receipt: Receipt | None, body: bytes) -> None:
        """Pinned to our ETag. Where Oracle does not take that, or the write's answer was lost, the bytes decide."""
        if receipt is not None and receipt.pin and self.requests.conditions.delete.sent:
            read, self._last_read = self._last_read, None
            try:
                return self.requests.delete("delete", key, receipt.pin)
            except S3Error as error:
                if condition_refused(error):
                    self.requests.conditions.delete, self._last_read = Belief.UNSUPPORTED, read
                # A store that compares ETags in a way of its own would refuse us our own file. What lies there now is to be seen now.
                elif error.status != 412 or not self._is_own_name(key, body):
                    raise
        ours = self._is_own_name(key, body)
        # Where nothing can be read, the answer to our own write, a moment ago, has to do.
        if not (receipt is not None if ours is None else ours):
            raise S3Error(
                status=412, code="PreconditionFailed", message="it could not be seen that the file is ours", method="DELETE"
            )
        return self.requests.delete("delete", key)

    def _is_own_name(self, key: str, body: bytes) -> bool | None:
        """Whether the object holds our bytes; None where it can neither be read nor listed. Raises that it is absent."""
        # It says so once: after a request that came to nothing, another's may lie there.
        last, self._last_read = self._last_read, None
        if last == (key, body):
            return True
        try:
            return self.requests.send("look", "GET", key).body == body
        except S3Error as error:
            if not refused(error):
                raise
        if key.rpartition("/")[2] != VERIFICATION_FILE:
            return True  # nobody else has a name with our random part
        listed = next((each for each in self.requests.listed(key) or () if each.key == key), None)
        # An ETag that is no MD5 says nothing.
        return True if listed and listed.pin.strip('"') == hashlib.md5(body, usedforsecurity=False).hexdigest() else None

    def retention_blockers(self) -> Sequence[RetentionBlocker]:
        """Default retention, where the store behind an endpoint tells of one. Oracle's own retention rules cannot be read through this API."""
        return self._settings.retention()

    def risk(self, key: str) -> str:
        """See the seam: versions that a marker hides, as far as the store tells of them. Oracle's own API does not."""
        if is_own_name(key):
            return ""
        status = self._settings.ask_versioning()
        if status is None and self._settings.refused:
            status = self._survey(key)
        if status == "Suspended" and (key in self.requests.marked or not self._settings.hides_nothing(key)):
            return f"versioning is suspended in this bucket, and an older version may lie hidden under {key}, {_DESTROYED}"
        if status is None and key in self.requests.marked:
            return f"a delete marker lies under {key}, and may hide an older version, {_DESTROYED}"
        if status is None and not self.requests.made and self._settings.hides_version(key):
            return f"an older version lies hidden under {key}, {_DESTROYED}"
        return ""

    def _survey(self, key: str) -> str | None:
        """Where versioning may not be read: a delete of a name that nobody has shows it by the marker that it makes. Asked once."""
        if not self._surveyed:
            other = nobodys(key)
            try:
                self.requests.delete("survey", other, MADE_UP if self.requests.conditions.delete.sent else "")
            except S3Error as error:
                if not is_answered(error):
                    raise
            self._surveyed = other
        marked = any(name == self._surveyed and version in ("", NULL) for name, version, _ in self.requests.made)
        return "Suspended" if marked else None

    def cleanup_versions(self, key: str, receipt: Receipt | None) -> Sequence[Residue]:  # noqa: ARG002 - what was made is noted as it is made
        """Say what remains. Nothing is purged: that the API takes a version id on a delete is documented nowhere."""
        if (
            (+self.requests.lost or +self.requests.unanswered)
            and not self.requests.made
            and self._settings.ask_versioning() == ""
        ):
            self.requests.lost.clear()
            self.requests.unanswered.clear()
        remains = self.unsettled()
        self.requests.made, self.requests.lost, self.requests.unanswered = [], Counter(), Counter()
        return remains

    def unsettled(self) -> Sequence[Residue]:
        """See the seam."""
        may = "where the bucket keeps versions, one may be there, or may yet come"
        return [
            *(Residue(name, state, self._removal(name, version), version) for name, version, state in self.requests.made),
            *(
                Residue(name, state, self._removal(name, "list:"), None, f"the answer to a {what} of this name was lost: {may}")
                for names, state, what in (
                    (self.requests.unanswered, ResidueState.VERSION, "write"),
                    (self.requests.lost, ResidueState.MARKER, "delete"),
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

    def leftovers(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Leftover | UnseenPart]]:
        """The current objects: this API shows nothing else."""
        from validator.providers.oracle.leftovers import leftovers

        return leftovers(self.requests, key, everywhere=everywhere)

    def remove(self, leftover: Leftover) -> None:
        """Remove an object that still is what was listed."""
        from validator.providers.oracle.leftovers import remove

        remove(self.requests, self.read, self.delete, leftover)

    # ---- uploads in parts --------------------------------------------------------------------------------------------

    def rehearse_abort(self, key: str) -> None:
        """Abort an upload that nobody has started."""
        self.requests.send("abort", "DELETE", key, query=(("uploadId", secrets.token_hex(16)),))

    def start_multipart(self, key: str) -> str:
        """Start an upload: needs OBJECT_OVERWRITE besides OBJECT_CREATE."""
        answer = self.requests.send("start", "POST", key, query=(("uploads", ""),))
        root = read_xml(answer.body)
        upload = "" if root is None else root.first("UploadId")
        assert upload, "an answer without it is not taken for Oracle's"  # noqa: S101 - _plausible has looked
        return upload

    def abort_multipart(self, key: str, upload: str) -> None:
        """Abort it again."""
        self.requests.send("abort", "DELETE", key, query=(("uploadId", upload),))


def connect(parameters: OracleParameters, options: Options) -> OracleBucket:
    """A bucket to talk to: the path-style host of the region's realm, signed for the region itself. No request is made."""
    import botocore  # noqa: F401 - whether it is there shows here, and not in the middle of a check

    # In an endpoint of the user's the two names may stand anywhere: on the real service both are parts of the host.
    root = options.endpoint or f"https://{host_of(parameters)}"
    root = root.replace("{namespace}", parameters.namespace).replace("{region}", parameters.region).rstrip("/")
    place = BucketAddress(root, parameters.bucket, parameters.region, path_style=True)
    key = AccessKey(parameters.customer_access_key_id, parameters.customer_secret_key)
    client = S3Client(place, key, options.ca_bundle, options.seconds)
    with client.open_early(1) as early:
        return OracleBucket(client, lambda key, version: removal(parameters, key, version), early)
