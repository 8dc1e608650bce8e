"""What the stand-in answers to a request: who asks, and whether the bucket lets them in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from validator.demo.emulators.gcs import answers
from validator.demo.emulators.gcs.accounts import Account, exchange, new_account
from validator.demo.emulators.gcs.objects import ApiCall, Objects, need
from validator.demo.emulators.gcs.state import Bucket
from validator.demo.emulators.http import Refused, Reply, Request

_ROUTE: Final = re.compile(
    r"(?P<service>/upload|/download)?/storage/v1/b/(?P<bucket>[^/]+)(?P<rest>/iam/testPermissions|/o(?:/(?P<name>.+))?)?"
)


@dataclass(slots=True)
class Cloud:
    """All accounts and buckets, and the answer to any request. Not thread-safe: the server asks it one request at a time."""

    token_uri: str
    now: Callable[[], datetime]
    accounts: dict[str, Account] = field(default_factory=dict)
    buckets: dict[str, Bucket] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    """Token to email."""
    objects: Objects = field(init=False)

    def __post_init__(self) -> None:
        self.objects = Objects(self.now)

    def account(self, name: str) -> Account:
        """A new service account with one key and no permissions."""
        made = new_account(name, len(self.accounts), self.token_uri)
        self.accounts[made.email] = made
        return made

    def bucket(self, name: str, **settings: Any) -> Bucket:
        """A new bucket; the settings are fields of Bucket."""
        made = self.buckets[name] = Bucket(name, **settings)
        return made

    def handle(self, request: Request) -> Reply:
        """The answer to a request."""
        call = ApiCall.of(request)
        if call.method == "POST" and call.path == urlsplit(self.token_uri).path:
            reply, owner = exchange(call.body, self.accounts, self.token_uri, self.now)
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

    def _serve(self, call: ApiCall) -> Reply:
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
            need(account, "storage.buckets.get", bucket)
            return Reply.json(bucket.resource())
        name = unquote(route["name"]) if route["name"] else None
        if route["service"] == "/upload" and name is None:
            return self.objects.upload(call, account, bucket)
        if name is None and call.method == "GET":
            return self.objects.list(call, account, bucket)
        if name is not None and call.method == "GET":
            return self.objects.get(call, account, bucket, name)
        if name is not None and call.method == "DELETE":
            return self.objects.delete(call, account, bucket, name)
        return answers.error(405, "methodNotAllowed", "The specified method is not allowed against this resource.")

    def _who(self, call: ApiCall) -> Account:
        authorization = call.headers.get("authorization", "")
        if not authorization:
            raise Refused(answers.ANONYMOUS)
        owner = self.tokens.get(authorization.removeprefix("Bearer "))
        if owner is None:
            raise Refused(answers.UNAUTHORISED)
        return self.accounts[owner]

    def _enter(self, name: str, call: ApiCall) -> Bucket:
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
