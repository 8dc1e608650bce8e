"""The destinations of one organisation, and the rules of their API."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from validator.demo.emulators.http import Refused, Reply

QUOTA: Final = 50
MASK: Final = "<REDACTED>"
BASE: Final = "/destinations/v1"


@dataclass(frozen=True, slots=True)
class TypeFields:
    """What a type takes: what is fixed, and what can be changed, the secret last."""

    fixed: tuple[str, ...]
    changeable: tuple[str, ...]
    optional: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def secret(self) -> tuple[str, ...]:
        """What is masked."""
        return self.changeable[-1:]


TYPES: Final[Mapping[str, TypeFields]] = {
    "amazon_s3": TypeFields(("bucket", "aws_region"), ("aws_access_key_id", "aws_secret_access_key"), flags=("explicit_sse",)),
    "google_cloud_storage": TypeFields(("bucket",), ("credentials",)),
    "azure_blob_storage": TypeFields(("account", "container"), ("sas_token",), ("storage_endpoint_suffix",)),
    "oracle_cloud_storage": TypeFields(("bucket", "region", "namespace"), ("customer_access_key_id", "customer_secret_key")),
    "s3_compatible": TypeFields(
        ("bucket", "endpoint", "region"), ("access_key_id", "secret_access_key"), flags=("use_path_style",)
    ),
}


class DestinationRefused(Refused):
    """A request that is not carried out, with the answer to give."""

    def __init__(self, status: int, message: str) -> None:
        reply = Reply.json({"code": status, "message": message}, status)
        super().__init__(replace(reply, headers={**reply.headers, "retry-after": "1"}) if status == 429 else reply)


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


class Destinations:
    """What is stored, and what becomes of each request for it."""

    def __init__(self, check: Callable[[str, Mapping[str, Any]], str | None]) -> None:
        """``check``: what keeps Planet from writing and deleting with these parameters of a type; None where nothing does."""
        self.check = check
        self.url = ""
        self.stored: dict[str, Stored] = {}
        self.default: str | None = None

    def answer(self, method: str, target: str, sent: Any, user: int) -> Reply:
        """Carry a request out for one of the organisation's members. Raises DestinationRefused."""
        parts = urlsplit(target)
        if not (parts.path + "/").startswith(BASE + "/"):
            raise DestinationRefused(404, "no such API")
        rest = parts.path.removeprefix(BASE).strip("/")
        if rest == "":
            if method == "GET":
                return self._list(parse_qs(parts.query), user)
            if method == "POST":
                return self._create(sent, user)
        elif rest == "default":
            return self._default(method, sent, user)
        elif method == "GET":
            return Reply.json(self.shown(self._find(rest), user))
        elif method == "PATCH":
            return self._patch(self._find(rest), sent, user)
        raise DestinationRefused(405, "method not allowed")

    def _list(self, query: Mapping[str, list[str]], user: int) -> Reply:
        shown = [
            self.shown(each, user) for each in self.stored.values() if not each.archived or query.get("archived") == ["true"]
        ]
        if query.get("is_default") == ["true"]:
            shown = [each for each in shown if each["default"]]
        if query.get("is_owner") == ["true"]:
            shown = [each for each in shown if each["ownership"]["is_owner"]]
        return Reply.json({"_links": {"_self": self.url + BASE}, "destinations": shown})

    def _create(self, sent: Any, user: int) -> Reply:
        if not isinstance(sent, dict) or set(sent) - {"name", "type", "parameters"}:
            raise DestinationRefused(400, "request body has unknown fields")
        kind = TYPES.get(sent.get("type", ""))
        if kind is None:
            raise DestinationRefused(400, "unknown destination type")
        _validate(sent.get("parameters"), (*kind.fixed, *kind.changeable), kind.optional, kind.flags)
        self._name(_name_of(sent))
        if len(self.stored) >= QUOTA:
            raise DestinationRefused(400, f"organization has reached the limit of {QUOTA} destinations")
        self._check(sent["type"], sent["parameters"])
        return Reply.json(self.shown(self.add(sent, user), user), 201)

    def _patch(self, known: Stored, sent: Any, user: int) -> Reply:
        if known.owner != user:
            raise DestinationRefused(403, "only the owner or an organization administrator may modify this destination")
        if not isinstance(sent, dict) or not sent or set(sent) - {"name", "archive", "parameters"}:
            raise DestinationRefused(400, "request body must hold at least one of name, archive, parameters, and nothing else")
        kind = TYPES[known.type]
        if "name" in sent:
            self._name(sent["name"], known)
        if "parameters" in sent:
            _validate(sent["parameters"], kind.changeable, (), kind.flags)
            merged = {**known.parameters, **dict.fromkeys(kind.flags, False), **sent["parameters"]}
            self._check(known.type, merged)
            known.parameters = merged
        if "archive" in sent:
            known.archived = now() if sent["archive"] else None
        if "name" in sent:
            was, known.name = known.id, sent["name"]
            known.id = f"{_slug(known.name)}-{was.rpartition('-')[2]}"
            self.stored[known.id] = self.stored.pop(was)
        known.updated = now()
        return Reply.json(self.shown(known, user))

    def _default(self, method: str, sent: Any, user: int) -> Reply:
        if method == "PUT":
            known = self._find(str((sent or {}).get("destination_id", "")).removeprefix("pl:destinations/"))
            if known.owner != user:
                raise DestinationRefused(403, "only organization administrators and owners may set the default destination")
            self.default = known.id
        elif method == "DELETE":
            self.default = None
            return Reply(204)
        elif method != "GET":
            raise DestinationRefused(405, "method not allowed")
        if self.default is None:
            raise DestinationRefused(404, "no default destination configured")
        return Reply.json(self.shown(self._find(self.default), user))

    # ---- rules -------------------------------------------------------------------------------------------------------

    def _find(self, id_: str) -> Stored:
        known = self.stored.get(id_)
        if known is None:
            raise DestinationRefused(404, "destination not found")
        return known

    def _name(self, name: Any, own: Stored | None = None) -> None:
        if not isinstance(name, str) or not 3 <= len(name) <= 63:
            raise DestinationRefused(400, "name must be between 3 and 63 characters")
        if any(each.name == name and each is not own for each in self.stored.values()):
            raise DestinationRefused(409, f"a destination named {name} already exists")

    def _check(self, type_: str, parameters: Mapping[str, Any]) -> None:
        problem = self.check(type_, parameters)
        if problem:
            raise DestinationRefused(400, f"failed to verify destination: {problem}")

    def add(self, request: Mapping[str, Any], user: int) -> Stored:
        """Keep one, unchecked."""
        parameters = {**dict.fromkeys(TYPES[request["type"]].flags, False), **request["parameters"]}
        name = _name_of(request)
        suffix = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(22))
        made = Stored(f"{_slug(name)}-{suffix}", name, request["type"], parameters, user, now(), now())
        self.stored[made.id] = made
        return made

    def shown(self, each: Stored, user: int) -> dict[str, Any]:
        """As the API gives it back to one of the members."""
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
            "default": self.default == each.id,
            "ownership": {"is_owner": each.owner == user, "owner_id": each.owner},
            "permissions": {"can_write": each.owner == user},
        }


def _validate(given: Any, needed: tuple[str, ...], optional: tuple[str, ...], flags: tuple[str, ...]) -> None:
    if not isinstance(given, dict):
        raise DestinationRefused(400, "parameters must be an object")
    for name in needed:
        if not isinstance(given.get(name), str) or not given[name]:
            raise DestinationRefused(400, f"parameters.{name} is required")
    for name, value in given.items():
        if name not in (*needed, *optional, *flags):
            raise DestinationRefused(400, f"parameters.{name} is not allowed here")
        if not isinstance(value, bool if name in flags else str):
            raise DestinationRefused(400, f"parameters.{name} has the wrong type")


def _name_of(request: Mapping[str, Any]) -> str:
    parameters = request["parameters"]
    return str(request.get("name") or parameters.get("bucket") or parameters["container"])


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def now() -> str:
    """The time, as Planet writes it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
