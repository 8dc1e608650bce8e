"""Which destinations are checked together, and which one after another."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from tests.support.memory import MemoryBucket, by_bucket, destination, named
from validator.checking import batch
from validator.checking.assemble import Settings, check
from validator.checking.batch import in_turns
from validator.core.deadline import CancelToken

KEY = "planetverify.txt"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"endpoint": "https://s3.example.com"}, {"endpoint": "https://s3.example.com/"}),
        ({"endpoint": "https://s3.example.com"}, {"endpoint": "s3.example.com"}),
        ({"endpoint": "https://s3.example.com"}, {"endpoint": "HTTPS://S3.Example.com:443"}),
        ({"endpoint": "http://s3.example.com:80/"}, {"endpoint": "http://s3.example.com"}),
        ({"bucket": "imagery-in"}, {"bucket": "s3://imagery-in/"}),
        ({"bucket": "imagery-in"}, {"bucket": " imagery-in"}),
        ({"account": "Example", "container": "c", "bucket": None}, {"account": "example", "container": "c", "bucket": None}),
    ],
)
def test_destinations_of_one_bucket_take_turns_however_it_is_spelled(first: Any, second: Any) -> None:
    def of(changes: dict[str, Any]) -> Any:
        return replace(destination(), parameters={"bucket": "imagery-in", **changes})

    inside, most, lock = [0], [0], threading.Lock()

    def one(index: int) -> None:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        threading.Event().wait(0.05)
        with lock:
            inside[0] -= 1

    in_turns([of(first), of(second)], 8, CancelToken(), one)
    assert most == [1]


def test_no_more_at_one_host_at_a_time_than_it_may_have_and_others_are_not_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "AT_ONE_HOST", 2)
    busy = [replace(destination(), parameters={"bucket": f"b{each}", "endpoint": "https://busy.example"}) for each in range(5)]
    idle = [replace(destination(), parameters={"bucket": "b", "endpoint": "https://idle.example"})]
    lock, inside, most, both, others = threading.Lock(), [0], [0], threading.Event(), threading.Event()

    def one(index: int) -> int:
        if index == 5:
            assert both.wait(60)
            others.set()
            return index
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            if inside[0] == 2:
                both.set()
        assert others.wait(60)  # the other host's, last in the sources, does not wait for these
        with lock:
            inside[0] -= 1
        return index

    assert in_turns([*busy, *idle], 16, CancelToken(), one) == (0, 1, 2, 3, 4, 5)
    assert most == [2]


@pytest.mark.parametrize(("at", "hosts"), [(None, 3), ("https://mine.example", 1)])
def test_where_one_endpoint_is_asked_for_all_it_is_one_host(at: str | None, hosts: int) -> None:
    given = [{"bucket": f"b{each}", "endpoint": f"https://s{each}.example"} for each in range(3)]
    many = [replace(destination(), parameters=each) for each in given]
    assert len({batch.host_of(each, at) for each in many}) == hosts
    same = [{**each, "bucket": "imagery-in"} for each in given]
    assert len({batch.place_of(each, index, at) for index, each in enumerate(same)}) == hosts


def test_a_check_counts_the_endpoint_that_it_asks(known: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    known(by_bucket(one=MemoryBucket()))
    asked: list[Any] = []
    host_of = batch.host_of
    monkeypatch.setattr(batch, "host_of", lambda *given: asked.append(given[1]) or host_of(*given))
    check([named("one")], Settings(endpoints={"memory": "http://127.0.0.1:1"}))
    assert asked == ["http://127.0.0.1:1"]


def test_no_thread_waits_for_anothers_bucket() -> None:
    shared = [named("shared") for _ in range(3)]
    began, others = threading.Event(), threading.Event()
    left = [3]

    def one(index: int) -> int:
        if index < 3:
            began.set()
            assert others.wait(60)  # while the first of the shared bucket is under way, the second thread does all others
        else:
            assert began.wait(60)
            left[0] -= 1
            if not left[0]:
                others.set()
        return index

    assert in_turns([*shared, named("a"), named("b"), named("c")], 2, CancelToken(), one) == (0, 1, 2, 3, 4, 5)


def test_one_at_a_time_goes_by_the_sources_order() -> None:
    order: list[int] = []
    in_turns([named(each) for each in ("a", "b", "a", "c")], 1, CancelToken(), order.append)
    assert order == [0, 2, 1, 3]
