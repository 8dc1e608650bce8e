"""Makes one Destination of what stands in a document: references resolved, secrets wrapped, messes named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from validator.core import catalog
from validator.core.model import Destination, Finding, PatchOperation, Place, Secret
from validator.core.secret_shapes import is_wordlike
from validator.core.sentences import sentence
from validator.core.values import Dataclass, field, replace
from validator.providers import SHORT_TYPES
from validator.sources import mistakes
from validator.sources.document import Document, escape
from validator.sources.payloads import RawDestination
from validator.sources.references import Resolver
from validator.sources.values import ResolvedValues, SecretList

if TYPE_CHECKING:
    from validator.sources.expressions import Expression


class DestinationBuilder(Dataclass, frozen=False):
    """Makes one Destination of what stands in a document."""

    raw: RawDestination
    document: Document
    source: str
    resolver: Resolver
    problems: list[Finding]
    secrets: SecretList = field(default_factory=SecretList)
    values: ResolvedValues = field(init=False)

    def __post_init__(self) -> None:
        self.problems = list(self.problems)
        self.values = ResolvedValues(self.raw, self.source, self.resolver, self.problems, self.secrets)

    def destination(self) -> Destination:
        """The destination, with every problem of its source."""
        raw = self.raw
        if raw.shape == "unreadable":
            made = unreadable(self.default_name({}), self.source, raw.why, self.document.place(raw.pointer))
            return replace(made, pointer=raw.pointer, form=self.document.form)
        name, type_ = self.values.text(raw.name, "/name"), self.values.text(raw.type, "/type")
        kind = self.type(type_)
        parameters: dict[str, Any] = {}
        prefix = ""
        if raw.shape == "reference":
            self.problems.append(mistakes.reference(raw))
        elif raw.shape == "not-a-bucket":
            self.problems.append(mistakes.not_a_bucket(kind))
            self.secrets.below("", raw.parameters)
        else:
            given, prefix = self.given()
            parameters = self.parameters(kind, given)
            kind = kind or self.guessed(parameters)
        for key, value in raw.fields.items():
            self.secrets.below(key, value)
        self.secrets.looking(raw.pointer, raw.fields, None if parameters else raw.parameters)
        if raw.shape == "request":
            self.problems += mistakes.of_fields(raw, mistakes.fields_of(kind or self.fitting()))
            if name is not None and "/name" not in self.values.unresolved and (problem := mistakes.unfit_name(name)):
                self.problems.append(problem)
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
            resolved=frozenset(self.values.resolved),
            secrets=tuple(self.secrets),
            form=self.document.form,
        )

    def problem(self, name: str, detail: str, pointer: str, **more: Any) -> None:
        """Note a finding."""
        self.problems.append(catalog.finding(name, detail=detail, pointer=pointer, **more))

    def type(self, type_: Any) -> str:
        """The type, or an empty string with the problem noted."""
        if type_ is None or "/type" in self.values.unresolved:
            return ""
        if not isinstance(type_, str):
            self.problem("unknown-type", "The type is not a string.", "/type")
            return ""
        return SHORT_TYPES.get(type_, type_)

    def guessed(self, parameters: Mapping[str, Any]) -> str:
        """Without a type nothing is checked; where only one fits, the finding says which."""
        if self.raw.type is None and (meant := mistakes.without_type(set(parameters))):
            add = PatchOperation("add", "/type", meant)
            self.problem("unknown-type", f"There is no type; these are the parameters of {meant}.", "/type", patch=(add,))
        return ""

    def fitting(self) -> str:
        """The only type whose parameters stand beside one another where neither a type nor parameters are; empty otherwise."""
        if self.raw.type is not None or self.raw.parameters is not None:
            return ""
        return mistakes.without_type({key.lstrip("-").replace("-", "_") for key in self.raw.fields}) or ""

    def given(self) -> tuple[dict[str, Any], str]:
        """The parameters as written, without a delivery's own path_prefix."""
        given = self.raw.parameters
        if _expression(given) is not None:
            given = self.values.text(given, "/parameters")
            if "/parameters" in self.values.unresolved:
                return {}, ""
        if given is None and self.raw.fields:
            # All in one level: what is a parameter is read as one, and named as misplaced.
            known = mistakes.fields_of(self.type(self.raw.type) or self.fitting())
            return {key: item for key, item in self.raw.fields.items() if key.lstrip("-").replace("-", "_") in known}, ""
        if not isinstance(given, dict):
            if given is not None:
                self.problem("wrong-parameter-kind", "parameters is not an object.", "/parameters")
                self.secrets.below("secret", given)
            return {}, ""
        given = dict(given)
        prefix: Any = ""
        if self.raw.shape in ("order", "subscription"):
            prefix = self.values.text(given.pop("path_prefix", ""), "/parameters/path_prefix")
            if not isinstance(prefix, str | None):
                self.problem("wrong-parameter-kind", "path_prefix is not a string.", "/parameters/path_prefix")
        return given, prefix if isinstance(prefix, str) else ""

    def parameters(self, type_: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters by their declared names, secrets as :class:`Secret`."""
        names = mistakes.renamed(type_, given)
        fields = mistakes.fields_of(type_)
        parameters: dict[str, Any] = {}
        for key, item in given.items():
            meant = names.get(key, key)
            if key in names:
                self.problems.append(mistakes.rename_finding(key, meant))
            pointer = f"/parameters/{escape(meant)}"
            hidden = mistakes.secret_name(key) or (meant in fields and fields[meant].metadata["kind"] == "secret")
            value = self.values.text(item, pointer)
            if pointer in self.values.unresolved and isinstance(item, str):
                if (expression := _expression(item)) is not None:
                    self.secrets += [Secret(each) for each in expression.constants() if hidden]
                elif hidden and not re.fullmatch(r"\$\{[^{}]*\}", item):
                    self.secrets.append(Secret(item))  # a secret that merely looks like a reference
                value = ""  # nothing to judge, and nothing to take for a secret: the finding names the reference
            elif hidden:
                value = self.hidden(meant, value)
            elif not isinstance(value, str):
                self.secrets.below(key, value)
            elif (
                meant not in fields
                and meant not in mistakes.all_fields()
                and (not is_wordlike(value) or mistakes.maybe_secret_name(key))
            ):
                self.secrets.append(Secret(value))  # a misspelt key may well be a secret's
            parameters[meant] = value
        return parameters

    def hidden(self, key: str, value: Any) -> Any:
        """A value of a secret field: a key object as the text that Planet takes."""
        if key == "credentials" and isinstance(value, dict) and "private_key" in value:
            self.secrets.below(key, value)
            value, finding = mistakes.key_object(key, value)
            self.problems.append(finding)
        if isinstance(value, str):
            value = Secret(value)
        self.secrets.below(key, value)
        return value

    def default_name(self, parameters: Mapping[str, Any]) -> str:
        """What an unnamed destination is called here."""
        for key in ("bucket", "container"):
            if isinstance(value := parameters.get(key), str) and value:
                return value
        return f"destination at {self.raw.pointer}" if self.raw.pointer else "destination"

    def places(self, parameters: Mapping[str, Any]) -> dict[str, Place]:
        """Where each value stands in its source."""
        places: dict[str, Place] = {}
        pointers = {each.pointer for each in self.problems} | {"", "/name", "/type", "/parameters"}
        pointers |= {f"/parameters/{escape(key)}" for key in parameters}
        if isinstance(self.raw.parameters, dict):
            pointers |= {f"/parameters/{escape(key)}" for key in self.raw.parameters}
        for pointer in pointers:
            place = self.document.place(self.raw.in_document(pointer))
            if place is not None:
                places[pointer] = place
        for each in self.problems:
            for operation in each.fix.patch if each.fix else ():
                if operation.op == "move" and operation.value in places:
                    places[operation.path] = places[operation.value]
        return places


def unreadable(name: str, source: str, what: str, place: Place | None) -> Destination:
    """What a report shows where a destination cannot be read."""
    problem = catalog.finding("unreadable-source", detail=sentence(what))
    return Destination(name, "", {}, source, problems=(problem,), places={"": place} if place else {})


def _expression(value: object) -> Expression | None:
    if type(value) is str or not isinstance(value, str):
        return None
    from validator.sources.expressions import Expression

    return value if isinstance(value, Expression) else None
