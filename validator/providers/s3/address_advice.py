"""What to say where a request reached the wrong place, or was not taken for this key's: address, region, style, bucket, identity."""

from __future__ import annotations

import re
from shlex import quote
from typing import TYPE_CHECKING, Final

from validator.core import catalog
from validator.core.model import Confidence, Fix, PatchOperation
from validator.providers.base import Advice
from validator.providers.s3 import grants
from validator.providers.s3.regions import well_formed

if TYPE_CHECKING:
    from validator.providers.s3.subject import Subject

_BETWEEN: Final = r"(?i)nginx|openresty|apache|caddy|traefik|envoy|haproxy|varnish|squid|awselb|cloudfront|litespeed"
"""``Server`` of what may stand in front of a store, and change a request on its way."""
_HOST: Final = r"[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::\d{1,5})?"
_VIRTUAL_ONLY: Final = frozenset({
    "SecondLevelDomainForbidden", "PathStyleDomainForbidden", "VirtualHostDomainRequired", "PathStyleRequestNotAllowed",
})  # fmt: skip
"""Codes of stores that take no path style at all."""
_CONSOLE_PORTS: Final = {"9001": "MinIO's console", "9090": "a console", "9443": "a console", "8443": "a console"}


def _proxy(subject: Subject) -> str:
    """What stands in front of the store, by its own account; empty if nothing shows."""
    server = subject.seen("server")
    return server if re.search(_BETWEEN, server) else subject.seen("via")


# ---- who asks --------------------------------------------------------------------------------------------------------


def unknown_key(subject: Subject) -> Advice:
    """The store does not know the id of the key."""
    if not subject.amazon:
        detail = "The store does not know this access key id: mistyped, deleted, or of another store or region." + subject.says
        return Advice(detail, Fix("Make a new key in the store's console."), subject.pointers["key"])
    account = subject.account
    temporary = subject.access_key.startswith("ASIA")
    return Advice(
        (
            "This is the id of a temporary key, which AWS knows only together with its session token, and Planet takes none."
            if temporary
            else "AWS does not know this access key id: mistyped, deleted, made inactive, or of another partition."
        )
        + (f" It was made in account {account}." if account else ""),
        Fix("Make a user for Planet alone, and give Planet its long-term key.", grants.new_user(subject.bucket))
        if temporary
        else Fix(
            f"Ask whose key it is, and make it active; if it is nobody's any more, make a new one. {grants.WHOSE}",
            (grants.whose(subject.access_key), grants.activate("USER", subject.access_key)),
        ),
        subject.pointers["key"],
        subject.key_account,
    )


def wrong_secret(subject: Subject) -> Advice:
    """The signature does not fit. A proxy in front may have changed what was signed."""
    commands = (grants.whose(subject.access_key), "aws iam create-access-key --user-name USER") if subject.amazon else ()
    user = f" {grants.WHOSE}" if subject.amazon else ""
    proxy = _proxy(subject)
    doubt = (
        f" But {proxy} stands in front of the store: if it changes the path, the Host or a header, no signature fits, whatever the secret is."
        if proxy
        else ""
    )
    return Advice(
        "The signature made with this secret does not fit: the secret is another key's, or damaged on its way here." + doubt,
        Fix(f"Copy the secret again; it is shown only once, so most often a new key is the way.{user}", commands),
        subject.pointers["secret"],
        subject.key_account,
        # AWS answers for itself, over TLS; elsewhere the signature may as well fail for what lies between.
        None if subject.amazon else Confidence.LIKELY,
    )


def altered(subject: Subject) -> Advice:
    """What arrived is not what was sent."""
    proxy = _proxy(subject)
    who = f"{proxy} stands in front of the store. " if proxy else ""
    return Advice(
        f"What arrived is not what was signed and sent.{subject.says} {who}A gateway or proxy on the way took something off the request, "
        "added to it or changed it; the key itself was not judged.",
        Fix(
            "Let the gateway pass Host, path, Authorization and every x-amz- header unchanged, or give an endpoint that does not go through it."
        ),
    )


# ---- where -----------------------------------------------------------------------------------------------------------


def wrong_region(subject: Subject) -> Advice:
    """The bucket is elsewhere; with the region or the endpoint that the store names."""
    region, pointer = subject.seen("region_expected"), subject.pointers["region"]
    endpoint = "" if subject.amazon else _proposed_endpoint(subject)
    if endpoint and endpoint != subject.endpoint.rstrip("/"):
        return Advice(
            f"{subject.bucket} is not at {subject.endpoint}: the store names {endpoint} for it.{subject.says}",
            Fix(
                f"Set the endpoint to {endpoint}, and the region to the one that belongs to it.",
                patch=catalog.replacement("/parameters/endpoint", endpoint),
            ),
            "/parameters/endpoint",
        )
    certain = bool(region) and region != subject.region and (not subject.amazon or well_formed(region))
    where = (
        f"{subject.bucket} is in {region}, not in {subject.region}"
        if certain
        else f"{subject.bucket} is not in {subject.region}, or the store has no region of that name"
    )
    return Advice(
        f"{where}. Planet signs for the region of the request, and would be turned away.{'' if certain else subject.says}",
        Fix(
            f"Set the region to {region}." if certain else "Set the region to the bucket's own.",
            () if certain or not subject.amazon else (f"aws s3api head-bucket --bucket {quote(subject.bucket)}",),
            patch=catalog.replacement(pointer, region) if certain else (),
        ),
        pointer,
        # The region that it names as the right one is the one that was asked.
        confidence=Confidence.POSSIBLE if region == subject.region else None,
    )


def _proposed_endpoint(subject: Subject) -> str:
    """The endpoint that the store proposes, if it is one of the same vendor: another's would get what is meant for this one."""
    host = (
        subject.seen("endpoint_expected")
        .lower()
        .removeprefix("https://")
        .removeprefix(f"{subject.bucket.lower()}.")
        .rstrip("/")
    )
    scheme, own = subject.endpoint.partition("://")[0], subject.host.partition(":")[0].lower()
    same = own.split(".")[-2:] == host.partition(":")[0].split(".")[-2:]
    return f"{scheme}://{host}" if re.fullmatch(_HOST, host) and same and "." in own else ""


def wrong_style(subject: Subject) -> Advice:
    """The bucket belongs on the other side of the host's name."""
    pointer = subject.pointers.get("style", "")
    if not pointer:
        return Advice()
    if subject.code in _VIRTUAL_ONLY and not subject.path_style:
        return Advice(
            f"The store wants the bucket in front of its host, and {subject.bucket} cannot stand there: the name has dots, capitals or "
            f"underscores, or the endpoint is an IP address.{subject.says}",
            Fix("Give the store's host name, and a bucket whose name has only lower-case letters, digits and hyphens."),
            subject.pointers["bucket"],
        )
    used, other = ("path style", "virtual-hosted style") if subject.path_style else ("virtual-hosted style", "path style")
    return Advice(
        f"The store does not understand {used}; it wants {other}.{subject.says}",
        Fix(
            f"Set use_path_style to {str(not subject.path_style).lower()}.",
            patch=(PatchOperation("add", pointer, not subject.path_style),),
        ),
        pointer,
    )


def no_bucket(subject: Subject) -> Advice:
    """There is no such bucket; but is it the one that was meant?"""
    where = "this partition of AWS" if subject.amazon else "this store"
    named = subject.seen("bucket_named")
    other = bool(named) and named != subject.bucket
    return Advice(
        (
            f"The store says that there is no bucket {named}, and was asked for {subject.bucket}: it may have read another name out of the "
            "address. Look at the endpoint and the addressing style as well as at the name."
            if other
            else f"There is no bucket {subject.bucket} in {where}: a typing error, or it was deleted, or it is of another account's store."
        ),
        Fix("Correct the name, or make the bucket.", (subject.cli(f"head-bucket --bucket {quote(subject.bucket)}"),)),
        subject.pointers["bucket"],
        confidence=Confidence.POSSIBLE if other else None,
    )


def bucket_name(subject: Subject) -> Advice:
    """The store takes no such name."""
    return Advice(
        f"The store takes no bucket of the name {subject.bucket}.{subject.says}",
        Fix("Copy the bucket's name from the store's console."),
        subject.pointers["bucket"],
    )


def all_refused(subject: Subject) -> Advice:
    """Nothing at all was granted, and no reason was given."""
    if not subject.amazon:
        return Advice(
            fix=Fix(
                f"Compare the bucket's name with the store's console, and let this key write and delete in {subject.bucket}."
            )
        )
    account = subject.account
    whose = f" The key belongs to account {account}." if account else ""
    return Advice(
        f"AWS refuses every request on {subject.bucket} and gives no reason.{whose} It is silent where key and bucket belong to different "
        "organizations: then both sides have to allow it. A bucket whose requester pays is refused in the same words, and Planet cannot agree to pay.",
        Fix(
            "Ask the bucket's owner whether it is Requester Pays, and to allow this user in the bucket policy; allow the same in the user's own account.",
            (
                f"aws s3api get-bucket-request-payment --bucket {quote(subject.bucket)}",
                *grants.bucket_commands(subject.bucket)[:1],
            ),
        ),
        subject.pointers["bucket"],
        subject.key_account,
    )


def endpoint_invalid(subject: Subject) -> Advice:
    """Something of the store answers there, and it is not the S3 API of this bucket."""
    what, named, failure = subject.seen("address_of"), subject.seen("bucket_named"), subject.failure
    path = subject.endpoint.partition("://")[2].partition("/")[2]
    if what:
        detail = f"{subject.endpoint} is {what}, not the store's S3 API, and refuses there.{subject.says}"
    elif path and named:
        detail = (
            f"The store took {named} for the bucket: that is a part of the endpoint's path. The address is another API's, such as Swift's account URL."
            + subject.says
        )
    elif failure and "accelerat" in f"{failure.observation.code} {failure.words}".lower():
        detail = f"{subject.endpoint} is the store's accelerated address, which this bucket is not set up for.{subject.says}"
        return Advice(
            detail, Fix("Give the store's usual endpoint, or switch acceleration on for the bucket."), "/parameters/endpoint"
        )
    else:
        detail = f"{subject.endpoint} is not the address of the store's S3 API.{subject.says}"
    return Advice(detail, Fix("Give the root of the store's S3 API: host and port, without a path."), "/parameters/endpoint")


def endpoint_contains_bucket(subject: Subject) -> Advice:
    """A write that finds no key: the bucket's name was read as a part of the key."""
    return Advice(
        f"The store answers a write with 'no such key'. That comes where {subject.bucket} was read as part of the key: the endpoint names a bucket "
        "already, or the store wants the other addressing style. Some stores say it of a bucket that lies at another of their endpoints.",
        Fix(
            "Take the bucket's name out of the endpoint. If it is not in there, change use_path_style, and compare the endpoint with the bucket's own in the "
            "store's console."
        ),
        "/parameters/endpoint",
    )


def not_storage(subject: Subject) -> Advice:
    """Who answered instead, and what the address shows."""
    if subject.seen("side") == "ours":
        return Advice()
    port = subject.host.rpartition(":")[2]
    location = subject.seen("location").rstrip("/")
    wants_https = location.lower() == f"https://{subject.host}".lower() or "wants https" in subject.seen("answered_by")
    if subject.endpoint.startswith("http://") and wants_https:
        secure = f"https://{subject.endpoint.removeprefix('http://')}"
        return Advice(
            fix=Fix("Give the endpoint with https.", patch=catalog.replacement("/parameters/endpoint", secure)),
            pointer="/parameters/endpoint",
        )
    hint = f" Port {port} is usually that of {_CONSOLE_PORTS[port]}." if port in _CONSOLE_PORTS else ""
    if what := subject.seen("address_of"):
        hint = f" {subject.host} is {what}."
    return Advice(
        fix=Fix(f"Use the address of the store's S3 API; consoles, websites and CDNs have other hosts or ports.{hint}"),
        pointer="/parameters/endpoint",
    )
