"""The order in which a parallel run begins its tests: first what is long, or shares what is costly to start.

Each worker is given a stretch of the whole list, and who is through takes from the end of another's. So a group at the beginning of
a stretch stays on one worker, and none has a long test left when the others are done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def stretches(total: int, workers: int) -> Iterator[int]:
    """How many tests pytest-xdist gives to each worker in the beginning."""
    for number in range(workers):
        share = total // (workers - number)
        total -= share
        yield share


def in_turn(items: Sequence[Item], key: Callable[[Item], str | None], workers: int) -> list[Item]:
    """All of the items; those of one key side by side, at the beginning of a worker's stretch.

    Args:
        items: What is to be run, in order.
        key: What an early item belongs to; None for one that has its place among the others.
        workers: How many run at a time.
    """
    groups: dict[str, list[Item]] = {}
    others: list[Item] = []
    for item in items:
        group = key(item)
        (others if group is None else groups.setdefault(group, [])).append(item)
    early: list[list[Item]] = [[] for _ in range(workers)]
    for number, together in enumerate(groups.values()):
        early[number % workers] += together
    ordered: list[Item] = []
    rest = iter(others)
    for first, share in zip(early, stretches(len(items), workers), strict=True):
        ordered += first
        ordered += [item for _, item in zip(range(share - len(first)), rest, strict=False)]
    return [*ordered, *rest]
