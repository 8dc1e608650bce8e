"""What the tests of the page do in a browser."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.service_runner import InProcess
from validator.demo.emulators.s3 import UserKey

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-site-isolation-trials", "--process-per-site",
]  # fmt: skip
"""The last two: pages share a process. Each page that is loaded would start one or two otherwise."""


def address(service: InProcess) -> str:
    return f"http://127.0.0.1:{service.client.port}/"


def parameters(key: UserKey, **changes: str) -> dict[str, str]:
    usual = {
        "bucket": "imagery-in",
        "aws_region": "eu-central-1",
        "aws_access_key_id": key.access_key_id,
        "aws_secret_access_key": key.secret_access_key,
    }
    return {**usual, **changes}


def fill(page: Page, values: dict[str, str], type_: str = "amazon_s3") -> None:
    page.select_option("#type", type_)
    for name, value in values.items():
        page.fill(f"#p-{name}", value)


def paste(page: Page, text: str) -> None:
    page.check("input[value=paste]")
    page.fill("#text", text)


def linted(page: Page) -> None:
    """Wait until what is seen as one types is of the text as it stands: nothing moves any more."""
    page.wait_for_selector("#lint:not([aria-busy])", state="attached")


def checked(page: Page) -> str:
    """Press the button; the verdict that comes. By a key: what is seen as one types may move the button from under a pointer."""
    page.press("#go", "Enter")
    page.wait_for_selector("#go:not([disabled])")
    page.wait_for_selector("#verdict:not(:text-is('Checking ...'))")
    return page.inner_text("#verdict")


def downloaded(page: Page) -> Any:
    with page.expect_download() as info:
        page.click("#download")
    assert info.value.suggested_filename == "destination.json"
    return json.loads(Path(info.value.path()).read_text())
