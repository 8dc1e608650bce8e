"""Google Cloud Storage in the matrix: bodies as the real cloud sends them, where these are known."""

from __future__ import annotations

import base64
import json
import re
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.conformance.case import DELETE, LIST, READ, REHEARSE_DELETE, REHEARSE_WRITE, WRITE, Case, Row, Store
from tests.support.wire import Answer, Request, Wire
from validator.checking.assemble import Settings
from validator.demo.emulators.gcs import answers
from validator.demo.emulators.gcs.accounts import Account, ServiceKey, pem, private_key
from validator.demo.emulators.gcs.api import Cloud
from validator.demo.emulators.http import Reply
from validator.demo.emulators.http import Request as EmulatedRequest

TYPE = "google_cloud_storage"
BUCKET = "imagery-in"
EMAIL = "planet@example-project.iam.gserviceaccount.com"
KEY = ServiceKey("0123456789abcdef0123456789abcdef01234567", private_key(0, bits=1024))
PERMISSION = {
    REHEARSE_DELETE: "storage.objects.delete",
    REHEARSE_WRITE: "storage.objects.create",
    WRITE: "storage.objects.create",
    READ: "storage.objects.get",
    LIST: "storage.objects.list",
    DELETE: "storage.objects.delete",
}


def _account(token_uri: str) -> Account:
    return Account(EMAIL, token_uri, [KEY]).allow("storage.objects.create", "storage.objects.get", "storage.objects.delete")


class GoogleStore(Store):
    """The stand-in's own logic, with its bucket shown as a plain dictionary."""

    def __init__(self) -> None:
        super().__init__()
        from datetime import UTC, datetime

        self.now = lambda: datetime.now(UTC)
        self.cloud = Cloud("http://127.0.0.1/token", self.now)
        self.cloud.accounts[EMAIL] = _account("http://127.0.0.1/token")
        self.bucket = self.cloud.bucket(BUCKET)
        self.turn = threading.Lock()

    def handle(self, request: Request) -> Answer:
        with self.turn:
            for key, data in self.objects.items():
                if key not in self.bucket.objects:
                    self.bucket.put(key, data, self.now())
            reply = self.cloud.handle(EmulatedRequest(request.method, request.path, request.headers, request.body))
            self.objects.clear()
            self.objects.update({key: each.data for key, each in self.bucket.objects.items()})
        return _answer(reply)


def _answer(reply: Reply) -> Answer:
    return Answer(reply.status, reply.headers, reply.body)


def source(wire: Wire, **changes: Any) -> dict[str, Any]:
    credentials = _account(f"{wire.url}/token").credentials()
    return {"name": "gcs destination", "type": TYPE, "parameters": {"bucket": BUCKET, "credentials": credentials, **changes}}


def _step(request: Request) -> str:
    split = urlsplit(request.path)
    query = parse_qs(split.query)
    condition = query.get("ifGenerationMatch", [""])[0]
    if split.path == "/token":
        return "token"
    if split.path.endswith("/iam/testPermissions"):
        return "witness"
    if request.method == "DELETE":
        return REHEARSE_DELETE if condition == "1" else DELETE
    if split.path.startswith("/upload/"):
        return REHEARSE_WRITE if condition == "1" else WRITE
    if split.path.startswith("/download/"):
        return READ
    if re.search(r"/o$", split.path):
        return LIST
    return "stat" if "/o/" in split.path else "retention-blockers"


def _denied(step: str, permission: str | None = None) -> Answer:
    return _answer(answers.missing(EMAIL, permission or PERMISSION[step], "object"))


def _refusal(status: int, reason: str, message: str) -> Answer:
    return _answer(answers.error(status, reason, message))


def _token(error: str, description: str) -> Answer:
    return Answer(
        400, {"content-type": "application/json"}, json.dumps({"error": error, "error_description": description}).encode()
    )


def _witness(*held: str) -> Answer:
    document = {"kind": "storage#testIamPermissionsResponse", **({"permissions": list(held)} if held else {})}
    return _answer(Reply.json(document))


def _row(step: str, answer: Answer, finding: str, verdict: str, origin: str, **more: Any) -> Row:
    return Row(step, answer, finding, verdict, origin, **more)


WITHOUT_DELETE = _witness("storage.objects.create", "storage.objects.get")
LYING = {"planetverify.txt": b"left by an earlier check"}
OTHER_UNIVERSE = _account("https://oauth2.googleapis.com/token").credentials(universe_domain="cloud.example")
STATUS_CODES = "cloud.google.com/storage/docs/json_api/v1/status-codes"
MEASURED = "facts/gcs.md 2.3, measured"
HELD = "Object 'imagery-in/planetverify.txt' is under active Event-Based hold and cannot be deleted, overwritten or archived until hold is removed."
RETAINED = _answer(answers.retained(BUCKET, "planetverify.txt", "2027-01-01T00:00:00.000Z"))
VPC = "Request violates VPC Service Controls."

ROWS = (
    # The token endpoint.
    _row("token", _token("invalid_grant", "Invalid grant: account not found"), "account-disabled", "fail", "google-cloud-php#3622"),
    _row("token", _token("invalid_grant", "Robot is disabled."), "account-disabled", "fail", "google-api-ruby-client#720"),
    _row("token", _token("invalid_grant", "Invalid JWT Signature."), "key-disabled", "fail", "facts/gcs.md 1.4"),
    _row("token", _token("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."), "clock-skew", "inconclusive", "facts/gcs.md 1.4"),
    _row("token", _token("invalid_grant", "Invalid JWT: Failed audience check."), "unexplained-refusal", "fail", "RFC 6749 5.2: refused, in words that no row knows"),
    _row("token", _token("unauthorized_client", "Client is unauthorized."), "unexplained-refusal", "fail", "RFC 6749 5.2: refused, in words that no row knows"),
    _row("token", Answer(200, {"content-type": "text/html"}, b"<html>Sign in to the guest network</html>"), "not-object-storage", "inconclusive", "a captive portal"),
    _row("token", Answer(200, {}, b"[]"), "not-object-storage", "inconclusive", "a proxy"),
    _row("token", Answer(503, {}, b""), "provider-error", "inconclusive", "facts/gcs.md 1.4"),
    _row("token", Answer(fault="reset"), "connection-lost", "inconclusive", "a proxy"),
    _row("none", Answer(), "universe-unsupported", "inconclusive", "facts/gcs.md 1.3", changes={"credentials": OTHER_UNIVERSE}),
    # The two witnesses.
    _row("witness", _answer(answers.NO_BUCKET), "bucket-not-found", "fail", MEASURED),
    _row("witness", WITHOUT_DELETE, "delete-unproven", "inconclusive", "a grant with a condition on names"),
    _row("witness", _witness(), "delete-unproven", "inconclusive", "a grant with a condition on names"),
    _row("witness", _refusal(403, "forbidden", "Access denied."), "delete-unproven", "inconclusive", "undocumented: one witness is missing"),
    _row(REHEARSE_DELETE, _denied(REHEARSE_DELETE), "delete-denied", "fail", "golden body", then={"witness": WITHOUT_DELETE}),
    _row(REHEARSE_DELETE, _refusal(403, "forbidden", "Access denied."), "delete-denied", "fail", "field reports", then={"witness": WITHOUT_DELETE}),
    _row(REHEARSE_DELETE, Answer(204), "unrecognised-answer", "inconclusive", "an emulator that ignores conditions"),
    # A lingering file that may not be written over.
    _row(
        REHEARSE_DELETE, _denied(REHEARSE_DELETE), "overwrite-denied", "fail", "upload-cloud-storage#388", objects=LYING,
        also=("delete-denied", "lingering-file"), then={"witness": WITHOUT_DELETE, REHEARSE_WRITE: _denied(REHEARSE_WRITE, "storage.objects.delete")},
    ),
    # Holds and retention, learnt after the write.
    _row(DELETE, _refusal(403, "forbidden", HELD), "object-held", "fail", MEASURED, also=("residue-left",)),
    _row(DELETE, _refusal(403, "objectUnderActiveHold", "The object is held."), "object-held", "fail", STATUS_CODES, also=("residue-left",)),
    _row(DELETE, RETAINED, "retention-locked", "fail", MEASURED, also=("residue-left",)),
    # Whatever keeps everybody out.
    _row(REHEARSE_DELETE, _answer(answers.PERIMETER), "network-restricted", "fail", "field reports"),
    _row(REHEARSE_DELETE, _refusal(403, "forbidden", VPC), "network-restricted", "fail", "field reports"),
    _row(REHEARSE_DELETE, _answer(answers.IP_FILTER), "network-restricted", "inconclusive", "ip-filtering-overview; its reason is not confirmed"),
    _row(REHEARSE_DELETE, _refusal(403, "countryBlocked", "Access from this country is blocked."), "network-restricted", "inconclusive", STATUS_CODES),
    _row(REHEARSE_DELETE, _answer(answers.BILLING), "account-disabled", "fail", STATUS_CODES),
    _row(REHEARSE_DELETE, _refusal(403, "forbidden", "The billing account for the owning project is disabled in state absent"), "account-disabled", "fail", "field reports"),
    _row(REHEARSE_DELETE, _answer(answers.API_DISABLED), "api-disabled", "fail", STATUS_CODES),
    _row(REHEARSE_DELETE, _answer(answers.REQUESTER_PAYS), "requester-pays", "fail", MEASURED, then={"witness": _answer(answers.REQUESTER_PAYS)}),
    _row(READ, Answer(400, {"content-type": "text/plain"}, b"Bucket is a requester pays bucket but no user project provided."), "requester-pays", "warn", MEASURED),
    # The upload.
    _row(WRITE, _answer(answers.CMEK["denied"]), "encryption-key-denied", "fail", MEASURED),
    *(_row(WRITE, _answer(answers.CMEK[fault]), "encryption-key-unavailable", "fail", STATUS_CODES) for fault in ("disabled", "location", "absent")),
    _row(WRITE, _answer(answers.ORGANISATION), "organization-policy", "fail", STATUS_CODES),
    _row(WRITE, _refusal(403, "rateLimitExceeded", "Rate limit exceeded."), "throttled", "inconclusive", STATUS_CODES),
    _row(WRITE, _refusal(403, "forbidden", "Access denied."), "write-denied", "fail", "field reports"),
    _row(WRITE, _refusal(403, "forbidden", "Caller does not have storage.objects.create access to the Google Cloud Storage object."), "write-denied", "fail", "upload-cloud-storage#388"),
    _row(WRITE, Answer(403, {"content-type": "text/html"}, b"<html>Blocked by the proxy</html>"), "not-object-storage", "inconclusive", "a proxy"),
    _row(WRITE, Answer(302, {"location": "http://192.0.2.1/"}), "not-object-storage", "inconclusive", "a redirect is never followed"),
    # The download.
    _row(READ, Answer(403, {"content-type": "text/plain"}, f"{EMAIL} does not have storage.objects.get access to the Google Cloud Storage object.".encode()), "read-denied", "warn", MEASURED),
    _row(READ, _refusal(403, "forbidden", "Access denied."), "read-denied", "warn", "field reports"),
    _row(READ, Answer(200, {"content-type": "text/plain", "x-guploader-uploadid": "EXAMPLE"}, b"other bytes"), "content-corrupted", "fail", "a broken proxy"),
)  # fmt: skip


FAULTS: dict[str, Any] = {
    "denied": _denied,
    "unknown-key": lambda step: _answer(answers.UNAUTHORISED),
    "wrong-secret": "the signature is verified at the token endpoint alone: the rows of that step show what it says",
    "no-bucket": lambda step: _answer(answers.NO_BUCKET),
    "throttled": lambda step: _answer(answers.busy(BUCKET, "planetverify.txt")),
    "server-error": lambda step: _answer(answers.error(503, "backendError", "Backend Error")),
}

case = Case(
    name=TYPE,
    source=source,
    settings=lambda wire: Settings(endpoints={TYPE: wire.url}),
    store=GoogleStore,
    step=_step,
    secrets=(pem(KEY.private), KEY.id, base64.b64encode(pem(KEY.private).encode()).decode()),
    healthy_requests=6,
    documented=True,
    faults=FAULTS,
    # One witness against the other: nothing is known, and nothing is written.
    expect={(REHEARSE_DELETE, "denied"): ("delete-unproven", "inconclusive")},
    rows=ROWS,
)
