"""A local Planet: the Destinations API over real HTTP, with a check of its own against the local clouds, for ``demo`` and for tests.

A stand-in, never evidence of what the real Planet does. Documented or recorded: endpoints, fields of a destination, ids and
references, ``<REDACTED>``, names of 3 to 63 characters that are unique in an organisation, the bucket's name by default, 50
destinations, three requests a second, error bodies of ``code`` and ``message``, unknown members refused, ``explicit_sse`` and
``use_path_style`` falling back to false in a PATCH, a check at create and update that writes ``planetverify.txt`` and deletes it,
a new reference after a rename, PUT and DELETE of the default.

Guessed:

- every message, and the status of each refusal: 400 for a bad request, a failed check and the quota, 409 for a name, 403 for another
  member's destination;
- that a failed delete means a refusal, the file left behind;
- that a PATCH with parameters is checked before it is kept, and one without is not checked;
- that names of archived destinations stay taken, and that they count towards the 50;
- that access key ids come back in the clear, and that a rename keeps the random part of the id;
- the success status of a create: 201.
"""

from __future__ import annotations

import json
import re
import secrets
import socket
import string
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

from validator.demo.emulators._planet_probe import verify

QUOTA: Final = 50
MASK: Final = "<REDACTED>"
BASE: Final = "/destinations/v1"


@dataclass(frozen=True, slots=True)
class _Type:
    fixed: tuple[str, ...]
    changeable: tuple[str, ...]
    secret: tuple[str, ...]
    optional: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


TYPES: Final[Mapping[str, _Type]] = {
    "amazon_s3": _Type(
        ("bucket", "aws_region"),
        ("aws_access_key_id", "aws_secret_access_key"),
        ("aws_secret_access_key",),
        (),
        ("explicit_sse",),
    ),
    "google_cloud_storage": _Type(("bucket",), ("credentials",), ("credentials",)),
    "azure_blob_storage": _Type(("account", "container"), ("sas_token",), ("sas_token",), ("storage_endpoint_suffix",)),
    "oracle_cloud_storage": _Type(
        ("bucket", "region", "namespace"), ("customer_access_key_id", "customer_secret_key"), ("customer_secret_key",)
    ),
    "s3_compatible": _Type(
        ("bucket", "endpoint", "region"),
        ("access_key_id", "secret_access_key"),
        ("secret_access_key",),
        (),
        ("use_path_style",),
    ),
}


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer; no status is a connection that closes without one."""

    status: int | None
    body: Any = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that came in, and how it was answered."""

    method: str
    path: str
    status: int | None
    body: Mapping[str, Any] | None = None
    """As sent, secrets included: this is a stand-in."""


class _Wrong(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.reply = Reply(status, {"code": status, "message": message})


@dataclass(slots=True)
class Stored:
    """A destination that this Planet has."""

    id: str
    name: str
    type: str
    parameters: dict[str, Any]
    """With its secrets."""
    owner: int
    created: str
    updated: str
    archived: str | None = None


@dataclass(slots=True)
class _State:
    destinations: dict[str, Stored] = field(default_factory=dict)
    default: str | None = None
    faults: deque[tuple[str, str]] = field(default_factory=deque)
    seen: dict[str, deque[float]] = field(default_factory=dict)


class PlanetEmulator:
    """``with PlanetEmulator({"amazon_s3": s3.url}) as planet``: ``planet.url`` is the root, ``planet.key`` an API key.

    Args:
        endpoints: where the clouds are, by destination type. Without one for a type, a destination of it cannot pass the check.
        ca_bundle: to trust when an S3 endpoint speaks TLS.
        per_second: requests that one key may make in a second; Planet documents three.
    """

    def __init__(
        self, endpoints: Mapping[str, str] | None = None, *, ca_bundle: str | None = None, per_second: int = 3
    ) -> None:
        self.requests: list[Exchange] = []
        """What came in, in the order in which it was answered."""
        self.verify: Callable[[str, Mapping[str, Any]], str | None] = self._verify
        """The check; may be replaced by a test."""
        self.key = "PLAK" + secrets.token_hex(16)
        self.colleague = "PLAK" + secrets.token_hex(16)
        """The API key of another member of the same organisation, who owns nothing that ``key`` makes."""
        self._users = {self.key: 101, self.colleague: 102}
        self._endpoints, self._ca_bundle, self._per_second = dict(endpoints or {}), ca_bundle, per_second
        self._state = _State()
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fault(self, method: str, what: str) -> None:
        """What happens to the next request of this method, once; several faults wait in line.

        ``lose-answer``: it is carried out, and the connection closes without an answer. ``lose-request``: it closes before anything
        is done. A number: that status, and nothing is done.
        """
        self._state.faults.append((method, what))

    def sent(self, *methods: str) -> list[Exchange]:
        """The requests of these methods."""
        return [each for each in self.requests if each.method in methods]

    @property
    def stored(self) -> list[Stored]:
        """Every destination, archived ones included."""
        return list(self._state.destinations.values())

    @property
    def default(self) -> str | None:
        """The id of the default destination."""
        return self._state.default

    def add(self, request: Mapping[str, Any], *, colleague: bool = False, archived: bool = False) -> Stored:
        """A destination that is there already; nobody checks it."""
        made = self._new(dict(request), self._users[self.colleague if colleague else self.key])
        if archived:
            made.archived = _now()
        return made

    # ---- one request -------------------------------------------------------------------------------------------------

    def answer(self, method: str, target: str, authorization: str, body: bytes) -> Reply:
        """One after the other, as they come."""
        with self._turn:
            faults = self._state.faults
            fault = faults.popleft()[1] if faults and faults[0][0] == method else ""
            sent: Any = None
            try:
                sent = json.loads(body) if body else None
                if fault == "lose-request":
                    reply = Reply(None)
                elif fault.isdigit():
                    reply = _Wrong(int(fault), "made-up fault").reply
                else:
                    reply = self._carry_out(method, target, authorization, sent)
            except _Wrong as wrong:
                reply = wrong.reply
            except ValueError:
                reply = _Wrong(400, "request body is not valid JSON").reply
            if fault == "lose-answer":
                reply = Reply(None)
            self.requests.append(Exchange(method, target, reply.status, sent if isinstance(sent, dict) else None))
            return reply

    def _carry_out(self, method: str, target: str, authorization: str, sent: Any) -> Reply:
        user = self._users.get(authorization.removeprefix("api-key ").strip())
        if user is None:
            raise _Wrong(401, "invalid credentials")
        self._slow_down(authorization)
        parts = urlsplit(target)
        if not (parts.path + "/").startswith(BASE + "/"):
            raise _Wrong(404, "no such API")
        rest = parts.path.removeprefix(BASE).strip("/")
        if rest == "":
            if method == "GET":
                return self._list(parse_qs(parts.query), user)
            if method == "POST":
                return self._create(sent, user)
        elif rest == "default":
            return self._default(method, sent, user)
        elif method == "GET":
            return Reply(200, self._shown(self._find(rest), user))
        elif method == "PATCH":
            return self._patch(self._find(rest), sent, user)
        raise _Wrong(405, "method not allowed")

    def _slow_down(self, authorization: str) -> None:
        now = time.monotonic()
        seen = self._state.seen.setdefault(authorization, deque())
        while seen and now - seen[0] >= 1.0:
            seen.popleft()
        seen.append(now)
        if len(seen) > self._per_second:
            raise _Wrong(429, "rate limit exceeded")

    def _list(self, query: Mapping[str, list[str]], user: int) -> Reply:
        shown = [self._shown(each, user) for each in self.stored if not each.archived or query.get("archived") == ["true"]]
        if query.get("is_default") == ["true"]:
            shown = [each for each in shown if each["default"]]
        if query.get("is_owner") == ["true"]:
            shown = [each for each in shown if each["ownership"]["is_owner"]]
        return Reply(200, {"_links": {"_self": self.url + BASE}, "destinations": shown})

    def _create(self, sent: Any, user: int) -> Reply:
        if not isinstance(sent, dict) or set(sent) - {"name", "type", "parameters"}:
            raise _Wrong(400, "request body has unknown fields")
        kind = TYPES.get(sent.get("type", ""))
        if kind is None:
            raise _Wrong(400, "unknown destination type")
        _validate(sent.get("parameters"), (*kind.fixed, *kind.changeable), kind.optional, kind.flags)
        name = sent.get("name") or sent["parameters"].get("bucket") or sent["parameters"]["container"]
        self._name(name)
        if len(self.stored) >= QUOTA:
            raise _Wrong(400, f"organization has reached the limit of {QUOTA} destinations")
        self._check(sent["type"], sent["parameters"])
        return Reply(201, self._shown(self._new(sent, user), user))

    def _patch(self, found: Stored, sent: Any, user: int) -> Reply:
        if found.owner != user:
            raise _Wrong(403, "only the owner or an organization administrator may modify this destination")
        if not isinstance(sent, dict) or not sent or set(sent) - {"name", "archive", "parameters"}:
            raise _Wrong(400, "request body must hold at least one of name, archive, parameters, and nothing else")
        kind = TYPES[found.type]
        if "name" in sent:
            self._name(sent["name"], found)
        if "parameters" in sent:
            _validate(sent["parameters"], kind.changeable, (), kind.flags)
            merged = {**found.parameters, **dict.fromkeys(kind.flags, False), **sent["parameters"]}
            self._check(found.type, merged)
            found.parameters = merged
        if "archive" in sent:
            found.archived = _now() if sent["archive"] else None
        if "name" in sent:
            was, found.name = found.id, sent["name"]
            found.id = f"{_slug(found.name)}-{was.rpartition('-')[2]}"
            self._state.destinations[found.id] = self._state.destinations.pop(was)
        found.updated = _now()
        return Reply(200, self._shown(found, user))

    def _default(self, method: str, sent: Any, user: int) -> Reply:
        if method == "PUT":
            found = self._find(str((sent or {}).get("destination_id", "")).removeprefix("pl:destinations/"))
            if found.owner != user:
                raise _Wrong(403, "only organization administrators and owners may set the default destination")
            self._state.default = found.id
        elif method == "DELETE":
            self._state.default = None
            return Reply(204)
        elif method != "GET":
            raise _Wrong(405, "method not allowed")
        if self._state.default is None:
            raise _Wrong(404, "no default destination configured")
        return Reply(200, self._shown(self._find(self._state.default), user))

    # ---- rules -------------------------------------------------------------------------------------------------------

    def _find(self, id_: str) -> Stored:
        found = self._state.destinations.get(id_)
        if found is None:
            raise _Wrong(404, "destination not found")
        return found

    def _name(self, name: Any, own: Stored | None = None) -> None:
        if not isinstance(name, str) or not 3 <= len(name) <= 63:
            raise _Wrong(400, "name must be between 3 and 63 characters")
        if any(each.name == name and each is not own for each in self.stored):
            raise _Wrong(409, f"a destination named {name} already exists")

    def _check(self, type_: str, parameters: Mapping[str, Any]) -> None:
        problem = self.verify(type_, parameters)
        if problem:
            raise _Wrong(400, f"failed to verify destination: {problem}")

    def _verify(self, type_: str, parameters: Mapping[str, Any]) -> str | None:
        endpoint = self._endpoints.get(type_)
        if endpoint is None and type_ != "s3_compatible":
            return "this local Planet reaches no cloud of that type"
        return verify(type_, parameters, endpoint, self._ca_bundle)

    def _new(self, request: Mapping[str, Any], user: int) -> Stored:
        parameters = {**dict.fromkeys(TYPES[request["type"]].flags, False), **request["parameters"]}
        name = request.get("name") or parameters.get("bucket") or parameters["container"]
        suffix = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(22))
        made = Stored(f"{_slug(name)}-{suffix}", name, request["type"], parameters, user, _now(), _now())
        self._state.destinations[made.id] = made
        return made

    def _shown(self, each: Stored, user: int) -> dict[str, Any]:
        hidden = TYPES[each.type].secret
        return {
            "_links": {"_self": f"{self.url}{BASE}/{each.id}"},
            "id": each.id,
            "pl:ref": f"pl:destinations/{each.id}",
            "name": each.name,
            "type": each.type,
            "parameters": {name: MASK if name in hidden else value for name, value in each.parameters.items()},
            "created": each.created,
            "updated": each.updated,
            "archived": each.archived,
            "default": self._state.default == each.id,
            "ownership": {"is_owner": each.owner == user, "owner_id": each.owner},
            "permissions": {"can_write": each.owner == user},
        }


def _validate(given: Any, needed: tuple[str, ...], optional: tuple[str, ...], flags: tuple[str, ...]) -> None:
    if not isinstance(given, dict):
        raise _Wrong(400, "parameters must be an object")
    for name in needed:
        if not isinstance(given.get(name), str) or not given[name]:
            raise _Wrong(400, f"parameters.{name} is required")
    for name, value in given.items():
        if name not in (*needed, *optional, *flags):
            raise _Wrong(400, f"parameters.{name} is not allowed here")
        if not isinstance(value, bool if name in flags else str):
            raise _Wrong(400, f"parameters.{name} has the wrong type")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is nothing to talk about."""


def _handler(planet: PlanetEmulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 60

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives it
            """Silent: what came in is in ``requests``."""

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            reply = planet.answer(self.command, self.path, self.headers.get("authorization", ""), body)
            if reply.status is None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            data = b"" if reply.body is None else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            if reply.status != 204:
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
            if reply.status == 429:
                self.send_header("retry-after", "1")
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    return Handler
