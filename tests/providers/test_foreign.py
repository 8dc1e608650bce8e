"""Who answered instead of the storage API is told from what the answer shows, and whose side it is on."""

from __future__ import annotations

import pytest

from validator.core.strangers import is_page, stranger


@pytest.mark.parametrize(
    ("status", "headers", "body", "by", "side"),
    [
        (
            403,
            {"server": "squid/5.7", "x-squid-error": "ERR_ACCESS_DENIED 0"},
            b"<html><title>ERROR</title></html>",
            "Squid",
            "ours",
        ),
        (403, {"server": "Zscaler/6.2"}, b"<!DOCTYPE html><title>Zscaler</title>", "Zscaler", "ours"),
        (407, {"proxy-authenticate": "Basic"}, b"", "proxy that wants a login", "ours"),
        (200, {}, b"<html><body>Welcome to the guest network</body></html>", "sign-in page", "ours"),
        (
            403,
            {"server": "CloudFront"},
            b"<HTML><TITLE>ERROR: The request could not be satisfied</TITLE></HTML>",
            "CloudFront",
            "",
        ),
        (405, {"server": "nginx/1.14.0"}, b"<html><head><title>405 Not Allowed</title></head></html>", "nginx", ""),
        (400, {}, b"Client sent an HTTP request to an HTTPS server.\n", "wants https", ""),
        (404, {}, b"404 page not found\n", "does not know this path", ""),
        (404, {"content-type": "application/json"}, b'{"detail":"Not Found"}', "speaks JSON", ""),
        (400, {}, b"<ErrorResponse><Error/></ErrorResponse>", "other XML", ""),
        (412, {}, b"", "says nothing", ""),
        (301, {"location": "https://store.example/", "server": "envoy"}, b"", "Envoy", ""),
    ],
)
def test_who_answered(status: int, headers: dict[str, str], body: bytes, by: str, side: str) -> None:
    seen = stranger(status, headers, body)
    assert by in seen["answered_by"]
    assert seen.get("side", "") == side


def test_a_page_is_told_from_a_document() -> None:
    assert is_page({}, b"\xef\xbb\xbf\n<!DOCTYPE html><html>")
    assert is_page({"content-type": "text/html"}, b"Not here")
    assert not is_page({"content-type": "text/html"}, b"<?xml version='1.0'?><Error/>")
    assert not is_page({"content-type": "text/html"}, b"")


def test_the_title_is_shown() -> None:
    assert stranger(405, {}, b"<html><head>\n<title>405 Not\nAllowed</title>")["page"] == "405 Not Allowed"
    assert stranger(404, {}, b"404 page not found")["page"] == "404 page not found"


@pytest.mark.parametrize("part", [b"<title>", b"<h1", b"<html", b"{", b" ", b"\xff"])
def test_any_body_will_do(part: bytes) -> None:
    assert stranger(None, {}, part * 300_000)["answered_by"]
