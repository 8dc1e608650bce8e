"""Planet's type ``amazon_s3``: a bucket of Amazon's own S3, reached with an IAM user's access key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from validator.core.model import Finding, Kind, Mode, Observation, Operation, Secret
from validator.core.values import Dataclass, replace
from validator.providers.base import Experiment, Failure, HttpAnswer, Options, Provider, flag, later, secret, text
from validator.providers.common import swaps
from validator.providers.common.partial import judged, known
from validator.providers.s3 import errors, lint_bucket, lint_region, regions
from validator.providers.s3 import lint_keys as keys
from validator.providers.s3.about import CONCERN_WHOLE, SubjectFunctions, client_of, experiment, open_bucket
from validator.providers.s3.http import AccessKey, S3Client, S3Error

if TYPE_CHECKING:
    from validator.providers.base import Grant, Wanted
    from validator.providers.s3 import in_text, rules
    from validator.providers.s3.bucket import S3Bucket
    from validator.providers.s3.subject import Subject
else:
    in_text, rules = later(__package__, "in_text", "rules")

_POINTERS: Final = {
    "bucket": "/parameters/bucket",
    "region": "/parameters/aws_region",
    "key": "/parameters/aws_access_key_id",
    "secret": "/parameters/aws_secret_access_key",
}

_SHAPES: Final[swaps.Shapes] = {
    "bucket": lint_bucket.looks_like_bucket,
    "aws_region": regions.well_formed,
    "aws_access_key_id": keys.looks_like_aws_id,
    "aws_secret_access_key": keys.looks_like_aws_secret,
}


class AmazonS3Parameters(Dataclass):
    """What Planet's Destinations API takes for this type."""

    bucket: str = text(
        "The bucket's name.", example="imagery-in", placeholders=("bucket name",), label="Bucket", where="S3 > Buckets"
    )
    aws_region: str = text(
        "The region that the bucket is in.",
        example="eu-central-1",
        placeholders=("region name",),
        also=("region", "aws_default_region"),
        place=False,
        label="AWS Region",
        where="S3 > Buckets > the bucket > Properties",
        suggest=regions.PARTITIONS[0].regions.items,
    )
    aws_access_key_id: str = text(
        "The id of a long-lived access key of an IAM user.",
        example="AKIA...",
        shape=r"A[A-Z]{3}[A-Z0-9]{12,28}",
        never=keys.AMAZON_EXAMPLES,
        placeholders=("access key id",),
        also=("access_key_id",),
        credential=True,
        label="Access key ID",
        where="IAM > Users > the user > Security credentials > Access keys",
    )
    aws_secret_access_key: Secret = secret(
        "The secret of that key.",
        example="${AWS_SECRET_ACCESS_KEY}",
        never=keys.AMAZON_EXAMPLES,
        placeholders=("aws secret access key",),
        also=("secret_access_key",),
        label="Secret access key",
        where="shown once, when the access key is created",
        instead=keys.INSTEAD,
    )
    explicit_sse: bool = flag(
        "Send the SSE-S3 encryption header with every write, for bucket policies that demand it.", label="Explicit SSE"
    )


def lint(parameters: AmazonS3Parameters, options: Options) -> Iterable[Finding]:
    """See the seam."""
    del options
    p = parameters
    yield from swaps.around(
        p,
        _SHAPES,
        judged(
            lambda: lint_bucket.bucket(p.bucket, region=known(p, "aws_region", "us-east-1"), strict=True),
            lambda: lint_region.aws_region(p.aws_region),
            lambda: keys.aws_id(p.aws_access_key_id, known(p, "bucket", "BUCKET")),
            lambda: keys.aws_secret(known(p, "aws_access_key_id", ""), p.aws_secret_access_key),
        ),
    )


def connect(parameters: AmazonS3Parameters, options: Options) -> S3Bucket:
    """See the seam."""
    p, believed = parameters, documented(parameters, options)
    root = options.endpoint or regions.root(p.aws_region)
    client = client_of(root, p.bucket, p.aws_region, AccessKey(p.aws_access_key_id, p.aws_secret_access_key), options)
    return open_bucket(
        client,
        2 if believed else 1,  # where it is documented, two requests go out at the same time
        documented=believed,
        removal=lambda key, version: functions.removal(p, key, version),
        encrypt=p.explicit_sse,
        experiments=lambda failure: _experiments(p, client, failure),
    )


def login(
    parameters: AmazonS3Parameters, options: Options, profile: str | None, remember: Callable[[str | Secret], None]
) -> S3Bucket:
    """See the seam."""
    from validator.providers.base import LoginFailed
    from validator.providers.operator.login import aws

    if not regions.well_formed(parameters.aws_region):
        raise LoginFailed("the source's region is no region, and a login goes to no address made of it")
    credentials = aws(profile, remember).session.get_credentials().get_frozen_credentials()
    bucket = connect(parameters, options)
    key = AccessKey(credentials.access_key, Secret(credentials.secret_key), credentials.token)
    bucket.requests.client = replace(bucket.requests.client, key=key)
    return bucket


def object_uri(parameters: AmazonS3Parameters, key: str, options: Options) -> str:
    """See the seam."""
    del options
    return f"s3://{parameters.bucket}/{key}"


def grant(parameters: AmazonS3Parameters, wanted: Wanted, options: Options) -> Grant:
    """See the seam."""
    from validator.providers.s3 import grants

    del options
    return grants.amazon(parameters.bucket, parameters.aws_region, wanted)


def documented(parameters: AmazonS3Parameters, options: Options) -> bool:
    """Whether Amazon documents conditional deletes and writes for this address: general-purpose buckets of its commercial regions.

    docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html; facts: s3.md 0.3.
    """
    region, bucket = parameters.aws_region, parameters.bucket
    return (
        options.endpoint is None
        and regions.well_formed(region)
        and regions.partition_of(region) is regions.PARTITIONS[0]
        and not bucket.endswith((*lint_bucket.SPECIAL, "-s3alias"))
        and ":" not in bucket
    )


def subject(parameters: AmazonS3Parameters, failure: Failure | None) -> Subject:
    """What texts and commands are about."""
    from validator.providers.s3.subject import Subject

    return Subject(failure, parameters.bucket, parameters.aws_region, parameters.aws_access_key_id, _POINTERS)


def _experiments(parameters: AmazonS3Parameters, client: S3Client, failure: Failure) -> Iterator[Experiment]:
    observation = failure.observation
    if observation.code in ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"):
        region = observation.evidence.get("region_expected") or region_of(client)
        if region and region != parameters.aws_region and regions.well_formed(region):
            yield experiment(
                "wrong-region",
                Operation.DELETE,
                parameters,
                "replace",
                "aws_region",
                region,
                detail=f"{parameters.bucket} is in {region}, not in {parameters.aws_region}: asked there, the same key is let in.",
                evidence={"region_expected": region},
            )
    # Only what was performed: there a delete is known to be granted, and the trial writes a file.
    denied = (
        failure.operation is Operation.WRITE
        and failure.mode is Mode.PERFORMED
        and observation.evidence.get("layer") in (None, "", "resource-based")
    )
    if denied and observation.code == "AccessDenied" and not parameters.explicit_sse and not failure.form:
        yield experiment(
            "encryption-header-required", Operation.WRITE, parameters, "add", "explicit_sse", value=True, performed=True
        )


def region_of(client: S3Client) -> str:
    """The bucket's region, asked without a signature; empty if nobody says. Its own errors prove nothing."""
    try:
        headers = client.send("HEAD", signed=False).headers
    except S3Error as error:
        headers = error.headers
    return headers.get("x-amz-bucket-region", "")


def classify(error: Exception) -> Observation:
    """As for every S3 store; but whoever answers in Amazon's place is on the way from here: the destination cannot choose the host."""
    observation = errors.classify(error)
    return (
        replace(observation, evidence={**observation.evidence, "side": "ours"})
        if observation.kind is Kind.FOREIGN
        else observation
    )


def read_answer(answer: HttpAnswer) -> Observation:
    """The same of an answer as text."""
    return classify(errors.refused(answer))


functions = SubjectFunctions(subject)

provider = Provider(
    name="amazon_s3",
    title="Amazon S3",
    host="https://s3.us-east-1.amazonaws.com",
    Parameters=AmazonS3Parameters,
    permissions=errors.PERMISSIONS,
    rules=rules.AMAZON,
    concern_whole=CONCERN_WHOLE,
    limits=(
        (
            "bucket policies that accept conditional requests alone (s3:if-match, s3:if-none-match) were not tested: the check's "
            "requests carry conditions, so that they can never touch another's file, and Planet's presumably do not"
        ),
    ),
    lint=lint,
    connect=connect,
    classify=classify,
    object_uri=object_uri,
    explain_finding=functions.explain_finding,
    removal=functions.removal,
    read_answer=read_answer,
    in_text=in_text.amazon,
    grant=grant,
    login=login,
    explain=functions.explain,
    grant_needs=("bucket",),
)
