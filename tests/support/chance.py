"""Made-up keys. In CI each test draws the same in every run, as properties are held against the same examples there.

A key that no rule takes for one is drawn once in some ten thousand; what finds it is to be somebody who can look into it.
"""

from __future__ import annotations

import base64
import os
import random
from collections.abc import Sequence
from typing import Final

import pytest

SAME: Final = os.environ.get("CI") == "true"
_chance: Final = random.Random(0 if SAME else None)  # noqa: S311 - keys of nothing


class Anew:
    """A plugin: each test begins with draws of its own, whichever tests went before it in its process."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Before the fixtures."""
        if SAME:
            _chance.seed(item.nodeid)


def token_bytes(size: int) -> bytes:
    """As :func:`secrets.token_bytes`."""
    return _chance.randbytes(size)


def token_hex(size: int) -> str:
    """As :func:`secrets.token_hex`."""
    return token_bytes(size).hex()


def token_urlsafe(size: int) -> str:
    """As :func:`secrets.token_urlsafe`."""
    return base64.urlsafe_b64encode(token_bytes(size)).rstrip(b"=").decode()


def choice(among: Sequence[str]) -> str:
    """As :func:`secrets.choice`."""
    return _chance.choice(among)
