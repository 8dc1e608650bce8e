"""Planet refuses, answers late or not at all, or cannot be asked: nothing is sent twice, and no bucket is touched in vain."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.support.wire import refused_port
from tests.support.world import World, changes, save

pytestmark = pytest.mark.no_cover  # measured: other tests go through next to all of these lines

# ---- Planet's own refusal --------------------------------------------------------------------------------------------


def test_a_refusal_is_shown_whole_with_its_reasons_in_order(world: World) -> None:
    world.planet.verify = lambda type_, parameters: "connection to the bucket timed out after 10 s"
    ran = world.create(world.request(world.good))
    said = " ".join(ran.out.split())
    assert ran.code == 1
    assert 'Planet answered 400: "failed to verify destination: connection to the bucket timed out after 10 s"' in said
    assert said.index("network path") < said.index("contract") < said.index("50 destinations already")
    assert ran.out.endswith("Nothing was created at Planet: Planet refused it.\n")
    assert changes(world.planet) == ["POST"]


def test_a_missing_permission_puts_the_entitlement_first(world: World) -> None:
    world.planet.fault("POST", "403")
    said = " ".join(world.create(world.request(world.good)).out.split())
    assert said.index("contract") < said.index("network path")


def test_a_name_taken_in_the_meantime_is_name_taken(world: World) -> None:
    world.planet.verify = lambda type_, parameters: None
    # After the look at the names, before the POST: while the bucket is being checked.
    world.s3.before_answer = lambda exchange: (
        None if world.planet.stored else world.planet.add(world.request(world.good)) and None
    )
    ran = world.create(world.request(world.good))
    assert (ran.code, changes(world.planet)) == (1, ["POST"])
    assert "  error name-taken: " in ran.out
    assert world.planet.stored[0].id in ran.out


# ---- answers that never came -----------------------------------------------------------------------------------------


def test_a_lost_answer_is_looked_up_and_never_sent_again(world: World) -> None:
    world.planet.fault("POST", "lose-answer")
    ran = world.create(world.request(world.good))
    assert ran.code == 0
    assert len(world.planet.stored) == 1
    assert changes(world.planet) == ["POST"]
    assert f"pl:destinations/{world.planet.stored[0].id}" in ran.out
    assert "found by its name" in ran.out


@pytest.mark.parametrize("fault", ["lose-request", "500", "503"])
def test_where_nothing_is_found_it_is_not_known_and_not_sent_again(world: World, fault: str) -> None:
    world.planet.fault("POST", fault)
    ran = world.create(world.request(world.good))
    assert ran.code == 3
    assert "planet-unreachable" in ran.out
    assert "Look first: planet destinations list" in ran.out
    assert changes(world.planet) == ["POST"]
    assert len([each for each in world.planet.sent("GET") if "archived" not in each.path]) == 4


def test_an_older_destination_of_the_name_is_not_taken_for_the_new_one(world: World) -> None:
    world.planet.fault("POST", "lose-request")
    world.s3.before_answer = lambda exchange: (
        None if world.planet.stored else world.planet.add(world.request(world.good, bucket="another-one")) and None
    )
    assert world.create(world.request(world.good)).code == 3


def test_a_busy_planet_is_asked_again_after_a_look(world: World) -> None:
    world.planet.fault("POST", "429")
    ran = world.create(world.request(world.good))
    assert ran.code == 0
    methods = [each.method for each in world.planet.requests]
    assert methods[-3:] == ["POST", "GET", "POST"]
    assert len(world.planet.stored) == 1


def test_questions_are_asked_again(world: World) -> None:
    world.planet.fault("GET", "502")
    world.planet.fault("GET", "lose-answer")
    assert world.create(world.request(world.good), "--dry-run").code == 0


def test_an_unreachable_planet_costs_no_bucket_a_request(world: World) -> None:
    source = save(world.request(world.good))
    ran = world.run(
        "create", source, "--planet-url", f"http://127.0.0.1:{refused_port()}", "--endpoint", f"amazon_s3={world.s3.url}"
    )
    assert ran.code == 3
    assert "planet-unreachable" in ran.out
    assert world.s3.requests == []


@pytest.mark.parametrize("command", ["create", "update"])
def test_a_signal_during_the_check_sends_nothing(world: World, command: str) -> None:
    there = world.planet.add(world.request(world.good, "there"))
    world.s3.before_answer = lambda exchange: os.kill(os.getpid(), signal.SIGINT) if exchange.method == "PUT" else None
    request = world.request(world.good)
    ran = world.create(request) if command == "create" else world.update(there.id, request)
    assert ran.code == 130
    assert changes(world.planet) == []
    assert world.s3.objects("imagery-in") == {}
    assert "at Planet: interrupted" in ran.out


# ---- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["create", "update"])
def test_without_a_login_no_bucket_is_touched(world: World, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PL_API_KEY")
    request = world.request(world.good)
    ran = world.create(request) if command == "create" else world.update("some-id", request)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == ("planet-validator: no Planet login was found: set PL_API_KEY, or log in once with: planet auth login\n")
    assert world.s3.requests == []
    assert world.planet.requests == []


@pytest.mark.parametrize("command", ["create", "update"])
def test_a_login_that_planet_does_not_accept(world: World, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PL_API_KEY", "PLAK-EXAMPLE-nobodys")
    request = world.request(world.good)
    ran = world.create(request) if command == "create" else world.update("some-id", request)
    assert ran.code == 2
    assert "does not accept this login (401)" in ran.err
    assert len(ran.err.splitlines()) == 1
    assert world.s3.requests == []


def test_another_endpoint_proves_nothing_to_the_real_planet(world: World) -> None:
    ran = world.run("create", save(world.request(world.good)), "--endpoint", f"amazon_s3={world.s3.url}")
    assert ran.code == 2
    assert "--endpoint is refused here unless --planet-url is given too" in ran.err
    assert world.s3.requests == []


@pytest.mark.parametrize(
    "url", ["http://planet.example", "ftp://127.0.0.1", "https://user@planet.example", "api.planet.example", "http://127.0.0.1.example"]
)  # fmt: skip
def test_roots_that_no_secret_is_sent_to(world: World, url: str) -> None:
    ran = world.run("create", save(world.request(world.good)), "--planet-url", url)
    assert ran.code == 2
    assert ran.err.startswith("planet-validator: --planet-url must ")


def test_a_root_without_the_api(world: World) -> None:
    ran = world.run("create", save(world.request(world.good)), "--planet-url", f"{world.planet.url}/elsewhere")
    assert ran.code == 2
    assert "there is no Destinations API at" in ran.err


def test_a_project_file_cannot_name_the_root(world: World) -> None:
    Path("planet-validator.toml").write_text(f'planet-url = "{world.planet.url}"\n')
    ran = world.run("create", save(world.request(world.good)))
    assert ran.code == 2
    assert "planet-url is not read from a file" in ran.err


def test_a_source_with_several_destinations(world: World) -> None:
    ran = world.create([world.request(world.good), world.request(world.good, "another")])
    assert ran.code == 2
    assert "create takes one destination" in ran.err
    assert world.planet.requests == []
