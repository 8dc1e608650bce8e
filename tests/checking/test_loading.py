"""The SDKs of a run are loaded one after the other: of two at once, one may meet modules of the other that are half loaded."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.memory import MemoryBucket, memory_provider, named
from validator import providers
from validator.checking import assemble
from validator.checking.assemble import Settings, check
from validator.core.model import Verdict

SDK = """
import sys
gate = sys.modules["loading_gate"]
with gate.turn:
    gate.met.append("one" if gate.loading else "none")
    gate.loading.append(__name__)
if len(gate.met) == 2:
    gate.go.set()   # the second is being loaded, whatever the first has come to
assert gate.go.wait(60)
gate.loading.remove(__name__)
"""


class Watched:
    """A lock that says when somebody has to wait for it."""

    def __init__(self, waiting: threading.Event) -> None:
        self.lock, self.waiting = threading.Lock(), waiting

    def __enter__(self) -> None:
        if not self.lock.acquire(blocking=False):
            self.waiting.set()
            self.lock.acquire()

    def __exit__(self, *exc: object) -> None:
        self.lock.release()


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two SDKs, of which the first to be loaded waits until the second is at least about to be."""
    made: Any = SimpleNamespace(met=[], loading=[], go=threading.Event(), turn=threading.Lock())
    monkeypatch.setitem(sys.modules, "loading_gate", made)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("sdk_one", "sdk_two"):
        (tmp_path / f"{name}.py").write_text(SDK)

    def connect(parameters: Any, options: Any) -> MemoryBucket:
        import_module(f"sdk_{parameters.bucket}")
        return MemoryBucket()

    find, provider = providers.find, memory_provider(MemoryBucket(), connect=connect)
    monkeypatch.setattr(providers, "find", lambda name: provider if name == "memory" else find(name))
    yield made
    for name in ("sdk_one", "sdk_two"):
        sys.modules.pop(name, None)


def loaded(gate: Any) -> list[str]:
    """What each SDK met when it began to be loaded."""
    assert check([named("one"), named("two")], Settings(timeout=60)).verdict is Verdict.PASS
    met: list[str] = gate.met
    return met


def test_one_sdk_is_loaded_after_the_other(gate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "BUILT_IN", {**providers.BUILT_IN, "memory": None})
    monkeypatch.setattr(assemble, "LOADING", Watched(gate.go))
    assert loaded(gate) == ["none", "none"]


def test_another_packages_type_waits_for_nobody(gate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assemble, "LOADING", Watched(gate.go))
    assert loaded(gate) == ["none", "one"]
