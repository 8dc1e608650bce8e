"""A third party's provider package, as pip leaves it: modules and a ``dist-info`` with an entry point, on the path."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from validator import providers

EXAMPLE = Path(providers.__file__).parent / "memory"
NAME = "planet_validator_memory"


def distribution(folder: Path, module: str) -> Path:
    """Write down that ``module`` brings the type ``memory``. Gives the folder, which goes on the path."""
    info = folder / f"{NAME}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: planet-validator-memory\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{providers.GROUP}]\nmemory = {module}:provider\n")
    (info / "RECORD").write_text("")
    return folder


def third_party(folder: Path) -> Path:
    """Another's package: the worked example under a name of its own, outside of ours."""
    package = folder / NAME
    package.mkdir(parents=True)
    for path in EXAMPLE.glob("*.py"):
        (package / path.name).write_text(path.read_text().replace("validator.providers.memory", NAME))
    return distribution(folder, f"{NAME}.provider")


def _look_again() -> None:
    providers.third_party.cache_clear()
    providers.find.cache_clear()


@contextmanager
def on_path(folder: Path) -> Iterator[None]:
    """With the packages of a folder installed."""
    sys.path.append(str(folder))
    _look_again()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        _look_again()
