"""Questions to whoever sits at the terminal. What they answer is written to no log and shown nowhere."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterable
from dataclasses import Field
from typing import Any, Final

from validator.core.terminal_text import one_line
from validator.providers.base import required

MOST: Final = 60
"""Values to choose from that are listed."""


class NoAnswer(Exception):
    """The terminal was closed, or somebody pressed Ctrl-D."""


def can_ask() -> bool:
    """Whether somebody can read a question and answer it."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr is not None and sys.stderr.isatty()


def ask(question: str) -> str:
    """One line. Raises NoAnswer."""
    sys.stderr.write(question)
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer:
        raise NoAnswer
    return answer.strip()


def ask_hidden(question: str) -> str:
    """One line that the terminal does not show. Raises NoAnswer."""
    try:
        return getpass.getpass(question, stream=sys.stderr).strip()
    except EOFError:
        raise NoAnswer from None


def agreed(question: str) -> bool:
    """Yes, which an empty line means too; or no. Raises NoAnswer."""
    return ask(f"{question} [Y/n] ").lower() in ("", "y", "yes")


def parameter(each: Field[Any], left_out: str) -> str:
    """What the user has for a parameter; empty where it was left out. ``left_out``: what an empty line means. Raises NoAnswer."""
    facts = each.metadata
    _tell("")
    _tell(f"{facts.get('label') or each.name}: {facts['help']}")
    if facts.get("where"):
        _tell(f"  Where: {facts['where']}")
    if facts.get("file"):
        return ask(f"  path of the {facts['file']} file [{left_out}]: ")
    if facts["kind"] == "secret":
        return ask_hidden(f"  {each.name}, not shown [{left_out}]: ")
    if facts["kind"] == "boolean":
        return ask(f"  {each.name}, y or n [{left_out}]: ")
    choices = tuple(facts["suggest"]()) if facts.get("suggest") else ()
    hint = "? lists some" if choices else f"such as {facts['example']}"
    while True:
        answer = ask(f"  {each.name}, {hint} [{left_out}]: ")
        if answer != "?" or not choices:
            return answer
        _list(choices)


def default_of(each: Field[Any]) -> str:
    """How an empty answer is described for what need not be given."""
    if required(each):
        return ""
    return ("y" if each.default else "n") if isinstance(each.default, bool) else str(each.default)


def _list(choices: Iterable[tuple[str, str]]) -> None:
    for value, about in tuple(choices)[:MOST]:
        _tell(f"    {value:<20} {about}".rstrip())


def _tell(line: str) -> None:
    sys.stderr.write(one_line(line) + "\n")
