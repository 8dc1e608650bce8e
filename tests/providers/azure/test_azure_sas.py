"""Shared access signatures, taken apart and put right."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.providers.azure.sas import LONGEST, Damage, TokenKind, is_account_key, parse, repair

SIGNATURE = base64.b64encode(hashlib.sha256(b"EXAMPLE 4").digest()).decode()
QUOTED = SIGNATURE.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
TOKEN = f"sv=2023-11-03&sr=c&sp=rwdl&se=2027-01-31T00%3A00%3A00Z&sig={QUOTED}"


def test_the_example_signature_holds_a_plus() -> None:
    assert "+" in SIGNATURE


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("sv=2023-11-03&ss=b&srt=co&sp=rwdl&sig=x", TokenKind.ACCOUNT),
        ("sv=2023-11-03&sr=c&sp=rwdl&sig=x", TokenKind.SERVICE),
        ("sv=2023-11-03&sr=c&si=planet&sig=x", TokenKind.POLICY),
        ("sv=2023-11-03&sr=c&sp=rwdl&skoid=a&sktid=b&ske=c&sks=b&skv=d&sig=x", TokenKind.DELEGATION),
        ("sp=r&sig=x", TokenKind.UNKNOWN),
    ],
)
def test_kinds(token: str, kind: TokenKind) -> None:
    assert parse(token).kind is kind


def test_a_plus_stays_a_plus() -> None:
    assert parse("sig=a+b%2Bc").get("sig") == "a+b+c"
    assert parse("sig=a=b==").raw("sig") == "a=b=="


def test_a_whole_token_is_left_as_it_is() -> None:
    assert repair(TOKEN) == repair(repair(TOKEN).token)
    assert repair(TOKEN).damages == ()
    assert repair(TOKEN).token == TOKEN


@pytest.mark.parametrize(
    ("damaged", "damage"),
    [
        ("?" + TOKEN, Damage.QUESTION_MARK),
        (TOKEN + "\n", Damage.WRAPPED),
        ("  " + TOKEN, Damage.WRAPPED),
        ("\ufeff" + TOKEN, Damage.WRAPPED),
        (f'"{TOKEN}"', Damage.WRAPPED),
        (f"\u201c{TOKEN}\u201d", Damage.WRAPPED),
        (TOKEN[:40] + "\r\n" + TOKEN[40:], Damage.WRAPPED),
        (TOKEN.replace("&", "\\u0026"), Damage.SEPARATORS),
        (TOKEN.replace("&", "u0026"), Damage.SEPARATORS),
        (TOKEN.replace("&", "&amp;"), Damage.SEPARATORS),
        (TOKEN.replace("&sr=", "sr="), Damage.SEPARATORS),
        (TOKEN.replace("%2B", "+"), Damage.PLUS),
        (TOKEN.replace("%2B", " "), Damage.PLUS),
        (TOKEN.replace("%", "%25"), Damage.DOUBLE),
        (f"BlobEndpoint=https://a.example/;SharedAccessSignature={TOKEN}", Damage.CONNECTION_STRING),
        (f"https://imageryaccount.blob.core.windows.net/imagery?{TOKEN}", Damage.URL),
    ],
)
def test_damage_is_undone(damaged: str, damage: Damage) -> None:
    repaired = repair(damaged)
    assert repaired.token == TOKEN
    assert repaired.damages == (damage,)


def test_damages_add_up() -> None:
    repaired = repair(f' "?{TOKEN.replace("&", "u0026").replace("%2B", "+")}"\n')
    assert repaired.token == TOKEN
    assert set(repaired.damages) == {Damage.WRAPPED, Damage.QUESTION_MARK, Damage.SEPARATORS, Damage.PLUS}


def test_a_percent_encoded_token_is_decoded_once() -> None:
    encoded = TOKEN.replace("%", "%25").replace("=", "%3D").replace("&", "%26")
    assert repair(encoded).token == TOKEN


def test_a_url_is_taken_apart() -> None:
    repaired = repair(f"https://imageryaccount.blob.core.windows.net/imagery/some/blob.tif?{TOKEN}")
    assert (repaired.account, repaired.container) == ("imageryaccount", "imagery")


def test_planets_own_sample() -> None:
    """Its backslashes are lost, and one separator altogether."""
    assert repair("sv=2017-04-17u0026si=writersr=cu0026sig=LGqc").token == "sv=2017-04-17&si=writer&sr=c&sig=LGqc"


def test_an_account_key_is_known() -> None:
    assert is_account_key(base64.b64encode(b"EXAMPLE" * 9 + b"!").decode())
    assert not is_account_key(SIGNATURE)


def test_times() -> None:
    for text in ("2027-01-31", "2027-01-31T00:00Z", "2027-01-31T00:00:00Z", "2027-01-31T00:00:00.0000000Z"):
        assert str(parse(f"se={text}").time("se")) == "2027-01-31 00:00:00+00:00"
    for text in ("31/01/2027", "2027-13-01T00:00:00Z", "2027-W01-1T00:00:00Z", "2027-01-31 00:00:00Z", "2027-01-31T00:00:00+"):
        assert parse(f"se={text}").time("se") is None


def test_nothing_printable_holds_the_signature() -> None:
    sas = parse(TOKEN)
    assert SIGNATURE[:8] not in repr(sas)
    assert SIGNATURE[:8] not in str(sas.summary())


@pytest.mark.no_cover  # long, and through the same lines as shorter tests
@given(st.text(max_size=300))
def test_any_text_is_taken(text: str) -> None:
    repaired = repair(text)
    parse(repaired.token).summary()
    assert len(repaired.token) <= max(LONGEST, 3 * len(text))


@given(st.text(alphabet="svrcpseig=&?u0026%2B +\n\"';:/.https", max_size=120))
def test_repairing_is_stable(text: str) -> None:
    once = repair(text).token
    twice = repair(once).token
    assert repair(twice).token == twice or repair(repair(twice).token).token == repair(twice).token
