"""What a library's user logs: representations of sources and settings, and errors with their tracebacks."""

from __future__ import annotations

import json
import os
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import validator
from tests.support.canaries import kinds
from tests.support.placed import BASES, parts
from validator.core.errors import BadSource, ValidatorError
from validator.core.guarded import guarded
from validator.core.model import Destination, Secret
from validator.core.secret_shapes import MASK
from validator.service.app import ServiceSettings, create_app
from validator.sources.loader import load, load_text
from validator.sources.surroundings import References

WAYS: dict[str, Callable[[str], Any]] = {
    "a destination": lambda text: Destination(
        text, text, {"bucket": text, text: text}, source=text, pointer=text, path_prefix=text
    ),
    "its name": lambda text: load({"name": text, "type": "amazon_s3", "parameters": BASES["amazon_s3"]}),
    "its type": lambda text: load({"name": "imagery", "type": text, "parameters": BASES["amazon_s3"]}).destinations,
    "a prefix": lambda text: load(
        {"order_type": "partial", "products": [], "name": "o", "delivery": {"amazon_s3": {**BASES["amazon_s3"], "path_prefix": text}}}
    ),
    "settings": lambda text: validator.Settings(prefixes=(text,), endpoints={"amazon_s3": text}, owner_profile=text, ca_bundle=text),
    "a sweep": lambda text: validator.Sweeping(force_keys=(text,), profile=text),
    "a path": load,
    "a list": lambda text: load([text, f"{text}.json"]),
    "a type to diagnose": lambda text: validator.diagnose("AccessDenied", type=text),
    "a text": lambda text: load_text(f"{{{json.dumps(text)}: ", ".json"),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_nothing_that_is_logged_shows_a_credential(way: str) -> None:
    for kind, (text, whole) in kinds().items():
        secret = whole or text.partition("user:")[2].partition("@")[0]
        try:
            given = WAYS[way](text)
            said = f"{given!r} {given}"
        except ValidatorError as error:
            said = "".join(traceback.format_exception(error)) + repr(error) + repr(error.args)
            said += repr(error.problems) if isinstance(error, BadSource) else ""
        said = said.replace("\\", "")
        assert not [part for part in parts(secret) if part.replace("\\", "") in said], kind


def test_a_password_that_stands_in_its_own_destinations_name_as_well() -> None:
    chosen = "Tr0ub4dor&3"
    parameters = {**BASES["s3_compatible"], "secret_access_key": chosen}
    loaded = load({"name": f"for {chosen} only", "type": "s3_compatible", "parameters": parameters})
    mine = Destination(chosen, "s3_compatible", {"secret_access_key": Secret(chosen)})
    for said in (repr(loaded), repr(loaded.destinations), repr(mine)):
        assert chosen not in said
    assert "for *** only" in repr(loaded)


def test_a_file_that_is_there_and_ordinary_names_are_shown(tmp_path: Path) -> None:
    folder = tmp_path / "qK3v9XzT7mWp2LrY8bNd"
    folder.mkdir()
    (folder / "dest.json").write_text("{")
    with pytest.raises(BadSource) as raised:
        load(str(folder / "dest.json"))
    assert str(folder) in str(raised.value)
    assert guarded(f"{folder}/no.json: there is no such file") == f"{folder}/no.json: there is no such file"
    source = {"name": "imagery 2024", "type": "amazon_s3", "parameters": BASES["amazon_s3"]}
    assert MASK not in repr(load(source)).replace("Secret(***)", "")


def test_a_service_tells_no_stranger_which_folders_are_there() -> None:
    create_app(ServiceSettings(token="EXAMPLE"))
    said = []
    for folder in ("/etc", "/no-such-etc"):
        with pytest.raises(ValidatorError) as raised:
            validator.diagnose("AccessDenied", type=f"{folder}/qK3v9XzT7mWp2LrY8bNd")
        said.append(str(raised.value).replace("/no-such-etc", "/etc"))
    assert said[0] == said[1]


def test_what_is_cut_was_made_safe_before() -> None:
    with pytest.raises(ValidatorError) as raised:
        validator.diagnose("AccessDenied", type=f"{'imagery/' * 9}qK3v9XzT7mWp2LrY8bNd")
    assert "qK3v9XzT" not in str(raised.value)


def test_another_machine_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(os.path, "lexists", lambda path: (asked.append(path), False)[1])
    assert guarded("//host.example/qK3v9XzT7mWp2LrY8bNd") == MASK
    assert asked == []


def test_an_error_takes_another_as_its_message() -> None:
    assert str(ValidatorError(ValueError("no such thing"))) == "no such thing"


def test_an_environment_that_is_given_is_not_represented() -> None:
    assert "an-EXAMPLE" not in repr(References(env={"MY_PASSWORD": "an-EXAMPLE"}))


def test_a_value_stays_what_it_is() -> None:
    """Only how it is shown has changed."""
    one = Destination("qK3v9XzT7mWp2LrY8bNd4", "amazon_s3", {"bucket": "imagery-in"})
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301 - of our own
    assert hash(validator.Sweeping()) == hash(validator.Sweeping())
    assert one.name not in repr(one)


def test_a_path_is_looked_for_once_however_much_looks_like_a_credential_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "qK3v9XzT7mWp2LrY8bNd"
    (tmp_path / key).mkdir()
    text = f"{tmp_path}/{key}/{'/'.join(['imagery/archive/' * 3 + key] * 50)}"
    assert guarded(text) == f"{tmp_path}/{key}/{'/'.join(['imagery/archive/' * 3 + MASK] * 50)}"
    asked: list[str] = []
    before = os.path.lexists
    monkeypatch.setattr(os.path, "lexists", lambda path: (asked.append(path), before(path))[1])
    guarded(text)
    assert len(asked) < 300  # one for each part of it; 5,000 and more if each were looked for on its own
    assert guarded(f"{key} beside {tmp_path}/{key}") == f"{MASK} beside {tmp_path}/{key}"
