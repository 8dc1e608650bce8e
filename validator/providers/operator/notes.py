"""What an owner's look collects: facts, and a line for each thing that could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from validator.core.deadline import Interrupted, TimedOut
from validator.core.errors import MissingExtra
from validator.core.model import Confidence, Finding
from validator.core.values import Dataclass, field, replace
from validator.providers.base import Explanation, Login, LoginFailed

F = TypeVar("F")
Say = Callable[[Exception], str]
"""Why a request failed, in a word or two; empty for a plain refusal."""


class Notes(Dataclass, frozen=False):
    """The lines of one look."""

    login: Login
    say: Say
    seen: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def read(
        self, what: str, permission: str, ask: Callable[[], Any], absent: tuple[str, ...] = (), default: Any = None
    ) -> Any:
        """The answer, or None and a line.

        Args:
            what: is read, as a person calls it.
            permission: that it takes, as the cloud calls it.
            ask: makes the request.
            absent: what ``say`` answers where the thing is simply not there; ``default`` is returned then.
            default: see there.
        """
        try:
            return self.login.ask(ask)
        except (Interrupted, MissingExtra, LoginFailed):
            raise
        except TimedOut:
            self.unread.append(f"could not read {what}: no answer in time")
        except Exception as error:  # noqa: BLE001 - whatever the SDK raises, it is a line and never a failure
            why = self.say(error)
            if why in absent:
                return default
            self.unread.append(f"could not read {what}{f' ({why})' if why else ''}: {permission}")
        return None

    def explanation(
        self, identity: str, findings: Iterable[Finding], makers: Mapping[str, Callable[[Finding, F], Finding]], facts: F
    ) -> Explanation:
        """What this look explains.

        Args:
            identity: who looked.
            findings: all of the destination; those that no maker is named for stay as they are.
            makers: what gives a finding of each name its better form.
            facts: what was read, as the makers take it.
        """
        explained = [makers[each.name](each, facts) if each.name in makers else each for each in findings]
        return Explanation(identity, explained, self.seen, self.unread)


def confirmed(finding: Finding, sentence: str, **evidence: str) -> Finding:
    """The finding with what a look has added to it, which leaves no doubt."""
    return replace(added(finding, sentence, **evidence), confidence=Confidence.CONFIRMED)


def added(finding: Finding, sentence: str, **evidence: str) -> Finding:
    """The finding with what a look has added to it, as sure as before."""
    return replace(finding, detail=f"{finding.detail} {sentence}", evidence={**finding.evidence, **evidence})
