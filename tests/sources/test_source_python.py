"""Python, as scripts and snippets, is read as it would run: never another's bucket or key, and never run."""

from __future__ import annotations

import base64
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ROOT
from tests.support.whole import whole
from validator.checking.assemble import lint
from validator.core.errors import BadSource
from validator.core.model import Destination, Secret
from validator.sources.loader import References, load, load_all

NOTEBOOK = ROOT / "tests" / "examples" / "notebook"
TYPES = ("amazon_s3", "azure_blob_storage", "google_cloud_storage", "oracle_cloud_storage", "s3_compatible")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str, name: str = "order.py", **told: Any) -> list[Destination]:
    Path(name).write_text(text)
    return list(load_all([name], references=References(**told)).destinations)


def plain(destination: Destination) -> dict[str, Any]:
    return {key: each.reveal() if isinstance(each, Secret) else each for key, each in destination.parameters.items()}


def unresolved(destination: Destination) -> dict[str, str]:
    return {
        each.pointer.removeprefix("/parameters/"): each.detail
        for each in destination.problems
        if each.name == "unresolved-reference"
    }


REQUEST = """
d = {
    "name": "one of ours",
    "type": "amazon_s3",
    "parameters": {
        "bucket": bucket,
        "aws_region": "eu-west-1",
        "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12",
        "aws_secret_access_key": os.environ["SECRET"],
    },
}
"""
ENV = {"SECRET": "EXAMPLE/" + "k" * 32}


def bucket(before: str, after: str = "") -> Any:
    """The bucket of the request between the two texts, or why it is not known."""
    (found,) = read(f"{before}{REQUEST}{after}", env=ENV)
    assert (found.name, found.type) == ("one of ours", "amazon_s3")
    return unresolved(found).get("bucket") or plain(found)["bucket"]


# ---- the false pass: names are used again ------------------------------------------------------------------------------


def cells() -> list[str]:
    """The notebook's five cells, each with a bucket and a key of its own under names that all of them use."""
    return [
        f"name = 'destination {number}'\n"
        f"bucket = 'imagery-{number}'\n"
        f"key = 'AKIAEXAMPLEEXAMPLE{number:02}'\n"
        "bucket_creds = {\n"
        '    "name": name,\n'
        '    "type": "amazon_s3",\n'
        '    "parameters": {"bucket": bucket, "aws_region": "eu-west-1", "aws_access_key_id": key,\n'
        f'        "aws_secret_access_key": "EXAMPLE{number}{"k" * 32}"}},\n'
        "}\n"
        "pl.destinations.create_destination(bucket_creds)\n"
        for number in range(5)
    ]


@pytest.mark.parametrize("send", [True, False])
def test_cells_that_use_the_same_names_give_five_names_targets_and_keys(send: bool) -> None:
    text = "\n".join(cells())
    found = read(text if send else text.replace("pl.destinations.create_destination(bucket_creds)\n", ""))
    assert [each.name for each in found] == [f"destination {number}" for number in range(5)]
    for number, each in enumerate(found):
        assert plain(each) == {
            "bucket": f"imagery-{number}",
            "aws_region": "eu-west-1",
            "aws_access_key_id": f"AKIAEXAMPLEEXAMPLE{number:02}",
            "aws_secret_access_key": f"EXAMPLE{number}{'k' * 32}",
        }


def test_the_notebooks_five_dictionaries_pasted_as_one_text() -> None:
    found = read("\n\n".join((NOTEBOOK / f"{each}.json").read_text() for each in TYPES), "pasted.txt")
    assert [each.name for each in found] == [
        "s3 destination",
        "azure destination",
        "GCS destination",
        "ocs name",
        "s3 compatible destination",
    ]
    assert [each.type for each in found] == [
        "amazon_s3",
        "google_cloud_storage",
        "google_cloud_storage",
        "oracle_cloud_storage",
        "s3_compatible",
    ]
    report = lint(found)
    assert ["type-mismatch" in [each.name for each in one.findings] for one in report.destinations] == [
        False,
        True,
        False,
        False,
        False,
    ]
    (missing,) = unresolved(found[2]).items()
    assert missing[0] == "credentials"
    assert "it is not set in this text before this line" in missing[1]


def test_a_name_means_what_was_assigned_before() -> None:
    assert bucket("bucket = 'first'\n", "bucket = 'second'\n") == "first"
    assert bucket("bucket = 'first'\nbucket = 'second'\n") == "second"
    assert "before this line" in bucket("", "bucket = 'later'\n")
    assert "before this line" in bucket("bucket = 'first'\ndel bucket\n")


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("if production:\n    bucket = 'a'\nelse:\n    bucket = 'b'\n", "branch"),
        ("bucket = 'a'\nif production:\n    bucket = 'b'\n", "branch"),
        ("if a:\n    pass\nelif b:\n    bucket = 'b'\n", "branch"),
        ("try:\n    bucket = pick()\nexcept KeyError:\n    bucket = 'b'\n", "branch"),
        ("match where:\n    case 'eu':\n        bucket = 'a'\n    case _:\n        bucket = 'b'\n", "branch"),
        ("bucket = 'a' if production else 'b'\n", "worked out|branch|not followed"),
        ("for bucket in sorted(names):\n    print(bucket)\n", "loop"),
        ("while more():\n    bucket = 'b'\n", "loop"),
        ("bucket = 'a'\ndef pick():\n    global bucket\n    bucket = 'b'\npick()\n", "function"),
        ("def pick():\n    return 'b'\nbucket = pick()\n", "call"),
        ("from settings import bucket\n", "call|worked out"),
        ("bucket = settings.bucket\n", "before this line|worked out"),
        ("bucket = 'a'\nfor _ in range(2):\n    bucket += 'b'\n", "loop"),
        ("[bucket := each for each in ('a', 'b')]\n", "."),
        ("bucket = input('bucket? ')\n", "asked for when the program runs"),
        ("import getpass\nbucket = getpass.getpass()\n", "asked for when the program runs"),
        ("bucket, other = pick()\n", "."),
        ("bucket = 'a'\nfrom settings import *\n", "import of everything"),
        ("bucket = 'a'\nglobals()['bucket'] = 'b'\n", "import of everything"),
        ("bucket = 'a'\n%run settings.py\n", "import of everything"),
        ("bucket = 'a'\n[bucket := each for each in names]\n", "loop"),
        ("bucket = 'a'\ntry:\n    bucket = 'b'\n    pick()\nexcept KeyError:\n    pass\n", "branch"),
        ("bucket = 'a'\nif not __name__ == '__main__':\n    bucket = 'b'\n", "branch"),
        ("def set_it():\n    os.environ['B'] = 'b'\nset_it()\nbucket = os.environ.get('B', 'a')\n", "function"),
        ("bucket = names[0]\n", "."),
        ("bucket = f'imagery-{3:03d}'\n", "not followed"),
        ("bucket = 'x'.join(names)\n", "."),
        ("bucket = 'imagery'.encode('utf-16').decode('utf-16')\n", "not followed"),
        ("bucket = '%d' % 3\n", "not followed"),
        ("bucket = '{:>9}'.format('x')\n", "not followed"),
        ("bucket = '{'.format('x')\n", "not followed"),
        ("bucket = -1\nbucket = not bucket\n", "not followed"),
        ("names = ['x']\nnames.extend(other)\nbucket = names[0]\n", "."),
        ("names = ['x']\nnames.sort()\nbucket = names[0]\n", "."),
        ("names = {'b': 'x'}\nnames.clear()\nbucket = names['b']\n", "."),
        ("names = {'b': 'x', **other}\nbucket = names['b']\n", "."),
        ("names = {other: 'x'}\nbucket = names['b']\n", "."),
        ("names = {'b': 'x'}\nnames.update(other, c='y')\nbucket = names['b']\n", "."),
        ("names = ['x', *other]\nbucket = names[0]\n", "."),
        ("names = {b: b for b in other}\nbucket = names['b']\n", "."),
        ("bucket = os.environ.pop('B')\nbucket = os.environ['B']\n", "."),
        ("bucket = os.getenv(name())\n", "."),
        ("bucket = dotenv_values(name())['B']\n", "."),
        ("bucket = dotenv_values()[name()]\n", "."),
        ("bucket = open(name()).read()\n", "."),
        ("bucket = Path(name()).read_text()\n", "."),
        ("bucket = Path('b.txt').stat()\n", "."),
        ("bucket = json.load(name())\n", "."),
        ("bucket = json.loads('{')\n", "."),
        ("bucket = open('b.txt').readline()\n", "."),
        ("bucket = 1 + 'x'\n", "not followed"),
        ("bucket = lambda: 'x'\n", "not followed"),
        ("bucket = (await pick())\n", "."),
        ("bucket = C.bucket\n", "."),
        ("bucket = [*names][0]\n", "."),
    ],
)
def test_what_only_a_run_would_show_stays_a_reference_that_says_so(before: str, said: str) -> None:
    import re

    found = bucket(before)
    assert found.startswith("bucket: "), found
    assert re.search(said, found), found
    report = lint(read(before + REQUEST, env=ENV))
    assert report.verdict == "fail"


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("env = 'prod'\nbucket = f'imagery-{env}'\n", "imagery-prod"),
        ("bucket = 'imagery-' + 'prod'\n", "imagery-prod"),
        ("bucket = 'imagery-{}'.format('prod')\n", "imagery-prod"),
        ("bucket = 'imagery-%s' % 'prod'\n", "imagery-prod"),
        ("bucket = ' imagery-prod '.strip()\n", "imagery-prod"),
        ("names = {'prod': 'imagery-prod'}\nbucket = names['prod']\n", "imagery-prod"),
        ("names = ['imagery-dev', 'imagery-prod']\nbucket = names[1]\n", "imagery-prod"),
        ("region, bucket = 'eu', 'imagery-prod'\n", "imagery-prod"),
        ("bucket: str = 'imagery-prod'\n", "imagery-prod"),
        ("bucket = 'imagery'\nbucket += '-prod'\n", "imagery-prod"),
        ("bucket = 'imagery-prod' or 'other'\n", "imagery-prod"),
        ("with open('x') as f:\n    bucket = 'imagery-prod'\n", "imagery-prod"),
        ("if __name__ == '__main__':\n    bucket = 'imagery-prod'\n", "imagery-prod"),
        ("def bucket_of():\n    bucket = 'other'\n    return bucket\nbucket = 'imagery-prod'\n", "imagery-prod"),
        ("class C:\n    bucket = 'other'\nbucket = 'imagery-prod'\n", "imagery-prod"),
        ("try:\n    bucket = 'imagery-prod'\nexcept KeyError:\n    sys.exit('no bucket')\n", "imagery-prod"),
        ("try:\n    bucket = 'imagery-prod'\nexcept KeyError as error:\n    raise SystemExit from error\n", "imagery-prod"),
        ("bucket = 'imagery-prod'\nif not bucket:\n    bucket = ''\n    raise SystemExit\n", "imagery-prod"),
        ("a, b = 'imagery-prod', 'x'\na, b = b, a\nbucket = b\n", "imagery-prod"),
        ("bucket = '{name}-{0}'.format('prod', name='imagery')\n", "imagery-prod"),
        ("bucket = str('imagery-prod')\n", "imagery-prod"),
        ("bucket = b'imagery-prod'.decode()\n", "imagery-prod"),
        ("bucket = 'imagery-PROD'.lower().removeprefix('x').replace('_', '-')\n", "imagery-prod"),
        ("bucket = base64.b64decode('aW1hZ2VyeS1wcm9k').decode()\n", "imagery-prod"),
        ("bucket = json.loads('{\"b\": \"imagery-prod\"}')['b']\n", "imagery-prod"),
        ("names = json.loads(json.dumps({'b': 'imagery-prod'}))\nbucket = names['b']\n", "imagery-prod"),
        ("names = dict(b='imagery-prod')\nbucket = names.get('b', 'x')\n", "imagery-prod"),
        ("names = dict({'b': 'x'}, b='imagery-prod')\nbucket = names.pop('b')\n", "imagery-prod"),
        ("names = {}\nbucket = names.get('b', 'imagery-prod')\n", "imagery-prod"),
        ("names = {}\nnames.setdefault('b', 'imagery-prod')\nbucket = names['b']\n", "imagery-prod"),
        ("names = list(['imagery-prod']) + ['x']\nbucket = names[0]\n", "imagery-prod"),
        ("names = []\nnames.append('imagery-prod')\nbucket = names[-1]\n", "imagery-prod"),
        ("names = ['x']\nnames[0] = 'imagery-prod'\nbucket = names[0]\n", "imagery-prod"),
        ("import copy\nnames = copy.copy({'b': 'imagery-prod'})\nbucket = names['b']\n", "imagery-prod"),
        ("import copy\nnames = copy.deepcopy([{'b': 'imagery-prod'}])\nbucket = names[0]['b']\n", "imagery-prod"),
        ("os.environ.setdefault('UNSET_HERE', 'imagery-prod')\nbucket = os.environ['UNSET_HERE']\n", "imagery-prod"),
        ("bucket = '' or 'imagery-prod'\n", "imagery-prod"),
        ("if (bucket := 'imagery-prod'):\n    pass\n", "imagery-prod"),
    ],
)
def test_what_is_certain_is_followed(before: str, expected: str) -> None:
    assert bucket(before) == expected


# ---- later changes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("d['parameters']['bucket'] = 'second'\n", "second"),
        ("p = d['parameters']\np['bucket'] = 'second'\n", "second"),
        ("d['parameters'].update({'bucket': 'second'})\n", "second"),
        ("d['parameters'].update(bucket='second')\n", "second"),
        ("d['parameters'] |= {'bucket': 'second'}\n", "second"),
        ("d['parameters'] = {**d['parameters'], 'bucket': 'second'}\n", "second"),
        (
            "e = d.copy()\ne['parameters']['bucket'] = 'second'\ne['type'] = 'Polygon'\ne['parameters'] = {}\ncreate_destination(d)\n",
            "second",
        ),
        (
            "import copy\ne = copy.deepcopy(d)\ne['parameters']['bucket'] = 'second'\ne['type'] = 'Polygon'\ne['parameters'] = {}\ncreate_destination(d)\n",
            "first",
        ),
        ("pl.destinations.create_destination(d)\nd['parameters']['bucket'] = 'second'\n", "first"),
        ("print(d)\nimport json\njson.dumps(d)\n", "first"),
        ("requests.post(url, json=d)\n", "first"),
        ("d['parameters'].setdefault('bucket', 'second')\n", "first"),
    ],
)
def test_later_changes_are_followed(after: str, expected: str) -> None:
    assert bucket("bucket = 'first'\n", after) == expected


@pytest.mark.parametrize(
    "after",
    [
        "if production:\n    d['parameters']['bucket'] = 'second'\n",
        "for each in names:\n    d['parameters']['bucket'] = each\n    pl.destinations.create_destination(d)\n",
        "for each in names:\n    pl.destinations.create_destination(d)\n    d['parameters']['bucket'] = each\n",
        "def change():\n    d['parameters']['bucket'] = 'second'\nchange()\n",
        "def change(it):\n    it['parameters']['bucket'] = 'second'\nchange(d)\npl.destinations.create_destination(d)\n",
        "from helpers import change\nchange(d)\npl.destinations.create_destination(d)\n",
        "d['parameters'].update(other())\n",
        "d['parameters'] = other()\n",
        "d['parameters'][key()] = 'second'\n",
        "e = d if production else {}\ne['parameters']['bucket'] = 'second'\n",
        "e = d\nif production:\n    e = {}\ne['parameters']['bucket'] = 'second'\n",
        "try:\n    d['parameters']['bucket'] = second()\nexcept KeyError:\n    pass\n",
        "for e in reversed([d]):\n    e['parameters']['bucket'] = 'second'\n",
        "for n, e in {'a': d}.items():\n    e['parameters']['bucket'] = 'second'\n",
        "for n, e in enumerate([d]):\n    e['parameters']['bucket'] = 'second'\n",
        "[e['parameters'].update(bucket='second') for e in [d]]\n",
        "(lambda e: e['parameters'].update(bucket='second'))(d)\ncreate_destination(d)\n",
        "change = lambda: d['parameters'].update(bucket='second')\nchange()\n",
        "import operator\noperator.setitem(d['parameters'], 'bucket', 'second')\ncreate_destination(d)\n",
        "def change(e):\n    e['parameters']['bucket'] = 'second'\nlist(map(change, [d]))\ncreate_destination(d)\n",
        "class C:\n    def go(self, e):\n        e['parameters']['bucket'] = 'second'\nC().go(d)\ncreate_destination(d)\n",
        "def outer():\n    def inner():\n        d['parameters']['bucket'] = 'second'\n    inner()\nouter()\ncreate_destination(d)\n",
        "exec(\"d['parameters']['bucket'] = 'second'\")\ncreate_destination(d)\n",
        "async def main():\n    d['parameters']['bucket'] = 'second'\n    await cl.create_destination(d)\nasyncio.run(main())\n",
    ],
)
def test_changes_that_are_not_certain_leave_it_unresolved(after: str) -> None:
    found = bucket("bucket = 'first'\n", after)
    assert found.startswith("bucket: "), found


def test_what_a_nested_function_assigns_is_not_known() -> None:
    inner = "    def g():\n        nonlocal bucket\n        bucket = 'second'\n    g()\n"
    (found,) = read(
        f"import os\ndef f():\n    bucket = 'first'\n{inner}{indented(REQUEST)}    cl.create_destination(d)\n", env=ENV
    )
    assert "function" in unresolved(found)["bucket"]


def test_what_is_handed_on_after_it_was_sent_is_another_one() -> None:
    change = "d['parameters']['bucket'] = 'second'\nsend(d)\n"
    found = read(f"bucket = 'first'{REQUEST}if trial:\n    cl.create_destination(d)\n{change}", env=ENV)
    assert [plain(each)["bucket"] for each in found] == ["first", "second"]


def test_a_handler_may_see_what_was_assigned_or_not() -> None:
    text = f"import os\nbucket = 'first'\ntry:\n    bucket = 'second'\n    go()\nexcept KeyError:\n{indented(REQUEST)}"
    (found,) = read(text, env=ENV)
    assert "branch" in unresolved(found)["bucket"]


def test_a_request_that_is_not_known_says_where_it_is_sent() -> None:
    with pytest.raises(BadSource, match=r"line 3: what is sent to Planet here is not known \(yaml\.safe_load\(\)"):
        read("import yaml\nd = yaml.safe_load(open('d.yaml'))\ncl.create_destination(d)\n")


def test_each_destination_is_what_it_was_when_it_was_sent() -> None:
    found = read(
        "bucket = 'first'" + REQUEST + "pl.destinations.create_destination(d)\n"
        "d['name'] = 'second name'\nd['parameters']['bucket'] = 'second'\npl.destinations.create_destination(d)\n",
        env=ENV,
    )
    assert [(each.name, plain(each)["bucket"]) for each in found] == [("one of ours", "first"), ("second name", "second")]


def test_a_missing_member_of_what_is_not_known_is_no_missing_parameter() -> None:
    (found,) = read("d = {'name': 'ours', 'type': 'amazon_s3', 'parameters': {**common(), 'bucket': 'imagery-in'}}")
    assert plain(found)["bucket"] == "imagery-in"
    assert set(unresolved(found)) == {"aws_region", "aws_access_key_id", "aws_secret_access_key"}
    assert "missing-parameter" not in [each.name for each in lint([found]).destinations[0].findings]
    (found,) = read("d = {'name': 'ours', 'type': 'amazon_s3', 'parameters': common()}")
    assert set(unresolved(found)) == {"bucket", "aws_region", "aws_access_key_id", "aws_secret_access_key"}


def test_functions_branches_and_loops_hold_destinations_too() -> None:
    (found,) = read(
        f"import os\nasync def main():\n    bucket = 'inside'\n{indented(REQUEST)}    await cl.create_destination(d)\n", env=ENV
    )
    assert plain(found)["bucket"] == "inside"
    (found,) = read(f"import os\ndef make(bucket):\n{indented(REQUEST)}    return d\nmake('x')\n", env=ENV)
    assert "argument of a function" in unresolved(found)["bucket"]
    (found,) = read("d = [{'name': b, 'type': 'amazon_s3', 'parameters': {'bucket': b}} for b in ['one', 'two']]")
    assert "loop" in unresolved(found)["bucket"]
    found_ = read(f"if a:\n    bucket = 'one'\n{indented(REQUEST)}else:\n    bucket = 'two'\n{indented(REQUEST)}", env=ENV)
    assert [plain(each)["bucket"] for each in found_] == ["one", "two"]
    (found,) = read(f"bucket = 'one'\ndef main():\n{indented(REQUEST)}\nbucket = 'two'\nmain()\n", env=ENV)
    assert "more than once" in unresolved(found)["bucket"]


def indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


# ---- what values refer to ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("os.environ['B']", "from-env"),
        ("os.environ.get('B')", "from-env"),
        ("os.getenv('B')", "from-env"),
        ("os.getenv('B', 'other')", "from-env"),
        ("os.getenv('NONE', 'other')", "other"),
        ("os.environ.get('NONE') or 'other'", "other"),
        ("os.environ['B'].strip()", "from-env"),
        ("f\"x-{os.environ['B']}\"", "x-from-env"),
        ("'x-' + os.environ['B'] + '-y'", "x-from-env-y"),
        ("dotenv_values()['D']", "from-file"),
        ("dotenv_values('.env').get('D', 'x')", "from-file"),
        ("open('b.txt').read().strip()", "from-text"),
        ("Path('b.txt').read_text().strip()", "from-text"),
        ("(Path('.') / 'b.txt').read_text().rstrip('\\n')", "from-text"),
        ("json.load(open('b.json'))['bucket']", "from-json"),
        ("json.loads(Path('b.json').read_text())['bucket']", "from-json"),
        ("json.load(open('b.json')).get('bucket')", "from-json"),
        ("Path('.').joinpath('b.txt').expanduser().open().read().strip()", "from-text"),
        ("open(os.path.join('.', 'b.txt'), mode='rb').read().decode().strip()", "from-text"),
        ("open(os.path.expanduser('b.txt')).read().splitlines and open('b.txt').read().strip()", None),
        ("dotenv_values(find_dotenv())['D']", "from-file"),
        ("'%s' % os.environ['B']", "from-env"),
        ("'{}'.format(os.environ['B'])", "from-env"),
        ("str(os.environ['B'])", "from-env"),
        ("(Path('x').parent / 'b.txt').read_text().strip()", "from-text"),
        ("(Path(__file__).resolve().parent / 'b.txt').read_text().strip()", "from-text"),
        ("open(os.path.join(os.path.dirname(__file__), 'b.txt')).read().strip()", "from-text"),
    ],
)
def test_references(written: str, expected: str | None) -> None:
    files()
    (found,) = read(
        f"import os, json\nfrom pathlib import Path\nfrom dotenv import dotenv_values\nbucket = {written}{REQUEST}",
        env={"B": "from-env", **ENV},
    )
    if expected is None:
        assert unresolved(found)["bucket"]
    else:
        assert plain(found)["bucket"] == expected, unresolved(found)


def files() -> None:
    Path(".env").write_text("D=from-file\n")
    Path("b.txt").write_text("from-text\n")
    Path("b.json").write_text('{"bucket": "from-json"}')
    Path("key.json").write_text('{"type": "service_account", "private_key": "EXAMPLE"}\n')


@pytest.mark.parametrize(
    "written",
    [
        "base64.b64encode(open('key.json', 'rb').read()).decode()",
        "base64.b64encode(open('key.json').read().encode()).decode('utf-8')",
        "base64.b64encode(Path('key.json').read_bytes()).decode('ascii')",
        "base64.b64encode(json.dumps(json.load(open('key.json'))).encode('utf-8')).decode()",
    ],
)
def test_a_key_file_that_is_encoded(written: str) -> None:
    files()
    (found,) = read(
        f"d = {{'name': 'gcs', 'type': 'google_cloud_storage', 'parameters': {{'bucket': 'imagery', 'credentials': {written}}}}}"
    )
    assert json.loads(base64.b64decode(plain(found)["credentials"])) == {"type": "service_account", "private_key": "EXAMPLE"}
    assert not unresolved(found)


def test_with_statements_and_load_dotenv() -> None:
    files()
    (found,) = read(
        "from dotenv import load_dotenv\nload_dotenv()\nwith open('key.json', 'rb') as f:\n    raw = f.read()\n"
        "key = base64.b64encode(raw).decode()\n"
        "d = {'name': 'gcs', 'type': 'google_cloud_storage', 'parameters': {'bucket': os.environ['D'], 'credentials': key}}",
        env={},
    )
    assert plain(found)["bucket"] == "from-file"
    assert base64.b64decode(plain(found)["credentials"]) == Path("key.json").read_bytes()


def test_variables_that_the_program_sets_itself() -> None:
    assert bucket("os.environ['B'] = 'set-here'\nbucket = os.environ['B']\n") == "set-here"
    assert "branch" in bucket("if x:\n    os.environ['B'] = 'set-here'\nbucket = os.environ['B']\n")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("os.environ['NONE']", "not set"),
        ("os.getenv('NONE', '')", "its default is empty"),
        ("open('none.txt').read()", "there is no such file"),
        ("base64.b64encode(b'x')", "bytes"),
        ("base64.b64encode(open('b.txt').read()).decode()", "base64 takes bytes"),
        ("dotenv_values('none.env')['D']", "no such file"),
        ("dotenv_values()['E']", "not set"),
        ("open('b.txt', 'w').read()", "not followed"),
        ("json.load(open('b.json'))['other']", "no such member"),
    ],
)
def test_references_that_cannot_be_resolved_say_why(written: str, said: str) -> None:
    files()
    (found,) = read(f"bucket = {written}{REQUEST}", env=ENV)
    assert said in unresolved(found)["bucket"]
    assert "from-" not in repr(found.problems)


@pytest.mark.parametrize("written", ["os.environ['B']", "open('b.txt').read()", "dotenv_values()['D']", "os.getenv('B', 'x')"])
def test_references_are_resolved_only_as_far_as_the_run_allows(written: str) -> None:
    files()
    (found,) = read(
        f"bucket = {written}{REQUEST}",
        env={"B": "from-env", **ENV},
        allow_env=frozenset({"SECRET"}),
        allow_files=("elsewhere",),
    )
    assert "this run does not allow it" in unresolved(found)["bucket"]
    assert load_all(["order.py"], references=References.none()).destinations[0].parameters["bucket"] == ""


def test_files_outside_the_repository_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess

    (tmp_path / "repo").mkdir()
    files()
    Path("dest.json").write_text(json.dumps({"name": "from file", "type": "amazon_s3", "parameters": {"bucket": "imagery-in"}}))
    monkeypatch.chdir(tmp_path / "repo")
    subprocess.run(["git", "init", "-q"], check=True)
    for written in ("open('../b.txt').read().strip()", "dotenv_values('../.env')['D']"):
        (found,) = read(f"bucket = {written}{REQUEST}", env=ENV)
        assert "reference-outside-repository" in [each.name for each in found.problems]
    (found,) = read(f"bucket = dotenv_values()['D']{REQUEST}", env=ENV)
    assert "there is no .env" in unresolved(found)["bucket"], "it is not looked for outside the repository"
    with pytest.raises(BadSource, match="outside the repository"):
        read("cl.create_destination(json.load(open('../dest.json')))")


def test_secrets_by_reference_are_masked_and_the_pieces_of_one_too() -> None:
    (found,) = read(
        "d = {'type': 'amazon_s3', 'parameters': {'bucket': 'b', 'aws_secret_access_key': 'EXAMPLEHALF' + os.environ['NONE']}}",
        env={},
    )
    assert Secret("EXAMPLEHALF") in found.secrets
    assert "EXAMPLEHALF" not in whole(lint([found]))


def test_nothing_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    read("print('ran')\nopen('ran', 'w').write('x')\nimport os\nos.system('touch ran')\nbucket = 'x'" + REQUEST)
    assert not Path("ran").exists()
    assert "ran" not in capsys.readouterr().out


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
