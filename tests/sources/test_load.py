"""Sources: every format and shape, where values stand, and what cannot be read."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.cases import in_parts
from validator.checking.assemble import lint
from validator.core.errors import BadSource
from validator.core.model import Secret
from validator.sources.loader import Loaded, References, load, load_all

pytestmark = pytest.mark.usefixtures("here")

REQUEST = {
    "name": "imagery",
    "type": "amazon_s3",
    "parameters": {
        "bucket": "imagery-in",
        "aws_region": "eu-central-1",
        "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12",
        "aws_secret_access_key": "EXAMPLE/" + "k" * 32,
    },
}


def one(text: str, name: str = "dest.json") -> Loaded:
    Path(name).write_text(text, encoding="utf-8")
    return load(name)


def problems(text: str | bytes, name: str = "dest.json") -> tuple[str, ...]:
    Path(name).write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(BadSource) as raised:
        load(name)
    return raised.value.problems


YAML = """\
# ours
name: imagery
type: amazon_s3
parameters:
  bucket: imagery-in
  aws_region: eu-central-1
"""
TOML = """\
name = "imagery"
type = "amazon_s3"

[parameters]
bucket = "imagery-in"
aws_region = "eu-central-1"
"""


@pytest.mark.parametrize(
    ("name", "text", "line", "column"),
    [
        ("dest.json", json.dumps(REQUEST, indent=1), 5, 13),
        ("dest.yaml", YAML, 5, 11),
        ("dest.toml", TOML, 5, 10),
    ],
)
def test_formats_and_places(name: str, text: str, line: int, column: int) -> None:
    found = one(text, name).destinations[0]
    assert (found.name, found.type, found.parameters["bucket"], found.source) == ("imagery", "amazon_s3", "imagery-in", name)
    assert not found.problems
    place = found.places["/parameters/bucket"]
    assert (place.line, place.column) == (line, column)
    assert found.line_of("/parameters/none") == found.places["/parameters"].line


def test_a_list_a_manifest_and_a_table_of_many() -> None:
    assert [each.pointer for each in one(json.dumps([REQUEST, REQUEST])).destinations] == ["/0", "/1"]
    assert [each.pointer for each in one(json.dumps({"destinations": [REQUEST]})).destinations] == ["/destinations/0"]
    toml = '[[destinations]]\nname = "one"\ntype = "gcs"\n[destinations.parameters]\nbucket = "a"\n[[destinations]]\nname = "two"\n'
    toml += 'type = "gcs"\nparameters = {bucket = 5}\n'
    first, second = one(toml, "many.toml").destinations
    assert (first.line_of("/parameters/bucket"), second.line_of("/parameters/bucket")) == (5, 9)
    assert second.parameters["bucket"] == 5


def test_an_order_and_its_prefix() -> None:
    inside = {**REQUEST["parameters"], "path_prefix": "a/b"}
    order = {"name": "o", "products": [], "delivery": {"archive_type": "zip", "single_archive": True, "amazon_s3": inside}}
    found = one(json.dumps(order)).destinations[0]
    assert (found.type, found.path_prefix, found.pointer) == ("amazon_s3", "a/b", "/delivery/amazon_s3")
    assert "path_prefix" not in found.parameters
    assert lint(load("dest.json")).verdict == "pass"


def test_a_subscription_early_and_late() -> None:
    delivery = {"type": "s3", "parameters": {**REQUEST["parameters"], "path_prefix": "x"}}
    for body in (delivery, [delivery]):
        found = one(json.dumps({"name": "s", "source": {}, "delivery": body})).destinations[0]
        assert (found.type, found.path_prefix) == ("amazon_s3", "x")


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        ({"delivery": {"destination": {"ref": "pl:destinations/imagery-5aIp"}}}, "destination-reference"),
        ({"delivery": {"type": "destination", "parameters": {"ref": "pl:destinations/imagery-5aIp"}}}, "destination-reference"),
        ({"delivery": {"google_earth_engine": {"project": "p", "collection": "c"}}}, "not-a-bucket"),
        ({"delivery": {"type": "google_earth_engine", "parameters": {}}}, "not-a-bucket"),
        ({"hosting": {"type": "sentinel_hub", "parameters": {}}}, "not-a-bucket"),
    ],
)
def test_deliveries_that_cannot_be_checked(body: dict[str, object], finding: str) -> None:
    one(json.dumps({"name": "o", **body}))
    report = lint(load("dest.json"))
    assert [each.name for each in report.destinations[0].findings] == [finding]
    assert report.verdict == "inconclusive"
    fix = report.destinations[0].findings[0].fix
    assert fix is not None
    assert finding != "destination-reference" or fix.commands == ("planet-validator update imagery-5aIp new-credentials.json",)


@pytest.mark.parametrize(
    ("short", "meant"),
    [
        ("s3", "amazon_s3"),
        ("s3-compatible", "s3_compatible"),
        ("ocs", "oracle_cloud_storage"),
        ("azure", "azure_blob_storage"),
        ("gcs", "google_cloud_storage"),
    ],
)
def test_the_command_lines_types(short: str, meant: str) -> None:
    found = load({"type": short, "parameters": {"bucket": "imagery-in"}}).destinations[0]
    assert found.type == meant
    assert not found.problems


def test_secrets_cannot_print_themselves() -> None:
    found = load({**REQUEST, "x_token": "EXAMPLE-TOP"}).destinations[0]
    assert isinstance(found.parameters["aws_secret_access_key"], Secret)
    assert Secret("EXAMPLE-TOP") in found.secrets
    assert "EXAMPLE/k" not in repr(found)


@pytest.mark.parametrize("name", ["ab", "x" * 64, 5])
def test_names(name: object) -> None:
    found = load({**REQUEST, "name": name}).destinations[0]
    assert [each.name for each in found.problems] == ["name-invalid"]


def test_without_a_name_it_is_the_buckets() -> None:
    found = load({key: value for key, value in REQUEST.items() if key != "name"}).destinations[0]
    assert found.name == "imagery-in"
    assert not found.problems


@in_parts(
    ("name", "text", "said"),
    [
        ("a.json", "", "it is empty"),
        ("a.json", '{"a": 1,\n "b": }', "line 2: it is not JSON"),
        ("a.json", '{"name": 1,\n"name": 2, "parameters": {"x": 1,\n"x": 2}}', "line 2: the key name is there twice"),
        ("a.json", "[" * 100_000, "nested deeper than 64"),
        ("a.json", '{"a":' * 70 + "1" + "}" * 70, "nested deeper than 64"),
        ("a.json", '{"parameters": {"bucket": ' + "9" * 5000 + "}}", "more than 300 digits"),
        ("a.json", '{"parameters": {\n"bucket": "\\u0000"}}', "line 2: a string holds a NUL"),
        ("a.json", '{"parameters": {\n"bucket": "\\ud800"}}', "line 2: a string holds a NUL or half"),
        ("a.json", b"\x00\x01\xff", "not text"),
        ("a.json", b'{"a": "\xff"}', "not UTF-8"),
        ("a.json", "[]", "the list is empty"),
        ("a.json", "[[]]", "no destination"),
        ("a.json", '{"destinations": []}', "the list is empty"),
        ("a.json", '{"destinations": {}}', "destinations is not a list"),
        ("a.json", '"text"', "not an object"),
        ("a.json", '{"name": "x", "products": []}', "no delivery"),
        ("a.json", '{"delivery": {"archive_type": "zip"}}', "delivery names no destination"),
        ("a.json", '{"type": "service_account", "private_key": "EXAMPLE"}', "Google key file"),
        ("a.yaml", "a: !!python/object/apply:os.system [x]", "line 1: YAML tags"),
        ("a.yaml", "a: b: c", "line 1: it is not YAML"),
        ("a.yaml", "name: a\nname: b", "line 2: the key name is there twice"),
        ("a.yaml", "--- 1\n--- 2", "no destination in this list"),
        ("a.json", '[{"type": "amazon_s3", "type": "amazon_s3"}]', "type is there twice"),
        ("a.yaml", "a: [" * 100, "nested deeper than 64"),
        ("a.yaml", "a: *b", "an alias"),
        ("a.yaml", "a: " + "9" * 5000, "more than 300 digits"),
        ("a.toml", "a = ", "it is not TOML"),
        ("a.toml", "a = 1\na = 2", "it is not TOML"),
        ("a.toml", "a." * 5000 + "b = 1", "more than 64 parts"),
        ("a.toml", "a = " + "[" * 5000, "nested deeper than 64"),
    ],
)
def test_what_cannot_be_read(name: str, text: str | bytes, said: str) -> None:
    found = problems(text, name)
    assert len(found) == 1 or "twice" in said
    assert said in found[0]
    assert found[0].startswith(name)


def test_both_of_two_duplicates_are_told() -> None:
    assert len(problems('{"name": 1,\n"name": 2, "parameters": {"x": 1,\n"x": 2}}')) == 2


def test_yaml_that_explodes_is_stopped() -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 30))
    assert "more than 200,000 values" in problems("l0: &l0 [1]\n" + levels, "bomb.yaml")[0]


def test_merge_keys() -> None:
    found = one(
        "d: &d {bucket: b-one, x: 1}\ndestinations:\n- name: abc\n  type: gcs\n  parameters: {<<: *d, x: 2}\n", "m.yaml"
    )
    assert found.destinations[0].parameters == {"bucket": "b-one", "x": 2}


def test_a_file_of_100_mb_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("big.json").open("wb") as file:
        file.truncate(100 << 20)
    with pytest.raises(BadSource, match="104,857,600 bytes, and 1 MiB is the limit"):
        load("big.json")


def test_missing_files_folders_and_devices() -> None:
    Path("empty").mkdir()
    os.mkfifo("pipe.json")
    Path("folder").mkdir()
    os.mkfifo("folder/pipe.json")
    with pytest.raises(BadSource) as raised:
        load_all(["none.json", "empty", "/dev/zero", "folder", "a\0b"])
    assert [each.partition(": ")[2] for each in raised.value.problems] == [
        "there is no such file",
        "the folder holds nothing that is read (.json, .yaml, .yml, .toml, .ipynb, .py, .sh, .bash, .zsh)",
        "it is too large: 1 MiB is the limit",
        "it is a device or a pipe, not a file",
        "it cannot be read: the name is no path",
    ]


def test_a_folder_holds_other_things_too() -> None:
    for name, text in {
        "b.json": json.dumps(REQUEST),
        "sub/a.yaml": YAML,
        "sub/features.geojson.json": '{"type": "FeatureCollection", "features": []}',
        "key.json": '{"type": "service_account", "private_key": "EXAMPLE"}',
        "list.json": "[1, 2]",
        "package.json": "{broken",
        ".hidden.json": "{broken",
        "node_modules/x.json": "{broken",
        ".git/x.json": "{broken",
        "notes.txt": "{broken",
    }.items():
        Path("all", name).parent.mkdir(parents=True, exist_ok=True)
        Path("all", name).write_text(text)
    loaded = load("all")
    assert loaded.files == ("all/b.json", "all/sub/a.yaml")
    assert loaded.skipped == ("all/key.json", "all/list.json", "all/sub/features.geojson.json")
    Path("all/broken.json").write_text("{")
    report = lint(load("all"))
    assert [each.source for each in report.destinations] == ["all/b.json", "all/broken.json", "all/sub/a.yaml"]
    assert report.destinations[1].verdict == "fail"
    (finding,) = report.destinations[1].findings
    assert (finding.name, finding.line) == ("unreadable-source", 1)


def test_a_folder_without_a_destination_is_no_source() -> None:
    Path("all").mkdir()
    Path("all/x.json").write_text('{"a": 1}')
    with pytest.raises(BadSource, match=r"all: there is no destination in it \(1 files hold something else\)"):
        load("all")


@pytest.mark.parametrize("text", [json.dumps(REQUEST), YAML, TOML, "[parameters]\nbucket = 'x'\n", "# hi\nparameters: {}\n"])
def test_standard_input_in_any_format(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    found = load("-").destinations[0]
    assert (found.source, found.places["/parameters"].line is not None) == ("-", True)
    assert not [each for each in found.problems if each.name == "not-json"]


def test_byte_order_marks() -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        Path("bom.json").write_bytes(json.dumps(REQUEST).encode(encoding))
        assert load("bom.json").destinations[0].name == "imagery"


def test_a_mapping_that_holds_itself() -> None:
    loop: dict[str, object] = {"type": "s3"}
    loop["parameters"] = loop
    with pytest.raises(BadSource):
        load(loop)


def test_a_mapping_is_not_changed_and_may_hold_secrets() -> None:
    given = {**REQUEST, "parameters": {**REQUEST["parameters"], "aws_secret_access_key": Secret("EXAMPLE" * 6)}}
    found = load(given, references=References.none()).destinations[0]
    assert Secret("EXAMPLE" * 6) in found.secrets


def test_five_hundred_files_in_bounded_memory_and_no_heavy_import() -> None:
    for number in range(500):
        Path(f"d{number}.json").write_text(json.dumps({**REQUEST, "name": f"dest {number}"}))
    program = (
        "import sys\nfrom validator.sources.loader import load\nloaded = load('.')\n"
        # Not ru_maxrss: that is inherited from whoever started the process.
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1]\n"
        "print(len(loaded.destinations), int(peak) // 1024,"
        " *[each for each in ('yaml', 'tomllib', 'tomlkit', 'botocore', 'google', 'azure', 'rich') if each in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    count, memory, *heavy = done.stdout.split()
    assert count == "500"
    assert int(memory) < 80
    assert not heavy


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "examples").glob("*.*")), ids=lambda path: path.name)
def test_the_documentations_examples_are_sources(path: Path) -> None:
    if path.suffix not in (".json", ".yaml", ".toml") or "name" not in path.read_text():
        pytest.skip("an example of something else")
    env = dict.fromkeys(("AWS_ACCESS_KEY_ID", "STORE_ACCESS_KEY_ID"), "AKIAEXAMPLEEXAMPLE12")
    found = load(str(path), references=References(env=env)).destinations
    assert found
    assert {each.name for one in found for each in one.problems} <= {"unresolved-reference"}


def test_a_misspelt_key_may_hide_a_secret_and_another_types_key_does_not() -> None:
    found = load(
        {"type": "gcs", "parameters": {"bucket": "b-one", "account": "imagery", "aws_scret_acces_key": "EXAMPLE-S"}}
    ).destinations[0]
    assert found.secrets == (Secret("EXAMPLE-S"),)
    assert "EXAMPLE-S" not in repr(found)


def test_standard_input_is_named_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"a":}')))
    with pytest.raises(BadSource, match=r"^standard input, line 1: it is not JSON"):
        load("-")


def test_the_same_file_named_twice_and_in_a_folder() -> None:
    Path("all").mkdir()
    Path("all/x.json").write_text(json.dumps(REQUEST))
    assert load_all(["all", "all/x.json", "all"]).files == ("all/x.json", "all/x.json")


def test_folders_too_deep_are_told_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "top.json").write_text('{"name": "x", "type": "amazon_s3", "parameters": {"bucket": "imagery-in"}}')
    monkeypatch.chdir(tmp_path)
    for _ in range(150):
        Path("d").mkdir()
        monkeypatch.chdir("d")
    Path("deep.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    found = load(str(tmp_path))
    assert "x" in [each.name for each in found.destinations]
    (told,) = [each for each in found.destinations if each.name != "x"]
    assert "more than 100 folders deep" in told.problems[0].detail


def test_requests_under_names_of_ones_own_are_read_each_and_a_delivery_is_none() -> None:
    inner = {"type": "amazon_s3", "parameters": {"bucket": "imagery-in", "path_prefix": "weekly"}}
    found = load({"dev": inner, "prod": {**inner, "parameters": {"bucket": "other"}}}).destinations
    assert [(each.pointer, each.parameters["bucket"]) for each in found] == [("/dev", "imagery-in"), ("/prod", "other")]
    (alone,) = load({"delivery": inner}).destinations
    assert (alone.pointer, alone.path_prefix) == ("/delivery", "weekly")
    assert [each.pointer for each in load({"destinations": {"dev": inner}}).destinations] == ["/destinations/dev"]
