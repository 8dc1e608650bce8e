"""What is known of the stores that speak S3: how they are recognised, addressed and signed for."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from validator.core.values import Dataclass

LONGEST_HOST: Final = 253
"""Characters. No name in the DNS is longer, and none that is gets looked at."""

_REGION: Final = r"(?P<region>[a-z0-9-]+)"
_NUMBERED: Final = r"(?P<region>[a-z]{2}-[a-z]{2,12}-\d{1,3})"


class Vendor(Dataclass):
    """A kind of store, by its host name. Only what is documented or was seen; the rest is None."""

    name: str
    domain: str
    """What its hosts end with, or several such; a pure pre-selection."""
    root: str
    """Regular expression of the service's own hosts, without a bucket in front; a group ``region`` is what requests must be
    signed for, unless ``free_region``."""
    path_style: bool | None = None
    """True or False where only this addressing works."""
    because: str = ""
    """Why, for a reader."""
    native: str = ""
    """Planet's own type for this store."""
    speaks_s3: bool = True
    virtual: bool = True
    """A bucket's name may stand in front of the host."""
    base: str = ""
    """The documented path below which it speaks S3."""
    free_region: bool = True
    """Any region may be signed for, or it is not known."""
    only_region: str = ""
    """The one region that its documentation names for all of its hosts."""
    example: str = ""
    """An endpoint of it as its documentation writes them, for a form to suggest; capitals stand for what is one's own."""


class Host(Dataclass):
    """A host of a known store."""

    vendor: Vendor
    root: str
    """The service's own part."""
    bucket: str
    """What stands in front of it; empty if nothing does."""
    region: str
    """What requests must be signed for, where the host says so."""
    named: str
    """The region that the host names, or that is the vendor's only one."""


BASES: Final = ("/storage/v1/s3",)
"""Documented paths below which a store speaks S3, on a host of one's own as well (Supabase)."""


@cache
def vendors() -> Sequence[Vendor]:
    """The stores that are known, made when one is looked for."""
    return (
        Vendor(
            "Amazon S3",
            "amazonaws",
            r"(?:s3(?:-fips|-external-1|-accelerate|-website)?(?:\.dualstack)?(?:[.-][a-z]{2,4}(?:-[a-z]+){1,3}-\d+)?"
            r"|(?:bucket|accesspoint|control)\.vpce-[a-z0-9-]+\.s3\.[a-z0-9-]+\.vpce)\.amazonaws\.(?:com(?:\.cn)?|eu)",
            native="amazon_s3",
        ),
        Vendor("Google Cloud Storage", "storage.googleapis.com", r"storage\.googleapis\.com", native="google_cloud_storage"),
        Vendor(
            "Azure Blob Storage",
            "",
            r"[a-z0-9-]+(?:\.z\d\d)?\.(?:blob|dfs)\.(?:core\.windows\.net|core\.usgovcloudapi\.net|core\.chinacloudapi\.cn|core\.cloudapi\.de|storage\.azure\.net)",
            native="azure_blob_storage",
            speaks_s3=False,
            virtual=False,
        ),
        Vendor(
            "Oracle Cloud",
            "objectstorage",
            r"[a-z0-9_-]+\.(?:private\.)?compat\.objectstorage\.(?P<region>[a-z0-9-]+)\.(?:oraclecloud\.com|oci\.customer-oci\.com|oraclegovcloud\.(?:com|uk)|oraclecloud\.eu)",
            True,
            "Planet's documentation asks for it, and the host has no certificate for bucket names",
            "oracle_cloud_storage",
            virtual=False,
            free_region=False,
        ),
        Vendor(
            "Open Telekom Cloud",
            "otc.t-systems.com",
            rf"obs\.{_REGION}\.otc\.t-systems\.com",
            False,
            "Planet's documentation asks for it",
            example="https://obs.eu-de.otc.t-systems.com",
        ),
        Vendor(
            "Huawei OBS",
            "myhuaweicloud.com",
            rf"obs\.{_REGION}\.myhuaweicloud\.com",
            example="https://obs.eu-west-101.myhuaweicloud.com",
        ),
        Vendor(
            "Alibaba Cloud OSS",
            "aliyuncs.com",
            r"(?:s3\.)?oss-[a-z0-9-]+\.aliyuncs\.com",
            False,
            "the store refuses path-style requests",
            example="https://oss-eu-central-1.aliyuncs.com",
        ),
        Vendor(
            "CoreWeave",
            "cwobject.com",
            r"cwobject\.com",
            False,
            "the store refuses path-style requests",
            example="https://cwobject.com",
        ),
        Vendor(
            "Cloudflare R2",
            "r2.cloudflarestorage.com",
            r"[a-z0-9-]+(?:\.(?:eu|fedramp))?\.r2\.cloudflarestorage\.com",
            only_region="auto",
            example="https://ACCOUNT.r2.cloudflarestorage.com",
        ),
        Vendor(
            "Wasabi",
            "wasabisys.com",
            rf"s3(?:\.{_NUMBERED})?\.wasabisys\.com",
            free_region=False,
            example="https://s3.eu-central-1.wasabisys.com",
        ),
        Vendor(
            "Backblaze B2",
            "backblazeb2.com",
            rf"s3\.{_NUMBERED}\.backblazeb2\.com",
            free_region=False,
            example="https://s3.eu-central-003.backblazeb2.com",
        ),
        Vendor(
            "Scaleway", "scw.cloud", rf"s3\.{_REGION}\.scw\.cloud", free_region=False, example="https://s3.fr-par.scw.cloud"
        ),
        Vendor(
            "DigitalOcean Spaces",
            "digitaloceanspaces.com",
            r"(?P<region>[a-z]{3}\d{1,2})\.digitaloceanspaces\.com",
            example="https://fra1.digitaloceanspaces.com",
        ),
        Vendor(
            "Yandex Object Storage",
            "storage.yandexcloud.net",
            r"storage\.yandexcloud\.net",
            example="https://storage.yandexcloud.net",
        ),
        Vendor(
            "OVHcloud",
            ".ovh.",
            rf"s3\.{_REGION}\.(?:io|perf)\.cloud\.ovh\.(?:net|us)",
            example="https://s3.gra.io.cloud.ovh.net",
        ),
        Vendor(
            "IBM Cloud Object Storage",
            "cloud-object-storage.appdomain.cloud",
            rf"s3\.(?:private\.|direct\.)?{_REGION}\.cloud-object-storage\.appdomain\.cloud",
            example="https://s3.eu-de.cloud-object-storage.appdomain.cloud",
        ),
        Vendor(
            "Linode", "linodeobjects.com", rf"{_NUMBERED}\.linodeobjects\.com", example="https://eu-central-1.linodeobjects.com"
        ),
        Vendor(
            "Supabase",
            "supabase.co",
            r"[a-z0-9-]+(?:\.storage)?\.supabase\.co",
            virtual=False,
            base="/storage/v1/s3",
            example="https://PROJECT.storage.supabase.co/storage/v1/s3",
        ),
    )


def endpoints() -> Iterator[tuple[str, str]]:
    """Endpoints for a form to suggest, each with its vendor's name."""
    yield from ((each.example, each.name) for each in vendors() if each.example)


def locate(host: str) -> Host | None:
    """Whose host this is, and what stands in front of the service's own part; None if it is nobody's that is known."""
    host = host.lower()
    if len(host) > LONGEST_HOST:
        return None
    labels = host.split(".")
    for vendor in vendors():
        if vendor.domain not in host:
            continue
        for start in range(len(labels) if vendor.virtual else 1):
            root = ".".join(labels[start:])
            match = re.fullmatch(vendor.root, root)
            if match:
                named = vendor.only_region or match.groupdict().get("region") or ""
                return Host(vendor, root, ".".join(labels[:start]), "" if vendor.free_region else named, named)
    return None


OTHER_HOSTS: Final[Sequence[tuple[str, str]]] = (
    (r".+\.cdn\.digitaloceanspaces\.com", "the CDN of DigitalOcean's Spaces, which serves reads alone"),
    (r".+\.cloudfront\.net", "CloudFront, a CDN"),
    (r"(?:.+\.)?s3-website[.-][\w-]+\.amazonaws\.com(?:\.cn)?", "the website of an S3 bucket"),
    (r".+\.r2\.dev", "the public address of an R2 bucket, which serves reads alone"),
    (r"f\d{3}\.backblazeb2\.com", "the download host of Backblaze B2"),
    (r"api\d*\.backblazeb2\.com", "Backblaze B2's native API"),
    (r".+\.website\.yandexcloud\.net", "the website of a bucket in Yandex Cloud"),
    (r".+\.website-[\w-]+\.linodeobjects\.com", "the website of a bucket of Linode's"),
    (r".+\.s3-website\.[\w-]+\.scw\.cloud", "the website of a bucket of Scaleway's"),
    (r"(?:console|dash)\..+|.+\.console\..+", "a console"),
    (r".+\.web\.core\.windows\.net", "the website of an Azure account"),
)
"""Hosts beside the S3 API of a known store: what they are."""


def address_of(host: str) -> str:
    """What a host is known to be, where it is not the address of an S3 API; empty otherwise."""
    if len(host) > LONGEST_HOST:
        return ""
    return next((what for pattern, what in OTHER_HOSTS if re.fullmatch(pattern, host.lower())), "")


def vendor_of(host: str) -> Vendor | None:
    """Whose host this is; None if it is nobody's that is known."""
    located = locate(host)
    return located.vendor if located else None


def signed_for(host: str) -> str:
    """The region that the host's own name says requests must be signed for; empty if it says none."""
    located = locate(host)
    return located.region if located else ""


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
