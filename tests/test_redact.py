"""No secret, nor a part of one, in any encoding."""

from __future__ import annotations

import base64
import copy
import json
import logging
import pickle
import traceback
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.model import Confidence, Finding, Secret, Severity
from validator.redact import MASK, WINDOW, RedactingFilter, Redactor, forms

SECRET = "EXAMPLE/k+Y9=w0rd&with<every>thing\"in'it\\EXAMPLE"


def encodings(value: str) -> list[str]:
    return [
        value,
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        quote(value, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
        json.dumps(value)[1:-1],
        value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
        base64.b64encode(value.encode()).decode(),
        base64.b64encode(b"user:" + value.encode()).decode(),
        base64.b64encode(b"me:" + value.encode() + b":x").decode(),
        base64.urlsafe_b64encode(value.encode()).decode(),
    ]


@pytest.mark.parametrize("text", encodings(SECRET))
def test_every_encoding_is_masked(text: str) -> None:
    masked = Redactor([Secret(SECRET)]).text(f"before {text} after")
    assert MASK in masked
    assert masked.startswith("before ")
    assert not any(form in masked for form in forms(SECRET) if len(form) >= WINDOW)


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=16, max_size=60),
    st.integers(0, 40),
    st.integers(WINDOW, 30),
)
def test_a_part_is_masked_too(secret: str, start: int, length: int) -> None:
    part = secret[start : start + length]
    if len(part) < WINDOW:
        return
    masked = Redactor([secret]).text(f"error near [{part}] sorry")
    assert part not in masked


def test_what_is_not_secret_stays() -> None:
    text = "AccessDenied: User arn:aws:iam::111122223333:user/planet is not authorized"
    assert Redactor([SECRET]).text(text) is text


def test_a_short_value_masks_whole_words_only() -> None:
    redactor = Redactor(["delete1"])
    assert redactor.text("delete1 and undelete1d") == f"{MASK} and undelete1d"
    assert Redactor(["abc"]).text("abc") == "abc"


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
    assert SECRET not in logging.Formatter().format(record)
    assert "ValueError" in logging.Formatter().format(record)


def test_authorization_headers_and_private_keys_are_masked_unknown() -> None:
    redactor = Redactor()
    assert "EXAMPLE" not in redactor.text("Authorization: AWS4-HMAC-SHA256 Credential=EXAMPLE")
    assert "EXAMPLE" not in redactor.text("-----BEGIN RSA PRIVATE KEY-----\nEXAMPLE")


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
