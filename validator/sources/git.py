"""Warns of secrets that stand in the clear in files that git tracks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from validator.core import catalog
from validator.core.model import Destination, PatchOperation, Secret
from validator.core.values import replace
from validator.sources.document import escape
from validator.sources.surroundings import root_of


def plaintext(destinations: Sequence[Destination]) -> Iterable[Destination]:
    """The same destinations, with a warning where git tracks a file that holds a secret in the clear."""
    held = {index: keys for index, each in enumerate(destinations) if (keys := _in_clear(each))}
    tracked = _tracked({Path(destinations[index].source) for index in held if destinations[index].source != "-"})
    for index, each in enumerate(destinations):
        if index not in held or Path(each.source) not in tracked:
            yield each
            continue
        files = [
            catalog.finding(
                "plaintext-secret",
                detail=f"git tracks {each.source}, and {key} stands in it in the clear.",
                pointer=pointer,
                evidence={"parameter": key},
                patch=(PatchOperation("replace", pointer, f"${{{key.upper()}}}"),),
            )
            for key, pointer in held[index]
        ]
        yield replace(each, problems=(*each.problems, *files))


def _tracked(files: Iterable[Path]) -> frozenset[Path]:
    """Those that git tracks: a link's target, where the file is one."""
    within = [file for file in files if root_of(Path(os.path.realpath(file)).parent) is not None]
    if not within:
        return frozenset()
    from validator.sources.git_index import TrackingState, states

    return frozenset(file for file, state in states(within).items() if state is not TrackingState.UNTRACKED)


def _in_clear(destination: Destination) -> list[tuple[str, str]]:
    names = []
    for key, value in destination.parameters.items():
        pointer = f"/parameters/{escape(key)}"
        if not isinstance(value, Secret) or pointer in destination.resolved:
            continue
        text = value.reveal()
        # Masks and placeholders are no secrets; lint speaks of them.
        shown = text.split() == [text] and not any(each in text for each in ("<", ">", "*", "..."))
        if len(value) >= 16 and shown and key.replace("_", "0").isalnum():
            names.append((key, pointer))
    return names
