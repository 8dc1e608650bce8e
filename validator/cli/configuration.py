"""Settings from the command line, the environment and a configuration file: the nearest to the user wins."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from validator.core.model import ValidatorError
from validator.sources.git_index import root_of
from validator.sources.parsers import toml

ENVIRONMENT: Final = "PLANET_VALIDATOR_"
FILE: Final = "planet-validator.toml"
SECTION: Final = "planet-validator"
LARGEST: Final = 256 * 1024
"""Bytes of a configuration file."""
NONE: Final = (os.devnull, "/dev/null")
"""As the name of a configuration file: none is read."""


class BadSetting(ValidatorError):
    """A setting that cannot be used; the message says where it stands."""


@dataclass(frozen=True, slots=True)
class Key:
    """One setting, wherever it is given."""

    name: str
    """As the option is called, without dashes before it."""
    default: Any
    read: Callable[[Any], Any]
    """Makes the value, or raises ValueError with what it must be."""
    in_file: bool = True
    """Whether a configuration file may give it."""

    @property
    def variable(self) -> str:
        """The environment variable of the same meaning."""
        return ENVIRONMENT + self.name.upper().replace("-", "_")


def _number(kind: type[int | float], least: float, what: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        try:
            number = kind(value) if not isinstance(value, bool) else None
        except (TypeError, ValueError):
            number = None
        if number is None or not least <= number <= 1e6 or (isinstance(value, float) and number != value):
            raise ValueError(what)
        return number

    return read


def _one_of(*choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return str(value)

    return read


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if not isinstance(value, str) or value.strip().lower() not in known:
        raise ValueError("true or false")
    return known[value.strip().lower()]


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [each.strip() for each in re.split(r"[,\n]", value)]
    if not isinstance(value, Sequence) or not all(isinstance(each, str) for each in value):
        raise ValueError("a list of strings")
    return tuple(each for each in value if each)


def _findings(value: Any) -> tuple[str, ...]:
    from validator.core import catalog

    names = _words(value)
    for name in names:
        if name not in catalog.FINDINGS:
            raise ValueError(f"names of findings; there is no {_shown(name)}{_meant(name, catalog.FINDINGS)}")
    return names


def _meant(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name[:40], known, n=1)
    return f", is {close[0]} meant?" if close else ""


def _endpoints(value: Any) -> Mapping[str, str]:
    if isinstance(value, Mapping):
        value = [f"{name}={url}" for name, url in value.items()]
    found = {}
    for each in _words(value):
        name, equals, url = each.partition("=")
        if not equals or not re.fullmatch(r"https?://[^\s/?#@]++(/[^\s?#]*+)?", url):
            raise ValueError("TYPE=URL, such as amazon_s3=http://127.0.0.1:9000")
        from validator import providers

        if not providers.known(name):
            raise ValueError(f"TYPE=URL, where TYPE is one of {', '.join(providers.types())}")
        found[name] = url
    return found


def _path(value: Any) -> str:
    if not isinstance(value, str) or not Path(value).is_file():
        raise ValueError("the path of a file that exists")
    return value


# A file of the project belongs to whoever may change the project. So what decides where a credential goes, what is
# read, what is written and where, is never taken from it: see docs/decisions/0013-untrusted-places.md.
KEYS: Final[Mapping[str, Key]] = {
    each.name: each
    for each in (
        Key("format", "text", _one_of("text", "json", "junit", "sarif", "github", "markdown", "html", "note")),
        Key("output", (), _words, in_file=False),
        Key("strict", False, _switch),
        Key("ignore", (), _findings),
        Key("expires-within", 14, _number(int, 0, "a number of days, 0 or more")),
        Key("timeout", 60.0, _number(float, 0.1, "a number of seconds above 0")),
        Key("jobs", 16, _number(int, 1, "a number from 1")),
        Key("retries", 0, _number(int, 0, "a number from 0")),
        Key("proceed", False, _switch, in_file=False),
        Key("multipart", False, _switch, in_file=False),
        Key("prefix", (), _words, in_file=False),
        Key("color", "auto", _one_of("auto", "always", "never")),
        Key("endpoint", {}, _endpoints, in_file=False),
        Key("planet-url", None, str, in_file=False),
        Key("ca-bundle", None, _path, in_file=False),
        Key("owner", False, _switch, in_file=False),
        Key("owner-profile", None, str, in_file=False),
        Key("allow-env", None, _words, in_file=False),
        Key("allow-file", None, _words, in_file=False),
        Key("env-file", None, _path, in_file=False),
    )
}


@dataclass(frozen=True, slots=True)
class File:
    """A configuration file that was found."""

    path: Path
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Values:
    """Every setting, and where it comes from."""

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    """Only of settings that are not the default: ``--strict``, ``PLANET_VALIDATOR_STRICT``, or the file."""

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def settle(given: Mapping[str, Any], environment: Mapping[str, str], file: File | None) -> Values:
    """Option before environment before file before default. Raises BadSetting."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name, key in KEYS.items():
        option = given.get(name)
        if option is not None and option != []:
            raw, origin = option, f"--{name}"
        elif environment.get(key.variable):
            raw, origin = environment[key.variable], key.variable
        elif file is not None and name in file.values:
            raw, origin = file.values[name], str(file.path)
        else:
            values[name] = key.default
            continue
        try:
            values[name] = key.read(raw)
        except ValueError as error:
            at = f"{_at(file, name)}: {name}" if file is not None and origin == str(file.path) else origin
            raise BadSetting(f"{at} must be {error}") from None
        origins[name] = origin
    return Values(values, origins)


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
            found = _read(path, whole=path.name == FILE)
            if path.name == FILE or found.values:
                return found
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
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise BadSetting(f"{path}: larger than {LARGEST:,} bytes")
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
            raise BadSetting(f"{_at(file, name)}: there is no setting {_shown(name)}{_meant(name, KEYS)}")
        if not key.in_file:
            raise BadSetting(
                f"{_at(file, name)}: {name} is not read from a file, since whoever may change the file would decide what is "
                f"written, or where your credentials go: give --{name} or {key.variable}"
            )
    return file


def _table(document: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        inner = document.get(name)
        if not isinstance(inner, Mapping):
            return {}
        document = inner
    return document


def _shown(name: str) -> str:
    return name if len(name) <= 40 and name.isprintable() else repr(name[:40])


def _at(file: File | None, name: str) -> str:
    """``pyproject.toml:12``: tomllib keeps no lines, so the key is looked for."""
    if file is None:
        return name
    inside = whole = file.path.name != "pyproject.toml"
    for number, line in enumerate(file.path.read_text(encoding="utf-8").splitlines(), 1):
        bare = line.strip()
        if bare.startswith("["):
            inside = whole or f"tool.{SECTION}" in bare
            bare = bare.strip("[] ").removeprefix(f"tool.{SECTION}.")
            if inside and bare == name:
                return f"{file.path}:{number}"
        elif inside and bare.replace("=", ".").partition(".")[0].strip(" \t\"'") == name:
            return f"{file.path}:{number}"
    return str(file.path)
