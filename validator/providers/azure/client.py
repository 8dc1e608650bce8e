"""A container client of azure-storage-blob's: hermetic, without retries, and stating the API version."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from validator.providers.azure.case import base_url
from validator.providers.base import Options
from validator.providers.common.bounded import direct
from validator.providers.common.proxies import proxies_for
from validator.providers.common.trust import bundle_of

if TYPE_CHECKING:
    from validator.providers.operator.login import AzureLogin

API_VERSION: Final = "2023-11-03"
"""Stated in every request: known to every public and sovereign cloud, and to Azurite."""


def make_client(parameters: Any, options: Options, token: str, login: AzureLogin | None) -> Any:
    """A ``ContainerClient`` that speaks with this token, or with the operator's login."""
    from azure.core.credentials import AzureSasCredential
    from azure.core.pipeline.transport import RequestsTransport
    from azure.storage.blob import ContainerClient

    url = login.url if login else base_url(parameters, options)
    hush()
    return ContainerClient(
        url,
        parameters.container,
        # Never as a plain string: the SDK takes one with an unknown field for an account key and signs with it.
        credential=login.credential if login else AzureSasCredential(token),
        api_version=API_VERSION,
        retry_total=0,
        permit_redirects=False,
        logging_enable=False,
        user_agent_use_env=False,
        # No netrc. Proxies and CA bundles of the environment are passed on purpose.
        transport=RequestsTransport(
            session=direct(options.seconds), use_env_settings=False, connection_verify=bundle_of(options) or True
        ),
        proxies=proxies_for(url),
    )


def times(options: Options) -> dict[str, Any]:
    """What each request is made with: its time-outs in seconds, as the SDK takes them, and its number."""
    seconds = max(0.1, options.seconds())
    # The SDK's own numbers hold the address of this machine's network card, and cost a descriptor a thread where libuuid keeps its clock.
    number = str(uuid4())
    return {"connection_timeout": min(10.0, seconds), "read_timeout": seconds, "client_request_id": number}


def hush() -> None:
    """Mask signatures in urllib3's debug log, which prints whole URLs; print no log of the SDK's where nobody has asked for logs."""
    from validator.core.redaction import RedactingFilter, Redactor

    logger = logging.getLogger("urllib3.connectionpool")
    if not any(isinstance(each, RedactingFilter) for each in logger.filters):
        logger.addFilter(RedactingFilter(Redactor()))
        logging.getLogger("azure").addHandler(logging.NullHandler())
