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

from validator.model import Confidence, Operation, Residue, ResidueState
from validator.providers import _azure_case as advice
from validator.providers._azure_sas import Kind, mend, parse
from validator.providers.base import Experiment, Failure, Found, Gap, Obstacle, Options, Receipt, Remnant

if TYPE_CHECKING:
    from validator.providers._azure_sweep import Sweeper
    from validator.providers._owner_login import AzureLogin

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

    honours_conditions = True
    creates_only = True

    def __init__(self, parameters: Any, options: Options, login: AzureLogin | None = None) -> None:
        self._parameters = parameters
        self._options = options
        token = "" if login else mend(parameters.sas_token.reveal()).token
        self._sas = parse(token)
        self._client: Any = _client(parameters, options, token, login)  # the SDK types its keyword arguments only in part
        self._bodies: dict[str, bytes] = {}
        self._lease = ""
        self._gone_for_good: dict[str, bool] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._client.close()

    def find(self, key: str) -> Found | None:
        """The blob under ``key``; through its bytes, or, where reading is refused, through the list."""
        from azure.core.exceptions import HttpResponseError

        try:
            return self._get(key)
        except HttpResponseError as error:
            if error.status_code == 404 and _code(error) == "BlobNotFound":
                return None
            if error.status_code not in (403, 409):
                raise
            # The exception belongs to the reader of the first answer: raised again if the list says no more.
            try:
                return self._entry(key)
            except HttpResponseError:
                raise error from None

    def rehearse(self, operation: Operation, key: str) -> None:
        """Delete or write on condition of an ETag that no blob has. Azurite refuses with 412 whether or not there is a blob; Azure's
        reference says 404 where there is none.
        """
        from azure.core import MatchConditions

        condition = {"etag": NO_ETAG, "match_condition": MatchConditions.IfNotModified, **self._times()}
        if operation is Operation.DELETE:
            self._ask(lambda: self._client.delete_blob(key, **condition))
        elif operation is Operation.WRITE:
            self._ask(lambda: self._client.upload_blob(key, b"", overwrite=True, **condition))
        else:
            raise NotImplementedError

    def write(self, key: str, body: bytes) -> Receipt:
        """Put Blob in one request, on condition that there is no blob of that name."""
        self._bodies[key] = body
        return self._put(key, body, overwrite=False)

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

        pin = receipt.pin if receipt else ""
        if not pin:
            found = self._lost(key, body)
            if found is None or found.body != body:
                # There is none, or it is another's: the store itself says so, to a request that cannot be carried out.
                return self.rehearse(Operation.DELETE, key)
            pin = found.pin

        def keep(response: Any) -> None:
            said = response.http_response.headers.get("x-ms-delete-type-permanent")
            if said is not None:
                self._gone_for_good[key] = str(said).lower() == "true"

        self._ask(
            lambda: self._client.delete_blob(
                key, etag=pin, match_condition=MatchConditions.IfNotModified, raw_response_hook=keep, **self._times()
            )
        )
        return None

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

    def settle(self, key: str, receipt: Receipt) -> Sequence[Residue]:
        """Remove the version that our write made, where the SAS may; say what soft delete keeps."""
        if receipt.version:
            from azure.core.exceptions import HttpResponseError

            command = advice.removal(self._parameters, key, receipt.version)
            try:
                self._ask(lambda: self._client.delete_blob(key, version_id=receipt.version, **self._times()))
            except HttpResponseError as error:
                locked = _code(error) in ("BlobImmutableDueToPolicy", "BlobImmutableDueToLegalHold")
                if error.status_code == 404:
                    return ()
                if locked:
                    note = "an immutability policy or a legal hold keeps it"
                else:
                    note = "the container keeps versions, and the SAS may not delete one (x)"
                return (Residue(key, ResidueState.LOCKED if locked else ResidueState.VERSION, command, receipt.version, note),)
            return ()
        if self._gone_for_good.get(key) is False:
            account = self._parameters.account
            command = f"az storage account blob-service-properties show --account-name {account} --query deleteRetentionPolicy"
            return (
                Residue(key, ResidueState.VERSION, command, None, "soft delete keeps a hidden copy until its days are over"),
            )
        return ()

    # Azurite says 412 whether or not there is a blob.
    presence = Confidence.POSSIBLE

    def remnants(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Remnant | Gap]]:
        """Blobs, snapshots, versions and soft-deleted copies."""
        return self._sweeper().remnants(key, everywhere=everywhere)

    def remove(self, remnant: Remnant) -> None:
        """Remove one blob, snapshot or version."""
        self._sweeper().remove(remnant)

    def _sweeper(self) -> Sweeper:
        from validator.providers._azure_sweep import Sweeper

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

    # ---- small things ------------------------------------------------------------------------------------------------

    def _put(self, key: str, body: bytes, *, overwrite: bool) -> Receipt:
        # The class of the client's answer differs between versions of the SDK; the raw response does not.
        answer: dict[str, str] = {}

        def keep(response: Any) -> None:
            answer.update({str(name).lower(): str(value) for name, value in response.http_response.headers.items()})

        self._ask(lambda: self._client.upload_blob(key, body, overwrite=overwrite, raw_response_hook=keep, **self._times()))
        return Receipt(answer.get("etag", ""), answer.get("x-ms-version-id") or None)

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
            return stream.properties, stream.readall()
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
    from validator.providers._azure_answers import chain

    return chain(error)


def _client(parameters: Any, options: Options, token: str, login: AzureLogin | None) -> Any:
    from azure.core.credentials import AzureSasCredential
    from azure.storage.blob import ContainerClient

    url = login.url if login else advice.base_url(parameters, options)
    hush()
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
        use_env_settings=False,
        proxies=_proxies(url),
        connection_verify=options.ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True,
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
    from validator.redact import RedactingFilter, Redactor

    logger = logging.getLogger("urllib3.connectionpool")
    if not any(isinstance(each, RedactingFilter) for each in logger.filters):
        logger.addFilter(RedactingFilter(Redactor()))
