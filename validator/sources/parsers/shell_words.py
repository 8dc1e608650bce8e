"""Reads a shell's words: quotes, escapes and variables. Nothing is run."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from validator.core.values import Dataclass
from validator.sources.document import ParseError, line_starts
from validator.sources.expressions import Joined, Node, Unknown, Variable, joined

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRACED: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-=])([^{}$`\"'\\]{0,2000}))?\}")
_PLAIN: Final = re.compile(r"[^\s'\"\\$`;&|()<>#\u2018\u2019\u201c\u201d]+")
_IN_DOUBLE: Final = re.compile(r"[^\"\\$`]+")
_IN_DOCUMENT: Final = re.compile(r"[^\\$`]+")
_ANSI: Final = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}


class Word(Dataclass, frozen=False):
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

    @property
    def start(self) -> str:
        """What it begins with, where that is written there."""
        first = self.node.parts[0] if isinstance(self.node, Joined) else self.node
        return first if isinstance(first, str) else ""

    @property
    def rest(self) -> tuple[Node, ...]:
        """What follows its first part."""
        return self.node.parts[1:] if isinstance(self.node, Joined) else ()


def pieces(words: Iterable[Word]) -> Iterator[Word]:
    """The words as a shell gives them to a command: a variable's value that is in no quotes is several words where it has blanks."""
    for word in words:
        if word.expanded and not word.quoted and isinstance(word.node, str):
            yield from (Word(each, word.line) for each in word.node.split())
        else:
            yield word


class WordReader:
    """Words out of a text, in time that grows with its length."""

    def __init__(self, text: str, variable: Callable[[str], Node]) -> None:
        self.text = text
        self.at = 0
        self.lines = line_starts(text)
        self.variable = variable
        self.expansions = 0
        self.closing = ""
        """What ends the substitution that is being read."""

    def substitution(self, closing: str) -> Node:
        """Reads on to the end of a ``$(...)``, and says what that stands for."""
        raise NotImplementedError

    def line(self) -> int:
        """The present line, from 1."""
        return bisect_right(self.lines, self.at)

    def stop(self, what: str) -> ParseError:
        """An error at the present line."""
        return ParseError((self.line(), f"it is no command line that can be read: {what}"))

    def blank(self) -> None:
        """Pass over blanks, continued lines and comments."""
        text = self.text
        while self.at < len(text):
            if text[self.at] != "\n" and text[self.at].isspace():
                self.at += 1
            elif text.startswith(("\\\n", "\\\r\n"), self.at):
                self.at = text.index("\n", self.at) + 1
            elif text[self.at] == "#":
                # A comment in backquotes ends with them: `# why this option`
                ends = [end for each in ("\n", "`" if self.closing == "`" else "\n") if (end := text.find(each, self.at)) >= 0]
                self.at = min(ends, default=len(text))
            else:
                return

    def word(self) -> Word:
        """One word, in whatever quotes."""
        text = self.text
        made = Word("", self.line())
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
                made.quoted = True
                end = text.find("'", self.at + 1)
                if end < 0:
                    raise self.stop("a single quote is never closed")
                parts.append(text[self.at + 1 : end])
                self.at = end + 1
            elif sign == '"':
                made.quoted = True
                self.at += 1
                parts.append(self.quoted('"'))
            elif sign in "\u2018\u2019\u201c\u201d":
                raise self.stop("it has typographic quotes, which no shell understands")
            elif sign == "\\":
                if text.startswith(("\\\n", "\\\r\n"), self.at):
                    self.at = text.index("\n", self.at) + 1
                    continue
                parts.append(text[self.at + 1 : self.at + 2])
                self.at += 2
            elif text.startswith("$'", self.at):
                made.quoted = True
                parts.append(self.ansi())
            elif sign in "$`" and sign != self.closing:
                parts.append(self.expansion())
            else:
                break
        made.node = joined(*parts)
        made.expanded = self.expansions > expansions
        return made

    def quoted(self, end: str) -> Node:
        """The rest of what stands in double quotes, which is their ``end``; without one, the rest of a here-document."""
        plain = _IN_DOUBLE if end else _IN_DOCUMENT
        parts: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] != end:
            match = plain.match(self.text, self.at)
            if match:
                parts.append(match[0])
                self.at = match.end()
            else:
                parts.append(self.escaped(end) if self.text[self.at] == "\\" else self.expansion())
        if end and self.at >= len(self.text):
            raise self.stop("a double quote is never closed")
        self.at += len(end)
        return joined(*parts)

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
            self.at += 1
            return self.substitution("`")
        if text.startswith("$((", self.at):
            raise self.stop("arithmetic is not followed")
        if text.startswith("$(", self.at):
            self.at += 2
            return self.substitution(")")
        self.at += 1
        match = _NAME.match(text, self.at)
        if match:
            self.at = match.end()
            return self.variable(match[0])
        match = _BRACED.match(text, self.at)
        if match:
            self.at = match.end()
            content = self.variable(match[1])
            if match[2] is None:
                return content
            if isinstance(content, Variable):
                return Variable(content.name, match[3], empty_too=match[2].startswith(":"), file=content.file)
            return match[3] if content == "" and match[2].startswith(":") else content
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
