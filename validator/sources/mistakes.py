"""The messes of real life: what is recognisably meant in a destination although it is written otherwise, and what is none of the user's own."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from validator import providers
from validator.core import catalog
from validator.core.errors import MissingExtra
from validator.core.model import Finding, Fix, PatchOperation
from validator.core.sentences import many
from validator.providers.base import declared, instead_of, other_names, required
from validator.sources.document import JsonRepair, escape, place_of
from validator.sources.payloads import NOT_BUCKETS, RESPONSE_FIELDS, RawDestination

_OF_SECRETS: Final = (
    "secret", "token", "credential", "password", "passwd", "private", "_sas", "signature", "accountkey", "account_key", "connectionstring",
    "connection_string",
)  # fmt: skip
"""In keys whose values are secrets, whatever the type declares."""


def secret_name(key: str) -> bool:
    """Whether a key is named like a secret."""
    name = "_" + key.replace("-", "_").casefold()
    return any(each in name for each in _OF_SECRETS)


def maybe_secret_name(key: str) -> bool:
    """Whether a key that nobody knows may be the misspelt name of a secret."""
    return re.search(r"(?i)key|sec|tok|cred|pass|pwd|auth|sig|sas", key) is not None


def fields_of(type_: str) -> dict[str, Any]:
    """The declared parameters of a type, by name; none if the type is unknown or its package is not there."""
    return {each.name: each for each in declared(parameters)} if (parameters := _parameters(type_)) else {}


def names_elsewhere(type_: str) -> Mapping[str, str]:
    """What ``planet destinations create`` and each cloud's own environment call a type's parameters, with Planet's names for them."""
    return other_names(parameters) if (parameters := _parameters(type_)) else {}


def instead_for(type_: str) -> Mapping[str, tuple[str, str]]:
    """What people have in the place of a type's parameters, by name: the parameter's name, and what is to be said."""
    return instead_of(parameters) if (parameters := _parameters(type_)) else {}


def _parameters(type_: str) -> type[Any] | None:
    try:
        provider = providers.find(type_) if type_ else None
    except (MissingExtra, ImportError):
        return None
    return provider.Parameters if provider else None


def all_fields() -> frozenset[str]:
    """The names of every built-in type's parameters."""
    return frozenset(name for type_ in providers.BUILT_IN for name in fields_of(type_))


def renamed(type_: str, parameters: Mapping[str, Any]) -> dict[str, str]:
    """Names of the command line among the parameters, with Planet's names for them. Empty where another type fits whole."""
    known = fields_of(type_)
    if not known or all(key in known for key in parameters):
        return {}
    plain = {key: key.lstrip("-").replace("-", "_").lower() for key in parameters}
    for other in providers.BUILT_IN:
        if other != type_ and fits(other, set(plain.values())):
            return {}
    names: dict[str, str] = {}
    for key, bare in plain.items():
        meant = bare if bare in known else names_elsewhere(type_).get(bare)
        if key in known or meant is None or meant not in known or meant in parameters or meant in names.values():
            continue
        names[key] = meant
    return names


def fits(type_: str, parameters: set[str]) -> bool:
    """Whether these names are a whole set of a type's parameters."""
    known = fields_of(type_)
    needed = {name for name, each in known.items() if required(each)}
    return bool(known) and needed <= parameters <= known.keys()


def rename_finding(key: str, meant: str) -> Finding:
    """A parameter under a name that Planet's API does not know."""
    return catalog.finding(
        "unknown-parameter",
        detail=f"Planet's API calls this parameter {meant}; {key} is the name of a command's option.",
        pointer=f"/parameters/{escape(key)}",
        evidence={"parameter": key, "meant": meant},
        fix=Fix(f"Rename {key} to {meant}."),
        patch=(PatchOperation("move", f"/parameters/{meant}", f"/parameters/{escape(key)}"),),
    )


def without_type(parameters: set[str]) -> str | None:
    """The only type that these parameters fit, if there is exactly one."""
    fitting = [each for each in providers.BUILT_IN if fits(each, parameters)]
    return fitting[0] if len(fitting) == 1 else None


def not_json(repairs: tuple[JsonRepair, ...], lines: Any, *, whole: bool, commented: bool) -> Finding:
    """A text that had to be read otherwise than it is written; ``whole``: all of it is the request, and no more."""
    first_lines: dict[str, int] = {}
    for each in repairs:
        if each.what:
            first_lines.setdefault(each.what, place_of(lines, each.start).line or 1)
    places = "; ".join(f"{what} (line {line})" for what, line in first_lines.items())
    kept = " JSON has no comments, so --fix does not write it as JSON: take them out first." if whole and commented else ""
    return catalog.finding(
        "not-json",
        detail=f"This is what was read instead of JSON: {places}.{kept}",
        evidence={"first_line": str(min(first_lines.values(), default=1))},
        # The whole text is written anew; no report may show it.
        patch=(PatchOperation("replace", "", None, secret=True),) if whole and not commented else (),
    )


def of_fields(raw: RawDestination, parameters: Mapping[str, Any]) -> Iterator[Finding]:
    """What stands beside name, type and parameters of a request."""
    answered = [key for key in RESPONSE_FIELDS if key in raw.fields]
    if any(key in answered for key in ("_links", "pl:ref", "ownership", "created")):
        yield catalog.finding(
            "response-as-request",
            detail=f"It holds {', '.join(answered)}: Planet adds these when it gives a destination back, with the secrets masked.",
            pointer=f"/{escape(answered[0])}",
            patch=[PatchOperation("remove", f"/{escape(key)}") for key in answered],
        )
    else:
        answered = []
    type_ = raw.type if isinstance(raw.type, str) else ""
    for key in raw.fields:
        if key in answered:
            continue
        if key.lstrip("-").replace("-", "_") in parameters:
            yield catalog.finding(
                "misplaced-parameter",
                detail=f"{key} stands beside parameters; Planet looks for it inside.",
                pointer=f"/{escape(key)}",
                evidence={"parameter": key, "type": type_},
            )
        else:
            yield catalog.finding(
                "unknown-field", pointer=f"/{escape(key)}", detail="A destination has name, type and parameters."
            )


def key_object(key: str, value: Mapping[str, Any]) -> tuple[str, Finding]:
    """A service account's key given as an object: the one-line base64 that Planet wants, and the finding."""
    encoded = base64.b64encode(json.dumps(value, separators=(",", ":")).encode()).decode()
    pointer = f"/parameters/{key}"
    finding = catalog.finding(
        "wrong-parameter-kind",
        detail=f"{key} is an object; Planet wants the key file as one line of base64.",
        pointer=pointer,
        evidence={"parameter": key},
        fix=Fix(f"Put the key file beside this one and write ${{base64file:key.json}} as {key}; --fix encodes it in place."),
        patch=(PatchOperation("replace", pointer, encoded, secret=True),),
    )
    return encoded, finding


def reference(raw: RawDestination) -> Finding:
    """A reference to a destination that Planet already has."""
    inside = raw.parameters if isinstance(raw.parameters, dict) else {}
    ref = inside.get("ref", inside.get("destination"))
    id_ = ref.removeprefix("pl:destinations/") if isinstance(ref, str) else ""
    known = id_ if re.fullmatch(r"[A-Za-z0-9_-]{1,100}", id_) else ""
    commands = (f"planet-validator update {known} new-credentials.json",) if known and known != "default" else ()
    return catalog.finding(
        "destination-reference",
        detail=f"The delivery goes to {f'pl:destinations/{known}' if known else 'a stored destination'}, whose credentials Planet never gives back.",
        pointer="/parameters/ref" if raw.shape != "order" else "",
        evidence={"destination": known} if known else {},
        commands=commands,
    )


def not_a_bucket(kind: str) -> Finding:
    """The request delivers to another service."""
    service = NOT_BUCKETS.get(kind, "another service")
    return catalog.finding(
        "not-a-bucket",
        detail=f"This delivers to {service}, which is not a bucket: Planet's check of a bucket does not apply.",
        evidence={"service": service},
    )


def unfit_name(name: object) -> Finding | None:
    """A name that Planet does not take."""
    if isinstance(name, str) and 3 <= len(name) <= 63:
        return None
    fault = "The name is not a string"
    if isinstance(name, str):
        fault = f"The name has {many(len(name), 'character')}" if name else "The name is empty"
    return catalog.finding("name-invalid", detail=f"{fault}; Planet takes 3 to 63.", pointer="/name")
