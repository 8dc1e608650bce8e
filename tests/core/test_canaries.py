"""Every kind of secret in every place of every type, searched for in every format; and ordinary destinations, in which nothing is masked."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.canaries import LETTERS, drawn, kinds, ordinary
from tests.support.placed import BASES, OWN_FIELDS, parts, placed
from tests.support.whole import whole
from validator.checking.assemble import Settings, lint
from validator.checking.batch import redactor_of
from validator.cli import app as cli
from validator.cli import console
from validator.core.model import Destination, Report
from validator.core.secret_shapes import MASK
from validator.fixing import proposals as fix
from validator.formats import FORMATS, render
from validator.providers import BUILT_IN
from validator.sources.loader import References, load
from validator.sources.values import environment_secrets

pytestmark = pytest.mark.no_cover  # thousands of cases through the same lines: tracing them triples their time

KINDS = tuple(kinds())


FORMS: dict[str, str] = {}
"""Reports, and what the formats make of them."""


def shown(report: Report) -> str:
    """The report in every format. Those of most secrets in one place differ in their times alone: they are shown in the same words."""
    same = replace(
        report,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        duration_ms=1.0,
        destinations=tuple(replace(each, duration_ms=1.0) for each in report.destinations),
    )
    values = whole(same)
    if values not in FORMS:
        if len(FORMS) == 500:
            FORMS.clear()
        FORMS[values] = "\n".join(
            [*(render(name, same) for name in FORMATS), render("text", same, verbosity=2), values],
        )
    return FORMS[values]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("type_", BUILT_IN)
def test_a_secret_in_every_place(
    type_: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.DEBUG)
    own, ids = OWN_FIELDS.get(type_, ("", ()))
    text, secret = kinds()[kind]
    secret = secret or text.partition("user:")[2].partition("@")[0]
    for place, source in placed(type_, text):
        if place == f"parameter {own}" and kind in ids:
            continue
        Path("dest.json").write_text(json.dumps(source))
        loaded = load("dest.json", references=References(env={"A_SECRET": "an-EXAMPLE-of-9-k3Ys"}))
        report = lint(loaded)
        edits = fix.propose(loaded.destinations, report, options=Settings().options, references=References(env={}))
        said = "\n".join([shown(report), caplog.text, *(each.diff for each in edits), repr([each.left for each in edits])])
        compact = said.replace("\\", "").lower()
        found = [part for part in parts(secret) if part in said or part.lower() in compact]
        assert not found, f"{kind} in {place} of {type_}: {len(found)} parts"
        encoded = base64.b64encode(secret.encode()).decode()[:-4]
        assert encoded not in said


@pytest.mark.parametrize("kind", KINDS)
def test_a_secret_on_the_command_line_in_every_format(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("A_SECRET", "an-EXAMPLE-of-9-k3Ys")
    for number, format_ in enumerate((*FORMATS, *FORMATS)):
        text, secret = kinds()[kind]
        secret = secret or text.partition("user:")[2].partition("@")[0]
        every = [each for name, each in placed("s3_compatible", text) if name != "parameter access_key_id"]
        Path("dest.json").write_text(json.dumps(every[number % len(every)], indent=1))
        cli.run(["lint", "-vv", "-f", format_, "dest.json"])
        cli.run(["lint", "-vv", "--fix", "--dry-run", "dest.json"])
        said = capsys.readouterr()
        console.forget()
        both = said.out + said.err
        assert not [part for part in parts(secret) if part.lower() in both.lower()], (kind, format_)


@pytest.mark.parametrize("at", [10, 13, 15, 24])
def test_a_secret_that_reads_as_a_path_where_a_grant_is_asked_for(at: int, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(20):
        made = drawn(LETTERS, 40)
        secret = f"{made[:at]}/{made[at + 1 :]}"
        cli.run(["policy", "--type", "s3_compatible", "--endpoint", "https://s3.example.com", "--bucket", secret])
        said = capsys.readouterr()
        console.forget()
        both = (said.out + said.err).lower()
        assert not [part for part in parts(secret) if part.lower() in both]


S3 = ("policy", "--type", "s3", "--bucket", "imagery-in")
GIVEN: dict[str, tuple[str, ...]] = {
    "a command": (), "an option": ("lint", "dest.json", "--{}"), "a file": ("check",), "a chosen name": ("lint", "dest.json", "--select"),
    "a finding": ("explain",), "an ignored finding": ("lint", "dest.json", "--ignore"), "a type": ("init",), "a new file": ("init", "s3"),
    "an emulator": ("demo",), "a prefix": ("lint", "-v", "dest.json", "--prefix"), "an output": ("lint", "dest.json", "--output=nowhere/{}"),
    "a settings file": ("lint", "dest.json", "--config"), "the form of a grant": (*S3, "--as"), "a grant's prefix": (*S3, "--prefix"),
    "whom a grant is for": (*S3, "--as", "commands", "--for"), "a grant's key": (*S3, "--kms-key"), "a grant's source": ("policy", "dest.json", "--name"),
    "what is checked": ("diagnose", "--type"), "one argument too many": ("schema", "report"),
}  # fmt: skip


@pytest.mark.parametrize("place", GIVEN)
def test_a_secret_among_the_arguments(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error repeats what it is about, whole, cut or in parts; a grant is made of it."""
    monkeypatch.chdir(tmp_path)
    Path("dest.json").write_text(json.dumps({"name": "imagery", "type": "amazon_s3", "parameters": BASES["amazon_s3"]}))
    made = kinds()
    for kind in ("amazon secret", "amazon key id", "oracle secret", "cloudflare secret", "spaces key id", "planet key"):
        secret = made[kind][0]
        before = GIVEN[place]
        here = [each.format(secret) for each in before] if "{}" in " ".join(before) else [*before, secret]
        cli.run(here)
        said = capsys.readouterr()
        console.forget()
        both = (said.out + said.err).lower()
        assert both
        assert not [part for part in parts(secret) if part.lower() in both], kind


def test_a_secret_among_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dest.json").write_text(json.dumps({"name": "imagery", "type": "amazon_s3", "parameters": BASES["amazon_s3"]}))
    for name in ("PREFIX", "IGNORE", "SELECT", "FORMAT", "TIMEOUT", "CONFIG"):
        secret = f"{drawn(LETTERS, 15)}/{drawn(LETTERS, 24)}"
        monkeypatch.setenv(f"PLANET_VALIDATOR_{name}", f"https://user:{secret}@s3.example.com")
        cli.run(["lint", "-v", "dest.json"])
        monkeypatch.delenv(f"PLANET_VALIDATOR_{name}")
        said = capsys.readouterr()
        console.forget()
        assert not [part for part in parts(secret) if part.lower() in (said.out + said.err).lower()], name


def test_a_secret_with_commas_among_the_settings_is_no_list_of_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    secret = "kR7w3XqP9m,Zt4Vb8NcY2,hJ6sD5fGaL,qW1eU9iOoB"  # EXAMPLE: of no use to anybody
    for name in ("PREFIX", "SELECT", "ALLOW_ENV", "ALLOW_FILE", "OUTPUT"):
        monkeypatch.setenv(f"PLANET_VALIDATOR_{name}", secret)
        cli.run(["lint", "-v", "nowhere.json"])
        monkeypatch.delenv(f"PLANET_VALIDATOR_{name}")
        said = "".join(capsys.readouterr()).lower()
        console.forget()
        assert said
        assert not [part for part in secret.split(",") if part.lower() in said], name


def test_a_file_that_is_there_is_named_whatever_it_is_called(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / drawn(LETTERS, 40)
    folder.mkdir()
    path = folder / f"{drawn('0123456789abcdef', 40)}.json"
    path.write_text("{")
    cli.run(["lint", str(path)])
    cli.run(["lint", str(folder / "no.json")])
    cli.run(["lint", str(path), "--select", "imagery"])
    said = capsys.readouterr()
    console.forget()
    assert MASK not in said.out + said.err
    assert str(path) in said.out + said.err
    assert str(folder / "no.json") in said.err


def test_a_secret_far_from_where_its_path_would_begin() -> None:
    secret = drawn(LETTERS, 40)
    console.learn([f"{'a/' * 3000}{secret}{'/a' * 3000}"])
    shown = console.masked(f"no such file: {secret[:20]}")
    console.forget()
    assert shown == f"no such file: {MASK}"


def test_a_secret_as_a_prefix_of_the_settings() -> None:
    for _ in range(20):
        secret = f"{drawn(LETTERS, 13)}/{drawn(LETTERS, 26)}"
        destination = Destination("imagery", "memory", {"bucket": "imagery"})
        redactor = redactor_of(destination, None, Settings(prefixes=(secret,)).texts)
        first = secret.partition("/")[0]
        assert first not in redactor.text(f"{first}/planetverify.txt")


def test_the_four_values_in_each_others_fields() -> None:
    from itertools import permutations

    for type_, names in (
        ("amazon_s3", ("bucket", "aws_region", "aws_access_key_id", "aws_secret_access_key")),
        ("s3_compatible", ("bucket", "region", "access_key_id", "secret_access_key")),
        ("oracle_cloud_storage", ("bucket", "region", "customer_access_key_id", "customer_secret_key")),
    ):
        for order in permutations(range(4)):
            made = kinds()
            oracle = type_.startswith("oracle")
            secret = made["oracle secret" if oracle else "amazon secret"][0]
            id_ = made["oracle key id" if oracle else "amazon key id"][0]
            values = ("imagery-in", "us-ashburn-1" if oracle else "eu-central-1", id_, secret)
            parameters = {**BASES[type_], **{names[place]: values[each] for place, each in enumerate(order)}}
            said = shown(lint({"name": "imagery", "type": type_, "parameters": parameters}))
            assert not [part for part in parts(secret) if part.lower() in said.lower()], (type_, order)
            if order[2] != 2:
                assert id_.lower() not in said.lower(), "an id where it does not belong may be anything"


def commands_and_places(report: Report) -> Iterator[str]:
    for one in report.destinations:
        yield from (one.name, one.type, one.source, one.pointer, one.target, one.endpoint_override or "")
        for finding in one.findings:
            yield from (finding.name, finding.title, finding.pointer, finding.detail)
            if finding.fix:
                yield from (
                    finding.fix.summary,
                    *finding.fix.commands,
                    finding.fix.grant,
                    *(each.path for each in finding.fix.patch),
                )
        for residue in one.residue:
            yield from (residue.key, residue.remove_command)


def test_two_hundred_ordinary_destinations_are_shown_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number, source in enumerate(ordinary(200)):
        secret = next(
            value
            for name, value in source["parameters"].items()
            if name.endswith(("secret_access_key", "secret_key", "token", "credentials"))
        )
        folder = Path(str(source["parameters"].get("bucket") or source["parameters"]["container"]))
        folder.mkdir(exist_ok=True)
        path = folder / f"{secret if len(secret) < 12 else folder.name}-{number}.json"
        # One value through a reference: where it came from makes it no secret.
        name, value = next(iter(source["parameters"].items()))
        written = {**source, "parameters": {**source["parameters"], name: "${A_NAME}"}}
        for each in (source, written):
            path.write_text(json.dumps(each))
            report = lint(load(str(path), references=References(env={"A_NAME": value})))
            for text in commands_and_places(report):
                assert MASK not in text, (text, source["parameters"].get("bucket"))
            sarif = json.loads(render("sarif", report))
            for result in sarif["runs"][0]["results"]:
                assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == str(path)
            assert len(secret) < 12 or secret not in shown(report)


def test_a_secret_with_slashes_as_the_name_of_a_parameter() -> None:
    """A pointer writes ``/`` as ``~1``."""
    key = drawn(LETTERS, 30) + "/" + drawn(LETTERS, 38) + "/" + drawn(LETTERS, 5) + "+qw"
    text = f"DefaultEndpointsProtocol=https;AccountName=imagery;AccountKey={key}==;EndpointSuffix=core.windows.net"
    source = {"name": "imagery", "type": "azure_blob_storage", "parameters": {**BASES["azure_blob_storage"], text: "x"}}
    said = shown(lint(source))
    assert "unknown-parameter" in said
    assert not any(part in said for part in key.split("/"))


def test_a_secret_with_dots_as_a_key_of_toml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bare key is read as tables within tables, each named by a part that is too short to look like a secret."""
    monkeypatch.chdir(tmp_path)
    Path("dest.json").write_text(json.dumps({"name": "imagery", "type": "amazon_s3", "parameters": BASES["amazon_s3"]}))
    secret = "kR7w3XqP9m.Zt4Vb8NcY2.hJ6sD5fGaL.qW1eU9iOoB"  # EXAMPLE: of no use to anybody
    for text in (f"{secret} = 1", f"[{secret}]\nx = 1", f"strict = true\n{secret}.x = 1"):
        Path("settings.toml").write_text(text)
        assert cli.run(["lint", "dest.json", "--config", "settings.toml"]) == 2
        head = 'name = "imagery"\ntype = "amazon_s3"\n'
        for source in (f"{head}[parameters]\n{text}", f"{head}{text}", f"{text}\n[parameters]\nbucket = 'imagery-in'"):
            Path("dest.toml").write_text(source)
            cli.run(["lint", "-vv", "dest.toml"])
            cli.run(["lint", "-f", "json", "dest.toml"])
        said = capsys.readouterr()
        console.forget()
        assert said.err
        assert not [part for part in secret.split(".") if part.lower() in (said.out + said.err).lower()], text


CHOSEN = ("Tr0ub4dor&3", "Hunter2!xyz9", "s3cr3tP4ssw0rd", "geheim-42-Wort", "pass:word@99")
"""Passwords that no form tells from a name."""


@pytest.mark.parametrize("place", ["name", "name among words", "type", "prefix", "bucket", "region", "endpoint"])
def test_a_chosen_password_of_another_destination(place: str) -> None:
    for chosen in CHOSEN:
        holder = {
            "name": "imagery",
            "type": "s3_compatible",
            "parameters": {**BASES["s3_compatible"], "secret_access_key": chosen},
        }
        other = {**holder, "parameters": {**BASES["s3_compatible"], "secret_access_key": "an-EXAMPLE-of-9-k3Ys"}}
        if place == "prefix":
            delivery = {"s3_compatible": {**other["parameters"], "path_prefix": chosen}}
            other = {"order_type": "partial", "products": [], "name": "o", "delivery": delivery}
        elif place in ("bucket", "region", "endpoint"):
            value = f"https://s3.example.com/{chosen}" if place == "endpoint" else chosen
            other["parameters"] = {**other["parameters"], place: value}
        else:
            other = {**other, place.partition(" ")[0]: f"for {chosen} only" if " " in place else chosen}
        said = shown(lint([other, holder]))
        assert chosen not in said.replace("&amp;", "&").replace("\\u0026", "&"), chosen


def test_a_bucket_that_a_variable_names_is_no_secret() -> None:
    bucket = "acme-imagery-2024"
    for variable in ("TF_VAR_sas_container", "S3_SECRET_BUCKET", "KUBERNETES_SECRET_NAME"):
        assert [*environment_secrets([bucket], {variable: bucket})] == []
    assert [*environment_secrets([bucket], {"S3_SECRET": bucket})] == [bucket]


def test_a_chosen_password_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("A_SECRET", "an-EXAMPLE-of-9-k3Ys")
    for chosen in CHOSEN:
        source = {"name": chosen, "type": "s3_compatible", "parameters": BASES["s3_compatible"]}
        Path("dest.json").write_text(json.dumps(source))
        ways = (
            ["lint", "-vv", "dest.json"],
            ["lint", "dest.json", "--select", f"{chosen} x"],
            [*S3, "--as", "commands", "--for", chosen],
        )
        for way in ways:
            monkeypatch.setenv("MINIO_ROOT_PASSWORD", chosen)
            cli.run(way)
            said = capsys.readouterr()
            console.forget()
            assert chosen not in said.out + said.err, way
            monkeypatch.delenv("MINIO_ROOT_PASSWORD")
        cli.run(ways[0])
        assert chosen in capsys.readouterr().out, "it is a name"
        console.forget()
        # What may not be resolved is not told by what is masked, which would be a way to guess it.
        monkeypatch.setenv("MINIO_ROOT_PASSWORD", chosen)
        assert load("dest.json", references=References(allow_env=frozenset({"A_SECRET"}))).destinations[0].secrets == (
            load("dest.json", references=References(env={"A_SECRET": "an-EXAMPLE-of-9-k3Ys"})).destinations[0].secrets
        )
        monkeypatch.delenv("MINIO_ROOT_PASSWORD")


def test_an_ordinary_name_that_is_another_destinations_password_is_shown() -> None:
    weak = {
        "name": "imagery",
        "type": "s3_compatible",
        "parameters": {**BASES["s3_compatible"], "secret_access_key": "production"},
    }
    said = lint([weak, {**weak, "name": "production"}])
    assert [each.name for each in said.destinations] == ["imagery", "production"]
