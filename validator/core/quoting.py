"""A provider's own sentence, as it is shown to people."""

from __future__ import annotations

from typing import Final

from validator.core.model import Observation

_QUOTED: Final = 300
"""Characters of a sentence that are shown."""


def quoted(observation: Observation) -> str:
    """The provider's own sentence in quotes, in one line and cut, with the details that it gives apart; its code where it says nothing."""
    message, details = observation.message[: 4 * _QUOTED], observation.evidence.get("details", "")
    text = " ".join((message if details in message else f"{message} {details}").split())
    text = text if len(text) <= _QUOTED else f"{text[:_QUOTED]}..."
    if not text:
        return f'"{observation.code}".' if observation.code else "The store gives no reason."
    return f'"{text}"' if text.endswith((".", "!", "?")) else f'"{text}".'
