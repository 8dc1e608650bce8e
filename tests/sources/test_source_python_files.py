"""Which dictionaries of a Python program are destinations, requests out of files, and programs that mean harm."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.programs import ENV, REQUEST, bucket, indented, plain, read, unresolved
from validator.checking.assemble import lint
from validator.core.errors import BadSource
from validator.sources.loader import load

pytestmark = pytest.mark.usefixtures("here")

# ---- which dictionaries ------------------------------------------------------------------------------------------------


def test_other_dictionaries_are_left_alone() -> None:
    found = read(
        "aoi = {'type': 'Polygon', 'coordinates': [[[0, 0], [1, 1], [0, 1], [0, 0]]]}\n"
        "search = {'type': 'AndFilter', 'config': [{'type': 'GeometryFilter', 'config': aoi}]}\n"
        "tools = [{'type': 'clip', 'parameters': {'aoi': aoi}}]\n"
        "source = {'type': 'catalog', 'parameters': {'geometry': aoi, 'item_types': ['PSScene']}}\n"
        "headers = {'Authorization': 'api-key ' + os.environ['KEY']}\n"
        "bucket = 'imagery-in'" + REQUEST,
        env=ENV,
    )
    assert [(each.name, plain(each)["bucket"]) for each in found] == [("one of ours", "imagery-in")]


def test_an_order_in_python_is_one_destination() -> None:
    found = read(
        "order = {'name': 'nightly', 'products': [{'item_ids': ['x']}], 'delivery': {'archive_type': 'zip', 'amazon_s3': "
        "{'bucket': 'imagery-in', 'aws_region': 'eu-west-1', 'aws_access_key_id': 'AKIAEXAMPLEEXAMPLE12', 'aws_secret_access_key': "
        "os.environ['SECRET'], 'path_prefix': 'nightly'}}}\nawait client.create_order(order)\n",
        env=ENV,
    )
    assert [(each.name, each.type, each.path_prefix) for each in found] == [("nightly", "amazon_s3", "nightly")]


def test_templates_are_no_destinations() -> None:
    found = read(
        "base = {'type': 'amazon_s3', 'parameters': {'aws_region': 'eu-west-1', 'aws_access_key_id': 'AKIAEXAMPLEEXAMPLE12'}}\n"
        "one = {**base, 'name': 'one', 'parameters': {**base['parameters'], 'bucket': 'first'}}\n"
        "two = dict(base, name='two', parameters=dict(base['parameters'], bucket='second'))\n"
    )
    assert [(each.name, plain(each)["bucket"]) for each in found] == [("one", "first"), ("two", "second")]


def test_what_holds_no_destination_says_so() -> None:
    for text in ("import os\nprint('hello')\n", "x = {'a': 1}\n", "def f():\n    return {}\n"):
        with pytest.raises(BadSource, match="this Python makes no destination"):
            read(text)
    with pytest.raises(BadSource, match=r"order\.py, line 2: it is not Python"):
        read("x = 1\nplanet bucket (\n")


def test_a_request_out_of_a_file() -> None:
    Path("dest.json").write_text(json.dumps({"name": "from file", "type": "amazon_s3", "parameters": {"bucket": "imagery-in"}}))
    (found,) = read(
        "import json\nwith open('dest.json') as f:\n    request = json.load(f)\npl.destinations.create_destination(request)\n"
    )
    assert (found.name, plain(found)["bucket"]) == ("from file", "imagery-in")
    with pytest.raises(BadSource, match="there is no such file"):
        read("pl.destinations.create_destination(json.load(open('none.json')))\n")


@pytest.mark.parametrize("start", [">>> ", "In [1]: "])
def test_prompts_fences_magics_and_indentation(start: str) -> None:
    text = "bucket = 'imagery-in'" + REQUEST
    lines = text.strip().split("\n")
    prompted = "\n".join(
        [start + lines[0], "'imagery-in'", *(start + lines[1] if not i else "... " + line for i, line in enumerate(lines[1:]))]
    )
    for pasted in (
        prompted,
        f"Do this:\n\n```python\n{text}\n```\nand that.\n",
        f"%matplotlib inline\n!pip install planet \\\n  boto3\n{text}\n?print\n",
        indented(text),
    ):
        (found,) = read(pasted, "pasted.txt", env=ENV)
        assert plain(found)["bucket"] == "imagery-in", pasted


def test_magics_that_set_variables() -> None:
    assert bucket("%env B=set-here\nbucket = os.environ['B']\n") == "set-here"
    assert bucket("files = !ls\nbucket = files\n").startswith("bucket: ")


# ---- hostile ------------------------------------------------------------------------------------------------------------


@pytest.mark.no_cover  # long, and through the same lines as shorter tests
@pytest.mark.parametrize(
    "text",
    [
        "x = " + "+1" * 30_000,
        "x = a" + ".a" * 30_000,
        "x = " + "[" * 5000,
        "x = 'a'\n" + "x = x + x\n" * 60,
        "x = {}\n" + "x = {'type': 'amazon_s3', 'parameters': x, 'a': x, 'b': x}\n" * 60,
        "x = []\n" + "x = [x, x]\n" * 60 + "d = {'type': 'amazon_s3', 'parameters': {'bucket': x}}\n",
        "".join(" " * depth + "for a in b:\n" for depth in range(60)) + " " * 60 + "pass",
        "if a:\n pass\n" + "elif b:\n pass\n" * 2000,
        "d = {'type': 'amazon_s3', 'parameters': {}}\nd['parameters']['self'] = d\n",
        "x" * 600_000,
        "d = {'type': 'amazon_s3', 'parameters': {'bucket': '\ud800', 'b': b'\\xff'}}".encode("utf-8", "replace").decode(),
        "def f(a=" * 50,
        "@a\n" * 5000 + "def f(): pass",
        "".join(" " * depth + f"for a{depth} in b:\n" for depth in range(35))
        + "".join(" " * 35 + f"x{n}=1\n" for n in range(300)),
        "".join(f"if a:\n    x{n} = 1\n" for n in range(2000)),
        "x = {" + "".join(f"'k{n}': 1," for n in range(500)) + "}\n" + "x = dict(x)\n" * 1000,
        "x = {'a': [" + "{}," * 500 + "]}\n" + "other.f(x)\n" * 1000,
        "x = {}\n" * 500 + "exec('a')\n" * 500,
    ],
)
def test_hostile_programs_end_with_our_own_words(text: str) -> None:
    try:
        found = read(text)
    except BadSource:
        return
    lint(found)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="abd=[]{}()'\":,.\n \\#@*+|%!0_", max_size=200))
def test_arbitrary_programs_raise_nothing_else(text: str) -> None:
    from validator.sources.document import ParseError
    from validator.sources.forms import read_as
    from validator.sources.payloads import NoDestination

    for name in ("x.py", "x.txt", "x.json"):
        try:
            read_as(text, name)
        except (ParseError, NoDestination):
            continue


def test_load_takes_python_by_name() -> None:
    Path("a.py").write_text("bucket = 'x'" + REQUEST)
    assert load("a.py").destinations[0].form == "python"


FILE = 'import json, requests\nreq = json.load(open("dest.json"))\n'
SEND = '\nrequests.post("https://api.planet.com/destinations/v1", json=req)\n'


@pytest.mark.parametrize(
    "change",
    [
        'req["parameters"]["bucket"] = "other"',
        'req["parameters"].update(bucket="other")',
        'req["parameters"].update({"bucket": "other"})',
        'req["parameters"] |= {"bucket": "other"}',
        'req["parameters"] = {**req["parameters"], "bucket": "other"}',
        'inner = req["parameters"]\ninner["bucket"] = "other"',
        'if prod:\n    req["parameters"]["bucket"] = "other"',
        'for n in range(3):\n    req["parameters"]["bucket"] = f"other-{n}"',
        'del req["parameters"]["bucket"]',
        'req["parameters"].pop("use_path_style")',
        'def use(d):\n    d["parameters"]["bucket"] = "other"\nuse(req)',
        'def use():\n    req["parameters"]["bucket"] = "other"\nuse()',
    ],
)
def test_a_request_out_of_a_file_that_is_changed_since_is_not_what_the_file_says(change: str) -> None:
    Path("dest.json").write_text(json.dumps({"name": "ours", "type": "amazon_s3", "parameters": {"bucket": "imagery-in"}}))
    with pytest.raises(BadSource, match=r"changed since|is not known"):
        read(FILE + change + SEND)
    (other, broken) = read(
        FILE + change + SEND + "also = {'name': 'two', 'type': 'amazon_s3', 'parameters': {'bucket': 'second'}}\n"
    )
    assert (plain(other)["bucket"], broken.type) == ("second", "")


def test_parameters_out_of_a_file_that_are_changed_since_are_a_reference() -> None:
    Path("dest.json").write_text(json.dumps({"bucket": "imagery-in"}))
    (found,) = read(FILE + 'req["bucket"] = "other"\nx = {"name": "ours", "type": "amazon_s3", "parameters": req}\n')
    assert not plain(found)
    assert unresolved(found)


@pytest.mark.parametrize(
    "line",
    [
        "s = s + s", "s += s", "s = (*s, *s)", "p = p / p", "t = t + t", "t = f'{t}{t}'", "t = t.join([t, t])", "t = t * 9",
        "e = {'a': e, 'b': e}", "e = [e, e]", "e = {**{'x': e}, **{'y': e}}", "s.extend(s)",
    ],
)  # fmt: skip
def test_what_is_made_of_itself_in_each_line_has_an_end(line: str, tmp_path: Path) -> None:
    """A list, or a path, twice as long with each of sixty lines took all memory there is."""
    start = "from pathlib import Path\ns = [1]\np = Path('a')\nt = 'a'\ne = {}\n"
    request = "r = {'type': 'amazon_s3', 'parameters': {'bucket': 'imagery-in'}}\n"
    tracemalloc.start()
    try:
        [found] = read(start + f"{line}\n" * 60 + request)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()
    assert plain(found) == {"bucket": "imagery-in"}
