"""Settings from the command line, the environment and a configuration file: the nearest to the user wins."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from validator.cli.settings import KEYS, CliSetting, meant, shown
from validator.core.errors import ValidatorError
from validator.core.values import Dataclass, field
from validator.sources.surroundings import root_of

FILE: Final = "planet-validator.toml"
SECTION: Final = "planet-validator"
LARGEST: Final = 256 * 1024
"""Bytes of a configuration file."""
NONE: Final = (os.devnull, "/dev/null")
"""As the name of a configuration file: none is read."""


class BadSetting(ValidatorError):
    """A setting that cannot be used; the message says where it stands."""


class File(Dataclass):
    """A configuration file that was found."""

    path: Path
    values: Mapping[str, Any] = field(default_factory=dict)


class SettledSettings(Dataclass):
    """Every setting, and where it comes from."""

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    """Only of settings that are not the default: ``--strict``, ``PLANET_VALIDATOR_STRICT``, or the file."""

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def settle(given: Mapping[str, Any], environment: Mapping[str, str], file: File | None) -> SettledSettings:
    """Option before environment before file before default. Raises BadSetting."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name, key in KEYS.items():
        values[name], origin = _settled(key, given, environment, file)
        if origin is not None:
            origins[name] = origin
    return SettledSettings(values, origins)


def one(name: str, given: Mapping[str, Any], environment: Mapping[str, str]) -> Any:
    """A single setting, for a command that reads no file and shares no other. Raises BadSetting."""
    return _settled(KEYS[name], given, environment, None)[0]


def _settled(
    key: CliSetting, given: Mapping[str, Any], environment: Mapping[str, str], file: File | None
) -> tuple[Any, str | None]:
    """A setting's value and where it comes from; None for the default."""
    option = given.get(key.name)
    if option is not None and option != []:
        raw, origin = option, f"--{key.name}"
    elif environment.get(key.variable):
        raw, origin = environment[key.variable], key.variable
    elif file is not None and key.name in file.values:
        raw, origin = file.values[key.name], str(file.path)
    else:
        return key.default, None
    try:
        return key.read(raw), origin
    except ValueError as error:
        at = f"{_at(file, key.name)}: {key.name}" if file is not None and origin == str(file.path) else origin
        raise BadSetting(f"{at} must be {error}") from None


def find(explicit: str | None, start: Path, say: Callable[[str], None] = lambda line: None) -> File | None:
    """The file named, or the nearest one upward from ``start`` to the root of its repository; none outside a repository.

    A file that is not the user's own (of another owner, or a link) is told of and not read. Raises BadSetting.
    """
    if explicit in NONE:
        return None
    if explicit is not None:
        return _read(Path(explicit), whole=Path(explicit).name != "pyproject.toml")
    root = root_of(start)
    if root is None or not _own(root / ".git"):
        return None
    real = Path(os.path.realpath(start))
    for folder in (each for each in (real, *real.parents) if each.is_relative_to(root)):
        for path in (folder / FILE, folder / "pyproject.toml"):
            if not path.is_file():
                continue
            if path.is_symlink() or not _own(path):
                if path.name == FILE:
                    say(
                        f"{path}: not read, since it is a link or belongs to somebody else: --config names a file, if it is meant"
                    )
                continue
            settings = _read(path, whole=path.name == FILE)
            if path.name == FILE or settings.values:
                return settings
    return None


def _own(path: Path) -> bool:
    """Whether it belongs to the user, to whoever became root by sudo, or to root, who needs no such way."""
    if not hasattr(os, "geteuid"):
        return True
    mine = {0, os.geteuid()}
    with contextlib.suppress(KeyError, ValueError):
        mine |= {int(os.environ["SUDO_UID"])} if os.geteuid() == 0 else set()
    try:
        return path.lstat().st_uid in mine
    except OSError:
        return False


def _read(path: Path, *, whole: bool) -> File:
    from validator.sources.parsers import toml

    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise BadSetting(f"{path}: larger than {LARGEST:,} bytes")
        if not whole and SECTION.encode() not in data:
            return File(path)  # a large pyproject.toml takes longer to read than all of our own modules to load
        document = toml.loads(data.decode())
    except OSError as error:
        raise BadSetting(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise BadSetting(f"{path}: not UTF-8 text") from None
    except toml.BadToml as error:
        if not whole and b"[tool." + SECTION.encode() not in data:
            return File(path)  # somebody else's trouble
        raise BadSetting(f"{path}:{error.line or max(1, len(data.splitlines()))}: it is not TOML: {error}") from None
    table = document if whole else _table(document, "tool", SECTION)
    if whole and set(table) == {"tool"}:
        table = _table(table, "tool", SECTION)
    file = File(path, table)
    for name in file.values:
        key = KEYS.get(name)
        if key is None:
            raise BadSetting(f"{_at(file, name)}: there is no setting {_named(name, data.decode())}{meant(name, KEYS)}")
        if not key.in_file:
            raise BadSetting(
                f"{_at(file, name)}: {name} is not read from a file, since whoever may change the file would decide what is "
                f"written, or where your credentials go: give --{name} or {key.variable}"
            )
    return file


def _named(name: str, text: str) -> str:
    """The name as a message may show it. A bare key with dots is read as tables within tables: its first part may be a secret's."""
    from validator.core.guarded import strange
    from validator.core.secret_shapes import MASK

    lines = [line for line in text.splitlines() if name in line]
    return MASK if any(name in line[start:end] for line in lines for start, end in strange(line)) else shown(name)


def _table(document: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        inner = document.get(name)
        if not isinstance(inner, Mapping):
            return {}
        document = inner
    return document


def _at(file: File, name: str) -> str:
    """``pyproject.toml:12``: where the file has this setting."""
    from validator.sources.document import escape
    from validator.sources.parsers import toml

    document = toml.read_toml(file.path.read_text(encoding="utf-8"))
    tops = (f"/tool/{SECTION}/", "/") if file.path.name != "pyproject.toml" else (f"/tool/{SECTION}/",)
    places = [
        document.place(pointer)
        for pointer in document.spans
        if any(f"{pointer}/".startswith(f"{top}{escape(name)}/") for top in tops)
    ]
    return f"{file.path}:{places[0].line}" if places and places[0] else str(file.path)
