"""Reads a file of ``NAME=value`` lines as a destination, where its names say which."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from validator.core.model import Place
from validator.providers import BUILT_IN, SHORT_TYPES
from validator.sources.document import Document, ParseError, line_starts
from validator.sources.expressions import Expression, Unknown
from validator.sources.parsers.env import Assigned, NotAssignments, assignments
from validator.sources.payloads import NoDestination

WHAT_ELSE: Final = (
    "these are settings (NAME=value), and their names are not those of one destination's parameters; write the destination down,"
    " name the values in it as ${NAME}, and give this file with --env-file"
)
_PREFIXES: Final = (
    "planet_destination_", "planet_delivery_", "planet_", "destination_", "dest_", "delivery_", "s3_", "aws_s3_", "aws_", "gcs_", "gcp_",
    "google_", "azure_storage_", "azure_", "az_", "oci_", "oracle_", "ocs_", "storage_", "b2_", "do_spaces_", "minio_", "r2_", "spaces_",
    "wasabi_",
)  # fmt: skip
_REFERENCE: Final = re.compile(r"\$(?:\{([A-Za-z_]\w{0,200})\}|([A-Za-z_]\w{0,200}))")
_SAME: Final[Mapping[str, str]] = {
    "bucket_name": "bucket",
    "container_name": "container",
    "account_name": "account",
    "storage_account": "account",
    "default_region": "region",
    "endpoint_url": "endpoint",
    "sas": "sas_token",
    "application_credentials": "credentials",
    "service_account_json": "credentials",
    "service_account_key": "credentials",
}


def is_settings(text: str) -> bool:
    """Whether every line of a text is an assignment, a comment or blank, and there is one of a name in capitals."""
    try:
        settings = assignments(text)
    except NotAssignments:
        return False
    return any(name.isupper() for name in settings)


def read_settings(text: str) -> Document:
    """The destination. Raises :class:`ParseError` and :class:`NoDestination`."""
    from validator.sources.mistakes import fields_of, fits

    try:
        settings = assignments(text)
    except NotAssignments as error:
        raise ParseError((error.line, f"{error.what}")) from None
    types = [_named(settings, each) for each in BUILT_IN]
    type_name = next((each.value for name, each in settings.items() if _bare(name) in ("type", "destination_type")), "")
    expected = SHORT_TYPES.get(type_name, type_name)
    fitting = [
        (type_, names)
        for type_, names in zip(BUILT_IN, types, strict=True)
        if (type_ == expected if expected else fits(type_, set(names)))
    ]
    if len(fitting) > 1:
        # Parameters that every S3 store has: the one whose own names stand there.
        fitting = [each for each in fitting if all(name.lower().endswith(field) for field, name in each[1].items())] or fitting
    if len(fitting) != 1 or (expected and expected not in BUILT_IN):
        raise NoDestination("", WHAT_ELSE)
    type_, names = fitting[0]
    values = {field: _value(_expanded(settings, names[field]), field, type_) for field in names}
    values |= {field: _several(several) for field, several in _rivals(settings, type_, names).items()}
    places = {f"/parameters/{field}": Place(settings[name].line) for field, name in names.items()}
    value = {"type": type_, "parameters": values}
    title = next((name for name in settings if _bare(name) in ("name", "destination_name")), None)
    if title is not None:
        value["name"] = settings[title].value
        places["/name"] = Place(settings[title].line)
    kinds = fields_of(type_)
    assert all(field in kinds for field in values)  # noqa: S101 - _named gives no others
    return Document(value, "env", text, {}, (), line_starts(text), places)


def _expanded(settings: Mapping[str, Assigned], name: str) -> str:
    """The setting's value; ``${NAME}`` in it is what a line before it gives NAME, as every reader of such files has it."""
    each = settings[name]
    if each.literal:
        return each.value.replace("${", "$${")

    def before(match: re.Match[str]) -> str:
        other = settings.get(match[1] or match[2])
        return other.value if other and other.line < each.line and "$" not in other.value else match[0]

    return _REFERENCE.sub(before, each.value)


def _rivals(settings: Mapping[str, Assigned], type_: str, names: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Parameters for which two settings give different values: the names of both."""
    several: dict[str, tuple[str, str]] = {}
    for field, name in names.items():
        rest = _named({each: at for each, at in settings.items() if each != name}, type_)
        if field in rest and _expanded(settings, rest[field]) != _expanded(settings, name):
            several[field] = (name, rest[field])
    return several


def _several(names: tuple[str, str]) -> Expression:
    first, other = names
    return Expression(Unknown(first, f"{other} is there as well and gives another value; write the destination down with one"))


def _bare(name: str) -> str:
    low = name.lower()
    start = next((each for each in _PREFIXES if low.startswith(each) and len(low) > len(each)), "")
    return low.removeprefix(start)


def _named(settings: Mapping[str, object], type_: str) -> dict[str, str]:
    """The settings that are named like this type's parameters: the parameter's name, and the setting's."""
    from validator.sources.mistakes import fields_of, names_elsewhere

    fields = fields_of(type_)
    names: dict[str, str] = {}
    for name in settings:
        low = name.lower()
        for each in (low, _bare(name), *(low.removeprefix(start) for start in _PREFIXES)):
            plain = _SAME.get(each, each)
            field = plain if plain in fields else names_elsewhere(type_).get(plain)
            if field in fields and field not in names:
                names[field] = name
                break
    return names


def _value(text: str, field: str, type_: str) -> object:
    from validator.sources.mistakes import fields_of

    boolean = fields_of(type_)[field].metadata["kind"] == "boolean"
    if boolean and re.fullmatch(r"(?i)true|false|yes|no|1|0", text):
        return text.lower() in ("true", "yes", "1")
    return text
