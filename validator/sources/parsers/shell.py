"""Finds the destinations in command lines: ``planet`` and ``curl``, in scripts or as they were typed. Nothing is run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from validator.core.model import Place
from validator.sources.document import Broken, Document, Span, check_value, line_starts, read_json
from validator.sources.expressions import (
    Applied,
    Expression,
    FileData,
    Joined,
    Node,
    Setting,
    Unknown,
    Variable,
    files_of,
    joined,
)
from validator.sources.mistakes import CLI_NAMES, fields_of
from validator.sources.parsers.python import is_destination
from validator.sources.parsers.shell_values import (
    BODY,
    FLAGS,
    MARK,
    as_text,
    curl_option,
    lowered,
    marked,
    options_of,
    piped,
    standard_input,
    unmarked,
)
from validator.sources.parsers.shell_words import Command, Lexer, Word
from validator.sources.payloads import SHORT_TYPES, NoDestination

NO_DESTINATION: Final = (
    "there is no destination in these commands: no `planet destinations create`, no `planet orders` or `planet subscriptions`"
    " with a delivery, and no curl with a request"
)
UPDATES: Final = (
    "this command gives new credentials to a destination that exists; planet-validator update DESTINATION_ID SOURCE checks them,"
    " SOURCE being the whole destination"
)

_LIKELY: Final = re.compile(
    r"(?m)(?:^[ \t]*(?:[$%>][ \t]+)?(?:[A-Za-z_]\w{0,60}=\S{0,200}[ \t]+){0,3}|[|;&][ \t]*)(?:curl|planet)[ \t]+\S"
)
_SHEBANG: Final = re.compile(r"#![^\n]{0,80}\b(?:ba|z|k|da)?sh\b")
_ASSIGNED: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,200})=")
_BEFORE: Final = frozenset(
    {
        "$",
        "%",
        ">",
        "sudo",
        "time",
        "exec",
        "command",
        "then",
        "do",
        "else",
        "!",
        "env",
        "nohup",
        "if",
        "while",
        "elif",
        "until",
    }
)
_MEMBER: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,200})(?:\+|\[[^\]]{0,200}\]\+?)=")
_SETTERS: Final = frozenset({"unset", "mapfile", "readarray", "let", "getopts", "printf", "read"})
"""Commands that set, or unset, the variables whose names they are given."""
_WRITERS: Final = frozenset(
    {"sed", "perl", "tee", "cp", "mv", "rm", "install", "ln", "touch", "sponge", "yq", "wget", "python", "python3"}
)
"""Commands that may write the files that they are given."""
_CHANGED: Final = "the script changes it in a way that only a run shows"
_REWRITTEN: Final = "the script writes that file before, or goes to another folder, so only a run shows what is in it"
_DECLARE: Final = frozenset({"export", "readonly", "local", "declare", "typeset"})
_OPEN: Final[Mapping[str, str]] = {
    "if": "fi",
    "for": "done",
    "while": "done",
    "until": "done",
    "case": "esac",
    "{": "}",
    "(": ")",
}
_CLOSE: Final = frozenset(_OPEN.values())
_BRANCH: Final = "it is assigned in a part of the script that may not run, so only a run shows its value"


def _leading(words: Sequence[Word]) -> list[tuple[str, Node]]:
    """The assignments before a command."""
    found = []
    for word in words:
        assigned = _Script.assigned(word)
        if assigned is None:
            break
        found.append(assigned)
    return found


def _first(word: Word) -> str:
    """What a word begins with, where that is written there."""
    first = word.node.parts[0] if isinstance(word.node, Joined) else word.node
    return first if isinstance(first, str) else ""


def _path(word: Word) -> str:
    return posixpath.normpath(word.text) if word.text else ""


def is_shell(text: str) -> bool:
    """Whether a text of unknown form is a shell's."""
    from validator.sources.parsers.python import is_python

    return _SHEBANG.match(text) is not None or (_LIKELY.search(text) is not None and not is_python(text))


@dataclass(slots=True)
class Found:
    """What a script holds."""

    values: list[tuple[Any, Mapping[str, int]]] = field(default_factory=list)
    """Destinations, and the lines of their parts by JSON pointer."""
    faults: list[tuple[Place | None, str]] = field(default_factory=list)
    updates: int = 0


def read_shell(text: str) -> Document:
    """The destinations in a script, or in command lines. Raises :class:`Broken` and :class:`NoDestination`."""
    found = commands_in(text)
    if not found.values:
        if found.faults:
            raise Broken(*((place.line if place else None, what) for place, what in found.faults))
        raise NoDestination("", UPDATES if found.updates else NO_DESTINATION)
    values, places = [], {}
    for index, (value, lines) in enumerate(found.values):
        values.append(value)
        start = "" if len(found.values) == 1 else f"/{index}"
        places.update({start + pointer: Place(line) for pointer, line in lines.items()})
    starts = line_starts(text)
    spans = {pointer: Span(*(starts[min(place.line or 1, len(starts)) - 1],) * 2) for pointer, place in places.items()}
    whole = values[0] if len(values) == 1 else values
    return Document(whole, "shell", text, spans, (), starts, places, tuple(found.faults))


def commands_in(text: str, variable: Callable[[str], Node] = Variable) -> Found:
    """What a script holds. ``variable``: what stands for a variable that it does not set. Raises :class:`Broken`."""
    if "\ue000" in text or "\ue001" in text:
        raise Broken((None, "it holds characters of no script"))
    return _Script(text, variable).found


class _Script:
    """Follows a script command by command."""

    def __init__(self, text: str, given: Callable[[str], Node]) -> None:
        self.found = Found()
        self.given = given
        self.variables: dict[str, Node] = {}
        self.settings: str | None = None
        self.written: dict[str, Word | None] = {}
        """Files that the script may have written, and their text where it is known."""
        self.moved = False
        """It is in another folder than the one it began in."""
        self.blocks: list[tuple[str, set[str]]] = []
        """What ends each open block, and the variables that were assigned in it."""
        lexer = Lexer(text, self.variable, self.substituted)
        before: list[Command] = []
        after = "\n"
        while (command := lexer.next()) is not None:
            command.after = after
            after = command.end
            if command.after != "|":
                before = []
            before.append(command)
            self.command(before)

    def variable(self, name: str) -> Node:
        """What a variable stands for here."""
        if name in self.variables:
            return self.variables[name]
        return Setting(self.settings, name, self.given(name)) if self.settings is not None else self.given(name)

    def assign(self, name: str, value: Node, *, certain: bool) -> None:
        """``NAME=value``."""
        if any(end in ("done", "esac") for end, _ in self.blocks) or not certain:
            value = Unknown(name, _BRANCH)
        if self.blocks:
            self.blocks[-1][1].add(name)
        self.variables[name] = value

    def close(self) -> None:
        """Leave a block: what was assigned in it may not have been."""
        _, names = self.blocks.pop()
        for name in names:
            self.variables[name] = Unknown(name, _BRANCH)
        if self.blocks:
            self.blocks[-1][1].update(names)

    # ---- commands ------------------------------------------------------------------------------------------------------

    def command(self, pipeline: Sequence[Command]) -> None:
        """The last command of a pipeline."""
        words = list(self.control(pipeline[-1].words))
        if pipeline[-1].output is not None:
            text = pipeline[-1].document if [each.text for each in words] == ["cat"] and len(pipeline) == 1 else None
            self.written[_path(pipeline[-1].output)] = None if self.blocks else text
        certain = pipeline[-1].after not in ("&&", "||", "|")
        before = [(words.pop(0), each) for each in _leading(words)]
        for index, (word, (variable, value)) in enumerate(before):
            if words:
                break  # only for this command
            # The second of a line may hold what the first has just set.
            self.assign(variable, value, certain=certain and not (index and word.expanded))
        name = words[0].text if words else None
        if name in _DECLARE:
            for word in words[1:]:
                if assigned := self.assigned(word):
                    self.assign(*assigned, certain=certain)
        elif name is not None and name.rpartition("/")[2] == "planet":
            self.planet(words, pipeline)
        elif name is not None and name.rpartition("/")[2] == "curl":
            self.curl(words, pipeline)
        elif words:
            self.changes(name, words)

    def changes(self, name: str | None, words: Sequence[Word]) -> None:
        """What a command does to variables, files and the folder."""
        if name in _SETTERS:
            why = "it is asked for when the script runs" if name == "read" else _CHANGED
            given = [each.text or "" for each in words[1:]]
            for each in given if name != "printf" else given[1:2] if given[:1] == ["-v"] else []:
                self.assign(each, Unknown(each, why), certain=True)
        elif name == "eval":
            self.variables = {each: Unknown(each, _CHANGED) for each in self.variables}
        elif name in (".", "source") and len(words) > 1 and words[1].text:
            self.settings = words[1].text
            self.variables = {each: Setting(self.settings, each, old) for each, old in self.variables.items()}
        elif name in ("cd", "pushd", "popd"):
            self.moved |= len(words) > 1 and words[1].text not in (None, ".", "./")
        elif name in _WRITERS:
            self.written.update((_path(each), None) for each in words[1:])
        elif match := _MEMBER.match(_first(words[0])):
            self.assign(match[1], Unknown(match[1], _CHANGED), certain=True)

    def control(self, words: Sequence[Word]) -> Iterator[Word]:
        """A command's words without what controls whether it runs."""
        started = False
        for index, word in enumerate(words):
            text = None if word.quoted else word.text
            if started:
                yield word
            elif text in _CLOSE:
                while any(end == text for end, _ in self.blocks):
                    last = self.blocks[-1][0] == text
                    self.close()
                    if last:
                        break
            elif text in ("else", "elif") and self.blocks:
                self.close()
                self.blocks.append(("fi", set()))
            elif text is not None and text in _OPEN:
                self.blocks.append((_OPEN[text], set()))
                if text in ("for", "case"):
                    if text == "for" and index + 1 < len(words):
                        self.assign(words[index + 1].text or "", Unknown(words[index + 1].text or "", _BRANCH), certain=True)
                    return
            elif text not in _BEFORE:
                started = True
                yield word

    @staticmethod
    def assigned(word: Word) -> tuple[str, Node] | None:
        """The variable and its value, if a word is an assignment."""
        first = word.node.parts[0] if isinstance(word.node, Joined) else word.node
        match = _ASSIGNED.match(first) if isinstance(first, str) else None
        if not match or not isinstance(first, str):
            return None
        rest = word.node.parts[1:] if isinstance(word.node, Joined) else ()
        return match[1], joined(first[match.end() :], *rest)

    def substituted(self, commands: Sequence[Command]) -> Node:
        """What ``$(...)`` gives: files and their encodings; nothing else is followed."""
        value: Node | None = None
        for command in commands:
            value = piped(command, value)
            if value is None:
                name = command.words[0].text if command.words else None
                shown = name if name and re.fullmatch(r"[A-Za-z][\w.-]{0,30}", name) else "a command"
                return Unknown(f"$({shown} ...)", "what a command prints is not known; put it into a variable first")
        return (
            Applied("unbroken", as_text(value))
            if value is not None and not isinstance(value, str)
            else (value or "").rstrip("\n")
        )

    # ---- planet --------------------------------------------------------------------------------------------------------

    def planet(self, words: Sequence[Word], pipeline: Sequence[Command]) -> None:
        """``planet destinations create ...``, ``planet orders ...``, ``planet subscriptions ...``."""
        options, positional = options_of(words[1:])
        names = [each.text or "" for each in positional]
        if names[:2] == ["destinations", "create"] and len(names) > 2:
            self.create(names[2], options, words[0].line)
        elif names[:2] == ["destinations", "update"]:
            self.found.updates += 1
        elif names[:2] in (["orders", "create"], ["subscriptions", "create"]) and len(positional) > 2:
            self.request(positional[2], pipeline, {})
        elif names[:2] in (["orders", "request"], ["subscriptions", "request"]):
            delivery = options.get("--delivery") or options.get("--cloudconfig")
            name = options.get("--name")
            if delivery is not None:
                self.request(delivery, pipeline, {"name": lowered(name.node) if name else None})

    def create(self, kind: str, options: Mapping[str, Word], line: int) -> None:
        """``planet destinations create TYPE``."""
        type_ = SHORT_TYPES.get(kind, kind)
        fields = fields_of(type_)
        parameters: dict[str, Any] = {}
        lines = {"": line}
        value: dict[str, Any] = {"type": type_, "parameters": parameters}
        for option, word in options.items():
            plain = option.lstrip("-").replace("-", "_")
            if plain == "name":
                value["name"] = lowered(word.node)
                lines["/name"] = word.line
                continue
            if option in ("--pretty", "--no-pretty", "-u", "--base-url", "--verbosity", "--quiet", "--auth-profile"):
                continue
            meant = plain if plain in fields else CLI_NAMES.get(type_, {}).get(plain, plain)
            node = Unknown(meant, _REWRITTEN) if self.changed(word.node) else word.node
            parameters[meant] = True if option in FLAGS else lowered(node)
            lines[f"/parameters/{meant}"] = word.line
        self.found.values.append((value, lines))

    def request(self, word: Word, pipeline: Sequence[Command], around: Mapping[str, Any]) -> None:
        """A request as an argument: JSON, a file, or ``-``. ``around``: the order's members, where the word is its delivery."""
        if word.text == "-":
            given = standard_input(pipeline)
        elif isinstance(word.node, str) and not word.node.lstrip().startswith(("{", "[")):
            given = Word(FileData(word.node), word.line)
        else:
            given = word
        if given is None:
            self.found.faults.append((Place(word.line), "the request comes from a command whose output is not known"))
            return
        self.body(given, around=around, sure=True)

    # ---- curl ----------------------------------------------------------------------------------------------------------

    def curl(self, words: Sequence[Word], pipeline: Sequence[Command]) -> None:
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
            return
        whole = Word(joined(*(each.node for each in bodies)), bodies[0].line) if len(bodies) > 1 else bodies[0]
        self.body(whole, around={}, sure=planet)

    def file_of(self, option: str, value: Word, pipeline: Sequence[Command]) -> Word | None:
        """``@file`` and ``@-``."""
        first = value.node.parts[0] if isinstance(value.node, Joined) else value.node
        if option == "--data-raw" or not isinstance(first, str) or not first.startswith("@"):
            return None
        if value.text is None:
            return Word(Unknown("@file", "the name of the file is not known"), value.line)
        if value.text == "@-":
            return standard_input(pipeline) or Word(Unknown("@-", "what the command before it prints is not known"), value.line)
        return Word(FileData(value.text[1:]), value.line)

    def changed(self, node: Node) -> bool:
        """Whether a file that it is read from may be another by now."""
        files = {posixpath.normpath(each) for each in files_of(node)}
        return bool(files & self.written.keys()) or (self.moved and any(not each.startswith(("/", "~")) for each in files))

    def body(self, word: Word, *, around: Mapping[str, Any], sure: bool) -> None:
        """A request's text. ``sure``: it goes to Planet; otherwise what is no destination is passed over."""
        known = self.written.get(posixpath.normpath(word.node.path)) if isinstance(word.node, FileData) else None
        if known is not None:
            word = known
        elif self.changed(word.node):
            word = Word(Unknown("a file", _REWRITTEN), word.line)
        if isinstance(word.node, Unknown):
            self.found.faults.append((Place(word.line), f"the request is read from {word.node.label}: {word.node.why}"))
            return
        text, references = marked(word.node)
        if references and MARK.fullmatch(text.strip()):
            value: Any = Expression(Applied("json", word.node))
            self.found.values.append(({**around, "delivery": value} if around else value, {"": word.line}))
            return
        try:
            document = check_value(read_json(text))
            if document.faults:
                raise Broken(*((place.line if place else None, what) for place, what in document.faults))
        except Broken as broken:
            if sure:
                self.found.faults += ((Place(word.line + (line or 1) - 1), what) for line, what in broken.problems)
            return
        value = unmarked(document.value, references)
        if not around and not (is_destination(value) or (isinstance(value, list) and any(map(is_destination, value)))):
            if sure and isinstance(value, dict) and ("type" in value or "delivery" in value):
                self.found.faults.append((Place(word.line), "there is no destination in this request"))
            return
        below = "/delivery" if around else ""
        lines = {
            below + pointer: word.line + (place.line or 1) - 1
            for pointer in document.spans
            if (place := document.place(pointer)) is not None
        }
        several = value if isinstance(value, list) and not around else [value]
        for index, each in enumerate(several):
            start = f"/{index}" if isinstance(value, list) and not around else ""
            own = {pointer.removeprefix(start): line for pointer, line in lines.items() if pointer.startswith(start)}
            self.found.values.append(({**around, "delivery": each} if around else each, own))
