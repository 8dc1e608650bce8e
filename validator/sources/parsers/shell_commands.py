"""Takes a script apart into commands: pipes, redirections, here-documents, substitutions. Nothing is run."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from validator.core.values import Dataclass, field
from validator.sources.expressions import Node
from validator.sources.parsers.shell_words import Word, WordReader

MOST_WORDS: Final = 50_000
DEEPEST: Final = 6
"""Substitutions within substitutions."""

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

    @property
    def name(self) -> str | None:
        """Its first word, where that is written there."""
        return self.words[0].text if self.words else None


Substitute = Callable[[Sequence[ShellCommand]], Node]
"""What ``$(...)`` gives."""


class Lexer(WordReader):
    """Commands out of a text, in time that grows with its length."""

    def __init__(
        self, text: str, variable: Callable[[str], Node], substitute: Substitute, begins: Callable[[], None] = lambda: None
    ) -> None:
        """``begins`` is called where a function's body begins."""
        super().__init__(text, variable)
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
            self.blank()
            sign = self.text[self.at : self.at + 1]
            if not sign or (sign == closing and not command.words):
                self.documents()
                return command if command.words else None
            end = next((each for each in _ENDS if self.text.startswith(each, self.at)), None)
            if end:
                self.at += len(end)
                if end == "\n":
                    self.documents()
                if command.words or command.document:
                    command.end = end
                    return command
                continue
            if sign in "<>":
                self.redirect(command)
            elif self.text.startswith("()", self.at) and len(command.words) == 1:
                self.at += 2  # a function: its body follows
                self.function(command.words.pop().text or "")
            elif sign in ("(", ")", closing):
                if command.words:
                    command.end = sign
                    return command
                self.at += 1
                command.words.append(Word(sign, self.line()))
                return command
            else:
                before = self.at
                command.words.append(self.word())
                self.at += self.at == before  # whatever it is, it is passed over
                if len(command.words) == 2 and command.words[0].text == "function":
                    self.function(command.words[1].text or "")
                    command.words.clear()
            self.words += 1
            if self.words > MOST_WORDS:
                raise self.stop(f"it has more than {MOST_WORDS:,} words")

    def function(self, name: str) -> None:
        """A function of this name is defined: its body follows."""
        if _FUNCTION.fullmatch(name):  # and not an empty array
            self.functions.add(name)
            self.begins()

    def substitution(self, closing: str) -> Node:
        """``$(...)``: the commands in it."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.stop("commands are nested too deeply")
        pending, self.pending = self.pending, []
        outer, self.closing = self.closing, closing
        commands: list[ShellCommand] = []
        while (command := self.next(closing)) is not None:
            commands.append(command)
        if not self.text.startswith(closing, self.at):
            raise self.stop("a $( is never closed")
        self.at += 1
        self.pending, self.closing = pending, outer
        self.depth -= 1
        return self.substitute(commands)

    # ---- redirections --------------------------------------------------------------------------------------------------

    def redirect(self, command: ShellCommand) -> None:
        """``<``, ``>``, ``<<`` and ``<<<``."""
        text = self.text
        if text.startswith("<<<", self.at):
            self.at += 3
            self.blank()
            command.document = self.word()
        elif text.startswith("<<", self.at):
            self.at += 2
            tabs = text.startswith("-", self.at)
            self.at += tabs
            self.blank()
            end = self.word()
            if end.text is None:
                raise self.stop("the end of a here-document is not a plain word")
            self.pending.append((command, end.text, end.quoted, tabs))
            command.document = Word("", self.line())
        else:
            read = text[self.at] == "<"
            command.appends |= text.startswith(">>", self.at)
            while self.at < len(text) and text[self.at] in "<>&|":
                self.at += 1
            self.blank()
            if self.at < len(text) and text[self.at] not in "\n;|()":
                target = self.word()
                if read:
                    command.source = target
                else:
                    command.output = target

    def documents(self) -> None:
        """The here-documents that begin here."""
        for command, end, literal, tabs in self.pending:
            first = self.line()
            lines: list[str] = []
            while lines[-1:] != [end]:
                if self.at >= len(self.text):
                    raise self.stop("a here-document is never closed")
                stop = self.text.find("\n", self.at)
                stop = len(self.text) if stop < 0 else stop
                line = self.text[self.at : stop].rstrip("\r")
                self.at = min(stop + 1, len(self.text))
                lines.append(line.lstrip("\t") if tabs else line)
            body = "".join(f"{line}\n" for line in lines[:-1])
            command.document = Word(body if literal else self.expanded(body), first, quoted=True)
        self.pending = []

    def expanded(self, body: str) -> Node:
        """A here-document's text, its variables replaced."""
        inner = Lexer(body, self.variable, self.substitute)
        inner.depth = self.depth + 1
        if inner.depth > DEEPEST:
            raise self.stop("commands are nested too deeply")
        return inner.quoted("")
