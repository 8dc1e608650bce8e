"""Reads a file of ``NAME=value`` lines as a destination, where its names say which."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from validator.core.model import Place
from validator.providers import BUILT_IN, SHORT_TYPES
from validator.providers.base import required
from validator.sources.document import Document, ParseError, line_starts
from validator.sources.expressions import Expression, Unknown
from validator.sources.mistakes import fields_of, fits, instead_for, names_elsewhere
from validator.sources.parsers.env import Assigned, NotAssignments, assignments
from validator.sources.payloads import NoDestination

_ELSE: Final = "write the destination down, name the values in it as ${NAME}, and give this file with --env-file"
_S3: Final = "amazon_s3 s3_compatible oracle_cloud_storage"
_PREFIXES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("planet_destination_", "planet_delivery_", "planet_", "destination_", "dest_", "delivery_", "storage_"), ""),
    **dict.fromkeys(("s3_", "aws_s3_", "aws_storage_", "aws_"), _S3),
    **dict.fromkeys(("gcs_", "gcp_", "gs_", "google_"), "google_cloud_storage"),
    **dict.fromkeys(("azure_storage_", "azure_blob_", "azure_", "az_"), "azure_blob_storage"),
    **dict.fromkeys(("oci_", "oracle_", "ocs_"), "oracle_cloud_storage s3_compatible"),
    **dict.fromkeys(("b2_", "do_spaces_", "minio_", "r2_", "spaces_", "wasabi_"), "s3_compatible"),
}  # fmt: skip
"""What a setting's name may begin with, and the types that it is of then; empty where it may be any."""
_REFERENCE: Final = re.compile(r"\$(?:\{([A-Za-z_]\w{0,200})\}|([A-Za-z_]\w{0,200}))")
_SAME: Final[Mapping[str, str]] = {
    "bucket_name": "bucket",
    "container_name": "container",
    "account_name": "account",
    "storage_account": "account",
    "default_region": "region",
    "region_name": "region",
    "endpoint_url": "endpoint",
    "endpoint_url_s3": "endpoint",
    "awsaccesskeyid": "access_key_id",
    "awssecretkey": "secret_access_key",
    "sas": "sas_token",
    "application_credentials": "credentials",
    "service_account_json": "credentials",
    "service_account_key": "credentials",
}
_OF_STORES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("key", "key_id", "access_key", "application_key_id"), "access_key_id"),
    **dict.fromkeys(("secret", "secret_key", "application_key"), "secret_access_key"),
}
"""Names of keys that mean one behind a store's prefix alone, and only where no fuller name is there."""


def is_settings(text: str) -> bool:
    """Whether every line of a text is an assignment, a comment or blank, and there is one of a name in capitals, or of Amazon's key file."""
    try:
        settings = assignments(text)
    except NotAssignments:
        return False
    return any(name.isupper() or name == "AWSAccessKeyId" for name in settings)


def read_settings(text: str) -> Document:
    """The destination. Raises :class:`ParseError` and :class:`NoDestination`."""
    try:
        settings = assignments(text)
    except NotAssignments as error:
        raise ParseError((error.line, f"{error.what}")) from None
    names_of = {each: _named(settings, each) for each in BUILT_IN}
    type_name = next((each.value for name, each in settings.items() if _bare(name) in ("type", "destination_type")), "")
    expected = SHORT_TYPES.get(type_name, type_name)
    fitting = [
        type_
        for type_, names in names_of.items()
        # What an endpoint is there for needs a region: which one, is for the check of the parameters to say.
        if (type_ == expected if expected else fits(type_, names.keys() | ({"region"} if "endpoint" in names else set())))
    ]
    if {"amazon_s3", "s3_compatible"} <= set(fitting):
        endpoint = _expanded(settings, names_of["s3_compatible"]["endpoint"])
        fitting.remove("s3_compatible" if not endpoint or _is_amazons(endpoint) else "amazon_s3")
    if len(fitting) > 1:
        # Parameters that every S3 store has: the one whose own names stand there.
        fitting = [
            each for each in fitting if all(name.lower().endswith(field) for field, name in names_of[each].items())
        ] or fitting
    if len(fitting) != 1 or (expected and expected not in BUILT_IN):
        raise NoDestination("", _what_else(settings, names_of, fitting, expected))
    type_, names = fitting[0], names_of[fitting[0]]
    values = {field: _value(_expanded(settings, names[field]), field, type_) for field in names}
    values |= {field: _several(several) for field, several in _rivals(settings, type_, names).items()}
    places = {f"/parameters/{field}": Place(settings[name].line) for field, name in names.items()}
    value = {"type": type_, "parameters": values}
    title = next((name for name in settings if _bare(name) in ("name", "destination_name")), None)
    if title is not None:
        value["name"] = settings[title].value
        places["/name"] = Place(settings[title].line)
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


def _what_else(
    settings: Mapping[str, object], names_of: Mapping[str, Mapping[str, str]], fitting: Sequence[str], expected: str
) -> str:
    """Why these settings are not one destination, and what to do instead."""
    if len(fitting) > 1:
        return f"these are settings (NAME=value) of more than one destination ({', '.join(fitting)}); say which with a line such as TYPE={fitting[0]}"
    if expected and expected not in BUILT_IN:
        return f"these are settings (NAME=value), and the type among them is none of Planet's ({', '.join(BUILT_IN)}); {_ELSE}"
    near: list[tuple[int, str]] = []
    for type_, names in names_of.items():
        fields, instead = fields_of(type_), instead_for(type_)
        absent = [name for name, each in fields.items() if required(each) and name not in names]
        others = [
            (name, instead[each][1]) for name in settings for each in _plain(name, type_, of_store=True) if each in instead
        ][:1]
        if absent and (others or any(fields[each].metadata["kind"] == "secret" for each in names)):
            said = "".join(f". {name}: {why.rstrip('.')}" for name, why in others)
            near.append(
                (len(absent), f"of {type_}, {' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} missing{said}")
            )
    nearest = [said for count, said in near if count == min(near)[0]]
    return f"these are settings (NAME=value), and not those of one destination{': ' if nearest else ''}{'; '.join(nearest)}. {'Add what is missing' if nearest else 'Name them as the parameters are named'}, or {_ELSE}"


def _is_amazons(endpoint: str) -> bool:
    host = endpoint.rpartition("://")[2].partition("/")[0].partition("?")[0].partition(":")[0].lower()
    return f".{host}".endswith((".amazonaws.com", ".amazonaws.com.cn"))


def _rivals(settings: Mapping[str, Assigned], type_: str, names: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Parameters for which two settings give different values: the names of both."""
    several: dict[str, tuple[str, str]] = {}
    full = _named(settings, type_, short=False)
    for field, name in names.items():
        rest = _named({each: at for each, at in settings.items() if each != name}, type_, short=field not in full)
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


def _plain(name: str, type_: str, *, of_store: bool = False) -> Iterator[str]:
    """What a setting's name may be of this type, in lower case: as it is, and without what it begins with, which ``of_store`` is a store's."""
    low = name.lower()
    if not of_store:
        yield low
    for each, types in _PREFIXES.items():
        if low.startswith(each) and (type_ in types or not (types or of_store)):
            yield low.removeprefix(each)


def _named(settings: Mapping[str, object], type_: str, *, short: bool = True) -> dict[str, str]:
    """The settings that are named like this type's parameters: the parameter's name, and the setting's."""
    fields, elsewhere = fields_of(type_), names_elsewhere(type_)
    names: dict[str, str] = {}
    for of_store in (False, True) if short else (False,):
        for name in settings:
            for each in _plain(name, type_, of_store=of_store):
                plain = _OF_STORES.get(each, "") if of_store else _SAME.get(each, each)
                field = plain if plain in fields else elsewhere.get(plain)
                if field in fields and field not in names:
                    names[field] = name
                    break
    return names


def _value(text: str, field: str, type_: str) -> object:
    boolean = fields_of(type_)[field].metadata["kind"] == "boolean"
    if boolean and re.fullmatch(r"(?i)true|false|yes|no|1|0", text):
        return text.lower() in ("true", "yes", "1")
    return text
