"""Takes a script apart into commands: pipes, redirections, here-documents, substitutions. Nothing is run."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from validator.core.values import Dataclass, field
from validator.sources.expressions import Node, joined
from validator.sources.parsers.shell_words import Word, WordReader

MOST_WORDS: Final = 50_000
DEEPEST: Final = 6
"""Substitutions within substitutions."""

_IN_DOCUMENT: Final = re.compile(r"[^\\$`]+")
_FUNCTION: Final = re.compile(r"[A-Za-z_][\w:.-]*+")
_ENDS: Final = ("&&", "||", ";;", ";", "&", "|", "\n")


class ShellCommand(Dataclass, frozen=False):
    """A command, up to what ends it."""

    words: list[Word] = field(default_factory=list)
    document: Word | None = None
    """What a here-document or a here-string gives to its standard input."""
    source: Word | None = None
    """The file that it reads its standard input from."""
    output: Word | None = None
    """The file that it writes its standard output to."""
    appends: bool = False
    """That file keeps what it holds."""
    own: bool = False
    """It is a function or an alias of the script's, whatever its name."""
    end: str = "\n"
    """What stands after it: ``|``, ``&&``, ``;`` ..."""
    after: str = "\n"
    """What stands before it."""


Substitute = Callable[[Sequence[ShellCommand]], Node]
"""What ``$(...)`` gives."""


class Lexer:
    """Commands out of a text, in time that grows with its length."""

    def __init__(
        self, text: str, variable: Callable[[str], Node], substitute: Substitute, begins: Callable[[], None] = lambda: None
    ) -> None:
        """``begins`` is called where a function's body begins."""
        self.reader = WordReader(text, variable, self.substitution)
        self.substitute = substitute
        self.begins = begins
        self.words = 0
        self.depth = 0
        self.functions: set[str] = set()
        """Names of the functions that the text defines."""
        self.pending: list[tuple[ShellCommand, str, bool, bool]] = []
        """Here-documents that begin after this line: command, end, whether it is taken literally, and without its tabs."""

    def next(self, closing: str = "") -> ShellCommand | None:
        """The next command; None at the end of the text, or at ``closing``."""
        command = ShellCommand()
        while True:
            self.reader.blank()
            if self.reader.at >= len(self.reader.text) or (
                closing and self.reader.text[self.reader.at] == closing and not command.words
            ):
                self.documents()
                return command if command.words else None
            if closing and self.reader.text[self.reader.at] == closing:
                command.end = closing
                return command
            end = next((each for each in _ENDS if self.reader.text.startswith(each, self.reader.at)), None)
            if end:
                self.reader.at += len(end)
                if end == "\n":
                    self.documents()
                if command.words or command.document:
                    command.end = end
                    return command
                continue
            sign = self.reader.text[self.reader.at]
            if sign in "<>":
                self.redirect(command)
            elif self.reader.text.startswith("()", self.reader.at) and len(command.words) == 1:
                self.reader.at += 2  # a function: its body follows
                self.function(command.words.pop().text or "")
            elif sign in "()":
                if command.words:
                    command.end = sign
                    return command
                self.reader.at += 1
                command.words.append(Word(sign, self.reader.line()))
                return command
            else:
                self.word(command)
            self.words += 1
            if self.words > MOST_WORDS:
                raise self.reader.stop(f"it has more than {MOST_WORDS:,} words")

    def word(self, command: ShellCommand) -> None:
        """One more word of a command."""
        before = self.reader.at
        command.words.append(self.reader.word())
        self.reader.at += self.reader.at == before  # whatever it is, it is passed over
        if len(command.words) == 2 and command.words[0].text == "function":
            self.function(command.words[1].text or "")
            command.words.clear()

    def function(self, name: str) -> None:
        """A function of this name is defined: its body follows."""
        if _FUNCTION.fullmatch(name):  # and not an empty array
            self.functions.add(name)
            self.begins()

    def substitution(self, closing: str) -> Node:
        """``$(...)``: the commands in it."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.reader.stop("commands are nested too deeply")
        pending, self.pending = self.pending, []
        outer, self.reader.closing = self.reader.closing, closing
        commands: list[ShellCommand] = []
        while (command := self.next(closing)) is not None:
            commands.append(command)
        if not self.reader.text.startswith(closing, self.reader.at):
            raise self.reader.stop("a $( is never closed")
        self.reader.at += 1
        self.pending, self.reader.closing = pending, outer
        self.depth -= 1
        return self.substitute(commands)

    # ---- redirections --------------------------------------------------------------------------------------------------

    def redirect(self, command: ShellCommand) -> None:
        """``<``, ``>``, ``<<`` and ``<<<``."""
        text = self.reader.text
        if text.startswith("<<<", self.reader.at):
            self.reader.at += 3
            self.reader.blank()
            command.document = self.reader.word()
        elif text.startswith("<<", self.reader.at):
            self.reader.at += 2
            tabs = text.startswith("-", self.reader.at)
            self.reader.at += tabs
            self.reader.blank()
            end = self.reader.word()
            if end.text is None:
                raise self.reader.stop("the end of a here-document is not a plain word")
            self.pending.append((command, end.text, end.quoted, tabs))
            command.document = Word("", self.reader.line())
        else:
            read = text[self.reader.at] == "<"
            command.appends |= text.startswith(">>", self.reader.at)
            while self.reader.at < len(text) and text[self.reader.at] in "<>&|":
                self.reader.at += 1
            self.reader.blank()
            if self.reader.at < len(text) and text[self.reader.at] not in "\n;|()":
                target = self.reader.word()
                if read:
                    command.source = target
                else:
                    command.output = target

    def documents(self) -> None:
        """The here-documents that begin here."""
        for command, end, literal, tabs in self.pending:
            first = self.reader.line()
            lines: list[str] = []
            while True:
                if self.reader.at >= len(self.reader.text):
                    raise self.reader.stop("a here-document is never closed")
                stop = self.reader.text.find("\n", self.reader.at)
                stop = len(self.reader.text) if stop < 0 else stop
                line = self.reader.text[self.reader.at : stop].rstrip("\r")
                self.reader.at = min(stop + 1, len(self.reader.text))
                line = line.lstrip("\t") if tabs else line
                if line == end:
                    break
                lines.append(line)
                if stop == len(self.reader.text):
                    raise self.reader.stop("a here-document is never closed")
            body = "".join(f"{line}\n" for line in lines)
            command.document = Word(body if literal else self.expanded(body), first, quoted=True)
        self.pending = []

    def expanded(self, body: str) -> Node:
        """A here-document's text, its variables replaced."""
        inner = Lexer(body, self.reader.variable, self.substitute)
        inner.depth = self.depth + 1
        if inner.depth > DEEPEST:
            raise self.reader.stop("commands are nested too deeply")
        parts: list[Node] = []
        while inner.reader.at < len(body):
            match = _IN_DOCUMENT.match(body, inner.reader.at)
            if match:
                parts.append(match[0])
                inner.reader.at = match.end()
            else:
                parts.append(inner.reader.escaped("") if body[inner.reader.at] == "\\" else inner.reader.expansion())
        return joined(*parts)
