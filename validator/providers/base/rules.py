"""A provider's decision table, and what it adds to a finding of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, partial
from typing import Final

from validator.core.model import Confidence, Fix, Kind, Mode, Operation, Severity
from validator.core.values import Dataclass, field
from validator.providers.base.asked import Failure


class Rule(Dataclass):
    """One row of a provider's decision table; the first row that matches names the finding. None matches anything."""

    finding: str
    operation: Operation | tuple[Operation, ...] | None = None
    kind: Kind | None = None
    status: int | tuple[int, ...] | None = None
    code: str | tuple[str, ...] | None = None
    text: str | None = None
    """Regular expression, searched without regard to case in the answer's message, from which every name was taken out (an ellipsis stands in its
    place). ``^`` and ``$`` hold the whole sentence. Linear: no nested repetition.
    """
    evidence: Mapping[str, str] = field(default_factory=dict)
    """Regular expressions that these evidence values must fully match."""
    granted: Operation | None = None
    """Only when this other operation was granted."""
    mode: Mode | None = None
    form: str | None = None
    confidence: Confidence = Confidence.CONFIRMED
    severity: Severity | None = None
    """Instead of the finding's own, where this answer says more or less about Planet."""
    source: str = ""
    """Where the row comes from: the fact, document or thread that it rests on."""

    def matches(self, failure: Failure) -> bool:
        """Whether this row speaks of ``failure``. Sixty rows are asked for each: what tells most of them apart comes first."""
        observation = failure.observation
        return (
            (self.kind is None or observation.kind is self.kind)
            and (self.operation is None or _is_one_of(failure.operation, self.operation))
            and (self.status is None or _is_one_of(observation.status, self.status))
            and (self.code is None or _is_one_of(observation.code, self.code))
            and (self.mode is None or failure.mode is self.mode)
            and (self.form is None or failure.form == self.form)
            and (self.granted is None or self.granted in failure.granted)
            and (self.text is None or _sentence(self.text).search(_words(failure)) is not None)
            and all(_whole(want).fullmatch(observation.evidence.get(key, "")) for key, want in self.evidence.items())
        )


likely: Final = partial(Rule, confidence=Confidence.LIKELY)
possible: Final = partial(Rule, confidence=Confidence.POSSIBLE)
"""Rows that leave more or less doubt."""


# Kept here: where more patterns are used than ``re`` remembers, those of a table would be compiled again and again.
@cache
def _sentence(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.DOTALL)


@cache
def _whole(want: str) -> re.Pattern[str]:
    return re.compile(want)


def _words(failure: Failure) -> str:
    return failure.observation.message if failure.words is None else failure.words


def _is_one_of(value: object, wanted: object) -> bool:
    return value in wanted if isinstance(wanted, tuple) else value == wanted


class Advice(Dataclass):
    """What a provider adds to a finding of its own: the sentence about this bucket, and the fix in its own commands."""

    detail: str = ""
    fix: Fix | None = None
    pointer: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)
    confidence: Confidence | None = None
    """Overrides the rule's, when what was seen says more or less."""
