"""Reads policies of AWS: which statements speak of one action on one resource."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from validator.core.values import Dataclass

_LONGEST: Final = 600
"""Characters of a statement in a report."""


class NamedPolicy(Dataclass):
    """A policy document and where it stands."""

    name: str
    """As a sentence calls it: ``the inline policy deny-delete``."""
    document: Mapping[str, Any]
    arn: str = ""


class Question(Dataclass):
    """May this principal do this to that?"""

    principal: str
    action: str
    resource: str


class Statement(Dataclass):
    """One statement that speaks of a question."""

    policy: NamedPolicy
    content: Mapping[str, Any]
    certain: bool
    """It has no condition and no variable, so it holds for every request."""

    @property
    def text(self) -> str:
        """As it stands in the policy, in one line."""
        text = json.dumps(self.content, separators=(", ", ": "))
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."

    @property
    def name(self) -> str:
        """``statement "Sid" of the bucket policy``, and the condition's keys."""
        sid = f'statement "{self.content["Sid"]}"' if self.content.get("Sid") else "a statement without Sid"
        keys = sorted({key for block in self.content.get("Condition", {}).values() for key in block})
        return f"{sid} of {self.policy.name}" + (f" (condition on {', '.join(keys)})" if keys else "")


def read(name: str, text: str | Mapping[str, Any], arn: str = "") -> NamedPolicy | None:
    """A policy as IAM or S3 returns it; None for what is no policy."""
    try:
        document = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return None
    return NamedPolicy(name, document, arn) if isinstance(document, Mapping) and "Statement" in document else None


def speaking(policies: Sequence[NamedPolicy], question: Question, effect: str) -> list[Statement]:
    """The statements with this effect that speak of the question, those without a condition first."""
    statements = [each for policy in policies for each in _of(policy, question) if each.content.get("Effect") == effect]
    return sorted(statements, key=lambda each: not each.certain)


def nearest(policies: Sequence[NamedPolicy], question: Question) -> Statement | None:
    """The statement that allows something else on the resource: where the missing action would have to stand."""
    for policy in policies:
        for content in _statements(policy):
            if content.get("Effect") == "Allow" and "Action" in content and _concerns(content, question, action=False):
                return Statement(policy, content, certain=False)
    return None


def _of(policy: NamedPolicy, question: Question) -> Iterator[Statement]:
    for content in _statements(policy):
        if _concerns(content, question) and _about(content, question.principal):
            certain = not content.get("Condition") and "${" not in json.dumps(content)
            yield Statement(policy, content, certain)


def _statements(policy: NamedPolicy) -> list[Mapping[str, Any]]:
    return [each for each in _listed(policy.document["Statement"]) if isinstance(each, Mapping)]


def _concerns(content: Mapping[str, Any], question: Question, *, action: bool = True) -> bool:
    if action:
        wanted_action = question.action.lower()
        if "Action" in content and not any(_like(wanted_action, str(each).lower()) for each in _listed(content["Action"])):
            return False
        if "NotAction" in content and any(_like(wanted_action, str(each).lower()) for each in _listed(content["NotAction"])):
            return False
    if "Resource" in content and not any(_like(question.resource, str(each)) for each in _listed(content["Resource"])):
        return False
    return not (
        "NotResource" in content and any(_like(question.resource, str(each)) for each in _listed(content["NotResource"]))
    )


def _about(content: Mapping[str, Any], principal: str) -> bool:
    """Whether a bucket policy's statement means this principal; identity policies have none and mean their own."""
    if "Principal" not in content and "NotPrincipal" not in content:
        return True
    account = principal.split(":")[4] if principal.count(":") > 4 else ""
    names = {"*", principal}
    if account and content.get("Effect") == "Deny":  # in an Allow the account only lets its own policies decide
        names |= {account, f"{principal.partition(':iam:')[0]}:iam::{account}:root"}
    if "NotPrincipal" in content:
        return not names & _principals(content["NotPrincipal"])
    return bool(names & _principals(content["Principal"]))


def _principals(value: Any) -> set[str]:
    return {str(each) for each in (_listed(value.get("AWS", [])) if isinstance(value, Mapping) else _listed(value))}


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _like(value: str, pattern: str) -> bool:
    """A policy knows ``*`` and ``?``; a variable may stand for anything."""
    pattern = re.sub(r"\$\{[^${}]{0,200}\}", "*", pattern[:2048])
    value = value[:2048]
    at = index = 0
    star = back = -1
    while at < len(value):
        if index < len(pattern) and pattern[index] == "*":
            star, back, index = index, at, index + 1
        elif index < len(pattern) and pattern[index] in ("?", value[at]):
            at, index = at + 1, index + 1
        elif star >= 0:  # the last star takes one character more; those before it never have to
            back += 1
            at, index = back, star + 1
        else:
            return False
    return not pattern[index:].strip("*")
