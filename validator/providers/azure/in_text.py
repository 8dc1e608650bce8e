"""How Azure's answers look in text that somebody kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from validator.core.model import Operation
from validator.core.values import replace
from validator.providers.azure.rules import CODES, KINDS
from validator.providers.base.in_text import InText, KeptAnswer, ToolForm, ToolMessage
from validator.providers.common.kept import STATUSES, flat, xml

FORM: Final = "azure"
_OWN_CODES: Final = {*CODES, *KINDS} - {"InternalError", "InvalidUri"}
"""Codes that no S3 store gives."""
_MOST: Final = 20
"""Codes that are looked at."""
_CODE: Final = re.compile(
    r"(?:ErrorCode|Error[ _]code|ERROR CODE|errorCode|[Xx]-[Mm]s-[Ee]rror-[Cc]ode|StorageErrorCode)[\"']?\s?[:=]\s?[\[\"']?(?P<code>[A-Z]\w{3,80})"
)
_DETAIL: Final = re.compile(r"(?i)authentication ?error ?detail[\"']?\s?[:=]\s?[\"']?([^\n<\"]{1,1500})")
_SENTENCE: Final = re.compile(r"(?:^|\n|[:(>\"] ?)([A-Z][^\n:]{5,300})\n\s{0,20}RequestId:")
_SENTENCES: Final[Mapping[str, str]] = {
    "This request is not authorized to perform this operation using this permission": "AuthorizationPermissionMismatch",
    "This request is not authorized to perform this operation using this resource type": "AuthorizationResourceTypeMismatch",
    "This request is not authorized to perform this operation using this service": "AuthorizationServiceMismatch",
    "This request is not authorized to perform this operation using this protocol": "AuthorizationProtocolMismatch",
    "This request is not authorized to perform this operation using this source IP": "AuthorizationSourceIPMismatch",
    "This request is not authorized to perform blob overwrites": "UnauthorizedBlobOverwrite",
    "This request is not authorized by network security perimeter": "AuthorizationFailure",
    "This request is not authorized to perform this operation": "AuthorizationFailure",
    "Key based authentication is not permitted on this storage account": "KeyBasedAuthenticationNotPermitted",
    "Public access is not permitted on this storage account": "PublicAccessNotPermitted",
    "Server failed to authenticate the request. Make sure the value of": "AuthenticationFailed",
    "Server failed to authenticate the request. Please refer to": "NoAuthenticationInformation",
    "The specified container does not exist": "ContainerNotFound",
    "The specified container is being deleted": "ContainerBeingDeleted",
    "The specified account is disabled": "AccountIsDisabled",
    "There is currently a lease on the blob": "LeaseIdMissing",
    "This operation is not permitted because the blob has snapshots": "SnapshotsPresent",
    "the blob is immutable due to a policy": "BlobImmutableDueToPolicy",
    "the blob is immutable due to one or more legal holds": "BlobImmutableDueToLegalHold",
    "The specified blob already exists": "BlobAlreadyExists",
}


def _messages(text: str) -> Iterator[ToolMessage]:
    codes = [(each["code"], each.start(), each.end()) for each in list(_CODE.finditer(text))[:_MOST]]
    if not codes:
        for sentence, code in _SENTENCES.items():
            at = text.find(sentence)
            if at >= 0 and not any(start <= at < end for _, start, end in codes):
                codes.append((code, at, at + len(sentence)))
    for code, start, end in codes:
        window = text[max(0, start - 1500) : end + 1500]
        quoted = _SENTENCE.search(window)
        message = quoted[1] if quoted else next((sentence for sentence in _SENTENCES if sentence in window), "")
        detail = _DETAIL.search(window)
        yield ToolMessage(
            FORM, "an error of an Azure SDK or tool", None, code, message, start, end, detail[1].strip() if detail else ""
        )


def _body(message: ToolMessage) -> bytes:
    return _xml({"code": message.code, "message": message.message, "authenticationerrordetail": message.detail})


def _xml(values: Mapping[str, Any]) -> bytes:
    named = {"code": "Code", "message": "Message", "authenticationerrordetail": "AuthenticationErrorDetail"}
    fits = {name: text for name, text in values.items() if isinstance(text, str) and re.fullmatch(r"[A-Za-z]{1,60}", name)}
    return xml({named.get(name.lower(), name): text for name, text in fits.items()})


def _owns_xml(elements: Mapping[str, str], text: str) -> bool:
    """By Azure's elements, by how its message ends, or by a code of its own in a document without the elements of S3's."""
    del text
    message = elements.get("Message", "")
    if "AuthenticationErrorDetail" in elements or re.search(r"RequestId:[\w-]{8,60}(?:\s|\\n){1,20}Time:", message):
        return True
    return elements.get("Code", "") in _OWN_CODES and not {"RequestId", "HostId", "Resource", "TraceId"} & set(elements)


def _document(value: Mapping[str, Any]) -> KeptAnswer | None:
    error = value.get("error")
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        code = error.get("code")
        if isinstance(code, str) and not isinstance(error.get("errors"), list):
            return KeptAnswer(FORM, "a JSON body", body=json.dumps(value).encode(), code=code, message=error["message"])
        return None
    answer = flat(value, FORM)
    if answer is None or not (
        re.search(r"RequestId:[\w-]{8,}", answer.message) or b"authenticationerrordetail" in answer.body.lower()
    ):
        return None
    return replace(answer, body=_xml(value))


_IN_TEXT: Final = InText(
    form=FORM,
    signs=re.compile(r"(?i)x-ms-(?:request-id|error-code|version)|\.(?:blob|dfs)\.(?:core|storage)\.|azure\.(?:core|storage)"),
    words=re.compile(r"(?i)\.blob\.|azure"),
    owns_xml=_owns_xml,
    document=_document,
    tools=(
        ToolForm(
            "a message of the az command",
            r"You do not have the required permissions needed to perform this operation",
            403,
            code="AuthorizationPermissionMismatch",
        ),
    ),
    messages=lambda text: tuple(_messages(text)),
    body=_body,
    code_header="x-ms-error-code",
    assumed_headers={"x-ms-request-id": "not in the text"},
    asks={
        Operation.DELETE: r"\bdelete_blob",
        Operation.LIST: r"\blist_blobs|\bList Blobs|comp=list",
        Operation.WRITE: r"\bPut Blob",
        Operation.READ: r"\bGet Blob",
    },
    statuses=(
        (r"KeyVaultEncryptionKeyNotFound", 403),
        (r"ConditionNotMet|Lease\w*", 412),
        (r"ServerBusy", 503),
        (r"OutOfRangeInput", 400),
        (r"UnsupportedHttpVerb", 405),
        (r"NoAuthenticationInformation", 401),
        *STATUSES,
        (r"\w*Immutable\w*|SnapshotsPresent|\w*BeingDeleted|PublicAccessNotPermitted|Blob\w+", 409),
    ),
    places=(
        re.compile(
            r"\b(?P<account>[a-z0-9]{3,24})\.(?:blob|dfs)\.(?P<storage_endpoint_suffix>[a-z]+\.[a-z.]{3,60})"
            r"(?:/(?P<container>[a-z0-9$-]{3,63})(?:/(?P<key>[^\s'\"?]{1,300}))?)?"
        ),
    ),
)


def in_text() -> InText:
    """See the seam."""
    return _IN_TEXT
