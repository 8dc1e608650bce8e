"""Turns what a user has (a file, a folder, standard input, a notebook's dictionary) into destinations; judges no bucket."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from validator.core.errors import BadSource
from validator.core.model import Destination, Finding, Place
from validator.core.shown import Guarded
from validator.core.values import Dataclass, replace
from validator.sources import forms as source_forms
from validator.sources import given as source_given
from validator.sources import kinds as source_kinds
from validator.sources import mistakes
from validator.sources.builder import DestinationBuilder, unreadable
from validator.sources.document import NAMED_ALREADY, Document, ParseError, check_value
from validator.sources.git import plaintext
from validator.sources.parsers.json import COMMENT
from validator.sources.payloads import NoDestination, find
from validator.sources.references import Resolver
from validator.sources.surroundings import References, root_of
from validator.sources.values import with_each_others

__all__ = ["Loaded", "References", "load", "load_all", "load_text"]

LARGEST_SOURCE: Final = 1 << 20
"""Bytes of one source file."""
LARGEST_NOTEBOOK: Final = 64 << 20
"""Bytes of a notebook with its outputs, which are put aside before it is read."""
MOST_FILES: Final = 10_000
"""Source files in one folder."""
DEEPEST_FOLDER: Final = 100
"""Folders within folders; walking down is recursive."""
MOST_PROBLEMS: Final = 100
"""Lines of one BadSource."""

_LEFT_OUT: Final = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
_OTHERS_FILES: Final = frozenset(
    {"package.json", "package-lock.json", "pyproject.toml", "planet-validator.toml", "tsconfig.json"}
)
_IN_FOLDERS: Final = (*source_forms.SUFFIXES, *source_forms.PROGRAMS)
"""What is read of a folder. A file of settings (``.env``) is read only when it is named."""


class Loaded(Guarded, Dataclass):
    """What the sources hold."""

    destinations: tuple[Destination, ...]
    files: tuple[str, ...] = ()
    """The files that were read, as the user would name them."""
    skipped: tuple[str, ...] = ()
    """Files of a folder that hold something else than destinations."""

    def _hidden(self) -> Iterable[str]:
        return (secret.reveal() for each in self.destinations for secret in each.secrets)


Source: TypeAlias = str | os.PathLike[str] | Mapping[str, Any] | Iterable[Any] | Loaded | Destination
"""What the library takes: a path, ``-``, a request as a mapping or a pydantic model, a list of these, or what :func:`load` gave."""


def load(source: Source, *, references: References | None = None) -> Loaded:
    """The destinations of one source: a path (also ``os.PathLike``), ``-``, a request as a mapping or a pydantic model, or a list of these.

    Whatever is wrong with a destination itself is in its ``problems``. Raises :class:`~validator.core.errors.BadSource`, with every
    problem that was found, for a source that cannot be read or that holds no destination: an empty list is one.
    """
    if isinstance(source, Loaded):
        return source
    if isinstance(source, Destination):
        return Loaded((source,))
    if source_given.is_path(source):
        return load_all([source_given.path(source)], references=references)
    if isinstance(source, Mapping) or source_given.is_model(source):
        return _load_values(source, references)
    items = source_given.listed(source)
    if items and all(source_given.is_path(each) for each in items):
        return load_all([source_given.path(each) for each in items], references=references)
    if any(source_given.is_path(each) or isinstance(each, Destination | Loaded) for each in items):
        return _joined([load(each, references=references) for each in items])
    return _load_values(items, references)


def _joined(parts: Sequence[Loaded]) -> Loaded:
    return Loaded(
        tuple(each for part in parts for each in part.destinations),
        tuple(each for part in parts for each in part.files),
        tuple(each for part in parts for each in part.skipped),
    )


def _load_values(source: Any, references: References | None) -> Loaded:
    document = Document(source_given.plain(source), "value", "")
    try:
        loaded = _loaded(check_value(document), "-", _resolver(references, Path.cwd(), None))
    except ParseError as broken:
        raise BadSource(*(what for _, what in broken.problems)) from None
    except NoDestination as none:
        raise BadSource(none.what) from None
    return Loaded(_whole(loaded, references))


def load_text(text: str, suffix: str, *, references: References | None = None, longest_program: int | None = None) -> Loaded:
    """The destinations of a text, in the format of a file named like this (``.json``, ``.yaml``, ``.toml``).

    ``longest_program``: characters of Python in place of JSON, and of a notebook's code; a longer one is refused.
    Relative paths of references begin at the current folder. Raises :class:`~validator.core.errors.BadSource`, whose problems never quote the text.
    """
    document: Document | None = None
    resolver = _resolver(references, Path.cwd(), None)
    try:
        document = check_value(source_forms.read_as(text, f"source{suffix}", longest_program=longest_program))
        loaded = _loaded(document, "-", resolver)
    except ParseError as broken:
        raise BadSource(
            *(f"{f'line {line}: ' if line else ''}{what}" for line, what in broken.problems[:MOST_PROBLEMS])
        ) from None
    except NoDestination as none:
        place = document.place(none.pointer) if document else None
        raise BadSource(f"{f'line {place.line}: ' if place else ''}{none.what}") from None
    return Loaded(_whole(loaded, references))


def load_as(source: str, text: str, *, references: References | None = None) -> tuple[Destination, ...]:
    """The destinations that a file would hold if this were its text. Raises ParseError and NoDestination."""
    folder = Path(source).absolute().parent
    document = check_value(source_forms.read_as(text, Path(source).name))
    return tuple(_destinations(document, source, _resolver(references, folder, root_of(folder))))


def load_all(sources: Sequence[str], *, references: References | None = None) -> Loaded:
    """The destinations of several paths, in order.

    What cannot be read beside others that can is a destination without a type, whose problem is ``unreadable-source``. Raises
    :class:`~validator.core.errors.BadSource`, with every problem, where no destination could be read at all.
    """
    resolved = references or References()
    loaded: list[Destination | Fault] = []
    files: list[str] = []
    skipped: list[str] = []
    roots: dict[Path, Path | None] = {}
    for source, in_folder, problem in _files(sources):
        if problem:
            loaded.append(Fault(source, problem))
        if problem or (in_folder and source in files):
            continue
        document: Document | None = None
        try:
            document = read_source(source, regular=in_folder)
            folder = Path.cwd() if source == "-" else Path(source).absolute().parent
            if source != "-" and folder not in roots:
                roots[folder] = root_of(folder)
            root = None if source == "-" else roots[folder]
            resolver = _resolver(resolved, folder, root, document)
            loaded += _loaded(document, source, resolver)
            files.append(source)
        except ParseError as broken:
            loaded += (Fault(source, what, Place(line)) for line, what in broken.problems)
        except NoDestination as none:
            if in_folder and not none.pointer:
                skipped.append(source)
                continue
            loaded.append(Fault(source, none.what, document.place(none.pointer) if document else None))
    if not any(isinstance(each, Destination) for each in loaded):
        problems = [str(each) for each in loaded] or [_nothing(sources, skipped)]
        more = len(problems) - MOST_PROBLEMS
        raise BadSource(*problems[:MOST_PROBLEMS], *([f"... and {more} more"] if more > 0 else []))
    return Loaded(tuple(plaintext(_whole(loaded, references))), tuple(files), tuple(skipped))


def _whole(found: Sequence[Destination | Fault], references: References | None) -> tuple[Destination, ...]:
    destinations = [each.destination() if isinstance(each, Fault) else each for each in found]
    return tuple(with_each_others(destinations, references or References()))


class Fault(Dataclass):
    """Something among the sources that cannot be read."""

    source: str
    what: str
    place: Place | None = None

    def __str__(self) -> str:
        within = self.place.within or (f"line {self.place.line}" if self.place.line else "") if self.place else ""
        return f"{_shown(self.source)}{f', {within}' if within else ''}: {self.what}"

    def destination(self) -> Destination:
        """As a report shows it, beside what could be read."""
        name = _shown(self.source) if self.source == "-" else Path(self.source).name or self.source
        return unreadable(name, self.source, self.what, self.place)


def _nothing(sources: Sequence[str], skipped: Sequence[str]) -> str:
    more = f" ({len(skipped)} files hold something else)" if skipped else ""
    return f"{', '.join(sources) or 'no source'}: there is no destination in it{more}"


def _shown(source: str) -> str:
    return "standard input" if source == "-" else source


def read_source(source: str, *, regular: bool = False) -> Document:
    """The document in one file, or on standard input for ``-``. Raises ParseError.

    ``regular``: anything but a plain file is refused, instead of being waited for.
    """
    data = _bytes(source, regular=regular)
    kind = source_kinds.of_bytes(data)
    if kind:
        raise ParseError((None, f"it is {kind}"))
    text = _text(data)
    if len(data) > LARGEST_SOURCE:
        from validator.sources.parsers.notebook import without_outputs

        text = without_outputs(text)
        if len(text) > LARGEST_SOURCE:
            raise ParseError((None, "it is too large: beside its outputs it holds more than 1 MiB, which is the limit"))
    return check_value(source_forms.read_as(text, "" if source == "-" else Path(source).name, strict=not regular))


# ---- files -------------------------------------------------------------------------------------------------------------


def _files(sources: Sequence[str]) -> Iterator[tuple[str, bool, str]]:
    """Each file, whether it was found in a folder, and what is wrong with it already."""
    for source in sources:
        if source_given.is_no_path(source):
            raise BadSource(source_given.NO_PATH)
        if not os.path.isdir(source):  # noqa: PTH112 - what can be no path, pathlib raises for
            yield source, False, ""
            continue
        closed: list[tuple[str, str]] = []
        inside = sorted(_in_folder(source, closed))
        yield from ((each, True, why) for each, why in sorted(closed))
        if len(inside) > MOST_FILES:
            yield source, False, f"the folder holds more than {MOST_FILES:,} files; name a smaller one"
        elif inside:
            yield from ((each, True, "") for each in inside)
        elif not closed:
            yield source, False, f"the folder holds nothing that is read ({', '.join(_IN_FOLDERS)})"


def _in_folder(folder: str, closed: list[tuple[str, str]]) -> Iterator[str]:
    count, depth = 0, len(Path(folder).parts)
    for place, folders, names in os.walk(
        folder, onerror=lambda error: closed.append((str(error.filename), "the folder may not be read"))
    ):
        if len(Path(place).parts) - depth > DEEPEST_FOLDER:
            closed.append((place, f"the folder lies more than {DEEPEST_FOLDER} folders deep"))
            folders.clear()
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in _LEFT_OUT)
        for name in names:
            if Path(name).suffix.lower() in _IN_FOLDERS and not name.startswith(".") and name not in _OTHERS_FILES:
                count += 1
                yield os.path.join(place, name)  # noqa: PTH118 - "./" stays as the user wrote it
                if count > MOST_FILES:
                    return


def _bytes(source: str, *, regular: bool) -> bytes:
    limit = LARGEST_SOURCE
    try:
        if source == "-":
            data = sys.stdin.buffer.read(LARGEST_SOURCE + 1)
        else:
            flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | (getattr(os, "O_NONBLOCK", 0) if regular else 0)
            with open(os.open(source, flags), "rb") as file:  # noqa: PTH123 - a descriptor
                about = os.fstat(file.fileno())
                if regular and not stat.S_ISREG(about.st_mode):
                    raise ParseError((None, "it is a device or a pipe, not a file"))
                limit = LARGEST_NOTEBOOK if source.lower().endswith(".ipynb") else LARGEST_SOURCE
                if stat.S_ISREG(about.st_mode) and about.st_size > limit:
                    less = "; save it without its outputs" if limit == LARGEST_NOTEBOOK else ""
                    raise ParseError(
                        (None, f"it is too large: {about.st_size:,} bytes, and {limit >> 20} MiB is the limit{less}")
                    )
                data = file.read(limit + 1)
    except FileNotFoundError:
        raise ParseError((None, "there is no such file")) from None
    except PermissionError:
        raise ParseError((None, "it may not be read")) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "the name is no path"
        raise ParseError((None, f"it cannot be read: {reason}")) from None
    if len(data) > limit:
        raise ParseError((None, f"it is too large: {limit >> 20} MiB is the limit"))
    return data


def _text(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ParseError((line, "it is not text: some bytes are not UTF-8")) from None
    if "\0" in text:
        raise ParseError((None, "it is not text: it holds NUL bytes"))
    return text


# ---- one destination ---------------------------------------------------------------------------------------------------


def _loaded(document: Document, source: str, resolver: Resolver) -> list[Destination | Fault]:
    """What a document holds, and what of it cannot be read. Raises ParseError and NoDestination."""
    document = _with_files(document, resolver)
    return [*_destinations(document, source, resolver), *(Fault(source, what, place) for place, what in document.faults)]


def _destinations(document: Document, source: str, resolver: Resolver) -> list[Destination]:
    general: list[Finding] = []
    if document.repairs:
        commented = any(each.what == COMMENT for each in document.repairs)
        general.append(mistakes.not_json(document.repairs, document.lines, whole=document.form == "json", commented=commented))
    return [DestinationBuilder(raw, document, source, resolver, general).destination() for raw in find(document.value)]


def _resolver(references: References | None, folder: Path, root: Path | None, document: Document | None = None) -> Resolver:
    """One that works expressions out as well, but for a document whose form holds none."""
    if document is not None and document.form in ("json", "lines", "wrapped", "yaml", "toml"):
        return Resolver(references or References(), folder, root)
    from validator.sources.evaluation import ExpressionResolver

    return ExpressionResolver(references or References(), folder, root)


def _with_files(document: Document, resolver: Resolver) -> Document:
    """The document with the requests that a program or a command takes from files of their own. Raises ParseError."""
    several = isinstance(document.value, list)
    values = document.value if several else [document.value]
    if document.form not in ("python", "notebook", "shell"):
        return document
    from validator.sources.expressions import Expression

    files: list[Any] = []
    faults = list(document.faults)
    for index, each in enumerate(values):
        delivery = isinstance(each, dict) and isinstance(each.get("delivery"), Expression)
        request = each["delivery"] if delivery else each
        if isinstance(request, Expression):
            done = resolver.resolve(request)
            if done.problems or done.other is None or done.outside:
                written, why = done.problems[0] if done.problems else (str(request), "it is no request")
                why = "it lies outside the repository of the source" if done.outside else why
                place = document.place(f"/{index}" if several else "")
                faults.append((place, f"the request is read from {written}: {why}"))
                files.append(NAMED_ALREADY)
                continue
            request = done.other
        files.append({**each, "delivery": request} if delivery else request)
    if all(each is NAMED_ALREADY for each in files):
        raise ParseError.of(faults)
    return replace(document, value=files if several else files[0], faults=tuple(faults))
