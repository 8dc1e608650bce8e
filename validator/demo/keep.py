"""The demo's emulators, kept running, with the files of their destinations: to try commands on until Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class _Written:
    """The files that are the demo's own, with what was written into them."""

    folder: Path
    files: dict[Path, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        self.files[path] = text
        return path

    def remove(self) -> None:
        """Whatever nobody has changed, and the folder if nothing else is in it."""
        for path, text in self.files.items():
            with contextlib.suppress(OSError, UnicodeDecodeError):
                if path.read_text(encoding="utf-8") == text:
                    path.unlink()
        with contextlib.suppress(OSError):
            self.folder.rmdir()


@contextlib.contextmanager
def _files(folder: Path) -> Iterator[_Written]:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        raise ValidatorError(f"{folder} is there already: remove it, or begin in another folder") from None
    written = _Written(folder)
    try:
        yield written
    finally:
        written.remove()


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
    stop.watch(woken)
    try:
        with _files(Path(FOLDER)) as written, contextlib.ExitStack() as stack:
            kept = [each for each in _started(emulators, stack, out) if not stop.level]
            if not kept and not stop.level:
                out.write("Nothing could be started.\n")
                return 2
            if not stop.level:
                out.write(_told(_write(kept, written)))
                out.flush()
                ready(written.folder)
            if not stop.level:
                woken.get()
    finally:
        stop.forget(woken)
    out.write(f"Ended. {FOLDER}/ is gone, unless something in it was changed.\n")
    return 130


@dataclass(frozen=True, slots=True)
class _Kept:
    """One destination and its file's name."""

    file: str
    scenario: Scenario


def _started(emulators: Mapping[str, tuple[str, str]], stack: contextlib.ExitStack, out: TextIO) -> Iterator[_Kept]:
    for short, (title, module) in emulators.items():
        try:
            scenarios = stack.enter_context(offered(module)())
        except (ValidatorError, OSError, RuntimeError) as error:
            out.write(f"Left out: {title}: {error}\n")
            continue
        for each in scenarios:
            name = re.sub(r"[^a-z0-9]+", "-", each.title.lower()).strip("-")
            yield _Kept(f"{short}-{name}.json", each)


def _write(kept: Sequence[_Kept], written: _Written) -> Sequence[_Kept]:
    bundles: dict[str, None] = {}
    endpoints: dict[str, str] = {}
    for each in kept:
        written.write(each.file, json.dumps(each.scenario.request, indent=2) + "\n")
        endpoints.update(each.scenario.endpoints)
        if each.scenario.ca_bundle:
            bundles[each.scenario.ca_bundle] = None
    variables = {"PLANET_VALIDATOR_ENDPOINT": ",".join(f"{name}={url}" for name, url in endpoints.items())}
    if bundles:
        authorities = written.write(AUTHORITIES, "".join(Path(each).read_text(encoding="utf-8") for each in bundles))
        variables["PLANET_VALIDATOR_CA_BUNDLE"] = str(authorities.resolve())
    written.write(SETTINGS, "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()))
    return kept


def _told(kept: Sequence[_Kept]) -> str:
    """The commands, ready to be pasted in another terminal."""
    good = next((each for each in kept if each.scenario.verdict == "pass"), kept[0])
    broken = next((each for each in kept if each.scenario.finding == "delete-denied"), kept[-1])
    wrong = next((each for each in kept if each.scenario.finding == "wrong-region"), None)
    littered = next((each for each in kept if each.scenario.command == "sweep"), None)
    commands = [f". {FOLDER}/{SETTINGS}", f"planet-validator check {FOLDER}/{good.file}"]
    commands.append(f"planet-validator check {FOLDER}/{broken.file}")
    commands.append(f"planet-validator policy {FOLDER}/{broken.file}")
    if wrong:
        commands.append(f"planet-validator check --fix {FOLDER}/{wrong.file}")
    if littered:
        commands.append(f"planet-validator sweep {FOLDER}/{littered.file}")
    commands.append(f"planet-validator check {FOLDER}")
    lines = [f"{len(kept)} destinations, good and broken, are in {FOLDER}/. In another terminal, here:", ""]
    return "\n".join([*lines, *(f"  {each}" for each in commands), "", "Ctrl-C ends the emulators and removes the files.", ""])
