"""Finds the destinations in command lines: ``planet`` and ``curl``, in scripts or as they were typed. Nothing is run."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from validator.core.model import Place
from validator.sources.document import Broken, Document, Span, line_starts
from validator.sources.expressions import Applied, Node, Unknown, Variable
from validator.sources.parsers.shell_commands import Command, Lexer
from validator.sources.parsers.shell_requests import Found, Requests
from validator.sources.parsers.shell_state import ScriptState, assigned, leading, path_of
from validator.sources.parsers.shell_values import as_text, piped
from validator.sources.payloads import NoDestination

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
OTHER_CLIENTS: Final = frozenset({"http", "https", "xh", "xhs", "wget", "curlie"})
_DECLARE: Final = frozenset({"export", "readonly", "local", "declare", "typeset"})


def is_shell(text: str) -> bool:
    """Whether a text of unknown form is a shell's."""
    from validator.sources.parsers.python import is_python

    return _SHEBANG.match(text) is not None or (_LIKELY.search(text) is not None and not is_python(text))


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
    return _Script(text, variable).requests.found


class _Script:
    """Follows a script command by command."""

    def __init__(self, text: str, given: Callable[[str], Node]) -> None:
        self.state = ScriptState(given)
        self.requests = Requests(self.state)
        lexer = Lexer(text, self.state.variable, self.substituted)
        before: list[Command] = []
        after = "\n"
        while (command := lexer.next()) is not None:
            command.after = after
            after = command.end
            if command.after != "|":
                before = []
            before.append(command)
            self.command(before)

    def command(self, pipeline: Sequence[Command]) -> None:
        """The last command of a pipeline."""
        words = list(self.state.control(pipeline[-1].words))
        if pipeline[-1].output is not None:
            text = pipeline[-1].document if [each.text for each in words] == ["cat"] and len(pipeline) == 1 else None
            self.state.written[path_of(pipeline[-1].output)] = None if self.state.blocks else text
        certain = pipeline[-1].after not in ("&&", "||", "|")
        before = [(words.pop(0), each) for each in leading(words)]
        for index, (word, (variable, value)) in enumerate(before):
            if words:
                break  # only for this command
            # The second of a line may hold what the first has just set.
            self.state.assign(variable, value, certain=certain and not (index and word.expanded))
        name = words[0].text if words else None
        if name in _DECLARE:
            for word in words[1:]:
                if found := assigned(word):
                    self.state.assign(*found, certain=certain)
        elif name is not None and name.rpartition("/")[2] == "planet":
            self.requests.planet(words, pipeline)
        elif name is not None and name.rpartition("/")[2] == "curl":
            self.requests.curl(words, pipeline)
        elif name in OTHER_CLIENTS:
            self.requests.other_client(words)
        elif words:
            self.state.changes(name, words)

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
