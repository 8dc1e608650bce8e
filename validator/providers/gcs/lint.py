"""What is wrong with a bucket's name and a service account's key, seen without a network and without an SDK."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from validator.core import catalog
from validator.core.model import Confidence, Finding
from validator.core.sentences import many
from validator.providers.common import swaps
from validator.providers.common.partial import judged, known
from validator.providers.gcs import addresses, encoding
from validator.providers.gcs.service_account import UNIVERSE, ServiceAccountKey

if TYPE_CHECKING:
    from validator.providers.base import Advice, Options
    from validator.providers.gcs.parameters import GoogleParameters

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


_SHAPES: Final[swaps.Shapes] = {
    "bucket": lambda text: len(text) <= 222 and re.fullmatch(r"[a-z0-9][a-z0-9._-]+[a-z0-9]", text) is not None,
    "credentials": lambda text: len(text) > 222 or text.lstrip().startswith("{"),  # no name is so long
}


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


def _judge_credentials(text: str, bucket: str, options: Options) -> Iterator[Finding]:
    read = encoding.judge(text)
    patch = catalog.replacement(_CREDENTIALS, read.corrected or "", secret=True)
    for issue in read.issues:
        yield catalog.finding(
            issue.finding,
            detail=issue.detail,
            pointer=_CREDENTIALS,
            evidence=issue.evidence,
            fix=_said(issue.finding, bucket, read.key).fix,
            patch=patch if issue.repairable else (),
            severity=issue.severity,
        )
    if read.key is not None:
        yield from _judge_key(read.key, bucket, options)


def _judge_bucket(name: str) -> Iterator[Finding]:
    problems, bare = _problems(name), name.strip("/")
    if match := addresses.of_bucket(name):
        bucket, rest = match["bucket"], match["rest"] or ""
        if "//console." in name.lower():  # what the page shows of the bucket is no folder
            rest = rest.partition("?")[0].partition(";")[0]
        rest = rest.strip("/")
        detail = f"{name[:200]} is an address; Planet takes the bare name of the bucket, {bucket}."
        if rest:
            detail += f" The folder goes into the path_prefix of the order's delivery: {rest[:200]}"
        meant = "" if _problems(bucket) else bucket
        if meant and name.lower().startswith("s3:"):
            meant, detail = "", f"{name[:200]} is an address; Planet takes the bare name of the bucket. Did you mean {bucket}?"
        patch = catalog.replacement(_BUCKET, meant)
        yield catalog.finding("bucket-is-url", detail=detail, pointer=_BUCKET, patch=patch, evidence={"bucket": bucket})
    elif problems:
        yield catalog.finding(
            "bucket-name-invalid",
            detail=f"{name[:80]} cannot be the name of a bucket: {problems}.",
            pointer=_BUCKET,
            patch=catalog.replacement(_BUCKET, "" if _problems(bare) else bare),
        )


def _problems(name: str) -> str:
    """What keeps a name from being a bucket's; empty if nothing does."""
    problems = []
    limit = 222 if "." in name else 63
    if "/" in name:
        problems.append("it has a slash in it; a folder goes into the path_prefix of a delivery")
    elif not re.fullmatch(r"[a-z0-9._-]*", name):
        problems.append("it may hold only lower-case letters, digits, hyphens, underscores and dots")
    elif not re.fullmatch(r"[a-z0-9](?:.*[a-z0-9])?", name):
        problems.append("it must begin and end with a letter or a digit")
    if not 3 <= len(name) <= limit:
        problems.append(f"it has {many(len(name), 'character')}, and 3 to {limit} are allowed")
    if "." in name and any(not 1 <= len(part) <= 63 for part in name.split(".")):
        problems.append("each part between its dots has 1 to 63 characters")
    if re.fullmatch(r"\d{1,3}(?:\.\d{1,3}){3}", name):
        problems.append("it looks like an IP address")
    return "; ".join(problems)


def _judge_key(key: ServiceAccountKey, bucket: str, options: Options) -> Iterator[Finding]:
    if not token_uri_admitted(key.token_uri, options):
        host = _host_of(key.token_uri)
        yield catalog.finding(
            "token-uri-unexpected",
            detail=f"The key file names {host or 'something that is no address'} as the place that gives out tokens, not Google's oauth2.googleapis.com. "
            "Whoever runs that place would receive a signature made with this key, so nothing was sent.",
            pointer=_CREDENTIALS,
            evidence={"token_host": host or ""},
            fix=_said("token-uri-unexpected", bucket, key).fix,
        )
    if key.universe != UNIVERSE:
        text = _said("universe-unsupported", bucket, key)
        yield catalog.finding(
            "universe-unsupported", detail=text.detail, confidence=Confidence.LIKELY, pointer=text.pointer, fix=text.fix, evidence={"universe": key.universe}
        )  # fmt: skip


def _said(finding: str, bucket: str, key: ServiceAccountKey | None) -> Advice:
    from validator.providers.gcs import advice
    from validator.providers.gcs.case import Case

    return advice.said_of(finding, Case(None, bucket, key))


def _host_of(uri: str) -> str | None:
    if not re.match(r"(?i)https?://", uri) or len(uri) > 2048:
        return None
    try:
        return urlsplit(uri).hostname
    except ValueError:
        return None


def token_uri_admitted(uri: str, options: Options) -> bool:
    """Whether a signed assertion may go there: to Google, or to the host of an endpoint that the caller named."""
    if uri in TOKEN_URIS:
        return True
    if not options.endpoint:
        return False
    try:
        parts, endpoint = urlsplit(uri), urlsplit(options.endpoint)
    except ValueError:
        return False
    return (parts.scheme, parts.netloc) == (endpoint.scheme, endpoint.netloc)
