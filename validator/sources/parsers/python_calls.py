"""What calls give while a piece of Python is read: files, variables, encodings, copies, and the helpers of Planet's SDK."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from string import Formatter
from typing import TYPE_CHECKING, Any, Final

from validator.core.values import replace
from validator.sources import sdk
from validator.sources.document import ParseError, check_value
from validator.sources.expressions import FileData, Setting, Variable
from validator.sources.parsers import python_helpers
from validator.sources.parsers.json import read_json
from validator.sources.parsers.python_names import HARMLESS
from validator.sources.parsers.python_values import (
    ASKED,
    CALLED,
    ELSEWHERE,
    NOT_FOLLOWED,
    TEXTUAL,
    Container,
    Dictionary,
    DotenvFile,
    Dumped,
    KnownCall,
    Listed,
    Located,
    Lost,
    Opened,
    QualifiedName,
    Slot,
    Value,
    Where,
    as_node,
    concatenated,
    containers,
    label,
    operated,
)

if TYPE_CHECKING:
    from validator.sources.parsers.python_state import ProgramState

TEXT_METHODS: Final = frozenset(
    {"strip", "lstrip", "rstrip", "lower", "upper", "removeprefix", "removesuffix", "replace", "encode", "decode"}
)
RUNNERS: Final = frozenset(
    {
        "os.system",
        "os.popen",
        *(f"subprocess.{each}" for each in ("run", "call", "check_call", "check_output", "Popen", "getoutput")),
    }
)
"""Functions that run a command."""
_UTF8: Final = frozenset({"utf-8", "utf8", "ascii", "us-ascii", "latin-1", "utf-8-sig"})
_ASKING: Final = frozenset({"getpass", "getpass.getpass", "input", "keyring.get_password", "google.colab.userdata.get"})
_SAFE: Final = frozenset(
    (*HARMLESS, "pprint", "aiohttp", "logging", "planet", "rich", "IPython", "asyncio", "time", "datetime", "sys")
)
"""Modules and builtins whose functions do not change what they are given."""


def replaced(state: ProgramState, target: Value, member: Value) -> None:
    """``setattr(order_request, "amazon_s3", ...)``, ``patch("planet.order_request.amazon_s3", ...)``."""
    if isinstance(target, QualifiedName) and member is not None:
        target = f"{target.name}.{member}" if isinstance(member, str) else target.name
    # Where a function that is followed, or the environment, is called by this name or stands in what is.
    followed = (*sdk.HELPERS, *sdk.REQUESTS, *_FOLLOWED)
    if isinstance(target, str) and any(f"{each}.".startswith(f"{target}.") for each in followed):
        state.replaced.add(target)


def words(made: KnownCall) -> list[str]:
    """A command that a program runs, as far as it is known; nothing where a dictionary stands in it, which is found by itself."""
    first = made.argument(0, "args")
    several = [slot.value for slot in first.items] if isinstance(first, Listed) else [first]
    if any(isinstance(each, Dumped) for each in several):
        return []
    texts = [each for each in several if isinstance(each, str)]
    return [each.strip("'\"") for text in texts for each in (text.split() if len(several) == 1 else [text])]


def harmless(function: QualifiedName) -> bool:
    """Whether a function leaves what it is given as it is."""
    return function.name.partition(".")[0] in _SAFE


def call(state: ProgramState, function: QualifiedName, made: KnownCall) -> Value:
    """What a call of a known module's function gives."""
    name = function.name
    if name in sdk.HELPERS:
        return python_helpers.helper(state, name, made)
    if name in sdk.REQUESTS:
        return python_helpers.request(state, sdk.REQUESTS[name], made)
    if name.rpartition(".")[2] == "delivery" and name in (sdk.DELIVERY, f"{sdk.SUBSCRIPTION}.delivery"):
        return python_helpers.delivery(state, made)
    if name.startswith(sdk.MODELS):
        return python_helpers.dictionary(state, made)
    if name in _ASKING:
        return Lost(f"{label(name)}()", ASKED)
    known = _FUNCTIONS.get(name)
    return known(state, made) if known else Lost(f"{label(name)}()", CALLED)


# ---- the standard library ----------------------------------------------------------------------------------------------


def _path(value: Value | None) -> str | None:
    if isinstance(value, Located):
        return value.path
    return value if isinstance(value, str) else None


def _paths(made: KnownCall) -> list[str] | None:
    """A call's arguments, where each is a path."""
    parts = [each for slot in made.positional if (each := _path(slot.value)) is not None]
    return parts if len(parts) == len(made.positional) else None


def _getenv(state: ProgramState, made: KnownCall) -> Value:
    name = made.argument(0, "key")
    default = made.argument(1, "default")
    if not isinstance(name, str) or made.rest:
        return Lost("an environment variable", ELSEWHERE)
    return state.variable(name, default)


def _open(_state: ProgramState, made: KnownCall) -> Value:
    path, mode = _path(made.argument(0, "file")), made.argument(1, "mode")
    return Lost("open()", CALLED) if path is None else _opened(path, mode)


def _opened(path: str, mode: Value) -> Value:
    if mode not in (None, "r", "rt", "rb", "br"):
        return Lost("open()", CALLED)
    return Opened(path, binary=isinstance(mode, str) and "b" in mode)


def contents(path: str, *, binary: bool) -> Value:
    """What reading a file gives."""
    data = FileData(path)
    return data if binary else operated("universal", data)


def _load(_state: ProgramState, made: KnownCall) -> Value:
    file = made.argument(0, "fp")
    return operated("json", FileData(file.path)) if isinstance(file, Opened) else Lost("json.load()", CALLED)


def _loads(state: ProgramState, made: KnownCall) -> Value:
    argument = made.argument(0, "s")
    if isinstance(argument, Dumped):
        return state.copied(argument.of, made.at)
    if isinstance(argument, str | bytes):
        return literal(state, argument, made.at)
    return operated("json", argument)


def literal(state: ProgramState, text: str | bytes, at: Where) -> Value:
    """What JSON in a constant stands for."""
    try:
        document = check_value(read_json(text if isinstance(text, str) else text.decode()))
    except (ParseError, ValueError, RecursionError):
        return Lost("json.loads()", ELSEWHERE)
    return Lost("json.loads()", ELSEWHERE) if document.faults else _plain(state, document.value, at)


def sent(state: ProgramState, made: KnownCall) -> Value:
    """What the body of a request stands for; None where none is seen."""
    named = (made.named[name].value for name in ("data", "content", "body") if name in made.named)
    body = next(named, made.argument(1, ""))
    if isinstance(body, Opened):
        return operated("json", FileData(body.path))
    if isinstance(body, str | bytes):
        return literal(state, body, made.at) if body.lstrip()[:1] in ("{", "[", b"{", b"[") else None
    return operated("json", body) if isinstance(body, TEXTUAL) else body


def _plain(state: ProgramState, value: Any, at: Where) -> Value:
    state.step()
    if isinstance(value, dict):
        made = state.dictionary(at)
        made.items = {key: Slot(_plain(state, item, at), at) for key, item in value.items()}
        return made
    if isinstance(value, list):
        return Listed(at, state.names.region, items=[Slot(_plain(state, item, at), at) for item in value])
    return value  # type: ignore[no-any-return]  # JSON has nothing else


def _dumps(_state: ProgramState, made: KnownCall) -> Value:
    argument = made.argument(0, "obj")
    if isinstance(argument, Container):
        return Dumped(argument)
    return operated("dumps", argument)


def _base64(_state: ProgramState, made: KnownCall, *, operation: str) -> Value:
    return operated(operation, made.argument(0, "s"))


def _copy(state: ProgramState, made: KnownCall, *, deep: bool) -> Value:
    argument = made.argument(0, "x")
    return state.copied(argument, made.at, deep=deep) if isinstance(argument, Container) else argument


def _dict(state: ProgramState, made: KnownCall) -> Value:
    if not made.positional:
        return python_helpers.dictionary(state, made)
    built = state.copied(made.positional[0].value, made.at)
    if isinstance(built, Dictionary):
        built.items.update(made.named)
        return built
    return Lost("dict()", CALLED)


def _list(state: ProgramState, made: KnownCall) -> Value:
    argument = made.argument(0, "")
    return state.copied(argument, made.at) if isinstance(argument, Listed) else Lost("list()", CALLED, containers(argument))


def _text(_state: ProgramState, made: KnownCall) -> Value:
    argument = made.positional[0].value if made.positional else ""
    return argument if isinstance(argument, TEXTUAL) and not isinstance(argument, bytes) else concatenated(argument)


def _located(_state: ProgramState, made: KnownCall) -> Value:
    parts = _paths(made)
    return Located(joined_path(*parts)) if parts else Lost("Path()", CALLED)


def joined_path(*parts: str) -> str:
    """Paths one below the other."""
    import os

    return os.path.join(*parts)  # noqa: PTH118 - "./" stays as it is written


def folder_of(path: str) -> str:
    """The folder that a path names a file in."""
    import os

    return os.path.dirname(path) or "."  # noqa: PTH120 - "./" stays as it is written


def _of_path(_state: ProgramState, made: KnownCall, *, name: str = "path", work: Callable[[str], str] = str) -> Value:
    path = _path(made.argument(0, name))
    return work(path) if path is not None else Lost("a path", ELSEWHERE)


def _settings(_state: ProgramState, made: KnownCall) -> Value:
    path = _path(made.argument(0, "dotenv_path") or "")
    return Lost("dotenv_values()", CALLED) if path is None or made.rest else DotenvFile(path)


def _load_settings(state: ProgramState, made: KnownCall) -> Value:
    path = _path(made.argument(0, "dotenv_path") or "")
    if path is not None:
        state.settings_file = path
        state.settings_first = made.argument(3, "override") is True
    return True


_FUNCTIONS: Final[Mapping[str, Callable[[ProgramState, KnownCall], Value]]] = {
    "os.getenv": _getenv,
    "os.environ.get": _getenv,
    "open": _open,
    "io.open": _open,
    "codecs.open": _open,
    "json.load": _load,
    "json.loads": _loads,
    "json.dumps": _dumps,
    "base64.b64encode": partial(_base64, operation="b64encode"),
    "base64.standard_b64encode": partial(_base64, operation="b64encode"),
    "base64.b64decode": partial(_base64, operation="b64decode"),
    "base64.standard_b64decode": partial(_base64, operation="b64decode"),
    "copy.copy": partial(_copy, deep=False),
    "copy.deepcopy": partial(_copy, deep=True),
    "dict": _dict,
    "list": _list,
    "str": _text,
    "pathlib.Path": _located,
    "os.path.join": _located,
    "os.path.dirname": partial(_of_path, name="p", work=folder_of),
    "os.path.realpath": _of_path,
    "os.path.expanduser": _of_path,
    "os.path.abspath": _of_path,
    "dotenv.dotenv_values": _settings,
    "dotenv.load_dotenv": _load_settings,
    "dotenv.find_dotenv": lambda _state, _made: "",
}

_FOLLOWED: Final = frozenset({*_FUNCTIONS, sdk.DELIVERY, "os.environ"})


# ---- methods -----------------------------------------------------------------------------------------------------------


def text_method(method: str, value: Value, made: KnownCall) -> Value:
    """``.strip()`` and its like."""
    if method in ("encode", "decode"):
        encoding = made.argument(0, "encoding")
        if encoding is not None and not (isinstance(encoding, str) and encoding.lower() in _UTF8):
            return NOT_FOLLOWED
        return operated(method, value)
    texts = [each for each in made.values if isinstance(each, str)]
    return NOT_FOLLOWED if made.named or made.rest or len(texts) < len(made.positional) else operated(method, value, *texts)


def formatted(text: str, made: KnownCall) -> Value:
    """``"...{}...".format(...)``, its fields without a form of their own."""
    parts: list[Value] = []
    count = 0
    try:
        pieces = list(Formatter().parse(text))
    except ValueError:
        return NOT_FOLLOWED
    for before, field, form, conversion in pieces:
        parts.append(before)
        if field is None:
            continue
        name = field or str(count)
        count += not field
        value = made.argument(int(name) if name.isdecimal() and len(name) < 4 else len(made.positional), name)
        if conversion or value is None:
            return NOT_FOLLOWED
        parts.append(shaped(value, form) if form else value)
    return concatenated(*parts)


def shaped(value: Value, form: Value) -> Value:
    """A value that is known in a form such as ``02d``."""
    if type(value) not in (int, str) or not isinstance(form, str) or not re.fullmatch(r"[<>^]?0?[0-9]{0,2}[dsxX]?", form):
        return NOT_FOLLOWED
    try:
        return format(value, form)
    except ValueError:
        return NOT_FOLLOWED


def path_method(method: str, path: str, made: KnownCall) -> Value:
    """Methods of :class:`pathlib.Path`."""
    if method in ("read_text", "read_bytes"):
        return contents(path, binary=method == "read_bytes")
    if method == "open":
        return _opened(path, made.argument(0, "mode"))
    if method in ("expanduser", "resolve", "absolute"):
        return Located(path)
    if method == "joinpath" and (parts := _paths(made)) is not None:
        return Located(joined_path(path, *parts))
    return Lost("a path", ELSEWHERE)


def setting(settings: DotenvFile, name: Value, default: Value) -> Value:
    """``dotenv_values()["X"]``."""
    if not isinstance(name, str):
        return Lost("dotenv_values()", ELSEWHERE)
    return Setting(settings.file, name, as_node(default) if default is not None else None)


def with_default(value: Value, default: Value) -> Value:
    """``value or default``, where the value comes from the environment."""
    node = as_node(default)
    if isinstance(value, Variable) and (value.default is None or value.default == "") and node is not None:
        return replace(value, default=node, empty_too=True)
    return Lost("an expression", ELSEWHERE, (*containers(value), *containers(default)))
