"""A destination type: what each must bring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

from validator.core.model import Finding, Observation, Operation
from validator.providers.base.asked import Failure, HttpAnswer, Options
from validator.providers.base.bucket import Bucket
from validator.providers.base.rules import Advice, Rule


@runtime_checkable
class SupportsAnswers(Protocol):
    """A provider that can judge an answer which another tool got: what ``diagnose`` reads out of a log or a traceback."""

    def read_answer(self, answer: HttpAnswer) -> Observation:
        """As ``observe``, of the answer itself. Total, in linear time: the text is hostile."""


class Provider(Protocol):
    """A destination type."""

    name: ClassVar[str]
    """Planet's name of the type."""
    Parameters: ClassVar[type[Any]]
    """A frozen dataclass made of :func:`text`, :func:`secret` and :func:`flag` fields."""
    permissions: ClassVar[Mapping[Operation, str]]
    """The provider's name of what each operation needs. WRITE and DELETE always; READ, and LIST where Planet
    documents it: these only ever warn."""
    limits: ClassVar[Sequence[str]]
    """What a pass of this type cannot know, beyond what no check from here can: reports say it."""
    rules: ClassVar[Sequence[Rule]]

    def lint(self, parameters: Any, options: Options) -> Iterable[Finding]:
        """What is wrong with the parameters, seen without a network. ``parameters`` is an instance of Parameters."""

    def connect(self, parameters: Any, options: Options) -> Bucket:
        """A bucket to talk to; makes no request if that can be avoided."""

    def observe(self, error: Exception) -> Observation:
        """Classify what ``Bucket`` raised. Total: never raises, and what it does not know is Kind.OTHER."""

    def target(self, parameters: Any, key: str, options: Options) -> str:
        """The address of an object as the provider's users write it, such as ``s3://bucket/key``."""

    def advise(self, finding: str, parameters: Any, failure: Failure | None, options: Options) -> Advice:
        """The detail and fix for a finding of this provider, this bucket filled in."""

    def removal(self, parameters: Any, key: str, version: str | None) -> str:
        """The command with which the bucket's owner removes one object or version."""
