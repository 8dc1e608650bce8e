"""Decides, as IAM documents it, what the policies of one account allow: identity, permissions boundary and bucket policy."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import translate
from ipaddress import ip_address, ip_network
from typing import Any, Final

ALLOWED: Final = ""
"""What :func:`decide` returns for a request that may go ahead."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks."""

    arn: str
    account: str
    name: str


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """One action on one resource, with the request's condition keys."""

    principal: Principal
    action: str
    resource: str
    context: Mapping[str, str]
    """Condition keys in lower case. A key that the request does not have is not in it."""


class Policy:
    """A policy document that has been read whole: what this evaluator cannot judge is refused here, never skipped."""

    def __init__(self, document: Mapping[str, Any] | str | bytes) -> None:
        """Raises ValueError for an element or a condition operator that is not emulated."""
        parsed = document if isinstance(document, Mapping) else json.loads(document)
        self.document: Mapping[str, Any] = parsed
        self.statements: Sequence[Mapping[str, Any]] = _listed(parsed["Statement"])
        for statement in self.statements:
            unknown = set(statement) - _ELEMENTS
            if unknown or statement["Effect"] not in ("Allow", "Deny"):
                raise ValueError(f"the emulator does not know this part of a policy: {', '.join(sorted(unknown)) or 'Effect'}")
            for operator in statement.get("Condition", {}):
                if _plain(operator) not in _OPERATORS and operator != "Null":
                    raise ValueError(f"the emulator does not know the condition operator {operator}")

    @property
    def plain(self) -> bool:
        """Whether it says nothing but Allow or Deny, actions and resources: all that moto's own enforcement understands."""
        return all(set(each) <= {"Sid", "Effect", "Action", "Resource"} for each in self.statements) and "${" not in json.dumps(
            self.document
        )

    def effects(self, question: AccessRequest) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The effect of every statement that speaks of the question, with the statement."""
        for statement in self.statements:
            if _concerns(statement, question):
                yield statement["Effect"], statement


def decide(question: AccessRequest, identity: Iterable[Policy], boundary: Policy | None, resource: Policy | None) -> str:
    """:data:`ALLOWED`, or the reason of the refusal in the words that S3 puts into its message.

    The order of the layers, and what a grant in the bucket policy is worth within one account, follow the IAM guide's
    "Policy evaluation logic". Organization, session and VPC endpoint policies are not emulated.
    """
    effects = [effect for policy in identity for effect, _ in policy.effects(question)]
    limited = None if boundary is None else [effect for effect, _ in boundary.effects(question)]
    granted_by_name = granted_to_all = False
    if resource is not None:
        for effect, statement in resource.effects(question):
            if effect == "Deny" and _named(statement, question.principal, delegated=True):
                return "with an explicit deny in a resource-based policy"
            if effect == "Allow":
                granted_by_name |= _named(statement, question.principal) and not _anyone(statement)
                granted_to_all |= _anyone(statement)
    if "Deny" in effects:
        return "with an explicit deny in an identity-based policy"
    if limited is not None and "Deny" in limited:
        return "with an explicit deny in a permissions boundary"
    if granted_by_name:
        return ALLOWED  # a grant to this very user is not limited by what its boundary leaves out
    if "Allow" not in effects and not granted_to_all:
        return f"because no identity-based policy allows the {question.action} action"
    if limited is not None and "Allow" not in limited:
        return f"because no permissions boundary allows the {question.action} action"
    return ALLOWED


# ---- statements ------------------------------------------------------------------------------------------------------

_ELEMENTS: Final = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)


def _concerns(statement: Mapping[str, Any], question: AccessRequest) -> bool:
    def fits(element: str) -> bool:
        patterns = [_filled(each, question) for each in _listed(statement[element])]
        if element.endswith("Action"):  # actions alone are compared without regard to case
            return any(_like(question.action.lower(), each.lower()) for each in patterns)
        return any(_like(question.resource, each) for each in patterns)

    for element in ("Action", "Resource"):
        if element in statement and not fits(element):
            return False
        if f"Not{element}" in statement and fits(f"Not{element}"):
            return False
    return all(
        _holds(operator, key, [_filled(each, question) for each in _listed(wanted)], question.context)
        for operator, block in statement.get("Condition", {}).items()
        for key, wanted in block.items()
    )


def _principals(statement: Mapping[str, Any], element: str) -> list[str]:
    value = statement[element]
    return _listed(value["AWS"]) if isinstance(value, Mapping) else _listed(value)


def _named(statement: Mapping[str, Any], principal: Principal, *, delegated: bool = False) -> bool:
    names = {"*", principal.arn}
    if delegated:  # the account stands for its users in a Deny; in an Allow it only lets their own policies decide
        names |= {principal.account, f"arn:aws:iam::{principal.account}:root"}
    if "NotPrincipal" in statement:
        return not names & set(_principals(statement, "NotPrincipal"))
    return bool(names & set(_principals(statement, "Principal")))


def _anyone(statement: Mapping[str, Any]) -> bool:
    return "Principal" in statement and "*" in _principals(statement, "Principal")


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _filled(text: Any, question: AccessRequest) -> str:
    """With policy variables such as ``${aws:username}`` filled in."""
    words = str(text).lower() if isinstance(text, bool) else str(text)
    return re.sub(r"\$\{([^}]+)\}", lambda match: question.context.get(match[1].lower(), match[0]), words)


def _like(value: str, pattern: str) -> bool:
    # A policy knows * and ? alone: brackets are themselves.
    return re.match(translate(pattern.replace("[", "[[]")), value) is not None


# ---- conditions ------------------------------------------------------------------------------------------------------


def _network(value: str, wanted: str) -> bool:
    return ip_address(value) in ip_network(wanted, strict=False)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


_OPERATORS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "IpAddress": _network,
    "NumericEquals": lambda value, wanted: float(value) == float(wanted),
    "NumericLessThan": lambda value, wanted: float(value) < float(wanted),
    "NumericGreaterThan": lambda value, wanted: float(value) > float(wanted),
    "DateLessThan": lambda value, wanted: _time(value) < _time(wanted),
    "DateGreaterThan": lambda value, wanted: _time(value) > _time(wanted),
}
"""Operator to whether one value fits. One with ``Not`` in it holds when no wanted value fits, or the key is absent."""


def _plain(operator: str) -> str:
    return operator.removesuffix("IfExists").replace("Not", "", 1)


def _holds(operator: str, key: str, wanted: Sequence[str], context: Mapping[str, str]) -> bool:
    value = context.get(key.lower())
    if operator == "Null":
        return (value is None) == (wanted[0].lower() == "true")
    positive = "Not" not in operator
    if value is None:
        return operator.endswith("IfExists") or not positive
    return positive == any(_OPERATORS[_plain(operator)](value, each) for each in wanted)
