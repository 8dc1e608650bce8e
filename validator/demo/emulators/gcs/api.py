"""What the stand-in answers to a request: who asks, whether the bucket lets them in, what they may do, and the deed itself."""

from __future__ import annotations

import email.parser
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from validator.demo.emulators.gcs import answers
from validator.demo.emulators.gcs.accounts import Account, exchange, new_account
from validator.demo.emulators.gcs.answers import Refused, Reply
from validator.demo.emulators.gcs.state import Bucket, Object, checksums

_ROUTE: Final = re.compile(
    r"(?P<door>/upload|/download)?/storage/v1/b/(?P<bucket>[^/]+)(?P<rest>/iam/testPermissions|/o(?:/(?P<name>.+))?)?"
)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, taken apart."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    permissions: tuple[str, ...] = ()
    """All values of the query's ``permissions``."""

    def number(self, name: str) -> int | None:
        """A number of the query."""
        value = self.query.get(name)
        return int(value) if value is not None and value.isdigit() else None


@dataclass(slots=True)
class Cloud:
    """All accounts and buckets, and the answer to any request. Not thread-safe: the server asks it one request at a time."""

    token_uri: str
    now: Callable[[], datetime]
    accounts: dict[str, Account] = field(default_factory=dict)
    buckets: dict[str, Bucket] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    """Token to email."""
    sessions: dict[str, tuple[str, str, int | None]] = field(default_factory=dict)
    """Resumable uploads under way: id to bucket, name and condition."""

    def account(self, name: str) -> Account:
        """A new service account with one key and no permissions."""
        made = new_account(name, len(self.accounts), self.token_uri)
        self.accounts[made.email] = made
        return made

    def bucket(self, name: str, **settings: Any) -> Bucket:
        """A new bucket; the settings are fields of Bucket."""
        made = self.buckets[name] = Bucket(name, **settings)
        return made

    def handle(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The answer to a request. ``headers`` have names in lower case."""
        split = urlsplit(target)
        query = parse_qs(split.query, keep_blank_values=True)
        call = Call(
            method,
            split.path,
            {name: values[-1] for name, values in query.items()},
            headers,
            body,
            tuple(query.get("permissions", ())),
        )
        if method == "POST" and split.path == urlsplit(self.token_uri).path:
            reply, owner = exchange(body, self.accounts, self.token_uri, self.now)
            if owner is not None:
                self.tokens[json.loads(reply.body)["access_token"]] = owner
            return reply
        try:
            return self._serve(call)
        except Refused as refused:
            if call.query.get("alt") == "media" and refused.reply.status >= 400:
                # The real cloud refuses a download in bare words.
                message = json.loads(refused.reply.body)["error"]["message"]
                return Reply(refused.reply.status, {"content-type": "text/plain; charset=UTF-8"}, message.encode())
            return refused.reply

    # ---- who, and where ----------------------------------------------------------------------------------------------

    def _serve(self, call: Call) -> Reply:
        route = _ROUTE.fullmatch(call.path)
        if route is None:
            return answers.error(404, "notFound", "Not Found")
        account = self._who(call)
        bucket = self._enter(unquote(route["bucket"]), call)
        account.decisions += 1
        if route["rest"] == "/iam/testPermissions" and call.method == "GET":
            held = [each for each in call.permissions if account.may(each, bucket.name)]
            kind = {"kind": "storage#testIamPermissionsResponse"}
            return Reply.json({**kind, "permissions": held} if held else kind)
        if route["rest"] is None and call.method == "GET":
            self._need(account, "storage.buckets.get", bucket)
            return Reply.json(bucket.resource())
        name = unquote(route["name"]) if route["name"] else None
        if route["door"] == "/upload" and name is None:
            return self._upload(call, account, bucket)
        if name is None and call.method == "GET":
            return self._list(call, account, bucket)
        if name is not None and call.method == "GET":
            return self._get(call, account, bucket, name)
        if name is not None and call.method == "DELETE":
            return self._delete(call, account, bucket, name)
        return answers.error(405, "methodNotAllowed", "The specified method is not allowed against this resource.")

    def _who(self, call: Call) -> Account:
        given = call.headers.get("authorization", "")
        if not given:
            raise Refused(answers.ANONYMOUS)
        owner = self.tokens.get(given.removeprefix("Bearer "))
        if owner is None:
            raise Refused(answers.UNAUTHORISED)
        return self.accounts[owner]

    def _enter(self, name: str, call: Call) -> Bucket:
        """The bucket, unless something keeps everybody out of it."""
        bucket = self.buckets.get(name)
        if bucket is None:
            raise Refused(answers.NO_BUCKET)
        for shut, reply in (
            (bucket.perimeter, answers.PERIMETER),
            (bucket.ip_filter, answers.IP_FILTER),
            (not bucket.billing, answers.BILLING),
            (not bucket.api, answers.API_DISABLED),
            (bucket.requester_pays and "userProject" not in call.query, answers.REQUESTER_PAYS),
        ):
            if shut:
                raise Refused(reply)
        return bucket

    def _need(self, account: Account, permission: str, bucket: Bucket, name: str | None = None) -> None:
        if not account.may(permission, bucket.name, name):
            raise Refused(answers.missing(account.email, permission, "bucket" if name is None else "object"))

    # ---- deeds -------------------------------------------------------------------------------------------------------

    def _get(self, call: Call, account: Account, bucket: Bucket, name: str) -> Reply:
        self._need(account, "storage.objects.get", bucket, name)
        found = bucket.require(name, call.number("generation"))
        if call.query.get("alt") != "media":
            return Reply.json(bucket.object_resource(found))
        sums = checksums(found.data)
        headers = {
            "content-type": found.content_type,
            "x-goog-generation": str(found.generation),
            "x-goog-hash": f"crc32c={sums['crc32c']},md5={sums['md5Hash']}",
        }
        return Reply(200, headers, found.data)

    def _list(self, call: Call, account: Account, bucket: Bucket) -> Reply:
        self._need(account, "storage.objects.list", bucket)
        prefix = call.query.get("prefix", "")
        if call.query.get("softDeleted", "").lower() == "true":
            if not bucket.soft_delete_seconds:
                return answers.error(400, "invalid", "The bucket has no soft delete policy.")
            gone = [bucket.object_resource(each) for each in bucket.soft_deleted if each.name.startswith(prefix)]
            return Reply.json({"kind": "storage#objects", **({"items": gone} if gone else {})})
        found: list[Object] = sorted(bucket.objects.values(), key=lambda each: each.name)
        if call.query.get("versions", "").lower() == "true":
            found += bucket.noncurrent
        items = [bucket.object_resource(each) for each in found if each.name.startswith(prefix)]
        return Reply.json({"kind": "storage#objects", **({"items": items} if items else {})})

    def _delete(self, call: Call, account: Account, bucket: Bucket, name: str) -> Reply:
        # That permission is decided before the condition is looked at is not confirmed for the real cloud.
        self._need(account, "storage.objects.delete", bucket, name)
        generation = call.number("generation")
        found = bucket.require(name, generation)
        wanted = call.number("ifGenerationMatch")
        if wanted is not None and found.generation != wanted:
            raise Refused(answers.CONDITION)
        bucket.check_kept(found, self.now())
        bucket.check_rate(name)
        bucket.remove(name, generation)
        return Reply(204)

    def _upload(self, call: Call, account: Account, bucket: Bucket) -> Reply:
        session = call.query.get("upload_id")
        if session is not None:
            return self._resume(call, bucket, session)
        kind = call.query.get("uploadType")
        name, data, content_type = call.query.get("name", ""), call.body, call.headers.get("content-type", "")
        metadata: Mapping[str, Any] = {}
        if kind == "multipart":
            metadata, data, content_type = _parts(call)
        elif kind == "resumable" and call.body:
            metadata = json.loads(call.body)
        name = str(metadata.get("name") or name)
        if call.method != "POST" or kind not in ("media", "multipart", "resumable") or not name:
            return answers.error(400, "required", "Required")
        wanted = call.number("ifGenerationMatch")
        self._need(account, "storage.objects.create", bucket, name)
        if name in bucket.objects and wanted != 0:
            # A create-only upload can overwrite nothing; any other needs delete where something lies.
            self._need(account, "storage.objects.delete", bucket, name)
        bucket.check_condition(name, wanted)
        if kind == "resumable":
            session = secrets.token_urlsafe(16)
            self.sessions[session] = (bucket.name, name, wanted)
            host = call.headers.get("host", "127.0.0.1")
            place = f"http://{host}/upload/storage/v1/b/{bucket.name}/o?uploadType=resumable&upload_id={session}"
            return Reply(200, {"location": place, "x-guploader-uploadid": session})
        return self._store(bucket, name, data, content_type, metadata)

    def _store(self, bucket: Bucket, name: str, data: bytes, content_type: str, metadata: Mapping[str, Any]) -> Reply:
        bucket.check_kept(bucket.objects.get(name), self.now())
        if bucket.cmek:
            raise Refused(answers.CMEK[bucket.cmek])
        if bucket.organisation_policy:
            raise Refused(answers.ORGANISATION)
        sums = checksums(data)
        if any(metadata.get(each) not in (None, sums[each]) for each in sums):
            raise Refused(answers.BAD_CHECKSUM)
        bucket.check_rate(name)
        return Reply.json(bucket.object_resource(bucket.put(name, data, self.now(), content_type)))

    def _resume(self, call: Call, bucket: Bucket, session: str) -> Reply:
        under_way = self.sessions.get(session)
        if under_way is None:
            return answers.error(410, "gone", "The upload session is no longer there.")
        if call.method == "DELETE":
            del self.sessions[session]
            return Reply(499)
        sent = re.fullmatch(r"bytes (?:\d+-(\d+)|\*)/(\d+|\*)", call.headers.get("content-range", "bytes */*"))
        if (
            sent is None
            or sent[1] is None
            or sent[2] == "*"
            or int(sent[1]) + 1 != int(sent[2])
            or len(call.body) != int(sent[2])
        ):
            return (
                Reply(308)
                if not call.body
                else answers.error(400, "invalid", "The stand-in takes a resumable upload in one part.")
            )
        _, name, wanted = under_way
        bucket.check_condition(name, wanted)
        del self.sessions[session]
        return self._store(bucket, name, call.body, call.headers.get("content-type", ""), {})


def _parts(call: Call) -> tuple[Mapping[str, Any], bytes, str]:
    """The metadata, the bytes and their type of a multipart/related upload."""
    head = f"content-type: {call.headers.get('content-type', '')}\r\n\r\n".encode()
    message = email.parser.BytesParser().parsebytes(head + call.body)
    boundary = str(message.get_boundary() or "").encode()
    parts = call.body.split(b"--" + boundary)[1:-1]
    if len(parts) != 2:
        raise Refused(answers.error(400, "badContent", "Multipart body has not two parts."))
    # By hand from here: a mail parser would mend line ends in the content.
    described, content = (part.removeprefix(b"\r\n") for part in parts)
    metadata = json.loads(described.partition(b"\r\n\r\n")[2])
    kind, _, data = content.partition(b"\r\n\r\n")
    match = re.search(rb"(?i)content-type:\s*([^\r\n]+)", kind)
    return metadata, data.removesuffix(b"\r\n"), match[1].decode().strip() if match else ""
