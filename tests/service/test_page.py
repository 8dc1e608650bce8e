"""The page in a real browser: the form, lint as one types, a check step by step, the corrected source, keyboard, narrow and dark."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT
from tests.fixing.test_repair import CASES, destination
from tests.support.service_runner import InProcess
from tests.support.wire import TIMEOUT, Wire
from validator.checking.assemble import Settings
from validator.demo.emulators.s3 import Exchange, S3Emulator, UserKey, sse_required
from validator.fixing.repair import apply, repairs
from validator.providers import BUILT_IN, find
from validator.providers.base import declared

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
REPAIRS = [
    case
    for case in CASES
    if case[0] in ("SAS: JSON", "SAS: URL", "SAS: twice", "key: the file itself", "key: twice", "swapped")
]
"""One of each kind of repair; the others are the same steps."""
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="the page's tests drive chromium, which is not installed")


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Emulator]:
    with S3Emulator() as emulator:
        emulator.bucket("imagery-in")
        emulator.bucket("imagery-encrypted", policy=sse_required("imagery-encrypted"))
        emulator.bucket("imagery-versioned", versioned=True)
        yield emulator


@pytest.fixture(scope="module")
def good(s3: S3Emulator) -> UserKey:
    return s3.user("planet")


@pytest.fixture(scope="module")
def service(s3: S3Emulator) -> Iterator[InProcess]:
    with InProcess(Settings(timeout=20, endpoints={"amazon_s3": s3.url})) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def blank(browser: Browser) -> Iterator[Page]:
    """A page that has gone nowhere yet; in the end, nothing was wrong with what it loaded."""
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(15_000)
    page = context.new_page()
    wrong: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    assert wrong == []
    assert [url for url in asked if not url.startswith(("http://127.0.0.1:", "data:", "blob:", "about:"))] == []


@pytest.fixture
def page(blank: Page, service: InProcess) -> Page:
    blank.goto(f"{address(service)}#token={service.token}")
    blank.wait_for_selector("#source", state="visible")
    return blank


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


def checked(page: Page) -> str:
    """Press the button; the verdict that comes."""
    page.click("#go")
    page.wait_for_selector("#go:not([disabled])")
    page.wait_for_selector("#verdict:not(:text-is('Checking ...'))")
    return page.inner_text("#verdict")


def downloaded(page: Page) -> Any:
    with page.expect_download() as info:
        page.click("#download")
    assert info.value.suggested_filename == "destination.json"
    return json.loads(Path(info.value.path()).read_text())


# ---- the token -------------------------------------------------------------------------------------------------------


def test_the_token_of_the_address_is_taken_and_removed(page: Page, service: InProcess) -> None:
    assert page.url == address(service)
    assert page.evaluate("() => [localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert service.token not in page.content()


def test_without_a_token_it_is_asked_for(blank: Page, service: InProcess) -> None:
    blank.goto(address(service))
    blank.wait_for_selector("#login", state="visible")
    assert blank.evaluate("() => document.activeElement.id") == "token"
    assert blank.is_hidden("#source")
    blank.keyboard.type("EXAMPLE-wrong-token")
    blank.keyboard.press("Enter")
    blank.wait_for_selector("#login-said:text('not the token')")
    blank.fill("#token", service.token)
    blank.keyboard.press("Enter")
    blank.wait_for_selector("#source", state="visible")
    assert blank.is_hidden("#login")
    assert blank.input_value("#token") == ""


# ---- the form --------------------------------------------------------------------------------------------------------


def test_the_form_is_made_from_the_declarations(page: Page) -> None:
    assert page.eval_on_selector_all("#type option", "all => all.map(each => each.value)") == sorted(BUILT_IN)
    for type_ in BUILT_IN:
        page.select_option("#type", type_)
        provider = find(type_)
        assert provider
        for each in declared(provider.Parameters):
            field = page.locator(f"#p-{each.name}")
            wanted = {"secret": "password", "boolean": "checkbox", "string": "text"}[each.metadata["kind"]]
            assert field.get_attribute("type") == wanted
            assert each.metadata["label"] in page.inner_text(f"label[for=p-{each.name}]")
            assert each.name in page.inner_text(f"label[for=p-{each.name}]"), "as Planet's API calls it"
            if each.metadata.get("suggest"):
                assert page.locator(f"#{field.get_attribute('list')} option").count() > 1
            assert each.metadata["help"] in page.inner_text(f"#p-{each.name}-help")
            assert f"p-{each.name}-help" in (field.get_attribute("aria-describedby") or "")
            assert field.get_attribute("autocomplete") == "off" or wanted == "checkbox"


def test_a_secret_is_shown_only_when_asked_for(page: Page, good: UserKey) -> None:
    fill(page, parameters(good))
    show = page.get_by_role("button", name="Show Secret access key")
    show.click()
    assert page.get_attribute("#p-aws_secret_access_key", "type") == "text"
    assert show.get_attribute("aria-pressed") == "true"
    show.click()
    assert page.get_attribute("#p-aws_secret_access_key", "type") == "password"


def test_lint_speaks_while_one_types(page: Page, good: UserKey, s3: S3Emulator) -> None:
    before = len(s3.requests)
    fill(page, parameters(good, bucket="s3://imagery-in"))
    page.wait_for_selector("#p-bucket-wrong:text('URL')")
    assert page.get_attribute("#p-bucket", "aria-invalid") == "true"
    page.fill("#p-bucket", "imagery-in")
    page.wait_for_selector("#p-bucket:not([aria-invalid])")
    assert page.inner_text("#p-bucket-wrong") == ""
    assert len(s3.requests) == before


def test_empty_fields_are_not_scolded(page: Page) -> None:
    with page.expect_response("**/v1/lint?view=page"):
        page.fill("#p-bucket", "imagery-in")
    page.wait_for_timeout(50)  # what would be wrong would be drawn at once
    assert page.locator(".wrong:not(:empty), #lint .finding").count() == 0


# ---- the check -------------------------------------------------------------------------------------------------------


def test_a_good_destination_passes(page: Page, good: UserKey, s3: S3Emulator) -> None:
    fill(page, parameters(good))
    assert checked(page) == "Planet could deliver here"
    assert page.locator(".steps li").count() == 4
    assert page.evaluate("() => document.activeElement.id") == "result"  # so that it is read out
    assert page.is_hidden("#corrected")
    assert "was not tested" in page.inner_text(".limits")
    assert s3.url in page.inner_text("#reports")  # an emulator is not the real service
    assert good.secret_access_key not in page.inner_text("body")
    assert s3.objects("imagery-in") == {}


def test_steps_appear_as_they_happen(page: Page, good: UserKey, s3: S3Emulator) -> None:
    let_go = threading.Event()

    def hold(exchange: Exchange) -> None:
        if exchange.method == "PUT":
            let_go.wait(15)

    s3.before_answer = hold
    try:
        fill(page, parameters(good))
        page.click("#go")
        page.wait_for_selector(".steps li:has-text('asked only')")
        assert page.inner_text("#verdict") == "Checking ..."
        assert page.is_disabled("#go")
        assert page.locator(".steps li").count() == 1
        assert "granted" in page.inner_text("#busy")  # a live region says it
    finally:
        let_go.set()
    page.wait_for_selector("#verdict:text('could deliver')")
    s3.before_answer = lambda exchange: None


def test_a_key_that_cannot_delete_is_explained(page: Page, s3: S3Emulator) -> None:
    fill(page, parameters(s3.user("no-delete", actions=("s3:PutObject", "s3:GetObject"))))
    assert checked(page) == "Planet could not deliver here"
    assert page.locator(".steps .denied").count() == 1
    card = page.locator("#reports .finding").first
    assert "delete-denied" in card.inner_text()
    assert "aws iam put-user-policy" in card.inner_text()
    card.get_by_role("button", name="Copy").first.click()
    page.wait_for_selector("button:text-matches('Copied|Selected')")


def test_the_corrected_source_is_downloaded_and_passes(page: Page, good: UserKey, service: InProcess) -> None:
    fill(page, parameters(good, bucket="imagery-encrypted", aws_region="us-west-2"))
    assert checked(page) == "Planet could not deliver here"
    corrected = downloaded(page)
    assert corrected["parameters"]["aws_region"] == "eu-central-1"
    page.click("#use")
    assert json.loads(page.input_value("#text")) == corrected
    assert checked(page) == "Planet could not deliver here"  # right region now, and the policy wants a header
    corrected = downloaded(page)
    assert corrected == {
        "type": "amazon_s3",
        "parameters": {**parameters(good, bucket="imagery-encrypted"), "explicit_sse": True},
    }
    assert service.client.check(corrected)["verdict"] == "pass"


def test_patches_reach_every_shape_of_source(page: Page, good: UserKey) -> None:
    broken = parameters(good, aws_region="us-west-2")
    request = {"name": "one", "type": "amazon_s3", "parameters": broken}
    for source, way in (
        ({"destinations": [request, {**request, "name": "two"}]}, ["destinations", 1, "parameters"]),
        ({"name": "an order", "products": [], "delivery": {"amazon_s3": broken}}, ["delivery", "amazon_s3"]),
        (
            {"name": "a subscription", "source": {}, "delivery": {"type": "amazon_s3", "parameters": broken}},
            ["delivery", "parameters"],
        ),
        (
            [
                {
                    "name": "moved",
                    "type": "amazon_s3",
                    "parameters": {("region" if k == "aws_region" else k): v for k, v in broken.items()},
                }
            ],
            None,
        ),
    ):
        paste(page, json.dumps(source))
        checked(page)
        if way is None:
            continue  # what it is renamed to is the catalog's matter; that nothing breaks is ours
        found = downloaded(page)
        for step in way:
            found = found[step]
        assert found["aws_region"] == "eu-central-1"


def test_a_mended_secret_is_never_sent_back(page: Page) -> None:
    token = "sv=2023-11-03u0026sr=cu0026sp=rwdlu0026se=2099-01-31T00%3A00%3A00Zu0026spr=httpsu0026sig=RVhBTVBMRUVYQU1QTEVFWEFNUExFRVhBTVBMRUVYQU0%3D"
    fill(page, {"account": "imageryaccount", "container": "imagery", "sas_token": token}, "azure_blob_storage")
    checked(page)
    assert "sas-escaped" in page.inner_text("#reports")
    assert "RVhBTVBM" not in page.inner_text("#reports")
    assert "RVhBTVBM" not in page.inner_text("#hand-on")
    assert downloaded(page)["parameters"]["sas_token"] == token.replace("u0026", "&"), "repaired here, from the user's own text"


def test_what_could_not_be_decided_says_so(page: Page) -> None:
    with Wire(lambda _: TIMEOUT) as hanging:
        port = hanging.port
    values = {
        "bucket": "imagery-in",
        "endpoint": f"http://127.0.0.1:{port}",
        "region": "eu-central-1",
        "access_key_id": "EXAMPLEKEY123456",
        "secret_access_key": "EXAMPLE-secret-secret",
    }
    fill(page, values, "s3_compatible")
    page.check("#p-use_path_style")
    assert checked(page) == "Could not tell"
    assert "connection-refused" in page.inner_text("#reports")


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "amazon_s3",',
        "type: [",
        "just words",
        '[parameters]\nbucket = "x',
        "{}",
        '{"parameters": {"<script>alert(1)</script>": "<img src=x onerror=alert(1)>"}}',
    ],
)
def test_what_cannot_be_read_is_said_and_never_run(page: Page, text: str) -> None:
    paste(page, text)
    assert checked(page) in ("Not checked", "Planet could not deliver here")
    assert page.locator("#reports .finding").count() >= 1
    assert page.locator("main script, main img").count() == 0


def test_yaml_and_toml_are_told_from_json(page: Page, good: UserKey) -> None:
    lines = parameters(good, aws_region="us-west-2")
    for text in (
        "# mine\nname: my imagery\ntype: amazon_s3\nparameters:\n" + "".join(f"  {k}: {v}\n" for k, v in lines.items()),
        '# mine\nname = "my imagery"\ntype = "amazon_s3"\n[parameters]\n' + "".join(f'{k} = "{v}"\n' for k, v in lines.items()),
        '[[destinations]]\nname = "my imagery"\ntype = "amazon_s3"\n[destinations.parameters]\n'
        + "".join(f'{k} = "{v}"\n' for k, v in lines.items()),
    ):
        paste(page, text)
        assert checked(page) == "Planet could not deliver here"
        assert "wrong-region" in page.inner_text("#reports")
        assert page.is_hidden("#download")
        assert "--fix" in page.inner_text("#corrected-said")


def test_a_service_that_ends_is_said(blank: Page) -> None:
    with InProcess() as short:
        blank.goto(f"{address(short)}#token={short.token}")
        blank.wait_for_selector("#source", state="visible")
    paste(blank, "type: amazon_s3")
    assert checked(blank) == "Not checked"
    assert "does not answer" in blank.inner_text("#reports")


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
    page.click("#look")
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
    page.wait_for_selector(".repair button")
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
    assert page.is_hidden("#explained")
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
    page.click("#look")
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


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_screen(
    browser: Browser, service: InProcess, s3: S3Emulator, good: UserKey, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(f"{address(service)}#token={service.token}")
    page.wait_for_selector("#source", state="visible")
    no_delete = s3.user(f"no-delete-{width}", actions=("s3:PutObject",))
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
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    context.close()


STATES = ("token", "form", "wrong", "paste", "failed", "explained", "passed", "looked", "granted", "finding", "nothing")
AXE = ROOT / "tests" / "schemas" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_in_any_state(
    browser: Browser, service: InProcess, s3: S3Emulator, good: UserKey, width: int, scheme: Any
) -> None:
    # Outside of the page's own policy, which would refuse the rules' script as it does any other.
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    bad = s3.user(f"axe-{width}-{scheme}", actions=("s3:PutObject", "s3:GetObject"))
    violations: dict[str, Any] = {}

    def judge(state: str) -> None:
        page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        page.evaluate(f"typeof axe === 'undefined' && (() => {{ {AXE.read_text()} }})()")
        found = page.evaluate("async () => (await axe.run({ resultTypes: ['violations'] })).violations")
        violations[state] = [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found]

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
    assert set(violations) == set(STATES)
    assert {state: found for state, found in violations.items() if found} == {}


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
    code = "import shutil; shutil.which = lambda name: None\nimport tests.service.test_page as t; print(t.pytestmark.args[0], t.pytestmark.kwargs['reason'])"
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
