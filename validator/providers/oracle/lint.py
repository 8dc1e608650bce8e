"""What can be seen of an Oracle destination without a network: names, region, and whether the key is a Customer Secret Key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from validator.core import catalog, lazy
from validator.core.model import Confidence, Finding, Fix, Secret
from validator.core.sentences import many
from validator.providers.common import swaps
from validator.providers.common.partial import judged, known
from validator.providers.oracle import regions
from validator.providers.s3.lint_keys import of_both

if TYPE_CHECKING:
    from validator.providers.base import Options
    from validator.providers.oracle.parameters import OracleParameters

ACCESS_KEY: Final = lazy.compile(r"[0-9a-f]{40}")
"""Every Customer Secret Key's id that was seen in public. Oracle promises no form: another one is only a warning."""
SECRET_KEY: Final = lazy.compile(r"[A-Za-z0-9+/]{43}=")
"""32 bytes in base64: every secret that was seen in public."""
SYSTEM_NAMESPACE: Final = lazy.compile(r"[a-z0-9]{11,12}")
"""The namespace that Oracle makes for a tenancy. Old tenancies have their name instead."""

_HALVES: Final = ("customer_access_key_id", "customer_secret_key")
_NAMESPACE: Final = lazy.compile(r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?")
_BUCKET: Final = lazy.compile(r"[A-Za-z0-9._-]{1,256}")
_WELL_FORMED_REGION: Final = lazy.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_AMAZON_REGION: Final = lazy.compile(
    r"[a-z]{2}(?:-[a-z]+)?-(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-?\d"
)
_AMAZON_KEY: Final = lazy.compile(r"A(?:KIA|SIA|IDA|ROA|GPA|NPA|SCA)[A-Z0-9]{12,}")
_FINGERPRINT: Final = lazy.compile(r"(?i)(?:[0-9a-f]{2}:){15}[0-9a-f]{2}")
_EMAIL: Final = lazy.compile(r"[^@\s/]+@[^@\s/]+\.[A-Za-z]{2,}")
_HOST: Final = lazy.compile(
    r"(?i)(?:https?://)?(?P<namespace>[a-z0-9_-]+)\.(?:private\.)?(?:compat\.)?objectstorage\.[a-z0-9-]+\.[a-z0-9.]+(?::\d+)?(?:/(?P<bucket>[^/?]*).*)?"
)
_NATIVE: Final = lazy.compile(r"(?i)(?:https?://[^/]+)?/?(?:p/[^/]+/)?n/(?P<namespace>[^/]+)(?:/b/(?P<bucket>[^/?]+).*)?")
_OCI_URL: Final = lazy.compile(r"(?i)oci://(?P<bucket>[^@/]+)@(?P<namespace>[^/]+).*")
_CONSOLE: Final = lazy.compile(
    r"(?i)https?://cloud\.oracle\.com/object-storage/buckets/(?P<namespace>[^/?#]+)/(?P<bucket>[^/?#]+)(?:[/?#].*)?"
)
"""A bucket's page in Oracle's console."""
_S3_URL: Final = lazy.compile(r"(?i)s3[an]?://(?P<bucket>[^/]+)(?:/.*)?")

MAKE_KEY: Final = 'oci iam customer-secret-key create --user-id "$USER_OCID" --display-name planet'
"""Shows the secret once. ``id`` in its answer is the access key id, ``key`` the secret."""
KEY_LIST: Final = 'oci iam customer-secret-key list --user-id "$USER_OCID"'
NAMESPACE_LOOKUP: Final = "oci os ns get"
USER: Final = "USER_OCID is the id of the key's user: oci iam user list shows it."
"""What to say beside commands that take it."""


def _told_apart(text: str) -> bool:
    return text in regions.REALM_OF or ACCESS_KEY.fullmatch(text) is not None or SECRET_KEY.fullmatch(text) is not None


_SHAPES: Final[swaps.Shapes] = {
    "bucket": lambda text: _BUCKET.fullmatch(text) is not None and not _told_apart(text),
    "region": lambda text: text in regions.REALM_OF,
    "namespace": lambda text: _NAMESPACE.fullmatch(text) is not None and not _told_apart(text),
    "customer_access_key_id": lambda text: ACCESS_KEY.fullmatch(text) is not None,
    "customer_secret_key": lambda text: SECRET_KEY.fullmatch(text) is not None,
}


def lint(parameters: OracleParameters, options: Options) -> Iterator[Finding]:
    """Every finding of these parameters, in their order: names, region, and whether the key is a Customer Secret Key."""
    del options
    p = parameters
    yield from swaps.around(
        p,
        _SHAPES,
        judged(
            lambda: _bucket(p.bucket, known(p, "namespace", "")),
            lambda: _region(p.region),
            lambda: _namespace(p.namespace),
            lambda: _key_id(p.customer_access_key_id),
            lambda: _secret(p.customer_secret_key, known(p, "customer_access_key_id", "")),
        ),
    )


def short(key_id: str) -> str:
    """An access key id as it may be shown: the ends alone."""
    return f"{key_id[:4]}...{key_id[-4:]}" if ACCESS_KEY.fullmatch(key_id) else f"of {many(len(key_id), 'character')}"


# ---- names -----------------------------------------------------------------------------------------------------------


def _bucket(bucket: str, namespace: str) -> Iterator[Finding]:
    """``namespace`` may be empty: not known."""
    name, detail, meant = "bucket-name-invalid", "", ""
    folder, slash, inside = bucket.partition("/")
    form = next((form for form in (_OCI_URL, _S3_URL, _CONSOLE, _NATIVE, _HOST) if form.fullmatch(bucket)), None)
    if match := form and form.fullmatch(bucket):
        found = match["bucket"] if match["bucket"] and _BUCKET.fullmatch(match["bucket"]) else ""
        # An address of another tenancy says nothing of a bucket in this one.
        other = match.groupdict().get("namespace", namespace)
        meant = found if other.lower() == namespace and form is not _CONSOLE else ""
        correction = f", {meant}." if meant else f". Did you mean {found}?" if found else "."
        if namespace and other.lower() != namespace and _NAMESPACE.fullmatch(other.lower()):
            correction += f" It is an address of the namespace {other}, and namespace says {namespace[:80]}."
        name, detail = "bucket-is-url", f"bucket is an address; Planet wants the bucket's name alone{correction}"
    elif "://" in bucket:
        name, detail = "bucket-is-url", "bucket is an address; Planet wants the bucket's name alone."
    elif bucket.lower().startswith("ocid1."):
        detail = "bucket is an OCID; Planet and the S3 API know a bucket by its name."
    elif slash and folder == namespace and _BUCKET.fullmatch(inside):
        meant = inside
        detail = f"bucket holds the namespace as well; the name alone is {meant}."
    elif slash and _BUCKET.fullmatch(bucket.rstrip("/")):
        meant = bucket.rstrip("/")
        detail = f"bucket ends with a slash; the name is {meant}."
    elif not _BUCKET.fullmatch(bucket):
        wrong = sorted({each for each in bucket if not re.fullmatch(r"[A-Za-z0-9._-]", each)})
        reason = f"it holds {' '.join(map(repr, wrong[:5]))}" if wrong else f"it has {len(bucket)} characters"
        advice = " A folder belongs into the delivery's path_prefix, not into the bucket's name." if "/" in wrong else ""
        detail = f"An Oracle bucket's name has 1 to 256 letters, digits, dots, hyphens and underscores; {reason}.{advice}"
    if detail:
        pointer = "/parameters/bucket"
        yield catalog.finding(name, detail=detail, pointer=pointer, patch=catalog.replacement(pointer, meant))


def _namespace(namespace: str) -> Iterator[Finding]:
    pointer = "/parameters/namespace"
    look = Fix("Look the Object Storage namespace up; it is one word for the whole tenancy.", commands=(NAMESPACE_LOOKUP,))
    match = _NATIVE.fullmatch(namespace) or _OCI_URL.fullmatch(namespace) or _HOST.fullmatch(namespace)
    detail, meant = "", ""
    if match is not None:
        meant = match["namespace"].lower()
        detail = f"namespace is an address; the namespace in it is {meant}."
    elif namespace.lower().startswith("ocid1."):
        detail = f"namespace is the OCID of a {_kind_of_ocid(namespace)}; the Object Storage namespace is a short word."
    elif namespace.lower() in regions.REALM_OF:
        detail = f"namespace is the region {namespace.lower()}; the namespace is the tenancy's own word."
    elif ACCESS_KEY.fullmatch(namespace):
        detail = "namespace looks like an access key id; the namespace is the tenancy's own word."
    elif namespace != namespace.lower() and _NAMESPACE.fullmatch(namespace.lower()):
        meant = namespace.lower()
        detail = f"A namespace is lower case: {meant}."
    elif not _NAMESPACE.fullmatch(namespace):
        detail = "namespace holds characters that no host name can hold; it becomes the first part of the host."
    if detail:
        patch = catalog.replacement(pointer, meant) if meant and _NAMESPACE.fullmatch(meant) else ()
        yield catalog.finding("namespace-invalid", detail=detail, pointer=pointer, fix=look, patch=patch)


def _kind_of_ocid(ocid: str) -> str:
    words = ocid.split(".")
    return words[1].lower() if len(words) > 1 and re.fullmatch(r"[A-Za-z]{2,30}", words[1]) else "resource"


# ---- region ----------------------------------------------------------------------------------------------------------


def _region(region: str) -> Iterator[Finding]:
    pointer = "/parameters/region"
    malformed = partial(catalog.finding, "region-malformed", pointer=pointer)
    lowered = region.lower()
    realm = regions.REALM_OF.get(region)
    tidy = re.sub(r"[\s_]+", "-", lowered)
    if realm == regions.PUBLIC_REALM:
        return
    if realm is not None:
        yield catalog.finding(
            "region-not-commercial",
            detail=f"{region} belongs to Oracle's realm {realm} ({regions.REALMS[realm]}), which is not the commercial cloud. "
            "Whether Planet can deliver there is not known: ask Planet.",
            pointer=pointer,
            evidence={"realm": realm},
        )
    elif meant := regions.OF_SHORT_CODE.get(lowered):
        detail = f"{region} is a region's short code; Planet and the S3 API want the identifier, {meant}."
        yield malformed(detail=detail, patch=catalog.replacement(pointer, meant))
    elif tidy in regions.REALM_OF:
        detail = f"A region's identifier is lower case with hyphens: {tidy}."
        yield malformed(detail=detail, patch=catalog.replacement(pointer, tidy))
    elif _AMAZON_REGION.fullmatch(lowered):
        yield malformed(
            detail=f"{region} is a region of another cloud. Oracle looks a key that is signed for such a region up in the tenancy's "
            "home region alone, so that it may even seem to work. Oracle's own identifiers name a city, such as us-ashburn-1.",
        )
    else:
        yield _strange_region(region, pointer)


def _strange_region(region: str, pointer: str) -> Finding:
    near = regions.near(region) if len(region) <= 100 else ()
    hint = ""
    if near:
        *others, last = near[:3]
        hint = f" Is {', '.join(others)} or {last} meant?" if others else f" Is {last} meant?"
    if _WELL_FORMED_REGION.fullmatch(region):
        return catalog.finding(
            "region-unknown",
            detail=f"{region} is none of Oracle's {len(regions.REALM_OF)} published regions.{hint} "
            f"Dedicated regions are not published; the host is taken to end with {regions.domain(region)}.",
            pointer=pointer,
            evidence={"near": ", ".join(near[:3])} if near else {},
        )
    # The name of a city is how Oracle itself calls a region; anything else is a guess.
    sure = len(near) == 1 and _city(region) == near[0].split("-")[-2]
    return catalog.finding(
        "region-malformed",
        detail=f"region is not one of Oracle's identifiers, such as us-ashburn-1.{hint}",
        pointer=pointer,
        fix=Fix("Set region to the identifier of the bucket's region, as the bucket's page in Oracle's console shows it."),
        patch=catalog.replacement(pointer, near[0] if sure else ""),
    )


def _city(region: str) -> str:
    """``frankfurt`` of Frankfurt, and of Germany Central (Frankfurt)."""
    inside = region.partition("(")[2].partition(")")[0] or region
    return re.sub(r"[\W_]", "", inside.lower())


# ---- the key ---------------------------------------------------------------------------------------------------------


def _foreign(value: str) -> str:
    """What a value is, if it is another kind of credential than a part of a Customer Secret Key."""
    if value.lower().startswith("ocid1."):
        return f"the OCID of a {_kind_of_ocid(value)}"
    if "-----BEGIN" in value:
        return "a private key (an API signing key)"
    if _FINGERPRINT.fullmatch(value):
        return "the fingerprint of an API signing key"
    if _AMAZON_KEY.fullmatch(value):
        return "an identifier of Amazon Web Services"
    return ""


def _key_id(key_id: str) -> Iterator[Finding]:
    finding = partial(catalog.finding, pointer="/parameters/customer_access_key_id")
    foreign = _foreign(key_id) or ("an e-mail address" if _EMAIL.fullmatch(key_id) else "")
    if foreign:
        yield finding(
            "not-an-access-key",
            detail=f"customer_access_key_id is {foreign}. Planet speaks to Oracle through its S3 API, which takes a Customer Secret Key alone.",
            fix=Fix(
                f"Make a Customer Secret Key for the user that Planet is to be: its id is the access key id. {USER}",
                (MAKE_KEY,),
            ),
        )
    elif found := of_both(key_id, _HALVES, 0):
        yield found
    elif not ACCESS_KEY.fullmatch(key_id):
        lower = " It is one but for its upper case letters." if ACCESS_KEY.fullmatch(key_id.lower()) else ""
        yield finding(
            "credentials-unusual",
            detail=f"customer_access_key_id has {many(len(key_id), 'character')}; those seen so far are 40 digits and letters a to f.{lower} "
            "Oracle promises no form, so it may be right.",
            confidence=Confidence.POSSIBLE,
            fix=Fix(
                f"Compare it with the ids of the user's keys. {USER}",
                (KEY_LIST,),
            ),
        )


def _secret(secret: Secret, key_id: str) -> Iterator[Finding]:
    text = secret.reveal()
    finding = partial(catalog.finding, pointer="/parameters/customer_secret_key")
    renew = Fix("Oracle shows a secret once: if it is lost, make a new key.", (MAKE_KEY,))
    foreign = _foreign(text)
    if foreign or text == key_id:
        what = foreign or "the same as customer_access_key_id"
        yield finding("secret-malformed", detail=f"customer_secret_key is {what}.", fix=renew)
    elif found := of_both(text, _HALVES, 1, other=key_id):
        yield found
    elif not SECRET_KEY.fullmatch(text):
        yield finding(
            "credentials-unusual",
            detail=f"customer_secret_key has {many(len(text), 'character')}; those seen so far are 44 of base64, ending with =.{_guess(text)} "
            "Oracle promises no form, so it may be right.",
            confidence=Confidence.POSSIBLE,
            fix=renew,
        )


def _guess(secret: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9+/]{43}", secret):
        return " The = at its end seems to be missing."
    if ACCESS_KEY.fullmatch(secret):
        return " It looks like an access key id."
    if "%" in secret:
        return " It seems to be URL-encoded."
    if len(secret) <= 32 and re.search(r"[^A-Za-z0-9+/=]", secret):
        return " It may be an auth token, which the S3 API does not take."
    return ""
