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
