"""What a text about a destination behind the S3 API speaks of: names and places, the answer that it explains, and no secret."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote

from validator.core.quoting import quoted
from validator.providers.common.case import Case
from validator.providers.s3 import grants
from validator.providers.s3.errors import account_of


class Subject(Case):
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

    @property
    def host(self) -> str:
        """Of the endpoint, with its port."""
        return self.endpoint.partition("://")[2].partition("/")[0]

    @property
    def says(self) -> str:
        """The store's own sentence, for the end of ours; empty if it gave none."""
        return f" The store says: {quoted(self.failure.observation)}" if self.failure and self.message else ""

    @property
    def principal(self) -> str:
        """Whom the refusal names; empty if nobody."""
        return self.seen("principal")

    @property
    def who(self) -> str:
        """The same, for a sentence."""
        return self.principal or "this key"

    @property
    def account(self) -> str:
        """The account that an AWS key id belongs to, as far as it tells."""
        return account_of(self.access_key) if self.amazon else ""

    @property
    def key_account(self) -> Mapping[str, str]:
        """The same, as evidence."""
        return {"key_account": self.account} if self.account else {}

    def attach(self, options: str = "") -> tuple[tuple[str, ...], str]:
        """The commands that write grant.json, with these further options of ``policy``, and attach it to the user that AWS has named, or
        after a look whose key it is; and what to say of USER then.
        """
        commands = grants.attach(self.principal, self.bucket, options)
        if grants.named(self.principal)[1]:
            return commands, ""
        return (grants.whose(self.access_key), *commands), f" {grants.WHOSE}"

    def cli(self, call: str) -> str:
        """A call of the AWS command line that reaches this store."""
        where = f" --endpoint-url {quote(self.endpoint)}" if self.endpoint else ""
        return f"aws s3api {call} --region {quote(self.region)}{where}"
