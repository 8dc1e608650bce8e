"""A text in every place that a source of each type has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from validator.core.redaction import WINDOW
from validator.providers import find
from validator.providers.base import declared

BASES: dict[str, dict[str, Any]] = {
    "amazon_s3": {"bucket": "imagery-in", "aws_region": "eu-central-1", "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "${A_SECRET}"},
    "s3_compatible": {
        "bucket": "imagery-in", "endpoint": "https://s3.example.com", "region": "us-east-1", "access_key_id": "EXAMPLEKEY", "secret_access_key": "${A_SECRET}",
    },
    "oracle_cloud_storage": {
        "bucket": "imagery-in", "region": "us-ashburn-1", "namespace": "axaxnpcrorw5", "customer_access_key_id": "0" * 40, "customer_secret_key": "${A_SECRET}",
    },
    "azure_blob_storage": {"account": "imagery", "container": "deliveries", "sas_token": "${A_SECRET}", "storage_endpoint_suffix": "core.windows.net"},
    "google_cloud_storage": {"bucket": "imagery-in", "credentials": "${A_SECRET}"},
}  # fmt: skip
OWN_FIELDS = {
    "amazon_s3": ("aws_access_key_id", ("amazon key id", "amazon session key id")),
    "s3_compatible": (
        "access_key_id",
        ("amazon key id", "amazon session key id", "spaces key id", "backblaze key id", "scaleway key id", "alibaba key id", "ovh secret", "planet key",
         "google hmac id"),
    ),
    "oracle_cloud_storage": ("customer_access_key_id", ("oracle key id",)),
}  # fmt: skip
"""An access key's id is no secret where it belongs; some stores' ids have the form of others' secrets."""


def placed(type_: str, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The source with ``text`` in each place that a source has."""

    def source(parameters: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        return {"name": "imagery", "type": type_, "parameters": {**BASES[type_], **(parameters or {})}, **changes}

    provider = find(type_)
    assert provider is not None
    for each in declared(provider.Parameters):
        yield f"parameter {each.name}", source({each.name: text})
        if not set(text) & set("{}"):
            yield f"reference in {each.name}", source({each.name: f"${{{text}}}"})
        yield f"list in {each.name}", source({each.name: [text]})
        yield f"object in {each.name}", source({each.name: {"a": {text: text}}})
    yield "name of a parameter", source({text: "x"})
    yield "unknown parameter", source({"unknown": text})
    yield "name", source(name=text)
    yield "name among words", source(name=f"for {text} only")
    yield "type", {**source(), "type": text}
    yield "unknown field", source(comment=text)
    yield "name of a field", source(**{text: 1})
    yield "nested field", source(more={"a": [{"b": text, text: "c"}]})
    yield "query of an endpoint", source({"endpoint": f"https://s3.example.com/?x={text}"})
    yield "path of an endpoint", source({"endpoint": f"https://s3.example.com/{text}"})
    yield (
        "prefix",
        {"order_type": "partial", "products": [], "name": "o", "delivery": {type_: {**BASES[type_], "path_prefix": text}}},
    )
    yield "two destinations", {"destinations": [source(), source({"bucket": text})]}


def parts(secret: str) -> Iterator[str]:
    yield from (secret[place : place + WINDOW] for place in range(0, len(secret) - WINDOW + 1, 3))
