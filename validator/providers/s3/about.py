"""What both types of the S3 API tell of a destination: from the subject that each reads out of its own parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from validator.core.model import Operation, PatchOperation
from validator.core.values import Dataclass, replace
from validator.providers.base import Experiment, later
from validator.providers.s3.http import AccessKey, BucketAddress, S3Client
from validator.providers.s3.vendors import fits_host, is_address

if TYPE_CHECKING:
    from validator.core.model import Finding
    from validator.providers.base import Advice, Explanation, Failure, Login, Options
    from validator.providers.s3 import advice, owner
    from validator.providers.s3.bucket import S3Bucket
    from validator.providers.s3.subject import Subject
else:
    advice, owner = later(__package__, "advice", "owner")

CONCERN_WHOLE: Final = frozenset({
    "not-s3-enabled", "temporary-credentials", "wrong-addressing-style", "wrong-region", "endpoint-invalid", "endpoint-contains-bucket",
    "endpoint-of-another-type",
})  # fmt: skip
"""See :attr:`validator.providers.base.Provider.concern_whole`."""


def host_of(address: str) -> str:
    """The host of an address, without its port; empty where it cannot be read."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def client_of(root: str, bucket: str, region: str, key: AccessKey, options: Options, *, path_style: bool = False) -> S3Client:
    """What speaks to a bucket; in path style also where its name cannot stand in front of the host."""
    root = root.rstrip("/")
    path_style = path_style or is_address(host_of(root)) or not fits_host(bucket)
    return S3Client(BucketAddress(root, bucket, region, path_style), key, options.ca_bundle, options.seconds)


def open_bucket(client: S3Client, connections: int, **traits: Any) -> S3Bucket:
    """The bucket with these :class:`~validator.providers.s3.bucket_requests.StoreTraits`, its first connections under way."""
    import botocore  # noqa: F401 - whether it is there shows here, and not in the middle of a check

    with client.open_early(connections) as early:
        from validator.providers.s3.bucket import S3Bucket
        from validator.providers.s3.bucket_requests import StoreTraits

        return S3Bucket(client, StoreTraits(**traits), early)


def experiment(
    finding: str, operation: Operation, parameters: Any, change: str, name: str, value: Any, **more: Any
) -> Experiment:
    """The same operation with another value of one parameter; ``change`` is what to do about it in the source: ``add`` or ``replace`` it."""
    patch = (PatchOperation(change, f"/parameters/{name}", value),)
    return Experiment(finding, replace(parameters, **{name: value}), operation, patch, **more)


class SubjectFunctions(Dataclass):
    """Functions of the seam over one kind of parameters."""

    subject: Callable[[Any, Failure | None], Subject]

    def explain_finding(self, finding: str, parameters: Any, failure: Failure | None, options: Options) -> Advice:
        """See :attr:`validator.providers.base.Provider.explain_finding`."""
        del options
        return advice.explain_finding(finding, self.subject(parameters, failure))

    def removal(self, parameters: Any, key: str, version: str | None) -> str:
        """See :attr:`validator.providers.base.Provider.removal`."""
        return advice.removal(self.subject(parameters, None), key, version)

    def explain(
        self, parameters: Any, findings: Sequence[Finding], failures: Sequence[Failure], login: Login, options: Options
    ) -> Explanation:
        """See :attr:`validator.providers.base.Provider.explain`."""
        return owner.explain(self.subject(parameters, None), findings, failures, login, options)
