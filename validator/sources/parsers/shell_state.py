"""What a script has changed by a command: variables, files, the folder, and whether the command runs at all. Nothing is run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from validator.sources.document import ParseError
from validator.sources.expressions import Node, Setting, Unknown, files_of, joined
from validator.sources.parsers.shell_words import Word

_ASSIGNED: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,200})=")
_BEFORE: Final = frozenset(
    {
        "$", "%", ">", "sudo", "time", "exec", "command", "builtin", "-p", "--", "then", "do", "else", "!", "env", "nohup",
        "if", "while", "elif", "until",
    }
)  # fmt: skip
_MEMBER: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,200})(?:\+|\[[^\]]{0,200}\]\+?)=")
_SETTERS: Final = frozenset({"unset", "mapfile", "readarray", "let", "getopts", "printf", "read"})
"""Commands that set, or unset, the variables whose names they are given."""
_WRITERS: Final = frozenset(
    {"sed", "perl", "tee", "cp", "mv", "rm", "install", "ln", "touch", "sponge", "yq", "wget", "python", "python3"}
)
"""Commands that may write the files that they are given."""
_RUNNERS: Final = frozenset(
    {"python", "python3", "node", "ruby", "perl", "Rscript", "bash", "sh", "zsh", "make", "npm", "npx", "uv", "poetry", "go", "java",
     "docker", "terraform", "tofu"}
)  # fmt: skip
"""Commands that run a program of somebody's own: it may write any file."""
_BEFORE_OTHERS: Final = frozenset(
    {"aws-vault", "caffeinate", "chamber", "conda", "direnv", "doppler", "dotenv", "env", "hatch", "ionice", "mamba", "micromamba", "nice", "op",
     "pdm", "pipenv", "pipx", "pixi", "poetry", "rye", "setsid", "stdbuf", "sudo", "timeout", "unbuffer", "uv", "uvx", "winpty"}
)  # fmt: skip
"""Commands that run, here and with its words as they are, the command that stands among their own."""
_BEFORE_OUTSIDE: Final = frozenset(
    {"apptainer", "docker", "docker-compose", "kubectl", "nerdctl", "oc", "podman", "podman-compose", "singularity", "ssh"}
)
"""Commands that run, where other files are, the command that stands among their own words."""
_SAFE: Final = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
"""A word that another shell reads as it is."""
_PYTHON: Final = re.compile(r"python[0-9.]{0,6}|py")
_MODULES: Final = frozenset({"planet", "planet.cli", "planet.cli.cli"})
"""Planet's command line behind ``python -m``."""
_PLANETS: Final = frozenset({"destinations", "orders", "subscriptions"})
_BETWEEN: Final = frozenset({"DEBUG", "ERR", "RETURN", "CHLD"})
"""Signals of ``trap`` that come between commands; the others end the script, or come from outside."""
_CHANGING: Final = ("=", "eval", "source", ". ", "read", "unset", "let ", "getopts", "mapfile", "printf -v")
"""What stands in code that changes a variable; more does not matter."""
CHANGED: Final = "the script changes it in a way that only a run shows"
_OPEN: Final[Mapping[str, str]] = {
    "if": "fi",
    "for": "done",
    "select": "done",
    "while": "done",
    "until": "done",
    "case": "esac",
    "{": "}",
    "(": ")",
}
_CLOSE: Final = frozenset(_OPEN.values())
_CALLED: Final = "it is assigned again after this function, and when the function is called is not known"
_BRANCH: Final = "it is assigned in a part of the script that may not run, so only a run shows its value"


def leading(words: Sequence[Word]) -> list[tuple[str, Node]]:
    """The assignments before a command."""
    first = []
    for word in words:
        pair = assigned(word)
        if pair is None:
            break
        first.append(pair)
    return first


def assigned(word: Word) -> tuple[str, Node] | None:
    """The variable and its value, if a word is an assignment."""
    match = _ASSIGNED.match(word.start)
    return (match[1], joined(word.start[match.end() :], *word.rest)) if match else None


def run_by_another(before: Sequence[Word], words: Sequence[Word]) -> Sequence[Word]:
    """The words from ``planet`` or ``curl`` on, where another command only runs it (``sudo -E``, ``uv run``); otherwise all of them.

    ``before``: those of the command's that have been left out already.
    """
    runner = before[-1] if before and words and (words[0].text or "").startswith("-") else words[0] if words else None
    by = (runner.text or "").rpartition("/")[2] if runner else ""
    python, outside = _PYTHON.fullmatch(by), by in _BEFORE_OUTSIDE
    if not (python or outside or by in _BEFORE_OTHERS):
        return words
    for index, word in enumerate(words[:-1]):
        if word.text is None and not outside:
            break
        name, after = (word.text or "").rpartition("/")[2], words[index + 1].text or ""
        if index and words[index - 1].text == "-m" and name in _MODULES:
            return [Word("planet", word.line), *words[index + 1 :]]
        if python:
            continue
        if (name == "planet" and (after in _PLANETS or re.match("--?[a-z]", after))) or (name == "curl" and after != "curl"):
            return words[index:] if not outside or _same_outside(by, [each.text for each in words[index:]]) else words
    return words


def _same_outside(by: str, texts: Sequence[str | None]) -> bool:
    """Whether a command is the same where other files are, and, with ``ssh``, once more read by a shell."""
    create = texts[1:3] == ["destinations", "create"]
    return create and (by != "ssh" or all(each is not None and _SAFE.fullmatch(each) for each in texts))


def path_of(word: Word) -> str:
    """The file that a word names; empty if that is not known."""
    return posixpath.normpath(word.text) if word.text else ""


MOST_STEPS: Final = 500_000
"""Variables and blocks that are looked through, by all commands of a script together."""


class ScriptState:
    """Of a script, at the command that is being read."""

    def __init__(self, given: Callable[[str], Node], late: Collection[str] = ()) -> None:
        """``given``: what stands for a variable that the script does not set. ``late``: see :attr:`assigned_late`."""
        self.given = given
        self.late = late
        self.bodies: list[int] = []
        """How many blocks are open within each function's body that is being read."""
        self.locals: set[str] = set()
        """Variables of the function's own whose body is being read."""
        self.changed_in_bodies: set[str] = set()
        """Variables that functions change."""
        self.used: set[str] = set()
        """Variables that a function's body uses."""
        self.assigned_late: set[str] = set()
        """Those of them that are assigned after it: what they are when it is called is not known."""
        self.fixed: set[str] = set()
        """Variables that are made read-only."""
        self.variables: dict[str, Node] = {}
        self.settings: str | None = None
        self.written: dict[str, Word | None] = {}
        """Files that the script may have written, and their text where it is known."""
        self.programs = False
        """A program has run that may have written any file."""
        self.moved = False
        """It is in another folder than the one it began in."""
        self.blocks: list[tuple[str, set[str]]] = []
        """What ends each open block, and the variables that were assigned in it."""
        self.trapped = self.traps_call = False
        """Code of a ``trap`` runs between commands: it may change any variable; or those that functions change."""
        self.steps = 0

    def step(self, count: int) -> None:
        """Count what a command makes to be looked through. Raises :class:`ParseError` when it is enough."""
        self.steps += count
        if self.steps > MOST_STEPS:
            raise ParseError((None, "the script is too long to be followed"))

    def variable(self, name: str) -> Node:
        """What a variable stands for here."""
        if self.bodies and name not in self.locals:
            self.used.add(name)
            if name in self.late:
                return Unknown(name, _CALLED)
        if name in self.variables:
            trapped = self.trapped or (self.traps_call and name in self.changed_in_bodies)
            return Unknown(name, CHANGED) if trapped else self.variables[name]
        return Setting(self.settings, name, self.given(name), expanded=True) if self.settings is not None else self.given(name)

    def begins(self) -> None:
        """A function's body: what it uses and changes, it uses and changes when it is called."""
        self.bodies.append(len(self.blocks) + 1)

    def called(self) -> None:
        """A function of the script's is called: it may have changed what functions change."""
        self.step(len(self.changed_in_bodies))
        for name in self.changed_in_bodies:
            self.variables[name] = Unknown(name, CHANGED)

    def assign(self, name: str, value: Node, *, certain: bool) -> None:
        """``NAME=value``."""
        self.step(len(self.blocks))
        if name not in self.locals:
            self.assigned_late |= {name} & self.used
            self.changed_in_bodies |= {name} if self.bodies else set()
        if name in self.fixed or any(end in ("done", "esac") for end, _ in self.blocks) or not certain:
            value = Unknown(name, _BRANCH)
        if self.blocks:
            self.blocks[-1][1].add(name)
        self.variables[name] = value

    @contextmanager
    def apart(self) -> Iterator[None]:
        """In a shell of its own, whose variables and folder end with it."""
        self.step(len(self.variables) // 16)  # copied at once
        variables, settings, moved, blocks, bodies = dict(self.variables), self.settings, self.moved, self.blocks, self.bodies
        self.blocks = list(blocks)
        try:
            yield
        finally:
            self.variables, self.settings, self.moved, self.blocks, self.bodies = variables, settings, moved, blocks, bodies

    def close(self) -> None:
        """Leave a block: what was assigned in it may not have been."""
        _, names = self.blocks.pop()
        self.step(len(names) + len(self.bodies) + len(self.blocks))
        self.bodies = [each for each in self.bodies if each <= len(self.blocks)]
        if not self.bodies:
            self.locals = set()
        for name in names:
            self.variables[name] = Unknown(name, _BRANCH)
        if self.blocks:
            self.blocks[-1][1].update(names)

    def changes(self, name: str | None, words: Sequence[Word]) -> None:
        """What a command does to variables, files and the folder."""
        if name in ("eval", ".", "source"):
            self.step(len(self.variables))
        if name in _SETTERS:
            why = "it is asked for when the script runs" if name == "read" else CHANGED
            texts = [each.text or "" for each in words[1:]]
            if name == "let":
                texts = [each.strip(" +-(").partition("=")[0].rstrip(" +-*/%<>&^|") for each in texts]
            for each in texts if name != "printf" else texts[1:2] if texts[:1] == ["-v"] else []:
                self.assign(each, Unknown(each, why), certain=True)
        elif name == "trap":
            between = any((each.text or "DEBUG").upper().removeprefix("SIG") in _BETWEEN for each in words[2:])
            self.traps_call |= between
            self.trapped |= between and (words[1].text is None or any(each in words[1].text for each in _CHANGING))
        elif name == "eval":
            self.variables = {each: Unknown(each, CHANGED) for each in self.variables}
        elif name in (".", "source") and len(words) > 1 and words[1].text:
            self.settings = words[1].text
            self.variables = {each: Setting(self.settings, each, old, expanded=True) for each, old in self.variables.items()}
        elif name in ("cd", "pushd", "popd"):
            node = words[1].node if len(words) > 1 else "."
            own = isinstance(node, Unknown) and node.label.startswith(("$(dirname", "$(pwd"))  # the script's own folder
            self.moved |= not own and node not in (".", "./")
        if name is not None and (name in _RUNNERS or name.startswith(("./", "../", "/"))):
            self.programs |= [each.text for each in words[1:3]] != ["-m", "json.tool"]
        if name in _WRITERS:
            self.written.update((path_of(each), None) for each in words[1:])
        elif match := _MEMBER.match(words[0].start):
            self.assign(match[1], Unknown(match[1], CHANGED), certain=True)

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
                if text in ("for", "select", "case"):
                    if text != "case" and index + 1 < len(words):
                        self.assign(words[index + 1].text or "", Unknown(words[index + 1].text or "", _BRANCH), certain=True)
                    return
            elif text not in _BEFORE:
                started = True
                yield word

    def changed(self, node: Node) -> bool:
        """Whether a file that it is read from may be another by now."""
        files = {posixpath.normpath(each) for each in files_of(node)}
        return (
            (bool(files) and self.programs)
            or bool(files & self.written.keys())
            or (self.moved and any(not each.startswith(("/", "~")) for each in files))
        )
