"""The JSON Schema of a source, made from what each destination type declares: editors complete and check with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import Field
from typing import Any

from validator import providers
from validator.providers import SHORT_TYPES
from validator.providers.base import required
from validator.sources.mistakes import fields_of
from validator.sources.payloads import NOT_BUCKETS

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_REFERENCE_NOTE = " May hold ${NAME}, ${file:PATH} or ${base64file:PATH}."
_PREFIX = {
    "type": "string",
    "description": "Put before the name of each delivered file. Planet's own check is made at the bucket's root all the same.",
    "examples": ["planet/"],
}


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of everything that a source file may hold, other packages' destination types included."""
    types = [name for name in providers.types() if providers.find(name) is not None]
    definitions: dict[str, Any] = {f"{name}_parameters": _parameters(name) for name in types}
    definitions["destination"] = _destination(types)
    definitions["destinations"] = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/item"}}
    definitions["order_delivery"] = _order_delivery(types)
    definitions["subscription_delivery"] = _subscription_delivery(types)
    definitions["delivering"] = {
        "type": "object",
        "title": "An Orders or Subscriptions request",
        "description": "Only delivery is read.",
        "required": ["delivery"],
        "properties": {
            "name": {"type": "string"},
            "delivery": {"anyOf": [{"$ref": "#/$defs/subscription_delivery"}, {"$ref": "#/$defs/order_delivery"}]},
        },
    }
    definitions["hosted"] = {
        "type": "object",
        "title": "A request that is hosted, not delivered",
        "description": "Sentinel Hub: not a bucket, so there is nothing to check.",
        "required": ["hosting"],
    }
    definitions["item"] = {
        "anyOf": [{"$ref": "#/$defs/destination"}, {"$ref": "#/$defs/delivering"}, {"$ref": "#/$defs/hosted"}]
    }
    definitions["manifest"] = {
        "type": "object",
        "title": "Many destinations",
        "required": ["destinations"],
        "properties": {"$schema": {"type": "string"}, "destinations": {"$ref": "#/$defs/destinations"}},
    }
    return {
        "$schema": DIALECT,
        "title": "A source of planet-validator",
        "description": "A Destinations request, a list or a manifest of them, or an Orders or Subscriptions request with its delivery.",
        "anyOf": [{"$ref": "#/$defs/item"}, {"$ref": "#/$defs/manifest"}, {"$ref": "#/$defs/destinations"}],
        "$defs": definitions,
    }


def _parameters(name: str) -> dict[str, Any]:
    fields = fields_of(name).values()
    return {
        "type": "object",
        "title": f"Parameters of {name}",
        "required": [each.name for each in fields if required(each)],
        "additionalProperties": False,
        "properties": {each.name: _property(each) for each in fields},
    }


def _property(each: Field[Any]) -> dict[str, Any]:
    boolean = each.metadata["kind"] == "boolean"
    made: dict[str, Any] = {
        "type": "boolean" if boolean else "string",
        "description": each.metadata["help"] + ("" if boolean else _REFERENCE_NOTE),
    }
    if each.metadata["kind"] == "secret":
        made["writeOnly"] = True
        made["examples"] = [f"${{{each.name.upper()}}}"]
    elif not boolean:
        made["examples"] = [each.metadata["example"]]
    if not required(each):
        made["default"] = each.default
    return made


def _names(name: str) -> list[str]:
    return [name, *(short for short, meant in SHORT_TYPES.items() if meant == name)]


def _destination(types: Iterable[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "title": "A Destinations request",
        "required": ["type", "parameters"],
        "additionalProperties": False,
        "properties": {
            "$schema": {"type": "string"},
            "name": {
                "type": "string",
                "minLength": 3,
                "maxLength": 63,
                "description": "Unique in the organisation; Planet takes the bucket's name if there is none.",
            },
            "type": {
                "enum": [each for name in types for each in _names(name)],
                "description": "Where Planet delivers to. The short names are those of Planet's command line.",
            },
            "parameters": {"type": "object"},
        },
        "allOf": [_of_type({"enum": _names(name)}, {"$ref": f"#/$defs/{name}_parameters"}) for name in types],
    }


def _of_type(type_: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """What the parameters of one type are."""
    return {
        "if": {"properties": {"type": type_}, "required": ["type"]},
        "then": {"properties": {"parameters": parameters}},
    }


def _with_prefix(name: str) -> dict[str, Any]:
    made = _parameters(name)
    return {**made, "properties": {**made["properties"], "path_prefix": _PREFIX}}


def _order_delivery(types: Iterable[str]) -> dict[str, Any]:
    stored = {
        "type": "object",
        "description": "A stored destination: its credentials cannot be checked from here.",
        "required": ["ref"],
        "properties": {"ref": {"type": "string"}, "path_prefix": _PREFIX},
    }
    return {
        "type": "object",
        "title": "The delivery of an order",
        "not": {"required": ["type"]},
        "properties": {
            **{name: _with_prefix(name) for name in types},
            **{name: {"type": "object", "description": f"{title}: not a bucket."} for name, title in NOT_BUCKETS.items()},
            "destination": stored,
            "archive_type": {"type": "string"},
            "single_archive": {"type": "boolean"},
            "archive_filename": {"type": "string"},
        },
        "additionalProperties": False,
    }


def _subscription_delivery(types: Iterable[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "title": "The delivery of a subscription",
        "required": ["type", "parameters"],
        "properties": {
            "type": {"enum": [*types, *NOT_BUCKETS, "destination"]},
            "parameters": {"type": "object", "properties": {"path_prefix": _PREFIX}},
        },
        "allOf": [_of_type({"const": name}, _with_prefix(name)) for name in types],
    }
