"""A fleet on two workers, of which one is killed: every destination once, and the report tells exactly what is still in the buckets.

A thousand destinations take some fifteen seconds of processor time: what a fleet is for shows at no smaller number.
"""

from __future__ import annotations

import importlib.util
import os
import pickle
import signal
import threading
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support import sample_reports as sample
from tests.support.s3_store import S3Store
from tests.support.wire import Answer, Request, Wire
from validator import BadSource, Report, Settings, ValidatorError, Verdict, check, load, partition
from validator.core.model import ResidueState

SECRET = "FLEET_SECRET_EXAMPLE"
KEY = "planetverify.txt"


def request(bucket: str, number: int = 0, **parameters: Any) -> dict[str, Any]:
    return {
        "name": f"{bucket} {number}",
        "type": "amazon_s3",
        "parameters": {
            "bucket": bucket, "aws_region": "eu-central-1", "aws_access_key_id": "AKIAQWERTYUIOPASDFGH",
            "aws_secret_access_key": f"${{{SECRET}}}", **parameters,
        },
    }  # fmt: skip


# ---- taking apart, and together --------------------------------------------------------------------------------------


def test_destinations_that_share_a_bucket_stay_together_and_nothing_is_lost() -> None:
    fleet = [request(f"imagery-{number % 30:02d}", number) for number in range(100)]
    parts = partition(fleet, 8)
    assert len(parts) == 8
    assert Counter(each["name"] for part in parts for each in part) == Counter(each["name"] for each in fleet)
    homes = defaultdict(set)
    for number, part in enumerate(parts):
        for each in part:
            homes[each["parameters"]["bucket"]].add(number)
    assert all(len(each) == 1 for each in homes.values())
    assert max(map(len, parts)) - min(map(len, parts)) <= 4
    assert len(partition(fleet, 1000)) == 30


def test_references_stay_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET, "EXAMPLE/" * 5)
    source = tmp_path / "fleet.yaml"
    source.write_text(f"destinations:\n- {request('imagery-in')}\n- {request('${BUCKET}')}\n")
    for given in (str(source), source, [source]):
        parts = partition(given, 2)
        assert sorted(each["parameters"]["bucket"] for part in parts for each in part) == ["${BUCKET}", "imagery-in"]
        assert "EXAMPLE/EXAMPLE" not in repr(parts)
        assert pickle.loads(pickle.dumps(parts)) == parts  # noqa: S301 - our own
    order = {
        "name": "o",
        "products": [],
        "delivery": {"amazon_s3": {"bucket": "b", "aws_region": "eu-central-1", "path_prefix": "x"}},
    }
    ((told,),) = partition(order, 3)
    assert load(told).destinations[0].path_prefix == "x"


def test_what_cannot_be_taken_apart_is_refused() -> None:
    with pytest.raises(BadSource):
        partition([], 3)
    with pytest.raises(BadSource, match="no such file"):
        partition("not-there.yaml", 3)
    with pytest.raises(ValidatorError):
        partition([request("b")], 0)
    with pytest.raises(ValidatorError, match="resolved already"):
        partition(load(request("b")), 2)


def test_reports_are_merged() -> None:
    began = datetime(2026, 1, 1, tzinfo=UTC)
    first = sample.report(sample.destination("a"), started_at=began, duration_ms=500.0)
    second = sample.report(
        sample.failing(name="b"), started_at=began + timedelta(seconds=2), duration_ms=1000.0, interrupted=True
    )
    both = Report.merge([second, first])
    assert [each.name for each in both.destinations] == ["b", "a"]
    assert (both.verdict, both.started_at, both.duration_ms, both.interrupted) == (Verdict.FAIL, began, 3000.0, True)
    assert both.tool_version == first.tool_version
    assert Report.merge([first]) == first
    with pytest.raises(ValueError, match="no report"):
        Report.merge([])


# ---- on a cluster ----------------------------------------------------------------------------------------------------


def example() -> Any:
    spec = importlib.util.spec_from_file_location("fleet_dask", ROOT / "examples" / "fleet_dask.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Stores:
    """A store for each bucket. One write of each part is answered late, so that a killed worker leaves files behind."""

    def __init__(self) -> None:
        self.stores: defaultdict[str, S3Store] = defaultdict(S3Store)
        self.turn = threading.Lock()

    def handle(self, asked: Request) -> Answer:
        with self.turn:
            return self.stores[asked.path.split("/")[1].partition("?")[0]].handle(asked)

    def left(self) -> set[str]:
        return {bucket for bucket, store in self.stores.items() if store.objects}


@pytest.mark.long
@pytest.mark.no_cover  # long, and through the same lines as shorter tests
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # Dask's own sockets to a worker that was killed
def test_a_lost_workers_destinations_are_checked_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import dask
    from distributed import Client, LocalCluster

    stores = Stores()
    fleet = [request(f"imagery-{number:04d}", number) for number in range(1000)]
    monkeypatch.delenv(SECRET, raising=False)  # the workers alone have it
    quiet = {
        "distributed.worker.profile.enabled": False,
        "temporary-directory": str(tmp_path),
    }
    with (
        Wire(stores.handle) as wire,
        dask.config.set(quiet),
        LocalCluster(
            env={SECRET: "EXAMPLE/" * 5},
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=None,
            host="127.0.0.1",
            silence_logs=50,
        ) as cluster,
        Client(cluster) as client,
    ):
        pids = client.run(os.getpid)
        victim = next(iter(pids.values()))
        told: list[Report] = []

        def done(report: Report) -> None:
            told.append(report)
            if len(told) == 5:
                os.kill(victim, signal.SIGKILL)

        settings = Settings(endpoints={"amazon_s3": wire.url}, jobs=4, timeout=30)
        report, lost = example().check_fleet(client, fleet, settings, parts=40, done=done)
    assert lost == []
    assert report is not None
    assert Counter(each.name for each in report.destinations) == Counter(each["name"] for each in fleet)
    found = {each.name.split()[0] for each in report.destinations if each.residue}
    assert found == stores.left()
    assert len(found) <= settings.jobs
    for each in report.destinations:
        assert each.verdict is (Verdict.WARN if each.residue else Verdict.PASS), str(each)
        assert all(one.state is ResidueState.FOUND and one.key == KEY for one in each.residue)
    assert not any("EXAMPLE/EXAMPLE" in str(each) for each in report.destinations[:5])


def test_the_example_and_a_plain_check_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET, "EXAMPLE/" * 5)
    stores = Stores()
    fleet = [request(f"imagery-{number:04d}", number) for number in range(6)]
    with Wire(stores.handle) as wire:
        settings = Settings(endpoints={"amazon_s3": wire.url}, timeout=30)
        merged = Report.merge(check(part, settings) for part in partition(fleet, 3))
        whole = check(fleet, settings)
    assert {(each.name, each.verdict) for each in merged.destinations} == {
        (each.name, each.verdict) for each in whole.destinations
    }
    assert merged.verdict is whole.verdict
