"""``validator.planet.create`` and ``update``: the commands' guards, with whatever client the user has, wherever Python runs."""

from __future__ import annotations

import asyncio
import logging
import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

import validator
from tests.support.secret_forms import repeats
from tests.support.whole import whole
from tests.support.wire import refused_port, wait_until
from validator import Settings
from validator.core.deadline import CancelToken
from validator.core.errors import BadSource, ValidatorError
from validator.core.model import Verdict
from validator.demo.emulators.planet import PlanetEmulator
from validator.demo.emulators.s3 import S3Emulator, UserKey
from validator.planet import CheckFailed, PlanetDestination, api
from validator.planet.api import NotLoggedIn


@dataclass
class World:
    """A bucket, keys to it, a Planet that reaches it, and a client of the planet SDK."""

    s3: S3Emulator
    planet: PlanetEmulator
    good: UserKey
    no_delete: UserKey

    @property
    def settings(self) -> Settings:
        return Settings(endpoints={"amazon_s3": self.s3.url}, timeout=60)

    def client(self, kind: str = "planet") -> Any:
        from planet import Auth, DestinationsClient, Planet, Session

        session = Session(auth=Auth.from_key(self.planet.key))
        if kind == "session":
            return session
        if kind == "asynchronous":
            return DestinationsClient(session, f"{self.planet.url}/destinations/v1/")
        client = Planet(session, self.planet.url)
        return client if kind == "planet" else client.destinations

    def request(self, key: UserKey | None = None, **changes: Any) -> dict[str, Any]:
        return {"name": "my imagery", "type": "amazon_s3", "parameters": self.parameters(key), **changes}

    def parameters(self, key: UserKey | None = None) -> dict[str, Any]:
        key = key or self.good
        return {
            "bucket": "imagery-in", "aws_region": "eu-central-1",
            "aws_access_key_id": key.access_key_id, "aws_secret_access_key": key.secret_access_key,
        }  # fmt: skip

    def changes(self) -> list[str]:
        return [each.method for each in self.planet.requests if each.method != "GET"]


@pytest.fixture(scope="module")
def cloud() -> Iterator[tuple[S3Emulator, UserKey, UserKey]]:
    with S3Emulator() as s3:
        s3.bucket("imagery-in")
        yield s3, s3.user("good"), s3.user("no-delete", actions=("s3:PutObject", "s3:GetObject"))


@pytest.fixture
def world(cloud: tuple[S3Emulator, UserKey, UserKey], monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(api, "PACE", 0.0)
    monkeypatch.setattr(api, "PAUSE", 0.01)
    s3, good, no_delete = cloud
    s3.requests.clear()
    with PlanetEmulator({"amazon_s3": s3.url}, per_second=1000) as planet:
        yield World(s3, planet, good, no_delete)
    s3.before_answer = lambda exchange: None


@pytest.mark.parametrize("kind", ["planet", "synchronous", "asynchronous"])
def test_a_pass_ends_in_one_destination_whatever_the_client(world: World, kind: str) -> None:
    made = validator.planet.create(world.client(kind), world.request(), world.settings)
    stored = world.planet.stored[0]
    assert world.changes() == ["POST"]
    assert isinstance(made, dict)
    assert (made["id"], made["pl:ref"], made.ref) == (stored.id, f"pl:destinations/{stored.id}", f"pl:destinations/{stored.id}")
    assert made["parameters"]["bucket"] == "imagery-in"
    assert made.report.verdict is Verdict.PASS
    assert made.report.destinations[0].handoff["state"] == "created"
    assert made.ref in made._repr_html_()
    assert world.s3.objects("imagery-in") == {}
    # What the SDK's own client may send through stays as it was.
    assert pickle.loads(pickle.dumps(made)).report == made.report  # noqa: S301 - our own


def test_none_is_the_users_own_login_and_a_session_goes_to_planet_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from validator.planet import clients

    monkeypatch.setenv("PL_API_KEY", world.planet.key)
    with pytest.raises(ValidatorError, match="endpoints are refused with Planet's own API"):
        validator.planet.create(world.client("session"), world.request(), world.settings)
    with pytest.raises(ValidatorError, match="endpoints are refused"):
        validator.planet.create(None, world.request(), world.settings)
    assert world.s3.requests == []
    for client in (world.client("session"), None):
        seen = clients.planet_of(client, seconds=1, stop=CancelToken(), remember=lambda secret: None)
        assert seen.root == api.ROOT
    monkeypatch.setattr(clients, "ROOT", world.planet.url)
    for client in (world.client("session"), None):
        made = validator.planet.create(client, world.request(name=f"for {type(client).__name__}"), world.settings)
        assert made["name"] == f"for {type(client).__name__}"


def test_an_address_of_the_users_own_is_used_as_it_is(world: World) -> None:
    from planet import Auth, DestinationsClient, Session

    from validator.planet.clients import planet_of

    session = Session(auth=Auth.from_key("PLAK-EXAMPLE"))
    seen = planet_of(
        DestinationsClient(session, "https://gateway.example.org/places"),
        seconds=1,
        stop=CancelToken(),
        remember=lambda secret: None,
    )
    assert (seen.root, seen._base) == ("https://gateway.example.org/places", "https://gateway.example.org/places")
    with pytest.raises(ValidatorError, match=r"^the client's base URL must begin with https://"):
        planet_of(
            DestinationsClient(session, "http://gateway.example.org/destinations/v1"),
            seconds=1,
            stop=CancelToken(),
            remember=lambda secret: None,
        )


@pytest.mark.parametrize("wrong", ["PLAK-EXAMPLE", 7, object()])
def test_what_is_no_client_is_refused_and_never_shown(world: World, wrong: Any) -> None:
    with pytest.raises(
        ValidatorError, match=f"^this is of the type {type(wrong).__name__}: the first argument is a planet.Planet"
    ):
        validator.planet.create(wrong, world.request(), world.settings)
    assert world.s3.requests == []


def test_without_delete_nothing_is_sent_and_the_error_shows_the_report(world: World) -> None:
    with pytest.raises(CheckFailed) as failed:
        validator.planet.create(world.client(), world.request(world.no_delete), world.settings)
    assert world.changes() == []
    assert world.s3.writes() == []
    error = failed.value
    assert error.report.verdict is Verdict.FAIL
    assert str(error).startswith("Nothing was created at Planet: delete-denied.")
    assert "these credentials cannot delete" in error.report._repr_html_()
    assert "Nothing was created at Planet" in error.report._repr_html_()
    # IPython shows this in place of a traceback, which may quote a cell's variables.
    shown = "\n".join(error._render_traceback_())
    assert "delete-denied" in shown
    assert not repeats(shown, world.no_delete.secret_access_key)
    again: CheckFailed = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (str(again), again.report) == (str(error), error.report)
    assert validator.CheckFailed is CheckFailed


def test_warnings_pass_unless_strict(world: World) -> None:
    world.s3.bucket("imagery-old")
    world.s3.put("imagery-old", "planetverify.txt", b"an older one")
    request = world.request(parameters={**world.parameters(), "bucket": "imagery-old"})
    with pytest.raises(CheckFailed, match="lingering-file") as failed:
        validator.planet.create(world.client(), request, world.settings, strict=True)
    assert failed.value.report.verdict is Verdict.WARN
    assert world.changes() == []
    world.planet.verify = lambda type_, parameters: None
    assert validator.planet.create(world.client(), request, world.settings).report.verdict is Verdict.WARN
    assert world.s3.objects("imagery-old") == {"planetverify.txt": b"an older one"}


def test_a_taken_name_is_found_before_anything_is_sent(world: World) -> None:
    world.planet.add(world.request())
    with pytest.raises(CheckFailed) as failed:
        validator.planet.create(world.client(), world.request(), world.settings)
    assert "name-taken" in str(failed.value)
    assert world.changes() == []


def test_a_full_organisation_is_found_and_may_be_ignored(world: World) -> None:
    for number in range(50):
        world.planet.add(world.request(name=f"d{number:03d}"))
    with pytest.raises(CheckFailed, match="quota-reached"):
        validator.planet.create(world.client(), world.request(), world.settings)
    settings = Settings(endpoints=world.settings.endpoints, ignore=frozenset({"quota-reached"}))
    with pytest.raises(CheckFailed, match="planet-rejected"):  # the local Planet keeps to fifty
        validator.planet.create(world.client(), world.request(), settings)
    assert world.changes() == ["POST"]


def test_planets_no_is_told_whole_and_redacted(world: World) -> None:
    secret = world.good.secret_access_key
    world.planet.verify = lambda type_, parameters: f"key {secret} was refused"
    with pytest.raises(CheckFailed) as failed:
        validator.planet.create(world.client(), world.request(), world.settings)
    assert "planet-rejected" in str(failed.value)
    shown = whole(failed.value.report) + str(failed.value) + "".join(failed.value._render_traceback_())
    assert "was refused" in shown
    for hidden in (secret, world.planet.key):
        assert not repeats(shown, hidden)


def test_what_planet_answers_is_redacted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("validator.demo.emulators.planet.MASK", world.good.secret_access_key)
    made = validator.planet.create(world.client(), world.request(), world.settings)
    assert not repeats(repr(made) + whole(made.report), world.good.secret_access_key)


@pytest.mark.parametrize(("fault", "state"), [("lose-answer", "created"), ("lose-request", "unknown"), ("502", "unknown")])
def test_a_create_is_sent_once_whatever_becomes_of_its_answer(world: World, fault: str, state: str) -> None:
    world.planet.fault("POST", fault)
    if state == "created":
        assert validator.planet.create(world.client(), world.request(), world.settings)["name"] == "my imagery"
    else:
        with pytest.raises(CheckFailed, match="It is not known whether") as failed:
            validator.planet.create(world.client(), world.request(), world.settings)
        assert failed.value.report.destinations[0].handoff["state"] == state
    assert world.changes() == ["POST"]


def test_where_planet_is_not_reached_no_bucket_is_asked(world: World) -> None:
    from planet import Auth, Planet, Session

    client = Planet(Session(auth=Auth.from_key("PLAK-EXAMPLE")), f"http://127.0.0.1:{refused_port()}")
    for hand_over in (
        lambda: validator.planet.create(client, world.request(), world.settings),
        lambda: validator.planet.update(client, "my-imagery-1", world.request(), world.settings),
    ):
        with pytest.raises(CheckFailed, match="planet-unreachable") as failed:
            hand_over()
        assert failed.value.report.verdict is Verdict.INCONCLUSIVE
    assert world.s3.requests == []


def test_a_wrong_login_says_so(world: World) -> None:
    from planet import Auth, Planet, Session

    client = Planet(Session(auth=Auth.from_key("PLAK-EXAMPLE-WRONG")), world.planet.url)
    with pytest.raises(NotLoggedIn, match="does not accept this login"):
        validator.planet.create(client, world.request(), world.settings)


def test_a_wrong_address_says_so(world: World) -> None:
    from planet import Auth, Planet, Session

    client = Planet(Session(auth=Auth.from_key(world.planet.key)), f"{world.planet.url}/elsewhere")
    with pytest.raises(ValidatorError, match=r"there is no Destinations API at .*: the client's base URL is the root alone"):
        validator.planet.create(client, world.request(), world.settings)


def test_one_at_a_time(world: World) -> None:
    with pytest.raises(ValidatorError, match="create takes one destination, and this holds 2"):
        validator.planet.create(world.client(), [world.request(), world.request()], world.settings)
    with pytest.raises(BadSource, match="empty"):
        validator.planet.create(world.client(), [], world.settings)


# ---- update ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def made(world: World) -> PlanetDestination:
    return validator.planet.create(world.client(), world.request(), world.settings)


@pytest.mark.parametrize(
    ("given", "form"), [("id", "request"), ("reference", "patch"), ("answer", "bare"), ("answer", "model")]
)
def test_new_credentials_are_checked_and_handed_over(world: World, made: PlanetDestination, given: str, form: str) -> None:
    key = world.s3.user(f"next-{given}-{form}")
    credentials = {"aws_access_key_id": key.access_key_id, "aws_secret_access_key": key.secret_access_key}
    request: Any = {"request": world.request(key), "patch": {"parameters": credentials}, "bare": credentials}.get(form)
    if form == "model":
        from planet.types.destinations import AmazonS3PatchParams

        request = AmazonS3PatchParams(**credentials)
    known: Any = {"id": made["id"], "reference": made["pl:ref"], "answer": made}[given]
    updated = validator.planet.update(world.client(), known, request, world.settings)
    assert updated["id"] == made["id"]
    assert updated.report.destinations[0].handoff["state"] == "updated"
    assert world.planet.stored[0].parameters["aws_access_key_id"] == key.access_key_id
    assert world.changes() == ["POST", "PATCH"]


def test_credentials_that_do_not_do_change_nothing(world: World, made: PlanetDestination) -> None:
    with pytest.raises(CheckFailed, match=r"^Nothing was changed at Planet: delete-denied"):
        validator.planet.update(world.client(), made, world.request(world.no_delete), world.settings)
    with pytest.raises(ValidatorError, match="bucket cannot be changed"):
        validator.planet.update(
            world.client(), made, {"parameters": {**world.parameters(), "bucket": "another"}}, world.settings
        )
    with pytest.raises(ValidatorError, match="has no destination"):
        validator.planet.update(world.client(), "nothing-of-this-id", world.request(), world.settings)
    assert world.changes() == ["POST"]


def test_the_name_stays_unless_it_is_to_change(world: World, made: PlanetDestination, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="validator"):
        kept = validator.planet.update(world.client(), made, world.request(name="another name"), world.settings)
    assert kept["name"] == "my imagery"
    assert "rename=True" in caplog.text
    renamed = validator.planet.update(world.client(), made, world.request(name="another name"), world.settings, rename=True)
    assert renamed["name"] == "another name"
    assert renamed.ref != made.ref
    with pytest.raises(ValidatorError, match="gives no name"):
        validator.planet.update(world.client(), renamed, {"parameters": world.parameters()}, world.settings, rename=True)


# ---- everywhere that Python runs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["planet", "asynchronous"])
def test_in_a_running_event_loop_both_ways_work(world: World, kind: str) -> None:
    async def cell() -> tuple[PlanetDestination, PlanetDestination]:
        client = world.client(kind)
        ticks: list[int] = []

        async def tick() -> None:
            while True:
                ticks.append(1)
                await asyncio.sleep(0.001)

        # No answer before the loop has gone on: it is free meanwhile.
        world.s3.before_answer = lambda exchange: wait_until(lambda: len(ticks) > 3)
        ticking = asyncio.create_task(tick())
        first = await validator.planet.acreate(client, world.request(), world.settings)
        ticking.cancel()
        assert len(ticks) > 3
        second = await validator.planet.aupdate(client, first, world.request(), world.settings)
        third = validator.planet.update(client, first, world.request(), world.settings)  # plain, in the loop's own thread
        assert third["id"] == first["id"]
        return first, second

    first, second = asyncio.run(cell())
    assert first["id"] == second["id"]


def test_a_cancelled_call_is_waited_for_and_says_what_was_made(world: World, caplog: pytest.LogCaptureFixture) -> None:
    sent, go = threading.Event(), threading.Event()

    def verify(type_: str, parameters: Any) -> None:
        sent.set()
        assert go.wait(60)

    world.planet.verify = verify  # type: ignore[assignment]  # says nothing: None is a pass

    async def cell() -> None:
        task = asyncio.create_task(validator.planet.acreate(world.client(), world.request(), world.settings))
        assert await asyncio.to_thread(sent.wait, 60)
        task.cancel()
        await asyncio.sleep(0)
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    with caplog.at_level(logging.WARNING, logger="validator"):
        asyncio.run(cell())
    assert [each.name for each in world.planet.stored] == ["my imagery"]
    assert f"created at Planet all the same: pl:destinations/{world.planet.stored[0].id}" in caplog.text


@pytest.mark.parametrize("before", ["the look", "the bucket"])
def test_a_stop_before_the_request_sends_nothing(world: World, before: str) -> None:
    stop = CancelToken()
    if before == "the look":
        stop.request()
    else:
        world.s3.before_answer = lambda exchange: stop.request() if not stop.level else None
    with pytest.raises(CheckFailed, match=r"^Nothing was created at Planet: interrupted") as failed:
        validator.planet.create(world.client(), world.request(), world.settings, stop=stop)
    assert failed.value.report.interrupted
    assert world.changes() == []
    assert world.s3.objects("imagery-in") == {}


def test_in_threads(world: World) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(
            pool.map(
                lambda number: validator.planet.create(world.client(), world.request(name=f"d{number:03d}"), world.settings),
                range(4),
            )
        )
    assert len({each["id"] for each in made}) == 4
