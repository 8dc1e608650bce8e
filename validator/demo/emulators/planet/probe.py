"""The check that the local Planet runs: write planetverify.txt, delete it. Plain SDK clients and requests; nothing of ours.

What is documented is the sequence and the name. Guessed: body and headers, no read between, that a failed delete means a refusal, and that a wrong region is not corrected.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

FILE: Final = "planetverify.txt"
BODY: Final = b"made-up verification"
SECONDS: Final = 20

Parameters = Mapping[str, Any]


def verify(type_: str, parameters: Parameters, endpoint: str | None, ca_bundle: str | None) -> str | None:
    """None if the bucket took the file and let go of it again; otherwise what went wrong. Leaves the file where it cannot delete."""
    try:
        if type_ == "google_cloud_storage":
            return _google(parameters, endpoint or "https://storage.googleapis.com")
        if type_ == "azure_blob_storage":
            suffix = parameters.get("storage_endpoint_suffix") or "core.windows.net"
            return _azure(parameters, endpoint or f"https://{parameters['account']}.blob.{suffix}")
        return _s3(type_, parameters, endpoint, ca_bundle)
    except Exception as error:  # noqa: BLE001 - whatever a client raises is what the caller is told
        return f"{type(error).__name__}: {error}"


@cache
def _descriptions() -> Any:
    """What botocore knows of the services: a session of its own would read it anew for each client, a tenth of a second each time."""
    from botocore.loaders import create_loader

    return create_loader()


def _s3(type_: str, parameters: Parameters, endpoint: str | None, ca_bundle: str | None) -> str | None:
    from botocore.config import Config
    from botocore.session import Session

    names = {
        "amazon_s3": ("aws_region", "aws_access_key_id", "aws_secret_access_key"),
        "oracle_cloud_storage": ("region", "customer_access_key_id", "customer_secret_key"),
        "s3_compatible": ("region", "access_key_id", "secret_access_key"),
    }[type_]
    region, key, secret = (parameters[each] for each in names)
    path_style = bool(endpoint) or type_ == "oracle_cloud_storage" or parameters.get("use_path_style", False)
    if type_ == "oracle_cloud_storage":
        endpoint = endpoint or f"https://{parameters['namespace']}.compat.objectstorage.{region}.oraclecloud.com"
    if endpoint and type_ == "oracle_cloud_storage":
        endpoint = endpoint.replace("{region}", region).replace("{namespace}", parameters["namespace"])
    session = Session()
    session.register_component("data_loader", _descriptions())
    client = session.create_client(
        "s3",
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        endpoint_url=endpoint or parameters.get("endpoint"),
        verify=ca_bundle,
        config=Config(
            retries={"total_max_attempts": 1},
            connect_timeout=SECONDS,
            read_timeout=SECONDS,
            s3={"addressing_style": "path" if path_style else "virtual"},
            request_checksum_calculation="when_required",
            proxies={},
        ),
    )
    # botocore alone would follow S3 to another region; whether Planet's client does is not known.
    client.meta.events.register_last(
        "before-parameter-build.s3", lambda context, **_: context["s3_redirect"].update(redirected=True)
    )
    try:
        bucket = parameters["bucket"]
        extra = {"ServerSideEncryption": "AES256"} if parameters.get("explicit_sse") else {}
        steps: dict[str, Callable[[], object]] = {
            "write": lambda: client.put_object(Bucket=bucket, Key=FILE, Body=BODY, **extra),
            "delete": lambda: client.delete_object(Bucket=bucket, Key=FILE),
        }
        for what, ask in steps.items():
            try:
                ask()
            except Exception as error:  # noqa: BLE001 - as above
                return f"unable to {what} {FILE}: {error}"
    finally:
        client.close()
    return None


def _google(parameters: Parameters, endpoint: str) -> str | None:
    from google.auth.transport.requests import AuthorizedSession, Request
    from google.oauth2.service_account import Credentials

    make: Any = Credentials.from_service_account_info  # untyped in google-auth
    credentials = make(
        json.loads(base64.b64decode(parameters["credentials"], validate=True)),
        scopes=["https://www.googleapis.com/auth/devstorage.read_write"],
    )
    with _session() as plain:
        credentials.refresh(Request(plain))
    bucket = parameters["bucket"]
    authorized: Any = AuthorizedSession  # untyped as well
    with authorized(credentials) as session:
        session.trust_env = False
        for what, method, url in (
            ("write", "POST", f"{endpoint}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={FILE}"),
            ("delete", "DELETE", f"{endpoint}/storage/v1/b/{bucket}/o/{FILE}"),
        ):
            answer = session.request(method, url, data=BODY if what == "write" else None, timeout=SECONDS)
            if answer.status_code >= 300:
                return f"unable to {what} {FILE}: {answer.text[:300]}"
    return None


def _azure(parameters: Parameters, endpoint: str) -> str | None:
    url = f"{endpoint.rstrip('/')}/{parameters['container']}/{FILE}?{parameters['sas_token'].lstrip('?')}"
    with _session() as session:
        for what, method in (("write", "PUT"), ("delete", "DELETE")):
            headers = {"x-ms-version": "2021-08-06", **({"x-ms-blob-type": "BlockBlob"} if what == "write" else {})}
            answer = session.request(method, url, data=BODY if what == "write" else None, headers=headers, timeout=SECONDS)
            if answer.status_code >= 300:
                return f"unable to {what} {FILE}: {answer.status_code} {answer.headers.get('x-ms-error-code', '')}"
    return None


def _session() -> Any:
    import requests

    session = requests.Session()
    session.trust_env = False
    return session
