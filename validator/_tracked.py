"""Warns of secrets that stand in the clear in files that git tracks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from validator import catalog
from validator._documents import escape
from validator.model import Destination, PatchOperation, Secret


def plaintext(destinations: Sequence[Destination], roots: Mapping[Path, Path | None]) -> Iterable[Destination]:
    """The same destinations, with a warning where git tracks a file that holds a secret in the clear."""
    held = {index: keys for index, each in enumerate(destinations) if (keys := _in_clear(each))}
    folders: dict[Path, set[str]] = {}
    for index in held:
        file = Path(destinations[index].source).absolute()
        if destinations[index].source != "-" and roots.get(file.parent) is not None:
            folders.setdefault(file.parent, set()).add(file.name)
    tracked = {folder / name for folder, names in folders.items() for name in _tracked(folder, names)}
    for index, each in enumerate(destinations):
        if index not in held or Path(each.source).absolute() not in tracked:
            yield each
            continue
        found = [
            catalog.finding(
                "plaintext-secret",
                detail=f"git tracks {each.source}, and {key} stands in it in the clear.",
                pointer=pointer,
                evidence={"parameter": key},
                patch=(PatchOperation("replace", pointer, f"${{{key.upper()}}}"),),
            )
            for key, pointer in held[index]
        ]
        yield replace(each, problems=(*each.problems, *found))


def _in_clear(destination: Destination) -> list[tuple[str, str]]:
    found = []
    for key, value in destination.parameters.items():
        pointer = f"/parameters/{escape(key)}"
        if not isinstance(value, Secret) or pointer in destination.resolved:
            continue
        # Masks and placeholders are no secrets; lint speaks of them.
        if len(value) >= 16 and not re.search(r"[<>*\s]|\.\.\.", value.reveal()) and re.fullmatch(r"\w+", key):
            found.append((key, pointer))
    return found


def _tracked(folder: Path, names: Iterable[str]) -> set[str]:
    """Those of the files that git tracks; none where git is not there or does not answer."""
    import subprocess

    # A repository's own settings may name programs to run: none is needed for this question.
    command = [
        "git",
        "-c",
        "core.fsmonitor=false",
        "-C",
        str(folder),
        "ls-files",
        "-z",
        "--",
        *(f":(literal){each}" for each in sorted(names)),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; the names are literal paths
            command, capture_output=True, timeout=5, check=False, env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
        )
    except (OSError, subprocess.SubprocessError, ValueError):
        return set()
    return set(os.fsdecode(done.stdout).split("\0")) - {""} if done.returncode == 0 else set()
