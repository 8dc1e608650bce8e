"""A destination type, as a value: what each must bring, and what some bring besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from validator.core.values import Dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from validator.core.model import Finding, Observation, Operation, Secret
    from validator.providers.base.asked import Failure, HttpAnswer, Options
    from validator.providers.base.bucket import Bucket
    from validator.providers.base.in_text import InText
    from validator.providers.base.owner import Explanation, Login
    from validator.providers.base.policy import Grant, Wanted
    from validator.providers.base.rules import Advice, Rule


class Provider(Dataclass, kw_only=True):
    """A destination type. What a cloud lacks is None. ``parameters`` is an instance of :attr:`Parameters` in every function."""

    name: str
    """Planet's name of the type."""
    title: str = ""
    """What people call it, such as ``Amazon S3``; empty: the name in words."""
    Parameters: type[Any]
    """A frozen dataclass made of :func:`text`, :func:`secret` and :func:`flag` fields."""
    permissions: Mapping[Operation, str]
    """The provider's name of what each operation needs. WRITE and DELETE always; READ, and LIST where Planet documents it: these only
    ever warn.
    """
    rules: Iterable[Rule]
    """The decision table: the first row that matches names the finding."""
    host: str = ""
    """A root of the cloud's that is every customer's, and answers anybody: ``doctor`` compares its clock."""
    limits: Sequence[str] = ()
    """What a pass of this type cannot know, beyond what no check from here can: reports say it."""
    concern_whole: frozenset[str] = frozenset()
    """Refusals that no single operation causes, such as an expired token: they fail the destination whichever request met them."""
    confirmed_by_rehearsal: frozenset[str] = frozenset()
    """Errors of :attr:`lint` that a rehearsal, which changes nothing, confirms: the store is asked all the same."""
    read_through: frozenset[str] = frozenset()
    """Findings of :attr:`lint` about the spelling of a credential that the check reads through: Planet is given what was checked."""

    lint: Callable[[Any, Options], Iterable[Finding]]
    """What is wrong with the parameters, seen without a network."""
    connect: Callable[[Any, Options], Bucket]
    """A bucket to talk to; makes no request if that can be avoided."""
    classify: Callable[[Exception], Observation]
    """Classify what a bucket raised. Total: never raises, and what it does not know is Kind.OTHER."""
    object_uri: Callable[[Any, str, Options], str]
    """The address of the object under a key as the provider's users write it, such as ``s3://bucket/key``."""
    explain_finding: Callable[[str, Any, Failure | None, Options], Advice]
    """The detail and fix for the named finding of this provider, this bucket filled in."""
    removal: Callable[[Any, str, str | None], str]
    """The command with which the bucket's owner removes the object under a key, or one version of it."""

    read_answer: Callable[[HttpAnswer], Observation] | None = None
    """As :attr:`classify`, of an answer that another tool got: what ``diagnose`` reads out of a log. Total, in linear time: the text is hostile."""
    in_text: Callable[[], InText] | None = None
    """How its answers look in text that somebody kept; without it, ``diagnose`` has to be told the type."""
    grant: Callable[[Any, Wanted, Options], Grant] | None = None
    """The least grant, the same text that the findings' fixes hold. ``parameters`` may hold made-up credentials: only names and places are
    read. Raises ValueError for what the store has no such thing of.
    """
    grant_needs: tuple[str, ...] = ()
    """Names of the parameters without which there is no grant."""
    credential_end: Callable[[Any], datetime | None] | None = None
    """When the credential ends, where it says so itself; None where it does not."""
    login: Callable[[Any, Options, str | None, Callable[[str | Secret], None]], Bucket] | None = None
    """As :attr:`connect`, with the operator's own login: only ever when somebody asks for it. Takes the profile as well, where the cloud has
    profiles, and what takes each of the login's secrets. Raises :class:`~validator.providers.base.LoginFailed`.
    """
    explain: Callable[[Any, Sequence[Finding], Sequence[Failure], Login, Options], Explanation] | None = None
    """Looks at the failures of one destination with the operator's own login, and explains the findings. It reads, and changes nothing. Raises
    :class:`~validator.providers.base.LoginFailed` where there is none.
    """
