"""How Planet is talked to (bounded, slowly, hushed, never redirected), and the local Planet that the other tests rest on."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.planet_api import api
from tests.support.wire import DRIP, GIBBERISH, RESET, TIMEOUT, Answer, Request, Wire
from validator.core.deadline import CancelToken, Interrupted
from validator.core.errors import ValidatorError
from validator.demo.emulators.planet import MASK, PlanetEmulator
from validator.demo.emulators.planet import emulator as _planet_emulator
from validator.demo.emulators.s3 import S3Emulator
from validator.planet import answers
from validator.planet import api as _planet_api
from validator.planet.api import NotLoggedIn, Planet, PlanetRefused, Undecided


@pytest.fixture
def local() -> Iterator[PlanetEmulator]:
    with PlanetEmulator(per_second=1000) as planet:
        planet.verify = lambda type_, parameters: None
        yield planet


REQUEST = {
    "name": "my imagery",
    "type": "s3_compatible",
    "parameters": {
        "bucket": "imagery-in",
        "endpoint": "https://objects.example.org",
        "region": "eu",
        "access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "secret_access_key": "secret-EXAMPLE-0123456789",
        "use_path_style": True,
    },
}


# ---- talking ---------------------------------------------------------------------------------------------------------


def test_the_pace_is_slower_than_planets_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the documented three requests a second, the local Planet answers the fourth too early one with 429."""
    now = [0.0]  # for both of them; only a rest takes time

    def rest(self: Planet, seconds: float, **_: Any) -> bool:
        now[0] += max(0.0, seconds)
        return True

    monkeypatch.setattr(Planet, "rest", rest)
    for module in (_planet_api, _planet_emulator):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    with PlanetEmulator() as planet:
        asking = api(planet.url, planet.key, pace=_planet_api.PACE)
        for _ in range(5):
            asking.destinations(tries=1)
        assert [each.status for each in planet.requests] == [200] * 5
        now[0] += 1.0
        hasty = api(planet.url, planet.key)
        for _ in range(3):
            hasty.destinations(tries=1)
        with pytest.raises(Undecided) as lost:
            hasty.destinations(tries=1)
        assert (lost.value.sent, lost.value.busy) == (False, True)


@pytest.mark.parametrize("answer", [TIMEOUT, DRIP], ids=["timeout", "drip"])
@pytest.mark.parametrize("change", [False, True])
def test_every_wait_ends_in_time(answer: Answer, change: bool) -> None:
    import_module("planet")  # beforehand, so that the time is the wait's alone
    with Wire(lambda request: answer) as wire:
        asking = api(wire.url, seconds=2.5)
        began = time.monotonic()
        with pytest.raises(Undecided) as lost:
            asking.create(REQUEST) if change else asking.destinations(tries=1)
        assert time.monotonic() - began < 60, "the server would be silent for two minutes"
        assert lost.value.sent
        assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [RESET, Answer(408), Answer(500), Answer(502), Answer(503), Answer(504), Answer(200, {}, b"not json"), Answer(200, {}, b"[]"), Answer(201, {}, b"")],
    ids=["reset", "408", "500", "502", "503", "504", "no-json", "list", "empty"],
)  # fmt: skip
def test_a_change_whose_answer_is_lost_is_sent_once(answer: Answer) -> None:
    with Wire(lambda request: answer) as wire:
        for change in (lambda asking: asking.create(REQUEST), lambda asking: asking.patch("id", {"name": "x"})):
            wire.requests.clear()
            with pytest.raises(Undecided) as lost:
                change(api(wire.url))
            assert lost.value.sent
            assert len(wire.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_carries_the_secrets_away(status: int) -> None:
    with (
        Wire(lambda request: Answer(201, {}, b"{}")) as elsewhere,
        Wire(lambda request: Answer(status, {"location": f"{elsewhere.url}/destinations/v1"})) as wire,
    ):
        with pytest.raises(Undecided):
            api(wire.url).create(REQUEST)
        assert elsewhere.requests == []


def test_questions_are_asked_three_times_at_most() -> None:
    with Wire(lambda request: Answer(502)) as wire:
        with pytest.raises(Undecided):
            api(wire.url).destinations()
        assert len(wire.requests) == 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, PlanetRefused),
        (401, NotLoggedIn),
        (403, PlanetRefused),
        (409, PlanetRefused),
        (418, PlanetRefused),
        (422, PlanetRefused),
    ],
)
def test_refusals_keep_their_status_and_words(status: int, kind: type[Exception]) -> None:
    body = json.dumps({"code": status, "message": "in Planet's words", "field": {"name": ["too short"]}}).encode()
    with Wire(lambda request: Answer(status, {}, body)) as wire, pytest.raises(kind) as raised:
        api(wire.url).create(REQUEST)
    if isinstance(raised.value, PlanetRefused):
        assert raised.value.status == status
        assert raised.value.message == 'in Planet\'s words {"field": {"name": ["too short"]}}'


def test_a_refusal_that_is_no_json_decides_nothing_of_a_change() -> None:
    with Wire(lambda request: GIBBERISH) as wire:
        with pytest.raises(PlanetRefused) as refused:
            api(wire.url).destinations()
        with pytest.raises(Undecided, match="guest network") as lost:
            api(wire.url).create(REQUEST)
    assert "guest network" in refused.value.message
    assert lost.value.sent
    assert answers.words("x" * 20_000).endswith("... (20,000 characters)")
    assert answers.words("[" * 100_000).endswith("... (100,000 characters)")


def test_what_is_cut_of_an_answer_ends_before_a_word_and_so_shows_no_part_of_a_secret() -> None:
    said = "x " * 135 + '{"aws_secret_access_key":"EXAMPLEEXAMPLEEXAMPLEEXAMPLE"}'
    with Wire(lambda request: Answer(404, {}, said.encode())) as wire, pytest.raises(Undecided) as lost:
        api(wire.url).create(REQUEST)
    assert "EXAM" not in lost.value.why
    assert "aws_secret_access_key" in lost.value.why


def test_the_sdk_is_silent_and_its_loggers_are_given_back(local: PlanetEmulator, caplog: pytest.LogCaptureFixture) -> None:
    sdk = logging.getLogger("planet")
    sdk.setLevel(logging.DEBUG)
    try:
        with caplog.at_level(logging.DEBUG):
            api(local.url, local.key).create(REQUEST)
        assert local.sent("POST")
        assert not [each for each in caplog.records if each.name.split(".")[0] in ("planet", "httpx", "httpcore")]
        assert REQUEST["parameters"]["secret_access_key"] not in caplog.text  # type: ignore[index]  # a plain dictionary
        assert sdk.level == logging.DEBUG
    finally:
        sdk.setLevel(logging.NOTSET)


def test_a_stop_ends_questions_and_lets_a_change_that_is_under_way_finish(local: PlanetEmulator) -> None:
    stop = CancelToken()
    asking = api(local.url, local.key, stop=stop)
    asking.log_in()
    local.verify = lambda type_, parameters: stop.request()
    assert asking.create(REQUEST)["name"] == "my imagery"
    with pytest.raises(Interrupted):
        asking.destinations()
    assert len(asking.destinations(cleaning=True)) == 1
    with pytest.raises(Undecided) as lost:
        asking.create({**REQUEST, "name": "another"})
    assert not lost.value.sent
    assert len(local.sent("POST")) == 1


@pytest.mark.parametrize(
    "root", ["https://api.planet.com/destinations/v1", "https://", "file:///x", "http://10.0.0.1", "https://h:x"]
)
def test_roots_that_are_refused(root: str) -> None:
    with pytest.raises(ValidatorError):
        Planet(root)


def test_the_address_is_the_root_and_the_documented_path() -> None:
    def answer(request: Request) -> Answer:
        return Answer(200, {}, b'{"destinations": []}')

    with Wire(answer) as wire:
        assert list(api(wire.url + "/").destinations(archived=True)) == []
        assert [each.path for each in wire.requests] == ["/destinations/v1?archived=true"]
        assert wire.requests[0].headers["authorization"] == "api-key PLAK-EXAMPLE"


# ---- the local Planet ------------------------------------------------------------------------------------------------


def test_planets_own_check_would_leave_its_file_where_ours_writes_nothing() -> None:
    from validator import Settings, check

    with S3Emulator() as s3, PlanetEmulator({"amazon_s3": s3.url}, per_second=1000) as planet:
        s3.bucket("imagery-left")
        key = s3.user("no-delete", actions=("s3:PutObject", "s3:GetObject"))
        parameters = {
            "bucket": "imagery-left", "aws_region": "eu-central-1", "aws_access_key_id": key.access_key_id,
            "aws_secret_access_key": key.secret_access_key,
        }  # fmt: skip
        request = {"name": "my imagery", "type": "amazon_s3", "parameters": parameters}
        assert check(request, Settings(endpoints={"amazon_s3": s3.url})).verdict == "fail"
        assert s3.objects("imagery-left") == {}
        with pytest.raises(PlanetRefused, match="400"):
            api(planet.url, planet.key, seconds=20.0).create(request)
        assert list(s3.objects("imagery-left")) == ["planetverify.txt"]
        assert planet.stored == []


@pytest.mark.no_cover  # long, and through the same lines as shorter tests
@pytest.mark.parametrize("cloud", ["s3", "azurite", "gcs", "oracle"])
def test_what_passes_here_passes_there_and_what_fails_here_is_refused_there(cloud: str) -> None:
    """Every scenario of the demo, by the local Planet's own clients."""
    with import_module(f"validator.demo.emulators.{cloud}").demo_scenarios() as scenarios:
        for each in scenarios:
            if each.finding == "credentials-wrapped":
                continue  # whether Planet reads past line breaks is not known
            with PlanetEmulator(each.endpoints, ca_bundle=each.ca_bundle, per_second=1000) as planet:
                asking = api(planet.url, planet.key, seconds=20.0)
                try:
                    asking.create({**each.request, "name": "my imagery"})
                    accepted = True
                except PlanetRefused:
                    accepted = False
                assert accepted == (each.verdict in ("pass", "warn")), each.title


def test_answers_hold_no_secret_and_everything_documented(local: PlanetEmulator) -> None:
    made = api(local.url, local.key).create(REQUEST)
    assert set(made) == {
        "_links", "archived", "created", "default", "id", "name", "ownership", "parameters", "permissions", "pl:ref", "type", "updated",
    }  # fmt: skip
    assert made["parameters"]["secret_access_key"] == MASK
    assert made["parameters"]["bucket"] == "imagery-in"
    assert made["pl:ref"] == f"pl:destinations/{made['id']}"
    assert made["id"].startswith("my-imagery-")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": "no"}, 400),
        ({"name": "my imagery", "extra": 1}, 400),
        ({"type": "google_earth_engine"}, 400),
        ({"parameters": {**REQUEST["parameters"], "acl": "private"}}, 400),  # type: ignore[dict-item]  # a plain dictionary
        ({"parameters": {**REQUEST["parameters"], "use_path_style": "true"}}, 400),  # type: ignore[dict-item]  # as above
        ({"parameters": {"bucket": "imagery-in"}}, 400),
        ({}, 409),
    ],
)
def test_requests_that_the_local_planet_refuses(local: PlanetEmulator, change: dict[str, Any], status: int) -> None:
    local.add(REQUEST)
    with pytest.raises(PlanetRefused) as refused:
        api(local.url, local.key).create({**REQUEST, **({"name": "new name"} if change else {}), **change})
    assert refused.value.status == status
    assert len(local.stored) == 1


def test_a_patch_without_the_flag_resets_it(local: PlanetEmulator) -> None:
    made = local.add(REQUEST)
    asking = api(local.url, local.key)
    asking.patch(made.id, {"parameters": {"access_key_id": "AKIAEXAMPLE", "secret_access_key": "EXAMPLE"}})
    assert made.parameters["use_path_style"] is False
    for request in ({}, {"bucket": "x"}, {"parameters": {"bucket": "x", "access_key_id": "a", "secret_access_key": "b"}}):
        with pytest.raises(PlanetRefused):
            asking.patch(made.id, request)


def test_another_members_destination_is_seen_and_not_changed(local: PlanetEmulator) -> None:
    made = local.add(REQUEST, colleague=True)
    asking = api(local.url, local.key)
    assert asking.destination(made.id)["permissions"] == {"can_write": False}
    for change in (lambda: asking.patch(made.id, {"name": "new name"}), lambda: asking.make_default(made.id)):
        with pytest.raises(PlanetRefused) as refused:
            change()
        assert refused.value.status == 403


def test_the_default_is_set_and_found(local: PlanetEmulator) -> None:
    made = local.add(REQUEST)
    asking = api(local.url, local.key)
    with pytest.raises(PlanetRefused):
        asking.destination("default")
    assert asking.make_default(f"pl:destinations/{made.id}")["default"] is True
    assert asking.destination("default")["id"] == made.id
