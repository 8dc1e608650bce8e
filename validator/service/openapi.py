"""What the OpenAPI document says of each route: examples that work, and every answer that it can give."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from validator.core.version import __version__

_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "string"}},
    },
}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/problem+json": {"schema": _PROBLEM}}}


_REFUSALS: Final[dict[int, dict[str, Any]]] = {
    400: _problem("The request cannot be read."),
    401: _problem("The bearer token is missing or wrong."),
    403: _problem("The request comes from another site's page."),
    405: _problem("That method is not allowed here."),
    408: _problem("The body did not arrive in time."),
    413: _problem("The body is too large."),
    415: _problem("The body's media type is not known."),
    421: _problem("The service is not known by that host name."),
    429: _problem("Too many checks are under way; Retry-After says when to come again."),
}

_EXAMPLE: Final = {
    "name": "s3 destination",
    "type": "amazon_s3",
    "parameters": {
        "bucket": "imagery-in",
        "aws_region": "eu-west-1",
        "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    },
}

_AS_YAML: Final = """\
name: s3 destination
type: amazon_s3
parameters:
  bucket: imagery-in
  aws_region: eu-west-1
  aws_access_key_id: AKIAIOSFODNN7EXAMPLE
  aws_secret_access_key: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
"""
_AS_TOML: Final = """\
name = "s3 destination"
type = "amazon_s3"

[parameters]
bucket = "imagery-in"
aws_region = "eu-west-1"
aws_access_key_id = "AKIAIOSFODNN7EXAMPLE"
aws_secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
"""

_REPORT: Final = {"$ref": "#/components/schemas/Report"}

_BODY: Final = {
    "required": True,
    "description": "Any source document: a Destinations request, a list of them, a manifest, an order or a subscription.",
    "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/Source"}, "example": _EXAMPLE},
        "application/yaml": {"schema": {"type": "string"}, "example": _AS_YAML},
        "application/toml": {"schema": {"type": "string"}, "example": _AS_TOML},
    },
}

_TEXT: Final = {
    "required": True,
    "description": "What went wrong, as it was printed: a traceback, a log, a tool's message, or the body of an answer.",
    "content": {
        "text/plain": {"schema": {"type": "string"}},
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["text"],
                "properties": {
                    "text": {"type": "string"},
                    "type": {
                        "type": ["string", "null"],
                        "description": "The destination type, where the text does not tell it.",
                    },
                },
            },
            "example": {
                "text": "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
                "type": "amazon_s3",
            },
        },
    },
}

_PLACE: Final = {
    "required": True,
    "description": "The place that a grant is asked for; no key is needed, and a secret is not looked at.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["type", "parameters"],
                "properties": {
                    "type": {"type": "string"},
                    "parameters": {"type": "object", "additionalProperties": {"type": "string"}},
                    "principal": {
                        "type": "string",
                        "description": "Who shall be granted: a user, an ARN, a service account, a group.",
                    },
                    "prefix": {"type": "string", "description": "The folder of the deliveries."},
                    "encryption_key": {"type": "string", "description": "The key that the bucket encrypts with."},
                    "bucket_policy": {"type": "boolean", "description": "The bucket's own side of a grant to another account."},
                },
            },
            "example": {"type": "amazon_s3", "parameters": {"bucket": "imagery-in"}, "principal": "planet"},
        }
    },
}

_VIEW: Final = {
    "name": "view",
    "in": "query",
    "required": False,
    "description": "page: beside the report, the words that this service's own page shows. They are no part of the interface, and may change.",
    "schema": {"type": "string"},
}

_VIEWED_REPORT: Final = {"anyOf": [_REPORT, {"type": "object", "required": ["report", "view"]}]}


def _object(*required: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"type": "object", "required": [*required]}}}


_OK: Final[dict[str, dict[str, Any]]] = {
    "checks": {
        "application/json": {"schema": _REPORT},
        "text/event-stream": {"schema": {"type": "string", "description": "A `step` event for each step, then `report`."}},
    },
    "lint": {"application/json": {"schema": _VIEWED_REPORT}},
    "sweep": {"application/json": {"schema": _VIEWED_REPORT}},
    "policy": _object("document", "commands", "notes"),
    "diagnose": _object("answers", "cut"),
    "findings": _object("findings"),
    "finding": _object("name", "severity", "title"),
    "types": _object("types"),
    "healthz": _object("status"),
    "exposition": {"text/plain": {"schema": {"type": "string"}}},
}


class Described(NamedTuple):
    """A route: how it is asked, and what it says of itself."""

    method: str
    path: str
    name: str
    summary: str


ROUTES: Final = (
    Described("POST", "/v1/checks", "checks", "Run the preflight; 200 whatever the verdict"),
    Described("POST", "/v1/lint", "lint", "Judge the source alone, without any network"),
    Described("POST", "/v1/diagnose", "diagnose", "What an error means that you already have; nothing is asked or kept"),
    Described("POST", "/v1/sweep", "sweep", "Look for verification files that stayed; nothing is removed"),
    Described("POST", "/v1/policy", "policy", "The least-privilege grant for a place, before there is a key"),
    Described("GET", "/v1/findings", "findings", "Every finding there is"),
    Described("GET", "/v1/findings/{name}", "finding", "One finding"),
    Described("GET", "/v1/types", "types", "The destination types and their parameters"),
    Described("GET", "/healthz", "healthz", "Whether the service is up"),
    Described("GET", "/metrics", "exposition", "Prometheus metrics"),
)

_BODIES: Final[dict[str, dict[str, Any]]] = {
    "checks": _BODY,
    "lint": _BODY,
    "sweep": _BODY,
    "policy": _PLACE,
    "diagnose": _TEXT,
}
_VIEWED: Final = ("checks", "lint", "sweep")
"""Routes whose answer the page asks for with its words."""
_OPEN: Final = ("healthz", "exposition")
"""Routes that ask for no token."""


def document() -> dict[str, Any]:
    """The OpenAPI document: every route, with the schemas that ``planet-validator schema`` prints among its components."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "planet-validator",
            "summary": "Checks the credentials of Planet destinations before they are submitted.",
            "version": __version__,
        },
        "paths": paths,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}, "schemas": _schemas()},
    }


def _operation(route: Described) -> dict[str, Any]:
    responses: dict[str, Any] = {"200": {"description": route.summary, "content": _OK[route.name]}}
    if route.name == "finding":
        responses["404"] = _problem("There is no finding of that name.")
    asks = route.name not in _OPEN
    responses |= {str(status): each for status, each in _REFUSALS.items() if asks or status not in (400, 401, 415, 429)}
    operation: dict[str, Any] = {"operationId": route.name, "summary": route.summary, "responses": responses}
    if asks:
        operation["security"] = [{"token": []}]
    if "{name}" in route.path:
        operation["parameters"] = [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}]
    if route.name in _VIEWED:
        operation["parameters"] = [_VIEW]
    if route.name in _BODIES:
        operation["requestBody"] = _BODIES[route.name]
    return operation


def _schemas() -> dict[str, Any]:
    import json
    from importlib.resources import files

    from validator.sources.schema import schema

    schemas: dict[str, Any] = {}
    report = json.loads((files("validator") / "report.schema.json").read_text(encoding="utf-8"))
    for name, whole in (("Source", schema()), ("Report", report)):
        # Inside an OpenAPI document a schema's own definitions are found among the components alone.
        text = json.dumps({key: value for key, value in whole.items() if key not in ("$schema", "$id")})
        moved = json.loads(text.replace('"#/$defs/', f'"#/components/schemas/{name}-'))
        schemas |= {f"{name}-{key}": value for key, value in moved.pop("$defs", {}).items()}
        schemas[name] = moved
    return schemas
