"""``planet_validator`` is ``validator``."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from tests.conftest import ROOT


def test_the_alias_is_the_same_package() -> None:
    import planet_validator
    import validator

    assert planet_validator is validator
    assert planet_validator.__all__ == validator.__all__


@pytest.mark.parametrize("name", ["core.model", "formats.json", "planet", "providers.base"])
def test_a_module_below_the_alias_is_the_same_module(name: str) -> None:
    theirs = importlib.import_module(f"planet_validator.{name}")
    ours = importlib.import_module(f"validator.{name}")
    assert theirs is ours
    assert ours.__name__ == f"validator.{name}"
    assert ours.__spec__ is not None
    assert ours.__spec__.name == f"validator.{name}"


def test_what_is_not_there_is_not_there_under_the_alias() -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("planet_validator.nothing")


def test_the_alias_comes_first_and_alone() -> None:
    code = (
        "import pickle\n"
        "from planet_validator.core.model import Verdict\n"
        "from planet_validator import check, lint\n"
        "from validator.core import model\n"
        "assert Verdict is model.Verdict and pickle.loads(pickle.dumps(Verdict.PASS)) is model.Verdict.PASS\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_imports_at_the_same_time_keep_their_own_specs() -> None:
    """Two threads may each be between making a module and running it."""
    importlib.import_module("planet_validator")
    names = ("core.sentences", "core.quoting")
    alias = next(each for each in sys.meta_path if type(each).__module__ == "planet_validator")
    specs = [alias.find_spec(f"planet_validator.{name}", None) for name in names]
    loaders = [(spec.loader, spec.loader.create_module(spec)) for spec in specs if spec is not None and spec.loader is not None]
    for loader, made in loaders:
        assert made is not None
        loader.exec_module(made)
    assert [made.__spec__.name for _, made in loaders if made is not None and made.__spec__ is not None] == [
        f"validator.{name}" for name in names
    ]
