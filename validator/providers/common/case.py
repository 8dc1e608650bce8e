"""The answer that the texts about a finding speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.core.model import VERIFICATION_FILE
from validator.core.values import Dataclass

if TYPE_CHECKING:
    from validator.providers.base import Failure


class Case(Dataclass):
    """One finding to speak about."""

    failure: Failure | None

    @property
    def object(self) -> str:
        """The key that was asked for."""
        return self.failure.key if self.failure else VERIFICATION_FILE

    @property
    def code(self) -> str:
        """The store's code of the answer; empty where there is none."""
        return self.failure.observation.code if self.failure else ""

    @property
    def message(self) -> str:
        """What the store said."""
        return self.failure.observation.message if self.failure else ""

    def seen(self, name: str) -> str:
        """A piece of evidence, or nothing."""
        return self.failure.observation.evidence.get(name, "") if self.failure else ""
