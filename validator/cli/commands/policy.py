"""The command ``policy``: which destination, and in which form its grant is printed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import typer

from validator.checking.policy import Grant, Wanted, grant
from validator.cli import console
from validator.cli.options import Given, command
from validator.cli.settings import complete_types
from validator.core.errors import ValidatorError
from validator.core.model import Destination

_PLACES: Final = ("bucket", "region", "endpoint", "namespace", "account", "container")
_ALSO_CALLED: Final[Mapping[str, tuple[str, ...]]] = {
    "region": ("region", "aws_region"),
    "bucket": ("bucket", "container"),
    "container": ("container", "bucket"),
}
"""Options to the parameters that they may be: Azure's bucket is a container, Amazon's region has a longer name."""
PLACES: Final = "Without SOURCE: where the bucket is"


def _place(name: str) -> Any:
    return typer.Option(metavar=name.upper(), help=f"the {name}, where the type has one", rich_help_panel=PLACES)


@command(
    settings=("allow-env", "allow-file"),
    examples=[
        "planet-validator policy dest.json > grant.json",
        "planet-validator policy --type s3 --bucket imagery-in --as commands",
    ],
)
def policy(
    given: Given,
    source: Annotated[
        str | None, typer.Argument(metavar="SOURCE", help="a .json, .yaml or .toml file with the destination, or -")
    ] = None,
    *,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="of the destination, where SOURCE holds several")] = None,
    type_: Annotated[
        str | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="Planet's name of the type, or s3, gcs, azure, ocs",
            rich_help_panel=PLACES,
            autocompletion=complete_types,
        ),
    ] = None,
    bucket: Annotated[str | None, _place("bucket")] = None,
    region: Annotated[str | None, _place("region")] = None,
    endpoint: Annotated[str | None, _place("endpoint")] = None,
    namespace: Annotated[str | None, _place("namespace")] = None,
    account: Annotated[str | None, _place("account")] = None,
    container: Annotated[str | None, _place("container")] = None,
    whom: Annotated[
        str | None,
        typer.Option("--for", metavar="WHOM", help="the user or its ARN, the service account, or the group that is granted"),
    ] = None,
    prefix: Annotated[
        str | None, typer.Option(metavar="PREFIX", help="narrow the grant to this folder, and the verification file")
    ] = None,
    bucket_policy: Annotated[
        bool, typer.Option("--bucket-policy", help="S3: the bucket's own side, for a user of another account (--for its ARN)")
    ] = False,
    kms_key: Annotated[
        str | None, typer.Option(metavar="ARN", help="the key that the bucket encrypts with, where using it takes a permission")
    ] = None,
    multipart: Annotated[
        bool, typer.Option("--multipart", help="also the clean-up of unfinished uploads, where that takes a permission")
    ] = False,
    versions: Annotated[
        bool, typer.Option("--versions", help="S3: also the removal of the verification file's old versions")
    ] = False,
    form: Annotated[
        Literal["json", "commands"],
        typer.Option("--as", metavar="FORM", help="json: the cloud's own document (default); or commands"),
    ] = "json",
) -> int:
    """Print the grant; its notes go to standard error; the exit code. Raises ValidatorError."""
    from validator.core.terminal_text import inert, inert_json

    console.learn(each for each in (whom, prefix, kms_key) if each)  # a grant is made of them
    places = dict(zip(_PLACES, (bucket, region, endpoint, namespace, account, container), strict=True))
    if source is None:
        destination = _described(type_, places)
        console.keep_quiet_about((destination,))
    else:
        clash = [f"--{each}" for each, value in {"type": type_, **places}.items() if value is not None]
        if clash:
            raise ValidatorError(f"{clash[0]} is for a destination without SOURCE")
        destination = _loaded(source, name, given)
    wanted = Wanted(
        prefix=destination.path_prefix or "" if prefix is None else prefix,
        principal=whom or "",
        bucket_side=bucket_policy,
        encryption_key=kms_key or "",
        multipart=multipart,
        versions=versions,
    )
    made = grant(destination, wanted)
    text = console.masked(_commands(made) if form == "commands" else f"{made.document}\n")
    for note in made.notes:
        console.say_lines(console.masked(note))
    console.put(inert_json(text) if text.lstrip().startswith(("{", "[")) else inert(text))
    return 0


def _described(type_: str | None, places: Mapping[str, str | None]) -> Destination:
    """A destination of which only the place is known."""
    if type_ is None:
        raise ValidatorError("policy takes a SOURCE, or --type and --bucket (policy --help tells more)")
    from validator import providers
    from validator.providers.base import declared

    name = providers.full_name(type_)
    provider = providers.find(name)
    names = {each.name for each in declared(provider.Parameters)} if provider else set()
    parameters: dict[str, str] = {}
    for option, value in places.items():
        if value is None:
            continue
        fitting = [each for each in _ALSO_CALLED.get(option, (option,)) if each in names]
        if provider is not None and not fitting:
            raise ValidatorError(f"--{option}: {name} has no such parameter")
        parameters |= dict.fromkeys(fitting[:1], value)
    return Destination(name, name, parameters)


def _loaded(source: str, name: str | None, given: Given) -> Destination:
    from validator.cli import configuration, execution
    from validator.sources.loader import load_all

    values = configuration.settle(given.settings, os.environ, None)
    destinations = load_all([source], references=execution.references(values)).destinations
    console.keep_quiet_about(destinations)
    if name is not None:
        destinations = tuple(each for each in destinations if each.name == name)
    if len(destinations) == 1:
        return destinations[0]
    if not destinations:
        raise ValidatorError(f"{source} holds no destination of the name {name!r}")
    listed = ", ".join(repr(each.name) for each in destinations[:10])
    raise ValidatorError(f"{source} holds {len(destinations)} destinations; choose one with --name: {listed}")


def _commands(made: Grant) -> str:
    lines = list(made.commands)
    if any("grant.json" in each for each in lines):
        lines = ["cat > grant.json <<'EOF'", made.document, "EOF", *lines]
    return "\n".join(lines) + "\n"
