"""``create`` and ``update``: from a source to a local Planet that runs its own check, and everything that must not happen."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.conftest import ROOT
from tests.support.moved_clock import Moved
from tests.support.secret_forms import dressed, repeats
from tests.support.wire import refused_port
from validator.checking import waiting
from validator.cli import app as cli
from validator.cli import console
from validator.demo.emulators.planet import PlanetEmulator
from validator.demo.emulators.s3 import S3Emulator, UserKey, allow
from validator.formats import FORMATS
from validator.planet import api


@dataclass
class Ran:
    code: int
    out: str
    err: str


@dataclass
class World:
    """A bucket, keys to it, and a Planet that reaches it."""

    s3: S3Emulator
    planet: PlanetEmulator
    good: UserKey
    no_delete: UserKey
    capsys: pytest.CaptureFixture[str]

    def request(self, key: UserKey, name: str | None = "my imagery", **changes: Any) -> dict[str, Any]:
        parameters = {
            "bucket": "imagery-in",
            "aws_region": "eu-central-1",
            "aws_access_key_id": key.access_key_id,
            "aws_secret_access_key": key.secret_access_key,
            **changes,
        }
        return {**({} if name is None else {"name": name}), "type": "amazon_s3", "parameters": parameters}

    def run(self, *arguments: str) -> Ran:
        self.capsys.readouterr()
        code = cli.run([*arguments])
        told = self.capsys.readouterr()
        return Ran(code, told.out, told.err)

    def create(self, request: Any, *options: str) -> Ran:
        return self.run("create", save(request), *self.places(), *options)

    def update(self, id_: str, request: Any, *options: str) -> Ran:
        return self.run("update", id_, save(request), *self.places(), *options)

    def places(self) -> tuple[str, ...]:
        return ("--planet-url", self.planet.url, "--endpoint", f"amazon_s3={self.s3.url}")


def save(request: Any) -> str:
    Path("dest.json").write_text(json.dumps(request))
    return "dest.json"


@pytest.fixture(scope="module")
def cloud() -> Iterator[tuple[S3Emulator, UserKey, UserKey]]:
    with S3Emulator() as s3:
        s3.bucket("imagery-in")
        yield s3, s3.user("good"), s3.user("no-delete", actions=("s3:PutObject", "s3:GetObject"))


@pytest.fixture
def world(
    cloud: tuple[S3Emulator, UserKey, UserKey],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[World]:
    s3, good, no_delete = cloud
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(api, "PACE", 0.0)
    monkeypatch.setattr(api, "PAUSE", 0.01)
    s3.requests.clear()
    with PlanetEmulator({"amazon_s3": s3.url}, per_second=1000) as planet:
        monkeypatch.setenv("PL_API_KEY", planet.key)
        yield World(s3, planet, good, no_delete, capsys)
    s3.before_answer = lambda exchange: None
    console.forget()


def changes(planet: PlanetEmulator) -> list[str]:
    return [each.method for each in planet.requests if each.method != "GET"]


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
    assert world.planet.sent("POST")[0].body is not None
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
    sent = world.planet.sent("POST")[0].body
    assert sent is not None
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


# ---- update ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def there(world: World) -> Any:
    """A destination at Planet with encryption asked for, under a key of its own."""
    old = UserKey("AKIAIOSFODNN7EXAMPLE", "an-old-secret-EXAMPLE", "")
    return world.planet.add(world.request(old, "in use", explicit_sse=True))


def credentials(key: UserKey, **more: Any) -> dict[str, Any]:
    return {"parameters": {"aws_access_key_id": key.access_key_id, "aws_secret_access_key": key.secret_access_key, **more}}


@pytest.mark.parametrize("by", ["id", "reference", "default"])
def test_new_credentials_are_checked_and_sent_with_their_flag(world: World, there: Any, by: str) -> None:
    world.planet.destinations.default = there.id
    given = {"id": there.id, "reference": f"pl:destinations/{there.id}", "default": "default"}[by]
    ran = world.update(given, credentials(world.good))
    assert ran.code == 0, ran.out + ran.err
    assert [each.body for each in world.planet.sent("PATCH")] == [
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


# ---- what is sent is what was checked --------------------------------------------------------------------------------


def test_wrapped_credentials_are_sent_in_one_line_and_the_source_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from validator.demo.emulators.gcs.server import StandIn

    with StandIn() as cloud, PlanetEmulator({"google_cloud_storage": cloud.url}, per_second=1000) as planet:
        monkeypatch.setenv("PL_API_KEY", planet.key)
        account = cloud.account("planet").allow("storage.objects.create", "storage.objects.get", "storage.objects.delete")
        request = cloud.destination(account, cloud.bucket("imagery-in"))
        plain = request["parameters"]["credentials"]
        request["parameters"]["credentials"] = plain[:76] + "\n" + plain[76:]
        source = save(request)
        before = Path(source).read_text()
        ran = world.run("create", source, "--planet-url", planet.url, "--endpoint", f"google_cloud_storage={cloud.url}")
        assert ran.code == 0, ran.out + ran.err
        assert "credentials-wrapped: Planet gets the repaired credential" in ran.err
        assert planet.stored[0].parameters["credentials"] == plain
        assert Path(source).read_text() == before
        assert plain[:40] not in ran.out + ran.err


def test_a_leading_question_mark_is_not_sent() -> None:
    from validator.planet.handoff import mended
    from validator.providers.base import Options
    from validator.sources.loader import load

    token = "sv=2023-11-03&sr=c&sp=rwdl&se=2099-01-01T00:00:00Z&sig=RVhBTVBMRS1leGFtcGxlLUVYQU1QTEUtMDEyMzQ1Njc4OTA%3D"
    parameters = {"account": "imageryaccount", "container": "imagery", "sas_token": f"?{token}"}
    destination = load({"name": "n n", "type": "azure_blob_storage", "parameters": parameters}).destinations[0]
    better, names = mended(destination, Options())
    assert names == ("sas-leading-question-mark",)
    assert better.parameters["sas_token"].reveal() == token
    assert mended(better, Options()) == (better, ())


@pytest.mark.no_cover  # the same lines in each dress
@pytest.mark.parametrize("dress", tuple(dressed("EXAMPLE")))
def test_planet_repeats_the_login_and_the_secret(world: World, there: Any, dress: str) -> None:
    secrets = (world.planet.key, world.good.secret_access_key)
    said = " and ".join(f"[{dressed(each)[dress]}]" for each in secrets)
    world.planet.verify = lambda type_, parameters: said
    turn = 2 * tuple(dressed("EXAMPLE")).index(dress) % len(FORMATS)
    for format_ in (*FORMATS, *FORMATS)[turn : turn + 2]:
        request = world.request(world.good, name=f"{format_} of a new place")
        made = world.create(request, "-vv", "-f", format_)
        changed = world.update(there.id, world.request(world.good, name=None), "-vv", "-f", format_)
        assert (made.code, changed.code) == (1, 1)
        for each in secrets:
            assert not repeats(made.out + made.err + changed.out + changed.err, each), dress
