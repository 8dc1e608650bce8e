"""Puts new content into a user's file: whole or not at all, with its mode, owner and links, and a copy of the old beside it.

Why a file with hard links is written in place: ``docs/decisions/0012-fix-keeps-files.md``.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from validator.core import lazy
from validator.core.errors import ValidatorError

COPY: Final = ".orig"
"""What the copy's name ends with."""

_MOST_COPIES: Final = 100
_LONG_AGO: Final = 3600.0
"""Seconds."""
_TEMPORARY: Final = lazy.compile(r"\..+\.planet-validator-[0-9a-f]{16}\.tmp")


def rewrite(file: str, before: bytes, after: bytes, *, copy: bool) -> None:
    """Write ``after`` where ``before`` stands.

    ``copy``: leave ``before`` as FILE.orig. A copy is made in any case where the file has to be written in place: where it has
    hard links, or where a new file could not have its owner. Raises :class:`~validator.core.errors.ValidatorError`; the file is as it was then.
    """
    path = Path(os.path.realpath(file))
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode) or path.read_bytes() != before:
            raise ValidatorError(f"{file}: it has changed since it was read; nothing was written")
        if not os.access(path, os.W_OK):
            raise ValidatorError(f"{file}: it cannot be changed: it may not be written")
        if about.st_nlink == 1:
            with _temporary(path, after) as temporary:
                if _like(temporary, path, about):
                    if copy:
                        _keep(Path(file), before, path, about)
                    temporary.replace(path)
                    _settle(path.parent)
                    return
        _keep(Path(file), before, path, about)
        _in_place(path, before, after)
    except OSError as error:
        raise ValidatorError(f"{file}: it cannot be changed: {error.strerror}") from None


def remove_leftovers(files: Iterable[str]) -> list[str]:
    """Remove what a killed ``--fix`` left in the folders of these files; the paths of what was removed.

    Only regular files of our own user, under the name that no other program gives, on which no process holds a lock.
    """
    removed = []
    for folder in sorted({os.path.dirname(os.path.realpath(each)) for each in files if each != "-" and "\0" not in each}):  # noqa: PTH120 - strings sort
        try:
            names = [each for each in os.listdir(folder) if ".planet-validator-" in each and _TEMPORARY.fullmatch(each)]  # noqa: PTH208 - names alone
        except OSError:
            continue
        removed += [str(path) for path in (Path(folder, name) for name in sorted(names)) if _abandoned(path)]
    return removed


def _abandoned(path: Path) -> bool:
    """Remove a temporary file that nobody is writing; whether that was done."""
    try:
        about = path.lstat()
        if (
            not stat.S_ISREG(about.st_mode)
            or about.st_nlink > 2
            or about.st_uid != getattr(os, "geteuid", lambda: about.st_uid)()
        ):
            return False
        with path.open("rb") as file:
            free = _lock(file.fileno())
            if free is None:  # a file system without locks: nobody takes this long to write
                free = time.time() - about.st_mtime > _LONG_AGO
            if free:
                path.unlink()
            return free
    except OSError:
        return False


@contextlib.contextmanager
def _temporary(path: Path, data: bytes) -> Iterator[Path]:
    """A file beside ``path`` that holds ``data``, safely on the disk and locked; removed at the end if it is still there."""
    temporary = path.with_name(f".{path.name}.planet-validator-{os.urandom(8).hex()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        try:
            _lock(descriptor)
            _write(descriptor, data)
            os.fsync(descriptor)
            yield temporary
        finally:
            os.close(descriptor)
    finally:
        temporary.unlink(missing_ok=True)


def _lock(descriptor: int) -> bool | None:
    """Lock a file for this process; whether it was free, None if that cannot be told. The lock ends with the process."""
    try:
        import fcntl
    except ImportError:  # Windows, which does not let a file be removed that somebody has open
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _like(new: Path, path: Path, about: os.stat_result) -> bool:
    """Give a new file the owner, mode and attributes of the old one; whether that was possible."""
    import shutil

    fresh = new.stat()
    if (fresh.st_uid, fresh.st_gid) != (about.st_uid, about.st_gid):
        try:
            os.chown(new, about.st_uid, about.st_gid)
        except (OSError, AttributeError):
            return False
    shutil.copystat(path, new)  # the mode last: whoever may read the old one may read this one, and nobody before
    os.utime(new)
    return True


def _keep(file: Path, data: bytes, path: Path, about: os.stat_result) -> None:
    """Leave the copy FILE.orig: an earlier one is never written over, nor made twice."""
    names = [file.with_name(file.name + COPY + (f".{number}" if number else "")) for number in range(_MOST_COPIES)]
    for copy in names:
        if os.path.lexists(copy):
            if copy.is_file() and not copy.is_symlink() and copy.stat().st_size == len(data) and copy.read_bytes() == data:
                return
            continue
        with _temporary(copy, data) as temporary:
            _like(temporary, path, about)
            try:
                os.link(temporary, copy)
            except FileExistsError:
                continue
            except OSError:  # no hard links on this file system
                if os.path.lexists(copy):
                    continue
                temporary.replace(copy)
        _settle(copy.parent)
        return
    raise ValidatorError(
        f"{file}: it cannot be changed: there are {_MOST_COPIES} copies of it already, {file.name}{COPY} and on"
    )


def _in_place(path: Path, before: bytes, after: bytes) -> None:
    """Write over a file's content; what fails is undone."""
    with path.open("r+b", buffering=0) as file:
        try:
            _put(file.fileno(), after)
        except BaseException:
            with contextlib.suppress(OSError):
                _put(file.fileno(), before)
            raise


def _put(descriptor: int, data: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    _write(descriptor, data)
    os.ftruncate(descriptor, len(data))
    os.fsync(descriptor)


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _settle(folder: Path) -> None:
    """Make a new name in a folder outlast a crash, where the system has a way to."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
