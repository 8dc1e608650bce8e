"""The values of one destination: its references resolved, with what of each could not be, and the secrets among them, found by name or by look."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from validator.core import catalog
from validator.core.model import Finding, Fix, Secret
from validator.core.secret_shapes import credentials_in, in_dotted_key
from validator.core.values import Dataclass, field
from validator.providers import SHORT_TYPES
from validator.sources import mistakes
from validator.sources.document import escape
from validator.sources.payloads import RawDestination
from validator.sources.references import Resolver
from validator.sources.surroundings import NOTHING_READ


class SecretList(list[Secret]):
    """Everything of one destination that no report may show."""

    def below(self, key: str, value: Any) -> None:
        """Take in every secret below a key named like one."""
        waiting: list[tuple[bool, Any]] = [(mistakes.secret_name(key), value)]
        while waiting:
            secret, each = waiting.pop()
            if isinstance(each, Mapping):
                waiting += [(secret or mistakes.secret_name(name), item) for name, item in each.items()]
            elif isinstance(each, list):
                waiting += [(secret, item) for item in each]
            elif isinstance(each, Secret):
                self.append(each)
            elif secret and each is not None and not isinstance(each, bool):
                self.append(Secret(str(each)))

    def looking(self, *values: Any) -> None:
        """Take in what looks like a credential in what the destination does not keep: names of members included."""
        waiting = list(values)
        while waiting:
            each = waiting.pop()
            if isinstance(each, str):
                self += [Secret(each[start:end]) for start, end in credentials_in(each)]
            elif isinstance(each, Mapping):
                self += [Secret(part) for name, value in each.items() for part in in_dotted_key(name, value)]
                waiting += [*each.keys(), *each.values()]
            elif isinstance(each, list):
                waiting += each


class ResolvedValues(Dataclass, frozen=False):
    """Of one destination."""

    raw: RawDestination
    source: str
    resolver: Resolver
    problems: list[Finding]
    secrets: SecretList
    resolved: set[str] = field(default_factory=set)
    """Pointers of values that references gave."""
    unresolved: set[str] = field(default_factory=set)

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
            self.secrets.looking(str(value))  # a secret in a reference's place, which the finding would quote
        for written, why in done.problems:
            self.unresolved.add(pointer)
            key = pointer.rpartition("/")[2]
            self.problems.append(
                catalog.finding(
                    "unresolved-reference",
                    detail=f"{key}: {why}." if written == key else f"{key}: {written}: {why}.",
                    pointer=pointer,
                    evidence={"reference": written},
                    fix=_fix(written, why),
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


def _fix(written: str, why: str) -> Fix | None:
    name = re.fullmatch(r"\$\{([A-Za-z_]\w*)\}", written)
    if name and "not set" in why:
        return Fix(f"Set {name[1]} in the environment of this command, or name a file that sets it with --env-file.")
    from validator.sources.expressions import EARLIER

    if why == EARLIER:
        return Fix("Give the lines that set it too, or pass the finished dictionary to validator.check.")
    if why == NOTHING_READ:
        return Fix("Give the value itself.")
    return None
