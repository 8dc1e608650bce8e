"""One container, through azure-storage-blob's own client: hermetic, without retries, and stating the API version."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import socket
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, Self

from validator.core.model import Confidence, Operation, Residue, ResidueState
from validator.providers.azure import case as advice
from validator.providers.azure.sas import Kind, mend, parse
from validator.providers.base import Experiment, Failure, Found, Gap, Obstacle, Options, Receipt, Remnant, Unproven, is_own_name
from validator.providers.common.bounded import session
from validator.providers.common.conditions import Belief, Conditions
from validator.providers.operator.login import AZURE_SUFFIXES

if TYPE_CHECKING:
    from validator.providers.azure.leftovers import Sweeper
    from validator.providers.operator.login import AzureLogin

API_VERSION: Final = "2023-11-03"
"""Stated in every request: known to every public and sovereign cloud, and to Azurite."""

NO_ETAG: Final = "0x0"
"""An ETag that no blob has: a request that is conditional on it cannot be carried out."""

SMALL: Final = 1024
"""Bytes. Larger blobs under our names are not ours, and are not read."""

_CONTROL: Final = "login.microsoftonline.com"
"""A name that exists: where it is found and the account's is not, the account's does not exist."""


class Bucket:
    """An open connection to one container. See :class:`validator.providers.base.Bucket` for what each method owes."""

    def __init__(self, parameters: Any, options: Options, login: AzureLogin | None = None) -> None:
        vendors = options.endpoint is None and parameters.storage_endpoint_suffix in AZURE_SUFFIXES
        self.conditions = Conditions.at(documented=vendors)
        self._free: set[str] = set()
        """Names under which a look found no blob."""
        self._written: dict[str, str] = {}
        """Names under which our own blob lies, with its ETag."""
        self._made: list[tuple[str, str]] = []
        """Versions that our writes made."""
        self._parameters = parameters
        self._options = options
        token = "" if login else mend(parameters.sas_token.reveal()).token
        self._sas = parse(token)
        self._client: Any = _client(parameters, options, token, login)  # the SDK types its keyword arguments only in part
        self._bodies: dict[str, bytes] = {}
        self._lease = ""
        self._gone_for_good: dict[str, bool] = {}

    @property
    def honours_conditions(self) -> bool:
        """See the seam."""
        return self.conditions.delete.holds

    @property
    def creates_only(self) -> bool:
        """See the seam."""
        return self.conditions.create.holds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._client.close()

    def find(self, key: str) -> Found | None:
        """The blob under ``key``; through its bytes, or, where reading is refused, through the list."""
        from azure.core.exceptions import HttpResponseError

        self._free.discard(key)
        try:
            return self._get(key)
        except HttpResponseError as error:
            if error.status_code == 404 and _code(error) == "BlobNotFound":
                self._free.add(key)
                return None
            if error.status_code not in (403, 409):
                raise
            # The exception belongs to the reader of the first answer: raised again if the list says no more.
            try:
                listed = self._entry(key)
            except HttpResponseError:
                raise error from None
            if listed is None:
                self._free.add(key)
            return listed

    def rehearse(self, operation: Operation, key: str) -> None:
        """Delete or write on condition of an ETag that no blob has. Azurite refuses with 412 whether or not there is a blob; Azure's
        reference says 404 where there is none.
        """
        own, beliefs = key in self._written and not self.conditions.documented, self.conditions
        if operation is Operation.DELETE:
            if not (beliefs.delete.holds or own or is_own_name(key) or key in self._free):
                raise Unproven(
                    f"whether {key} may be deleted could not be asked: this endpoint was not seen to honour a condition on a delete, and "
                    "may not be asked to delete what may be another's"
                )
            self._try("delete", lambda: self._client.delete_blob(key, **self._never()), own=own)
            self._written.pop(key, None)
        elif operation is Operation.WRITE and own:
            self._test_writes(key)
        elif operation is Operation.WRITE:
            if not beliefs.write.holds:
                raise NotImplementedError("this endpoint was not seen to refuse a write whose condition cannot hold")
            self._ask(lambda: self._client.upload_blob(key, b"", overwrite=True, **self._never()))
        else:
            raise NotImplementedError

    def _never(self) -> dict[str, Any]:
        from azure.core import MatchConditions

        return {"etag": NO_ETAG, "match_condition": MatchConditions.IfNotModified, **self._times()}

    def _test_writes(self, key: str) -> None:
        """Our own blob lies there: a write that must not find it, or must find another, has to be refused."""
        from azure.core.exceptions import HttpResponseError

        for name, more in (("create", {"overwrite": False, **self._times()}), ("write", {"overwrite": True, **self._never()})):
            if getattr(self.conditions, name).holds:
                continue
            with contextlib.suppress(HttpResponseError):
                receipt = self._try(name, lambda more=more: self._put(key, b"", **more), own=True)
                self._written[key] = receipt.pin

    def _try(self, name: str, work: Any, *, own: bool) -> Any:
        """Make a request whose condition cannot hold. On our own blob, or on a name that nobody has, its answer shows a belief."""
        from azure.core.exceptions import HttpResponseError

        try:
            value = self._ask(work)
        except HttpResponseError as error:
            if not self.conditions.documented and error.status_code in (409, 412):
                setattr(self.conditions, name, Belief.SEEN)
            raise
        if own and not self.conditions.documented:
            setattr(self.conditions, name, Belief.IGNORED)
        return value

    def write(self, key: str, body: bytes) -> Receipt:
        """Put Blob in one request, on condition that there is no blob of that name."""
        self._bodies[key] = body
        receipt = self._put(key, body, overwrite=False)
        self._written[key] = receipt.pin
        self._free.discard(key)
        return receipt

    def read(self, key: str) -> bytes:
        """The blob's bytes."""
        _, data = self._download(key)
        return data

    def list(self, prefix: str) -> Sequence[str]:
        """Names that begin with ``prefix``, one page of them."""
        return [each.name for each in self._page(prefix)]

    def delete(self, key: str, receipt: Receipt | None, body: bytes) -> None:
        """Delete our own blob: pinned to its ETag, or to the ETag of a blob that holds our bytes."""
        from azure.core import MatchConditions

        pin = self._written.get(key) or (receipt.pin if receipt else "")
        if not pin:
            found = self._lost(key, body)
            if found is None or found.body != body:
                raise self._not_ours(absent=found is None)
            pin = found.pin
            if found.version:
                self._made.append((key, found.version))

        def keep(response: Any) -> None:
            said = response.http_response.headers.get("x-ms-delete-type-permanent")
            if said is not None:
                self._gone_for_good[key] = str(said).lower() == "true"

        self._ask(
            lambda: self._client.delete_blob(
                key, etag=pin, match_condition=MatchConditions.IfNotModified, raw_response_hook=keep, **self._times()
            )
        )
        self._written.pop(key, None)

    def _not_ours(self, *, absent: bool) -> Exception:
        """What Azure would say of a delete on condition of our own ETag, without asking it."""
        from azure.core.exceptions import HttpResponseError

        error = HttpResponseError(
            "there is no such blob" if absent else "the blob under this name is not the one that was written"
        )
        error.status_code = 404 if absent else 412
        error.error_code = "BlobNotFound" if absent else "ConditionNotMet"  # type: ignore[attr-defined]  # where the SDK puts it
        return error

    def obstacles(self) -> Sequence[Obstacle]:
        """A lease on the file that lies there; retention and holds of the container, which only an account SAS may read."""
        found: list[Obstacle] = []
        if self._lease:
            found.append(
                Obstacle(
                    "object-held",
                    "A lease is held on the planetverify.txt that lies there: nobody without its id can overwrite or delete it, Planet neither.",
                    {"lease": self._lease},
                )
            )
        if self._sas.kind is Kind.ACCOUNT and "c" in self._sas.get("srt") and "r" in self._sas.get("sp"):
            found += self._settings()
        return found

    def settle(self, key: str, receipt: Receipt | None) -> Sequence[Residue]:
        """Remove the versions that our writes made, where the SAS may; say what soft delete keeps."""
        if receipt is not None and receipt.version and (key, receipt.version) not in self._made:
            self._made.append((key, receipt.version))
        remains: list[Residue] = []
        made, versions = list(dict.fromkeys(self._made)), bool(self._made)
        for name, version in made:
            remains += self._remove_version(name, version)
            self._made = [each for each in self._made if each != (name, version)]
        if not versions and self._gone_for_good.get(key) is False:
            account = self._parameters.account
            command = f"az storage account blob-service-properties show --account-name {account} --query deleteRetentionPolicy"
            note = "soft delete keeps a hidden copy until its days are over"
            remains.append(Residue(key, ResidueState.VERSION, command, None, note))
        return remains

    def _remove_version(self, key: str, version: str) -> Iterator[Residue]:
        from azure.core.exceptions import HttpResponseError

        try:
            self._ask(lambda: self._client.delete_blob(key, version_id=version, **self._times()))
        except HttpResponseError as error:
            if error.status_code == 404:
                return
            locked = _code(error) in ("BlobImmutableDueToPolicy", "BlobImmutableDueToLegalHold")
            if locked:
                note = "an immutability policy or a legal hold keeps it"
            else:
                note = "the container keeps versions, and the SAS may not delete one (x)"
            state = ResidueState.LOCKED if locked else ResidueState.VERSION
            yield Residue(key, state, advice.removal(self._parameters, key, version), version, note)

    # Azurite says 412 whether or not there is a blob.
    presence = Confidence.POSSIBLE

    def remnants(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Remnant | Gap]]:
        """Blobs, snapshots, versions and soft-deleted copies."""
        return self._sweeper().remnants(key, everywhere=everywhere)

    def remove(self, remnant: Remnant) -> None:
        """Remove one blob, snapshot or version."""
        self._sweeper().remove(remnant)

    def _sweeper(self) -> Sweeper:
        from validator.providers.azure.leftovers import Sweeper

        return Sweeper(self._client, self._ask, self.find, lambda: self._lease, self._times)

    def experiments(self, failure: Failure) -> Iterator[Experiment]:  # noqa: ARG002 - the seam's signature
        """Nothing but another token would change an answer of Azure's."""
        return iter(())

    def start_multipart(self, key: str) -> str:
        """Put Block, which large files are made of, under a name that nobody has; that name. Needs ``w``: ``c`` is not enough."""
        name = f"{key.removesuffix('.txt')}-{secrets.token_hex(8)}.txt"
        self._ask(lambda: self._client.get_blob_client(name).stage_block("block", b"x", **self._times()))
        return name

    def abort_multipart(self, key: str, upload: str) -> None:  # noqa: ARG002 - the upload's id is its own name
        """Azure has no abort: an empty blob takes the place of the blocks, and then goes itself."""
        # Not create-only: a staged block may count as a blob. The name was made up for this.
        self.delete(upload, self._put(upload, b"", overwrite=True), b"")

    def rehearse_abort(self, key: str) -> None:
        """What takes the blocks away again, a write and a delete, has been performed by then."""

    # ---- small things ------------------------------------------------------------------------------------------------

    def _put(self, key: str, body: bytes, *, overwrite: bool, **more: Any) -> Receipt:
        # The class of the client's answer differs between versions of the SDK; the raw response does not.
        answer: dict[str, str] = {}

        def keep(response: Any) -> None:
            answer.update({str(name).lower(): str(value) for name, value in response.http_response.headers.items()})

        more = more or self._times()
        self._ask(lambda: self._client.upload_blob(key, body, overwrite=overwrite, raw_response_hook=keep, **more))
        version = answer.get("x-ms-version-id") or None
        if version:
            self._made.append((key, version))
        return Receipt(answer.get("etag", ""), version)

    def _settings(self) -> Sequence[Obstacle]:
        from azure.core.exceptions import AzureError

        try:
            seen = self._client.get_container_properties(**self._times())
        except AzureError:
            return []  # a setting that cannot be read decides nothing
        if getattr(seen, "immutable_storage_with_versioning_enabled", None):
            return []  # retention of versions: the delete itself succeeds
        name = self._parameters.container
        found = []
        if seen.has_immutability_policy:
            found.append(
                Obstacle(
                    "retention-locked", f"The container {name} has an immutability policy: no file in it could be deleted."
                )
            )
        if seen.has_legal_hold:
            found.append(
                Obstacle("object-held", f"The container {name} is under a legal hold: no file in it could be deleted.")
            )
        return found

    def _get(self, key: str) -> Found:
        seen, data = self._download(key, offset=0, length=SMALL)
        lease = getattr(seen, "lease", None)
        if lease is not None and lease.status == "locked":
            self._lease = f"{lease.state}, {lease.duration or 'of unknown length'}"
        # The SDK's own size is that of the part that was asked for.
        whole = str(getattr(seen, "content_range", "") or "").rpartition("/")[2]
        size = int(whole) if whole.isdecimal() else int(seen.size or 0)
        body = data if size <= SMALL else None
        return Found(key, size, seen.last_modified, getattr(seen, "version_id", None), str(seen.etag or ""), body)

    def _download(self, key: str, **part: int) -> tuple[Any, bytes]:
        """The blob's properties, and its bytes or a part of them."""
        answers = []

        def keep(response: Any) -> None:
            answers.append(response.http_response)

        try:
            stream = self._ask(lambda: self._client.download_blob(key, raw_response_hook=keep, **part, **self._times()))
            data = stream.readall()
            if not answers[0].headers.get("x-ms-request-id"):
                from azure.core.exceptions import HttpResponseError

                raise HttpResponseError("an answer came that Azure does not give", response=answers[0])
            return stream.properties, data
        except Exception:
            # An answer that the SDK cannot make sense of stays open in its hands.
            for each in answers:
                with contextlib.suppress(Exception):
                    each.internal_response.close()
            raise

    def _entry(self, key: str) -> Found | None:
        for each in self._page(key):
            if each.name == key:
                if each.lease is not None and each.lease.status == "locked":
                    self._lease = f"{each.lease.state}, {each.lease.duration or 'of unknown length'}"
                ours = self._bodies.get(key)
                md5 = bytes(each.content_settings.content_md5 or b"")
                same = ours is not None and md5 == hashlib.md5(ours, usedforsecurity=False).digest()
                # The list leaves the quotes off an ETag; a condition takes it either way.
                return Found(key, each.size, each.last_modified, None, str(each.etag or ""), ours if same else None)
        return None

    def _lost(self, key: str, body: bytes) -> Found | None:
        self._bodies.setdefault(key, body)
        return self.find(key)

    def _page(self, prefix: str) -> Sequence[Any]:
        pages = self._client.list_blobs(name_starts_with=prefix, results_per_page=50, **self._times()).by_page()
        return tuple(self._ask(lambda: next(pages)))

    def _times(self) -> dict[str, float]:
        seconds = max(0.1, self._options.seconds())
        return {"connection_timeout": min(10.0, seconds), "read_timeout": seconds}

    def _ask(self, work: Any) -> Any:
        try:
            return work()
        except Exception as error:
            if any(isinstance(each, socket.gaierror) for each in _behind(error)):
                # Asked here, where the time is bounded: is it this name alone, or does nothing resolve?
                try:
                    socket.getaddrinfo(_CONTROL, 443)
                    error.add_note("other_names=found")
                except OSError:
                    error.add_note("other_names=not found")
            raise


def _code(error: Any) -> str:
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")


def _behind(error: BaseException) -> Iterator[BaseException]:
    from validator.providers.azure.errors import chain

    return chain(error)


def _client(parameters: Any, options: Options, token: str, login: AzureLogin | None) -> Any:
    from azure.core.credentials import AzureSasCredential
    from azure.core.pipeline.transport import RequestsTransport
    from azure.storage.blob import ContainerClient

    url = login.url if login else advice.base_url(parameters, options)
    hush()
    bounded = session(options.seconds)
    bounded.trust_env = False
    verify = options.ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    return ContainerClient(
        url,
        parameters.container,
        # Never as a plain string: the SDK takes one with an unknown field for an account key and signs with it.
        credential=login.credential if login else AzureSasCredential(token),
        api_version=API_VERSION,
        retry_total=0,
        permit_redirects=False,
        logging_enable=False,
        user_agent_use_env=False,
        # No netrc. Proxies and CA bundles of the environment are passed on purpose.
        transport=RequestsTransport(session=bounded, use_env_settings=False, connection_verify=verify),
        proxies=_proxies(url),
    )


def _proxies(url: str) -> dict[str, str]:
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return {}
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    if proxy_bypass(urlsplit(url).hostname or ""):
        return {}
    return {scheme: proxy for scheme, proxy in getproxies().items() if scheme in ("http", "https")}


def hush() -> None:
    """Mask signatures in urllib3's debug log, which prints whole URLs. Once is enough."""
    from validator.core.redaction import RedactingFilter, Redactor

    logger = logging.getLogger("urllib3.connectionpool")
    if not any(isinstance(each, RedactingFilter) for each in logger.filters):
        logger.addFilter(RedactingFilter(Redactor()))
