"""``create`` and ``update``: from a source to a local Planet that runs its own check, and everything that must not happen."""

from __future__ import annotations

import json
import os
import signal

import jsonschema
import pytest

from tests.conftest import ROOT
from tests.support.moved_clock import Moved
from tests.support.world import World, changes
from validator.checking import waiting
from validator.demo.emulators.s3 import allow

pytestmark = pytest.mark.no_cover  # measured: other tests go through next to all of these lines

# ---- create ----------------------------------------------------------------------------------------------------------


def test_a_good_source_ends_in_one_destination(world: World) -> None:
    ran = world.create(world.request(world.good))
    made = world.planet.stored[0]
    assert ran.code == 0, ran.err
    assert changes(world.planet) == ["POST"]
    assert made.name == "my imagery"
    assert f"Created at Planet: my imagery\n  pl:destinations/{made.id}\n" in ran.out
    assert f'"delivery": {{"destination": {{"ref": "pl:destinations/{made.id}"}}}}' in ran.out
    assert f'"delivery": {{"type": "destination", "parameters": {{"ref": "pl:destinations/{made.id}"}}}}' in ran.out
    assert f"planet-validator update {made.id} SOURCE" in ran.out
    assert world.s3.objects("imagery-in") == {}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Moved:
    moved = Moved()
    monkeypatch.setattr(waiting, "Clock", lambda: moved)
    return moved


@pytest.mark.parametrize("action", ["create", "update"])
def test_a_grant_on_its_way_is_waited_for(world: World, clock: Moved, action: str) -> None:
    key = world.s3.user(f"late-{action}", actions=("s3:PutObject", "s3:GetObject"))
    clock.at[5.0] = lambda: world.s3.put_user_policy(key, allow("s3:PutObject", "s3:GetObject", "s3:DeleteObject"))
    wanted = world.request(key)
    known = world.planet.add(world.request(world.good)) if action == "update" else None
    ran = world.update(known.id, wanted, "--wait", "5m") if known else world.create(wanted, "--wait", "5m")
    assert ran.code == 0, ran.err
    assert "Waiting for my imagery, delete-denied, to pass: checked again in 5 s, for 5 min at most\n" in ran.err
    assert changes(world.planet) == ["PATCH" if known else "POST"]
    assert clock.slept == [5.0]


def test_nothing_is_waited_for_where_planet_would_refuse_it_all_the_same(world: World, clock: Moved) -> None:
    world.create(world.request(world.good))
    ran = world.create(world.request(world.no_delete), "--wait", "5m")
    assert (ran.code, clock.slept) == (1, [])
    assert "error name-taken: " in ran.out
    assert "Waiting" not in ran.err


def test_a_stop_while_waiting_hands_nothing_over(world: World, clock: Moved) -> None:
    clock.at[5.0] = lambda: os.kill(os.getpid(), signal.SIGINT)
    ran = world.create(world.request(world.no_delete), "--wait", "5m")
    assert (ran.code, changes(world.planet)) == (130, [])


@pytest.mark.parametrize("verbosity", ["-q", "-v", "-vv"])
@pytest.mark.parametrize("outcome", ["created", "rejected", "crash"])
def test_no_secret_comes_out_at_any_verbosity(world: World, verbosity: str, outcome: str) -> None:
    secret = world.good.secret_access_key
    if outcome == "rejected":
        world.planet.verify = lambda type_, parameters: f"key {secret} was refused, {secret[:20]} as well"
    elif outcome == "crash":
        world.planet.fault("POST", "502")
    ran = world.create(world.request(world.good), verbosity)
    assert len(world.planet.sent("POST")) == 1
    assert world.planet.sent("POST")[0].sent
    said = ran.out + ran.err
    for hidden in (secret, secret[:12], world.planet.key, world.planet.key[:12]):
        assert hidden not in said
    assert "planet.http" not in said
    assert "httpcore" not in said


def test_without_delete_nothing_is_sent(world: World) -> None:
    ran = world.create(world.request(world.no_delete))
    assert ran.code == 1
    assert "  error delete-denied: " in ran.out
    assert ran.out.endswith("Nothing was created at Planet: the check fails.\n")
    assert changes(world.planet) == []
    assert world.s3.writes() == []


def test_json_stays_one_document_and_holds_the_reference(world: World) -> None:
    ran = world.create(world.request(world.good), "-f", "json", "--default")
    report = json.loads(ran.out)
    jsonschema.validate(report, json.loads((ROOT / "validator" / "report.schema.json").read_text()))
    made = world.planet.stored[0]
    told = report["destinations"][0]["planet"]
    assert told == {
        "action": "create", "state": "created", "id": made.id, "ref": f"pl:destinations/{made.id}", "name": "my imagery",
        "default": "true",
    }  # fmt: skip
    assert f"pl:destinations/{made.id}" in ran.err
    assert world.planet.default == made.id


def test_a_dry_run_changes_nothing(world: World) -> None:
    ran = world.create(world.request(world.good), "--dry-run")
    assert ran.code == 0
    assert "Nothing was created at Planet (--dry-run): the check passes, the name is free" in ran.out
    assert changes(world.planet) == []


def test_quiet_is_a_line_for_the_check_and_one_for_planet(world: World) -> None:
    ran = world.create(world.request(world.good), "-q")
    assert [line.split()[0] for line in ran.out.splitlines()] == ["PASS", "1", "created"]


def test_where_the_default_is_refused_the_destination_is_told_all_the_same(world: World) -> None:
    world.planet.fault("PUT", "403")
    ran = world.create(world.request(world.good), "--default")
    made = world.planet.stored[0]
    assert ran.code == 1
    assert "planet-rejected" in ran.out
    assert f"pl:destinations/{made.id}" in ran.out
    assert f"planet destinations default set {made.id}" in ran.out
    assert len(world.planet.sent("POST", "PUT")) == 2


@pytest.mark.parametrize("strict", [False, True])
def test_a_warning_is_no_reason_unless_strict(world: World, strict: bool) -> None:
    key = world.s3.user(f"no-read-{strict}", actions=("s3:PutObject", "s3:DeleteObject"))
    ran = world.create(world.request(key), "--proceed", *(["--strict"] if strict else []))
    assert ran.out.startswith("WARN")
    assert (ran.code, changes(world.planet)) == ((1, []) if strict else (0, ["POST"]))
    assert ("--strict lets none pass" in ran.out) is strict


def test_an_order_is_a_source_and_its_prefix_comes_back(world: World) -> None:
    parameters = {**world.request(world.good)["parameters"], "path_prefix": "orders/"}
    ran = world.create({"name": "an order", "products": [], "delivery": {"amazon_s3": parameters}})
    assert ran.code == 0, ran.out
    sent = json.loads(world.planet.sent("POST")[0].sent)
    assert "path_prefix" not in sent["parameters"]
    assert '"path_prefix": "orders/"' in ran.out


# ---- what Planet would refuse anyway ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["my imagery", None])
def test_a_name_that_is_taken_is_found_before(world: World, name: str | None) -> None:
    there = world.planet.add(world.request(world.good, name, bucket="imagery-in"))
    ran = world.create(world.request(world.good, name))
    assert ran.code == 1
    assert "  error name-taken: " in ran.out
    assert there.id in ran.out
    assert changes(world.planet) == []


def test_a_name_that_an_archived_destination_has_decides_nothing(world: World) -> None:
    world.planet.add(world.request(world.good, "older name"), archived=True)
    world.planet.stored[0].name = "my imagery"
    ran = world.create(world.request(world.good), "--dry-run")
    assert ran.code == 0
    assert "name-taken" in ran.out
    assert "It is archived" in ran.out


def test_fifty_destinations_are_the_limit(world: World) -> None:
    for number in range(50):
        world.planet.add(world.request(world.good, f"destination {number}"))
    request = world.request(world.good, "one more")
    ran = world.create(request)
    assert ran.code == 1
    assert "  error quota-reached: " in ran.out
    assert changes(world.planet) == []
    # Who knows better may go on; then it is Planet that refuses.
    ran = world.create(request, "--ignore", "quota-reached")
    assert changes(world.planet) == ["POST"]
    assert ran.code == 1
    assert '"organization has reached the limit of 50 destinations"' in " ".join(ran.out.split())


def test_more_than_fifty_show_that_the_limit_is_another(world: World) -> None:
    for number in range(51):
        world.planet.add(world.request(world.good, f"destination {number}"))
    assert world.create(world.request(world.good, "one more"), "--dry-run").code == 0


@pytest.mark.parametrize("name", ["no", "n" * 64])
def test_a_name_of_a_wrong_length_is_told_once(world: World, name: str) -> None:
    ran = world.create(world.request(world.good, name))
    assert ran.code == 1
    assert ran.out.count("  error name-invalid: ") == 1
    assert changes(world.planet) == []
