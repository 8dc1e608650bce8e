"""Turns what a user has (a file, a folder, standard input, a notebook's dictionary) into destinations; judges no bucket."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from validator import _messes, _toml
from validator._documents import MOST_NODES, SUFFIXES, Broken, Document, check_value, read
from validator._git_index import root_of
from validator._reader import Reader
from validator._references import References, Resolver
from validator._shapes import NoDestination, find
from validator._tracked import plaintext
from validator.model import BadSource, Destination, Finding

__all__ = ["Loaded", "References", "load", "load_all", "load_text"]

LARGEST_SOURCE: Final = 1 << 20
"""Bytes of one source file."""
MOST_FILES: Final = 10_000
"""Source files in one folder."""
MOST_PROBLEMS: Final = 100
"""Lines of one BadSource."""

_LEFT_OUT: Final = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
_OTHERS_FILES: Final = frozenset(
    {"package.json", "package-lock.json", "pyproject.toml", "planet-validator.toml", "tsconfig.json"}
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the sources hold."""

    destinations: tuple[Destination, ...]
    files: tuple[str, ...] = ()
    """The files that were read, as the user would name them."""
    skipped: tuple[str, ...] = ()
    """Files of a folder that hold something else than destinations."""


def load(source: str | Mapping[str, Any] | Sequence[Any], *, references: References | None = None) -> Loaded:
    """The destinations of one source: a path, ``-``, or a request (or a list of them) as Python values.

    Whatever is wrong with a destination itself is in its ``problems``. Raises :class:`~validator.model.BadSource`, with every
    problem that was found, for a source that cannot be read or that holds no destination.
    """
    if isinstance(source, str):
        return load_all([source], references=references)
    document = Document(_plain(source), "value", "")
    try:
        check_value(document)
        found = _destinations(document, "-", Resolver(references or References(), Path.cwd(), None))
    except Broken as broken:
        raise BadSource(*(what for _, what in broken.problems)) from None
    except NoDestination as none:
        raise BadSource(none.what) from None
    return Loaded(tuple(found))


def load_text(text: str, suffix: str, *, references: References | None = None) -> Loaded:
    """The destinations of a text, in the format of a file named like this (``.json``, ``.yaml``, ``.toml``).

    Relative paths of references begin at the current folder. Raises :class:`~validator.model.BadSource`, whose problems never quote the text.
    """
    try:
        document = read(text, SUFFIXES[suffix])
    except Broken as broken:
        raise BadSource(
            *(f"{f'line {line}: ' if line else ''}{what}" for line, what in broken.problems[:MOST_PROBLEMS])
        ) from None
    try:
        return Loaded(tuple(_destinations(document, "-", Resolver(references or References(), Path.cwd(), None))))
    except NoDestination as none:
        place = document.place(none.pointer)
        raise BadSource(f"{f'line {place.line}: ' if place else ''}{none.what}") from None


def load_all(sources: Sequence[str], *, references: References | None = None) -> Loaded:
    """The destinations of several paths, in order. Raises :class:`~validator.model.BadSource` with the problems of all of them."""
    told = references or References()
    problems: list[str] = []
    destinations: list[Destination] = []
    files: list[str] = []
    skipped: list[str] = []
    roots: dict[Path, Path | None] = {}
    for source, in_folder in _files(sources, problems):
        if in_folder and source in files:
            continue
        try:
            document = read_source(source, regular=in_folder)
            if in_folder and _is_report(document.value):
                skipped.append(source)
                continue
            folder = Path.cwd() if source == "-" else Path(source).absolute().parent
            if source != "-" and folder not in roots:
                roots[folder] = root_of(folder)
            root = None if source == "-" else roots[folder]
            destinations += _destinations(document, source, Resolver(told, folder, root))
            files.append(source)
        except Broken as broken:
            problems += (f"{_shown(source)}{f', line {line}' if line else ''}: {what}" for line, what in broken.problems)
        except NoDestination as none:
            if in_folder and not none.pointer:
                skipped.append(source)
                continue
            place = document.place(none.pointer)
            problems.append(f"{_shown(source)}{f', line {place.line}' if place else ''}: {none.what}")
    if not problems and not destinations:
        problems.append(
            f"{', '.join(sources) or 'no source'}: there is no destination in it"
            + (f" ({len(skipped)} files hold something else)" if skipped else "")
        )
    if problems:
        more = len(problems) - MOST_PROBLEMS
        raise BadSource(*problems[:MOST_PROBLEMS], *([f"... and {more} more"] if more > 0 else []))
    return Loaded(tuple(plaintext(destinations)), tuple(files), tuple(skipped))


def _is_report(value: Any) -> bool:
    """Whether it is a JSON report of ours, which an earlier run may have left beside the sources."""
    tool = value.get("tool") if isinstance(value, dict) and "schema_version" in value else None
    return isinstance(tool, dict) and tool.get("name") == "planet-validator"


def _shown(source: str) -> str:
    return "standard input" if source == "-" else source


def read_source(source: str, *, regular: bool = False) -> Document:
    """The document in one file, or on standard input for ``-``. Raises Broken.

    ``regular``: anything but a plain file is refused, instead of being waited for.
    """
    text = _text(_bytes(source, regular=regular))
    form = SUFFIXES.get(Path(source).suffix.lower()) if source != "-" else None
    if form is not None:
        return read(text, form)
    bare = text.lstrip("\ufeff \t\r\n")
    if _toml.looks_like(bare):
        try:
            return read(text, "toml")
        except Broken:
            pass  # a list, or Python: JSON's reader knows
    try:
        return read(text, "json")
    except Broken:
        if bare[:1] in ("{", "[", '"', "'", ""):
            raise
        return read(text, "yaml")


# ---- files -------------------------------------------------------------------------------------------------------------


def _files(sources: Sequence[str], problems: list[str]) -> Iterator[tuple[str, bool]]:
    for source in sources:
        if source != "-" and "\0" not in source and Path(source).is_dir():
            inside = sorted(_in_folder(source))
            if not inside:
                problems.append(f"{source}: the folder holds no .json, .yaml, .yml or .toml file")
            elif len(inside) > MOST_FILES:
                problems.append(f"{source}: the folder holds more than {MOST_FILES:,} files; name a smaller one")
            else:
                yield from ((each, True) for each in inside)
        else:
            yield source, False


def _in_folder(folder: str) -> Iterator[str]:
    seen = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in _LEFT_OUT)
        for name in names:
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith(".") and name not in _OTHERS_FILES:
                seen += 1
                yield os.path.join(place, name)  # noqa: PTH118 - "./" stays as the user wrote it
                if seen > MOST_FILES:
                    return


def _bytes(source: str, *, regular: bool) -> bytes:
    try:
        if source == "-":
            data = sys.stdin.buffer.read(LARGEST_SOURCE + 1)
        else:
            flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | (getattr(os, "O_NONBLOCK", 0) if regular else 0)
            with open(os.open(source, flags), "rb") as file:  # noqa: PTH123 - a descriptor
                about = os.fstat(file.fileno())
                if regular and not stat.S_ISREG(about.st_mode):
                    raise Broken((None, "it is a device or a pipe, not a file"))
                if stat.S_ISREG(about.st_mode) and about.st_size > LARGEST_SOURCE:
                    raise Broken((None, f"it is too large: {about.st_size:,} bytes, and 1 MiB is the limit"))
                data = file.read(LARGEST_SOURCE + 1)
    except FileNotFoundError:
        raise Broken((None, "there is no such file")) from None
    except PermissionError:
        raise Broken((None, "it may not be read")) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "the name is no path"
        raise Broken((None, f"it cannot be read: {reason}")) from None
    if len(data) > LARGEST_SOURCE:
        raise Broken((None, "it is too large: 1 MiB is the limit"))
    return data


def _text(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Broken((line, "it is not text: some bytes are not UTF-8")) from None
    if "\0" in text:
        raise Broken((None, "it is not text: it holds NUL bytes"))
    return text


def _plain(value: Any, depth: int = 0, budget: list[int] | None = None) -> Any:
    """Lists and dictionaries of our own, so that what the caller does with its own changes nothing here."""
    budget = budget or [0]
    budget[0] += 1
    if depth > 2 * 64 or budget[0] > MOST_NODES:
        raise BadSource("the request is nested too deeply, or holds itself")
    if isinstance(value, Mapping):
        return {str(key): _plain(item, depth + 1, budget) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1, budget) for item in value]
    return value


# ---- one destination ---------------------------------------------------------------------------------------------------


def _destinations(document: Document, source: str, resolver: Resolver) -> list[Destination]:
    general: list[Finding] = []
    if document.repairs:
        certain = any(each.text for each in document.repairs) or document.form == "json"
        general.append(_messes.not_json(document.repairs, document.lines, certain=certain))
    return [Reader(raw, document, source, resolver, general).destination() for raw in find(document.value)]
