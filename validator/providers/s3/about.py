"""What both types of the S3 API tell of a destination: from the subject that each reads out of its own parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from validator.core.model import Operation
from validator.core.values import Dataclass, replace

if TYPE_CHECKING:
    from validator.core.model import Finding
    from validator.providers.base import Advice, Explanation, Failure, Login, Options
    from validator.providers.s3.subject import Subject

PERMISSIONS: Final = {
    Operation.WRITE: "s3:PutObject",
    Operation.READ: "s3:GetObject",
    Operation.DELETE: "s3:DeleteObject",
}

CONCERN_WHOLE: Final = frozenset({
    "not-s3-enabled", "temporary-credentials", "wrong-addressing-style", "wrong-region", "endpoint-invalid", "endpoint-contains-bucket",
    "endpoint-of-another-type",
})  # fmt: skip
"""See :attr:`validator.providers.base.Provider.concern_whole`."""


class SubjectFunctions(Dataclass):
    """Functions of the seam over one kind of parameters. What they need is loaded when they are called."""

    subject: Callable[[Any], Subject]

    def explain_finding(self, finding: str, parameters: Any, failure: Failure | None, options: Options) -> Advice:
        """See :attr:`validator.providers.base.Provider.explain_finding`."""
        from validator.providers.s3 import advice

        del options
        return advice.explain_finding(finding, replace(self.subject(parameters), failure=failure))

    def removal(self, parameters: Any, key: str, version: str | None) -> str:
        """See :attr:`validator.providers.base.Provider.removal`."""
        from validator.providers.s3 import advice

        return advice.removal(self.subject(parameters), key, version)

    def explain(
        self, parameters: Any, findings: Sequence[Finding], failures: Sequence[Failure], login: Login, options: Options
    ) -> Explanation:
        """See :attr:`validator.providers.base.Provider.explain`."""
        from validator.providers.s3 import owner

        return owner.explain(self.subject(parameters), findings, failures, login, options)
