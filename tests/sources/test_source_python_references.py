"""What a value of a Python program refers to: the environment, files, other calls."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.support.cases import in_parts
from tests.support.programs import ENV, REQUEST, bucket, files, plain, read, unresolved
from tests.support.whole import whole
from validator.checking.assemble import lint
from validator.core.errors import BadSource
from validator.core.model import Secret
from validator.sources.loader import References, load_all

pytestmark = pytest.mark.usefixtures("here")

# ---- what values refer to ----------------------------------------------------------------------------------------------


@in_parts(
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


@in_parts(
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
