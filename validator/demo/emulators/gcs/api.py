"""What the stand-in answers to a request: who asks, and whether the bucket lets them in."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from validator.demo.emulators.gcs import answers
from validator.demo.emulators.gcs.accounts import PROJECT, Account, ServiceKey, asserted, private_key
from validator.demo.emulators.gcs.objects import Objects, need
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
    tokens: dict[str, Account] = field(default_factory=dict)
    objects: Objects = field(init=False)

    def __post_init__(self) -> None:
        self.objects = Objects(self.now)

    def account(self, name: str) -> Account:
        """A new service account with one key and no permissions."""
        email = name if "@" in name else f"{name}@{PROJECT}.iam.gserviceaccount.com"
        key = ServiceKey(secrets.token_hex(20), private_key(len(self.accounts)))
        made = self.accounts[email] = Account(email, self.token_uri, [key])
        return made

    def bucket(self, name: str, **settings: Any) -> Bucket:
        """A new bucket; the settings are fields of Bucket."""
        made = self.buckets[name] = Bucket(name, **settings)
        return made

    def handle(self, request: Request) -> Reply:
        """The answer to a request."""
        try:
            if request.method == "POST" and request.escaped_path == urlsplit(self.token_uri).path:
                return self._token(request.body)
            return self._serve(request)
        except Refused as refused:
            if request.query.get("alt") == "media":
                # The real cloud refuses a download in bare words.
                message = json.loads(refused.reply.body)["error"]["message"]
                return Reply(refused.reply.status, {"content-type": "text/plain; charset=UTF-8"}, message.encode())
            return refused.reply

    # ---- who, and where ----------------------------------------------------------------------------------------------

    def _token(self, body: bytes) -> Reply:
        account = asserted(body, self.accounts, self.token_uri, self.now())
        # Made of no word: what a token shares with an account's name by more than chance would be masked in it.
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self.tokens[token] = account
        return Reply.json({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})

    def _serve(self, request: Request) -> Reply:
        route = _ROUTE.fullmatch(request.escaped_path)
        if route is None:
            return answers.error(404, "notFound", "Not Found")
        account = self._who(request)
        bucket = self._enter(unquote(route["bucket"]), request)
        account.decisions += 1
        if route["rest"] == "/iam/testPermissions" and request.method == "GET":
            asked = parse_qs(urlsplit(request.target).query).get("permissions", ())
            held = [each for each in asked if account.may(each, bucket.name)]
            kind = {"kind": "storage#testIamPermissionsResponse"}
            return Reply.json({**kind, "permissions": held} if held else kind)
        if route["rest"] is None and request.method == "GET":
            need(account, "storage.buckets.get", bucket)
            return Reply.json(bucket.resource())
        name = unquote(route["name"]) if route["name"] else None
        if route["service"] == "/upload" and name is None:
            return self.objects.upload(request, account, bucket)
        if name is None and request.method == "GET":
            return self.objects.list(request, account, bucket)
        if name is not None and request.method == "GET":
            return self.objects.get(request, account, bucket, name)
        if name is not None and request.method == "DELETE":
            return self.objects.delete(request, account, bucket, name)
        return answers.error(405, "methodNotAllowed", "The specified method is not allowed against this resource.")

    def _who(self, request: Request) -> Account:
        authorization = request.headers.get("authorization", "")
        if not authorization:
            raise Refused(answers.ANONYMOUS)
        owner = self.tokens.get(authorization.removeprefix("Bearer "))
        if owner is None:
            raise Refused(answers.UNAUTHORISED)
        return owner

    def _enter(self, name: str, request: Request) -> Bucket:
        """The bucket, unless something keeps everybody out of it."""
        bucket = self.buckets.get(name)
        if bucket is None:
            raise Refused(answers.NO_BUCKET)
        for shut, reply in (
            (bucket.perimeter, answers.PERIMETER),
            (bucket.ip_filter, answers.IP_FILTER),
            (not bucket.billing, answers.BILLING),
            (not bucket.api, answers.API_DISABLED),
            (bucket.requester_pays and "userProject" not in request.query, answers.REQUESTER_PAYS),
        ):
            if shut:
                raise Refused(reply)
        return bucket
