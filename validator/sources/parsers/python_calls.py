"""What calls give while a piece of Python is read: files, variables, encodings, copies, and the helpers of Planet's SDK."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Formatter
from typing import TYPE_CHECKING, Final

from validator.core.values import dataclass, replace
from validator.sources import sdk
from validator.sources.expressions import FileData, Setting, Variable
from validator.sources.parsers.python_values import (
    ASKED,
    CALLED,
    ELSEWHERE,
    TEXTUAL,
    Dictionary,
    Dumped,
    Located,
    Lost,
    Opened,
    Sequence,
    Settings,
    Slot,
    Thing,
    Value,
    Where,
    as_node,
    concatenated,
    containers,
    label,
    operated,
)

if TYPE_CHECKING:
    from validator.sources.parsers.python_state import State

TEXT_METHODS: Final = frozenset(
    {"strip", "lstrip", "rstrip", "lower", "upper", "removeprefix", "removesuffix", "replace", "encode", "decode"}
)
_UTF8: Final = frozenset({"utf-8", "utf8", "ascii", "us-ascii", "latin-1", "utf-8-sig"})
_ASKING: Final = frozenset({"getpass", "getpass.getpass", "input", "keyring.get_password", "google.colab.userdata.get"})
_SAFE: Final = frozenset(
    {
        "print", "len", "str", "repr", "type", "dict", "list", "tuple", "sorted", "isinstance", "display", "json", "copy", "pprint",
        "requests", "httpx", "aiohttp", "logging", "yaml", "planet", "rich", "IPython", "os", "vars", "dir", "id", "bool", "int",
        "float", "set", "enumerate", "zip", "range", "exec", "eval", "globals", "locals", "open", "io", "base64", "pathlib", "asyncio", "time", "datetime", "sys",
    }
)  # fmt: skip
"""Modules and builtins whose functions do not change what they are given."""


@dataclass(slots=True)
class Call:
    """A call whose arguments are known as far as they can be."""

    given: list[Value]
    named: dict[str, Value]
    at: Where
    where: dict[str | int, Where]
    """Where each argument is written."""
    rest: Lost | None = None
    """There may be other arguments: ``*args`` or ``**kwargs`` that are not followed."""

    def argument(self, index: int, name: str) -> Value | None:
        """An argument by place or name; None if it is not given."""
        if index < len(self.given):
            return self.given[index]
        return self.named.get(name)


def harmless(function: Thing) -> bool:
    """Whether a function leaves what it is given as it is."""
    return function.name.partition(".")[0] in _SAFE


def call(state: State, function: Thing, made: Call) -> Value:
    """What a call of a known module's function gives."""
    name = function.name
    if name in sdk.HELPERS:
        return _helper(state, name, made)
    if name in sdk.REQUESTS:
        return _request(state, sdk.REQUESTS[name], made)
    if name.rpartition(".")[2] == "delivery" and name in (sdk.DELIVERY, f"{sdk.SUBSCRIPTION}.delivery"):
        return _delivery(state, made)
    if name.startswith(sdk.MODELS):
        return _dictionary(state, made)
    if name in _ASKING:
        return Lost(f"{label(name)}()", ASKED)
    known = _FUNCTIONS.get(name)
    return known(state, made) if known else Lost(f"{label(name)}()", CALLED)


# ---- the standard library ----------------------------------------------------------------------------------------------


def _path(value: Value | None) -> str | None:
    if isinstance(value, Located):
        return value.path
    return value if isinstance(value, str) else None


def _getenv(state: State, made: Call) -> Value:
    name = made.argument(0, "key")
    default = made.argument(1, "default")
    if not isinstance(name, str) or made.rest:
        return Lost("an environment variable", ELSEWHERE)
    return state.variable(name, default)


def _open(_state: State, made: Call) -> Value:
    path, mode = _path(made.argument(0, "file")), made.argument(1, "mode")
    if path is None or not (mode is None or (isinstance(mode, str) and mode in ("r", "rt", "rb", "br"))):
        return Lost("open()", CALLED)
    return Opened(path, binary=isinstance(mode, str) and "b" in mode)


def contents(path: str, *, binary: bool) -> Value:
    """What reading a file gives."""
    data = FileData(path)
    return data if binary else operated("universal", data)


def _load(_state: State, made: Call) -> Value:
    file = made.argument(0, "fp")
    return operated("json", FileData(file.path)) if isinstance(file, Opened) else Lost("json.load()", CALLED)


def _loads(state: State, made: Call) -> Value:
    given = made.argument(0, "s")
    if isinstance(given, Dumped):
        return state.copied(given.of, made.at)
    if isinstance(given, str | bytes):
        return state.literal(given, made.at)
    return operated("json", given)


def _dumps(_state: State, made: Call) -> Value:
    given = made.argument(0, "obj")
    if isinstance(given, Dictionary | Sequence):
        return Dumped(given)
    return operated("dumps", given)


def _base64(operation: str) -> Callable[[State, Call], Value]:
    def work(_state: State, made: Call) -> Value:
        return operated(operation, made.argument(0, "s"))

    return work


def _copy(*, deep: bool) -> Callable[[State, Call], Value]:
    def work(state: State, made: Call) -> Value:
        given = made.argument(0, "x")
        return state.copied(given, made.at, deep=deep) if isinstance(given, Dictionary | Sequence) else given

    return work


def _dict(state: State, made: Call) -> Value:
    if not made.given:
        return _dictionary(state, made)
    found = state.copied(made.given[0], made.at)
    if isinstance(found, Dictionary):
        for key, value in made.named.items():
            found.items[key] = Slot(value, made.where[key])
        return found
    return Lost("dict()", CALLED)


def _list(state: State, made: Call) -> Value:
    given = made.given[0] if made.given else None
    return state.copied(given, made.at) if isinstance(given, Sequence) else Lost("list()", CALLED, containers(given))


def _text(_state: State, made: Call) -> Value:
    given = made.given[0] if made.given else ""
    return given if isinstance(given, TEXTUAL) and not isinstance(given, bytes) else concatenated(given)


def _located(_state: State, made: Call) -> Value:
    parts = [_path(each) for each in made.given]
    if not parts or any(each is None for each in parts):
        return Lost("Path()", CALLED)
    return Located(joined_path(*(each for each in parts if each is not None)))


def joined_path(*parts: str) -> str:
    """Paths one below the other."""
    import os

    return os.path.join(*parts)  # noqa: PTH118 - "./" stays as it is written


def folder_of(path: str) -> str:
    """The folder that a path names a file in."""
    import os

    return os.path.dirname(path) or "."  # noqa: PTH120 - "./" stays as it is written


def _folder(_state: State, made: Call) -> Value:
    path = _path(made.argument(0, "p"))
    return folder_of(path) if path is not None else Lost("a path", ELSEWHERE)


def _same_path(_state: State, made: Call) -> Value:
    path = _path(made.argument(0, "path"))
    return path if path is not None else Lost("a path", ELSEWHERE)


def _settings(_state: State, made: Call) -> Value:
    given = made.argument(0, "dotenv_path")
    path = "" if given is None else _path(given)
    return Lost("dotenv_values()", CALLED) if path is None or made.rest else Settings(path)


def _load_settings(state: State, made: Call) -> Value:
    given = made.argument(0, "dotenv_path")
    path = "" if given is None else _path(given)
    if path is not None:
        state.settings_file = path
        state.settings_first = made.named.get("override") is True
    return True


def _find_settings(_state: State, _made: Call) -> Value:
    return ""


_FUNCTIONS: Final[Mapping[str, Callable[[State, Call], Value]]] = {
    "os.getenv": _getenv,
    "os.environ.get": _getenv,
    "open": _open,
    "io.open": _open,
    "codecs.open": _open,
    "json.load": _load,
    "json.loads": _loads,
    "json.dumps": _dumps,
    "base64.b64encode": _base64("b64encode"),
    "base64.standard_b64encode": _base64("b64encode"),
    "base64.b64decode": _base64("b64decode"),
    "base64.standard_b64decode": _base64("b64decode"),
    "copy.copy": _copy(deep=False),
    "copy.deepcopy": _copy(deep=True),
    "dict": _dict,
    "list": _list,
    "str": _text,
    "pathlib.Path": _located,
    "os.path.join": _located,
    "os.path.dirname": _folder,
    "os.path.realpath": _same_path,
    "os.path.expanduser": _same_path,
    "os.path.abspath": _same_path,
    "dotenv.dotenv_values": _settings,
    "dotenv.load_dotenv": _load_settings,
    "dotenv.find_dotenv": _find_settings,
}


# ---- Planet's SDK ------------------------------------------------------------------------------------------------------


def _arguments(state: State, names: tuple[str, ...], made: Call) -> Dictionary:
    """The arguments by name, in a dictionary of the program's."""
    found = state.dictionary(made.at)
    found.rest = made.rest
    for index, value in enumerate(made.given[: len(names)]):
        found.items[names[index]] = Slot(value, made.where[index])
    for name, value in made.named.items():
        found.items[sdk.RENAMED.get(name, name)] = Slot(value, made.where[name])
    return found


def _dictionary(state: State, made: Call) -> Dictionary:
    found = state.dictionary(made.at)
    found.rest = made.rest
    found.items = {name: Slot(value, made.where[name]) for name, value in made.named.items()}
    return found


def _helper(state: State, name: str, made: Call) -> Value:
    module, _, type_ = name.rpartition(".")
    inner = _arguments(state, sdk.HELPERS[name], made)
    for key, default in sdk.DEFAULTS.get(type_, {}).items():
        inner.items.setdefault(key, Slot(default, made.at))
    for key in ("path_prefix", "storage_endpoint_suffix"):
        if key in inner.items and inner.items[key].value in (None, ""):
            del inner.items[key]
    if type_ == "default_destination":
        inner.items["ref"] = Slot(sdk.DEFAULT_REF, made.at)
    if type_.endswith("destination"):
        type_ = "destination"
    outer = state.dictionary(made.at)
    if module == sdk.ORDER:
        outer.items = {type_: Slot(inner, made.at)}
    else:
        outer.items = {"type": Slot(type_, made.at), "parameters": Slot(inner, made.at)}
        outer.delivery = True
    return outer


def _delivery(state: State, made: Call) -> Value:
    given = _arguments(state, sdk.DELIVERY_ARGUMENTS, made)
    config = given.items.pop("cloud_config", None)
    if config is not None and not isinstance(config.value, Dictionary):
        return Lost("delivery()", CALLED, containers(config.value))
    given.items = {key: slot for key, slot in given.items.items() if slot.value is not None}
    if config is not None and isinstance(config.value, Dictionary):
        given.items.update(config.value.items)
        given.lost, given.rest = config.value.lost, config.value.rest
        config.value.copied = True
    return given


def _request(state: State, names: tuple[str, ...], made: Call) -> Value:
    found = _arguments(state, names, made)
    delivery = found.items.get("delivery")
    found.items = {key: found.items[key] for key in ("name", "products", "source") if key in found.items}
    if delivery is not None and delivery.value is not None:
        found.items["delivery"] = delivery
    return found


# ---- methods -----------------------------------------------------------------------------------------------------------


def text_method(method: str, value: Value, made: Call) -> Value:
    """``.strip()`` and its like."""
    if method in ("encode", "decode"):
        encoding = made.argument(0, "encoding")
        if encoding is not None and not (isinstance(encoding, str) and encoding.lower() in _UTF8):
            return Lost("an expression", ELSEWHERE)
        return operated(method, value)
    if made.named or made.rest or not all(isinstance(each, str) for each in made.given):
        return Lost("an expression", ELSEWHERE)
    return operated(method, value, *(each for each in made.given if isinstance(each, str)))


def formatted(text: str, made: Call) -> Value:
    """``"...{}...".format(...)``, its fields without a form of their own."""
    parts: list[Value] = []
    count = 0
    try:
        pieces = list(Formatter().parse(text))
    except ValueError:
        return Lost("an expression", ELSEWHERE)
    for before, field, form, conversion in pieces:
        parts.append(before)
        if field is None:
            continue
        name = field or str(count)
        count += not field
        value = (
            made.given[int(name)]
            if name.isdecimal() and len(name) < 4 and int(name) < len(made.given)
            else made.named.get(name)
        )
        if form or conversion or value is None:
            return Lost("an expression", ELSEWHERE)
        parts.append(value)
    return concatenated(*parts)


def path_method(method: str, path: str, made: Call) -> Value:
    """Methods of :class:`pathlib.Path`."""
    if method in ("read_text", "read_bytes"):
        return contents(path, binary=method == "read_bytes")
    if method == "open":
        mode = made.argument(0, "mode")
        return (
            Opened(path, binary=isinstance(mode, str) and "b" in mode)
            if mode in (None, "r", "rb", "rt")
            else Lost("open()", CALLED)
        )
    if method in ("expanduser", "resolve", "absolute"):
        return Located(path)
    if method == "joinpath" and all(_path(each) is not None for each in made.given):
        return Located(joined_path(path, *(_path(each) or "" for each in made.given)))
    return Lost("a path", ELSEWHERE)


def setting(settings: Settings, name: Value, default: Value) -> Value:
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
