"""The command ``policy``: which destination, and in which form its grant is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from validator.checking.policy import Grant, Wanted, grant
from validator.cli import console
from validator.core.model import Destination, ValidatorError

_PLACES: Final = ("bucket", "region", "endpoint", "namespace", "account", "container")
_ALSO_CALLED: Final[Mapping[str, tuple[str, ...]]] = {
    "region": ("region", "aws_region"),
    "bucket": ("bucket", "container"),
    "container": ("container", "bucket"),
}
"""Options to the parameters that they may be: Azure's bucket is a container, Amazon's region has a longer name."""


def run(told: Any) -> tuple[str, Sequence[str]]:
    """What goes to standard output, and the lines for standard error. Raises ValidatorError."""
    wanted = Wanted(
        prefix=told.prefix or "",
        principal=getattr(told, "for") or "",
        bucket_side=told.bucket_policy,
        encryption_key=told.kms_key or "",
        multipart=told.multipart,
        versions=told.versions,
    )
    destination = _given(told) if told.source is None else _loaded(told)
    if told.source is not None and destination.path_prefix and told.prefix is None:
        from dataclasses import replace

        wanted = replace(wanted, prefix=destination.path_prefix)
    made = grant(destination, wanted)
    return (_commands(made) if told.form == "commands" else f"{made.document}\n"), made.notes


def _given(told: Any) -> Destination:
    if told.type is None:
        raise ValidatorError("policy takes a SOURCE, or --type and --bucket (policy --help tells more)")
    from validator import providers
    from validator.providers.base import declared

    provider = providers.find(told.type)
    names = {each.name for each in declared(provider.Parameters)} if provider else set()
    parameters: dict[str, str] = {}
    for option in _PLACES:
        value = getattr(told, option)
        if value is None:
            continue
        fitting = [each for each in _ALSO_CALLED.get(option, (option,)) if each in names]
        if provider is not None and not fitting:
            raise ValidatorError(f"--{option}: {told.type} has no such parameter")
        parameters |= dict.fromkeys(fitting[:1], value)
    return Destination(told.type, told.type, parameters)


def _loaded(told: Any) -> Destination:
    from validator.sources.loader import References, load_all

    given = [f"--{each}" for each in ("type", *_PLACES) if getattr(told, each) is not None]
    if given:
        raise ValidatorError(f"{given[0]} is for a destination without SOURCE")
    references = References(
        allow_env=None if told.allow_env is None else frozenset(told.allow_env),
        allow_files=None if told.allow_file is None else tuple(told.allow_file),
    )
    found = load_all([told.source], references=references).destinations
    console.keep_quiet_about(found)
    if told.name is not None:
        found = tuple(each for each in found if each.name == told.name)
    if len(found) == 1:
        return found[0]
    if not found:
        raise ValidatorError(f"{told.source} holds no destination of the name {told.name!r}")
    listed = ", ".join(repr(each.name) for each in found[:10])
    raise ValidatorError(f"{told.source} holds {len(found)} destinations; choose one with --name: {listed}")


def _commands(made: Grant) -> str:
    lines = list(made.commands)
    if any("grant.json" in each for each in lines):
        lines = ["cat > grant.json <<'EOF'", made.document, "EOF", *lines]
    return "\n".join(lines) + "\n"
