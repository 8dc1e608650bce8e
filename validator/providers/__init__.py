"""Finds a provider by its Planet type. Built-in types need no scan of the installed packages."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

from validator.core.errors import MissingExtra
from validator.core.values import Dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from validator.providers.base import Provider

GROUP = "planet_validator.providers"


class Registered(Dataclass):
    """A type of ours: one line in the registry."""

    module: str
    """Brings its ``provider``."""
    short: str
    """What ``planet destinations create`` calls it."""
    extra: str
    """Names the packages that it speaks through."""


BUILT_IN: Mapping[str, Registered] = {
    "amazon_s3": Registered("validator.providers.s3.amazon", "s3", "s3"),
    "azure_blob_storage": Registered("validator.providers.azure.provider", "azure", "azure"),
    "google_cloud_storage": Registered("validator.providers.gcs.provider", "gcs", "gcs"),
    "oracle_cloud_storage": Registered("validator.providers.oracle.provider", "ocs", "s3"),
    "s3_compatible": Registered("validator.providers.s3.compatible", "s3-compatible", "s3"),
}
SHORT_TYPES: Mapping[str, str] = {each.short: name for name, each in BUILT_IN.items()}
"""The names of ``planet destinations create``, with Planet's types for them."""


def full_name(name: str) -> str:
    """Planet's type of a short one; any other name as it is, without spaces around it."""
    bare = name.strip()
    return SHORT_TYPES.get(bare.lower(), bare)


@cache
def third_party() -> Mapping[str, str]:
    """Other packages' types, with where their values are."""
    # Costs some 30 ms: only for a type that is not built in.
    from importlib.metadata import entry_points

    return {each.name: each.value for each in entry_points(group=GROUP) if each.name not in BUILT_IN}


def types() -> tuple[str, ...]:
    """Every type that can be checked here, third parties' included."""
    return tuple(sorted((*BUILT_IN, *third_party())))


def known(name: str) -> bool:
    """Whether somebody brings this type."""
    return name in BUILT_IN or name in third_party()


def closest(name: str) -> str | None:
    """The known type that ``name`` was probably meant to be."""
    from difflib import get_close_matches

    matches = get_close_matches(name.lower(), types(), n=1, cutoff=0.6)
    return matches[0] if matches else None


@cache
def find(name: str) -> Provider | None:
    """The provider of a type, or None if nobody brings one. Raises MissingExtra if its package is not installed whole."""
    if name in BUILT_IN:
        target = BUILT_IN[name].module
    elif name in third_party():
        target = third_party()[name]
    else:
        return None
    module, _, attribute = target.partition(":")
    try:
        loaded = import_module(module)
    except ModuleNotFoundError as error:
        raise missing(name, error) from error
    return cast("Provider", getattr(loaded, attribute or "provider"))


def missing(name: str, error: ModuleNotFoundError) -> MissingExtra:
    """What to say where a package that a type speaks through is not installed."""
    from validator.core import home

    message = f"the type {name} needs the package {error.name}, which is not installed"
    return MissingExtra(f"{message}: {home.install(BUILT_IN[name].extra)}" if name in BUILT_IN else message)
