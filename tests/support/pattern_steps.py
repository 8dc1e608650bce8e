"""Counts what a backtracking matcher does.

Python's own engine does not tell its steps. This one tries what ``re`` tries, in the same order, and counts each character that
it looks at; it exists to measure, not to match.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from re import _constants as op  # type: ignore[attr-defined]  # the parser has no other name
from re import _parser as parser
from typing import Any

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
