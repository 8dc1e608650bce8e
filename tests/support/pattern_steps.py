"""Counts what a backtracking matcher does, and makes from a pattern the texts that it likes least.

Python's own engine does not tell its steps. This one tries what ``re`` tries, in the same order, and counts each character that
it looks at; it exists to measure, not to match.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from re import _constants as op  # type: ignore[attr-defined]  # the parser has no other name
from re import _parser as parser
from typing import Any, NamedTuple

Next = Callable[[int], int]
"""What comes after: takes a position, returns where the whole ended, or -1."""
LARGE = 16
"""A bound of repetition that is larger than this is treated as one that could grow."""


class TooMany(Exception):
    """The budget of steps is used up."""


class Remembered(dict[str, bool]):
    """What a test of a character said, and will say again."""

    def __init__(self, test: Callable[[str], bool]) -> None:
        super().__init__()
        self.test = test

    def __missing__(self, character: str) -> bool:
        self[character] = found = self.test(character)
        return found


class Counter:
    """A pattern, and the steps that it takes on a text. ``bound`` stands in for every large finite bound of repetition."""

    def __init__(self, pattern: str | bytes, flags: int = 0, *, bound: int = 8) -> None:
        tree = parser.parse(pattern, flags)
        self.flags = tree.state.flags
        self.bound = bound
        self.text = ""
        self.steps = 0
        self.limit = 0
        self.groups: dict[int, tuple[int, int]] = {}
        self.singles: dict[tuple[Any, Any], tuple[Any, Callable[[str], bool] | None]] = {}
        """By the kind and the place in memory of a node of the tree, which is kept so that no other comes to lie there."""
        self.places: dict[Any, Callable[[int], bool]] = {}
        self.bounded = False
        """Whether it has a bound of repetition that ``bound`` stands in for."""
        self.start = self.sequence(list(tree))
        self.first = self.single(*tree[0]) if len(tree) else None

    def count(self, text: str, limit: int, *, scan: bool) -> int:
        """Steps of one match at the start, or of finding every match in the text."""
        self.text, self.steps, self.limit = text, 0, limit
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(40_000)
        first, size = self.first, len(text)
        try:
            at = 0
            while at <= size:
                if scan and first is not None and (at == size or not first(text[at])):
                    self.step()
                    at += 1
                    continue
                self.groups = {}
                end = self.start(at, lambda position: position)
                if not scan:
                    break
                at = max(at + 1, end)
        except TooMany:
            return limit
        finally:
            sys.setrecursionlimit(before)
        return self.steps

    def step(self, count: int = 1) -> None:
        self.steps += count
        if self.steps > self.limit:
            raise TooMany

    # Each of these returns a function of a position and of what comes after.

    def sequence(self, nodes: list[Any]) -> Callable[[int, Next], int]:
        singles = [self.single(*each) for each in nodes]
        places = [self.place(value) if kind is op.AT else None for kind, value in nodes]
        parts = [self.node(*each) for each in nodes]
        size = len(nodes)

        def match(position: int, then: Next, index: int = 0) -> int:
            text, first, failed = self.text, index, 0
            while index < size:
                if (single := singles[index]) is not None:
                    if position >= len(text) or not single(text[position]):
                        failed = 1
                        break
                    position += 1
                elif (place := places[index]) is not None:
                    if not place(position):
                        failed = 1
                        break
                else:
                    break
                index += 1
            # As step() does it: a call takes longer than all else here.
            self.steps += index - first + failed
            if self.steps > self.limit:
                raise TooMany
            if failed:
                return -1
            if index == size:
                return then(position)
            after = index + 1
            return parts[index](position, then if after == size else lambda end: match(end, then, after))

        return match

    def node(self, kind: Any, value: Any) -> Callable[[int, Next], int]:
        single = self.single(kind, value)
        if single is not None:

            def one(at: int, then: Next) -> int:
                self.step()
                return then(at + 1) if at < len(self.text) and single(self.text[at]) else -1

            return one
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            return self.repeat(kind, *value)
        if kind is op.SUBPATTERN:
            return self.group(value[0], self.sequence(list(value[3])))
        if kind is op.ATOMIC_GROUP:
            return self.atomic(self.sequence(list(value)))
        if kind is op.BRANCH:
            return self.branch([list(each) for each in value[1]])
        if kind in (op.ASSERT, op.ASSERT_NOT):
            return self.look(kind is op.ASSERT, value[0], self.sequence(list(value[1])), width(value[1])[1])
        if kind is op.AT:
            return self.at(value)
        if kind is op.GROUPREF:

            def again(at: int, then: Next) -> int:
                start, end = self.groups.get(value, (0, 0))
                self.step(1 + end - start)
                return then(at + end - start) if self.text.startswith(self.text[start:end], at) else -1

            return again
        raise NotImplementedError(kind)

    def branch(self, trees: list[list[Any]]) -> Callable[[int, Next], int]:
        """Each choice in turn. Of those that fail at once, which most do, the steps are counted together."""
        heads = [self.head(each) for each in trees]
        places = list({id(place): place for place, _ in heads if place is not None}.values())
        choices = [self.sequence(each) for each in trees]
        plans: dict[tuple[str | bool, ...], list[tuple[int, Callable[[int, Next], int] | None]]] = {}

        def plan(held: list[bool], character: str) -> list[tuple[int, Callable[[int, Next], int] | None]]:
            """What is tried, and how many steps are taken in vain before it; at last those that nothing follows."""
            tried: list[tuple[int, Callable[[int, Next], int] | None]] = []
            vain = 0
            for (place, single), choice in zip(heads, choices, strict=True):
                if place is not None and not held[next(i for i, each in enumerate(places) if each is place)]:
                    vain += 1
                elif single is not None and (not character or not single(character)):
                    vain += 1 + (place is not None)
                else:
                    tried.append((vain, choice))
                    vain = 0
            return [*tried, (vain, None)]

        def match(at: int, then: Next) -> int:
            held = [place(at) for place in places] if places else []
            character = self.text[at : at + 1]
            key = (character, *held)
            if key not in plans:
                plans[key] = plan(held, character)
            for vain, choice in plans[key]:
                self.steps += vain
                if self.steps > self.limit:
                    raise TooMany
                if choice is not None and (end := choice(at, then)) >= 0:
                    return end
            return -1

        return match

    def head(self, nodes: list[Any]) -> tuple[Callable[[int], bool] | None, Callable[[str], bool] | None]:
        """What a sequence asks first of all: of the place, of the character there, or of both."""
        place = self.place(nodes[0][1]) if nodes and nodes[0][0] is op.AT else None
        rest = nodes[place is not None :]
        return place, self.single(*rest[0]) if rest else None

    def single(self, kind: Any, value: Any) -> Callable[[str], bool] | None:
        """For what matches one character: whether it does, asked once for each."""
        node = kind, id(value) if isinstance(value, list | tuple) else value
        if node not in self.singles:
            test = self.matches(kind, value)
            self.singles[node] = value, None if test is None else Remembered(test).__getitem__
        return self.singles[node][1]

    def matches(self, kind: Any, value: Any) -> Callable[[str], bool] | None:
        if kind is op.IN and len(value) > 0:
            negated = value[0][0] is op.NEGATE
            tests = [self.member(*each) for each in value if each[0] is not op.NEGATE]
            return lambda character: any(test(character) for test in tests) != negated
        if kind is op.ANY:
            return (lambda character: True) if self.flags & re.DOTALL else (lambda character: character != "\n")
        if kind in (op.LITERAL, op.NOT_LITERAL):
            test = self.member(op.LITERAL, value)
            return test if kind is op.LITERAL else (lambda character: not test(character))
        return None

    def member(self, kind: Any, value: Any) -> Callable[[str], bool]:
        folded = bool(self.flags & re.IGNORECASE)
        if kind is op.LITERAL:
            wanted = {chr(value), *((chr(value).lower(), chr(value).upper()) if folded else ())}
            return lambda character: character in wanted
        if kind is op.RANGE:
            low, high = value

            def within(character: str) -> bool:
                forms = (character, character.lower(), character.upper()) if folded else (character,)
                return any(low <= ord(each) <= high for each in forms if len(each) == 1)

            return within
        if kind is op.CATEGORY:
            tests: dict[Any, Callable[[str], bool]] = {
                op.CATEGORY_DIGIT: str.isdigit,
                op.CATEGORY_SPACE: str.isspace,
                op.CATEGORY_WORD: lambda character: character.isalnum() or character == "_",
            }
            if value in tests:
                return tests[value]
            opposite = {
                op.CATEGORY_NOT_DIGIT: op.CATEGORY_DIGIT,
                op.CATEGORY_NOT_SPACE: op.CATEGORY_SPACE,
                op.CATEGORY_NOT_WORD: op.CATEGORY_WORD,
            }[value]
            return lambda character: not tests[opposite](character)
        raise NotImplementedError(kind)

    def limits(self, low: int, high: Any) -> tuple[int, int]:
        most = sys.maxsize if high is op.MAXREPEAT else int(high)
        if LARGE < most < sys.maxsize:
            self.bounded = True
            most = max(low, self.bound)
        return min(low, most), most

    def repeat(self, kind: Any, low: int, high: Any, body: Any) -> Callable[[int, Next], int]:
        least, most = self.limits(low, high)
        single = self.single(*body[0]) if len(body) == 1 else None
        if single is not None:
            return self.run(kind, least, most, single)
        inner = self.sequence(list(body))
        lazy = kind is op.MIN_REPEAT

        def match(at: int, then: Next) -> int:
            def more(done: int, position: int) -> int:
                def after(end: int) -> int:
                    return -1 if end == position and done >= least else more(done + 1, end)

                self.step()
                if lazy:
                    found = then(position) if done >= least else -1
                    return found if found >= 0 or done >= most else inner(position, after)
                found = inner(position, after) if done < most else -1
                return found if found >= 0 or done < least else then(position)

            return more(0, at)

        def keeping(at: int, then: Next) -> int:
            done = 0
            while done < most:
                self.step()
                end = inner(at, lambda position: position)
                if end < 0 or (end == at and done >= least):
                    break
                at, done = end, done + 1
            return then(at) if done >= least else -1

        return keeping if kind is op.POSSESSIVE_REPEAT else match

    def run(self, kind: Any, least: int, most: int, single: Callable[[str], bool]) -> Callable[[int, Next], int]:
        """Of one character, as ``re`` does it: counted first, then given back one by one."""

        def match(at: int, then: Next) -> int:
            end = at
            stop = min(len(self.text), at + most)
            if kind is op.MIN_REPEAT:
                while True:
                    if end - at >= least and (found := then(end)) >= 0:
                        return found
                    self.step()
                    if end >= stop or not single(self.text[end]):
                        return -1
                    end += 1
            while end < stop and single(self.text[end]):
                end += 1
            self.step(end - at + 1)
            if kind is op.POSSESSIVE_REPEAT:
                return then(end) if end - at >= least else -1
            while end - at >= least:
                self.steps += 1
                if self.steps > self.limit:
                    raise TooMany
                if (found := then(end)) >= 0:
                    return found
                end -= 1
            return -1

        return match

    def group(self, number: int | None, inner: Callable[[int, Next], int]) -> Callable[[int, Next], int]:
        if number is None:
            return inner

        def match(at: int, then: Next) -> int:
            def after(end: int) -> int:
                before = self.groups.get(number)
                self.groups[number] = at, end
                found = then(end)
                if found < 0 and before is not None:
                    self.groups[number] = before
                return found

            return inner(at, after)

        return match

    def atomic(self, inner: Callable[[int, Next], int]) -> Callable[[int, Next], int]:
        def match(at: int, then: Next) -> int:
            end = inner(at, lambda position: position)
            return then(end) if end >= 0 else -1

        return match

    def look(self, wanted: bool, direction: int, inner: Callable[[int, Next], int], wide: int) -> Callable[[int, Next], int]:
        def match(at: int, then: Next) -> int:
            start = at if direction > 0 else at - wide
            found = inner(start, lambda position: position) if start >= 0 else -1
            return then(at) if (found >= 0) is wanted else -1

        return match

    def at(self, where: Any) -> Callable[[int, Next], int]:
        holds = self.place(where)

        def match(at: int, then: Next) -> int:
            self.step()
            return then(at) if holds(at) else -1

        return match

    def place(self, where: Any) -> Callable[[int], bool]:
        """Whether a position is such a place; one function for each kind of place."""
        if where not in self.places:
            self.places[where] = self.holds(where)
        return self.places[where]

    def holds(self, where: Any) -> Callable[[int], bool]:
        lines = bool(self.flags & re.MULTILINE)
        if where is op.AT_BEGINNING_STRING or (where is op.AT_BEGINNING and not lines):
            return lambda at: at == 0
        if where is op.AT_BEGINNING:
            return lambda at: at == 0 or self.text[at - 1] == "\n"
        if where is op.AT_END_STRING:
            return lambda at: at == len(self.text)
        if where is op.AT_END:
            return lambda at: at == len(self.text) or self.text[at:] == "\n" or (lines and self.text[at] == "\n")
        word = Remembered(lambda character: character.isalnum() or character == "_").__getitem__

        def boundary(at: int) -> bool:
            text = self.text
            before = at > 0 and word(text[at - 1])
            return (before != (at < len(text) and word(text[at]))) is (where is op.AT_BOUNDARY)

        return boundary


def width(tree: Any) -> tuple[int, int]:
    """Least and greatest length of what a tree matches."""
    return tuple(tree.getwidth())


# ---- texts -------------------------------------------------------------------------------------------------------------

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
