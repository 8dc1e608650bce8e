"""What the OpenAPI document says of each route: examples that work, and every answer that it can give."""

from __future__ import annotations

from typing import Any, Final

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


OPENAPI_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
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
    "requestBody": {
        "required": True,
        "description": "Any source document: a Destinations request, a list of them, a manifest, an order or a subscription.",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Source"}, "example": _EXAMPLE},
            "application/yaml": {"schema": {"type": "string"}, "example": _AS_YAML},
            "application/toml": {"schema": {"type": "string"}, "example": _AS_TOML},
        },
    },
    "security": [{"token": []}],
}

_TEXT: Final = {
    "requestBody": {
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
    },
    "security": [{"token": []}],
}

_OK: Final[dict[str, dict[str, Any]]] = {
    "checks": {
        "application/json": {"schema": _REPORT},
        "text/event-stream": {"schema": {"type": "string", "description": "A `step` event for each step, then `report`."}},
    },
    "lint": {"application/json": {"schema": _REPORT}},
    "diagnose": {"application/json": {"schema": {"type": "object", "required": ["answers", "cut"]}}},
    "findings": {"application/json": {"schema": {"type": "object", "required": ["findings"]}}},
    "finding": {"application/json": {"schema": {"type": "object", "required": ["name", "severity", "title"]}}},
    "types": {"application/json": {"schema": {"type": "object", "required": ["types"]}}},
    "healthz": {"application/json": {"schema": {"type": "object", "required": ["status"]}}},
    "metrics": {"text/plain": {"schema": {"type": "string"}}},
}

_SUMMARY: Final = {
    "checks": "Run the preflight; 200 whatever the verdict",
    "lint": "Judge the source alone, without any network",
    "diagnose": "What an error means that you already have; nothing is asked or kept",
    "findings": "Every finding there is",
    "finding": "One finding",
    "types": "The destination types and their parameters",
    "healthz": "Whether the service is up",
    "metrics": "Prometheus metrics",
}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document with the schemas that ``planet-validator schema`` prints, and the token's scheme, as its components."""
    import json
    from importlib.resources import files

    from validator.sources.schema import schema

    components = document.setdefault("components", {})
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    schemas = components.setdefault("schemas", {})
    report = json.loads((files("validator") / "report.schema.json").read_text(encoding="utf-8"))
    for name, whole in (("Source", schema()), ("Report", report)):
        # Inside an OpenAPI document a schema's own definitions are found among the components alone.
        text = json.dumps({key: value for key, value in whole.items() if key not in ("$schema", "$id")})
        moved = json.loads(text.replace('"#/$defs/', f'"#/components/schemas/{name}-'))
        schemas |= {f"{name}-{key}": value for key, value in moved.pop("$defs", {}).items()}
        schemas[name] = moved
    return document


def describe(route: str) -> dict[str, Any]:
    """Keyword arguments for one route's declaration."""
    responses: dict[int | str, dict[str, Any]] = {200: {"description": _SUMMARY[route], "content": _OK[route]}}
    if route == "finding":
        responses[404] = _problem("There is no finding of that name.")
    protected = route not in ("healthz", "metrics")
    responses |= {status: each for status, each in OPENAPI_RESPONSES.items() if protected or status not in (400, 401, 415, 429)}
    bodies = {"checks": _BODY, "lint": _BODY, "diagnose": _TEXT}
    extra: dict[str, Any] = dict(bodies[route]) if route in bodies else {"security": [{"token": []}]} if protected else {}
    from fastapi.responses import Response

    return {"summary": _SUMMARY[route], "responses": responses, "openapi_extra": extra, "response_class": Response}
