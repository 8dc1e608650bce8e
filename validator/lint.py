"""The parameters and the credential themselves, judged without a network: the general rules, then the provider's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from validator import catalog, providers
from validator.model import Confidence, Destination, Finding, Fix, PatchOperation, Secret
from validator.providers.base import Options, Provider, declared, required

_REDACTED: Final = re.compile(r"(?i)<?redacted>?|\*{3,}|\[(?:redacted|masked|filtered)\]|x{8,}")
_THING: Final = (
    r"(?:bucket|container|account|namespace|region|endpoint|access[-_ ]?key|secret|key|sas|token|credentials?|value)"
)
_PLACEHOLDER: Final = re.compile(
    rf"(?i)<[^<>]{{1,80}}>|\{{\{{.*\}}\}}|\[?your[-_ ].{{0,60}}|my[-_ ]{_THING}(?:[-_ ](?:name|id|here))?"
    rf"|(?:insert|enter|replace|put|add|paste)[-_ ](?:your|the|me|here|with|this|{_THING}).{{0,60}}"
    r"|change[-_ ]?me|todo|tbd|placeholder|\.{3}|…"
    rf"|{_THING}[-_ ]?(?:name|id|here|goes[-_ ]here)"
)
_FROM_DOCUMENTATION: Final = frozenset({"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"})
"""AWS's own documentation pair: everybody has pasted it once."""
_QUOTES: Final = "\"'`\u2018\u2019\u201c\u201d"


@dataclass(frozen=True, slots=True)
class Examined:
    """A destination as far as it can be known offline."""

    provider: Provider | None
    parameters: Any | None
    """An instance of the provider's Parameters; None when it could not be made."""
    findings: tuple[Finding, ...]


def examine(destination: Destination, options: Options) -> Examined:
    """Everything that can be said of a destination without asking anybody. Raises MissingExtra."""
    findings = list(destination.problems)
    provider = providers.find(destination.type) if destination.type else None
    if provider is None:
        if not any(
            each.name in ("unknown-type", "not-a-bucket", "destination-reference", "missing-parameter", "unreadable-source")
            for each in findings
        ):
            findings.append(_unknown_type(destination))
        return Examined(None, None, tuple(findings))
    raw = destination.parameters
    other = _meant(provider, raw)
    if other is not None:
        findings.append(
            catalog.finding(
                "type-mismatch",
                detail=f"The type is {provider.name}, and the parameters are those of {other}.",
                pointer="/type",
                patch=(PatchOperation("replace", "/type", other),),
                evidence={"parameters": ", ".join(sorted(raw))},
            )
        )
        # What else is wrong would only show after the type is mended: say it at once.
        meant = examine(replace(destination, type=other, problems=()), options)
        return Examined(provider, None, (*findings, *meant.findings))
    values: dict[str, Any] = {}
    findings += _unknown(provider, raw)
    whole = True
    unresolved = {each.pointer for each in findings if each.name == "unresolved-reference"}
    for each in declared(provider.Parameters):
        pointer = f"/parameters/{each.name}"
        if pointer in unresolved:
            whole = False  # its text is a reference's, not the value's
            continue
        if each.name not in raw or raw[each.name] is None:
            if required(each):
                whole = False
                findings.append(
                    catalog.finding(
                        "missing-parameter",
                        detail=f"{provider.name} needs {each.name}: {each.metadata['help']}",
                        pointer="/parameters",
                        evidence={"parameter": each.name},
                        fix=Fix(f"Add {each.name}, such as {each.metadata['example']}."),
                    )
                )
            continue
        value = raw[each.name]
        kind = each.metadata["kind"]
        wrong = _wrong_kind(pointer, each.name, kind, value)
        if wrong is not None:
            findings.append(wrong)
            whole = False
            continue
        if kind == "boolean":
            values[each.name] = value
            continue
        text = value.reveal() if isinstance(value, Secret) else value
        hidden = kind == "secret" or isinstance(value, Secret)
        found = list(_judge(pointer, each.name, text, secret=hidden, verbatim=each.metadata.get("verbatim", False)))
        findings += found
        whole = whole and not any(finding.name in ("redacted-secret", "placeholder-value") for finding in found)
        if not each.metadata.get("verbatim", False):
            text = text.strip().strip(_QUOTES).strip()
        values[each.name] = Secret(text) if kind == "secret" else text
    if not whole:
        return Examined(provider, None, tuple(findings))
    parameters = provider.Parameters(**values)
    findings += provider.lint(parameters, options)
    return Examined(provider, parameters, tuple(findings))


def _unknown_type(destination: Destination) -> Finding:
    meant = providers.closest(destination.type)
    known = ", ".join(providers.types())
    return catalog.finding(
        "unknown-type",
        detail=f"{destination.type or 'no type'} is not one of {known}."
        if destination.type
        else f"There is no type; it is one of {known}.",
        pointer="/type",
        confidence=Confidence.CONFIRMED,
        patch=(PatchOperation("replace", "/type", meant),) if meant else (),
    )


def _meant(provider: Provider, raw: Mapping[str, Any]) -> str | None:
    """Another type that these parameters fit whole, when they do not fit this one."""
    given = set(raw)
    if not given or given <= {each.name for each in declared(provider.Parameters)}:
        return None
    for name in providers.BUILT_IN:
        other = providers.find(name)
        if other is None or other is provider:
            continue
        fields = declared(other.Parameters)
        needed = {each.name for each in fields if required(each)}
        if needed <= given <= {each.name for each in fields}:
            return name
    return None


def _unknown(provider: Provider, raw: Mapping[str, Any]) -> Iterator[Finding]:
    from difflib import get_close_matches

    names = [each.name for each in declared(provider.Parameters)]
    for name in raw:
        if name in names:
            continue
        close = [each for each in get_close_matches(name, names, n=1, cutoff=0.75) if each not in raw]
        yield catalog.finding(
            "unknown-parameter",
            detail=f"{provider.name} has no parameter {name}."
            + (f" Is {close[0]} meant?" if close else f" It has {', '.join(names)}."),
            pointer=f"/parameters/{name.replace('~', '~0').replace('/', '~1')}",
            evidence={"parameter": name},
        )


def _wrong_kind(pointer: str, name: str, kind: str, value: Any) -> Finding | None:
    wanted: type | tuple[type, ...] = bool if kind == "boolean" else (str, Secret)
    if isinstance(value, wanted):
        return None
    patch: tuple[PatchOperation, ...] = ()
    if kind == "boolean" and isinstance(value, str) and value.strip().lower() in ("true", "false"):
        patch = (PatchOperation("replace", pointer, value.strip().lower() == "true"),)
    got = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "an object"}.get(
        type(value), "something else"
    )
    return catalog.finding(
        "wrong-parameter-kind",
        detail=f"{name} is {got}; it must be {'true or false, without quotes' if kind == 'boolean' else 'a string'}.",
        pointer=pointer,
        evidence={"parameter": name},
        patch=patch,
    )


def _judge(pointer: str, name: str, text: str, *, secret: bool, verbatim: bool) -> Iterator[Finding]:
    """What is wrong with a string, whatever it is for."""
    bare = text.strip().strip(_QUOTES).strip()
    if not bare:
        yield catalog.finding("placeholder-value", detail=f"{name} is empty.", pointer=pointer, evidence={"parameter": name})
        return
    if _REDACTED.fullmatch(bare):
        yield catalog.finding(
            "redacted-secret",
            detail=f"{name} holds a mask, not a value: Planet's API and many tools never give a secret back.",
            pointer=pointer,
            evidence={"parameter": name},
        )
        return
    if _PLACEHOLDER.fullmatch(bare) or bare in _FROM_DOCUMENTATION or _names_itself(name, bare):
        shown = "" if secret else f" ({bare[:40]})"
        yield catalog.finding(
            "placeholder-value",
            detail=f"{name} still holds a placeholder{shown}.",
            pointer=pointer,
            evidence={"parameter": name},
        )
        return
    if verbatim or bare == text:
        return
    inner = " and quotes" if text.strip() != bare else ""
    yield catalog.finding(
        "stray-whitespace",
        detail=f"{name} has whitespace{inner} around its value ({len(text)} characters, {len(bare)} of them the value)."
        if text != text.strip()
        else f"{name} has quotes around its value.",
        pointer=pointer,
        evidence={"parameter": name},
        patch=(PatchOperation("replace", pointer, bare, secret=secret),),
    )


def _names_itself(name: str, bare: str) -> bool:
    """Whether a value only says what belongs there, as in Planet's notebook: ``'token'`` for sas_token."""
    said = re.split(r"[\s_-]+", bare.lower())
    if len(said) == 1 and name in ("bucket", "container", "account"):
        return False  # somebody's bucket may be called bucket
    return set(said) <= {*name.split("_"), "name"}
