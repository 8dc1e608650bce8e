"""Reads a text in the form that its file's name says, or that it is recognised to have."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from validator.core import lazy
from validator.core.values import replace
from validator.sources import kinds as source_kinds
from validator.sources.document import DEEPEST, Document, ParseError, check_value
from validator.sources.parsers.json import NotJson, read_json, read_lines
from validator.sources.payloads import NoDestination, find

if TYPE_CHECKING:
    from validator.sources import others
    from validator.sources.parsers import notebook, python, settings, shell, toml, yaml
else:
    (others,) = lazy.later("validator.sources", "others")
    notebook, python, settings, shell, toml, yaml = lazy.later(
        "validator.sources.parsers", "notebook", "python", "settings", "shell", "toml", "yaml"
    )

SUFFIXES: Final[Mapping[str, str]] = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml"}
"""Form by file name."""
PROGRAMS: Final = {".ipynb": "notebook", ".py": "python", ".sh": "shell", ".bash": "shell", ".zsh": "shell"}
"""What is read beside :data:`SUFFIXES`, by file name, and never rewritten."""

EMPTY: Final = "it is empty; planet-validator init writes a source to begin with"
NOTHING: Final = "there is no destination in it, neither as JSON, YAML or TOML nor as Python, commands or settings"
_PROGRAM: Final = lazy.compile(r"[=(]|(?m:^(?:import|from|def|class)\b)")
_QUOTES: Final = ('"', "'", "\u201c", "\u201d", "\u201e", "\u2018", "\u2019")
_OURS: Final = lazy.compile(r"(?i)planet|destination|bucket|container")


_READERS: Final[Mapping[str, Callable[[str], Document]]] = {  # any other form is JSON, or should have been
    "lines": read_lines,
    "yaml": yaml.read_yaml,
    "toml": toml.read_toml,
}


def read(text: str, form: str, *, longest_program: int | None = None) -> Document:
    """The document in ``text``. Raises :class:`ParseError`, and nothing else, for whatever cannot be read.

    A text that should have been JSON may be the Python that makes it, of at most ``longest_program`` characters.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise ParseError((None, EMPTY))
    try:
        document = _READERS[form](text) if form in _READERS else _json_or_python(text, longest_program)
    except RecursionError:
        raise ParseError((None, f"it is nested deeper than {DEEPEST} levels")) from None
    return check_value(document)


def too_long(longest: int) -> str:
    """What is said of a program that is not looked at."""
    return f"programs of more than {longest >> 10} KiB are read by the command alone: planet-validator check FILE"


def _json_or_python(text: str, longest: int | None) -> Document:
    """What a file of JSON holds: where that means none, it may be the Python that makes it. Raises :class:`ParseError`."""
    try:
        return read_json(text)
    except NotJson as error:
        with contextlib.suppress(NotJson):
            return read_lines(text)
        if longest is not None and len(text) > longest:
            raise ParseError(*error.problems, (None, too_long(longest))) from None
        with contextlib.suppress(ParseError, NoDestination):
            return python.read_python(text, expected=False)
        raise


def read_as(text: str, name: str, *, strict: bool = True, longest_program: int | None = None) -> Document:
    """The document. Raises :class:`ParseError` and :class:`NoDestination`.

    ``name``: the file's; empty where there is none. Without ``strict``, a program that cannot be read and does not speak of buckets
    is taken for one that has nothing to do with them. Of a program under the name of data
    at most ``longest_program`` characters are read.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix in SUFFIXES:
        return _data(text, SUFFIXES[suffix], longest_program)
    try:
        if suffix in PROGRAMS:
            return _program(text, PROGRAMS[suffix])
        if name == ".env" or suffix == ".env" or name.startswith(".env."):
            return settings.read_settings(text)
        if suffix == ".tfvars":
            return _variables(text)
    except ParseError:
        if strict or _OURS.search(text):
            raise
        raise NoDestination("", "it has nothing to do with a bucket") from None
    return recognised(text)


def _variables(text: str) -> Document:
    """Terraform's variables, where they are flat and their names are those of one destination's parameters."""
    try:
        return settings.read_settings(text)
    except ParseError as broken:
        raise ParseError(*((line, source_kinds.NESTED_VARIABLES) for line, _ in broken.problems)) from None


def _data(text: str, form: str, longest_program: int | None) -> Document:
    try:
        document = read(text, form, longest_program=longest_program)
    except ParseError:
        kind = source_kinds.of_text(text)
        if kind is None:
            raise
        raise ParseError((None, f"it is {kind}")) from None
    return _of_data(document, longest_program)


def _of_data(document: Document, longest_program: int | None = None) -> Document:
    """A document as it is, or the notebook that it is. Raises :class:`NoDestination` for other things that are known."""
    members = document.value if isinstance(document.value, dict) else {}
    if document.form == "json" and "nbformat" in members and notebook.is_notebook(members):
        if longest_program is not None and notebook.code_size(members) > longest_program:
            raise ParseError((None, f"it is a notebook; {too_long(longest_program)}"))
        return notebook.read_notebook(document)
    if "parameters" in members or "delivery" in members:
        return document
    if not isinstance(document.value, dict | list):
        text = source_kinds.of_text(document.text) or others.of_lines(document.text)
        if text is not None:
            raise ParseError((None, f"it is {text}"))
    kind = others.of_value(document.value)
    if kind is not None:
        raise NoDestination("", f"this is {kind}")
    return document


def _program(text: str, kind: str) -> Document:
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise ParseError((None, EMPTY))
    if kind == "notebook":
        return notebook.read_notebook(read(text, "json"))
    return shell.read_shell(text) if kind == "shell" else python.read_python(text)


def recognised(text: str) -> Document:
    """A text whose form nobody told: JSON, a notebook, a command line, TOML, Python, settings, YAML. Raises as :func:`read_as`."""
    text = text.removeprefix("\ufeff")
    bare = text.lstrip(" \t\r\n")
    if not bare:
        raise ParseError((None, EMPTY))
    kind = source_kinds.of_text(text)
    if kind is not None:
        raise ParseError((None, f"it is {kind}"))
    if bare[:1] not in ("{", "[", '"', "'") and shell.is_shell(text):
        return shell.read_shell(text)
    if bare[:1] not in ("{", '"', "'") and toml.looks_like(bare):
        document = _as_toml(text)
        if document is not None:
            return document
    if bare[:1] not in ("{", "[", "/", *_QUOTES):
        return _other(text, bare, None)
    try:
        document = read(text, "json")
        # Python is as good as JSON where no name says that it should be JSON.
        return replace(document, repairs=()) if document.form == "python" else _of_data(document)
    except ParseError as broken:
        return _other(text, bare, broken)


def _as_toml(text: str) -> Document | None:
    """As TOML, if there is a destination in it: assignments of Python and of a shell look the same."""
    try:
        document = read(text, "toml")
        list(find(document.value))
    except ParseError:
        return None
    except NoDestination as none:
        return document if none.pointer else None
    return document


def _other(text: str, bare: str, broken: ParseError | None) -> Document:
    """As Python, settings or YAML; where it is none of them, ``broken`` says what is wrong with it as JSON, if it looks like that."""
    quoted = bare[:1] in ("{", "[", *_QUOTES)
    if settings.is_settings(text):
        return settings.read_settings(text)
    if python.is_python(text):
        try:
            return python.read_python(text)
        except NoDestination:
            if not quoted and _is_yaml(text):
                return read(text, "yaml")
            if not _PROGRAM.search(text):
                raise NoDestination("", NOTHING) from None
            raise
    if quoted and broken:
        raise broken
    try:
        return _of_data(read(text, "yaml"))
    except ParseError:
        kind = others.of_lines(text)
        if kind is None:
            raise
        raise ParseError((None, f"it is {kind}")) from None


def _is_yaml(text: str) -> bool:
    try:
        list(find(read(text, "yaml").value))
    except (ParseError, NoDestination):
        return False
    return True
