"""The demo's emulators, kept running, with the files of their destinations: to try commands on until Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, TextIO

from validator.core.errors import ValidatorError
from validator.demo.run import offered

if TYPE_CHECKING:
    from validator.core.deadline import CancelToken
    from validator.demo.emulators.scenario import Scenario

FOLDER: Final = "planet-demo"
SETTINGS: Final = "env"
"""For a shell: leads commands to the emulators. No settings file may say where credentials go."""
AUTHORITIES: Final = "ca.pem"


Write = Callable[[str, str], Path]
"""Writes a text into a file of this name; the file's path."""


@contextlib.contextmanager
def _files(folder: Path) -> Iterator[Write]:
    """A folder for files of the demo's own, for its user alone. In the end goes whatever nobody has changed."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        raise ValidatorError(f"{folder} is there already: remove it, or begin in another folder") from None
    written: dict[Path, str] = {}

    def write(name: str, text: str) -> Path:
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        written[path] = text
        return path

    try:
        yield write
    finally:
        for path, text in written.items():
            with contextlib.suppress(OSError, UnicodeDecodeError):
                if path.read_text(encoding="utf-8") == text:
                    path.unlink()
        with contextlib.suppress(OSError):  # something else is in it
            folder.rmdir()


def keep(
    emulators: Mapping[str, tuple[str, str]],
    out: TextIO,
    stop: CancelToken,
    *,
    ready: Callable[[Path], None] = lambda _: None,
) -> int:
    """Start the emulators, write a file for each destination, print commands, wait for ``stop``, and end everything.

    Args:
        emulators: title and module by short name.
        out: where the commands are printed.
        stop: ends it.
        ready: called with the folder when everything is there.

    Returns:
        130 after a stop, which is its only end; 2 if no emulator could be started.

    Raises:
        ValidatorError: if the folder ``planet-demo`` is there already.
    """
    woken: SimpleQueue[object] = SimpleQueue()
    with stop.waking(woken), _files(Path(FOLDER)) as write, contextlib.ExitStack() as stack:
        kept = _started(emulators, stack, out)
        if not kept and not stop.level:
            out.write("Nothing could be started.\n")
            return 2
        if not stop.level:
            _write(kept, write)
            out.write(_told(kept))
            out.flush()
            ready(Path(FOLDER))
        if not stop.level:
            woken.get()
    out.write(f"Ended. {FOLDER}/ is gone, unless something in it was changed.\n")
    return 130


def _started(emulators: Mapping[str, tuple[str, str]], stack: contextlib.ExitStack, out: TextIO) -> Mapping[str, Scenario]:
    """Every destination, by the name of its file."""
    kept: dict[str, Scenario] = {}
    for short, (title, module) in emulators.items():
        try:
            scenarios = stack.enter_context(offered(module)())
        except (ValidatorError, OSError, RuntimeError) as error:
            out.write(f"Left out: {title}: {error}\n")
            continue
        for each in scenarios:
            name = re.sub(r"[^a-z0-9]+", "-", each.title.lower()).strip("-")
            kept[f"{short}-{name}.json"] = each
    return kept


def _write(kept: Mapping[str, Scenario], write: Write) -> None:
    """A file for each, and the settings that lead commands to the emulators."""
    endpoints: dict[str, str] = {}
    for file, each in kept.items():
        write(file, json.dumps(each.request, indent=2) + "\n")
        endpoints.update(each.endpoints)
    variables = {"PLANET_VALIDATOR_ENDPOINT": ",".join(f"{name}={url}" for name, url in endpoints.items())}
    bundles = dict.fromkeys(each.ca_bundle for each in kept.values() if each.ca_bundle)
    if bundles:
        authorities = write(AUTHORITIES, "".join(Path(each).read_text(encoding="utf-8") for each in bundles))
        variables["PLANET_VALIDATOR_CA_BUNDLE"] = str(authorities.resolve())
    write(SETTINGS, "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()))


def _told(kept: Mapping[str, Scenario]) -> str:
    """The commands, ready to be pasted in another terminal."""
    files = {each.finding or each.verdict: file for file, each in reversed([*kept.items()])}  # the first of each kind
    commands = [
        (f"check {FOLDER}/", files.get("pass", min(kept))),
        (f"check {FOLDER}/", files.get("delete-denied", min(kept))),
        (f"policy {FOLDER}/", files.get("delete-denied", min(kept))),
        (f"check --fix {FOLDER}/", files.get("wrong-region")),
        (f"sweep {FOLDER}/", files.get("lingering-file")),
        (f"check {FOLDER}", ""),
    ]
    lines = [
        f"{len(kept)} destinations, good and broken, are in {FOLDER}/. In another terminal, here:",
        "",
        f"  . {FOLDER}/{SETTINGS}",
    ]
    lines += [f"  planet-validator {command}{file}" for command, file in commands if file is not None]
    return "\n".join([*lines, "", "Ctrl-C ends the emulators and removes the files.", ""])
