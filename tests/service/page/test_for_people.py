"""The page for people: repairs shown before they are made, keyboard, screen readers, narrow and dark, an error explained."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from tests.conftest import ROOT
from tests.support.browser import CHROMIUM, address, checked, fill, linted, parameters, paste
from tests.support.cases import Cases
from tests.support.damaged import CASES, destination
from tests.support.service_runner import InProcess
from validator.checking.assemble import Settings
from validator.demo.emulators.s3 import S3Emulator, UserKey
from validator.fixing.repair import apply, repairs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

REPAIRS = [
    case
    for case in CASES
    if case[0] in ("SAS: JSON", "SAS: URL", "SAS: twice", "key: the file itself", "key: twice", "swapped")
]
"""One of each kind of repair; the others are the same steps."""
pytestmark = [
    pytest.mark.no_cover,  # a browser's work; the service's lines are those of its own tests
    pytest.mark.together,
    pytest.mark.skipif(CHROMIUM is None, reason="the page's tests drive chromium, which is not installed"),
]


# ---- what a person needs ---------------------------------------------------------------------------------------------


def test_an_empty_form_says_so_at_its_fields_and_asks_nothing(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.click("#go")
    assert page.inner_text("#form-said") == "4 fields are empty. Nothing was asked yet."
    assert page.inner_text("#p-bucket-wrong") == "Bucket is missing."
    assert page.evaluate("() => document.activeElement.id") == "p-bucket"
    assert page.locator("#fields [aria-invalid=true]").count() == 4
    page.check("input[value=paste]")
    page.press("#look", "Enter")
    assert "paste a source first" in page.inner_text("#form-said")
    linted(page)
    assert "paste a source first" in page.inner_text("#form-said")
    assert page.is_hidden("#result")
    assert asked == []


def test_a_key_file_is_encoded_in_the_browser(page: Page) -> None:
    page.select_option("#type", "google_cloud_storage")
    content = json.dumps({"type": "service_account", "project_id": "b\u00fccher"}, ensure_ascii=False).encode()
    page.set_input_files("#p-credentials-file", {"name": "key.json", "mimeType": "application/json", "buffer": content})
    page.wait_for_selector("#p-credentials-file-said:text('key.json was read')")
    assert page.input_value("#p-credentials") == base64.b64encode(content).decode()
    page.set_input_files("#p-credentials-file", {"name": "movie.json", "mimeType": "application/json", "buffer": b"x" * 70_000})
    page.wait_for_selector("#p-credentials-file-said:text('too large')")


@pytest.mark.parametrize(("type_", "parameters"), [case[1:] for case in REPAIRS], ids=[case[0] for case in REPAIRS])
def test_a_secret_is_repaired_in_its_field_and_shown_before(page: Page, type_: str, parameters: dict[str, str]) -> None:
    fill(page, parameters, type_)
    linted(page)
    written = {name: page.input_value(f"#p-{name}") for name in parameters}  # a field of one line drops the breaks
    options = Settings().options(type_)
    wanted = dict(written)
    for each in repairs(destination(type_, written), options):
        wanted[each.pointer.split("/")[-1]] = apply(each, written[each.origin.split("/")[-1]])
    shown = page.locator(".repair pre").all_text_contents()
    page.locator(".repair button").first.click()
    assert {name: page.input_value(f"#p-{name}") for name in parameters} == wanted
    assert set(shown) == {wanted[name] for name in wanted if wanted[name] != written[name]}


def test_what_is_handed_on_holds_the_grant_and_no_secret(page: Page, s3: S3Emulator) -> None:
    key = s3.user("hand-on", actions=("s3:PutObject", "s3:GetObject"))
    fill(page, parameters(key))
    checked(page)
    page.click("#hand-on summary")
    note = page.inner_text("#hand-on pre")
    texts = [note]
    for kind, start in (("HTML", "<!doctype html>"), ("Markdown", "## planet-validator"), ("JSON", "{")):
        with page.expect_download() as info:
            page.get_by_role("button", name=f"Download {kind}").click()
        texts.append(Path(info.value.path()).read_text())
        assert texts[-1].startswith(start)
    assert "s3:DeleteObject" in note
    assert "put-user-policy" in note
    assert not any(key.secret_access_key in text for text in texts)
    page.click("#reports summary:text('least-privilege')")
    with page.expect_download() as info:
        page.get_by_role("button", name="Save grant.json").first.click()
    assert info.value.suggested_filename == "grant.json"
    assert json.loads(Path(info.value.path()).read_text())["Statement"]


def test_a_findings_name_opens_its_explanation_and_a_change_is_in_words(page: Page, good: UserKey) -> None:
    fill(page, parameters(good, aws_region="us-west-2"))
    checked(page)
    assert page.inner_text("#reports .changes li") == 'aws_region becomes "eu-central-1"'
    page.click("#reports a.name")
    page.wait_for_selector("#explained[open] h1:text('wrong-region')")
    assert "Fix" in page.locator("#explained h2").all_text_contents()
    page.keyboard.press("Escape")
    page.wait_for_selector("#explained", state="hidden")
    assert page.evaluate("() => document.activeElement.className") == "name mono"


def test_a_grant_is_made_before_there_is_a_key(page: Page) -> None:
    page.select_option("#grant-type", "s3_compatible")
    page.click("#grant button[type=submit]")
    assert page.inner_text("#grant-said") == "2 fields are empty. Nothing was asked yet."
    page.select_option("#grant-type", "amazon_s3")
    page.fill("#g-bucket", "imagery-in")
    page.fill("#principal", "planet")
    page.click("#grant button[type=submit]")
    page.wait_for_selector("#grant-made pre:has-text('s3:DeleteObject')")
    assert "--user-name planet" in page.inner_text("#grant-made")


def test_a_look_finds_what_stayed_and_leaves_it(page: Page, good: UserKey, s3: S3Emulator) -> None:
    s3.bucket("imagery-left")
    s3.put("imagery-left", "planetverify.txt", b"left")
    fill(page, parameters(good, bucket="imagery-left"))
    page.press("#look", "Enter")
    page.wait_for_selector("#verdict:has-text('1 leftover found')")
    assert "lingering-file" in page.inner_text("#reports")
    assert "planetverify.txt" in s3.objects("imagery-left")


def test_an_empty_error_is_not_asked_about(page: Page) -> None:
    page.click("#diagnose button[type=submit]")
    assert "Paste the error first" in page.inner_text("#meaning")
    page.fill(
        "#error", "An error occurred (NoSuchBucket) when calling the PutObject operation: The specified bucket does not exist"
    )
    page.click("#diagnose button[type=submit]")
    page.wait_for_selector("#meaning .finding:has-text('bucket-not-found')")


# ---- for everybody ---------------------------------------------------------------------------------------------------


def test_the_keyboard_is_enough(page: Page, good: UserKey) -> None:
    page.focus("#type")
    page.keyboard.press("Home")
    for value in ("my imagery", *parameters(good).values()):
        page.keyboard.press("Tab")
        page.keyboard.type(value)
    page.keyboard.press("Enter")
    page.wait_for_selector("#verdict:text('could deliver')")


def test_everything_has_a_name_for_screen_readers(page: Page, s3: S3Emulator, good: UserKey) -> None:
    paste(page, json.dumps([{"type": "amazon_s3", "parameters": parameters(good, aws_region="us-west-2")}] * 2))
    checked(page)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("input, select, textarea, button")].filter((each) =>
             !(each.labels?.length || each.getAttribute("aria-label") || each.textContent.trim())).map((each) => each.outerHTML)"""
    )
    assert nameless == []
    ids = page.eval_on_selector_all("[id]", "all => all.map(each => each.id)")
    assert len(ids) == len(set(ids))
    for attribute in ("aria-describedby", "aria-labelledby"):
        named = page.eval_on_selector_all(
            f"[{attribute}]", f"all => all.flatMap(each => each.getAttribute('{attribute}').split(' '))"
        )
        assert set(named) <= set(ids)
    assert page.get_attribute("html", "lang") == "en"
    assert page.locator("h1").count() == 1


def test_nothing_is_wider_than_the_screen(
    browser: Browser, service: InProcess, s3: S3Emulator, good: UserKey, cases: Cases
) -> None:
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{address(service)}#token={service.token}")
    page.wait_for_selector("#source", state="visible")
    no_delete = s3.user("no-delete", actions=("s3:PutObject",))
    sources = [
        {"name": "x" * 63, "type": "amazon_s3", "parameters": parameters(no_delete)},
        {"name": "versioned", "type": "amazon_s3", "parameters": parameters(good, bucket="imagery-versioned")},
        {"name": "fine", "type": "amazon_s3", "parameters": parameters(good)},
        {
            "name": "long",
            "type": "s3_compatible",
            "parameters": {"bucket": "y" * 200, "endpoint": "https://" + "z" * 300, "unknown_" + "w" * 200: "v" * 300},
        },
    ]
    paste(page, json.dumps(sources))
    checked(page)
    page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    for width in (360, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        with cases(width):
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    context.close()


STATES = ("token", "form", "wrong", "paste", "failed", "explained", "passed", "looked", "granted", "finding", "nothing")
AXE = ROOT / "tests" / "schemas" / "node_modules" / "axe-core" / "axe.min.js"


RULES: dict[Literal["light", "dark"], dict[str, list[str]]] = {"light": {}, "dark": {"runOnly": ["cat.color"]}}
"""Of axe, for each scheme: colours are all that the page's style changes."""


def test_axe_finds_nothing_in_any_state(
    browser: Browser, service: InProcess, s3: S3Emulator, good: UserKey, cases: Cases
) -> None:
    # Outside of the page's own policy, which would refuse the rules' script as it does any other.
    context = browser.new_context(reduced_motion="reduce", bypass_csp=True)
    context.set_default_timeout(60_000)
    context.add_init_script(path=AXE)
    page = context.new_page()
    bad = s3.user("axe", actions=("s3:PutObject", "s3:GetObject"))
    judged = []

    def judge(state: str) -> None:
        judged.append(state)
        page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        for width, (scheme, rules) in product((390, 1280), RULES.items()):
            page.set_viewport_size({"width": width, "height": 844})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            options = {"resultTypes": ["violations"], **rules}
            found = page.evaluate("async (options) => (await axe.run(options)).violations", options)
            with cases(f"{state}, {width} wide, {scheme}"):
                assert [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found] == []

    page.goto(address(service))
    page.wait_for_selector("#login", state="visible")
    judge("token")
    page.goto(f"{address(service)}#token={service.token}")
    page.wait_for_selector("#source", state="visible")
    judge("form")
    fill(page, parameters(good, bucket="s3://imagery-in", aws_secret_access_key=f" {good.secret_access_key} "))
    page.wait_for_selector(".repair button")
    judge("wrong")
    fill(page, parameters(bad))
    checked(page)
    judge("failed")
    page.click("#reports a.name")
    page.wait_for_selector("#explained[open]")
    judge("explained")
    page.click("#close")
    fill(page, parameters(good))
    checked(page)
    judge("passed")
    page.click("#look")
    page.wait_for_selector("#look:not([disabled])")
    judge("looked")
    page.select_option("#grant-type", "amazon_s3")
    page.fill("#g-bucket", "imagery-in")
    page.click("#grant button[type=submit]")
    page.wait_for_selector("#grant-made pre")
    judge("granted")
    paste(page, json.dumps({"type": "amazon_s3", "parameters": {}}))
    page.wait_for_selector("#lint .finding")
    judge("paste")
    for state, path in (("finding", "findings/sas-escaped"), ("nothing", "nothing")):
        page.goto(f"{address(service)}{path}", wait_until="load")
        judge(state)
    context.close()
    assert sorted(judged) == sorted(STATES)


def test_the_page_is_static_and_asks_for_nothing_foreign() -> None:
    web = ROOT / "validator" / "service" / "web"
    page = (web / "index.html").read_text()
    assert "style=" not in page
    assert "onclick" not in page
    assert "<script>" not in page
    for each in web.iterdir():
        text = each.read_text()
        assert "http://" not in text
        assert "https://" not in text
        assert "innerHTML" not in text
    for word in ("granted", "denied", "unproven", "asked only", "could deliver", "PASS"):
        assert not any(word in each.read_text() for each in web.glob("*.js")), f"{word}: the words are the service's"


def test_it_is_skipped_only_where_chromium_is_missing() -> None:
    code = "import shutil; shutil.which = lambda name: None\nimport tests.service.page.test_for_people as t; skip = t.pytestmark[-1]; print(skip.args[0], skip.kwargs['reason'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.startswith("True the page's tests drive chromium")


# ---- an error that somebody has --------------------------------------------------------------------------------------


def meaning(page: Page, text: str, type_: str = "") -> str:
    """Ask what a text means; what the page says of it."""
    page.fill("#error", text)
    page.select_option("#error-type", type_)
    page.evaluate("document.getElementById('meaning').replaceChildren()")
    page.click("#diagnose button[type=submit]")
    page.wait_for_selector("#meaning > *")
    return page.inner_text("#meaning")


def test_an_error_is_explained(page: Page) -> None:
    said = meaning(
        page,
        "botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
    )
    assert "write-denied" in said
    assert "It answers a write." in said
    assert "Whose store it is" in said
    assert "nothing was asked" in said

    # A store's own words are shown as text, whatever they hold; a type that is chosen is the one that judges.
    hostile = "<Error><Code>InDebt</Code><Message>Owed: &lt;img src=x onerror=document.title='taken'&gt;</Message></Error>"
    said = meaning(page, hostile, "s3_compatible")
    assert "account-disabled" in said
    assert "onerror" in said
    assert "Whose store it is" not in said
    assert page.query_selector("#meaning img") is None
    assert page.title() != "taken"

    assert "No answer of a store" in meaning(page, "hello")
    secret = "EXAMPLE" + "q" * 33
    assert secret not in meaning(page, f"secret_access_key={secret}\nAn error occurred (SignatureDoesNotMatch): {secret}")
