"""Takes shell commands apart into words: quotes, variables, here-documents, pipes. Nothing is run."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from validator.sources.document import Broken, line_starts
from validator.sources.expressions import Node, Unknown, Variable, joined

MOST_WORDS: Final = 50_000
DEEPEST: Final = 6
"""Substitutions within substitutions."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRACED: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-=])([^{}$`\"'\\]{0,2000}))?\}")
_PLAIN: Final = re.compile(r"[^\s'\"\\$`;&|()<>#\u2018\u2019\u201c\u201d]+")
_IN_DOUBLE: Final = re.compile(r"[^\"\\$`]+")
_IN_DOCUMENT: Final = re.compile(r"[^\\$`]+")
_ANSI: Final = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
_ENDS: Final = ("&&", "||", ";;", ";", "&", "|", "\n")


@dataclass(slots=True)
class Word:
    """One word of a command."""

    node: Node
    line: int
    """1-based, where it begins."""
    quoted: bool = False
    """A part of it stands in quotes."""
    expanded: bool = False
    """A part of it is a variable's, or what a command prints."""

    @property
    def text(self) -> str | None:
        """The word, where all of it is written there."""
        return self.node if isinstance(self.node, str) else None


@dataclass(slots=True)
class Command:
    """A command, up to what ends it."""

    words: list[Word] = field(default_factory=list)
    document: Word | None = None
    """What a here-document or a here-string gives to its standard input."""
    source: Word | None = None
    """The file that it reads its standard input from."""
    output: Word | None = None
    """The file that it writes its standard output to."""
    end: str = "\n"
    """What stands after it: ``|``, ``&&``, ``;`` ..."""
    after: str = "\n"
    """What stands before it."""


Substitute = Callable[[Sequence[Command]], Node]
"""What ``$(...)`` gives."""


class Lexer:
    """Commands out of a text, in time that grows with its length."""

    def __init__(self, text: str, variable: Callable[[str], Node], substitute: Substitute) -> None:
        self.text = text
        self.at = 0
        self.lines = line_starts(text)
        self.variable = variable
        self.substitute = substitute
        self.words = 0
        self.depth = 0
        self.expansions = 0
        self.closing = ""
        """What ends the substitution that is being read."""
        self.pending: list[tuple[Command, str, bool, bool]] = []
        """Here-documents that begin after this line: command, end, whether it is taken literally, and without its tabs."""

    def line(self) -> int:
        """The present line, from 1."""
        return bisect_right(self.lines, self.at)

    def stop(self, what: str) -> Broken:
        """An error at the present line."""
        return Broken((self.line(), f"it is no command line that can be read: {what}"))

    def next(self, closing: str = "") -> Command | None:
        """The next command; None at the end of the text, or at ``closing``."""
        command = Command()
        while True:
            self.blank()
            if self.at >= len(self.text) or (closing and self.text[self.at] == closing and not command.words):
                self.documents()
                return command if command.words else None
            if closing and self.text[self.at] == closing:
                command.end = closing
                return command
            end = next((each for each in _ENDS if self.text.startswith(each, self.at)), None)
            if end:
                self.at += len(end)
                if end == "\n":
                    self.documents()
                if command.words or command.document:
                    command.end = end
                    return command
                continue
            sign = self.text[self.at]
            if sign in "<>":
                self.redirect(command)
            elif self.text.startswith("()", self.at) and len(command.words) == 1:
                self.at += 2  # a function: its body follows
                command.words.clear()
            elif sign in "()":
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
            self.words += 1
            if self.words > MOST_WORDS:
                raise self.stop(f"it has more than {MOST_WORDS:,} words")

    def blank(self) -> None:
        """Pass over blanks, continued lines and comments."""
        text = self.text
        while self.at < len(text):
            if text[self.at] != "\n" and text[self.at].isspace():
                self.at += 1
            elif text.startswith(("\\\n", "\\\r\n"), self.at):
                self.at = text.index("\n", self.at) + 1
            elif text[self.at] == "#":
                end = text.find("\n", self.at)
                self.at = len(text) if end < 0 else end
            else:
                return

    # ---- words ---------------------------------------------------------------------------------------------------------

    def word(self) -> Word:
        """One word, in whatever quotes."""
        text = self.text
        found = Word("", self.line())
        parts: list[Node] = []
        start, expansions = self.at, self.expansions
        while self.at < len(text):
            sign = text[self.at]
            match = _PLAIN.match(text, self.at)
            if match:
                parts.append(match[0])
                self.at = match.end()
            elif sign == "#" and self.at > start:
                parts.append("#")
                self.at += 1
            elif sign == "'":
                found.quoted = True
                end = text.find("'", self.at + 1)
                if end < 0:
                    raise self.stop("a single quote is never closed")
                parts.append(text[self.at + 1 : end])
                self.at = end + 1
            elif sign == '"':
                found.quoted = True
                self.at += 1
                parts.append(self.double())
            elif sign in "\u2018\u2019\u201c\u201d":
                raise self.stop("it has typographic quotes, which no shell understands")
            elif sign == "\\":
                if text.startswith(("\\\n", "\\\r\n"), self.at):
                    self.at = text.index("\n", self.at) + 1
                    continue
                parts.append(text[self.at + 1 : self.at + 2])
                self.at += 2
            elif text.startswith("$'", self.at):
                found.quoted = True
                parts.append(self.ansi())
            elif sign in "$`" and sign != self.closing:
                parts.append(self.expansion())
            else:
                break
        found.node = joined(*parts)
        found.expanded = self.expansions > expansions
        return found

    def double(self) -> Node:
        """The rest of what stands in double quotes."""
        text = self.text
        parts: list[Node] = []
        while self.at < len(text):
            match = _IN_DOUBLE.match(text, self.at)
            if match:
                parts.append(match[0])
                self.at = match.end()
                continue
            if text[self.at] == '"':
                self.at += 1
                return joined(*parts)
            parts.append(self.escaped('"') if text[self.at] == "\\" else self.expansion())
        raise self.stop("a double quote is never closed")

    def escaped(self, also: str) -> str:
        """A backslash in double quotes or in a here-document."""
        after = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if after == "\n":
            return ""
        return after if after in ("$", "`", "\\", also) else "\\" + after

    def ansi(self) -> str:
        """``$'...'``."""
        out: list[str] = []
        self.at += 2
        while self.at < len(self.text):
            sign = self.text[self.at]
            self.at += 1
            if sign == "'":
                return "".join(out)
            if sign == "\\":
                after = self.text[self.at : self.at + 1]
                self.at += 1
                out.append(_ANSI.get(after, "\\" + after))
            else:
                out.append(sign)
        raise self.stop("a single quote is never closed")

    def expansion(self) -> Node:
        """What begins with ``$`` or a backquote."""
        text = self.text
        self.expansions += 1
        if text[self.at] == "`":
            return self.substitution("`", 1)
        if text.startswith("$((", self.at):
            raise self.stop("arithmetic is not followed")
        if text.startswith("$(", self.at):
            return self.substitution(")", 2)
        self.at += 1
        match = _NAME.match(text, self.at)
        if match:
            self.at = match.end()
            return self.variable(match[0])
        match = _BRACED.match(text, self.at)
        if match:
            self.at = match.end()
            found = self.variable(match[1])
            if match[2] is None:
                return found
            if isinstance(found, Variable):
                return Variable(found.name, match[3], empty_too=match[2].startswith(":"), file=found.file)
            return match[3] if found == "" and match[2].startswith(":") else found
        if text.startswith("{", self.at):
            end = text.find("}", self.at, self.at + 2000)
            if end < 0:
                raise self.stop("a ${ is never closed")
            self.at = end + 1
            return Unknown("${...}", "this form of a shell's variable is not followed")
        if self.at < len(text) and text[self.at] in "@*#?$!-0123456789":
            self.at += 1
            return Unknown("$" + text[self.at - 1], "only a run of the script shows its value")
        return "$"

    def substitution(self, closing: str, length: int) -> Node:
        """``$(...)``: the commands in it."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.stop("commands are nested too deeply")
        self.at += length
        pending, self.pending = self.pending, []
        outer, self.closing = self.closing, closing
        commands: list[Command] = []
        while (command := self.next(closing)) is not None:
            commands.append(command)
        if not self.text.startswith(closing, self.at):
            raise self.stop("a $( is never closed")
        self.at += 1
        self.pending, self.closing = pending, outer
        self.depth -= 1
        return self.substitute(commands)

    # ---- redirections --------------------------------------------------------------------------------------------------

    def redirect(self, command: Command) -> None:
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
            while True:
                if self.at >= len(self.text):
                    raise self.stop("a here-document is never closed")
                stop = self.text.find("\n", self.at)
                stop = len(self.text) if stop < 0 else stop
                line = self.text[self.at : stop].rstrip("\r")
                self.at = min(stop + 1, len(self.text))
                line = line.lstrip("\t") if tabs else line
                if line == end:
                    break
                lines.append(line)
                if stop == len(self.text):
                    raise self.stop("a here-document is never closed")
            body = "".join(f"{line}\n" for line in lines)
            command.document = Word(body if literal else self.expanded(body), first, quoted=True)
        self.pending = []

    def expanded(self, body: str) -> Node:
        """A here-document's text, its variables replaced."""
        inner = Lexer(body, self.variable, self.substitute)
        inner.depth = self.depth + 1
        if inner.depth > DEEPEST:
            raise self.stop("commands are nested too deeply")
        parts: list[Node] = []
        while inner.at < len(body):
            match = _IN_DOCUMENT.match(body, inner.at)
            if match:
                parts.append(match[0])
                inner.at = match.end()
            else:
                parts.append(inner.escaped("") if body[inner.at] == "\\" else inner.expansion())
        return joined(*parts)
