"""What git's index says of files, read as data: git is not run, and nothing that the place configures is obeyed.

The format is https://git-scm.com/docs/index-format; versions 2 to 4, SHA-1 and SHA-256, split indexes.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

from validator.core.values import Dataclass
from validator.sources.surroundings import bytes_of, root_of

LARGEST: Final = 32 * 1024 * 1024
"""Bytes of an index: some 300,000 files. What is larger is not read."""
LONGEST_PATH: Final = 4096
"""Bytes of one path; without a limit, version 4 could make paths grow with every entry."""
LARGEST_FILE: Final = 1024 * 1024
"""Bytes of a file that is compared with what the index holds of it."""

_EXTENDED: Final = 0x4000
_SYMLINK: Final = 0o120000


class TrackingState(StrEnum):
    """What git's index says of a file."""

    UNTRACKED = "untracked"
    """No repository, or it does not hold the file."""
    CLEAN = "clean"
    """The index holds these very bytes: they can be had back from it."""
    CHANGED = "changed"
    """Tracked, and the index holds other bytes, or it could not be told."""


class IndexEntry(Dataclass):
    """One file of an index."""

    mode: int
    blob: bytes
    """The hash of its content; empty where another index may have replaced it."""


def states(files: Iterable[Path]) -> dict[Path, TrackingState]:
    """What the indexes of their repositories say of these files; a link is followed, since its target holds the content."""
    by_file = {}
    for file, (real, entry) in _found(files).items():
        data = None if entry is None else read_regular(real, LARGEST_FILE)
        clean = entry is not None and data is not None and _is(entry, data, data.replace(b"\r\n", b"\n"))
        by_file[file] = TrackingState.UNTRACKED if entry is None else TrackingState.CLEAN if clean else TrackingState.CHANGED
    return by_file


def held(file: Path, data: bytes) -> bool:
    """Whether the index holds exactly these bytes under the file's name: they can be had back from git."""
    ((_, entry),) = _found([file]).values()
    return entry is not None and _is(entry, data)


def _found(files: Iterable[Path]) -> dict[Path, tuple[Path, IndexEntry | None]]:
    """Where each file really lies, and its entry."""
    by_file: dict[Path, tuple[Path, IndexEntry | None]] = {}
    paths: dict[Path, dict[bytes, list[Path]]] = {}
    for file in files:
        real = Path(os.path.realpath(file))
        by_file[file] = real, None
        root = root_of(real.parent)
        if root is not None:
            name = os.fsencode(real.relative_to(root).as_posix())
            paths.setdefault(root, {}).setdefault(name, []).append(file)
    for root, names in paths.items():
        for name, entry in entries(root, names.keys()).items():
            by_file.update({file: (by_file[file][0], entry) for file in names[name]})
    return by_file


def entries(root: Path, names: Iterable[bytes]) -> Mapping[bytes, IndexEntry]:
    """Those of the paths, relative to the root and parted by ``/``, that the index holds; none where it cannot be read."""
    chosen = frozenset(names)
    place = _git_folder(root)
    data = None if place is None else read_regular(place / "index", LARGEST)
    if place is None or data is None:
        return {}
    try:
        by_name, shared = _read(data, chosen)
        if shared:
            base = read_regular(place / f"sharedindex.{shared}", LARGEST)
            below, _ = _read(base, chosen) if base is not None else ({}, "")
            # Which of these the split index replaced stands in bitmaps: that they are tracked is enough to know.
            by_name = {**{name: IndexEntry(entry.mode, b"") for name, entry in below.items()}, **by_name}
    except (struct.error, ValueError, IndexError):
        return {}
    return by_name


def read_regular(path: Path, limit: int) -> bytes | None:
    """The bytes of a plain file; None for anything else, and for a file that is larger than ``limit`` or cannot be read."""
    try:
        data = bytes_of(path, limit)
    except ValueError:  # a name that is no path
        return None
    return data if isinstance(data, bytes) else None


def _git_folder(root: Path) -> Path | None:
    """Where the index lies: in ``.git``, or where that file says, as in linked work trees and submodules."""
    place = root / ".git"
    if place.is_dir():
        return place
    content = read_regular(place, LONGEST_PATH)
    if content is None or not content.startswith(b"gitdir: "):
        return None
    return root / os.fsdecode(content.removeprefix(b"gitdir: ").rstrip(b"\r\n"))


def _is(entry: IndexEntry, *texts: bytes) -> bool:
    # Git may keep text with other line ends than the working copy has: who does not mind gives both.
    if not entry.blob or entry.mode == _SYMLINK:
        return False
    kind = "sha1" if len(entry.blob) == 20 else "sha256"
    return any(hashlib.new(kind, b"blob %d\0" % len(each) + each).digest() == entry.blob for each in texts)


def _read(data: bytes, names: frozenset[bytes]) -> tuple[dict[bytes, IndexEntry], str]:
    """The wanted entries, and the name of the shared index that this one is split from, if any. Raises ValueError and the like."""
    signature, version, count = struct.unpack_from(">4sII", data)
    if signature != b"DIRC" or version not in (2, 3, 4):
        raise ValueError("not an index")
    size = _hash_size(data)
    by_name: dict[bytes, IndexEntry] = {}
    end = 12
    for name, entry, end in _entries(data, version, count, size):  # noqa: B007 - where the last one ends is used below
        if name in names:
            by_name[name] = entry
    return by_name, _shared(data, end, size)


def _entries(data: bytes, version: int, count: int, size: int) -> Iterator[tuple[bytes, IndexEntry, int]]:
    at, name = 12, b""
    for _ in range(count):
        start = at
        mode, blob, flags = struct.unpack_from(f">24xI12x{size}sH", data, at)
        at += 42 + size + (2 if flags & _EXTENDED else 0)
        kept = 0
        if version == 4:
            strip, at = _variable(data, at)
            if strip > len(name):
                raise ValueError("a path is cut by more than it has")
            kept = len(name) - strip
        end = data.index(b"\0", at, at + LONGEST_PATH + 1)
        name = name[:kept] + data[at:end]
        if len(name) > LONGEST_PATH:
            raise ValueError("a path is too long")
        at = end + 1 if version == 4 else start + ((end - start) // 8 + 1) * 8
        yield name, IndexEntry(mode, blob), at


def _variable(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, each further byte one more than it says, as offsets in packs are written."""
    value = data[at] & 127
    while data[at] & 128:
        at += 1
        value = ((value + 1) << 7) | (data[at] & 127)
        if value > LARGEST:
            raise ValueError("a number is too large")
    return value, at + 1


def _hash_size(data: bytes) -> int:
    for name, size in (("sha1", 20), ("sha256", 32)):
        if hashlib.new(name, data[:-size]).digest() == data[-size:]:
            return size
    if data[-20:] != bytes(20):  # zeros where git was told not to count (index.skipHash)
        raise ValueError("the index is damaged")
    return 32 if data[-32:] == bytes(32) else 20


def _shared(data: bytes, at: int, size: int) -> str:
    while at + 8 <= len(data) - size:
        signature, length = struct.unpack_from(">4sI", data, at)
        if signature == b"link":
            return data[at + 8 : at + 8 + size].hex()
        at += 8 + length
    return ""
