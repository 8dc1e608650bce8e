"""What an error means that somebody already has: a traceback, a log line, a body, Planet's own refusal. Offline; nothing is kept.

The judgement is that of a check: the same provider reads the answer, the same rules name the finding.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING
from typing import Any, Final

from validator import providers
from validator.checking.diagnosis import DENIED_OF
from validator.checking.diagnosis import diagnose as judge
from validator.core import catalog
from validator.core.errors import ValidatorError
from validator.core.model import VERIFICATION_FILE, Confidence, Finding, Kind, Mode, Observation, Operation, Secret, Severity
from validator.core.redaction import Redactor
from validator.core.values import dataclass, field, replace
from validator.diagnosing.kept_answers import LONGEST, KeptAnswer, find, operation_in
from validator.providers.base import Failure, HttpAnswer, Options, Provider, declared

__all__ = ["LONGEST", "Diagnosed", "Diagnosis", "diagnose"]

_TYPE_OF: Final = {"azure": "azure_blob_storage", "google": "google_cloud_storage", "oracle": "oracle_cloud_storage"}
_AMAZON: Final = re.compile(
    r"(?i)amazonaws\.com|\barn:aws|x-amz-bucket-region|\baws (?:s3|s3api)\b|with an explicit deny in an? "
)
_VENDORS: Final = re.compile(
    r"(?i)r2\.cloudflarestorage|wasabisys|backblazeb2|digitaloceanspaces|minio|linodeobjects|scw\.cloud|aliyuncs|myhuaweicloud|myqcloud|ceph"
    r"|\btx[0-9a-f]{18,}-|--endpoint-url|endpoint_url|ovh\.net|idrivee2|exo\.io|contabo|vultrobjects|your-objectstorage"
)
UNKNOWN: Final = frozenset({"unrecognised-answer", "unexplained-refusal"})
"""What is said of words that no row knows."""
_PLANET_NAME: Final = re.compile(
    r"(?i)\bname\b.{0,80}\b(?:already (?:exists|in use|taken)|must be unique|is taken)|already (?:exists|in use).{0,80}\bname\b"
)
_PLANET_QUOTA: Final = re.compile(
    r"(?i)\b(?:maximum|limit|quota)\b.{0,60}\bdestinations?\b|\bdestinations?\b.{0,60}\b(?:maximum|limit|quota)\b"
)


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """One answer in the text, and what it means."""

    type: str
    """The destination type that it was judged for; empty for an answer of Planet's own."""
    finding: Finding
    operation: Operation | None
    """What was refused; None where the text does not tell."""
    where: str
    """In what it was found, such as ``a boto3 ClientError``."""
    status: int | None
    code: str
    message: str
    known: tuple[str, ...] = ()
    """What the text tells, one sentence each."""
    unknown: tuple[str, ...] = ()
    """What it does not tell."""
    alternatives: Mapping[str, str] = field(default_factory=dict)
    """Where the operation is not told: the finding for each operation it may have been."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found in a text. Everything in it is redacted."""

    answers: tuple[Diagnosed, ...]
    """In the order in which they stand in the text; empty if it holds none."""
    cut: bool = False
    """The text was longer than what is looked at: its end was judged."""

    @property
    def recognised(self) -> bool:
        """Whether at least one answer is of a kind that is known here."""
        return any(each.finding.name not in UNKNOWN for each in self.answers)


def diagnose(text: str, *, type: str | None = None) -> Diagnosis:  # noqa: A002 - the name of the option and of Planet's field
    """Find the answers of a store, or of Planet, in a text, and say what each means.

    Args:
        text: a traceback, log, tool's message or body. Of more than ``LONGEST`` characters, the last are judged.
        type: Planet's name of the destination type, or a short one (``s3``, ``gcs``, ``azure``, ``ocs``), where the text does not tell it.

    Raises ValidatorError for a type that nobody knows.
    """
    given = _settled(type)
    redactor = Redactor(_secrets(text[-LONGEST:]))
    told = [_diagnosed(each, given) for each in find(text)]
    return redactor.value(Diagnosis(tuple(told), cut=len(text) > LONGEST))


def _settled(given: str | None) -> str | None:
    if given is None:
        return None
    name = providers.full_name(given)
    if not providers.known(name):
        raise ValidatorError(
            f"there is no destination type {given[:80]!r}: there are {', '.join((*providers.types(), *providers.SHORT_TYPES))}"
        )
    return name


_KEYS: Final = re.compile(
    r"(?i)(?:secret|password|token|credential|account_?key|signature|authorization)[\w-]{0,16}[\"']?\s{0,3}[:=]\s{0,3}[\"']?([^\s\"',&<>]{8,2000})"
)


def _secrets(text: str) -> list[str]:
    """Values that the text itself calls secret."""
    return [found[1] for found in list(_KEYS.finditer(text))[:200]]


# ---- one answer ------------------------------------------------------------------------------------------------------


def _diagnosed(kept: KeptAnswer, given: str | None) -> Diagnosed:
    if kept.family == "planet":
        return _planets(kept)
    type_, sure = (given, True) if given else _type(kept)
    first = _as(type_, kept, sure=sure)
    if sure or type_ != "amazon_s3" or first.finding.name not in UNKNOWN:
        return first
    # Nothing tells whose S3 it is, and Amazon never says this: another store's table may know it.
    other = _as("s3_compatible", kept, sure=False)
    return first if other.finding.name in UNKNOWN else other


def _as(type_: str, kept: KeptAnswer, *, sure: bool) -> Diagnosed:
    """The answer, judged by the table of one type."""
    provider = providers.find(type_)
    assert provider is not None  # noqa: S101 - _settled and _type name known ones alone
    places = _places(kept)
    parameters = _stand_in(provider, places)
    observed = {each: _observed(provider, kept, each) for each in Operation}
    asked = kept.operation or _by_permission(observed[Operation.WRITE])
    seen = observed[asked or Operation.WRITE]
    options = Options()
    found = {each: _judged(provider, parameters, observed[each], each, places, options) for each in Operation}
    finding = found[asked or Operation.WRITE]
    alternatives: dict[str, str] = {}
    if asked is None and len({each.name for each in found.values()}) > 1:
        alternatives = {str(operation): each.name for operation, each in found.items()}
        finding = replace(finding, confidence=_weaker(finding.confidence))
    known, unknown = _told(kept, seen, type_, asked, sure=sure, alternatives=alternatives, places=places)
    return Diagnosed(type_, finding, asked, kept.where, seen.status, seen.code, seen.message, known, unknown, alternatives)


def _type(kept: KeptAnswer) -> tuple[str, bool]:
    """The type of an answer, and whether the text tells it."""
    if kept.family in _TYPE_OF:
        return _TYPE_OF[kept.family], True
    around = kept.around
    if kept.family in ("network", ""):
        for pattern, type_ in (
            (r"\.blob\.|azure", "azure_blob_storage"),
            (r"googleapis|gs://|google", "google_cloud_storage"),
            (r"oraclecloud", "oracle_cloud_storage"),
        ):
            if re.search(pattern, around, re.IGNORECASE):
                return type_, True
    if re.search(r"(?i)oraclecloud\.com|opc-request-id", around):
        return "oracle_cloud_storage", True
    if _VENDORS.search(around) and not _AMAZON.search(around):
        return "s3_compatible", True
    return "amazon_s3", _AMAZON.search(around) is not None


_METHOD: Final = {Operation.WRITE: "PUT", Operation.DELETE: "DELETE", Operation.READ: "GET", Operation.LIST: "GET"}


def _observed(provider: Provider, kept: KeptAnswer, asked: Operation) -> Observation:
    """What the answer says, if it is the answer to ``asked``."""
    if kept.family == "network":
        return Observation(Kind.UNREACHABLE, code=kept.code, message=kept.message)
    status = kept.status or _usual(kept.code)
    if provider.read_answer is None:
        return Observation(Kind.OTHER, status, kept.code, kept.message)
    method = kept.method if kept.operation is asked and kept.method else _METHOD[asked]
    answer = HttpAnswer(
        status, kept.headers, kept.body, method, kept.url, token=kept.token, operation=asked, partial=kept.family != ""
    )
    seen = provider.read_answer(answer)
    return replace(seen, server_date=None)  # its clock is compared with ours, and the text may be old


def _usual(code: str) -> int:
    """The status that a code comes with, where the text leaves it out."""
    for pattern, status in (
        (r"PreconditionFailed|ConditionNotMet|Lease\w*", 412),
        (r"NoSuch\w+|\w*NotFound", 404),
        (
            r"\w*Immutable\w*|\w*Exists|SnapshotsPresent|\w*BeingDeleted|PublicAccessNotPermitted|OperationAborted|Concurrent\w+|InvalidObjectState|Blob\w+",
            409,
        ),
        (r"NoAuthenticationInformation|NotAuthenticated|Unauthorized", 401),
        (r"SlowDown\w*|ServiceUnavailable|ServerBusy|XMinioBackendDown", 503),
        (r"Internal(?:Server)?Error|OperationTimedOut", 500),
        (r"X?NotImplemented", 501),
        (r"PermanentRedirect|MovedPermanently", 301),
        (
            r"Bad(?:DomainName|Request)|Invalid\w*(?:Name|Value|Argument|Request|Uri)|OutOfRangeInput|BadDigest|AuthorizationHeaderMalformed|EntityTooLarge|MissingContentLength",
            400,
        ),
        (r"MethodNotAllowed|UnsupportedHttpVerb", 405),
    ):
        if re.fullmatch(pattern, code) and code != "KeyVaultEncryptionKeyNotFound":
            return status
    return 403


def _by_permission(seen: Observation) -> Operation | None:
    permission = seen.evidence.get("permission", "")
    if permission == "storage.objects.delete":
        return None  # an overwrite asks for it as well
    return operation_in(f"{seen.evidence.get('action', '')} {permission}".replace("s3:", ""))


def _judged(
    provider: Provider, parameters: Any, seen: Observation, operation: Operation, places: Mapping[str, str], options: Options
) -> Finding:
    failure = Failure(operation, places["key"], Mode.REHEARSED, seen)
    finding = judge(provider, parameters, failure, options)
    entry = catalog.entry(finding.name)
    # A check weighs a refusal of reading by what else it saw; alone, a finding weighs what it weighs.
    return replace(finding, severity=entry.severity if finding.severity is Severity.WARNING else finding.severity)


def _weaker(confidence: Confidence) -> Confidence:
    return Confidence.LIKELY if confidence is Confidence.CONFIRMED else Confidence.POSSIBLE


# ---- names in the text -----------------------------------------------------------------------------------------------

_BUCKETS: Final = (
    re.compile(r"\b(?:s3|gs|oci)://([a-z0-9][a-z0-9._-]{1,221})(?:/([^\s'\"]{1,300}))?"),
    re.compile(r"arn:aws[\w-]{0,12}:s3:::([a-z0-9][a-z0-9.-]{1,62})(?:/([^\s'\"*]{1,300}))?"),
    re.compile(r"/b/([a-z0-9][a-z0-9._-]{1,221})/o(?:/([^\s'\"?]{1,300}))?"),
    re.compile(r"https?://([a-z0-9][a-z0-9.-]{1,62})\.s3[.-][a-z0-9.-]{0,40}amazonaws\.com(?:/([^\s'\"?]{1,300}))?"),
    re.compile(r"<BucketName>([a-z0-9][a-z0-9.-]{1,62})</BucketName>()"),
)
_BLOB: Final = re.compile(
    r"\b([a-z0-9]{3,24})\.(?:blob|dfs)\.([a-z]+\.[a-z.]{3,60})(?:/([a-z0-9$-]{3,63})(?:/([^\s'\"?]{1,300}))?)?"
)


def _places(kept: KeptAnswer) -> dict[str, str]:
    """The names that commands need, where the text has them; words in capitals where it has not."""
    text = f"{kept.url} {kept.around}"
    blob = _BLOB.search(text)
    found = next((each for pattern in _BUCKETS if (each := pattern.search(text))), None)
    key = (blob[4] if blob else found[2] if found else "") or VERIFICATION_FILE
    region = re.search(r"\b((?:[a-z]{2}|us-gov|us-iso\w?)-[a-z]+-\d)\b", text)
    return {
        "bucket": found[1] if found else "BUCKET",
        "account": blob[1] if blob else "ACCOUNT",
        "container": (blob[3] if blob else "") or "CONTAINER",
        "storage_endpoint_suffix": blob[2].rstrip(".") if blob else "core.windows.net",
        "region": region[1] if region else "REGION",
        "key": key.rstrip(".,:;)"),
    }


def _stand_in(provider: Provider, places: Mapping[str, str]) -> Any:
    """Parameters to speak about: names from the text, and no credentials."""
    known = {**places, "aws_region": places["region"], "endpoint": "https://ENDPOINT", "namespace": "NAMESPACE"}
    values: dict[str, Any] = {}
    for each in declared(provider.Parameters):
        if each.metadata["kind"] == "secret":
            values[each.name] = Secret("")
        elif each.name in known:
            values[each.name] = known[each.name]
        elif each.default is not MISSING:
            values[each.name] = each.default
        else:
            values[each.name] = each.name.upper()
    return provider.Parameters(**values)


# ---- in words --------------------------------------------------------------------------------------------------------


def _told(
    kept: KeptAnswer, seen: Observation, type_: str, asked: Operation | None, *, sure: bool, alternatives: Mapping[str, str],
    places: Mapping[str, str],
) -> tuple[tuple[str, ...], tuple[str, ...]]:  # fmt: skip
    known = [
        f"Found in {kept.where}: {' '.join(part for part in (str(kept.status or ''), seen.code) if part) or 'no status and no code'}."
    ]
    if asked is not None:
        known.append(f"It answers a {asked}.")
    unknown = []
    if not sure:
        unknown.append(f"Whose store it is: it was judged as {type_} (--type tells).")
    if kept.status is None and kept.family != "network":
        unknown.append("The HTTP status: the usual one of that code was taken.")
    if alternatives:
        told = ", ".join(f"{name} for a {operation}" for operation, name in alternatives.items() if name in DENIED_OF.values())
        unknown.append(f"Which operation was refused{f': it is {told}' if told else ''}.")
    missing = [each for each in ("bucket", "account", "container") if places[each].isupper() and _has(type_, each)]
    if missing:
        unknown.append(
            f"The {' and the '.join(missing)}: put {'its name' if len(missing) == 1 else 'their names'} into the commands."
        )
    unknown.append("Whether it is still so: nothing was asked. planet-validator check asks.")
    return tuple(known), tuple(unknown)


def _has(type_: str, name: str) -> bool:
    provider = providers.find(type_)
    return provider is not None and any(each.name == name for each in declared(provider.Parameters))


def _planets(kept: KeptAnswer) -> Diagnosed:
    said = " ".join(kept.message.split())[:600]
    if _PLANET_NAME.search(said):
        name = "name-taken"
    elif _PLANET_QUOTA.search(said):
        name = "quota-reached"
    elif kept.status is not None and kept.status >= 500:
        name = "planet-unreachable"
    else:
        name = "planet-rejected"
    detail = f'Planet says: "{said}".' if said else ""
    finding = catalog.finding(
        name, detail=detail, confidence=Confidence.LIKELY if name != "planet-rejected" else Confidence.POSSIBLE
    )
    if name == "planet-rejected":
        finding = replace(
            finding,
            detail=f"{detail} It quotes no answer of the store, so the cause is not known from it.".strip(),
            fix=replace(finding.fix, summary="Run planet-validator check on the destination: it asks the store itself.")
            if finding.fix
            else None,
        )
    status = f" ({kept.status})" if kept.status else ""
    known = (f"Found in {kept.where}{status}: Planet's own words, not the store's.",)
    unknown = ("What the store answered to Planet.", "Whether it is still so: nothing was asked. planet-validator check asks.")
    return Diagnosed("", finding, None, kept.where, kept.status, "", said, known, unknown)


def documents(diagnosis: Diagnosis) -> Sequence[Mapping[str, Any]]:
    """The answers as plain values, for JSON."""
    return [_document(each) for each in diagnosis.answers]


def _document(each: Diagnosed) -> Mapping[str, Any]:
    from validator.formats.json import finding as finding_document

    return {
        "type": each.type or None,
        "operation": str(each.operation) if each.operation else None,
        "found_in": each.where,
        "provider": {"http_status": each.status, "code": each.code, "message": each.message},
        "finding": finding_document(each.finding),
        "alternatives": dict(each.alternatives),
        "known": list(each.known),
        "unknown": list(each.unknown),
    }
