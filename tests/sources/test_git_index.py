"""Git's index, read as data, says what git says; and nothing of a repository runs or is waited for."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.support.repositories import git, repository
from validator.sources.git_index import LONGEST_PATH, TrackingState, entries, states
from validator.sources.surroundings import root_of


def as_git_says(root: Path) -> dict[bytes, tuple[int, bytes]]:
    found = {}
    for line in git(root, "ls-files", "-s", "-z").split("\0"):
        if line:
            about, name = line.split("\t", 1)
            mode, blob, _ = about.split()
            found[os.fsencode(name)] = (int(mode, 8), bytes.fromhex(blob))
    return found


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
@pytest.mark.parametrize("settings", [(), ("index.version=4",), ("index.skipHash=true",), ("core.splitIndex=true",)])
def test_what_git_tracks_is_what_git_says(tmp_path: Path, settings: tuple[str, ...], object_format: str) -> None:
    root = repository(tmp_path / "r", *settings, object_format=object_format)
    chance = random.Random(20)  # noqa: S311 - names of files
    names = [
        "/".join("".join(chance.choices("abé -", k=chance.choice([1, 7, 100]))) + "x" for _ in range(chance.randint(1, 4)))
        + f"{number}.json"
        for number in range(60)
    ]
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    (root / "link").symlink_to("elsewhere")
    git(root, "add", ".")
    git(root, "add", "-N", ".")
    git(root, "update-index", "--force-remove", names[0])
    said = as_git_says(root)
    found = entries(root, [*said, *map(os.fsencode, names), b"never"])
    assert set(found) - {os.fsencode(names[0])} == set(said)
    if "core.splitIndex=true" not in settings:
        assert os.fsencode(names[0]) not in found
    for name, entry in found.items():
        if entry.blob:
            assert (entry.mode, entry.blob) == said[name]


def test_tracked_changed_clean_and_links_to_them(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    for name in ("clean", "changed", "untracked", "windows"):
        (root / name).write_text(f"{name}\n")
    (root / "link").symlink_to("clean")
    (root / "stray").symlink_to("untracked")
    git(root, "add", "clean", "changed", "windows", "link", "stray")
    (root / "changed").write_text("other\n")
    (root / "windows").write_bytes(b"windows\r\n")
    assert {
        path.name: str(state) for path, state in states(each for each in root.iterdir() if each.name != ".git").items()
    } == {
        "clean": "clean",
        "changed": "changed",
        "untracked": "untracked",
        "windows": "clean",
        "link": "clean",
        "stray": "untracked",
    }
    assert states([tmp_path / "nowhere"]) == {tmp_path / "nowhere": TrackingState.UNTRACKED}


def test_a_linked_work_tree_has_its_own_index(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    (root / "a").write_text("a")
    git(root, "add", "a")
    git(root, "commit", "-qm", "a")
    git(root, "worktree", "add", "-q", str(tmp_path / "other"))
    (tmp_path / "other" / "b").write_text("b")
    git(tmp_path / "other", "add", "b")
    assert states([tmp_path / "other" / "b", root / "a", root / "b"]) == {
        tmp_path / "other" / "b": TrackingState.CLEAN,
        root / "a": TrackingState.CLEAN,
        root / "b": TrackingState.UNTRACKED,
    }


def test_a_bare_repository_of_the_proposal_is_no_repository(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    bare = root / "destinations"
    bare.mkdir()
    git(bare, "init", "-q", "--bare", ".")
    (bare / "a.json").write_text("{}")
    git(root, "add", "--", "destinations/a.json")
    assert root_of(bare) == root
    assert states([bare / "a.json"]) == {bare / "a.json": TrackingState.CLEAN}


def test_what_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    (root / "a").write_text("a")
    git(root, "add", "a")
    index = root / ".git" / "index"
    whole = index.read_bytes()
    for cut in range(len(whole)):
        index.write_bytes(whole[:cut])
        assert states([root / "a"])[root / "a"] is TrackingState.UNTRACKED
    index.unlink()
    os.mkfifo(index)  # nobody writes: it is not waited for
    assert states([root / "a"])[root / "a"] is TrackingState.UNTRACKED
    index.unlink()
    index.symlink_to("/dev/zero")
    assert states([root / "a"])[root / "a"] is TrackingState.UNTRACKED


def test_paths_that_grow_with_every_entry_are_refused(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    entry = bytes(60) + b"\0\0" + b"\0" + b"a" * 64 + b"\0"
    count = 10 * LONGEST_PATH // 64
    (root / ".git" / "index").write_bytes(b"DIRC\0\0\0\4" + count.to_bytes(4, "big") + entry * count + bytes(20))
    assert entries(root, [b"a" * 64 * count]) == {}
