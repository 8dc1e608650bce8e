"""The helper calls of Planet's Python SDK: their arguments and what they give, as of planet 3.7."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

ORDER: Final = "planet.order_request"
SUBSCRIPTION: Final = "planet.subscription_request"

_OF_BOTH: Final[Mapping[str, tuple[str, ...]]] = {
    "amazon_s3": ("aws_access_key_id", "aws_secret_access_key", "bucket", "aws_region", "path_prefix"),
    "azure_blob_storage": ("account", "container", "sas_token", "storage_endpoint_suffix", "path_prefix"),
    "oracle_cloud_storage": ("customer_access_key_id", "customer_secret_key", "bucket", "region", "namespace", "path_prefix"),
    "s3_compatible": ("endpoint", "bucket", "region", "access_key_id", "secret_access_key", "use_path_style", "path_prefix"),
    "destination": ("ref", "path_prefix"),
    "default_destination": ("path_prefix",),
}
HELPERS: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"{module}.{name}": arguments for module in (ORDER, SUBSCRIPTION) for name, arguments in _OF_BOTH.items()},
    f"{ORDER}.google_cloud_storage": ("bucket", "credentials", "path_prefix"),
    f"{ORDER}.google_earth_engine": ("project", "collection"),
    f"{SUBSCRIPTION}.google_cloud_storage": ("credentials", "bucket", "path_prefix"),
    f"{SUBSCRIPTION}.google_earth_engine": ("project", "collection", "credentials"),
}
"""Names of the parameters by the helper's full name, in the order of its arguments."""

RENAMED: Final[Mapping[str, str]] = {"destination_ref": "ref"}
"""Arguments that the request calls otherwise."""

DEFAULTS: Final[Mapping[str, Mapping[str, bool]]] = {"s3_compatible": {"use_path_style": False}}
"""What a helper puts in by itself."""

DEFAULT_REF: Final = "pl:destinations/default"

REQUESTS: Final[Mapping[str, tuple[str, ...]]] = {
    f"{ORDER}.build_request": ("name", "products", "subscription_id", "delivery"),
    f"{SUBSCRIPTION}.build_request": ("name", "source", "delivery"),
}
"""Arguments of ``build_request`` up to the delivery."""

DELIVERY: Final = f"{ORDER}.delivery"
"""``delivery(archive_type, single_archive, archive_filename, cloud_config)``: gives a dictionary with the cloud's own in it."""
DELIVERY_ARGUMENTS: Final = ("archive_type", "single_archive", "archive_filename", "cloud_config")

MODELS: Final = "planet.types."
"""Data models: a call gives its own keyword arguments."""

SENDERS: Final = frozenset({"create_destination", "create_order", "create_subscription"})
"""Methods that send their argument to Planet."""
UPDATERS: Final = frozenset({"patch_destination", "update_destination"})
"""Methods that send the new credentials of a destination that exists: not a whole destination."""

_TAKES_DELIVERIES: Final = re.compile(
    r"https://[\w.-]{0,100}\.planet\.com/(?:[\w.-]{1,40}/){0,4}(?:orders|subscriptions|destinations)/v\d"
)


def takes_deliveries(address: object) -> bool:
    """Whether an address is one of Planet's that a request with a delivery is sent to."""
    return isinstance(address, str) and _TAKES_DELIVERIES.match(address) is not None


_SENDS: Final = re.compile(
    r"\bplanet[\w.:/-]{0,80}[ \t]{1,9}(?:destinations|orders|subscriptions)[ \t]{1,9}create\b|\bcreate_(?:destination|order|subscription)\("
)


def speaks_of_sending(words: Iterable[str]) -> bool:
    """Whether a command, or a program in it, looks as if it sent something to Planet that has a delivery."""
    texts = list(words)
    text = " ".join(texts)
    posts = any(each.startswith(("-d", "--data", "--json", "POST", "PUT", "-XP")) for each in texts)
    return _SENDS.search(text) is not None or (posts and any(map(takes_deliveries, texts)))


BARE: Final[Mapping[str, str]] = {
    "planet": "planet",
    "order_request": ORDER,
    "subscription_request": SUBSCRIPTION,
    "delivery": DELIVERY,
}
"""What these names mean in a snippet that imports nothing."""


def bare_helper(name: str) -> str | None:
    """The helper that a bare name in a snippet without imports means; only where order and subscription agree on its arguments."""
    return f"{ORDER}.{name}" if name in _OF_BOTH else None
