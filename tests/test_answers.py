"""The corpus: what real stores answered, played to the real check, and nothing that a name may change.

Each entry of ``tests/answers`` is judged as its README tells, and then once more with names made of the words that providers use for
refusals, in every place where a name can stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.answered import FOLDER, Entry, Names, case_of, entries, faults, gist, play

PROVIDERS = sorted(path.stem for path in FOLDER.glob("*.json"))
ENTRIES: Mapping[str, Entry] = {each.id: each for provider in PROVIDERS for each in entries(provider)}

PENDING: Mapping[str, frozenset[str]] = {
    # A signature that Azure refuses after it took it is key-accepted-then-refused, since a key may be new: here it was not.
    "azure_blob_storage": frozenset({"az-put-sas-mismatch-version-1"}),
}
"""Not yet diagnosed rightly. It only ever shrinks: an entry that has come right must be taken out."""

SWAYED = frozenset[str]()
"""Still read differently under another name. Shrinks as PENDING does."""

WAITING = frozenset().union(*PENDING.values())
HELD = [each for each in ENTRIES if each not in WAITING]

WORDS = (
    "bucket",
    "retention-lock",
    "denied",
    "expired",
    "quota",
    "kms-key",
    "region",
    "not-found",
    "signature",
    "hold",
    "disabled",
    "locked",
)
"""What a bucket, a folder, a user or a host may be called, and what refusals say."""


def names(entry: Entry, turn: int) -> Names:
    """Another assignment of words for each turn."""
    first = sum(entry.id.encode()) + turn * 5
    word = [WORDS[(first + i) % len(WORDS)] for i in range(len(WORDS))]
    changed: dict[str, str] = {}
    given: Mapping[str, Any] = entry.parameters
    if entry.provider == "azure_blob_storage":
        changed = {"account": word[0].replace("-", ""), "container": word[1]}
    elif entry.provider == "s3_compatible":
        changed = {"bucket": word[0]}
        if "endpoint" not in given:
            changed["endpoint"] = f"https://{word[1]}.{word[2]}.example"
    elif entry.provider == "oracle_cloud_storage":
        changed = {"bucket": word[0], "namespace": word[1].replace("-", "")}
    else:
        changed = {"bucket": word[0]}
    changed = {name: value for name, value in changed.items() if name not in given}
    return Names(changed, f"{word[3]}/{word[4]}", tuple(word[5:]))


@pytest.mark.parametrize("id_", HELD)
def test_every_answer_is_diagnosed_rightly(id_: str) -> None:
    entry = ENTRIES[id_]
    wrong = faults(entry, play(entry))
    assert not wrong, f"{entry.why}\n" + "\n".join(wrong)


@pytest.mark.parametrize("turn", [0, 1])
@pytest.mark.parametrize("id_", [each for each in HELD if each not in SWAYED])
def test_no_name_changes_a_diagnosis(id_: str, turn: int) -> None:
    entry = ENTRIES[id_]
    usual, renamed = gist(play(entry, Names(prefix="deliveries"))), gist(play(entry, names(entry, turn)))
    assert renamed == usual, names(entry, turn)


@pytest.mark.parametrize("id_", sorted(WAITING))
def test_what_is_pending_is_still_wrong(id_: str) -> None:
    entry = ENTRIES[id_]
    assert faults(entry, play(entry)), "this entry has come right: take it out of PENDING"


def test_entries_are_whole() -> None:
    assert len(ENTRIES) == sum(len(entries(provider)) for provider in PROVIDERS), "two entries share an id"
    for entry in ENTRIES.values():
        assert entry.provider in PROVIDERS
        assert entry.source, f"{entry.id}: where was it found?"
        assert entry.why
        assert entry.operation in ("write", "read", "list", "delete", "token", "any")
        assert entry.verdict in ("pass", "warn", "inconclusive", "fail")
        assert entry.certainty in ("confirmed", "likely", "ambiguous")
        assert not set(entry.expect) & set(entry.never)
        assert all(name in entry.body for name in entry.names), f"{entry.id}: a name that is not in the body"
        assert case_of(entry.provider).name == entry.provider
