"""Planet's type ``s3_compatible``: a bucket of any other store that speaks the S3 API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from validator.core.model import Finding, Operation, Secret
from validator.core.values import Dataclass
from validator.providers.base import Experiment, Failure, Options, Provider, flag, later, secret, text
from validator.providers.common import swaps
from validator.providers.common.partial import judged, known
from validator.providers.s3 import errors, lint_bucket, lint_endpoint, lint_region
from validator.providers.s3 import lint_keys as keys
from validator.providers.s3.about import (
    CONCERN_WHOLE,
    SubjectFunctions,
    client_of,
    experiment,
    host_of,
    open_bucket,
)
from validator.providers.s3.http import AccessKey, S3Client
from validator.providers.s3.vendors import address_of, endpoints, fits_host, is_address, vendor_of

if TYPE_CHECKING:
    from validator.providers.base import Grant, Wanted
    from validator.providers.s3 import compatible_rules, in_text
    from validator.providers.s3.bucket import S3Bucket
    from validator.providers.s3.subject import Subject
else:
    compatible_rules, in_text = later(__package__, "compatible_rules", "in_text")

_POINTERS: Final = {
    "bucket": "/parameters/bucket",
    "region": "/parameters/region",
    "key": "/parameters/access_key_id",
    "secret": "/parameters/secret_access_key",
    "style": "/parameters/use_path_style",
}


_SHAPES: Final[swaps.Shapes] = {
    "bucket": lint_bucket.looks_like_any_bucket,
    "endpoint": lint_endpoint.looks_like_endpoint,
    "region": lint_region.looks_like_any_region,
    "access_key_id": keys.looks_like_any_id,
    "secret_access_key": keys.looks_like_any_secret,
}


class S3CompatibleParameters(Dataclass):
    """What Planet's Destinations API takes for this type."""

    bucket: str = text("The bucket's name.", example="imagery-in", placeholders=("bucket name",), label="Bucket")
    endpoint: str = text(
        "The address of the store, with https:// and without the bucket.",
        example="https://s3.example.com",
        placeholders=("endpoint",),
        label="Endpoint",
        where="Endpoint, S3 endpoint or S3 API, among the bucket's settings",
        suggest=endpoints,
    )
    region: str = text(
        "The region to sign for; auto or us-east-1 where the store has none.",
        example="us-east-1",
        placeholders=("region", "region name"),
        place=False,
        label="Region",
        where="mostly a part of the endpoint's name",
        suggest=lambda: (("auto", "Cloudflare R2"), ("us-east-1", "where the store has no regions")),
        told=lambda values: lint_region.told(values.get("endpoint")),
    )
    access_key_id: str = text(
        "The id of an access key.",
        example="EXAMPLEKEY",
        examples=keys.AMAZON_EXAMPLES,
        shape=r"[A-Za-z0-9_.:$@-]{3,36}",
        placeholders=("access key id",),
        credential=True,
        label="Access key ID",
        where="API tokens or access keys; Backblaze calls it keyID",
    )
    secret_access_key: Secret = secret(
        "The secret of that key.",
        example="${SECRET_ACCESS_KEY}",
        examples=keys.AMAZON_EXAMPLES,
        placeholders=("secret access key",),
        label="Secret access key",
        where="shown once, when the key is created; Backblaze calls it applicationKey",
        instead=keys.INSTEAD,
    )
    use_path_style: bool = flag("Name the bucket in the path instead of in front of the host.", label="Path-style addressing")


def lint(parameters: S3CompatibleParameters, options: Options) -> Iterable[Finding]:
    """See the seam."""
    del options
    p = parameters
    yield from swaps.around(
        p,
        _SHAPES,
        judged(
            lambda: lint_bucket.bucket(p.bucket, endpoint=known(p, "endpoint", ""), strict=False),
            lambda: lint_endpoint.endpoint(p.endpoint),
            lambda: lint_endpoint.endpoint_bucket(p.endpoint, p.bucket),
            lambda: lint_region.other_region(p.region),
            lambda: lint_region.region_of_host(p.region, p.endpoint),
            lambda: lint_endpoint.addressing(p.endpoint, p.bucket, path_style=p.use_path_style),
            lambda: keys.other_id(p.access_key_id),
            lambda: keys.other_secret(known(p, "access_key_id", ""), p.secret_access_key),
        ),
    )


def connect(parameters: S3CompatibleParameters, options: Options) -> S3Bucket:
    """See the seam. Nothing is taken for granted of an unknown store: it is believed when seen."""
    return open_bucket(
        _client(parameters, options),
        1,
        documented=False,
        removal=lambda key, version: functions.removal(parameters, key, version),
        experiments=lambda failure: _experiments(parameters, failure, options),
        address_of=address_of(host_of(parameters.endpoint)),
    )


def object_uri(parameters: S3CompatibleParameters, key: str, options: Options) -> str:
    """See the seam."""
    return _client(parameters, options).place.url(key)


def grant(parameters: S3CompatibleParameters, wanted: Wanted, options: Options) -> Grant:
    """See the seam."""
    from validator.providers.s3 import grants

    del options
    return grants.compatible(parameters.bucket, parameters.endpoint, parameters.access_key_id, wanted)


def subject(parameters: S3CompatibleParameters, failure: Failure | None) -> Subject:
    """What texts and commands are about."""
    from validator.providers.s3.subject import Subject

    return Subject(
        failure,
        parameters.bucket,
        parameters.region,
        parameters.access_key_id,
        _POINTERS,
        parameters.endpoint,
        parameters.use_path_style,
    )


def _client(parameters: S3CompatibleParameters, options: Options) -> S3Client:
    root, p = options.endpoint or parameters.endpoint, parameters
    key = AccessKey(p.access_key_id, p.secret_access_key)
    return client_of(root, p.bucket, p.region, key, options, path_style=p.use_path_style)


def _experiments(parameters: S3CompatibleParameters, failure: Failure, options: Options) -> Iterator[Experiment]:
    observation = failure.observation
    region = observation.evidence.get("region_expected", "")
    if observation.code in ("PermanentRedirect", "AuthorizationHeaderMalformed") and region and region != parameters.region:
        yield experiment(
            "wrong-region",
            Operation.DELETE,
            parameters,
            "replace",
            "region",
            region,
            detail=f"The store signs for {region}, not for {parameters.region}: asked so, the same key is let in.",
            evidence={"region_expected": region},
        )
    # An endpoint of the caller's own that is an IP address is asked in path style whatever the parameters say.
    if not is_address(host_of(options.endpoint or "")) and _style_may_matter(parameters, failure):
        style = not parameters.use_path_style
        yield experiment(
            "wrong-addressing-style",
            Operation.DELETE,
            parameters,
            "add",
            "use_path_style",
            style,
            detail=f"Asked in {'path' if style else 'virtual-hosted'} style, the same key is let in.",
        )


def _style_may_matter(parameters: S3CompatibleParameters, failure: Failure) -> bool:
    """The store was not reached, or took something else for the bucket; and the other style would be another address."""
    host = host_of(parameters.endpoint)
    if is_address(host) or not fits_host(parameters.bucket) or failure.form:
        return False
    vendor = vendor_of(host)
    if vendor is not None and vendor.path_style is parameters.use_path_style:
        return False
    observation = failure.observation
    coded = observation.code in (
        "SecondLevelDomainForbidden",
        "InvalidHostHeader",
        "NoSuchBucket",
        "MalformedXML",
        "dns",
        "tls",
    )
    return coded or observation.status in (400, 404, 405)


functions = SubjectFunctions(subject)

provider = Provider(
    name="s3_compatible",
    title="Another S3-compatible store",
    Parameters=S3CompatibleParameters,
    permissions=errors.PERMISSIONS,
    rules=compatible_rules.COMPATIBLE,
    concern_whole=CONCERN_WHOLE,
    lint=lint,
    connect=connect,
    classify=errors.classify,
    object_uri=object_uri,
    explain_finding=functions.explain_finding,
    removal=functions.removal,
    read_answer=errors.read_answer,
    in_text=in_text.compatible,
    grant=grant,
    explain=functions.explain,
    grant_needs=("bucket", "endpoint"),
)
