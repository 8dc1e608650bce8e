"""The values of one destination: its references resolved, with what of each could not be, and the secrets among them, found by name or by look."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from validator.core import catalog
from validator.core.model import Destination, Finding, Fix, Secret
from validator.core.secret_shapes import credential_parts, in_dotted_key, is_wordlike
from validator.core.values import Dataclass, field, replace
from validator.providers import SHORT_TYPES
from validator.sources import mistakes
from validator.sources.document import escape
from validator.sources.payloads import RawDestination
from validator.sources.references import Resolver
from validator.sources.surroundings import NOTHING_READ, References

_PARTING: Final = str.maketrans(dict.fromkeys("/?#=&,;:@\"'()[]{}<>|", " "))
"""What a word of a name, a prefix or an address ends at."""
_CHOSEN: Final = 8
"""Characters of a password that somebody chose, at least: none is looked for that is shorter, or an ordinary word."""
_NO_SECRET: Final = ("bucket", "container", "account", "prefix", "region", "name", "url", "file", "path")
"""How names of variables end that hold no secret, whatever else they say."""


def environment_secrets(texts: Iterable[str], environment: Mapping[str, str]) -> Iterator[str]:
    """Values of variables that are named like a secret, as far as these texts hold them: whole, or as one of their words."""
    values = set(environment.values())
    for word in {word for text in texts for word in _words(text) if word in values}:
        named = any(value == word and _is_secret(name) for name, value in environment.items())
        if named and not is_wordlike(word) and not word.startswith("/") and "://" not in word:
            yield word


def _is_secret(variable: str) -> bool:
    """Whether it is named like a secret, and not like the place or the file of one: ``SECRET_BUCKET``."""
    return mistakes.secret_name(variable) and not variable.lower().endswith(_NO_SECRET)


def with_each_others(destinations: Sequence[Destination], references: References) -> Sequence[Destination]:
    """Each with the secrets that stand in its texts too and are another's, or the environment's: no form tells a chosen password from a
    name. What may not be resolved is not looked for, or who proposes a source could find out by guessing.
    """
    texts = [_texts(each) for each in destinations]
    known = {*environment_secrets((text for each in texts for text in each), references.readable)}
    if len(destinations) > 1:
        hidden = (value.reveal() for each in destinations for value in each.parameters.values() if isinstance(value, Secret))
        known |= {value for value in hidden if len(value) >= _CHOSEN and not is_wordlike(value)}
    if not known:
        return destinations
    held = [sorted({word for text in each for word in _words(text) if word in known}) for each in texts]
    return [
        replace(each, secrets=(*each.secrets, *map(Secret, more))) if more else each
        for each, more in zip(destinations, held, strict=True)
    ]


def _texts(destination: Destination) -> list[str]:
    """What of a destination is shown."""
    values = (value for value in destination.parameters.values() if isinstance(value, str))
    return [destination.name, destination.type, destination.path_prefix, *values]


def _words(text: str) -> Iterator[str]:
    """The text, and its words: as blanks part it, as paths do, and as any sign does."""
    words = (text, *text.split(), *text.replace("/", " ").split(), *text.translate(_PARTING).split())
    return (each for each in words if len(each) >= _CHOSEN)


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
                self += map(Secret, credential_parts(each))
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
