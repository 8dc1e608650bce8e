"""schemathesis against the service's own OpenAPI document: no 5xx, no undocumented answer."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest

from tests.support.service_runner import InProcess
from tests.support.wire import Answer, Wire
from validator.checking.assemble import Settings
from validator.providers import BUILT_IN

EXAMPLES = 15
"""For each route."""

ROUTES = [
    ("POST", "/v1/checks"),
    ("POST", "/v1/lint"),
    ("POST", "/v1/diagnose"),
    ("POST", "/v1/policy"),
    ("POST", "/v1/sweep"),
    ("GET", "/v1/findings"),
    ("GET", "/v1/findings/{name}"),
    ("GET", "/v1/types"),
    ("GET", "/healthz"),
    ("GET", "/metrics"),
]


@pytest.fixture(scope="module")
def service() -> Iterator[InProcess]:
    # Whatever is made up, the answer to it comes from this machine.
    with Wire(lambda _: Answer(403, {"content-type": "application/xml"}, b"<Error><Code>AccessDenied</Code></Error>")) as wire:
        endpoints = {name: wire.url for name in BUILT_IN if name != "s3_compatible"}
        with InProcess(Settings(timeout=3, jobs=2, endpoints=endpoints)) as running:
            yield running


def test_every_route_is_tried(service: InProcess) -> None:
    document = service.client.ask("GET", "/openapi.json").json
    assert {(method.upper(), path) for path, methods in document["paths"].items() for method in methods} == set(ROUTES)


@pytest.mark.long
@pytest.mark.no_cover  # long, and through the same lines as shorter tests
@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("token", [True, False])
def test_no_5xx_and_no_undocumented_answer(service: InProcess, method: str, path: str, token: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own libraries
        import schemathesis
        from hypothesis import HealthCheck, Phase, given, settings
        from schemathesis.checks import not_a_server_error
        from schemathesis.generation import GenerationMode
        from schemathesis.specs.openapi.checks import (
            content_type_conformance,
            response_schema_conformance,
            status_code_conformance,
        )

        url = f"http://127.0.0.1:{service.client.port}"
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        operation = schema[path][method]
        headers = {"authorization": f"Bearer {service.token}"} if token else {}
        seen: list[int] = []

        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            strategy = operation.as_strategy(generation_mode=mode)

            @given(case=strategy)
            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            def one(case: schemathesis.Case) -> None:
                kept = {k: v for k, v in (case.headers or {}).items() if k.lower() not in ("authorization", "host", "origin")}
                case.headers = {**kept, **headers}
                answer = case.call(headers=headers, timeout=120)
                seen.append(answer.status_code)
                checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
                case.validate_response(answer, checks=checks)

            try:
                one()
            except Exception as error:
                if "Impossible to" in str(error) or type(error).__name__ in ("Unsatisfiable", "InvalidArgument"):
                    continue  # a route without parameters has no wrong ones
                raise
        assert seen
        assert (401 in seen) == (not token and path.startswith("/v1/"))
