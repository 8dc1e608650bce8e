"""The least grant that a destination needs, in its cloud's own form: the same text that findings' fixes print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from validator import providers
from validator.core.errors import ValidatorError
from validator.core.model import Destination, Secret, Severity
from validator.providers.base import Grant, Options, Provider, Wanted, declared

__all__ = ["Grant", "Wanted", "grant"]


def grant(destination: Destination, wanted: Wanted | None = None, options: Options | None = None) -> Grant:
    """The least grant. No network, and no credential is needed: only names and places are read.

    Args:
        destination: with its type, and what :attr:`Provider.grant_needs` names of its parameters.
        wanted: for whom and for what; by default all that Planet documents, on the whole bucket.
        options: the clock by which expiries are set.

    Raises:
        ValidatorError: for a type without grants, a parameter that is missing or cannot be, and what the store has no such thing of.
    """
    wanted, options = wanted or Wanted(), options or Options()
    provider = providers.find(destination.type)
    if provider is None:
        close = providers.closest(destination.type)
        raise ValidatorError(f"there is no type {destination.type!r}" + (f": is {close} meant?" if close else ""))
    if provider.grant is None:
        raise ValidatorError(f"the type {destination.type} does not say which grant it needs")
    parameters = _parameters(provider, destination.parameters)
    _judge(provider, provider.grant_needs, parameters, options)
    try:
        return provider.grant(parameters, wanted, options)
    except ValueError as error:
        raise ValidatorError(str(error)) from None


def _parameters(provider: Provider, given: Mapping[str, Any]) -> Any:
    values: dict[str, Any] = {}
    for each in declared(provider.Parameters):
        value = given.get(each.name)
        if each.metadata["kind"] == "secret":
            values[each.name] = value if isinstance(value, Secret) else Secret(value if isinstance(value, str) else "")
        elif each.metadata["kind"] == "boolean":
            values[each.name] = value is True
        elif isinstance(value, str):
            values[each.name] = value
        else:
            values[each.name] = each.default if isinstance(each.default, str) else ""
    return provider.Parameters(**values)


def _judge(provider: Provider, needs: tuple[str, ...], parameters: Any, options: Options) -> None:
    missing = [name for name in needs if not getattr(parameters, name)]
    if missing:
        raise ValidatorError(f"the grant for {provider.name} needs {' and '.join(missing)}")
    for finding in provider.lint(parameters, options):
        if finding.severity is Severity.ERROR and finding.pointer.removeprefix("/parameters/") in needs:
            raise ValidatorError(f"{finding.name}: {finding.detail}")
