"""Makes one Destination of what stands in a document: references resolved, secrets wrapped, messes named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from validator.core import catalog
from validator.core.model import Destination, Finding, Fix, PatchOperation, Place, Secret
from validator.core.secret_shapes import credentials_in, is_wordlike
from validator.sources import mistakes
from validator.sources.document import Document, escape
from validator.sources.expressions import Expression
from validator.sources.payloads import NOT_BUCKETS, SHORT_TYPES, Raw
from validator.sources.references import Resolver


@dataclass(slots=True)
class Reader:
    """Makes one Destination of what stands in a document."""

    raw: Raw
    document: Document
    source: str
    resolver: Resolver
    problems: list[Finding]
    resolved: set[str] = field(default_factory=set)
    unresolved: set[str] = field(default_factory=set)
    secrets: list[Secret] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.problems = list(self.problems)

    def destination(self) -> Destination:
        """The destination, with every problem of its source."""
        raw = self.raw
        if raw.shape == "unreadable":
            return self.unreadable()
        name, type_ = self.text(raw.name, "/name"), self.text(raw.type, "/type")
        kind = self.type(type_)
        parameters: dict[str, Any] = {}
        prefix = ""
        if raw.shape == "reference":
            self.reference()
        elif raw.shape == "not-a-bucket":
            self.not_a_bucket(kind)
        else:
            given, prefix = self.given()
            parameters = self.parameters(kind, given)
            kind = kind or self.guessed(parameters)
        for key, value in raw.fields.items():
            self.hide(key, value)
        self.hide_looking(raw.pointer, raw.fields, None if parameters else raw.parameters)
        if raw.shape == "request":
            self.problems += mistakes.of_fields(raw, mistakes.fields_of(kind))
            self.name(name)
        shown = name if isinstance(name, str) and name else self.default_name(parameters)
        return Destination(
            name=shown,
            type=kind,
            parameters=parameters,
            source=self.source,
            pointer=raw.pointer,
            path_prefix=prefix,
            problems=tuple(self.problems),
            places=self.places(parameters),
            resolved=frozenset(self.resolved),
            secrets=tuple(self.secrets),
            form=self.document.form,
        )

    def unreadable(self) -> Destination:
        """What stands where a destination should."""
        problem = catalog.finding("unreadable-source", detail=f"{self.raw.why[:1].upper()}{self.raw.why[1:]}.")
        place = self.document.place(self.raw.pointer)
        return Destination(
            name=self.default_name({}),
            type="",
            parameters={},
            source=self.source,
            pointer=self.raw.pointer,
            problems=(problem,),
            places={"": place} if place else {},
            form=self.document.form,
        )

    def type(self, type_: Any) -> str:
        """The type, or an empty string with the problem noted."""
        if type_ is None or "/type" in self.unresolved:
            return ""
        if not isinstance(type_, str):
            self.problems.append(catalog.finding("unknown-type", detail="The type is not a string.", pointer="/type"))
            return ""
        return SHORT_TYPES.get(type_, type_)

    def guessed(self, parameters: Mapping[str, Any]) -> str:
        """Without a type nothing is checked; where only one fits, the finding says which."""
        if self.raw.type is None and (meant := mistakes.without_type(set(parameters))):
            self.problems.append(
                catalog.finding(
                    "unknown-type",
                    detail=f"There is no type; these are the parameters of {meant}.",
                    pointer="/type",
                    patch=(PatchOperation("add", "/type", meant),),
                )
            )
        return ""

    def given(self) -> tuple[dict[str, Any], str]:
        """The parameters as written, without a delivery's own path_prefix."""
        given = self.raw.parameters
        if isinstance(given, Expression):
            given = self.text(given, "/parameters")
            if "/parameters" in self.unresolved:
                return {}, ""
        if given is None and self.raw.fields:
            # All in one level: what is a parameter is read as one, and named as misplaced.
            known = mistakes.fields_of(self.type(self.raw.type))
            return {key: item for key, item in self.raw.fields.items() if key.lstrip("-").replace("-", "_") in known}, ""
        if not isinstance(given, dict):
            if given is not None:
                self.problems.append(
                    catalog.finding("wrong-parameter-kind", detail="parameters is not an object.", pointer="/parameters")
                )
                self.hide("secret", given)
            return {}, ""
        given = dict(given)
        prefix: Any = ""
        if self.raw.shape in ("order", "subscription"):
            prefix = self.text(given.pop("path_prefix", ""), "/parameters/path_prefix")
            if prefix is None:
                prefix = ""
            if not isinstance(prefix, str):
                self.problems.append(
                    catalog.finding(
                        "wrong-parameter-kind", detail="path_prefix is not a string.", pointer="/parameters/path_prefix"
                    )
                )
                prefix = ""
        return given, prefix

    def parameters(self, type_: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters by their declared names, secrets as :class:`Secret`."""
        names = mistakes.renamed(type_, given)
        fields = mistakes.fields_of(type_)
        found: dict[str, Any] = {}
        for key, item in given.items():
            meant = names.get(key, key)
            if key in names:
                self.problems.append(mistakes.rename_finding(key, meant))
            pointer = f"/parameters/{escape(meant)}"
            hidden = mistakes.secret_name(key) or (meant in fields and fields[meant].metadata["kind"] == "secret")
            value = self.text(item, pointer)
            if pointer in self.unresolved and isinstance(item, str):
                if isinstance(item, Expression):
                    self.secrets += [Secret(each) for each in item.constants() if hidden]
                elif hidden and not re.fullmatch(r"\$\{[^{}]*\}", item):
                    self.secrets.append(Secret(item))  # a secret that merely looks like a reference
                value = ""  # nothing to judge, and nothing to take for a secret: the finding names the reference
            elif hidden:
                value = self.hidden(meant, value)
            elif not isinstance(value, str):
                self.hide(key, value)
            elif (
                meant not in fields
                and meant not in mistakes.all_fields()
                and (not is_wordlike(value) or mistakes.maybe_secret_name(key))
            ):
                self.secrets.append(Secret(value))  # a misspelt key may well be a secret's
            found[meant] = value
        return found

    def hidden(self, key: str, value: Any) -> Any:
        """A value of a secret field: a key object as the text that Planet takes."""
        if key == "credentials" and isinstance(value, dict) and "private_key" in value:
            self.hide(key, value)
            value, finding = mistakes.key_object(key, value)
            self.problems.append(finding)
        if isinstance(value, str):
            value = Secret(value)
        self.hide(key, value)
        return value

    def hide(self, key: str, value: Any) -> None:
        """List every secret below a key named like one."""
        waiting: list[tuple[bool, Any]] = [(mistakes.secret_name(key), value)]
        while waiting:
            secret, each = waiting.pop()
            if isinstance(each, Mapping):
                waiting += [(secret or mistakes.secret_name(name), item) for name, item in each.items()]
            elif isinstance(each, list):
                waiting += [(secret, item) for item in each]
            elif isinstance(each, Secret):
                self.secrets.append(each)
            elif secret and each is not None and not isinstance(each, bool):
                self.secrets.append(Secret(str(each)))

    def hide_looking(self, *values: Any) -> None:
        """List what looks like a credential in what the destination does not keep: names of members included."""
        waiting = list(values)
        while waiting:
            each = waiting.pop()
            if isinstance(each, str):
                self.secrets += [Secret(each[start:end]) for start, end in credentials_in(each)]
            elif isinstance(each, Mapping):
                waiting += [*each.keys(), *each.values()]
            elif isinstance(each, list):
                waiting += each

    def text(self, value: Any, pointer: str) -> Any:
        """The value with every reference in it resolved."""
        if isinstance(value, dict):
            return {key: self.text(item, f"{pointer}/{escape(key)}") for key, item in value.items()}
        if isinstance(value, list):
            return [self.text(item, f"{pointer}/{index}") for index, item in enumerate(value)]
        if not isinstance(value, str):
            return value
        done = self.resolver.resolve(value)
        if done.problems:
            self.hide_looking(str(value))  # a secret in a reference's place, which the finding would quote
        for written, why in done.problems:
            self.unresolved.add(pointer)
            key = pointer.rpartition("/")[2]
            self.problems.append(
                catalog.finding(
                    "unresolved-reference",
                    detail=f"{key}: {written}: {why}.",
                    pointer=pointer,
                    evidence={"reference": written},
                    fix=_mend(written, why),
                )
            )
        for path in done.outside:
            self.problems.append(
                catalog.finding(
                    "reference-outside-repository",
                    detail=f"{path} lies outside the repository of {self.source}.",
                    pointer=pointer,
                    evidence={"path": path},
                )
            )
        if done.pieces:
            self.resolved.add(pointer)
            if self.keeps(pointer):
                self.secrets += [Secret(each) for each in dict.fromkeys((done.text, *done.pieces))]
        return done.text if done.other is None else done.other

    def keeps(self, pointer: str) -> bool:
        """Whether what a reference gives there is a secret: not a bucket, a region, an account or a name, unless it looks like one."""
        _, _, place = pointer.partition("/parameters/")
        if not place:
            return pointer not in ("/name", "/type")
        type_ = self.raw.type if isinstance(self.raw.type, str) else ""
        each = mistakes.fields_of(SHORT_TYPES.get(type_, type_)).get(place)
        kind = each.metadata["kind"] if each is not None else "" if place in mistakes.all_fields() else "secret"
        return place != "path_prefix" and (kind == "secret" or mistakes.secret_name(place))

    def reference(self) -> None:
        """Note a reference to a destination that Planet already has."""
        raw = self.raw
        inside = raw.parameters if isinstance(raw.parameters, dict) else {}
        ref = inside.get("ref", inside.get("destination"))
        id_ = ref.removeprefix("pl:destinations/") if isinstance(ref, str) else ""
        known = id_ if re.fullmatch(r"[A-Za-z0-9_-]{1,100}", id_) else ""
        commands = (f"planet-validator update {known} new-credentials.json",) if known and known != "default" else ()
        self.problems.append(
            catalog.finding(
                "destination-reference",
                detail=f"The delivery goes to {f'pl:destinations/{known}' if known else 'a stored destination'}, whose credentials Planet never gives back.",
                pointer="/parameters/ref" if raw.shape != "order" else "",
                evidence={"destination": known} if known else {},
                commands=commands,
            )
        )

    def not_a_bucket(self, kind: str) -> None:
        """Note that the request delivers to another service."""
        service = NOT_BUCKETS.get(kind, "another service")
        self.problems.append(
            catalog.finding(
                "not-a-bucket",
                detail=f"This delivers to {service}, which is not a bucket: Planet's check of a bucket does not apply.",
                evidence={"service": service},
            )
        )
        self.hide("", self.raw.parameters)

    def name(self, name: Any) -> None:
        """Note a name that Planet does not take."""
        if name is None or (isinstance(name, str) and (3 <= len(name) <= 63 or "/name" in self.unresolved)):
            return
        said = f"The name has {len(name)} characters" if isinstance(name, str) else "The name is not a string"
        self.problems.append(catalog.finding("name-invalid", detail=f"{said}; Planet takes 3 to 63.", pointer="/name"))

    def default_name(self, parameters: Mapping[str, Any]) -> str:
        """What an unnamed destination is called here."""
        for key in ("bucket", "container"):
            if isinstance(value := parameters.get(key), str) and value:
                return value
        return f"destination at {self.raw.pointer}" if self.raw.pointer else "destination"

    def places(self, parameters: Mapping[str, Any]) -> dict[str, Place]:
        """Where each value stands in its source."""
        found: dict[str, Place] = {}
        pointers = {each.pointer for each in self.problems} | {"", "/name", "/type", "/parameters"}
        pointers |= {f"/parameters/{escape(key)}" for key in parameters}
        if isinstance(self.raw.parameters, dict):
            pointers |= {f"/parameters/{escape(key)}" for key in self.raw.parameters}
        for pointer in pointers:
            place = self.document.place(self.raw.in_document(pointer))
            if place is not None:
                found[pointer] = place
        for each in self.problems:
            for operation in each.fix.patch if each.fix else ():
                if operation.op == "move" and operation.value in found:
                    found[operation.path] = found[operation.value]
        return found


def _mend(written: str, why: str) -> Fix | None:
    name = re.fullmatch(r"\$\{([A-Za-z_]\w*)\}", written)
    if name and "not set" in why:
        return Fix(f"Set {name[1]} in the environment of this command, or name a file that sets it with --env-file.")
    return None
