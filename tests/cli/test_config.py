"""Settings: option before environment before file, and nothing misspelt is ever passed over."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from validator.cli import app, configuration
from validator.cli.configuration import BadSetting


def file(tmp_path: Path, text: str, name: str = "planet-validator.toml") -> configuration.File | None:
    (tmp_path / ".git").mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    return configuration.find(None, tmp_path)


def test_nothing_given_is_the_documented_default(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    values = configuration.settle({}, {}, configuration.find(None, tmp_path))
    assert (values["format"], values["timeout"], values["jobs"], values["expires-within"]) == ("text", 60.0, 16, 14)
    assert (values["strict"], values["allow-env"], values["allow-file"]) == (False, None, None)
    assert values.origins == {}


def test_option_before_environment_before_file(tmp_path: Path) -> None:
    found = file(tmp_path, 'timeout = 10\njobs = 2\nstrict = true\nignore = ["read-denied"]\n')
    environment = {"PLANET_VALIDATOR_TIMEOUT": "20", "PLANET_VALIDATOR_JOBS": "3"}
    values = configuration.settle({"timeout": "30", "ignore": []}, environment, found)
    assert (values["timeout"], values["jobs"], values["strict"], values["ignore"]) == (30.0, 3, True, ("read-denied",))
    assert values.origins["timeout"] == "--timeout"
    assert values.origins["jobs"] == "PLANET_VALIDATOR_JOBS"
    assert values.origins["strict"].endswith("planet-validator.toml")


def test_an_option_can_switch_off_what_a_file_switches_on(tmp_path: Path) -> None:
    assert configuration.settle({"strict": False}, {}, file(tmp_path, "strict = true"))["strict"] is False


def test_pyproject_has_its_own_table(tmp_path: Path) -> None:
    found = file(tmp_path, '[project]\nname = "x"\n[tool.planet-validator]\nexpires-within = 30\n', "pyproject.toml")
    assert configuration.settle({}, {}, found)["expires-within"] == 30


def test_the_search_goes_up_to_the_repository_and_no_further(tmp_path: Path) -> None:
    (tmp_path / "planet-validator.toml").write_text("jobs = 1")
    inside = tmp_path / "repository" / "deep"
    inside.mkdir(parents=True)
    assert configuration.find(None, inside) is None  # no repository: the file above may be anybody's
    assert configuration.find(None, tmp_path) is None
    (tmp_path / "repository" / ".git").mkdir()
    assert configuration.find(None, inside) is None
    (tmp_path / ".git").mkdir()
    assert configuration.find(None, inside) is None
    (tmp_path / "repository" / ".git").rmdir()
    assert configuration.find(None, inside) is not None


def test_only_the_users_own_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    path = tmp_path / "planet-validator.toml"
    (tmp_path / ".git").mkdir()
    (tmp_path / "elsewhere.toml").write_text("jobs = 1")
    path.symlink_to("elsewhere.toml")
    assert configuration.find(None, tmp_path, said.append) is None
    assert "not read, since it is a link or belongs to somebody else" in said[0]
    path.unlink()
    path.write_text("jobs = 1")
    assert configuration.find(None, tmp_path) is not None
    me, others = path.stat().st_uid, 54321
    if me:
        monkeypatch.setattr("os.geteuid", lambda: others)  # the file cannot be given away without being root
    else:
        os.chown(path, others, -1)
    assert configuration.find(None, tmp_path, said.append) is None
    assert configuration.find(str(path), tmp_path) is not None  # named, it is meant
    if not me:
        monkeypatch.setenv("SUDO_UID", str(others))
        assert configuration.find(None, tmp_path) is not None


@pytest.mark.parametrize(
    "name",
    [
        "output", "proceed", "multipart", "prefix", "endpoint", "planet-url", "ca-bundle", "owner", "owner-profile",
        "allow-env", "allow-file", "env-file", "fix", "delete", "yes", "everywhere", "force-key", "config",
    ],
)  # fmt: skip
def test_a_file_decides_nothing_that_is_written_or_reached(tmp_path: Path, name: str) -> None:
    for text, where in (
        (f"{name} = true", "planet-validator.toml"),
        (f"[tool.planet-validator]\n{name} = ['x']", "pyproject.toml"),
    ):
        (tmp_path / "planet-validator.toml").unlink(missing_ok=True)
        with pytest.raises(BadSetting, match=f"{name} is not read from a file|there is no setting {name}"):
            file(tmp_path, text, where)


def test_a_pyproject_of_others_is_none_of_ours(tmp_path: Path) -> None:
    assert file(tmp_path, "this is [not toml", "pyproject.toml") is None


def test_an_empty_variable_is_not_given() -> None:
    assert configuration.settle({}, {"PLANET_VALIDATOR_TIMEOUT": ""}, None)["timeout"] == 60.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("jobs = 4\ntimout = 3\n", r"planet-validator\.toml:2: there is no setting timout, is timeout meant\?"),
        ("a = 1\nb = [\n", r"planet-validator\.toml:2: it is not TOML"),
        ("jobs = 0", r"planet-validator\.toml:1: jobs must be a number from 1"),
        ("\n\ntimeout = true", r"planet-validator\.toml:3: timeout must be a number of seconds"),
        ("timeout = inf", "timeout must be"),
        ('strict = "perhaps"', "strict must be true or false"),
        ('format = "xml"', "format must be one of text, json"),
        ('ignore = ["delete-deneid"]', "is delete-denied meant"),
        ("ignore = 3", "ignore must be a list of strings"),
        ('ca-bundle = "ca.pem"', r":1: ca-bundle is not read from a file.*give --ca-bundle or PLANET_VALIDATOR_CA_BUNDLE"),
        ('[endpoint]\namazon_s3 = "http://elsewhere.example"', "endpoint is not read from a file"),
        ('allow-env = ["A"]', "allow-env is not read from a file"),
        ("\x00", ":1: it is not TOML"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        configuration.settle({}, {}, file(tmp_path, text))


def test_pyprojects_own_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"pyproject\.toml:4: there is no setting jbos"):
        file(tmp_path, "[tool.other]\njbos = 1\n[tool.planet-validator]\njbos = 2\n", "pyproject.toml")


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="No such file"):
        configuration.find(str(tmp_path / "none.toml"), tmp_path)
    big, bad = tmp_path / "big.toml", tmp_path / "bad.toml"
    big.write_text("#" * (configuration.LARGEST + 1))
    bad.write_bytes(b"\xff\xfe")
    with pytest.raises(BadSetting, match="larger than"):
        configuration.find(str(big), tmp_path)
    with pytest.raises(BadSetting, match="not UTF-8"):
        configuration.find(str(bad), tmp_path)


def test_an_empty_file_switches_the_search_off(tmp_path: Path) -> None:
    file(tmp_path, "strict = true")
    found = configuration.find("/dev/null", tmp_path)
    assert configuration.settle({}, {}, found)["strict"] is False


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("endpoint", ["amazon_s3"]),
        ("endpoint", ["nothing=http://x"]),
        ("endpoint", ["amazon_s3=ftp://x"]),
        ("endpoint", ["amazon_s3=http://user:pass@x"]),
        ("timeout", "soon"),
        ("timeout", "nan"),
        ("jobs", "1.5"),
        ("jobs", "-1"),
        ("expires-within", "-1"),
        ("ca-bundle", "/nowhere/ca.pem"),
        ("color", "mauve"),
    ],
)
def test_a_bad_option_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(BadSetting, match=f"^--{name} must be"):
        configuration.settle({name: value}, {}, None)


def test_lists_in_the_environment_are_parted_by_commas() -> None:
    values = configuration.settle({}, {"PLANET_VALIDATOR_ALLOW_ENV": "A, B,\nC"}, None)
    assert values["allow-env"] == ("A", "B", "C")


def test_every_setting_has_an_option() -> None:
    known = {each.name.replace("_", "-") for name in ("check", "create") for each in app.load(name).params}
    assert set(configuration.KEYS) <= known


def test_every_format_can_be_asked_for() -> None:
    from validator.cli.settings import FORMATS
    from validator.formats import FORMATS as RENDERED

    assert set(FORMATS) == set(RENDERED)


def test_a_grant_is_made_of_no_variable_that_the_environment_does_not_allow(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", "imagery-in")
    Path("d.json").write_text(json.dumps({"name": "n", "type": "amazon_s3", "parameters": {"bucket": "${PLACE}"}}))
    assert "arn:aws:s3:::imagery-in" in run("policy", "d.json").out
    monkeypatch.setenv("PLANET_VALIDATOR_ALLOW_ENV", "ANOTHER")
    assert "imagery-in" not in run("policy", "d.json").out
