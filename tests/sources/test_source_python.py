"""Python, as scripts and snippets, is read as it would run: never another's bucket or key, and never run."""

from __future__ import annotations

import pytest

from tests.support.cases import in_parts
from tests.support.programs import ENV, NOTEBOOK, REQUEST, TYPES, bucket, cells, indented, plain, read, unresolved
from validator.checking.assemble import lint
from validator.core.errors import BadSource

pytestmark = pytest.mark.usefixtures("here")


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


@in_parts(
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
        ("bucket = f'imagery-{today:%Y}'\n", "not followed"),
        ("bucket = 'x'.join(names)\n", "."),
        ("bucket = 'imagery'.encode('utf-16').decode('utf-16')\n", "not followed"),
        ("bucket = '%d' % 3\n", "not followed"),
        ("bucket = '{:>999999}'.format('x')\n", "not followed"),
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


@in_parts(
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


@in_parts(
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


def test_a_body_that_is_a_text_is_a_request() -> None:
    """``data=`` that held the JSON itself was passed over without a word, and the others passed for all."""
    body = '{"name": "ours", "type": "amazon_s3", "parameters": {"bucket": "in-a-text", "aws_region": "eu-west-1"}}'
    url = "'https://api.planet.com/destinations/v1'"
    seen = f"import json, os, requests\nbucket = 'seen'{REQUEST}requests.post({url}, json=d)\n"
    for sent in (
        f"data='{body}'",
        f"data='{body}'.encode()",
        f"'{body}'",
        f"content='{body}'",
        f"data=b'{body}'",
        f"json.dumps({body})",
    ):
        assert [plain(each)["bucket"] for each in read(f"{seen}requests.post({url}, {sent})", env=ENV)] == ["seen", "in-a-text"]
    for sent in ("data=os.environ['BODY']", "data=open('body.json', 'rb')", "data=f'{make()}'", f"data='{body[:-1]}'"):
        assert [bool(each.problems) for each in read(f"{seen}requests.post({url}, {sent})", env=ENV)] == [False, True], sent
    asked = f"{seen}requests.get({url}, {{'archived': 'false'}})\nrequests.get({url}, headers=headers)\n"
    assert [plain(each)["bucket"] for each in read(asked, env=ENV)] == ["seen"]
