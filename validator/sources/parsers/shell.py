"""Finds the destinations in command lines: ``planet`` and ``curl``, in scripts or as they were typed. Nothing is run."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from validator.core.model import Place
from validator.sources.document import Document, ParseError, of_program
from validator.sources.expressions import Applied, Joined, Node, Unknown, Variable
from validator.sources.parsers.python import is_python
from validator.sources.parsers.shell_commands import Lexer, ShellCommand
from validator.sources.parsers.shell_requests import Requests, ScriptContent
from validator.sources.parsers.shell_state import CHANGED, ScriptState, assigned, leading, path_of, run_by_another
from validator.sources.parsers.shell_values import as_text, piped
from validator.sources.parsers.shell_words import Word
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
    r"|(?:^[ \t]*(?:[$%>][ \t]+)?|[|;&][ \t]*)(?:sudo|env|uvx?|poetry|pipenv|pipx|conda|mamba|op|aws-vault|doppler|nohup|time|timeout|docker|podman|kubectl|ssh"
    r"|xargs|parallel|python[0-9.]{0,6}|py|(?:ba|z)?sh)[ \t][^#\n]{0,400}[ \t/\"']planet(?:\.cli){0,2}[ \t]+[a-z-]"
)
_SHEBANG: Final = re.compile(r"#![^\n]{0,80}\b(?:ba|z|k|da)?sh\b")
OWN: Final = (
    "this script defines a {name} of its own, so what it sends here is not known; write the request down in a .json file"
)
_TELLING: Final = frozenset({"echo", "printf", "test", "[", "[[", "open", "xdg-open", "ping", "read", "grep"})
"""Commands that may be given an address, and send nothing to it."""
_WRITING: Final = frozenset({"cat", "tee"})
"""Commands that only hand on what they read."""
_DECLARE: Final = frozenset({"export", "readonly", "local", "declare", "typeset"})


def is_shell(text: str) -> bool:
    """Whether a text of unknown form is a shell's."""
    return _SHEBANG.match(text) is not None or (_LIKELY.search(text) is not None and not is_python(text))


def read_shell(text: str) -> Document:
    """The destinations in a script, or in command lines. Raises :class:`ParseError` and :class:`NoDestination`."""
    commands = commands_in(text)
    if not commands.values:
        if commands.faults:
            raise ParseError.of(commands.faults)
        raise NoDestination("", UPDATES if commands.updates else NO_DESTINATION)
    found = [(value, {pointer: Place(line) for pointer, line in lines.items()}) for value, lines in commands.values]
    return of_program(found, commands.faults, "shell", text)


def commands_in(text: str, variable: Callable[[str], Node] = Variable) -> ScriptContent:
    """What a script holds. ``variable``: what stands for a variable that it does not set. Raises :class:`ParseError`."""
    if "\ue000" in text or "\ue001" in text:
        raise ParseError((None, "it holds characters of no script"))
    script = _Script(text, variable)
    if script.state.assigned_late:  # once more, with nothing believed of what a function may find changed
        script = _Script(text, variable, script.state.assigned_late)
    return script.requests.content


class _Script:
    """Follows a script command by command."""

    def __init__(self, text: str, given: Callable[[str], Node], late: Collection[str] = ()) -> None:
        self.state = ScriptState(given, late)
        self.requests = Requests(self.state)
        self.own: set[str] = set()
        """Names of aliases, and of commands that are given another program."""
        self.by: list[str] = []
        """The command that sends each request."""
        self.lexer = Lexer(text, self.state.variable, self.substituted, self.state.begins)
        self.follow(iter(self.lexer.next, None))
        self.refuse(self.lexer.functions | self.own)

    def follow(self, commands: Iterable[ShellCommand]) -> None:
        """Commands one after the other."""
        before: list[ShellCommand] = []
        after = "\n"
        for command in commands:
            command.after = after
            command.own = command.name in self.lexer.functions or command.name in self.own
            after = command.end
            if command.after != "|":
                before = []
            before.append(command)
            self.command(before)

    def refuse(self, names: Collection[str]) -> None:
        """What a function or an alias of the script's sends under a known command's name is not known."""
        pending = self.requests.content
        for (_, lines), name in zip(pending.values, self.by, strict=True):
            if name in names:
                pending.faults.append((Place(lines.get("", 1)), OWN.format(name=name)))
        pending.values = [each for each, name in zip(pending.values, self.by, strict=True) if name not in names]

    def command(self, pipeline: Sequence[ShellCommand]) -> None:
        """The last command of a pipeline."""
        whole = pipeline[-1].words
        words = list(self.state.control(whole))
        if pipeline[-1].output is not None:
            self.state.written[path_of(pipeline[-1].output)] = None if self.state.blocks else _text_of(pipeline)
        certain = pipeline[-1].after not in ("&&", "||", "|") and pipeline[-1].end not in ("&", "(")  # "(": an array
        before = [(words.pop(0), each) for each in leading(words)]
        for index, (word, (variable, value)) in enumerate(before):
            if words:  # only for this command
                self.state.assigned_late |= {variable} & self.state.used
                continue
            # The second of a line may hold what the first has just set.
            self.state.assign(variable, value, certain=certain and not (index and word.expanded))
        words = list(run_by_another(whole[: len(whole) - len(words)], words))
        name = words[0].text if words else None
        if name in _DECLARE:
            self.declare(words, certain=certain)
        elif name in ("alias", "hash", "enable"):  # the latter two: another program under the name
            self.own.update((each.text or "").partition("=")[0] for each in words[1:])
        elif words and (known := _program(words[0])) in ("planet", "curl"):
            (self.requests.planet if known == "planet" else self.requests.curl)(words, pipeline)
            self.by += [known] * (len(self.requests.content.values) - len(self.by))
        elif words:
            if name in self.lexer.functions:
                self.state.called()
            if name not in _TELLING:
                self.requests.other_client(words, pipeline[-1].document if name not in _WRITING else None)
            self.state.changes(name, words)

    def declare(self, words: Sequence[Word], *, certain: bool) -> None:
        """``export``, ``local``, ``readonly`` and their like."""
        name = words[0].text
        texts = [each.text or "" for each in words[1:]]
        fixed = name == "readonly" or any(each.startswith("-") and "r" in each for each in texts)
        refers = name not in ("export", "readonly") and any(each.startswith("-") and "n" in each for each in texts)
        own = name == "local" or (name not in ("export", "readonly") and bool(self.state.bodies))
        for word in words[1:]:
            assignment = assigned(word)
            variable = assignment[0] if assignment else word.text or ""
            if own:
                self.state.locals.add(variable)
            if assignment:
                self.state.assign(*assignment, certain=certain)
            if fixed:
                self.state.fixed.add(variable)
            if refers and assignment and isinstance(assignment[1], str):  # what is assigned to the one is assigned to the other
                self.state.assign(assignment[1], Unknown(assignment[1], CHANGED), certain=True)
                self.state.fixed |= {variable, assignment[1]}

    def substituted(self, commands: Sequence[ShellCommand]) -> Node:
        """What ``$(...)`` gives: files and their encodings; nothing else is followed. What the commands send, they send."""
        with self.state.apart():
            self.follow(commands)
        value: Node | None = None
        for command in commands:
            value = piped(command, value)
            if value is None:
                name = command.name
                shown = name if name and re.fullmatch(r"[A-Za-z][\w.-]{0,30}", name) else "a command"
                return Unknown(f"$({shown} ...)", "what a command prints is not known; put it into a variable first")
        if isinstance(value, Joined) and [each.name for each in commands if each.words] == ["jq"]:
            return value
        return (
            Applied("unbroken", as_text(value))
            if value is not None and not isinstance(value, str)
            else (value or "").rstrip("\n")
        )


def _program(word: Word) -> str:
    """A command's own name, without the folder that it lies in, which need not be known; empty where the name is not."""
    parts = word.node.parts if isinstance(word.node, Joined) else (word.node,)
    last = parts[-1] if parts and isinstance(parts[-1], str) else ""
    return last.rpartition("/")[2] if len(parts) == 1 or "/" in last else ""


def _text_of(pipeline: Sequence[ShellCommand]) -> Word | None:
    """What a command writes into a file, where that is known: a here-document, or what ``jq`` makes."""
    names = [each.name for each in pipeline if each.words]
    if pipeline[-1].appends or any(each.own for each in pipeline):
        return None
    if names == ["cat"] and len(pipeline[0].words) == 1:
        return pipeline[0].document
    value = piped(pipeline[0], None) if names == ["jq"] else None
    return None if value is None else Word(value, pipeline[0].words[0].line)
