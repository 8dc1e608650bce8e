"""Certificates that are trusted: read once for all connections, and anew when their file changes."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.wire import Answer, Wire
from validator.providers.common import bounded, trust


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What certificates were read from."""
    seen: list[Any] = []
    whole: Callable[..., None] = ssl.SSLContext.load_verify_locations

    def noting(self: ssl.SSLContext, cafile: Any = None, *more: Any, **named: Any) -> None:
        seen.append(cafile)
        whole(self, cafile, *more, **named)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", noting)
    return seen


def ask(wire: Wire, bundle: Path) -> int:
    with bounded.session(lambda: 15.0) as session:
        session.trust_env = False
        return int(session.get(wire.url, verify=str(bundle)).status_code)


def test_they_are_read_once_for_all_and_again_when_the_file_changes(read: list[Any], tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    with Wire(lambda _: Answer(204), tls=True) as wire:
        bundle.write_bytes(Path(wire.ca).read_bytes())
        assert [ask(wire, bundle) for _ in range(3)] == [204] * 3
        assert read.count(str(bundle)) == 1
        with bundle.open("ab") as more:
            more.write(b"# changed\n")
        assert ask(wire, bundle) == 204
        assert read.count(str(bundle)) == 2


def test_whoever_is_not_in_the_file_is_not_trusted_and_a_file_without_certificates_is_told(tmp_path: Path) -> None:
    other, empty = tmp_path / "other.pem", tmp_path / "empty.pem"
    import trustme

    trustme.CA().cert_pem.write_to_path(other)
    empty.write_text("")
    with Wire(lambda _: Answer(204), tls=True) as wire:
        assert ask(wire, Path(wire.ca)) == 204
        for bundle in (other, empty):
            with pytest.raises(requests.exceptions.SSLError):
                ask(wire, bundle)
        with pytest.raises(OSError, match="invalid path"):
            ask(wire, tmp_path / "none.pem")
        assert ask(wire, Path(wire.ca)) == 204


def test_one_context_serves_all_who_trust_the_same(tmp_path: Path) -> None:
    with Wire(lambda _: Answer(204), tls=True) as wire:
        assert trust.context(wire.ca) is trust.context(wire.ca)
        copy = tmp_path / "copy.pem"
        copy.write_bytes(Path(wire.ca).read_bytes())
        assert trust.context(str(copy)) is not trust.context(wire.ca)
