"""What is known of the stores that speak S3: how they are recognised, addressed and signed for."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Vendor:
    """A kind of store, by its host name. Only what is documented or was seen; the rest is None."""

    name: str
    host: str
    """Regular expression that its hosts match whole; a group ``region`` is what requests must be signed for."""
    path_style: bool | None = None
    """True or False where only this addressing works."""
    because: str = ""
    """Why, for a reader."""
    native: str = ""
    """Planet's own type for this store."""
    speaks_s3: bool = True


VENDORS: Final[Sequence[Vendor]] = (
    Vendor("Amazon S3", r"(?:.+\.)?s3[.-].*amazonaws\.(?:com(?:\.cn)?|eu)|s3\.amazonaws\.com", native="amazon_s3"),
    Vendor("Google Cloud Storage", r"(?:.+\.)?storage\.googleapis\.com", native="google_cloud_storage"),
    Vendor(
        "Azure Blob Storage",
        r".+\.(?:blob|dfs)\.(?:core\.windows\.net|core\.usgovcloudapi\.net|core\.chinacloudapi\.cn|core\.cloudapi\.de)",
        native="azure_blob_storage",
        speaks_s3=False,
    ),
    Vendor(
        "Oracle Cloud",
        r".+\.compat\.objectstorage\.(?P<region>[\w-]+)\.(?:oraclecloud\.com|oci\.customer-oci\.com|oraclegovcloud\.(?:com|uk)|oraclecloud\.eu)",
        True,
        "Planet's documentation asks for it, and the host has no certificate for bucket names",
        "oracle_cloud_storage",
    ),
    Vendor("Open Telekom Cloud", r"(?:.+\.)?obs\.[\w-]+\.otc\.t-systems\.com", False, "Planet's documentation asks for it"),
    Vendor("Alibaba Cloud OSS", r"(?:.+\.)?oss-[\w-]+\.aliyuncs\.com", False, "the store refuses path-style requests"),
    Vendor("CoreWeave", r"(?:.+\.)?cwobject\.com", False, "the store refuses path-style requests"),
    Vendor("Cloudflare R2", r".+\.r2\.cloudflarestorage\.com"),
    Vendor("Wasabi", r"(?:.+\.)?s3\.(?P<region>[a-z]{2}-[\w-]+-\d+)\.wasabisys\.com"),
    Vendor("Backblaze B2", r"(?:.+\.)?s3\.(?P<region>[a-z]{2}-[\w-]+-\d+)\.backblazeb2\.com"),
    Vendor("Scaleway", r"(?:.+\.)?s3\.(?P<region>[\w-]+)\.scw\.cloud"),
)


def vendor_of(host: str) -> Vendor | None:
    """Whose host this is; None if it is nobody's that is known."""
    return next((each for each in VENDORS if re.fullmatch(each.host, host.lower())), None)


def signed_for(host: str) -> str:
    """The region that the host's own name says requests must be signed for; empty if it says none."""
    vendor = vendor_of(host)
    found = re.fullmatch(vendor.host, host.lower()) if vendor else None
    return (found.groupdict().get("region") or "") if found else ""


def is_address(host: str) -> bool:
    """An IP address, or this machine by name: a bucket's name cannot go in front of it."""
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def fits_host(bucket: str) -> bool:
    """Whether the bucket's name can be one label of a host name. A dotted one would be outside of every certificate."""
    return re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", bucket) is not None
