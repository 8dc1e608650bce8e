"""The helper calls of Planet's SDK, read: what they give is what the installed SDK gives."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import planet
import pytest
from planet import order_request, subscription_request

from tests.support.programs import ENV, GOOD, cells, notebook, plain, read, unresolved
from validator.checking.assemble import lint
from validator.core.errors import BadSource
from validator.sources import sdk
from validator.sources.loader import load

pytestmark = pytest.mark.usefixtures("here")

MODULES = {sdk.ORDER: order_request, sdk.SUBSCRIPTION: subscription_request}
BUCKETS = [name for name in sdk.HELPERS if "destination" not in name and "earth_engine" not in name]


def function(name: str) -> Any:
    module, _, short = name.rpartition(".")
    return getattr(MODULES[module], short)


@pytest.mark.parametrize("name", [*sdk.HELPERS])
def test_the_arguments_are_those_of_the_installed_sdk(name: str) -> None:
    known = [sdk.RENAMED.get(each, each) for each in inspect.signature(function(name)).parameters]
    assert list(sdk.HELPERS[name]) == known


@pytest.mark.parametrize("name", [*sdk.REQUESTS, sdk.DELIVERY])
def test_the_other_functions_arguments_too(name: str) -> None:
    known = sdk.REQUESTS.get(name, sdk.DELIVERY_ARGUMENTS)
    assert list(inspect.signature(function(name)).parameters)[: len(known)] == list(known)


def test_the_methods_that_send() -> None:
    clients = (planet.DestinationsClient, planet.OrdersClient, planet.SubscriptionsClient)
    for name in sdk.SENDERS:
        (method,) = [getattr(each, name) for each in clients if hasattr(each, name)]
        assert list(inspect.signature(method).parameters)[1] == "request"
    assert list(inspect.signature(planet.DestinationsClient.patch_destination).parameters)[2] == "request"


@pytest.mark.parametrize("name", BUCKETS)
@pytest.mark.parametrize("way", ["positional", "keywords", "imported", "star"])
def test_a_helper_gives_what_the_sdk_gives(name: str, way: str) -> None:
    module, _, short = name.rpartition(".")
    names = list(inspect.signature(function(name)).parameters)
    arguments: dict[str, Any] = {each: f"{each}-value" for each in names}
    if "use_path_style" in arguments:
        arguments["use_path_style"] = True
    given = ", ".join(repr(each) if way == "positional" else f"{key}={each!r}" for key, each in arguments.items())
    called = {
        "positional": f"from planet import {module.rpartition('.')[2]}\nx = {module.rpartition('.')[2]}.{short}({given})",
        "keywords": f"import planet\nx = {name}({given})",
        "imported": f"from {module} import {short} as helper\nx = helper({given})",
        "star": f"from {module} import *\nx = {short}({given})",
    }[way]
    (found,) = read(called)
    given_ = function(name)(**arguments)
    (expected,) = load(given_ if module == sdk.ORDER else {"delivery": given_}).destinations
    assert (found.type, plain(found), found.path_prefix) == (expected.type, plain(expected), expected.path_prefix)
    assert found.path_prefix == "path_prefix-value"


@pytest.mark.parametrize("name", BUCKETS)
def test_what_is_left_out_is_left_out(name: str) -> None:
    needed = [
        each.name for each in inspect.signature(function(name)).parameters.values() if each.default is inspect.Parameter.empty
    ]
    arguments = {each: f"{each}-value" for each in needed}
    (found,) = read(f"import planet\nx = {name}({', '.join(f'{key}={each!r}' for key, each in arguments.items())})")
    (expected,) = load(function(name)(**arguments)).destinations
    assert (plain(found), found.path_prefix) == (plain(expected), "")


def test_references_to_destinations_and_other_services() -> None:
    for module in ("order_request", "subscription_request"):
        for call in ("destination('pl:destinations/ours')", "default_destination()", "google_earth_engine('p', 'c', 'x')"):
            (found,) = read(f"from planet import {module}\nx = {module}.{call}")
            assert [each.name for each in found.problems] in (["destination-reference"], ["not-a-bucket"])


ORDER = """
from planet import order_request
import os

products = [order_request.product(['20170614_113217_3163208_RapidEye-5'], 'analytic', 'REOrthoTile')]
tools = [order_request.toar_tool(scale_factor=10000), order_request.clip_tool({'type': 'Polygon', 'coordinates': []})]
amazon_s3_config = order_request.amazon_s3(
    'AKIAEXAMPLEEXAMPLE12', os.environ['SECRET'], 'imagery-in', 'us-east-2', 'folder1/prefix/'
)
delivery_config = order_request.delivery(
    archive_type='zip', single_archive=True, archive_filename='{{order_id}}.zip', cloud_config=amazon_s3_config
)
request = order_request.build_request('test_order', products, tools=tools, delivery=delivery_config)
"""


@pytest.mark.parametrize(
    "after",
    [
        "",
        "async def main():\n    async with planet.Session() as sess:\n        await sess.client('orders').create_order(request)\n",
        "order = planet.Planet().orders.create_order(request)\n",
        "order = planet.Planet().orders.create_order(request=request)\n",
        "print(json.dumps(request, indent=2))\n",
    ],
)
def test_an_order_built_with_the_sdk_as_its_documentation_does(after: str) -> None:
    (found,) = read(ORDER + after, env=ENV)
    assert (found.name, found.type, found.path_prefix) == ("test_order", "amazon_s3", "folder1/prefix/")
    assert plain(found) == {
        "bucket": "imagery-in",
        "aws_region": "us-east-2",
        "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12",
        "aws_secret_access_key": ENV["SECRET"],
    }
    (report,) = lint([found]).destinations
    assert str(report.verdict) == "pass"


def test_a_subscription_built_with_the_sdk() -> None:
    (found,) = read(
        "from planet.subscription_request import build_request, catalog_source, google_cloud_storage\n"
        "from datetime import datetime\n"
        "source = catalog_source(['PSScene'], ['ortho_analytic_4b'], geometry={'type': 'Polygon', 'coordinates': []},"
        " start_time=datetime(2021, 3, 1))\n"
        "delivery = google_cloud_storage('credentials', 'imagery-in', path_prefix='nightly')\n"
        "request = build_request('Standard PSScene', source, delivery)\n"
    )
    assert (found.name, found.type, found.path_prefix) == ("Standard PSScene", "google_cloud_storage", "nightly")
    assert plain(found) == {"bucket": "imagery-in", "credentials": "credentials"}


def test_a_snippet_without_imports_means_the_helper_only_where_both_agree() -> None:
    (found,) = read("amazon_s3('AKIAEXAMPLEEXAMPLE12', 'EXAMPLE', 'imagery-in', 'us-east-2')")
    assert plain(found)["bucket"] == "imagery-in"
    with pytest.raises(BadSource):
        read("google_cloud_storage('one', 'other')")


def test_arguments_that_are_not_known() -> None:
    (found,) = read("from planet import order_request\nx = order_request.amazon_s3(**config(), bucket='imagery-in')")
    assert plain(found)["bucket"] == "imagery-in"
    assert set(unresolved(found)) == {"aws_region", "aws_access_key_id", "aws_secret_access_key"}
    (found,) = read(
        "from planet import order_request\nkeys = {'aws_access_key_id': 'AKIAEXAMPLEEXAMPLE12', 'aws_secret_access_key': 'EXAMPLE'}\n"
        "x = order_request.amazon_s3(**keys, bucket='imagery-in', aws_region='eu-west-1')"
    )
    assert plain(found)["aws_access_key_id"] == "AKIAEXAMPLEEXAMPLE12"
    (found,) = read(
        "from planet import order_request\ndef f(b):\n    return order_request.google_cloud_storage(b, input('key: ') or None)"
    )
    assert "argument of a function" in unresolved(found)["bucket"]
    assert "asked for" in unresolved(found)["credentials"]


def test_data_models_and_updates() -> None:
    (found,) = read(
        "from planet.types.destinations import AmazonS3Params, DestinationRequest\n"
        "x = DestinationRequest(name='ours', type='amazon_s3', parameters=AmazonS3Params(bucket='imagery-in', aws_region='eu-west-1',"
        " aws_access_key_id='AKIAEXAMPLEEXAMPLE12', aws_secret_access_key='EXAMPLE'))\n"
        "pl.destinations.create_destination(x.model_dump())\n"
    )
    assert (found.name, plain(found)["bucket"]) == ("ours", "imagery-in")
    with pytest.raises(BadSource):
        read(
            "import planet\nplanet.Planet().destinations.patch_destination('id', {'parameters': {'aws_access_key_id': 'x',"
            " 'aws_secret_access_key': 'y'}})"
        )


def test_ten_files_as_people_have_them_in_one_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    monkeypatch.setenv("SECRET", ENV["SECRET"])
    body = json.dumps(GOOD)
    held = {
        "a-request.json": body,
        "b-order.py": ORDER,
        "c-cells.ipynb": notebook(*cells()[:2]),
        "d-curl.sh": f"curl -X POST https://api.planet.com/destinations/v1 -d '{body}'\n",
        "e-planet.sh": "planet destinations create s3 --bucket in-e --region eu-west-1 --access-key-id AKIAEXAMPLEEXAMPLE12 --secret-access-key $SECRET --name eee",
        "f-many.yaml": f"- {body}\n- {body}\n",
        "g-aoi.geojson.json": '{"type": "FeatureCollection", "features": []}',
        "h-broken.json": body[:-1],
        "i-helpers.py": "def area(x):\n    return {'type': 'Polygon', 'coordinates': x}\n",
        "j-one.toml": 'name = "toml"\ntype = "amazon_s3"\n[parameters]\n'
        + "".join(f'{key} = "{each}"\n' for key, each in GOOD["parameters"].items()),  # type: ignore[attr-defined]  # a dictionary
    }
    for name, text in held.items():
        Path("all", name).parent.mkdir(exist_ok=True)
        Path("all", name).write_text(text)
    loaded = load("all")
    report = lint(loaded)
    assert [(Path(each.source).name[0], str(each.verdict)) for each in report.destinations] == [
        ("a", "pass"), ("b", "pass"), ("c", "pass"), ("c", "pass"), ("d", "pass"), ("e", "pass"), ("f", "pass"), ("f", "pass"),
        ("h", "fail"), ("j", "pass"),
    ]  # fmt: skip
    assert loaded.skipped == ("all/g-aoi.geojson.json", "all/i-helpers.py")
