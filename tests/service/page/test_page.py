"""The page in a real browser: the form, lint as one types, a check step by step, the corrected source."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from tests.support.browser import CHROMIUM, address, checked, downloaded, fill, linted, parameters, paste
from tests.support.cases import Cases
from tests.support.service_runner import InProcess
from tests.support.wire import refused_port
from validator.demo.emulators.s3 import Exchange, S3Emulator, UserKey
from validator.providers import BUILT_IN, find
from validator.providers.base import declared

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.no_cover,  # a browser's work; the service's lines are those of its own tests
    pytest.mark.together,
    pytest.mark.skipif(CHROMIUM is None, reason="the page's tests drive chromium, which is not installed"),
]


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
    linted(page)
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
            let_go.wait(120)

    s3.before_answer = hold
    try:
        fill(page, parameters(good))
        page.press("#go", "Enter")  # as in checked()
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
    page.evaluate("() => { window.setTimeout = () => 0; }")  # it is taken back after two seconds, seen or not
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


def test_a_repaired_secret_is_never_sent_back(page: Page) -> None:
    token = "sv=2023-11-03u0026sr=cu0026sp=rwdlu0026se=2099-01-31T00%3A00%3A00Zu0026spr=httpsu0026sig=RVhBTVBMRUVYQU1QTEVFWEFNUExFRVhBTVBMRUVYQU0%3D"
    fill(page, {"account": "imageryaccount", "container": "imagery", "sas_token": token}, "azure_blob_storage")
    checked(page)
    assert "sas-escaped" in page.inner_text("#reports")
    assert "RVhBTVBM" not in page.inner_text("#reports")
    assert "RVhBTVBM" not in page.inner_text("#hand-on")
    assert downloaded(page)["parameters"]["sas_token"] == token.replace("u0026", "&"), "repaired here, from the user's own text"


def test_what_could_not_be_decided_says_so(page: Page) -> None:
    values = {
        "bucket": "imagery-in",
        "endpoint": f"http://127.0.0.1:{refused_port()}",
        "region": "eu-central-1",
        "access_key_id": "EXAMPLEKEY123456",
        "secret_access_key": "EXAMPLE-secret-secret",
    }
    fill(page, values, "s3_compatible")
    page.check("#p-use_path_style")
    assert checked(page) == "Could not tell"
    assert "connection-refused" in page.inner_text("#reports")


def test_what_cannot_be_read_is_said_and_never_run(page: Page, cases: Cases) -> None:
    for text in (
        '{"type": "amazon_s3",',
        "type: [",
        "just words",
        '[parameters]\nbucket = "x',
        "{}",
        '{"parameters": {"<script>alert(1)</script>": "<img src=x onerror=alert(1)>"}}',
    ):
        with cases(text):
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
    with socket.socket() as kept:  # another test's server may be given the port
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", short.client.port))
        paste(blank, "type: amazon_s3")
        assert checked(blank) == "Not checked"
        assert "does not answer" in blank.inner_text("#reports")
