"""The corpus: what real stores answered, played to the real check, and nothing that a name may change.

Each entry of ``tests/support/answers`` is judged as its README tells, and then once more with names made of the words that providers use for
refusals, in every place where a name can stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import pytest

from tests.support.answered import FOLDER, Entry, Names, case_of, entries, faults, gist, play, play_row
from tests.support.cases import Cases, parts
from validator.core.model import DestinationReport, Mode, Outcome

pytestmark = pytest.mark.no_cover  # thousands of cases through the same lines: tracing them triples their time

PROVIDERS = sorted(path.stem for path in FOLDER.glob("*.json"))
ENTRIES: Mapping[str, Entry] = {each.id: each for provider in PROVIDERS for each in entries(provider)}

FORM = re.compile(r"\(form\)|\bform of\b|field report|own page$|^none: |forum reports|many threads|a usual one")
"""What a source says that names no place where the answer was found."""

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


def words(seed: str) -> list[str]:
    """The words in another order for each seed."""
    first = sum(seed.encode())
    return [WORDS[(first + i) % len(WORDS)] for i in range(len(WORDS))]


def parameters(provider: str, word: Sequence[str]) -> dict[str, str]:
    """The names that a destination of this type brings."""
    if provider == "azure_blob_storage":
        return {"account": word[0].replace("-", ""), "container": word[1]}
    if provider == "s3_compatible":
        return {"bucket": word[0], "endpoint": f"https://{word[1]}.{word[2]}.example"}
    if provider == "oracle_cloud_storage":
        return {"bucket": word[0], "namespace": word[1].replace("-", "")}
    return {"bucket": word[0]}


def names(entry: Entry) -> Names:
    word = words(entry.id)
    changed = {name: value for name, value in parameters(entry.provider, word).items() if name not in entry.parameters}
    return Names(changed, f"{word[3]}/{word[4]}", tuple(word[5:]))


BY_PLACE = ("amazon_s3", "azure_blob_storage", "google_cloud_storage")
"""Here a refusal may be told for each place, as residue is everywhere: a delivery with a folder has two."""


class Played:
    """One entry: its check is run once for whatever is asked of it."""

    def __init__(self, name: str) -> None:
        self.entry = ENTRIES[name]

    @cached_property
    def report(self) -> DestinationReport:
        return play(self.entry)

    def is_diagnosed_rightly(self) -> None:
        wrong = faults(self.entry, self.report)
        assert not wrong, f"{self.entry.why}\n" + "\n".join(wrong)

    def is_the_same_under_other_names(self) -> None:
        other = names(self.entry)
        renamed, usual = gist(play(self.entry, other)), gist(self.report)
        if renamed != usual and (self.report.residue or self.entry.provider in BY_PLACE):
            usual = gist(play(self.entry, Names(prefix="deliveries")))
        assert renamed == usual, other


@pytest.mark.parametrize("part", parts(ENTRIES, 25))
def test_every_answer_is_diagnosed_rightly_and_no_name_changes_that(part: Sequence[str], cases: Cases) -> None:
    for name in part:
        played = Played(name)
        with cases(f"{name}: its diagnosis"):
            played.is_diagnosed_rightly()
        with cases(f"{name}: other names"):
            played.is_the_same_under_other_names()


ROWS = [(provider, number) for provider in PROVIDERS for number in range(len(case_of(provider).rows))]


@pytest.mark.parametrize("part", parts(ROWS, 25))
def test_no_name_changes_a_case(part: Sequence[tuple[str, int]], cases: Cases) -> None:
    """The answers of the conformance cases as well: the same finding and verdict, whatever things are called."""
    for provider, number in part:
        with cases(f"{provider}, row {number}"):
            row = case_of(provider).rows[number]
            other = parameters(provider, words(f"{provider}{number}"))
            usual, renamed = (play_row(provider, row, names) for names in ({}, other))
            assert renamed == usual


def test_entries_are_whole() -> None:
    assert len(ENTRIES) == sum(len(entries(provider)) for provider in PROVIDERS), "two entries share an id"
    for entry in ENTRIES.values():
        assert entry.provider in PROVIDERS
        assert entry.source, f"{entry.id}: where was it found?"
        assert entry.form or not FORM.search(entry.source), f"{entry.id}: a form, and no place where it was found: mark it"
        assert entry.why
        assert entry.operation in ("write", "read", "list", "delete", "token", "any")
        assert entry.verdict in ("pass", "warn", "inconclusive", "fail")
        assert entry.certainty in ("confirmed", "likely", "ambiguous")
        assert not set(entry.expect) & set(entry.never)
        assert all(name in entry.body for name in entry.names), f"{entry.id}: a name that is not in the body"
        assert case_of(entry.provider).name == entry.provider


def test_what_is_answered_to_a_look_at_what_keeps_the_file_proves_no_delete() -> None:
    report = play(replace(ENTRIES["oci17-any-home-region"], status=412))
    steps = {each.outcome for each in report.steps if each.key == "planetverify.txt" and each.mode is Mode.REHEARSED}
    assert Outcome.UNPROVEN in steps
    assert "unrecognised-answer" in {each.name for each in report.findings}
