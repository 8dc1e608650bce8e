"""Whatever is put into the page's boxes is shown as text: it runs nothing, reorders nothing, tells no secret, and ends."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.support.browser import CHROMIUM, checked, linted, paste

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.no_cover,  # a browser's work; the service's lines are those of its own tests
    pytest.mark.together,
    pytest.mark.skipif(CHROMIUM is None, reason="the page's tests drive chromium, which is not installed"),
]

MARKUP = "<script>document.title='taken'</script><img src=x onerror=document.title='taken'><a href=javascript:alert(1)>x</a>"
HIDDEN = "\x1b[31m\x00\x07\u202edesrever\u2066\u200b\u2028\ufeff\U000e0041"
SECRET = "kP9xEXAMPLEtWq0vvR7bYs1mN3cUd5eFg6hJk8"
HOSTILE = f"{MARKUP}{HIDDEN}secret_access_key={SECRET}"
INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")


def is_text(page: Page, place: str) -> str:
    """What is shown there, which is text alone."""
    said = page.inner_text(place)
    assert page.title() != "taken"
    assert page.locator("main script, main img, main a[href^='javascript:']").count() == 0
    assert SECRET not in page.inner_text("main")
    assert not INVISIBLE.search(said), ascii(said)[:2000]
    assert len(said) < 100_000
    return said


@pytest.mark.parametrize("button", ["#go", "#look"])
def test_a_source_of_hostile_text(page: Page, button: str) -> None:
    parameters = {
        "bucket": HOSTILE, "aws_region": HOSTILE, "aws_access_key_id": HOSTILE, "aws_secret_access_key": SECRET, HOSTILE: HOSTILE,
    }  # fmt: skip
    for document in (
        {"name": HOSTILE, "type": "amazon_s3", "parameters": parameters},
        {"name": "x", "type": HOSTILE, "parameters": {}},
    ):
        paste(page, json.dumps(document))
        linted(page)
        page.wait_for_selector("#lint .finding")
        is_text(page, "#lint")
        page.click(button)
        page.wait_for_selector("#reports .finding")
        is_text(page, "#result")


def test_a_name_alone_is_shown_in_words(page: Page) -> None:
    paste(
        page,
        json.dumps({"name": MARKUP + HIDDEN.replace("\0", ""), "type": "amazon_s3", "parameters": {"bucket": "imagery-in"}}),
    )
    assert checked(page)
    said = is_text(page, "#reports")
    assert "<script>" in said
    assert "\\x1b[31m\\x07\\u202edesrever\\u2066\\u200b\\u2028\\ufeff\\U000e0041" in said


@pytest.mark.parametrize(
    "text",
    [
        HOSTILE,
        f"<Error><Code>InDebt</Code><Message>{HOSTILE}</Message></Error>",
        f"An error occurred (AccessDenied) when calling the PutObject operation: {HOSTILE}",
    ],
)
def test_an_error_of_hostile_text(page: Page, text: str) -> None:
    page.fill("#error", text)
    page.click("#diagnose button[type=submit]")
    page.wait_for_selector("#meaning > *")
    is_text(page, "#meaning")


def test_a_grant_for_hostile_text(page: Page) -> None:
    page.select_option("#grant-type", "amazon_s3")
    for each in page.locator("#place input").all():
        each.fill(HOSTILE)
    for box in ("#principal", "#grant-prefix", "#grant-key"):
        page.fill(box, HOSTILE)
    page.click("#grant button[type=submit]")
    page.wait_for_selector("#grant-made > *")
    is_text(page, "#grant-made")


def test_a_megabyte_in_each_box_is_an_answer_and_no_more(page: Page) -> None:
    for text in ("{" * 1_000_000, json.dumps({"name": "x" * 200_000, "type": "amazon_s3"})):
        paste(page, text)
        linted(page)
        page.wait_for_selector("#lint .finding")
        is_text(page, "#lint")
    page.fill("#error", "An error occurred (AccessDenied) " * 30_000)
    page.click("#diagnose button[type=submit]")
    page.wait_for_selector("#meaning > *")
    is_text(page, "#meaning")


def test_a_file_of_hostile_name_and_content(page: Page) -> None:
    page.select_option("#type", "google_cloud_storage")
    for content in (HOSTILE.encode(), b"\xff\xfe\x00" * 1000, b"[" * 60_000, b"x" * 70_000):
        page.set_input_files(
            "#p-credentials-file",
            {
                "name": f"<img src=x onerror=1>{HIDDEN}.json".replace("\x00", ""),
                "mimeType": "application/json",
                "buffer": content,
            },
        )
        page.wait_for_selector("#p-credentials-file-said:not(:empty)")
        is_text(page, "#source")
        page.evaluate("document.getElementById('p-credentials-file-said').textContent = ''")
