"""Texts made from a pattern that it likes least, and how its steps grow on them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from re import _constants as op  # type: ignore[attr-defined]  # the parser has no other name
from re import _parser as parser
from typing import Any, NamedTuple

from tests.support.pattern_steps import LARGE, Counter

ALPHABET = "a0 \n.-_/\"'<>&=:;,#@%+{}[]()\\A\té\x00"
ENDINGS = ("", "\x00!")


SIZE = 48
"""Characters of the shorter texts; the longer ones have twice as many."""


class Text(NamedTuple):
    """A text of any length."""

    head: str
    body: str
    ending: str

    def of(self, size: int) -> str:
        """With the body again and again, to about this size."""
        return self.head + self.body * max(1, size // max(1, len(self.body))) + self.ending


class Adversary:
    """Texts made from a pattern: every repetition pumped, from every beginning, with an end that it does not accept."""

    def __init__(self, pattern: str | bytes, flags: int = 0) -> None:
        self.counter = Counter(pattern, flags)
        self.tree = parser.parse(pattern, flags)

    def alphabet(self) -> list[str]:
        """One character of each kind that the pattern's classes tell apart."""
        tests = [test for kind, value in self.nodes(self.tree) if (test := self.counter.single(kind, value))]
        kinds: dict[tuple[bool, ...], str] = {}
        for character in ALPHABET:
            kinds.setdefault(tuple(test(character) for test in tests), character)
        return [character for kind, character in kinds.items() if any(kind)] or ["a"]

    def nodes(self, tree: Any) -> Iterator[tuple[Any, Any]]:
        for kind, value in tree:
            yield kind, value
            for each in inside(kind, value):
                yield from self.nodes(each)

    def example(self, tree: Any, liked: str, times: int = 1) -> str:
        """A text that the tree matches (as a rule), of the liked character where it may stand."""
        parts = []
        groups: dict[int, str] = {}
        for kind, value in tree:
            test = self.counter.single(kind, value)
            if test is not None:
                parts.append(liked if test(liked) else self.any_of(kind, value, test))
            elif kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
                low, high, body = value
                parts.append(self.example(body, liked, times) * max(low, min(times, int(high))))
            elif kind is op.SUBPATTERN:
                parts.append(self.example(value[3], liked, times))
                groups[value[0] or 0] = parts[-1]
            elif kind is op.ATOMIC_GROUP:
                parts.append(self.example(value, liked, times))
            elif kind is op.BRANCH:
                choices = [self.example(each, liked, times) for each in value[1]]
                parts.append(next((each for each in choices if liked in each), choices[0]))
            elif kind is op.GROUPREF:
                parts.append(groups.get(value, ""))
        return "".join(parts)

    def any_of(self, kind: Any, value: Any, test: Callable[[str], bool]) -> str:
        if kind is op.LITERAL:
            return chr(value)
        first = (
            [chr(each[1]) if each[0] is op.LITERAL else chr(each[1][0]) for each in value if each[0] in (op.LITERAL, op.RANGE)]
            if kind is op.IN
            else []
        )
        return next((each for each in (*first, *ALPHABET) if test(each)), "a")

    def texts(self) -> Iterator[Text]:
        """No two that are the same at one length."""
        seen: set[str] = set()
        for liked in self.alphabet():
            for head, body in self.pumped(list(self.tree), liked, ""):
                for ending in ENDINGS:
                    text = Text(head, body, ending)
                    if (at_one := text.of(2 * SIZE)) not in seen:
                        seen.add(at_one)
                        yield text

    def pumped(self, tree: Any, liked: str, before: str) -> Iterator[tuple[str, str]]:
        """What stands at the beginning, and what comes again and again."""
        yield "", before + self.example(tree, liked)
        yield "", liked
        reached = before
        for kind, value in tree:
            one = self.example([(kind, value)], liked)
            if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
                body = self.example(value[2], liked)
                yield reached, body
                yield "", reached + body
                yield "", reached or body
            for each in inside(kind, value):
                yield from self.pumped(list(each), liked, reached)
            reached += one


def inside(kind: Any, value: Any) -> list[Any]:
    """The trees below a node."""
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        return [value[2]]
    if kind is op.SUBPATTERN:
        return [value[3]]
    if kind is op.ATOMIC_GROUP:
        return [value]
    if kind is op.BRANCH:
        return list(value[1])
    if kind in (op.ASSERT, op.ASSERT_NOT):
        return [value[1]]
    return []


def grows(tree: Any) -> bool:
    """Whether it holds a repetition that could grow."""
    for kind, value in tree:
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and (value[1] is op.MAXREPEAT or value[1] > LARGE):
            return True
        if any(grows(each) for each in inside(kind, value)):
            return True
    return False


def most(pattern: str | bytes, flags: int = 0, *, scan: bool, longest: int, limit: int) -> tuple[str, str] | None:
    """A text of the greatest length that is let in, on which more than ``limit`` steps are taken; None if there is none."""
    counter = Counter(pattern, flags, bound=sys.maxsize)
    for each in Adversary(pattern, flags).texts():
        text = each.of(longest)[:longest]
        if counter.count(text, limit, scan=scan) >= limit:
            return text, f"{limit} steps and more on {longest} characters"
    return None


def worst(pattern: str | bytes, flags: int = 0, *, scan: bool) -> tuple[str, str] | None:
    """The first text on which the steps grow faster than it, and how; None for a pattern that is good for any text."""
    tree = parser.parse(pattern, flags)
    if not grows(tree):
        return None
    adversary = Adversary(pattern, flags)
    few, many = Counter(pattern, flags, bound=6), Counter(pattern, flags, bound=12)
    for text in adversary.texts():
        short, long = text.of(SIZE), text.of(2 * SIZE)
        limit = 400 * max(1, len(long))
        steps = few.count(long, limit, scan=scan)
        if steps >= limit:
            return long, f"{limit} steps and more on {len(long)} characters"
        if not short:
            continue
        if steps > 1.4 * len(long):
            ratio = steps / max(len(long), few.count(short, limit, scan=scan) * len(long) / len(short))
            if ratio > 1.4:
                longer, longest = (few.count(text.of(each * SIZE), 2 * each * limit, scan=scan) for each in (4, 8))
                if longest > 2.8 * longer:
                    return long, f"twice the text takes {2 * ratio:.1f} times the steps"
        wider = many.count(long, 4 * limit, scan=scan) if many.bounded else steps
        if wider > 2.6 * steps:
            return long, f"bounds of repetition twice as large take {wider / steps:.1f} times the steps"
    return None
