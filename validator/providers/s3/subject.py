"""The destination behind the S3 API that a text is about: names and places, and no secret."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote

from validator.core.values import Dataclass
from validator.providers.s3 import grants


class Subject(Dataclass):
    """The destination that is spoken of. No secret is in it."""

    bucket: str
    region: str
    access_key: str
    pointers: Mapping[str, str]
    """JSON pointers of ``bucket``, ``region``, ``key``, ``secret`` and ``style`` among its parameters."""
    endpoint: str = ""
    """Of a store that is not Amazon's."""
    path_style: bool = False

    @property
    def amazon(self) -> bool:
        """Whether this is Amazon's own S3."""
        return not self.endpoint

    @property
    def arn(self) -> str:
        """Of its objects' common beginning."""
        return grants.bucket_arn(self.bucket, self.region)

    def cli(self, call: str) -> str:
        """A call of the AWS command line that reaches this store."""
        where = f" --endpoint-url {quote(self.endpoint)}" if self.endpoint else ""
        return f"aws s3api {call} --region {quote(self.region)}{where}"
