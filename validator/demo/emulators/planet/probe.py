"""The check that the local Planet runs: write planetverify.txt, delete it. Plain SDK clients and requests; nothing of ours.

What is documented is the sequence and the name. Guessed: body and headers, no read between, that a failed delete means a refusal, and that a wrong region is not corrected.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

FILE: Final = "planetverify.txt"
BODY: Final = b"made-up verification"
SECONDS: Final = 20

Parameters = Mapping[str, Any]
Steps = tuple[Callable[[], object], Callable[[], object]]
"""The write and the delete; each raises where it is refused."""


def verify(type_: str, parameters: Parameters, *, endpoints: Mapping[str, str], ca_bundle: str | None) -> str | None:
    """None if the bucket took the file and let go of it again; otherwise what went wrong. Leaves the file where it cannot delete."""
    endpoint = endpoints.get(type_)
    if endpoint is None and type_ != "s3_compatible":
        return "this local Planet knows no cloud of that type"
    try:
        with _STORES.get(type_, _s3)(type_, parameters, endpoint or "", ca_bundle) as steps:
            for what, ask in zip(("write", "delete"), steps, strict=True):
                try:
                    ask()
                except Exception as error:  # noqa: BLE001 - as below
                    return f"unable to {what} {FILE}: {error}"
    except Exception as error:  # noqa: BLE001 - whatever a client raises is what the caller is told
        return f"{type(error).__name__}: {error}"
    return None


@cache
def _descriptions() -> Any:
    """What botocore knows of the services: a session of its own would read it anew for each client, a tenth of a second each time."""
    from botocore.loaders import create_loader

    return create_loader()


@contextmanager
def _s3(type_: str, parameters: Parameters, endpoint: str, ca_bundle: str | None) -> Iterator[Steps]:
    from botocore.config import Config
    from botocore.session import Session

    names = {
        "amazon_s3": ("aws_region", "aws_access_key_id", "aws_secret_access_key"),
        "oracle_cloud_storage": ("region", "customer_access_key_id", "customer_secret_key"),
        "s3_compatible": ("region", "access_key_id", "secret_access_key"),
    }[type_]
    region, key, secret = (parameters[each] for each in names)
    path_style = bool(endpoint) or parameters.get("use_path_style", False)
    session = Session()
    session.register_component("data_loader", _descriptions())
    client = session.create_client(
        "s3",
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        endpoint_url=endpoint.format(region=region, namespace=parameters.get("namespace")) or parameters["endpoint"],
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
    place = {"Bucket": parameters["bucket"], "Key": FILE}
    extra = {"ServerSideEncryption": "AES256"} if parameters.get("explicit_sse") else {}
    try:
        yield lambda: client.put_object(**place, Body=BODY, **extra), lambda: client.delete_object(**place)
    finally:
        client.close()


@contextmanager
def _google(_: str, parameters: Parameters, endpoint: str, __: str | None) -> Iterator[Steps]:
    from google.auth.transport.requests import AuthorizedSession, Request
    from google.oauth2.service_account import Credentials

    make: Any = Credentials.from_service_account_info  # untyped in google-auth
    credentials = make(
        json.loads(base64.b64decode(parameters["credentials"], validate=True)),
        scopes=["https://www.googleapis.com/auth/devstorage.read_write"],
    )
    with _session() as plain:
        credentials.refresh(Request(plain))
    place = f"storage/v1/b/{parameters['bucket']}/o"
    authorized: Any = AuthorizedSession  # untyped as well
    with authorized(credentials) as session:
        session.trust_env = False
        yield (
            lambda: _ask(session, "POST", f"{endpoint}/upload/{place}?uploadType=media&name={FILE}", BODY),
            lambda: _ask(session, "DELETE", f"{endpoint}/{place}/{FILE}"),
        )


@contextmanager
def _azure(_: str, parameters: Parameters, endpoint: str, __: str | None) -> Iterator[Steps]:
    url = f"{endpoint.rstrip('/')}/{parameters['container']}/{FILE}?{parameters['sas_token'].lstrip('?')}"
    with _session() as session:
        session.headers["x-ms-version"] = "2021-08-06"
        yield (
            lambda: _ask(session, "PUT", url, BODY, {"x-ms-blob-type": "BlockBlob"}),
            lambda: _ask(session, "DELETE", url),
        )


_STORES: Final = {"google_cloud_storage": _google, "azure_blob_storage": _azure}
"""By type; what is not here speaks S3."""


def _session() -> Any:
    import requests

    session = requests.Session()
    session.trust_env = False
    return session


def _ask(session: Any, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> None:
    answer = session.request(method, url, data=body, headers=headers, timeout=SECONDS)
    if answer.status_code >= 300:
        code = answer.headers.get("x-ms-error-code")
        raise RuntimeError(answer.text[:300] if code is None else f"{answer.status_code} {code}")
