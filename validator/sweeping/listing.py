"""What a look at some keys came to, and the list that is read for it, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from validator.core.model import Finding
from validator.core.values import Dataclass, field
from validator.providers.base import Leftover, UnseenPart
from validator.sweeping import wording
from validator.sweeping.wording import Identity, KeyContents, identity

LISTED: Final = 2000
"""Of what a list holds that is looked for, so much at least is taken: a store may list such names without end, and each is told of."""
RESTARTS: Final = 3
"""How often a list is begun again when the provider was too busy in the middle of it."""


class KeysListed(Dataclass, frozen=False):
    """What a look at some keys came to."""

    files: dict[str, KeyContents] = field(default_factory=dict)
    unseen_parts: list[UnseenPart] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    """Keys of which it is not known whether the object itself is there."""
    trouble: list[Finding] = field(default_factory=list)
    """Why a look did not come to its end."""

    @property
    def leftovers(self) -> list[Leftover]:
        """Everything, in the order in which it is to go."""
        return wording.in_order(each for under in self.files.values() for each in under.leftovers)


class Reading:
    """Pages of a list; after a fault the next call begins again, since a broken iterator would look like the end of the list.

    A page is read in a thread that may be given up meanwhile: what it came to is taken in by whoever waited for it, or by nobody.
    """

    def __init__(self, begin: Callable[[], Iterator[Sequence[Leftover | UnseenPart]]]) -> None:
        self._begin = begin
        self._pages: Iterator[Sequence[Leftover | UnseenPart]] | None = None
        self._begun = 0
        self._fault: Exception | None = None
        self.seen: dict[Identity, Leftover] = {}
        self.unseen_parts: list[UnseenPart] = []

    def page(self) -> tuple[Sequence[Leftover | UnseenPart] | None, int]:
        """Read one page, None at the end; and how often the list was begun. Raises whatever the bucket raises."""
        if self._fault is not None and self._begun > RESTARTS:
            raise self._fault
        if self._pages is None:
            self._pages = self._begin()
            self._begun += 1
        try:
            return next(self._pages, None), self._begun
        except Exception as error:
            self._pages, self._fault = None, error
            raise

    def cut(self) -> bool:
        """Whether enough was listed: nothing more is asked for, and what may follow is a gap."""
        if len(self.seen) < LISTED:
            return False
        self.unseen_parts.append(
            UnseenPart(f"what is listed after the first {len(self.seen):,}: sweep again when these are gone", itself=True)
        )
        return True

    def take(self, page: Sequence[Leftover | UnseenPart], *, anew: bool) -> None:
        """It came in time. ``anew``: it is the first of a list that was begun again."""
        if anew:
            self.unseen_parts = []
        for each in page:
            if isinstance(each, UnseenPart):
                self.unseen_parts.append(each)
            else:
                self.seen[identity(each)] = each
