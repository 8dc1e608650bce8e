"""How Google's answers look in text that somebody kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from validator.core.model import Operation
from validator.providers.base.in_text import REST, InText, KeptAnswer, ToolForm, ToolMessage
from validator.providers.common.kept import STATUSES

FORM: Final = "google"
_WHO: Final = r"(?P<who>Anonymous caller|\S{1,254})$"

_TOOLS: Final = (
    # The SDK says of a download, after the message, what it expected instead.
    ToolForm("a google.api_core exception", r"\b(?P<status>[45]\d\d) (?P<method>GET|POST|PUT|DELETE|PATCH|HEAD) (?P<url>https?://[^\s{}]{1,1500}?): (?P<message>[^\n]{0,2000}?)(?=: \('Request failed with status code'|\n|$)"),
    ToolForm("an error of Google's library for Go (rclone, terraform)", r"googleapi: Error (?P<status>\d{3}): (?P<message>[^\n]{0,2000}?)(?:, (?P<code>[A-Za-z]{4,60}))?(?=\"?\s{0,3}(?:$|\n))"),
    ToolForm("a message of gcloud", rf"HTTPError (?P<status>\d{{3}}): {REST}"),
    ToolForm("a message of gcloud", r"does not have permission to access \w{1,20} instance \[[^\]\n]{0,300}\] \(or it may not exist\): (?P<message>[^\n]{0,2000}?)(?: This command is authenticated as [^\n]{0,300})?(?:\n|$)", 403),
    ToolForm("a message of gsutil", rf"(?:AccessDenied|BadRequest|NotFound|BucketNotFound|Precondition|Service|Arguments)Exception: (?P<status>\d{{3}}) {REST}"),
    ToolForm("a refusal of Google's token endpoint", r"\b(?P<code>invalid_grant|invalid_client|deleted_client|disabled_client|unauthorized_client|admin_policy_enforced|invalid_scope)\b(?:\W{1,8}(?:(?:error_)?[Dd]escription\W{1,6})?(?P<message>[A-Z][^'\"\n{}\\]{0,400}))?", 400, token=True),
    ToolForm("a google.auth exception", r"RefreshError: \('(?P<code>[a-z_]{4,40}): (?P<message>[^'\n]{0,400})'", 400, token=True),
    ToolForm("a sentence of Google's", r"(?P<message> does not have storage\.\w{1,40}\.\w{1,60} access to [^\n]{0,600})", 403, before=_WHO),
)  # fmt: skip


def _owns_xml(elements: Mapping[str, str], text: str) -> bool:
    return (
        "Details" in elements
        and "HostId" not in elements
        and re.search(r"googleapis|gs://|google|VPC Service|billing account", text) is not None
    )


def _document(value: Mapping[str, Any]) -> KeptAnswer | None:
    error, body = value.get("error"), json.dumps(value).encode()
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        code = error.get("code")
        if isinstance(code, str) and not isinstance(error.get("errors"), list):
            return None
        return KeptAnswer(FORM, "a JSON body", code if isinstance(code, int) else None, body=body, message=error["message"])
    if isinstance(error, str) and re.fullmatch(r"[a-z_]{4,40}", error):
        description = str(value.get("error_description") or "")
        return KeptAnswer(FORM, "an answer of the token endpoint", 400, body=body, code=error, message=description, token=True)
    return None


def _body(message: ToolMessage) -> bytes:
    if message.token:
        return json.dumps({"error": message.code, "error_description": message.message}).encode()
    reasons = [{"message": message.message, "domain": "global", "reason": message.code}]
    document = {"error": {"code": message.status or 403, "message": message.message, "errors": reasons}}
    return json.dumps(document).encode()


_IN_TEXT: Final = InText(
    form=FORM,
    words=re.compile(r"(?i)googleapis|gs://|google"),
    owns_xml=_owns_xml,
    document=_document,
    tools=_TOOLS,
    body=_body,
    asks={
        Operation.DELETE: r"storage\.objects\.delete",
        Operation.LIST: r"storage\.objects\.list",
        Operation.WRITE: r"storage\.objects\.create",
        Operation.READ: r"storage\.objects\.get\b",
    },
    shared_permissions=frozenset({"storage.objects.delete"}),  # an overwrite asks for it as well
    statuses=STATUSES,
    places=(
        re.compile(r"\bgs://(?P<bucket>[a-z0-9][a-z0-9._-]{1,221})(?:/(?P<key>[^\s'\"]{1,300}))?"),
        re.compile(r"/b/(?P<bucket>[a-z0-9][a-z0-9._-]{1,221})/o(?:/(?P<key>[^\s'\"?]{1,300}))?"),
    ),
)


def in_text() -> InText:
    """See the seam."""
    return _IN_TEXT
