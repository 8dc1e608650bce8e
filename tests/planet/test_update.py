"""``update``: new credentials for what is there, and what cannot be changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.wire import refused_port
from tests.support.world import World, changes, save
from validator.demo.emulators.s3 import UserKey


def credentials(key: UserKey, **more: Any) -> dict[str, Any]:
    return {"parameters": {"aws_access_key_id": key.access_key_id, "aws_secret_access_key": key.secret_access_key, **more}}


@pytest.mark.parametrize("by", ["id", "reference", "default"])
def test_new_credentials_are_checked_and_sent_with_their_flag(world: World, there: Any, by: str) -> None:
    world.planet.destinations.default = there.id
    given = {"id": there.id, "reference": f"pl:destinations/{there.id}", "default": "default"}[by]
    ran = world.update(given, credentials(world.good))
    assert ran.code == 0, ran.out + ran.err
    assert [json.loads(each.sent) for each in world.planet.sent("PATCH")] == [
        {"parameters": {**credentials(world.good)["parameters"], "explicit_sse": True}}
    ]
    assert there.parameters["explicit_sse"] is True
    assert there.parameters["aws_access_key_id"] == world.good.access_key_id
    assert f"Updated at Planet: pl:destinations/{there.id} has the new credentials.\n" in ran.out
    assert ("is a reference" in ran.err) is (by == "reference")


def test_a_flag_of_the_source_is_sent(world: World, there: Any) -> None:
    for given, sent in ((None, True), (False, False), (True, True)):
        assert world.update(there.id, credentials(world.good, explicit_sse=given), "-q").code == 0
        assert there.parameters["explicit_sse"] is sent


def test_a_broken_key_is_not_sent_and_the_old_one_stays(world: World, there: Any) -> None:
    before = dict(there.parameters)
    ran = world.update(there.id, credentials(world.no_delete))
    assert ran.code == 1
    assert "The destination keeps its old credentials.\n" in ran.out
    assert changes(world.planet) == []
    assert there.parameters == before
    assert world.s3.writes() == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bucket": "another-bucket"}, "bucket cannot be changed: Planet's {id} has imagery-in"),
        ({"aws_region": "us-west-2"}, "aws_region cannot be changed: Planet's {id} has eu-central-1"),
    ],
)
def test_what_cannot_be_changed_is_refused_by_name(world: World, there: Any, change: dict[str, str], said: str) -> None:
    ran = world.update(there.id, credentials(world.good, **change))
    assert ran.code == 2
    assert said.format(id=there.id) in ran.err
    assert world.s3.requests == []
    assert changes(world.planet) == []


def test_the_type_cannot_be_changed(world: World, there: Any) -> None:
    ran = world.update(there.id, {**credentials(world.good), "type": "s3_compatible"})
    assert ran.code == 2
    assert "the type cannot be changed" in ran.err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nobody-knows-it", "your organisation has no destination nobody-knows-it"),
        ("in-use-5aIp1Kiqd76pOK4lWDy1Y", "your organisation has no destination in-use-5aIp1Kiqd76pOK4lWDy1Y"),
        ("default", "the organisation has no default destination"),
        ("../default", "is neither the id of a destination nor its reference"),
        ("pl:orders/x", "is neither the id of a destination nor its reference"),
    ],
)
def test_destinations_that_are_not_there(world: World, given: str, said: str) -> None:
    ran = world.update(given, credentials(world.good))
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert world.s3.requests == []


def test_an_archived_destination(world: World) -> None:
    archived = world.planet.add(world.request(world.good), archived=True)
    ran = world.update(archived.id, credentials(world.good))
    assert ran.code == 2
    assert f"planet destinations unarchive {archived.id}" in ran.err


def test_another_members_destination(world: World) -> None:
    foreign = world.planet.add(world.request(world.good), colleague=True)
    ran = world.update(foreign.id, credentials(world.good))
    assert ran.code == 2
    assert "is another member's, and this login may not change it" in ran.err
    assert world.s3.requests == []


def test_a_name_alone_renames_nothing(world: World, there: Any) -> None:
    ran = world.update(there.id, {**credentials(world.good), "name": "a new name"})
    assert ran.code == 0
    assert "the name stays (--rename changes it, and its reference)" in ran.err
    assert there.name == "in use"


def test_a_rename_warns_that_the_reference_changes(world: World, there: Any) -> None:
    was = f"pl:destinations/{there.id}"
    ran = world.update(there.id, {**credentials(world.good), "name": "a new name"}, "--rename")
    assert ran.code == 0
    assert f"warning: a rename changes the reference {was}" in ran.err
    assert there.name == "a new name"
    assert f"{was} is gone. Orders and subscriptions must name pl:destinations/{there.id}." in ran.out


def test_a_rename_to_a_taken_name_sends_nothing(world: World, there: Any) -> None:
    world.planet.add(world.request(world.good, "a new name"))
    ran = world.update(there.id, {**credentials(world.good), "name": "a new name"}, "--rename")
    assert ran.code == 1
    assert "name-taken" in ran.out
    assert changes(world.planet) == []


def test_a_rename_needs_a_name(world: World, there: Any) -> None:
    ran = world.update(there.id, credentials(world.good), "--rename")
    assert (ran.code, changes(world.planet)) == (2, [])
    assert "--rename: dest.json gives no name" in ran.err


def test_a_lost_answer_to_an_update_is_not_known_and_not_sent_again(world: World, there: Any) -> None:
    world.planet.fault("PATCH", "lose-answer")
    ran = world.update(there.id, credentials(world.good), "-f", "json")
    assert (ran.code, changes(world.planet)) == (3, ["PATCH"])
    report = json.loads(ran.out)
    assert report["destinations"][0]["planet"]["state"] == "unknown"
    assert "keep both valid" in report["destinations"][0]["findings"][0]["detail"]


def test_planets_refusal_of_an_update(world: World, there: Any) -> None:
    world.planet.verify = lambda type_, parameters: "no way in"
    ran = world.update(there.id, credentials(world.good))
    said = " ".join(ran.out.split())
    assert ran.code == 1
    assert '"failed to verify destination: no way in"' in said
    assert "50 destinations already" not in said
    assert there.parameters["aws_access_key_id"] != world.good.access_key_id


def test_an_unreachable_planet_makes_no_error_of_a_source_without_a_bucket(world: World) -> None:
    ran = world.run("update", "some-id", save(credentials(world.good)), "--planet-url", f"http://127.0.0.1:{refused_port()}")
    assert ran.code == 3
    assert "planet-unreachable" in ran.out
    assert "unknown-type" not in ran.out


def test_planets_own_export_with_its_mask_is_told(world: World, there: Any) -> None:
    ran = world.update(there.id, world.planet.destinations.shown(there, 101))
    assert ran.code == 1
    assert "redacted-secret" in ran.out
    assert changes(world.planet) == []
