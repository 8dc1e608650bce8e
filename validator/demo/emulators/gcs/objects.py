"""What may be done with a bucket's objects, and the deed itself: read, list, delete, upload."""

from __future__ import annotations

import email.parser
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from validator.demo.emulators.gcs import answers
from validator.demo.emulators.gcs.accounts import Account
from validator.demo.emulators.gcs.state import Bucket, checksums
from validator.demo.emulators.http import Refused, Reply, Request


def need(account: Account, permission: str, bucket: Bucket, name: str | None = None) -> None:
    """Raises Refused where the account does not hold the permission."""
    if not account.may(permission, bucket.name, name):
        raise Refused(answers.missing(account.email, permission, "bucket" if name is None else "object"))


@dataclass(slots=True)
class Objects:
    """Of every bucket; whoever asks has been let in."""

    now: Callable[[], datetime]
    sessions: dict[str, tuple[str, str, int | None]] = field(default_factory=dict)
    """Resumable uploads under way: id to bucket, name and condition."""

    def get(self, request: Request, account: Account, bucket: Bucket, name: str) -> Reply:
        """Its bytes, or what is known of it."""
        need(account, "storage.objects.get", bucket, name)
        stored = bucket.require(name, request.number("generation"))
        if request.query.get("alt") != "media":
            return Reply.json(bucket.object_resource(stored))
        sums = checksums(stored.data)
        headers = {
            "content-type": stored.content_type,
            "x-goog-generation": str(stored.generation),
            "x-goog-hash": f"crc32c={sums['crc32c']},md5={sums['md5Hash']}",
        }
        return Reply(200, headers, stored.data)

    def list(self, request: Request, account: Account, bucket: Bucket) -> Reply:
        """Names that begin with a prefix."""
        need(account, "storage.objects.list", bucket)
        if request.query.get("softDeleted", "").lower() == "true":
            if not bucket.soft_delete_seconds:
                return answers.error(400, "invalid", "The bucket has no soft delete policy.")
            stored = bucket.soft_deleted
        else:
            stored = sorted(bucket.objects.values(), key=lambda each: each.name)
            if request.query.get("versions", "").lower() == "true":
                stored += bucket.noncurrent
        prefix = request.query.get("prefix", "")
        items = [bucket.object_resource(each) for each in stored if each.name.startswith(prefix)]
        return Reply.json({"kind": "storage#objects", **({"items": items} if items else {})})

    def delete(self, request: Request, account: Account, bucket: Bucket, name: str) -> Reply:
        """Remove it."""
        # That permission is decided before the condition is looked at is not confirmed for the real cloud.
        need(account, "storage.objects.delete", bucket, name)
        generation = request.number("generation")
        stored = bucket.require(name, generation)
        expected = request.number("ifGenerationMatch")
        if expected is not None and stored.generation != expected:
            raise Refused(answers.CONDITION)
        bucket.check_kept(stored, self.now())
        bucket.check_rate(name)
        bucket.remove(stored, self.now(), for_good=generation is not None)
        return Reply(204)

    def upload(self, request: Request, account: Account, bucket: Bucket) -> Reply:
        """Any of the three ways of the JSON API."""
        session = request.query.get("upload_id")
        if session is not None:
            return self._resume(request, bucket, session)
        kind = request.query.get("uploadType")
        name, data, content_type = request.query.get("name", ""), request.body, request.headers.get("content-type", "")
        metadata: Mapping[str, Any] = {}
        if kind == "multipart":
            metadata, data, content_type = _parts(request)
        elif kind == "resumable" and request.body:
            metadata = json.loads(request.body)
        name = str(metadata.get("name") or name)
        if request.method != "POST" or kind not in ("media", "multipart", "resumable") or not name:
            return answers.error(400, "required", "Required")
        generation = request.number("ifGenerationMatch")
        need(account, "storage.objects.create", bucket, name)
        if name in bucket.objects and generation != 0:
            # A create-only upload can overwrite nothing; any other needs delete where something lies.
            need(account, "storage.objects.delete", bucket, name)
        bucket.check_condition(name, generation)
        if kind == "resumable":
            session = secrets.token_urlsafe(16)
            self.sessions[session] = (bucket.name, name, generation)
            host = request.headers.get("host", "127.0.0.1")
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

    def _resume(self, request: Request, bucket: Bucket, session: str) -> Reply:
        under_way = self.sessions.get(session)
        if under_way is None:
            return answers.error(410, "gone", "The upload session is no longer there.")
        if request.method == "DELETE":
            del self.sessions[session]
            return Reply(499)
        size = len(request.body)
        if not size:
            return Reply(308)
        if request.headers.get("content-range") != f"bytes 0-{size - 1}/{size}":
            return answers.error(400, "invalid", "The stand-in takes a resumable upload in one part.")
        _, name, generation = under_way
        bucket.check_condition(name, generation)
        del self.sessions[session]
        return self._store(bucket, name, request.body, request.headers.get("content-type", ""), {})


def _parts(request: Request) -> tuple[Mapping[str, Any], bytes, str]:
    """The metadata, the bytes and their type of a multipart/related upload."""
    head = f"content-type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    message = email.parser.BytesParser().parsebytes(head + request.body)
    # gsutil quotes the boundary with ', and ends lines with \n alone; rclone gives the bytes no header.
    boundary = str(message.get_boundary() or "").strip("'").encode()
    parts = request.body.split(b"--" + boundary)[1:-1]
    if len(parts) != 2:
        raise Refused(answers.error(400, "badContent", "Multipart body has not two parts."))
    # By hand from here: a mail parser would change line ends in the content.
    end = b"\r\n" if parts[0].startswith(b"\r\n") else b"\n"
    metadata = json.loads(parts[0].partition(end * 2)[2])
    kind, _, data = parts[1].partition(end * 2)
    match = re.search(rb"(?i)content-type:\s*([^\r\n]+)", kind)
    return metadata, data.removesuffix(end), match[1].decode().strip() if match else ""
