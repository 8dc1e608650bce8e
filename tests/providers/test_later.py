"""What a provider's value names is there: a stand-in for a module says nothing until it is called."""

from __future__ import annotations

from dataclasses import fields

import pytest

from validator import providers
from validator.core.lazy import Member
from validator.providers import base


@pytest.mark.parametrize("name", sorted(providers.BUILT_IN))
def test_every_member_of_a_value_is_there(name: str) -> None:
    provider = providers.find(name)
    assert provider is not None
    values = [getattr(provider, each.name) for each in fields(provider)]
    assert all(callable(each.resolve()) or each.resolve() == (*each,) for each in values if isinstance(each, Member))


def test_a_function_is_looked_up_when_it_is_called() -> None:
    (module,) = base.later("os", "path")
    assert module.basename("a/b") == "b"
    missing = module.no_such_thing
    with pytest.raises(AttributeError):
        missing()
