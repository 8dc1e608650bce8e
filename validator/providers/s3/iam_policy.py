"""Reads policies of AWS: which statements speak of one action on one resource."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
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

    @property
    def statements(self) -> Sequence[Mapping[str, Any]]:
        """What it says, one by one."""
        return [each for each in _listed(self.document["Statement"]) if isinstance(each, Mapping)]


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
    statements = [
        Statement(policy, content, certain=not content.get("Condition") and "${" not in json.dumps(content))
        for policy in policies
        for content in policy.statements
        if content.get("Effect") == effect and _concerns(content, question) and _about(content, question.principal)
    ]
    return sorted(statements, key=lambda each: not each.certain)


def nearest(policies: Sequence[NamedPolicy], question: Question) -> Statement | None:
    """The statement that allows something else on the resource: where the missing action would have to stand."""
    for policy in policies:
        for content in policy.statements:
            if content.get("Effect") == "Allow" and "Action" in content and _means(content, "Resource", question.resource):
                return Statement(policy, content, certain=False)
    return None


def _concerns(content: Mapping[str, Any], question: Question) -> bool:
    action = _means(content, "Action", question.action.lower(), spelled=str.lower)
    return action and _means(content, "Resource", question.resource)


def _means(content: Mapping[str, Any], element: str, value: str, spelled: Callable[[str], str] = str) -> bool:
    """Whether a statement does not leave this value out: neither by what its element names, nor by what ``NotAction`` and the like name."""

    def named(name: str) -> bool:
        return any(_like(value, spelled(str(each))) for each in _listed(content[name]))

    excepted = f"Not{element}"
    return (element not in content or named(element)) and not (excepted in content and named(excepted))


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
