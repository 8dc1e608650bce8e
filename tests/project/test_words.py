"""What somebody has named is never read as the provider's words, and the provider's words are never taken for a name."""

from __future__ import annotations

import pytest

from validator.core.fixed_words import fixed_words

pytestmark = pytest.mark.no_cover  # measured: other tests go through these lines

NAMES = (
    "bucket",
    "denied",
    "retention-lock",
    "hold",
    "quota/expired/planetverify.txt",
    "kms-key.example",
    "https://not-found.example",
)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        # Names go: in quotes, in paths, in addresses and ARNs, after the noun that they name.
        ("Object 'bucket/hold/planetverify.txt' is subject to a rule", "Object '…' is subject to a rule"),
        ('on resource: "arn:aws:s3:::denied/planetverify.txt" because', 'on resource: "…" because'),
        ("not authorized on resource: arn:aws:kms:eu-west-1:1:key/hold because", "not authorized on resource: … because"),
        ("No such object: bucket/quota/expired/planetverify.txt", "No such object: …"),
        ("Caller does not have storage.objects.create access to bucket denied.", "Caller does not have storage.objects.create access to bucket …."),
        ("expired@quota.iam.gserviceaccount.com does not have access", "… does not have access"),
        ("see https://quota.example/expired, please", "see …, please"),
        ("the rules of retention-lock say no", "the rules of … say no"),
        ("host kms-key.example. is gone", "host …. is gone"),
        ("Changing object denied/expired too quickly", "Changing object … too quickly"),
        ("/denied/planetverify.txt is kept", "… is kept"),
        # The provider's own words stay, whatever things are called.
        ("The specified bucket does not exist", "The specified bucket does not exist"),
        ("Object is protected by a bucket lock rule and cannot be deleted.", "Object is protected by a bucket lock rule and cannot be deleted."),
        ("Access denied.", "Access denied."),
        ("is under active Temporary hold", "is under active Temporary hold"),
        ("subject to bucket's retention policy, organization's too", "subject to bucket's retention policy, organization's too"),
        ("Permission 'storage.objects.create' denied", "Permission 'storage.objects.create' denied"),
        ("the 'x-amz-content-sha256' header", "the 'x-amz-content-sha256' header"),
        ("Key start/Key expiry is wrong", "Key start/Key expiry is wrong"),
        ("denied: bucket over quota", "denied: bucket over quota"),
    ],
)  # fmt: skip
def test_names_go_and_words_stay(message: str, words: str) -> None:
    assert fixed_words(message, NAMES) == words


def test_white_space_is_one_blank_and_long_messages_are_cut() -> None:
    assert fixed_words(" a\n\t b ") == "a b"
    assert len(fixed_words("x" * 10_000)) <= 2000


@pytest.mark.parametrize("part", ["'", "/", "@", "arn:", "a/", '"x', "…", "bucket ", "\u2018", "://", "( "])
def test_hostile_messages_are_read_in_linear_time(part: str) -> None:
    # Ten thousand times the same piece, and forty names that almost fit: a pattern that backtracks would never come back.
    names = [f"{part * 20}{i}" for i in range(60)]
    assert fixed_words(part * 10_000, names) is not None
