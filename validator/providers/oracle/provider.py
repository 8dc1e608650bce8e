"""Oracle Cloud Storage: a Customer Secret Key against the S3 Compatibility API of one namespace and region."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from validator.core.model import Finding, Observation, Operation
from validator.providers.base import (
    Advice,
    Bucket,
    Explanation,
    Failure,
    Grant,
    HttpAnswer,
    Login,
    Options,
    Provider,
    Wanted,
)
from validator.providers.oracle.parameters import OracleParameters
from validator.providers.oracle.rules import RULES

if TYPE_CHECKING:
    from validator.providers.s3.http import Client


def lint(parameters: OracleParameters, options: Options) -> Iterable[Finding]:
    """Names, region, and whether the key is a Customer Secret Key."""
    from validator.providers.oracle.lint import judge

    del options
    return judge(parameters)


def connect(parameters: OracleParameters, options: Options) -> Bucket:
    """A bucket to talk to; no request is made."""
    import botocore  # noqa: F401 - whether it is there shows here, and not in the middle of a check

    from validator.providers.oracle.advice import removal
    from validator.providers.oracle.bucket import OracleBucket

    return OracleBucket(client(parameters, options), lambda key, version: removal(parameters, key, version))


def observe(error: Exception) -> Observation:
    """Classify what the bucket raised."""
    from validator.providers.oracle.errors import observe

    return observe(error)


def read_answer(answer: HttpAnswer) -> Observation:
    """Classify an answer that another tool got."""
    from validator.providers.oracle.errors import native, observe
    from validator.providers.s3.http import refusal

    return observe(native(refusal(answer.method, answer.status, answer.headers, answer.body)))


def target(parameters: OracleParameters, key: str, options: Options) -> str:
    """The address in the form of Oracle's own tools."""
    del options
    return f"oci://{parameters.bucket}@{parameters.namespace}/{key}"


def advise(finding: str, parameters: OracleParameters, failure: Failure | None, options: Options) -> Advice:
    """The sentence about this bucket, and the fix as policy statements and ``oci`` commands."""
    from validator.providers.oracle.advice import advise

    return advise(finding, parameters, failure, options)


def grant(parameters: OracleParameters, wanted: Wanted, options: Options) -> Grant:
    """Two policy statements."""
    from validator.providers.oracle import grants

    del options
    return grants.grant(parameters.bucket, wanted)


def explain(
    parameters: OracleParameters,
    findings: Sequence[Finding],
    failures: Sequence[Failure],
    login: Login,
    options: Options,
) -> Explanation:
    """Through a profile of ~/.oci/config, with the extra [oci]."""
    from validator.providers.oracle import owner

    del failures
    return owner.explain(parameters, findings, login, options)


def removal(parameters: OracleParameters, key: str, version: str | None) -> str:
    """The owner's command."""
    from validator.providers.oracle.advice import removal

    return removal(parameters, key, version)


def client(parameters: OracleParameters, options: Options) -> Client:
    """Who speaks to the bucket: the path-style host of the region's realm, signed for the region itself."""
    from validator.providers.oracle.advice import host_of
    from validator.providers.s3.http import Client, Key, Place

    # In an endpoint of the user's the two names may stand anywhere: on the real service both are parts of the host.
    root = options.endpoint or f"https://{host_of(parameters)}"
    root = root.replace("{namespace}", parameters.namespace).replace("{region}", parameters.region).rstrip("/")
    place = Place(root, parameters.bucket, parameters.region, path_style=True)
    return Client(
        place, Key(parameters.customer_access_key_id, parameters.customer_secret_key), options.ca_bundle, options.seconds
    )


provider = Provider(
    name="oracle_cloud_storage",
    title="Oracle Cloud Storage",
    Parameters=OracleParameters,
    permissions={
        Operation.WRITE: "OBJECT_CREATE",
        Operation.READ: "OBJECT_READ",
        Operation.DELETE: "OBJECT_DELETE",
    },
    rules=RULES,
    lint=lint,
    connect=connect,
    observe=observe,
    target=target,
    advise=advise,
    removal=removal,
    read_answer=read_answer,
    grant=grant,
    explain=explain,
    grant_needs=("bucket",),
)
