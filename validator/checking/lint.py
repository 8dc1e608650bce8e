"""The parameters and the credential themselves, judged without a network: the general rules, then the provider's."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import Field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from validator import providers
from validator.core import catalog, lazy
from validator.core.errors import MissingExtra
from validator.core.model import Confidence, Destination, Finding, Fix, Secret, Severity
from validator.core.values import Dataclass, field
from validator.providers.base import Options, Provider, declared, places, required
from validator.providers.common.partial import NotKnown, Partial

if TYPE_CHECKING:
    from validator.checking import misfits
else:
    (misfits,) = lazy.later(__package__, "misfits")

_REDACTED: Final = lazy.compile(r"(?i)<?redacted>?|\*{3,}|\[(?:redacted|masked|filtered)\]|x{8,}")
_THING: Final = (
    r"(?:bucket|container|account|namespace|region|endpoint|access[-_ ]?key|secret|key|sas|token|credentials?|value)"
)
_PLACEHOLDER: Final = lazy.compile(
    rf"(?i)<[^<>]{{1,80}}>|\{{\{{.{{0,200}}\}}\}}|\[?your[-_ ].{{0,60}}|my[-_ ]{_THING}(?:[-_ ](?:name|id|here))?"
    rf"|(?:insert|enter|replace|put|add|paste)[-_ ](?:your|the|me|here|with|this|{_THING}).{{0,60}}"
    r"|change[-_ ]?me|todo|tbd|placeholder|\.{3}|…"
    rf"|{_THING}[-_ ]?(?:name|id|here|goes[-_ ]here)"
)
_VARIABLE: Final = lazy.compile(
    r"%\w{1,80}%|%\(\w{1,80}\)s|\$(?!(?:root|web|logs)\Z)(?:env:)?[A-Za-z_]\w{0,80}|\$\([^()]{1,80}\)|#?\{[A-Za-z_][\w.]{0,80}\}#?|\[\[.{1,80}\]\]"
    r"|__[A-Za-z]\w{0,80}__|@[A-Z_][A-Z0-9_]{0,80}@|os\.(?:environ|getenv)\b.{1,120}|process\.env\.\w{1,80}|ENV\[.{1,80}\]|env\(.{1,80}\)"
    r"|var\.\w{0,40}(?:bucket|key|region|sas|secret|token)\w{0,40}|(?:op|vault|ssm|secretsmanager|keyvault|doppler|fileb?)://.{1,200}"
    r"|ref\+\w{1,30}://.{1,200}|vault:[\w-]{1,40}/.{1,200}|ssm:/.{1,200}|arn:aws[\w-]{0,12}:(?:kms|secretsmanager|ssm):.{1,200}"
    r"|@Microsoft\.KeyVault\(.{1,200}|projects/[^/]{1,60}/secrets/.{1,120}|!(?:ENV|GetAtt|Ref|Sub|env|env_var|secret|vault)\b.{0,200}"
)
"""What other tools write in a value's place: variables of shells and pipelines, templates, addresses in a store of secrets."""
_OF_PLACEHOLDERS: Final = (
    "<", "{{", "[", "your", "my", "insert", "enter", "replace", "put", "add", "paste", "change", "todo", "tbd", "placeholder", ".",
    "bucket", "container", "account", "namespace", "region", "endpoint", "access", "secret", "key", "sas", "token", "credential", "value",
)  # fmt: skip
"""Every placeholder of ASCII begins with one of them, in lower case: without any, the pattern is not compiled (decision 0028)."""
_OF_VARIABLES: Final = (
    "%", "$", "#{", "{", "[[", "__", "@", "os.", "process.env.", "ENV[", "env(", "var.", "op:", "vault:", "ssm:", "secretsmanager:", "keyvault:",
    "doppler:", "file:", "fileb:", "ref+", "arn:aws", "projects/", "!",
)  # fmt: skip
"""What other tools write begins with one of them."""
_OF_MASKS: Final = ("redacted", "***", "masked", "filtered", "xxxxxxxx")
"""One of them is in every mask."""
_IMPOSSIBLE: Final = lazy.compile(r"[\s<>{}\[\]…]|\A\.+\Z")
"""In a placeholder: what no store has in a name or a key."""
_QUOTES: Final = "\"'`\u2018\u2019\u201c\u201d"
_BLANK: Final = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\xad\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u200e"
    "\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u202f\u205f\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u3000\ufeff"
)
"""Whitespace, and characters without width that pages and documents leave around what is copied."""
_PAIRS: Final = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u201e": "\u201c", "\u2018": "\u2019"}
_LONGEST_NAME: Final = 80
"""Characters of a type's name that are shown, or of a value that is compared with others."""


class Examined(Dataclass):
    """A destination as far as it can be known offline."""

    provider: Provider | None
    parameters: Any | None
    """An instance of the provider's Parameters; None when it could not be made."""
    findings: tuple[Finding, ...]
    not_judged: Mapping[str, str] = field(default_factory=dict)
    """Parameters whose value is not known, and in a word where it is."""

    def object_uri(self, key: str, options: Options) -> str:
        """The address of an object; empty where the parameters give none."""
        if self.provider is None or self.parameters is None or self._nowhere():
            return ""
        try:
            return self.provider.object_uri(self.parameters, key, options)
        except Exception:  # noqa: BLE001 - of an address that is none; the findings say so
            return ""

    def _nowhere(self) -> bool:
        """Whether what says which bucket is meant cannot be right: an address made of it would be none."""
        named = {f"/parameters/{each}" for each in places(self.provider.Parameters)} if self.provider else set()
        return any(
            each.severity is Severity.ERROR and each.pointer in named and each.name != "stray-whitespace"
            for each in self.findings
        )


def examine(destination: Destination, options: Options) -> Examined:
    """Everything that can be said of a destination without asking anybody. Raises MissingExtra, and nothing else."""
    try:
        return _examine(destination, options)
    except MissingExtra:
        raise
    except Exception as error:  # noqa: BLE001 - one destination's fault costs no other its report
        return Examined(None, None, (*destination.problems, fault(error)))


def fault(error: Exception) -> Finding:
    """The tool's own fault. The message may hold a value: it is not shown."""
    return catalog.finding("internal-error", evidence={"exception": type(error).__name__})


def _examine(destination: Destination, options: Options) -> Examined:
    findings = list(destination.problems)
    provider = providers.find(destination.type) if destination.type else None
    unresolved = _unresolved(findings)
    if provider is None:
        if "type" in unresolved:
            return Examined(None, None, tuple(findings), unresolved)
        if not any(
            each.name in ("unknown-type", "not-a-bucket", "destination-reference", "missing-parameter", "unreadable-source")
            for each in findings
        ):
            findings.append(_unknown_type(destination))
        return Examined(None, None, tuple(findings))
    unresolved.pop("type", None)
    other = _meant(provider, destination.parameters)
    if other is not None:
        findings.append(
            catalog.finding(
                "type-mismatch",
                detail=f"The type is {provider.name}, and the parameters are those of {other.name}.",
                pointer="/type",
                patch=catalog.replacement("/type", other.name),
                evidence={"parameters": ", ".join(sorted(destination.parameters))},
            )
        )
    # What else is wrong would only show after the type is corrected: it is said at once.
    parameters, found = _judged(other or provider, destination.parameters, unresolved, options)
    return Examined(provider, None if other else parameters, (*findings, *found), unresolved)


def _unresolved(findings: Iterable[Finding]) -> dict[str, str]:
    """Parameters (and the type) with a reference that was not resolved, and where their values are."""
    references: dict[str, str] = {}
    for each in findings:
        if each.name == "unresolved-reference" and (each.pointer == "/type" or each.pointer.startswith("/parameters/")):
            name = each.pointer.split("/")[-1 if each.pointer == "/type" else 2].replace("~1", "/").replace("~0", "~")
            written = each.evidence.get("reference", "")
            where = "the environment" if re.fullmatch(r"\$\{[A-Za-z_]\w*\}", written) else ""
            references[name] = where or ("files" if re.match(r"\$\{(?:base64)?file:", written) else "elsewhere")
    return references


def _judged(
    provider: Provider, raw: Mapping[str, Any], unresolved: Collection[str], options: Options
) -> tuple[Any | None, list[Finding]]:
    """The parameters, if all of them are known, and what is wrong; what is not known costs only the rules that need it."""
    findings: list[Finding] = []
    values: dict[str, Any] = {}
    absent: list[Field[Any]] = []
    fields = declared(provider.Parameters)
    if not raw.keys() <= {each.name for each in fields}:
        findings += misfits.unknown(provider, raw)
    for each in fields:
        value = raw.get(each.name)
        if each.name in unresolved:
            continue
        if value is not None:
            found, known = _meaning(each, value)
            findings += found
            if known is not None:
                values[each.name] = known
        elif required(each):
            absent.append(each)
        else:
            values[each.name] = each.default
    if absent:
        findings.append(misfits.missing(provider, absent, raw))
    whole = len(values) == len(fields)
    parameters = provider.Parameters(**values) if whole else Partial(values)
    with contextlib.suppress(NotKnown):  # a provider that judges all at once
        for finding in provider.lint(parameters, options):
            findings.append(finding)
    return parameters if whole else None, findings


def _meaning(each: Field[Any], value: Any) -> tuple[list[Finding], Any | None]:
    """What is wrong with a value, and the value that is meant; None where that is not known."""
    pointer, kind = f"/parameters/{each.name}", each.metadata["kind"]
    right: Any = bool if kind == "boolean" else (str, Secret)
    if not isinstance(value, right):
        return [misfits.wrong_kind(pointer, each.name, kind, value)], None
    if kind == "boolean":
        return [], value
    text = value.reveal() if isinstance(value, Secret) else value
    hidden, verbatim = kind == "secret" or isinstance(value, Secret), each.metadata.get("verbatim", False)
    findings = list(_judge(pointer, each, text, secret=hidden, verbatim=verbatim))
    if any(
        finding.name == "redacted-secret" or (finding.name == "placeholder-value" and finding.severity is Severity.ERROR)
        for finding in findings
    ):
        return findings, None
    if not verbatim:
        text = _bare(text, secret=hidden)
    return findings, Secret(text) if kind == "secret" else text


def _unknown_type(destination: Destination) -> Finding:
    type_ = destination.type[:_LONGEST_NAME]
    known = ", ".join(providers.types())
    fix = None
    if not type_:
        detail = f"There is no type; it is one of {known}."
    elif meant := _fitting(destination.parameters):
        detail = f"The type is {type_}; Planet calls it {meant.name}, and these are its parameters."
        fix = Fix(f"Set type to {meant.name}.", patch=catalog.replacement("/type", meant.name))
    else:
        detail = f"{type_} is not one of {known}."
        if near := providers.closest(type_):
            detail += f" Did you mean {near}?"
            fix = Fix(f"Set type to {near}, if that is meant.")
    return catalog.finding("unknown-type", detail=detail, pointer="/type", fix=fix)


def _fitting(raw: Mapping[str, Any]) -> Provider | None:
    """The one type of Planet's whose parameters these are, whole and nothing else; None where there are several, or none."""
    fitting = []
    for provider in filter(None, map(providers.find, providers.BUILT_IN)):
        fields = declared(provider.Parameters)
        if {each.name for each in fields if required(each)} <= raw.keys() <= {each.name for each in fields}:
            fitting.append(provider)
    return fitting[0] if len(fitting) == 1 else None


def _meant(provider: Provider, raw: Mapping[str, Any]) -> Provider | None:
    """Another type that these parameters fit whole, when they do not fit this one."""
    return None if raw.keys() <= {each.name for each in declared(provider.Parameters)} else _fitting(raw)


def _trimmed(text: str) -> str:
    return text.strip() if text.isascii() else text.strip(_BLANK)


def _bare(text: str, *, secret: bool) -> str:
    """The text without what copying leaves around it. A single quote mark may be a secret's own character."""
    text = _trimmed(text)
    listed = text.rstrip(",; \t")
    if len(listed) > 1 and _PAIRS.get(listed[0]) == listed[-1]:  # the rest of its line in a list: "value",
        text = listed
    while len(text) > 1 and _PAIRS.get(text[0]) == text[-1]:
        text = _trimmed(text[1:-1])
    return text if secret else _trimmed(text.strip(_QUOTES))


def _judge(pointer: str, each: Field[Any], text: str, *, secret: bool, verbatim: bool) -> Iterator[Finding]:
    """What is wrong with a string, whatever it is for."""
    finding = partial(catalog.finding, pointer=pointer)
    name, evidence = each.name, {"parameter": each.name}
    bare = _bare(text, secret=secret)
    if not bare:
        yield finding("placeholder-value", detail=f"{name} is empty.", evidence=evidence)
        return
    masked = _is_mask(bare)
    if masked and (secret or _IMPOSSIBLE.search(bare) or "*" in bare):
        yield finding(
            "redacted-secret",
            detail=f"{name} holds a mask, not a value: Planet's API and many tools never give a secret back.",
            evidence=evidence,
        )
        return
    variable = _is_variable(bare)
    very_text = bare.lower() in each.metadata.get("placeholders", ()) or bare in each.metadata.get("never", ())
    if (
        very_text
        or masked
        or variable
        or _is_placeholder(bare)
        or bare in each.metadata.get("examples", ())
        or _names_itself(name, bare)
    ):
        shown = "" if secret else f" ({bare[:40]})"
        meant = " It is written as other tools name a variable or a stored secret; here a reference is written ${NAME}."
        meant = meant if variable else ""
        if very_text or _IMPOSSIBLE.search(bare):
            yield finding("placeholder-value", detail=f"{name} still holds a placeholder{shown}.{meant}", evidence=evidence)
            return
        yield finding(
            "placeholder-value",
            detail=f"{name} looks like a placeholder{shown}. A store may accept it all the same, so it was taken as it stands.{meant}",
            evidence=evidence,
            confidence=Confidence.POSSIBLE,
            severity=Severity.WARNING,
        )
    if verbatim or bare == text:
        return
    trimmed = _trimmed(text)
    inner = " and quotes" if trimmed != bare else ""
    around = "whitespace" if text.strip() == trimmed else "characters that nobody sees"
    yield finding(
        "stray-whitespace",
        detail=f"{name} has {around}{inner} around its value ({len(text)} characters, {len(bare)} of them the value)."
        if text != trimmed
        else f"{name} has quotes around its value.",
        evidence=evidence,
        patch=catalog.replacement(pointer, bare, secret=secret),
    )


def _is_placeholder(bare: str) -> bool:
    lower = bare.lower()
    # Regardless of case: of what is not ASCII, more than one character may stand for a letter there.
    if bare.isascii() and not lower.startswith(_OF_PLACEHOLDERS):
        return False
    return _PLACEHOLDER.fullmatch(bare) is not None


def _is_mask(bare: str) -> bool:
    lower = bare.lower()
    if bare.isascii() and not any(each in lower for each in _OF_MASKS):
        return False
    return _REDACTED.fullmatch(bare) is not None


def _is_variable(bare: str) -> bool:
    return bare.startswith(_OF_VARIABLES) and _VARIABLE.fullmatch(bare) is not None


def _names_itself(name: str, bare: str) -> bool:
    """Whether a value only says what belongs there, as in Planet's notebook: ``'token'`` for sas_token."""
    if len(bare) > _LONGEST_NAME:
        return False
    words = re.split(r"[\s_-]+", bare.lower())
    if len(words) == 1 and name in ("bucket", "container", "account"):
        return False  # somebody's bucket may be called bucket
    return set(words) <= {*name.split("_"), "name"}
