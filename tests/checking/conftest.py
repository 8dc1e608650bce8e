"""What tests of several destinations share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from validator import providers


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """The type ``memory`` is of the provider that this is called with."""

    def know(provider: Any) -> None:
        find = providers.find
        monkeypatch.setattr(providers, "find", lambda name: provider if name == "memory" else find(name))

    return know
