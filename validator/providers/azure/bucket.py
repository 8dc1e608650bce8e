"""One container of Azure's: looks, writes, reads, deletes and sweeps through azure-storage-blob."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from validator.core.model import Confidence, Operation, Residue, ResidueState, Secret
from validator.providers.azure import case as advice
from validator.providers.azure.blobs import Blobs
from validator.providers.azure.client import make_client
from validator.providers.azure.errors import code_of
from validator.providers.azure.rehearsal import BucketRehearsal
from validator.providers.azure.retention import of_container, of_files
from validator.providers.azure.sas import TokenKind, parse, repair
from validator.providers.base import Experiment, Failure, Options, Receipt, RetentionBlocker, StoredObject
from validator.providers.common.ahead import Ahead
from validator.providers.common.conditions import Conditioned
from validator.providers.common.early import Early

if TYPE_CHECKING:
    from validator.providers.base import Leftover, UnseenPart
    from validator.providers.operator.login import AzureLogin


class Bucket(Conditioned):
    """An open connection to one container. See :class:`validator.providers.base.Bucket` for what each method owes."""

    def __init__(self, parameters: Any, options: Options, early: Early, login: AzureLogin | None = None) -> None:
        token = "" if login else repair(parameters.sas_token.reveal()).token
        self._parameters = parameters
        self._sas = parse(token)
        self.conditions = advice.conditions(parameters, options)
        self._early = early
        self._two = self.conditions.documented and (self._early.begun == 2 or self._tells_of_container)
        """There are two connections: to open the second only for this would take longer than the round trip that it saves."""
        self._unread = ""
        """The name under which our own blob was written last, until it is read."""
        self.blobs = Blobs(make_client(parameters, options, token, login), options, self.conditions)
        self._rehearsal = BucketRehearsal(self.blobs)
        self._ahead = Ahead()

    def __exit__(self, *exc: object) -> None:
        self._ahead.close()
        self._early.close()
        self.blobs.client.close()

    def stat(self, key: str) -> StoredObject | None:
        """The blob under ``key``; through its bytes, or, where reading is refused, through the list."""
        return self.blobs.stat(key)

    def rehearse(self, operation: Operation, key: str) -> None:
        """Delete or write on condition of an ETag that no blob has."""
        if operation is Operation.DELETE and self._tells_of_container and self.blobs.conditions.documented:
            self._ahead.ask("container", self._of_container)
        self._rehearsal.rehearse(operation, key)

    def write(self, key: str, body: bytes) -> Receipt:
        """Put Blob in one request, on condition that there is no blob of that name."""
        self.blobs.bodies[key] = body
        receipt = self.blobs.put(key, body, overwrite=False)
        self.blobs.written[key] = receipt.pin
        self.blobs.free.discard(key)
        self._unread = key
        return receipt

    def read(self, key: str) -> bytes:
        """The blob's bytes. What is listed next is asked for together with them."""
        if self._two and key == self._unread and self.conditions.documented:
            self._ahead.ask(("list", key), lambda: self.blobs.page(key))
        self._unread = ""
        _, data = self.blobs.download(key)
        return data

    def list(self, prefix: str) -> Sequence[str]:
        """Names that begin with ``prefix``, one page of them."""
        return [each.name for each in self._ahead.answer(("list", prefix), lambda: self.blobs.page(prefix))]

    def delete(self, key: str, receipt: Receipt | None, body: bytes) -> None:
        """Delete our own blob: pinned to its ETag, or to the ETag of a blob that holds our bytes."""
        pin = self.blobs.written.get(key) or (receipt.pin if receipt else "")
        if not pin:
            self.blobs.bodies.setdefault(key, body)
            stored = self.stat(key)
            if stored is None or stored.body != body:
                raise _not_ours(absent=stored is None)
            pin = stored.pin
            self.blobs.note(key, stored.version)
        self.blobs.delete(key, pin)
        self.blobs.written.pop(key, None)

    def retention_blockers(self) -> Sequence[RetentionBlocker]:
        """What keeps the file that lies there; retention and holds of the container, which only an account SAS may read."""
        blockers = list(of_files(self.blobs))
        if self._tells_of_container:
            blockers += self._ahead.answer("container", self._of_container)
        return blockers

    @property
    def _tells_of_container(self) -> bool:
        return self._sas.kind is TokenKind.ACCOUNT and "c" in self._sas.get("srt") and "r" in self._sas.get("sp")

    def _of_container(self) -> Sequence[RetentionBlocker]:
        return of_container(self.blobs, self._parameters.container)

    def cleanup_versions(self, key: str, receipt: Receipt | None) -> Sequence[Residue]:
        """Remove the versions that our writes made, where the SAS may; say what soft delete keeps."""
        if receipt is not None:
            self.blobs.note(key, receipt.version)
        remains: list[Residue] = []
        made = list(self.blobs.made)
        for each in made:
            remains += self._remove_version(*each)
            del self.blobs.made[each]
        if not made and self.blobs.gone_for_good.get(key) is False:
            account = self._parameters.account
            command = f"az storage account blob-service-properties show --account-name {account} --query deleteRetentionPolicy"
            note = "soft delete keeps a hidden copy for the days set in the account"
            remains.append(Residue(key, ResidueState.VERSION, command, None, note, fades=True))
        return remains

    def _remove_version(self, key: str, version: str) -> Iterator[Residue]:
        from azure.core.exceptions import HttpResponseError

        try:
            self.blobs.request(self.blobs.named(key).delete_blob, version_id=version)
        except HttpResponseError as error:
            if error.status_code == 404:
                return
            state, note = ResidueState.VERSION, "the container keeps versions, and the SAS does not let one be deleted (x)"
            if code_of(error) in ("BlobImmutableDueToPolicy", "BlobImmutableDueToLegalHold"):
                state, note = ResidueState.LOCKED, "an immutability policy or a legal hold keeps it"
            yield Residue(key, state, advice.removal(self._parameters, key, version), version, note)

    # Azurite says 412 whether or not there is a blob.
    presence = Confidence.POSSIBLE

    def leftovers(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Leftover | UnseenPart]]:
        """Blobs, snapshots, versions and soft-deleted copies."""
        from validator.providers.azure.leftovers import leftovers

        return leftovers(self.blobs, key, everywhere=everywhere)

    def remove(self, leftover: Leftover) -> None:
        """Remove one blob, snapshot or version."""
        from validator.providers.azure.leftovers import remove

        remove(self.blobs, leftover)

    def experiments(self, failure: Failure) -> Iterator[Experiment]:  # noqa: ARG002 - the seam's signature
        """Nothing but another token would change an answer of Azure's."""
        return iter(())

    def start_multipart(self, key: str) -> str:
        """Put Block, which large files are made of, under a name that nobody has; that name. Needs ``w``: ``c`` is not enough."""
        name = f"{key.removesuffix('.txt')}-{os.urandom(8).hex()}.txt"
        self.blobs.request(self.blobs.named(name).stage_block, "block", b"x")
        return name

    def abort_multipart(self, key: str, upload: str) -> None:  # noqa: ARG002 - the upload's id is its own name
        """Azure has no abort: an empty blob takes the place of the blocks, and then goes itself."""
        # Not create-only: a staged block may count as a blob. The name was made up for this.
        self.delete(upload, self.blobs.put(upload, b"", overwrite=True), b"")

    def rehearse_abort(self, key: str) -> None:
        """What takes the blocks away again, a write and a delete, has been performed by then."""


def _not_ours(*, absent: bool) -> Exception:
    """What Azure would say of a delete on condition of our own ETag, without asking it."""
    from azure.core.exceptions import HttpResponseError

    error = HttpResponseError("there is no such blob" if absent else "the blob under this name is not the one that was written")
    error.status_code = 404 if absent else 412
    error.error_code = "BlobNotFound" if absent else "ConditionNotMet"  # type: ignore[attr-defined]  # where the SDK puts it
    return error


def login(parameters: Any, options: Options, profile: str | None, remember: Callable[[str | Secret], None]) -> Bucket:
    """A client with the account's key from the environment, or the az command's login; there are no profiles. Raises LoginFailed."""
    del profile
    from validator.providers.operator.login import azure

    known = azure(parameters.account, advice.base_url(parameters, options), remember, options.seconds())
    return Bucket(parameters, options, Early(), known)
