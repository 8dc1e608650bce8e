"""The requests in a script's commands: ``planet`` and ``curl``. Nothing is run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from validator.core.model import Place
from validator.core.values import Dataclass, field
from validator.providers import SHORT_TYPES
from validator.providers.base import required
from validator.sources.document import ParseError, Unreadable, check_value
from validator.sources.expressions import Applied, Expression, FileData, Unknown, expressed, joined
from validator.sources.mistakes import fields_of, names_elsewhere
from validator.sources.parsers.json import read_json
from validator.sources.parsers.python import is_destination
from validator.sources.parsers.shell_commands import ShellCommand
from validator.sources.parsers.shell_state import ScriptState
from validator.sources.parsers.shell_values import (
    BODY,
    FLAGS,
    MARK,
    curl_option,
    marked,
    options_of,
    standard_input,
    unmarked,
)
from validator.sources.parsers.shell_words import Word, pieces
from validator.sources.sdk import speaks_of_sending, takes_deliveries

_OPTION: Final = re.compile("-{1,2}[A-Za-z][A-Za-z_-]{0,60}")
NOT_OF_A_REQUEST: Final = frozenset(
    {"--pretty", "--no-pretty", "-u", "--base-url", "--verbosity", "--quiet", "--help", "--version"}
)
"""Options of ``planet`` that say nothing of a destination; so do those that begin with ``--auth-``."""
_ELSEWHERE: Final = "it may be among options that are held in a variable, which is not followed"
_ONCE_MORE: Final = "another shell reads this once more"
_WHY: Final[Mapping[str, str]] = {
    **dict.fromkeys(("xargs", "parallel"), "this command is given words that only a run shows"),
    **dict.fromkeys(("ssh", "bash", "sh", "zsh", "dash", "su", "eval"), f"{_ONCE_MORE}, with variables of its own"),
}
"""Why what another command runs is not read."""
_REWRITTEN: Final = "the script writes that file before, or goes to another folder, so only a run shows what is in it"


class ScriptContent(Dataclass, frozen=False):
    """What a script holds."""

    values: list[tuple[Any, Mapping[str, int]]] = field(default_factory=list)
    """Destinations, and the lines of their parts by JSON pointer."""
    faults: list[Unreadable] = field(default_factory=list)
    updates: int = 0


class Requests:
    """What is sent to Planet, or made for it, by the commands of a script."""

    def __init__(self, state: ScriptState) -> None:
        self.state = state
        self.content = ScriptContent()

    def planet(self, words: Sequence[Word], pipeline: Sequence[ShellCommand]) -> None:
        """``planet destinations create ...``, ``planet orders ...``, ``planet subscriptions ...``."""
        options, positional = options_of([*pieces(words[1:])])
        names = [each.text or "" for each in positional]
        if names[:2] == ["destinations", "create"] and len(names) > 2:
            self.create(names[2], options, words[0].line, more=any(each.text is None for each in positional[3:]))
        elif names[:2] == ["destinations", "update"]:
            self.content.updates += 1
        elif names[:2] in (["orders", "create"], ["subscriptions", "create"]) and len(positional) > 2:
            self.request(positional[2], pipeline, {})
        elif names[:2] in (["orders", "request"], ["subscriptions", "request"]):
            delivery = options.get("--delivery") or options.get("--cloudconfig")
            name = options.get("--name")
            if delivery is not None:
                self.request(delivery, pipeline, {"name": expressed(name.node) if name else None})

    def create(self, kind: str, options: Mapping[str, Word], line: int, *, more: bool) -> None:
        """``planet destinations create TYPE``. ``more``: other options are in a variable that is not followed."""
        type_ = SHORT_TYPES.get(kind, kind)
        fields = fields_of(type_)
        parameters: dict[str, Any] = {}
        lines = {"": line}
        value: dict[str, Any] = {"type": type_, "parameters": parameters}
        for option, word in options.items():
            if not _OPTION.fullmatch(option):  # options in one word, which the shell takes apart in a way of its own (IFS)
                more = True
                continue
            plain = option.lstrip("-").replace("-", "_")
            if plain == "name":
                value["name"] = expressed(word.node)
                lines["/name"] = word.line
                continue
            if option in NOT_OF_A_REQUEST or option.startswith("--auth-"):
                continue
            field = plain if plain in fields else names_elsewhere(type_).get(plain, plain)
            node = Unknown(field, _REWRITTEN) if self.state.changed(word.node) else word.node
            parameters[field] = True if option in FLAGS else expressed(node)
            lines[f"/parameters/{field}"] = word.line
        for name, each in fields.items() if more else ():
            if required(each) and name not in parameters:
                parameters[name] = expressed(Unknown(name, _ELSEWHERE))
                lines[f"/parameters/{name}"] = line
        self.content.values.append((value, lines))

    def request(self, word: Word, pipeline: Sequence[ShellCommand], around: Mapping[str, Any]) -> None:
        """A request as an argument: JSON, a file, or ``-``. ``around``: the order's members, where the word is its delivery."""
        if word.text == "-":
            body = standard_input(pipeline)
        elif isinstance(word.node, str) and not word.node.lstrip().startswith(("{", "[")):
            body = Word(FileData(word.node), word.line)
        else:
            body = word
        if body is None:
            self.content.faults.append((Place(word.line), f"the request comes from a command: {_not_known(pipeline)}"))
            return
        self.body(body, around=around, sure=True)

    def other_client(self, words: Sequence[Word], document: Word | None = None) -> None:
        """HTTPie, wget, a function of the script's, another program with what it is given: what they send to Planet is not read."""
        texts = [each.text or "" for each in words]
        inner = document.text or "" if document is not None else ""
        if any(map(takes_deliveries, texts)) or speaks_of_sending(texts) or speaks_of_sending(inner.split()):
            why = next((f"{_WHY[each]}, so " for each in texts if each in _WHY), "")
            what = f"{why}what this command sends to Planet is not read; write the request down in a .json file, or as a planet or curl command of its own"
            self.content.faults.append((Place(words[0].line), what))

    # ---- curl ----------------------------------------------------------------------------------------------------------

    def curl(self, words: Sequence[Word], pipeline: Sequence[ShellCommand]) -> None:
        """``curl -d ...``."""
        bodies: list[Word] = []
        rest = list(words[1:])
        planet = any("planet" in (each.text or "") for each in rest)
        while rest:
            word = rest.pop(0)
            option, value = curl_option(word, rest)
            if option in BODY and value is not None:
                bodies.append(self.file_of(option, value, pipeline) or value)
        if not bodies:
            if any(isinstance(each.node, Unknown) for each in words[1:]):
                self.other_client(words)  # the body may be among what is not known
            return
        whole = Word(joined(*(each.node for each in bodies)), bodies[0].line) if len(bodies) > 1 else bodies[0]
        self.body(whole, around={}, sure=planet)

    def file_of(self, option: str, value: Word, pipeline: Sequence[ShellCommand]) -> Word | None:
        """``@file`` and ``@-``."""
        if option == "--data-raw" or not value.start.startswith("@"):
            return None
        if value.text is None:
            return Word(Unknown("@file", "the name of the file is not known"), value.line)
        if value.text == "@-":
            return standard_input(pipeline) or Word(Unknown("@-", _not_known(pipeline)), value.line)
        return Word(FileData(value.text[1:]), value.line)

    def body(self, word: Word, *, around: Mapping[str, Any], sure: bool) -> None:
        """A request's text. ``sure``: it goes to Planet; otherwise what is no destination is passed over."""
        known = self.state.written.get(posixpath.normpath(word.node.path)) if isinstance(word.node, FileData) else None
        if known is not None:
            word = known
        elif self.state.changed(word.node):
            word = Word(Unknown("a file", _REWRITTEN), word.line)
        if isinstance(word.node, Unknown):
            self.content.faults.append((Place(word.line), f"the request is read from {word.node.label}: {word.node.why}"))
            return
        text, references = marked(word.node)
        if references and MARK.fullmatch(text.strip()):
            value: Any = Expression(Applied("json", word.node))
            self.content.values.append(({**around, "delivery": value} if around else value, {"": word.line}))
            return
        try:
            document = check_value(read_json(text))
            if document.faults:
                raise ParseError.of(document.faults)
        except ParseError as broken:
            if sure:
                self.content.faults += ((Place(word.line + (line or 1) - 1), what) for line, what in broken.problems)
            return
        value = unmarked(document.value, references)
        if not around and not (is_destination(value) or (isinstance(value, list) and any(map(is_destination, value)))):
            if sure and isinstance(value, dict) and ("type" in value or "delivery" in value):
                self.content.faults.append((Place(word.line), "there is no destination in this request"))
            return
        below = "/delivery" if around else ""
        lines = {
            below + pointer: word.line + (place.line or 1) - 1
            for pointer in document.spans
            if (place := document.place(pointer)) is not None
        }
        listed = isinstance(value, list) and not around
        for index, each in enumerate(value if listed else [value]):
            start = f"/{index}" if listed else ""
            own = {pointer.removeprefix(start): line for pointer, line in lines.items() if pointer.startswith(start)}
            self.content.values.append(({**around, "delivery": each} if around else each, own))


def _not_known(pipeline: Sequence[ShellCommand]) -> str:
    """Why what a pipeline prints is not known, and what to do instead."""
    if any(each.name == "envsubst" for each in pipeline):
        return "what envsubst prints is not known; name its template as the source: ${NAME} in it is a reference"
    return "what the command before it prints is not known"
