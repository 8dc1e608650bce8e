"""No secret, nor a part of one, in any encoding."""

from __future__ import annotations

import base64
import copy
import json
import logging
import pickle
import random
import string
import traceback
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.secret_forms import dressed, forms, repeats
from validator.core import secret_shapes
from validator.core.decoding import folded, plain
from validator.core.model import Confidence, Finding, Mode, Operation, Outcome, Secret, Severity, Step
from validator.core.redaction import OWN_WORDS, WINDOW, RedactingFilter, Redactor, traced
from validator.core.secret_shapes import MASK, credentials_in, is_wordlike

SECRET = "EXAMPLE/k+Y9=w0rd&with<every>thing\"in'it\\EXAMPLE"


def test_every_encoding_is_masked() -> None:
    for name, text in dressed(SECRET).items():
        masked = Redactor([Secret(SECRET)]).text(f"before {text} after")
        assert MASK in masked, name
        assert masked.startswith("before "), name
        assert masked.endswith(" after"), name
        assert not any(form in masked for form in forms(SECRET) if len(form) >= WINDOW), name
        assert not repeats(masked, SECRET), name


@pytest.mark.parametrize("secret", ["hunter2!x", "xQ7+p/9z", "Ab3$xy"])
def test_a_short_secret_is_masked_in_every_encoding(secret: str) -> None:
    for name, text in dressed(secret).items():
        assert not repeats(Redactor([secret]).text(f"before {text} after"), secret), name


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=16, max_size=60),
    st.integers(0, 40),
    st.integers(WINDOW, 30),
)
def test_a_part_is_masked_too(secret: str, start: int, length: int) -> None:
    part = secret[start : start + length]
    if len(part) < WINDOW or is_wordlike(secret) or len(folded(plain(part))) < WINDOW:
        return
    if is_wordlike(part) or any(folded(part) in folded(word) for word in OWN_WORDS.split()):
        return  # ordinary words are shown, wherever they stand
    masked = Redactor([secret]).text(f"error near [{part}] sorry")
    assert part not in masked


@pytest.mark.parametrize("around", [0, 40, 400])
def test_a_part_is_masked_wherever_it_begins(around: int) -> None:
    """A text in which no block of a secret stands is looked at no further."""
    for size in (WINDOW, 20, 41, 63):
        secret = base64.b64encode(random.Random(size).randbytes(60)).decode()[:size]  # noqa: S311 - a secret of a test
        redactor = Redactor([secret])
        for start in range(size - WINDOW + 1):
            part = secret[start : start + WINDOW]
            if len(folded(part)) == WINDOW and not is_wordlike(part):
                assert redactor.text(f"{'. ' * around}[{part}]{' .' * around}").count(MASK) == 1, (size, start)


def test_what_is_not_secret_stays() -> None:
    text = "AccessDenied: User arn:aws:iam::111122223333:user/planet is not authorized"
    assert Redactor([SECRET]).text(text) is text


def test_a_word_as_a_secret_masks_whole_words_of_others_only() -> None:
    redactor = Redactor(["delete1", "production"], public=["imagery"])
    assert redactor.text("delete1 and undelete1d, delete1-prod") == f"{MASK} and undelete1d, delete1-prod"
    assert Redactor(["abc"]).text("abc") == "abc"
    step = Step(
        Operation.WRITE, "production/planetverify.txt", Mode.PERFORMED, "production", Outcome.DENIED, note="said production"
    )
    masked = redactor.value(step)
    assert (masked.key, masked.permission, masked.note) == (step.key, step.permission, f"said {MASK}")
    assert Redactor(["storage"], public=["storage"]).text("no bucket storage") == "no bucket storage"


def test_a_short_random_secret_is_masked_in_our_own_fields_as_well() -> None:
    chosen = random.Random(23)  # noqa: S311 - the same in each run
    every = ["".join(chosen.choices(string.ascii_lowercase + string.digits, k=8)) for _ in range(1000)]
    wordlike = [each for each in every if is_wordlike(each)]
    assert len(wordlike) > 100, "so many are taken for words"
    shown = [
        each for each in wordlike if each in Redactor([each]).text(f"--name {each} s3://{each}/planetverify.txt", ours=True)
    ]
    assert len(shown) < 20, shown
    for each in wordlike:
        assert Redactor([each], public=[each]).text(f"--name {each}", ours=True) == f"--name {each}"
    for word in ("delete", "delete1", "us-east-1", "2024-imagery", "sha256", "production"):
        assert Redactor([word]).text(f"sweep {word} --{word}", ours=True) == f"sweep {word} --{word}"


def test_a_pass_phrase_is_masked_in_whole_and_in_part() -> None:
    redactor = Redactor(["EXAMPLE correct-horse battery-staple"])
    assert redactor.text("said example+correct%2Dhorse+battery-staple!") == f"said {MASK}!"
    assert redactor.text("said correct-horse battery") == f"said {MASK}"
    assert redactor.text("the battery is empty") == "the battery is empty"
    named = Redactor(["correct-horse battery-staple"], public=["battery-staple-imagery"])
    assert named.text("no bucket battery-staple-imagery") == "no bucket battery-staple-imagery"


def test_parts_of_a_secret_that_are_ordinary_words_hide_nothing_else() -> None:
    redactor = Redactor(["https://objectstorage.us-ashburn-1.oraclecloud.com/p/EXAMPLE_k3J9xQ2mZ7/n/ns/b/imagery-in/o/"])
    said = "https://objectstorage.us-ashburn-1.oraclecloud.com/n/ns answered; imagery-in is not there"
    assert redactor.text(said) == said
    assert "k3J9" not in redactor.text("no such request: EXAMPLE_k3J9xQ2mZ7")


def test_a_sas_signature_is_masked_wherever_it_stands() -> None:
    text = "https://a.blob.core.windows.net/c?sv=2023-11-03&sp=rwdl&sig=EXAMPLE%2Babcdefghij%3D&se=2027"
    masked = Redactor().text(text)
    assert "EXAMPLE" not in masked
    assert "sp=rwdl" in masked
    assert "se=2027" in masked


def test_the_signature_inside_a_token_is_masked_decoded() -> None:
    redactor = Redactor(["sv=2023&sig=EXAMPLE%2Bjklmnop%2Fqrs%3D"])
    assert "EXAMPLE+jkl" not in redactor.text("string to sign EXAMPLE+jklmnop/qrs= end")


def test_the_key_inside_a_service_account_is_masked_line_by_line() -> None:
    lines = ["MIIEvQIBEXAMPLEADANBgkqhkiG9w0BAQ", "EFAASCBKcwggSjAgEAAoIBAQEXAMPLE12"]
    pem = "-----BEGIN PRIVATE KEY-----\n" + "\n".join(lines) + "\n-----END PRIVATE KEY-----\n"
    document = json.dumps({"type": "service_account", "private_key": pem, "client_email": "me@example.iam.gserviceaccount.com"})
    once = base64.b64encode(document.encode()).decode()
    for credentials in (document, once, base64.b64encode(once.encode()).decode()):
        redactor = Redactor([credentials])
        for line in lines:
            assert line not in redactor.text(f"could not parse {line}!")
    assert "me@example.iam.gserviceaccount.com" in Redactor([once]).text("me@example.iam.gserviceaccount.com was refused")


def test_values_are_masked_in_place() -> None:
    finding = Finding("wrong-secret", Severity.ERROR, "t", f"it is {SECRET}", Confidence.CONFIRMED, {"said": SECRET})
    masked = Redactor([SECRET]).value([finding, {"a": (SECRET, 3, None, Secret("x"))}])
    assert SECRET not in repr(masked)
    assert masked[0].name == "wrong-secret"
    assert masked[1] == {"a": (MASK, 3, None, MASK)}


def test_logs_and_tracebacks_pass_the_same_door(caplog: pytest.LogCaptureFixture) -> None:
    redactor = Redactor([SECRET])
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "sent %s", (SECRET,), None)
    try:
        raise ValueError(f"bad {SECRET}")
    except ValueError as error:
        record.exc_info = (ValueError, error, error.__traceback__)
    RedactingFilter(redactor).filter(record)
    assert not repeats(logging.Formatter().format(record), SECRET)
    assert "ValueError" in logging.Formatter().format(record)


def test_authorization_headers_and_private_keys_are_masked_unknown() -> None:
    redactor = Redactor()
    assert "EXAMPLE" not in redactor.text("Authorization: AWS4-HMAC-SHA256 Credential=EXAMPLE")
    assert "EXAMPLE" not in redactor.text("-----BEGIN RSA PRIVATE KEY-----\nEXAMPLE")


def test_what_only_a_source_is_searched_for() -> None:
    made_up = random.Random(7)  # noqa: S311 - of no use to anybody
    key = "".join(made_up.choices(string.ascii_letters + string.digits, k=40))
    redactor = Redactor()
    assert redactor.text(f"request {key}") == f"request {key}"
    assert redactor.source(f'"bucket": "{key}"') == f'"bucket": "{MASK}"'


def test_an_exception_is_shown_by_its_kind_and_its_places() -> None:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as cause:
            raise ValueError(f"bad {SECRET}") from cause
    except ValueError as error:
        said = traced(error)
    assert said.splitlines()[0] == "builtins.ValueError"
    assert "caused by builtins.KeyError" in said
    assert "test_redact.py:" in said
    assert "bad" not in said
    assert not repeats(said, SECRET)


def test_memory_does_not_grow_with_what_is_taken_for_a_secret() -> None:
    random_ = random.Random(11)  # noqa: S311 - the same
    body = "".join(random_.choices(string.ascii_letters + string.digits + "+/", k=240_000))
    peaks = []
    for size in (38_400, 240_000):
        tracemalloc.start()
        redactor = Redactor([body[place : place + 2400] for place in range(0, size, 2400)])
        masked = redactor.text(f"it said {body[:1000]} and more")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert masked == f"it said {MASK} and more"
        last = body[size - 200 : size - 100]
        assert last not in redactor.text(f"it said {last}"), "of what is too much to keep whole, the ends are kept"
    assert peaks[1] < 8 * 2**20
    assert peaks[1] < 3 * peaks[0], "six times as much"


class Counted(dict[str, bool]):
    """Counts how often it is asked."""

    asked = 0

    def get(self, key: str, default: Any = None) -> Any:
        self.asked += 1
        return super().get(key, default)


@pytest.mark.parametrize(
    "part",
    [
        "%25",
        "%2",
        "&#4",
        "&amp;",
        "\\",
        "\\u00",
        "\\x4",
        "deadbeef",
        "aa:",
        "0x41,",
        "QUFB",
        "the bucket is not there. ",
        "EXAMPLE/k+",
        "sig=",
        "/p/",
        "-----BEGIN PRIVATE KEY-----",
        "eyJ.",
        "bearer ",
    ],
)
def test_the_steps_grow_with_the_text_and_no_faster(part: str) -> None:
    asked = []
    for size in (4_000, 8_000, 16_000):
        redactor = Redactor([SECRET, "hunter2!x"])
        counted = redactor._windows = Counted(redactor._windows)
        redactor.text(part * (size // len(part)))
        asked.append(counted.asked + size)
    assert asked[2] <= 2.3 * asked[1] <= 5.3 * asked[0]


def test_a_secret_cannot_print_itself() -> None:
    secret = Secret(SECRET)
    for text in (repr(secret), str(secret), f"{secret}", f"{secret:>20}", json.dumps({"s": str(secret)})):
        assert SECRET[:8] not in text
    for escape in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            escape(secret)
    try:
        raise RuntimeError(secret)
    except RuntimeError:
        assert SECRET[:8] not in traceback.format_exc()
    assert secret == Secret(SECRET)
    assert len({secret, Secret(SECRET)}) == 1
    assert len(secret) == len(SECRET)


@pytest.mark.parametrize("scheme", ["Bearer", "basic", "API-Key", "ba\u017fic", "BAS\u0131C", "AP\u0130-\u212aey"])
def test_what_a_scheme_names_is_a_credential_in_every_way_to_write_it(scheme: str) -> None:
    assert credentials_in(f"the {scheme} aaaaaaaaaaaaaa") == [(len(scheme) + 5, len(scheme) + 19)]


def test_an_access_points_alias_is_a_name() -> None:
    """Random letters stand in it as in a key, and it is what is to be typed as the bucket."""
    alias = f"planet-ap-{'q7x2z9k4' * 4}a-s3alias"
    assert credentials_in(f"{'q7x2z9k4' * 4}a") != [], "it would be masked without its suffix"
    assert credentials_in(alias) == []
    assert credentials_in(f"https://{alias}.s3.eu-west-1.amazonaws.com/planetverify.txt") == []


SIGNS = ":@%&,;#?!{}[]()<>$^*|`\"'\\\u00e9\u6f22\n\t"
SIGNED = tuple(
    "".join(
        SIGNS[(number + index) % len(SIGNS)] if index in (9 + number % 4, 22 + number % 5, 31) else letter
        for index, letter in enumerate(random.Random(number).choices(string.ascii_letters + string.digits, k=44))  # noqa: S311 - the same in each run
    )
    for number in range(200)
)
"""Made-up passwords of a program's: three signs part each, and most of their parts are shorter than a key."""


def test_a_password_that_signs_part_is_found_whole() -> None:
    """What stood beside a masked part, behind a colon or an at sign, was shown."""
    missed = []
    for secret in SIGNED:
        text = f"for {secret} only"
        spans = credentials_in(text)
        left = "".join("\0" if any(start <= at < end for start, end in spans) else each for at, each in enumerate(text))
        missed += [secret] if any(secret[place : place + WINDOW] in left for place in range(len(secret) - WINDOW)) else []
    assert len(missed) < 10, missed  # letters that happen to follow one another as in words; all 200 were missed


def test_a_login_with_signs_of_its_own_ends_before_the_host() -> None:
    text = "https://planet:EXAMPLE@k3y:9@s3.example.com:9000/imagery"
    assert [text[start:end] for start, end in credentials_in(text)] == ["EXAMPLE@k3y:9"]


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:iam::123456789012:role/AWSReservedSSO_AdminAccess_a1b2c3d4e5f60718",
        "L8:S2B_MSIL1C_20240101T101010:T33UUP",
        "https://MyOrg.example.com:9000/PlanetScope/Imagery2024",
        "[2001:0db8:85a3:a1b2:c3d4:8a2e:0370:7334]:9000",
        'The "bucket" (PlanetScope@eu-central-1) is MyCompany#2024',
        "Imagery #3 (Nord-S\u00fcd), Z\u00fcrich-\u00d6rebro_2023",
        "P\u0159\u00edli\u0161 \u017elu\u0165ou\u010dk\u00fd k\u016f\u0148, Nguy\u1ec5n Th\u1ecb H\u1ed3ng:H\u00e0 N\u1ed9i",
        "abfss://Tenant-5d41402a@stg4f8a7c9d0e1b2a3c.dfs.core.windows.net",
        "${AWS_SECRET_ACCESS_KEY}:${NAME_OF_A_BUCKET}",
        "sv=2014-02-14&sr=c&sp=rwl&se=2098-11-30&spr=https,http",
    ],
)
def test_names_and_addresses_with_signs_are_no_credentials(text: str) -> None:
    assert credentials_in(text) == []


@pytest.mark.parametrize(
    "part", ["aB3xY9kQ2m:Z7p ", "aB3xY:", "@A", "ocid1.aaaa@Bb7x9Qz:", "pl:destinations/x-aB3xY9kQ2mZ7pLq4Wn8R1 "]
)
def test_what_signs_part_is_looked_for_once(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    before = secret_shapes.is_wordlike
    monkeypatch.setattr(secret_shapes, "is_wordlike", lambda text: (seen.append(len(text)), before(text))[1])
    for size in (4_000, 16_000):
        credentials_in(part * (size // len(part)))
        assert sum(seen) <= size, "no letter twice"
        seen.clear()
