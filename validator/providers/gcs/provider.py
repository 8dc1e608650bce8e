"""Google Cloud Storage: a bucket, and the JSON key of a service account, encoded."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from validator.core import catalog
from validator.core.model import Confidence, Finding, Observation, Operation, PatchOperation, Secret
from validator.providers.base import (
    Advice,
    Bucket,
    Explanation,
    Failure,
    Grant,
    HttpAnswer,
    Login,
    LoginFailed,
    Options,
    Provider,
    Wanted,
    secret,
    text,
)
from validator.providers.common import swaps
from validator.providers.common.partial import judged, known
from validator.providers.gcs import advice, encoding
from validator.providers.gcs.rules import RULES
from validator.providers.gcs.service_account import UNIVERSE, Key

TOKEN_URIS: Final = frozenset(
    {
        "https://oauth2.googleapis.com/token",
        "https://accounts.google.com/o/oauth2/token",
        "https://www.googleapis.com/oauth2/v4/token",
    }
)
"""Where Google's own key files send a signed assertion. Any other host could be an attacker's."""

_BUCKET: Final = "/parameters/bucket"
_CREDENTIALS: Final = "/parameters/credentials"

_ADDRESS: Final = re.compile(
    r"(?i)(?:gs://|s3://|(?:https?:)?//(?:storage\.(?:cloud\.google|googleapis)\.com/(?:projects/_/buckets/|storage/v1/b/|download/storage/v1/b/)?"
    r"|console\.cloud\.google\.com/storage/browser/(?:_details/)?)|projects/_/buckets/)(?P<bucket>[^/?#;]+)(?P<rest>.*)"
)
_HOST: Final = re.compile(
    r"(?i)(?:https?://)?(?P<bucket>[a-z0-9._-]+)\.storage\.(?:cloud\.google|googleapis)\.com(?P<rest>/.*)?"
)


def _looks_like_credentials(text: str) -> bool:
    """A key file, encoded or not: no name is so long."""
    return len(text) > 222 or text.lstrip().startswith("{")


_SHAPES: Final[swaps.Shapes] = {
    "bucket": lambda text: len(text) <= 222 and re.fullmatch(r"[a-z0-9][a-z0-9._-]+[a-z0-9]", text) is not None,
    "credentials": _looks_like_credentials,
}


@dataclass(frozen=True)
class GoogleParameters:
    """What Planet takes for a Google destination."""

    bucket: str = text(
        "The name of the bucket, without gs:// and without a folder.",
        example="imagery-in",
        placeholders=("bucket name",),
        shape=r"(?i)[a-z0-9._:/?=&%-]{1,222}",
        label="Bucket",
        where="Cloud Storage > Buckets",
    )
    credentials: Secret = secret(
        "The JSON key file of a service account, encoded as base64 in one line.",
        example="ewogICJ0eXBlIjogInNlcnZpY2VfYWNjb3VudCIs...",
        verbatim=True,
        label="Service account key",
        where="IAM & Admin > Service Accounts > the account > Keys > Add key > Create new key > JSON",
        file=".json",
    )


def lint(parameters: GoogleParameters, options: Options) -> Iterable[Finding]:
    """What is wrong with the bucket's name and the credentials, seen without a network and without an SDK."""
    p = parameters
    yield from swaps.around(
        p,
        _SHAPES,
        judged(
            lambda: _judge_bucket(p.bucket),
            lambda: _judge_credentials(p.credentials.reveal(), known(p, "bucket", "BUCKET"), options),
        ),
    )


def connect(parameters: GoogleParameters, options: Options) -> Bucket:
    """A bucket to talk to; makes no request. Raises ValueError for credentials that no client can be made of."""
    from validator.providers.gcs.bucket import GoogleBucket

    key = encoding.judge(parameters.credentials.reveal()).key
    if key is None:
        raise ValueError("the credentials hold no usable key")
    if not _token_uri_admitted(key.token_uri, options):
        raise ValueError("the key file would send its signature to a host that is not Google's")
    return GoogleBucket(parameters.bucket, key, options)


def login(
    parameters: GoogleParameters,
    options: Options,
    profile: str | None,
    remember: Callable[[str | Secret], None],
) -> Bucket:
    """A bucket that speaks for the application default credentials; Google has no profiles. Raises LoginFailed."""
    del profile
    from validator.providers.gcs.bucket import GoogleBucket
    from validator.providers.operator.login import NoLogin, google

    try:
        login = google(remember, ca_bundle=options.ca_bundle)
    except NoLogin as error:
        raise LoginFailed(str(error)) from None
    return GoogleBucket(parameters.bucket, None, options, credentials=login.credentials)


def observe(error: Exception) -> Observation:
    """Classify what the SDK raised."""
    from validator.providers.gcs.errors import observe

    return observe(error)


def read_answer(answer: HttpAnswer) -> Observation:
    """Classify an answer that another tool got."""
    from validator.providers.gcs.errors import answer as judged
    from validator.providers.gcs.errors import token_answer

    if answer.token:
        return token_answer(answer.status, answer.headers, answer.body)
    return judged(answer.status, answer.headers, answer.body, answer.method, answer.url)


def target(parameters: GoogleParameters, key: str, options: Options) -> str:
    """``gs://bucket/key``, also where the bucket was given as an address."""
    del options
    match = _ADDRESS.fullmatch(parameters.bucket) or _HOST.fullmatch(parameters.bucket)
    return f"gs://{match['bucket'] if match else parameters.bucket}/{key}"


def advise(finding: str, parameters: GoogleParameters, failure: Failure | None, options: Options) -> Advice:
    """Sentences and gcloud commands for this bucket and this account."""
    del options
    key = encoding.judge(parameters.credentials.reveal()).key
    return advice.advise(finding, advice.About(parameters.bucket, key, failure))


def grant(parameters: GoogleParameters, wanted: Wanted, options: Options) -> Grant:
    """A custom role of three permissions, and its binding on the bucket."""
    from validator.providers.gcs import grants

    del options
    about = advice.About(parameters.bucket, encoding.judge(parameters.credentials.reveal()).key, None)
    return grants.grant(parameters.bucket, about.email, wanted)


def explain(
    parameters: GoogleParameters,
    findings: Sequence[Finding],
    failures: Sequence[Failure],
    login: Login,
    options: Options,
) -> Explanation:
    """Through application default credentials."""
    from validator.providers.gcs import owner

    del failures
    key = encoding.judge(parameters.credentials.reveal()).key
    return owner.explain(parameters.bucket, key, findings, login, options)


def removal(parameters: GoogleParameters, key: str, version: str | None) -> str:
    """``gcloud storage rm``, of one generation where it is known."""
    return f"gcloud storage rm {shlex.quote(f'gs://{parameters.bucket}/{key}' + (f'#{version}' if version else ''))}"


def _judge_credentials(text: str, bucket: str, options: Options) -> Iterator[Finding]:
    read = encoding.judge(text)
    patch = (PatchOperation("replace", _CREDENTIALS, read.corrected, secret=True),) if read.corrected else ()
    about = advice.About(bucket, read.key, None)
    for issue in read.issues:
        finding = catalog.finding(
            issue.finding,
            detail=issue.detail,
            pointer=_CREDENTIALS,
            evidence=issue.evidence,
            fix=advice.advise(issue.finding, about).fix,
            patch=patch if issue.mendable else (),
        )
        yield replace(finding, severity=issue.severity) if issue.severity else finding
    if read.key is not None:
        yield from _judge_key(read.key, about, options)


def _judge_bucket(name: str) -> Iterator[Finding]:
    match = _ADDRESS.fullmatch(name) or _HOST.fullmatch(name)
    if match:
        bucket, rest = match["bucket"], (match["rest"] or "").strip("/")
        detail = f"{name[:200]} is an address; Planet takes the bare name of the bucket, {bucket}."
        if rest:
            detail += f" The folder goes into the path_prefix of the order's delivery: {rest[:200]}"
        sure = not name.lower().startswith("s3:") and not list(_name_problems(bucket))
        if not sure and not list(_name_problems(bucket)):
            detail = f"{name[:200]} is an address; Planet takes the bare name of the bucket. Did you mean {bucket}?"
        patch = (PatchOperation("replace", _BUCKET, bucket),) if sure else ()
        yield catalog.finding("bucket-is-url", detail=detail, pointer=_BUCKET, patch=patch, evidence={"bucket": bucket})
        return
    problems = list(_name_problems(name))
    if not problems:
        return
    bare = name.strip("/")
    patch = (PatchOperation("replace", _BUCKET, bare),) if bare != name and not list(_name_problems(bare)) else ()
    yield catalog.finding(
        "bucket-name-invalid",
        detail=f"{name[:80]} cannot be the name of a bucket: {'; '.join(problems)}.",
        pointer=_BUCKET,
        patch=patch,
    )


def _name_problems(name: str) -> Iterator[str]:
    if "/" in name:
        yield "it has a slash in it; a folder goes into the path_prefix of a delivery"
    elif not re.fullmatch(r"[a-z0-9._-]*", name):
        yield "it may hold only lower-case letters, digits, hyphens, underscores and dots"
    elif not re.fullmatch(r"[a-z0-9](?:.*[a-z0-9])?", name):
        yield "it must begin and end with a letter or a digit"
    limit = 222 if "." in name else 63
    if not 3 <= len(name) <= limit:
        yield f"it has {len(name)} characters, and 3 to {limit} are allowed"
    if "." in name and any(not 1 <= len(part) <= 63 for part in name.split(".")):
        yield "each part between its dots has 1 to 63 characters"
    if re.fullmatch(r"\d{1,3}(?:\.\d{1,3}){3}", name):
        yield "it looks like an IP address"


def _judge_key(key: Key, about: advice.About, options: Options) -> Iterator[Finding]:
    if not _token_uri_admitted(key.token_uri, options):
        host = _host_of(key.token_uri)
        yield catalog.finding(
            "token-uri-unexpected",
            detail=f"The key file names {host or 'something that is no address'} as the place that gives out tokens, not Google's oauth2.googleapis.com. "
            "Whoever runs that place would receive a signature made with this key, so nothing was sent.",
            pointer=_CREDENTIALS,
            evidence={"token_host": host or ""},
            fix=advice.advise("token-uri-unexpected", about).fix,
        )
    if key.universe != UNIVERSE:
        told = advice.advise("universe-unsupported", about)
        yield catalog.finding(
            "universe-unsupported", detail=told.detail, confidence=Confidence.LIKELY, pointer=told.pointer, fix=told.fix, evidence={"universe": key.universe}
        )  # fmt: skip


def _host_of(uri: str) -> str | None:
    if not re.match(r"(?i)https?://", uri) or len(uri) > 2048:
        return None
    try:
        return urlsplit(uri).hostname
    except ValueError:
        return None


def _token_uri_admitted(uri: str, options: Options) -> bool:
    if uri in TOKEN_URIS:
        return True
    if not options.endpoint:
        return False
    try:
        given, endpoint = urlsplit(uri), urlsplit(options.endpoint)
    except ValueError:
        return False
    return (given.scheme, given.netloc) == (endpoint.scheme, endpoint.netloc)


provider = Provider(
    name="google_cloud_storage",
    title="Google Cloud Storage",
    Parameters=GoogleParameters,
    permissions={
        Operation.WRITE: "storage.objects.create",
        Operation.READ: "storage.objects.get",
        Operation.DELETE: "storage.objects.delete",
    },
    rules=RULES,
    concern_whole=frozenset({"api-disabled"}),
    read_through=frozenset({"credentials-wrapped"}),
    lint=lint,
    connect=connect,
    observe=observe,
    target=target,
    advise=advise,
    removal=removal,
    read_answer=read_answer,
    grant=grant,
    login=login,
    explain=explain,
    grant_needs=("bucket",),
)
