"""The source that somebody begins with: a request of one type, with a comment on each parameter and references for its secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import Field
from typing import Any, Final

from validator.core.terminal_text import UNSEEN, one_line
from validator.providers.base import Provider, declared, required

SUFFIXES: Final = (".yaml", ".yml", ".toml", ".json")
"""In which form a starter is written, by the end of the file's name. JSON has no comments."""

_HEAD: Final = (
    "A destination of the type {type}, as Planet's Destinations API takes it.",
    "${NAME} is an environment variable, ${file:PATH} a file's text: no secret needs to stand here.",
    "Replace what stands in <...>, then: planet-validator check {file}",
)
_NAME: Final = "What Planet calls it, 3 to 63 characters; without it, the bucket's name."
_ODD: Final = re.compile(f"[\ufffe\uffff]|{UNSEEN.pattern}")
"""What YAML or TOML does not take as it is, or nobody sees."""
_HALF: Final = re.compile("[\ud800-\udfff]")


def reference(each: Field[Any]) -> str:
    """What a credential's parameter holds until somebody says otherwise, such as ``${AWS_SECRET_ACCESS_KEY}``."""
    if each.metadata.get("file"):
        return f"${{base64file:key{each.metadata['file']}}}"
    return f"${{{variable(each)}}}"


def variable(each: Field[Any]) -> str:
    """The environment variable that :func:`reference` names."""
    return each.name.upper()


def literal(value: str) -> str:
    """A value that is meant as it stands, although it may look like a reference."""
    return value.replace("${", "$${")


def starter(
    type_: str, provider: Provider, *, suffix: str, given: Mapping[str, Any], name: str = "", file: str = "FILE"
) -> str:
    """The text of a source.

    Args:
        type_: Planet's type.
        provider: of that type.
        suffix: one of ``SUFFIXES``.
        given: values by parameter, as a source holds them: what is a reference is resolved. A required parameter that is left
            out gets a reference if it is a credential, and otherwise a placeholder, which no check takes for a value.
        name: of the destination, if it is to have one.
        file: how the source is called in the command that stands at its top.
    """
    fields = declared(provider.Parameters)
    values = {each.name: _value(each, given) for each in fields}
    kept = {key: value for key, value in values.items() if value is not None}
    if suffix == ".json":
        return json.dumps({**({"name": name} if name else {}), "type": type_, "parameters": kept}, indent=2) + "\n"
    toml = suffix == ".toml"
    sign, margin = (" = ", "") if toml else (": ", "  ")
    lines = [f"# {each.replace('{type}', type_).replace('{file}', one_line(file))}" for each in _HEAD]
    lines += ["", f"# {_NAME}", f"name{sign}{_scalar(name)}" if name else f'# name{sign}"my imagery"']
    lines += [f"type{sign}{_scalar(type_)}", *(["", "[parameters]"] if toml else ["parameters:"])]
    for each in fields:
        value = values[each.name]
        lines += [f"{margin}# {line}" for line in _comment(each)]
        if value is None:
            lines.append(f"{margin}# {each.name}{sign}{_scalar(each.default)}")
        else:
            lines.append(f"{margin}{each.name}{sign}{_scalar(value)}")
    return "\n".join(lines) + "\n"


def _value(each: Field[Any], given: Mapping[str, Any]) -> Any:
    if given.get(each.name) is not None:
        return given[each.name]
    if not required(each):
        return None
    return reference(each) if each.metadata.get("credential") else f"<{each.metadata['label'] or each.name}>"


def _comment(each: Field[Any]) -> list[str]:
    """What it is, what its console calls it and where it stands there."""
    facts = each.metadata
    label, where = facts.get("label", ""), facts.get("where", "")
    lines = [facts["help"]]
    if label or where:
        lines.append(f"In the console: {f'{label} ({where})' if label and where else label or where}")
    if facts.get("file"):
        lines.append(f"${{base64file:PATH}} reads the {facts['file']} file and encodes it; PATH begins at this file's folder.")
    elif facts["kind"] == "string" and not facts.get("credential") and required(each):
        lines.append(f"For example: {facts['example']}")
    return lines


def _scalar(value: Any) -> str:
    """A value as YAML and TOML both read it: a JSON string, which either quotes as JSON does."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = json.dumps(_HALF.sub("\ufffd", str(value)), ensure_ascii=False)
    return _ODD.sub(lambda match: _escape(ord(match[0])), text)


def _escape(number: int) -> str:
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
