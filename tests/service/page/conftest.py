"""A browser for all tests of the page, and the service that it speaks to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from typing import TYPE_CHECKING

import pytest

from tests.support.browser import ARGUMENTS, CHROMIUM, address
from tests.support.cores import every_one
from tests.support.service_runner import InProcess
from validator.demo.emulators.s3 import S3Emulator, sse_required

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LOADS = count(1)


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Emulator]:
    with S3Emulator() as emulator:
        emulator.bucket("imagery-in")
        emulator.bucket("imagery-encrypted", policy=sse_required("imagery-encrypted"))
        emulator.bucket("imagery-versioned", versioned=True)
        yield emulator


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with ExitStack() as stack:
        with every_one():
            playwright = stack.enter_context(sync_playwright())
            opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, timeout=120_000)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def tab(browser: Browser, service: InProcess) -> Iterator[tuple[Page, list[str], list[str]]]:
    """One page for all tests of a module, as each new one costs another process; with what was wrong in it, and what it loaded.

    It is left before the service ends, which it may still be asking something.
    """
    del service
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(60_000)
    page = context.new_page()
    wrong: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
    page.on("request", lambda request: asked.append(request.url))
    yield page, wrong, asked
    page.goto("about:blank")
    context.close()
    assert wrong == [], "the last test's page said so as it was left"


@pytest.fixture
def blank(tab: tuple[Page, list[str], list[str]]) -> Iterator[Page]:
    """A page to be loaded anew, which keeps nothing; in the end, nothing was wrong with what it loaded."""
    page, wrong, asked = tab
    wrong.clear()
    asked.clear()
    yield page
    assert wrong == []
    assert [url for url in asked if not url.startswith(("http://127.0.0.1:", "data:", "blob:", "about:"))] == []


@pytest.fixture
def page(blank: Page, service: InProcess) -> Page:
    # The number makes it another address than that of the test before, where only the fragment would change: a load less than by way
    # of an empty page. The page takes it away with the token.
    blank.goto(f"{address(service)}?{next(LOADS)}#token={service.token}")
    blank.wait_for_selector("#source", state="visible")
    return blank
